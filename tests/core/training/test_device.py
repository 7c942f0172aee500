import os
from types import SimpleNamespace

import pytest

from core import machine
from core.jobs import queue
from core.machine import prepare_environment
from core.training import cards, device
from core.training.device import choose_precision, precision_of_card


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


@pytest.mark.parametrize(
    ("speeds", "precision"),
    [
        ({}, "mixed_bfloat16"),
        ({"float32": 100.0, "mixed_bfloat16": 125.0}, "mixed_bfloat16"),
        ({"float32": 100.0, "mixed_bfloat16": 80.0}, "float32"),
        ({"float32": 100.0}, "mixed_bfloat16"),
    ],
    ids=["not measured", "faster", "slower than its flags promise", "half measured"],
)
def test_a_processor_with_bfloat16_uses_what_was_measured_to_be_faster(monkeypatch, speeds, precision):
    monkeypatch.setattr(device, "processor_has_bfloat16", lambda: True)
    assert choose_precision("auto", "CPU, 2 cores", speeds) == precision


def test_a_processor_without_bfloat16_is_not_asked_what_it_could_emulate(monkeypatch):
    monkeypatch.setattr(device, "processor_has_bfloat16", lambda: False)
    speeds = {"float32": 1.0, "mixed_bfloat16": 2.0}
    assert choose_precision("auto", "CPU, 2 cores", speeds) == "float32"


@pytest.mark.parametrize(
    ("capability", "precision"),
    [
        ((9, 0), "mixed_bfloat16"),
        ((8, 0), "mixed_bfloat16"),
        ((7, 5), "mixed_float16"),
        ((6, 1), "float32"),
        ((0, 0), "float32"),
    ],
)
def test_a_card_gets_the_precision_that_it_has_units_for(monkeypatch, capability, precision):
    assert precision_of_card(capability) == precision
    monkeypatch.setattr(device, "_card_capability", lambda: capability)
    assert choose_precision("auto", "GPU: any", {"float32": 2.0, "mixed_bfloat16": 1.0}) == precision


def test_the_kernels_that_make_training_fast_are_on_unless_a_person_turned_them_off(monkeypatch):
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    prepare_environment()
    assert os.environ["TF_ENABLE_ONEDNN_OPTS"] == "1"
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    prepare_environment()
    assert os.environ["TF_ENABLE_ONEDNN_OPTS"] == "0"


def test_a_card_that_the_machine_has_and_tensorflow_does_not_see_gets_the_install_line(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "CARDS_FOLDER", tmp_path / "none")
    assert device.unseen_gpu() == ""
    (tmp_path / "gpus" / "0000:01:00.0").mkdir(parents=True)
    monkeypatch.setattr(machine, "CARDS_FOLDER", tmp_path / "gpus")
    assert "tensorflow[and-cuda]" in device.unseen_gpu()


def test_a_machine_of_several_cards_trains_one_run_on_each(monkeypatch, tmp_path):
    monkeypatch.delenv("ALEXNET_SLOTS", raising=False)
    monkeypatch.setattr(machine, "CARDS_FOLDER", tmp_path)
    assert queue.num_slots() == 1
    for name in ("0000:01:00.0", "0000:02:00.0"):
        (tmp_path / name).mkdir()
    assert queue.num_slots() == 2
    monkeypatch.setattr(cards, "_own_choices", set())
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    device.use_card(3)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "1"
    device.use_card(0)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "1"  # what is set stays
    monkeypatch.setenv("ALEXNET_SLOTS", "5")
    assert queue.num_slots() == 5
    for wrong in ("²", "9" * 30, "many", "1.0"):
        monkeypatch.setenv("ALEXNET_SLOTS", wrong)
        assert queue.num_slots() == 2


def test_free_memory_is_that_of_the_container_where_it_has_less_than_the_machine(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "CONTAINER", tmp_path)
    monkeypatch.setattr(machine.psutil, "virtual_memory", lambda: SimpleNamespace(available=50, total=100))
    assert machine.memory_free_fraction() == 0.5
    for name, text in {"max": "max", "current": "900", "stat": "anon 700\ninactive_file 100"}.items():
        (tmp_path / f"memory.{name}").write_text(text + "\n")
    assert machine.memory_free_fraction() == 0.5
    (tmp_path / "memory.max").write_text("1000\n")
    assert machine.memory_free_fraction() == pytest.approx(
        0.2
    )  # 900 less the 100 of files that may be dropped, of 1000
