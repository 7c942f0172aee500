import os
from types import SimpleNamespace

import pytest

from core.training import device
from core.training.device import choose_precision, prepare_environment


@pytest.mark.parametrize(
    ("asked", "has_bfloat16", "precision"),
    [
        ("auto", True, "mixed_bfloat16"),
        ("auto", False, "float32"),
        ("float32", True, "float32"),
        ("mixed_bfloat16", False, "mixed_bfloat16"),
    ],
)
def test_precision_follows_the_processor_unless_it_is_asked_for(monkeypatch, asked, has_bfloat16, precision):
    monkeypatch.setattr(device, "processor_has_bfloat16", lambda: has_bfloat16)
    assert choose_precision(asked, "CPU, 2 cores") == precision


def test_the_kernels_that_make_training_fast_are_on_unless_a_person_turned_them_off(monkeypatch):
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    prepare_environment()
    assert os.environ["TF_ENABLE_ONEDNN_OPTS"] == "1"
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    prepare_environment()
    assert os.environ["TF_ENABLE_ONEDNN_OPTS"] == "0"


def test_a_card_that_the_machine_has_and_tensorflow_does_not_see_gets_the_install_line(monkeypatch, tmp_path):
    monkeypatch.setattr(device, "GPU_FOLDER", tmp_path / "none")
    assert device.unseen_gpu() == ""
    (tmp_path / "gpus" / "0000:01:00.0").mkdir(parents=True)
    monkeypatch.setattr(device, "GPU_FOLDER", tmp_path / "gpus")
    assert "tensorflow[and-cuda]" in device.unseen_gpu()


def test_free_memory_is_that_of_the_container_where_it_has_less_than_the_machine(tmp_path, monkeypatch):
    monkeypatch.setattr(device, "CONTAINER", tmp_path)
    monkeypatch.setattr(device.psutil, "virtual_memory", lambda: SimpleNamespace(available=50, total=100))
    assert device.memory_free_fraction() == 0.5
    for name, text in {"max": "max", "current": "900", "stat": "anon 700\ninactive_file 100"}.items():
        (tmp_path / f"memory.{name}").write_text(text + "\n")
    assert device.memory_free_fraction() == 0.5
    (tmp_path / "memory.max").write_text("1000\n")
    assert device.memory_free_fraction() == pytest.approx(0.2)  # 900 less the 100 of files that may be dropped, of 1000
