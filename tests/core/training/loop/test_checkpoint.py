import errno
import random
import resource

import numpy as np
import pytest

from core.errors import ModelError
from core.training.loop import checkpoint


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


@pytest.mark.parametrize("damage", ["truncated", "zeroed", "flipped"])
@pytest.mark.parametrize("suffix", [".safetensors", ".json"])
def test_damage_at_a_hundred_places_is_noticed_and_the_one_before_is_used(tmp_path, damage, suffix):
    before = checkpoint.save(tmp_path, "step-000001-000001", arrays(0), {"epoch": 1, "loss_sum": 1.25, "best": {}})
    path = checkpoint.save(tmp_path, "step-000002-000003", arrays(1), {"epoch": 2, "loss_sum": 2.5, "best": {}})
    path = path.with_suffix(suffix)
    data, rng, tried, passed_over = path.read_bytes(), random.Random(damage), 0, 0
    while tried < 100:
        broken, place = bytearray(data), rng.randrange(len(data) - 1)
        match damage:
            case "truncated":
                del broken[place:]
            case "zeroed":
                end = min(len(data), place + rng.randint(8, 64))
                broken[place:end] = bytes(end - place)
            case "flipped":
                broken[place] ^= 1 << rng.randrange(8)
        if broken == data:  # there were zeros already
            continue
        tried += 1
        path.write_bytes(broken)
        found, damaged = checkpoint.latest_and_damaged(tmp_path)
        if found.path == before:
            assert damaged == ["step-000002-000003"]
            passed_over += 1
        else:  # white space of the manifest, or the name of its own checksum: what it says is what was written
            assert (suffix, found.state) == (".json", {"epoch": 2, "loss_sum": 2.5, "best": {}})
    assert passed_over == 100 if suffix == ".safetensors" else passed_over > 50
    path.write_bytes(data)
    assert checkpoint.latest_and_damaged(tmp_path)[1] == []


def test_a_damaged_checkpoint_does_not_count_as_one_of_the_two_that_are_kept(tmp_path):
    kept = checkpoint.save(tmp_path, "step-000001-000001", arrays(0), {"epoch": 1})
    damaged = checkpoint.save(tmp_path, "step-000009-000001", arrays(1), {"epoch": 9})
    damaged.write_bytes(b"")
    found, names = checkpoint.latest_and_damaged(tmp_path)
    again = checkpoint.save(tmp_path, "step-000001-000002", arrays(2), {"epoch": 1})
    checkpoint.prune(tmp_path, names)
    assert (found.path, names) == (kept, ["step-000009-000001"])
    assert sorted(tmp_path.glob("*.safetensors")) == [kept, again]


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


def test_a_full_disk_leaves_the_checkpoints_before_intact(tmp_path):
    checkpoint.save(tmp_path, "step-000001-000001", arrays(0), {"epoch": 1})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(OSError, match="too large") as raised:
            checkpoint.save(tmp_path, "step-000002-000001", arrays(1), {"epoch": 2})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert raised.value.errno == errno.EFBIG
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
