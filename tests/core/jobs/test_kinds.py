"""One declaration says what an event holds: to who writes it, and to who reads it back."""

import math
from typing import NotRequired, get_origin, get_type_hints

import pytest

from core.jobs import kinds
from core.jobs.events import EventLog, read_events
from core.jobs.kinds import Batch, Epoch, LastWord, Noticed, Planned, Progressed, Queued, Started, whole

GOOD = {
    "queued": {"position": 1},
    "started": {"num_epochs": 3, "steps_per_epoch": 4, "num_train": 9, "device": "CPU", "precision": "float32"},
    "progress": {"stage": "caching", "done": 1, "total": 2.5},
    "notice": {"text": "Look."},
    "plan": {
        "step": 1,
        "num_steps": 9,
        "num_epochs": 3,
        "minutes": 2.5,
        "seconds_spent": 1,
        "seconds_left": 60.5,
        "is_first": True,
    },
    "batch": {"step": 1, "epoch": 1, "loss": 0.5, "accuracy": 1, "photos_per_second": 9.5, "eta_seconds": None},
    "epoch": {"epoch": 1, "loss": 0.5, "accuracy": 0.5, "val_loss": 0.5, "val_accuracy": 1},
    "completed": {},
}
DECLARED = {
    "queued": Queued,
    "started": Started,
    "progress": Progressed,
    "notice": Noticed,
    "plan": Planned,
    "batch": Batch,
    "epoch": Epoch,
    "completed": LastWord,
}
FIELDS = [(kind, name) for kind, declared in DECLARED.items() for name in get_type_hints(declared)]


@pytest.mark.parametrize("kind", GOOD)
def test_an_event_with_what_its_kind_needs_and_no_less_is_whole(kind):
    event = {"kind": kind, "time": 1.0, **GOOD[kind]}
    assert whole(event) == event
    hints = get_type_hints(DECLARED[kind], include_extras=True)
    for name in GOOD[kind]:
        less = {key: value for key, value in event.items() if key != name}
        assert (whole(less) is None) == (get_origin(hints[name]) is not NotRequired)


@pytest.mark.parametrize(("kind", "name"), FIELDS)
@pytest.mark.parametrize("value", [b"", (), ["x"], {"x": "y"}], ids=["bytes", "tuple", "texts", "names of texts"])
def test_every_declared_field_is_looked_at(kind, name, value):
    is_object = get_type_hints(DECLARED[kind])[name] == dict[str, kinds.Any] and isinstance(value, dict)
    assert (whole({"kind": kind, **GOOD[kind], name: value}) is None) != is_object


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("epoch", "epoch", True),
        ("epoch", "epoch", -1),
        ("epoch", "epoch", 1.0),
        ("epoch", "val_right", [3, -1]),
        ("epoch", "dead_units", {"conv1": 1.5}),
        ("epoch", "val_loss", None),
        ("epoch", "val_loss", "1"),
        ("epoch", "best", 1),
        ("batch", "photos_per_second", None),
        ("batch", "eta_seconds", "nan"),
        ("completed", "message", 5),
    ],
)
def test_what_is_nearly_right_is_not(kind, field, value):
    assert whole({"kind": kind, **GOOD[kind], field: value}) is None


def test_kinds_and_fields_of_later_versions_are_let_through():
    for event in ({"kind": "told", "text": 5}, {"kind": "notice", "text": "Look.", "tone": ["low"]}):
        assert whole(event) == event


def test_a_measure_that_became_no_number_comes_back_as_one_that_says_so(tmp_path):
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    log.append("epoch", **{**GOOD["epoch"], "loss": math.nan, "val_loss": math.inf})
    (event,), _ = read_events(path)
    assert event["loss"] == "nan"
    read = whole(event)
    assert math.isnan(read["loss"]) and read["val_loss"] == math.inf and read["val_accuracy"] == 1
