import math
import random

from core.jobs import EventLog
from core.runs import history as histories
from core.runs.history import read_history

STARTED = {"device": "CPU, 2 cores", "precision": "float32", "num_epochs": 3, "steps_per_epoch": 4, "num_train": 100}


def batch(log, step, loss=0.5, epoch=1):
    log.append("batch", epoch=epoch, step=step, loss=loss, accuracy=0.6, photos_per_second=100.0, eta_seconds=12.0)


def epoch(log, number, best):
    log.append("epoch", epoch=number, loss=0.5, accuracy=0.7, val_loss=0.6, val_accuracy=0.65, best=best)


def test_events_add_up_to_curves_and_the_best_epoch(tmp_path):
    log = EventLog(tmp_path / "events.jsonl")
    log.append("queued", position=2)
    assert read_history(tmp_path / "events.jsonl").position == 2
    log.append("started", **STARTED)
    batch(log, 3)
    epoch(log, 1, best=True)
    batch(log, 6, epoch=2)
    epoch(log, 2, best=False)
    history = read_history(tmp_path / "events.jsonl")
    assert (history.position, history.device, history.num_epochs) == (0, "CPU, 2 cores", 3)
    assert history.batches["step"] == [3, 6]
    assert [row["epoch"] for row in history.epochs] == [1, 2]
    assert history.best_epoch == 1
    assert history.fraction == 8 / 12
    log.append("completed", best_epoch=1, test_accuracy=0.9)
    assert read_history(tmp_path / "events.jsonl").results["test_accuracy"] == 0.9


def test_only_what_was_appended_is_read_again(tmp_path, monkeypatch):
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    log.append("started", **STARTED)
    for step in range(1, 50):
        batch(log, step)
    read_history(path)
    offsets = []
    read = histories.read_events
    monkeypatch.setattr(histories, "read_events", lambda path, offset: offsets.append(offset) or read(path, offset))
    batch(log, 50)
    assert read_history(path).step == 50
    assert offsets == [log.offset - len(path.read_bytes().splitlines(keepends=True)[-1])]


def test_a_history_that_a_resume_cut_back_is_read_anew(tmp_path):
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    log.append("started", **STARTED)
    batch(log, 1, loss=0.9)
    at = log.offset
    for step in range(2, 6):
        batch(log, step, loss=0.8)
    assert read_history(path).step == 5
    log.close()
    log = EventLog(path, at=at)
    for step in range(2, 9):  # longer than what was cut before anybody looked
        batch(log, step, loss=0.1)
    assert read_history(path).batches["loss"] == [0.9] + [0.1] * 7


def test_a_long_run_costs_a_reader_a_bounded_number_of_points(tmp_path):
    log = EventLog(tmp_path / "events.jsonl")
    log.append("started", **{**STARTED, "num_epochs": 10_000})
    rng = random.Random(0)
    losses = [rng.random() for _ in range(3 * histories.NUM_BATCH_POINTS)]
    for step, loss in enumerate(losses, 1):
        batch(log, step, loss=loss)
    batches = read_history(tmp_path / "events.jsonl").batches
    assert histories.NUM_BATCH_POINTS / 2 < len(batches["step"]) <= 2 * histories.NUM_BATCH_POINTS
    assert batches["step"][-1] == len(losses)
    assert batches["step"] == sorted(batches["step"])
    assert {len(values) for values in batches.values()} == {len(batches["step"])}
    assert math.isclose(sum(batches["loss"]) / len(batches["loss"]), 0.5, abs_tol=0.05)
