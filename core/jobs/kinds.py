"""What each kind of event holds, declared once: ``events.EventLog`` takes no other fields, and who reads a run
(``core.runs.history``) has a line checked by the same declaration before it trusts one.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, NotRequired, TypedDict, cast, get_args, get_origin, get_type_hints

from core.parse import is_number

Event = dict[str, Any]
"""A line as it was read: it has a kind and, if a time, a number. All else is as unchecked as the file."""

Measure = Annotated[float, "or none, as text in the file"]
"""A number that may have become NaN or infinite. JSON has none of those: the writer spells them, and ``whole`` reads them back."""

_SPELLED = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


class Queued(TypedDict):
    """It waits. A run says where: 1 is next, 0 that it has just come."""

    position: NotRequired[int]


class Started(TypedDict):
    """The training begins. Any other job says no more than that it has begun."""

    num_epochs: int
    steps_per_epoch: int
    num_train: int
    device: str
    precision: str
    num_steps: NotRequired[int]
    minutes: NotRequired[float]
    parameters: NotRequired[int]
    circumstances: NotRequired[dict[str, Any]]
    memory_bytes: NotRequired[int]


class Progressed(TypedDict):
    """How far it is in a stage, in the stage's own unit."""

    stage: str
    done: float
    total: float


class Noticed(TypedDict):
    """A sentence for the person."""

    text: str


class Planned(TypedDict):
    """How long a run by the clock is to be, from a step on: decided at its start (``is_first``), corrected on the way.

    ``step`` are finished then; ``num_steps`` and ``num_epochs`` are those of the whole run; the last epoch may be cut short.
    """

    step: int
    num_steps: int
    num_epochs: int
    minutes: float
    seconds_spent: float
    seconds_left: float
    is_first: bool


class Batch(TypedDict):
    """Steps since the event before: averages over their photos. ``step`` counts from 1 through all epochs.

    What a first release did not write is not required.
    """

    step: int
    epoch: int
    loss: Measure
    accuracy: Measure
    photos_per_second: float
    eta_seconds: float | None
    learning_rate: NotRequired[float]
    memory_bytes: NotRequired[int]
    memory_free_fraction: NotRequired[float | None]


class Epoch(TypedDict):
    """A finished epoch, from 1, with its validation: losses in nats, accuracies and shares 0..1; and the evidence of
    ``core.training.loop.evidence``. What a first release did not write is not required.
    """

    epoch: int
    loss: Measure
    accuracy: Measure
    val_loss: Measure
    val_accuracy: Measure
    learning_rate: NotRequired[float]
    image_size: NotRequired[int]
    seconds: NotRequired[float]
    photos_per_second: NotRequired[float | None]
    memory_bytes: NotRequired[int]
    memory_free_fraction: NotRequired[float | None]
    best: NotRequired[bool]
    step_fraction: NotRequired[float]
    dead_units: NotRequired[dict[str, int]]
    val_top_class: NotRequired[int | None]
    val_top_share: NotRequired[float]
    val_spread: NotRequired[float]
    val_right: NotRequired[list[int]]  # photos of each class that were named rightly
    val_loss_error: NotRequired[float]


class LastWord(TypedDict):
    """completed, stopped, paused or failed. A sentence and its code where it failed; figures of a run; what another job has made."""

    message: NotRequired[str]
    code: NotRequired[str]
    batch_size_that_fits: NotRequired[int | None]
    best_epoch: NotRequired[int | None]
    val_accuracy: NotRequired[Measure]
    val_loss: NotRequired[Measure]
    test_accuracy: NotRequired[Measure | None]
    test_loss: NotRequired[Measure | None]
    test_right: NotRequired[list[int]]
    photos_per_second: NotRequired[float | None]


def whole(event: Event) -> Event | None:
    """An event of a run whose fields are what its kind declares, NaN and infinity as floats; None where one is missing or something else.

    Kinds and fields that this version does not know are let through.
    """
    fields = _FIELDS.get(event["kind"], ())
    if not all(field.is_right(event[field.name]) if field.name in event else not field.is_needed for field in fields):
        return None
    measures = (field.name for field in fields if field.is_measure and isinstance(event.get(field.name), str))
    spelled = {name: _SPELLED[event[name]] for name in measures}
    return {**event, **spelled} if spelled else event


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_count(value: Any) -> bool:
    """A whole number in an event counts something, or is a place in what is counted."""
    return isinstance(value, int) and is_number(value) and value >= 0


def _is_measure(value: Any) -> bool:
    is_huge = isinstance(value, float) and math.isfinite(value)  # before it becomes infinite, a loss may be any number
    return is_huge or is_number(value) or (isinstance(value, str) and value in _SPELLED)


def _are_counts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_count, cast("list[Any]", value)))


def _are_named_counts(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_count, cast("dict[str, Any]", value).values()))


# What a value of a declared type must be. A type that is missing here is found when this file is imported.
_RIGHT: dict[Any, Callable[[Any], bool]] = {
    bool: _is_bool,
    int: _is_count,
    float: is_number,
    str: _is_text,
    Measure: _is_measure,
    list[int]: _are_counts,
    dict[str, int]: _are_named_counts,
    dict[str, Any]: _is_object,
}


@dataclass(frozen=True)
class _Field:
    """A declared field, ready to be looked at 10,000 times a run."""

    name: str
    is_needed: bool
    is_measure: bool
    is_right: Callable[[Any], bool]


def _fields_of(kind: type) -> tuple[_Field, ...]:
    return tuple(_field(name, declared) for name, declared in get_type_hints(kind, include_extras=True).items())


def _field(name: str, declared: Any) -> _Field:
    is_needed = get_origin(declared) is not NotRequired
    declared = declared if is_needed else get_args(declared)[0]
    may_be_none = type(None) in get_args(declared)
    if may_be_none:
        (declared,) = (one for one in get_args(declared) if one is not type(None))
    check = _RIGHT[declared]
    return _Field(name, is_needed, declared == Measure, _or_none(check) if may_be_none else check)


def _or_none(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or check(value)


_KINDS = {
    "queued": Queued,
    "started": Started,
    "progress": Progressed,
    "notice": Noticed,
    "plan": Planned,
    "batch": Batch,
    "epoch": Epoch,
}
_LAST_WORDS = dict.fromkeys(("completed", "stopped", "paused", "failed"), LastWord)
_FIELDS = {kind: _fields_of(declared) for kind, declared in {**_KINDS, **_LAST_WORDS}.items()}
