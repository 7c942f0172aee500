import errno
import random

import numpy as np
import pytest

from core.errors import ModelError
from core.training import checkpoint


def arrays(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        "weight.0000": rng.normal(size=(5, 7)).astype(np.float32),
        "random.0000": rng.integers(0, 9, 2).astype(np.uint32),
        "optimizer.0000": np.array(rng.integers(99)),  # a counter has no axis
    }


def test_what_was_saved_comes_back_bit_for_bit(tmp_path):
    path = checkpoint.save(tmp_path, "step-000001-000004", arrays(0), {"epoch": 1})
    found = checkpoint.latest(tmp_path)
    assert (found.path, found.state) == (path, {"epoch": 1})
    for name, array in found.arrays().items():
        assert (array.dtype, array.shape) == (arrays(0)[name].dtype, arrays(0)[name].shape)
        assert np.array_equal(array, arrays(0)[name])


@pytest.mark.parametrize("damage", ["truncate", "zero", "flip", "no manifest", "empty manifest", "half manifest"])
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(tmp_path, damage):
    before = checkpoint.save(tmp_path, "step-000001-000001", arrays(0), {"epoch": 1})
    path = checkpoint.save(tmp_path, "step-000002-000001", arrays(1), {"epoch": 2})
    data, manifest = bytearray(path.read_bytes()), path.with_suffix(".json")
    rng = random.Random(damage)
    match damage:
        case "truncate":
            path.write_bytes(data[: rng.randrange(len(data))])
        case "zero":
            path.write_bytes(bytes(len(data)))
        case "flip":
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            path.write_bytes(data)
        case "no manifest":
            manifest.unlink()
        case "empty manifest":
            manifest.write_bytes(b"")
        case "half manifest":
            manifest.write_bytes(manifest.read_bytes()[:40])
    assert checkpoint.latest(tmp_path).path == before


def test_flipped_bytes_anywhere_are_noticed(tmp_path):
    path = checkpoint.save(tmp_path, "step-000001-000001", arrays(0), {})
    data, rng = path.read_bytes(), random.Random(0)
    for _ in range(100):
        broken = bytearray(data)
        broken[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(broken)
        assert checkpoint.read(path) is None
    path.write_bytes(data)
    assert checkpoint.read(path) is not None


def test_the_last_two_are_kept_and_the_best_is_never_removed(tmp_path):
    checkpoint.save(tmp_path, checkpoint.BEST, arrays(9), {"epoch": 1})
    for step in range(1, 6):
        checkpoint.save(tmp_path, f"step-000001-{step:06d}", arrays(step), {"step": step})
        checkpoint.prune(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix == ".safetensors") == [
        "best.safetensors",
        "step-000001-000004.safetensors",
        "step-000001-000005.safetensors",
    ]


@pytest.mark.parametrize("instant", ["first manifest", "rename", "last manifest"])
def test_a_crash_while_the_best_is_replaced_leaves_old_or_new_whole(tmp_path, monkeypatch, instant):
    checkpoint.save(tmp_path, checkpoint.BEST, arrays(0), {"epoch": 1})

    class Crash(BaseException):
        pass

    def crash(*_arguments):
        raise Crash

    calls = []

    def crash_at_second_write(path, text):
        calls.append(path)
        if len(calls) == 2:
            raise Crash
        checkpoint_write(path, text)

    checkpoint_write = checkpoint.write_atomic
    match instant:
        case "first manifest":
            monkeypatch.setattr(checkpoint, "write_atomic", crash)
        case "rename":
            monkeypatch.setattr(checkpoint.os, "replace", crash)
            monkeypatch.setattr(checkpoint, "write_atomic", lambda path, text: path.write_text(text))
        case "last manifest":
            monkeypatch.setattr(checkpoint, "write_atomic", crash_at_second_write)
    with pytest.raises(Crash):
        checkpoint.save(tmp_path, checkpoint.BEST, arrays(1), {"epoch": 2})
    monkeypatch.undo()
    found = checkpoint.read(tmp_path / "best.safetensors")
    assert np.array_equal(found.arrays()["weight.0000"], arrays(found.state["epoch"] - 1)["weight.0000"])
    assert found.state["epoch"] == (2 if instant == "last manifest" else 1)


def test_a_full_disk_leaves_the_checkpoints_before_intact(tmp_path, monkeypatch):
    checkpoint.save(tmp_path, "step-000001-000001", arrays(0), {"epoch": 1})

    def full(*_arguments):
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(checkpoint.os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        checkpoint.save(tmp_path, "step-000002-000001", arrays(1), {"epoch": 2})
    monkeypatch.undo()
    assert checkpoint.latest(tmp_path).state == {"epoch": 1}
    assert not list(tmp_path.glob(".*"))


def test_no_checkpoint_is_none(tmp_path):
    assert checkpoint.latest(tmp_path) is None
    assert checkpoint.read(tmp_path / "best.safetensors") is None


class FakeModel:
    def __init__(self, *shapes):
        self.weights = [np.zeros(shape) for shape in shapes]

    def set_weights(self, values):
        self.weights = values


def test_weights_of_another_network_are_refused_in_a_sentence():
    packed = checkpoint.pack_weights([np.ones((2, 2)), np.ones(3)])
    model = FakeModel((2, 2), 3)
    checkpoint.set_weights(model, packed)
    assert model.weights[1].sum() == 3
    with pytest.raises(ModelError, match="another network"):
        checkpoint.set_weights(FakeModel((2, 2)), packed)
