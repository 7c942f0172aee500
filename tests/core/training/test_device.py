import os

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
