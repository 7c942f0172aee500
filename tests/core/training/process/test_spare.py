"""The spare: found, taken, passed over, and gone when it should be."""

import time
from pathlib import Path

import numpy as np
import pytest

from core.config import ExperimentConfig, overlay
from core.photos.dataset import Dataset
from core.runs.engines import local, warm
from core.runs.engines.local import start_run
from core.runs.store import create_run
from core.training.loop import checkpoint
from core.training.process import spare
from core.workspace.folders import slots_folder
from core.workspace.lock import Lock, is_held

SMALL = overlay(
    ExperimentConfig(),
    {
        "network": {
            "input_size": 32,
            "blocks": [{"filters": 4, "strides": 2, "pool_size": 2}],
            "dense": [{"units": 8, "dropout_rate": 0.3}],
            "head": "average",
        },
        "training": {"epochs": 2, "batch_size": 16},
        "augment": {"horizontal_flip": True, "rotation_degrees": 10},
    },
)


def run_without_photos():
    """Enough to be handed over; nobody trains it."""
    return create_run(SMALL, Dataset("drawn-1", "drawn", Path("."), ("cats", "dogs"), (), {}, "checksum", 0.0))


@pytest.fixture
def run():
    return run_without_photos()


@pytest.fixture
def waiting():
    """A spare that listens in this very process and has no Keras to import."""
    found = spare.Spare()
    yield found
    found.leave()
    if found.lock:
        found.lock.release()


@pytest.fixture
def spawned(monkeypatch):
    """What would have been started, instead of starting it."""
    started = []
    monkeypatch.setattr(local, "spawn", lambda module, folder: started.append((module, folder)))
    monkeypatch.setattr(warm, "spawn", lambda module, folder: started.append((module, folder)))
    return started


def wait_until(is_so, seconds=60):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def test_a_run_goes_to_the_spare_and_no_worker_is_started(run, waiting, spawned):
    start_run(run)
    assert spawned == []
    assert waiting.wait() == run.folder
    assert is_held(run.folder / "lock")
    assert run.status == "queued"


def test_without_a_spare_a_fresh_worker_is_started(run, spawned):
    start_run(run)
    assert spawned == [(local.WORKER, run.folder)]


def test_a_spare_that_died_is_passed_over_at_once(run, waiting, spawned, monkeypatch):
    waiting.leave()
    spare.os.mkfifo(warm.pipe_path())  # left behind, and nobody reads it
    spare.write_atomic(warm.about_path(), spare.json.dumps(warm.surroundings()))
    monkeypatch.setattr(warm, "PICK_UP_SECONDS", 1e9)  # it does not come to waiting
    start_run(run)
    assert spawned == [(local.WORKER, run.folder)]


def test_a_spare_that_does_not_answer_in_time_is_passed_over(run, spawned, monkeypatch):
    monkeypatch.setattr(spare.Spare, "_listen", lambda self: None)
    deaf = spare.Spare()
    start_run(run)
    assert spawned == [(local.WORKER, run.folder)]
    deaf.leave()


@pytest.mark.parametrize("name", ["KERAS_BACKEND", "CUDA_VISIBLE_DEVICES"])
def test_a_spare_with_other_settings_is_passed_over(run, waiting, spawned, monkeypatch, name):
    monkeypatch.setenv(name, "other")
    start_run(run)
    assert spawned == [(local.WORKER, run.folder)]


def test_a_spare_that_imported_an_older_program_is_passed_over(run, waiting, spawned, monkeypatch):
    monkeypatch.setattr(warm, "surroundings", lambda: {"changed": 0})
    start_run(run)
    assert spawned == [(local.WORKER, run.folder)]


def test_a_run_that_would_have_to_wait_its_turn_does_not_take_the_spare(run, waiting, spawned):
    with Lock(slots_folder() / "slot-0.lock"):
        start_run(run)
    assert spawned == [(local.WORKER, run.folder)]
    assert not waiting.has_run.is_set()


def test_the_spare_takes_one_run_and_the_next_gets_a_worker(run, waiting, spawned):
    start_run(run)
    assert waiting.wait() == run.folder
    second = run_without_photos()
    start_run(second)
    assert spawned == [(local.WORKER, second.folder)]


@pytest.mark.parametrize("reason", ["ten minutes", "memory", "workspace removed"])
def test_the_spare_goes_when_it_should(waiting, monkeypatch, reason):
    monkeypatch.setattr(spare, "LOOK_SECONDS", 0.01)
    if reason == "ten minutes":
        monkeypatch.setattr(spare, "IDLE_SECONDS", 0.0)
    elif reason == "memory":
        monkeypatch.setattr(spare, "available_memory", lambda: 100 * 2**20)
    else:
        warm.about_path().unlink()
    assert waiting.wait() is None
    assert not warm.pipe_path().exists()


def test_one_spare_is_started_and_only_where_it_harms_nobody(spawned, monkeypatch):
    assert not warm.ensure_spare()  # switched off in tests
    monkeypatch.setenv("ALEXNET_SPARE", "1")
    with Lock(slots_folder() / "slot-0.lock"):
        assert not warm.ensure_spare()
    with Lock(warm.lock_path()):
        assert not warm.ensure_spare()
    with monkeypatch.context() as change:
        change.setattr(warm, "available_memory", lambda: 2**30)
        assert not warm.ensure_spare()
    assert spawned == []
    assert warm.ensure_spare()
    assert spawned == [(warm.SPARE, slots_folder())]


@pytest.mark.tensorflow
def test_a_run_of_a_real_spare_is_the_run_of_a_fresh_worker_to_the_bit(stripes_and_dots, monkeypatch):
    monkeypatch.setenv("ALEXNET_SPARE", "1")
    monkeypatch.setattr(warm, "PICK_UP_SECONDS", 60.0)  # however slow the machine is
    fresh, handed = (create_run(SMALL, stripes_and_dots) for _ in range(2))
    start_run(fresh)
    wait_until(lambda: fresh.status == "completed")
    wait_until(warm.ensure_spare)
    wait_until(warm.about_path().exists)
    assert warm.hand_over(handed.folder)  # taken at once, though Keras is still being imported
    wait_until(lambda: handed.status == "completed")
    assert not is_held(warm.lock_path())
    assert (handed.folder / "worker.log").is_file()
    weights = [checkpoint.read(run.checkpoint).arrays() for run in (fresh, handed)]
    for name in weights[0]:
        np.testing.assert_array_equal(weights[0][name], weights[1][name])
