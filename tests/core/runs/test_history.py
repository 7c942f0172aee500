import json
import math
import random
import threading
from pathlib import Path
from typing import get_type_hints

import pytest

from core.jobs import digest
from core.jobs.events import EventLog
from core.jobs.kinds import Epoch, LastWord, Started, whole
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
    read = digest.read_lines
    monkeypatch.setattr(digest, "read_lines", lambda path, offset: offsets.append(offset) or read(path, offset))
    batch(log, 50)
    assert read_history(path).step == 50
    read_history(path)  # nothing was appended, so nothing is read
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


def test_a_history_that_was_handed_out_never_changes(tmp_path):
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    log.append("started", **STARTED)
    batch(log, 1)
    before = read_history(path)
    batch(log, 2)
    epoch(log, 1, best=True)
    log.append("notice", text="Look.")
    after = read_history(path)
    assert (before.batches["step"], before.epochs, before.notices, before.step) == ([1], [], [], 1)
    assert (after.batches["step"], len(after.epochs), after.notices, after.step) == ([1, 2], 1, ["Look."], 4)


def test_who_reads_while_another_folds_sees_lines_of_equal_length(tmp_path, monkeypatch):
    """The interleaving that broke the chart, forced: one reader stops in the middle of a fold, the other looks meanwhile."""
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    log.append("started", **STARTED)
    batch(log, 1)
    published = read_history(path)
    in_the_middle, go_on = threading.Event(), threading.Event()

    class Stops(list):
        """The list of losses: whoever appends to it waits."""

        def append(self, value):
            in_the_middle.set()
            assert go_on.wait(20)
            super().append(value)

    fold = histories.fold

    def stopping(history, events):
        history.batches["loss"] = Stops(history.batches["loss"])
        fold(history, events)

    monkeypatch.setattr(histories, "fold", stopping)
    batch(log, 2)
    folding = threading.Thread(target=read_history, args=(path,))
    folding.start()
    assert in_the_middle.wait(20)
    assert {len(values) for values in published.batches.values()} == {1}
    go_on.set()
    folding.join()
    assert {len(values) for values in read_history(path).batches.values()} == {2}


def test_three_hundred_runs_are_read_once_whatever_is_looked_at_between(tmp_path, monkeypatch):
    paths = [tmp_path / f"{number}.jsonl" for number in range(300)]
    for path in paths:
        log = EventLog(path)
        log.append("started", **STARTED)
        batch(log, 1)
        log.close()
    for path in paths:
        read_history(path)
    read = []
    monkeypatch.setattr(digest, "read_lines", lambda path, offset: read.append(path) or ([], offset))
    for path in paths:
        assert read_history(path).step == 1
    assert read == []


def test_what_many_histories_take_is_bounded(tmp_path):
    pictures = digest.Digest(0, lambda count, events: count + len(events), weight=lambda count: count, most_values=100)
    for number in range(50):
        path = tmp_path / f"{number}.jsonl"
        path.write_text('{"kind": "a"}\n' * 10)
        assert pictures.of(path) == 10
    assert len(pictures._entries) == 10


@pytest.mark.parametrize(
    "line",
    [
        b'{"kind": "batch"}',
        b"[" * 100_000,
        b'{"kind": "batch", "epoch": 1, "step": 1e999, "loss": 1, "accuracy": 1, "photos_per_second": 1, "eta_seconds": 1}',
        b'{"kind": "epoch", "epoch": "3", "loss": 1, "accuracy": 1, "val_loss": 1, "val_accuracy": 1}',
        b'{"kind": "started", "num_epochs": ' + b"9" * 400 + b"}",
        b'{"kind": ["batch"]}',
        b'{"kind": "notice", "text": 5}',
        b"\xff\xfe\x00",
        b"7",
    ],
    ids=[
        "no fields",
        "lists without end",
        "infinite",
        "text for a number",
        "400 digits",
        "kind",
        "notice",
        "bytes",
        "number",
    ],
)
def test_a_damaged_line_is_passed_over_and_said(tmp_path, line):
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    log.append("started", **STARTED)
    batch(log, 1)
    with open(path, "ab") as file:
        file.write(line + b"\n")
    batch(log, 2)
    history = read_history(path)
    assert history.batches["step"] == [1, 2]
    assert history.notices == [histories.DAMAGED_LINES]


def test_every_event_that_a_training_writes_is_whole():
    recorded = Path(__file__).parents[1] / "advice" / "histories"
    events = [json.loads(line) for path in recorded.glob("*.jsonl") for line in path.read_text().splitlines()]
    events = [event for event in events if "kind" in event]
    assert len(events) > 100
    assert [event for event in events if whole(event) is None] == []
    declared = {name for kind in (Started, Epoch, LastWord) for name in get_type_hints(kind)}
    assert {name for event in events for name in event} - {"kind", "time"} <= declared
