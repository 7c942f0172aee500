"""Cards that are not there: what the system tells of them is laid out in folders, and the backend is a stand-in of a few lines."""

import os
import sys
from types import SimpleNamespace

import pytest

from core import machine
from core.config import choice_words
from core.training import cards, device
from core.training.cards import Seen, why_none
from core.training.forecast import measured
from core.training.forecast.outlook import outlook

CPU = Seen("tensorflow 2.21.0", "CPU, 2 cores", has_cuda=True, cuda_version="12.5.1")
H100 = Seen("tensorflow 2.21.0", "GPU: NVIDIA H100", (9, 0), True, "12.5.1")


@pytest.fixture
def computer(tmp_path, monkeypatch):
    """A Linux computer with one NVIDIA card at which nothing is missing; tests take parts away."""
    (tmp_path / "driver" / "0000:01:00.0").mkdir(parents=True)
    card = tmp_path / "pci" / "0000:01:00.0"
    card.mkdir(parents=True)
    (card / "vendor").write_text("0x10de\n")
    (card / "class").write_text("0x030200\n")
    monkeypatch.setattr(machine, "CARDS_FOLDER", tmp_path / "driver")
    monkeypatch.setattr(cards, "PCI_FOLDER", tmp_path / "pci")
    monkeypatch.setattr(cards, "WINDOWS_CARD", tmp_path / "dxg")
    monkeypatch.setattr(cards, "has_driver_library", lambda: True)
    monkeypatch.setattr(cards, "has_cuda_packages", lambda: True)
    monkeypatch.setattr(cards.platform, "system", lambda: "Linux")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("missing", "kind", "said"),
    [
        ("system Darwin", "macos", "tensorflow-metal"),
        ("system Windows", "windows", "WSL 2"),
        ("card", "none", "No NVIDIA graphics card"),
        ("driver", "driver", "nvidia-smi"),
        ("visible", "hidden", "CUDA_VISIBLE_DEVICES ('-1')"),
        ("library", "library", "--gpus all"),
        ("build", "build", "built without CUDA"),
        ("packages", "packages", "pip install 'tensorflow[and-cuda]'"),
        ("nothing", "version", "CUDA 12.5.1"),
    ],
)
def test_each_thing_that_is_missing_has_a_reason_and_a_next_step_of_its_own(computer, monkeypatch, missing, kind, said):
    seen = CPU
    if missing.startswith("system"):
        monkeypatch.setattr(cards.platform, "system", lambda: missing.split()[1])
    if missing in ("card", "driver"):
        monkeypatch.setattr(machine, "CARDS_FOLDER", computer / "nothing")
    if missing == "card":
        monkeypatch.setattr(cards, "PCI_FOLDER", computer / "nothing")
    if missing == "visible":
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    if missing == "library":
        monkeypatch.setattr(cards, "has_driver_library", lambda: False)
    if missing == "build":
        seen = Seen("tensorflow 2.21.0", "CPU, 2 cores", has_cuda=False)
    if missing == "packages":
        monkeypatch.setattr(cards, "has_cuda_packages", lambda: False)
    why = why_none(seen)
    assert why.kind == kind
    assert said in str(why)
    assert bool(why.step) == (kind != "none")  # where there is no card there is nothing to do


@pytest.mark.parametrize(
    "value, hides", [("", True), ("-1,0", True), ("0,-1", False), ("GPU-5f3", False), ("1", False)]
)
def test_cuda_reads_the_visible_cards_up_to_the_first_that_is_none(computer, monkeypatch, value, hides):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
    assert (why_none(CPU).kind == "hidden") is hides


def test_a_card_of_another_maker_or_a_sound_chip_of_nvidias_is_no_card_without_a_driver(computer, monkeypatch):
    monkeypatch.setattr(machine, "CARDS_FOLDER", computer / "nothing")
    (computer / "pci" / "0000:01:00.0" / "class").write_text("0x040300\n")
    assert why_none().kind == "none"
    (computer / "pci" / "0000:01:00.0" / "class").write_text("0x030000\n")
    (computer / "pci" / "0000:01:00.0" / "vendor").write_text("0x1002\n")
    assert why_none().kind == "none"


def test_inside_windows_a_card_is_one_where_nvidias_library_is(computer, monkeypatch):
    monkeypatch.setattr(machine, "CARDS_FOLDER", computer / "nothing")
    monkeypatch.setattr(cards, "PCI_FOLDER", computer / "nothing")
    (computer / "dxg").touch()
    assert why_none(CPU).kind == "version"
    monkeypatch.setattr(cards, "has_driver_library", lambda: False)
    assert why_none(CPU).kind == "none"


class Tensorflow:
    """As much of it as the choice of a device touches: cards by name and capability."""

    __version__ = "2.21.0"

    def __init__(self, *cards, grow_error=None):
        self.calls = []
        details = {
            place: {"device_name": name, "compute_capability": level} for place, (name, level) in enumerate(cards)
        }

        def grow(card, enable):
            self.calls.append((card, enable))
            if grow_error:
                raise grow_error

        experimental = SimpleNamespace(get_device_details=details.__getitem__, set_memory_growth=grow)
        self.config = SimpleNamespace(list_physical_devices=lambda kind: list(details), experimental=experimental)
        self.sysconfig = SimpleNamespace(get_build_info=lambda: {"is_cuda_build": True, "cuda_version": "12.5.1"})


@pytest.fixture
def backend(monkeypatch):
    """Puts a stand-in where Keras and its backend would be imported from."""

    def put(name, module):
        monkeypatch.setitem(sys.modules, "keras", SimpleNamespace(backend=SimpleNamespace(backend=lambda: name)))
        monkeypatch.setitem(sys.modules, name, module)
        return module

    monkeypatch.delenv("TF_FORCE_GPU_ALLOW_GROWTH", raising=False)
    return put


@pytest.mark.parametrize(
    ("name", "capability", "precision"),
    [
        ("NVIDIA H100", (9, 0), "mixed_bfloat16"),
        ("Tesla T4", (7, 5), "mixed_float16"),
        ("GTX 1080", (6, 1), "float32"),
    ],
)
def test_a_simulated_card_is_chosen_shares_its_memory_and_computes_in_what_it_has_units_for(
    backend, name, capability, precision
):
    tensorflow = backend("tensorflow", Tensorflow((name, capability), ("another", (5, 0))))
    chosen = device.training_device()
    assert chosen == f"GPU: {name}"
    assert tensorflow.calls == [(0, True), (1, True)]  # by the choice itself, which comes before anything is computed
    assert device.choose_precision("auto", chosen) == precision
    assert device.choose_precision("float32", chosen) == "float32"
    assert device.look() == Seen("tensorflow 2.21.0", chosen, capability, True, "12.5.1")
    assert device.device_notices(chosen) == []


def test_without_a_card_nothing_is_asked_of_one(backend, computer):
    tensorflow = backend("tensorflow", Tensorflow())
    assert device.training_device().startswith("CPU, ")
    assert tensorflow.calls == []
    assert "CUDA 12.5.1" in device.device_notices("CPU, 2 cores")[0]


@pytest.mark.parametrize("error", [RuntimeError("already initialized"), ValueError("virtual devices configured")])
def test_memory_that_can_no_longer_be_shared_is_said_and_the_card_is_used(backend, error):
    backend("tensorflow", Tensorflow(("NVIDIA H100", (9, 0)), grow_error=error))
    assert device.training_device() == "GPU: NVIDIA H100"
    (said,) = device.device_notices("GPU: NVIDIA H100")
    assert str(error) in said and "TF_FORCE_GPU_ALLOW_GROWTH" in said


def test_who_wants_the_whole_memory_of_a_card_gets_it(backend, monkeypatch):
    tensorflow = backend("tensorflow", Tensorflow(("NVIDIA H100", (9, 0))))
    monkeypatch.setenv("TF_FORCE_GPU_ALLOW_GROWTH", "false")
    assert device.training_device() == "GPU: NVIDIA H100"
    assert tensorflow.calls == [] and device.device_notices("GPU: NVIDIA H100") == []


def test_a_simulated_card_of_jax_is_chosen_and_computes_in_bfloat16(backend):
    card = SimpleNamespace(platform="gpu", device_kind="NVIDIA A100")
    backend("jax", SimpleNamespace(devices=lambda: [card], __version__="0.8.0"))
    assert device.training_device() == "GPU: NVIDIA A100"
    assert device.choose_precision("auto", "GPU: NVIDIA A100") == "mixed_bfloat16"
    assert device.let_memory_grow() == ""


def test_the_page_says_what_the_last_process_saw_that_could_look(computer, monkeypatch):
    assert outlook("auto").device == "" and "in a moment" in outlook("auto").sentence  # nobody has looked
    measured.keep_seen(CPU)
    assert outlook("auto").device.startswith("CPU, ")
    assert "nvidia-smi" in outlook("auto").sentence
    measured.keep_seen(H100)
    assert measured.seen_here() == H100
    assert outlook("auto").sentence == f"Trains on GPU: NVIDIA H100, in {choice_words('mixed_bfloat16')}."
    assert outlook("float32").precision == "float32"


def test_without_a_card_the_page_says_so_at_once(computer, monkeypatch):
    for folder in ((machine, "CARDS_FOLDER"), (cards, "PCI_FOLDER")):
        monkeypatch.setattr(*folder, computer / "nothing")
    expected = outlook("float32")
    assert expected.device.startswith("CPU, ") and expected.no_card.kind == "none"
    assert expected.sentence.startswith("Trains on CPU, ") and "No NVIDIA graphics card" in expected.sentence


@pytest.mark.parametrize(
    "damage", [None, 3, {}, {"backend": 1, "device": 2}, {"backend": "a", "device": "b", "capability": 7}]
)
def test_a_damaged_record_of_what_was_seen_is_as_none(damage):
    measured.keep_seen(CPU)
    measured._change(lambda entry: entry.update(seen=damage))
    assert measured.seen_here() is None


def test_the_card_of_a_slot_does_not_make_another_machine_of_this_one(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "CARDS_FOLDER", tmp_path)
    for name in ("0000:01:00.0", "0000:02:00.0"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(cards, "_own_choices", set())
    monkeypatch.setattr(os, "environ", {name: value for name, value in os.environ.items() if "CUDA" not in name})
    before = measured.machine()
    device.use_card(1)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "1"
    assert measured.machine() == before
    os.environ["CUDA_VISIBLE_DEVICES"] = "0"  # a person's own choice does
    assert measured.machine() != before
