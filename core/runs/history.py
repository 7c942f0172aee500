"""What a run's events add up to: the curves, the present speed, the last word."""

import math
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.jobs.digest import Digest
from core.jobs.events import is_number

# Batch points kept for the live chart. Past twice this number, neighbours are averaged in pairs, so that a run of 10,000
# epochs costs a reader no more than a short one.
NUM_BATCH_POINTS = 2000

DAMAGED_LINES = "Part of this run's record is damaged and was passed over: its curves may have gaps. Its weights are checked by themselves."


@dataclass
class History:
    """A run so far, as it was at one moment: what comes later makes another History. Readers share it, so nobody changes it.

    Args:
        epochs: one dict a finished epoch: epoch (from 1), loss, accuracy, val_loss, val_accuracy, learning_rate, seconds,
            photos_per_second, image_size, memory_bytes; and, in runs of versions that write it, the evidence of
            ``core.training.loop.evidence``: step_fraction, dead_units, val_top_class, val_top_share, val_spread.
        batches: lists of equal length: step (from 1), epoch, loss, accuracy; averages over the steps since the point before.
        best_epoch: the epoch whose weights are kept, or None before the first.
        num_epochs, steps_per_epoch, step: the plan, and the last step that was reported.
        num_steps: of the whole run; a run by the clock may be cut short within its last epoch.
        minutes: that it may take, by the last plan; 0 where it goes by epochs.
        device, precision: what it trains on and with; "" before it has started.
        photos_per_second, eta_seconds: at the last report.
        position: place in the queue, 0 when it is not waiting.
        stage: what it is doing besides training, in words ("caching", "testing"), with done and total.
        notices: sentences for the person, oldest first.
        message: why it failed or paused by itself, or "".
        circumstances: what its last bits depend on, see ``core.training.device.circumstances``.
        memory_bytes, start_memory_bytes: what its process held at the last report, and before its first step.
        memory_free_fraction: what was free of the computer's memory at the last report, 0..1; None before there is one.
        results: the fields of the last word: best_epoch, val_accuracy, test_accuracy, test_loss, photos_per_second.
    """

    epochs: list[dict] = field(default_factory=list)
    batches: dict[str, list] = field(default_factory=lambda: {"step": [], "epoch": [], "loss": [], "accuracy": []})
    best_epoch: int | None = None
    num_epochs: int = 0
    steps_per_epoch: int = 0
    num_steps: int = 0
    minutes: float = 0.0
    num_train: int = 0
    step: int = 0
    device: str = ""
    precision: str = ""
    photos_per_second: float = 0.0
    eta_seconds: float | None = None
    position: int = 0
    stage: str = ""
    done: int = 0
    total: int = 0
    notices: list[str] = field(default_factory=list)
    message: str = ""
    results: dict = field(default_factory=dict)
    circumstances: dict = field(default_factory=dict)
    memory_bytes: int = 0
    start_memory_bytes: int = 0
    memory_free_fraction: float | None = None
    num_events: int = 0

    @property
    def epoch(self) -> int:
        """The epoch being trained, from 1; 0 before the first step."""
        if not self.steps_per_epoch or not self.step:
            return len(self.epochs)
        return min((self.step - 1) // self.steps_per_epoch + 1, self.num_epochs)

    @property
    def fraction(self) -> float:
        """Share of the planned steps that is done, 0..1."""
        return min(1.0, self.step / self.num_steps) if self.num_steps else 0.0

    @property
    def best(self) -> dict | None:
        """The row of the best epoch."""
        return next((row for row in self.epochs if row["epoch"] == self.best_epoch), None)


def fold(history: History, events: list[dict | None]) -> None:
    """Adds events to a history, in place. Events of kinds that this version does not know are passed over.

    Args:
        history: one that nobody else has yet.
        events: None for a damaged line; it is passed over, as an event without the fields of its kind is, and a notice says so.
    """
    for event in events:
        history.num_events += 1
        if event is None or not _is_whole(event):
            if DAMAGED_LINES not in history.notices:
                history.notices.append(DAMAGED_LINES)
            continue
        match event["kind"]:
            case "queued":
                history.position = event.get("position", 0)
            case "progress":
                history.stage, history.done, history.total = event["stage"], event["done"], event["total"]
            case "started":
                history.position, history.stage, history.message = 0, "", ""
                history.results = {}
                for name in ("num_epochs", "steps_per_epoch", "num_train", "device", "precision"):
                    setattr(history, name, event[name])
                history.num_steps = event.get("num_steps", history.num_epochs * history.steps_per_epoch)
                history.minutes = event.get("minutes", 0.0)
                history.circumstances = event.get("circumstances", {})
                history.start_memory_bytes, history.memory_free_fraction = event.get("memory_bytes", 0), None
            case "notice":
                if event["text"] not in history.notices:
                    history.notices.append(event["text"])
            case "plan":
                for name in ("num_steps", "num_epochs", "minutes"):
                    setattr(history, name, event[name])
            case "batch":
                history.step, history.stage = event["step"], ""
                history.photos_per_second, history.eta_seconds = event["photos_per_second"], event["eta_seconds"]
                for name, values in history.batches.items():
                    values.append(event[name])
                if len(history.batches["step"]) > 2 * NUM_BATCH_POINTS:
                    _halve(history.batches)
                _note_memory(history, event)
            case "epoch":
                history.epochs.append({key: value for key, value in event.items() if key not in ("kind", "time")})
                history.step = min(event["epoch"] * history.steps_per_epoch, history.num_steps)
                history.stage = ""
                if event.get("best"):
                    history.best_epoch = event["epoch"]
                _note_memory(history, event)
            case "completed" | "stopped" | "paused" | "failed":
                history.stage, history.position, history.eta_seconds = "", 0, None
                history.message = event.get("message", "")
                history.results = {key: value for key, value in event.items() if key not in ("kind", "time", "message")}
                if event.get("best_epoch"):
                    history.best_epoch = event["best_epoch"]


def _note_memory(history: History, event: dict) -> None:
    history.memory_bytes = event.get("memory_bytes", history.memory_bytes)
    history.memory_free_fraction = event.get("memory_free_fraction", history.memory_free_fraction)


def _halve(batches: dict[str, list]) -> None:
    """Averages neighbouring points in place; a pair keeps the step and epoch of its later point."""
    for name, values in batches.items():
        pairs = zip(values[0::2], values[1::2], strict=False)
        odd = values[-1:] if len(values) % 2 else []
        if name in ("step", "epoch"):
            values[:] = [b for _, b in pairs] + odd
        else:
            values[:] = [_mean(a, b) for a, b in pairs] + odd


def _mean(a, b):
    try:
        return (a + b) / 2
    except TypeError:  # a NaN was written as text
        return b


def read_history(path: Path) -> History:
    """The history behind an events.jsonl as it is now. Only what was appended since the last call is read, for all viewers together.

    A resumed run cuts its events back to a checkpoint; the file is then read anew.
    """
    return _histories.of(path)


def _grown(history: History, events: list[dict | None]) -> History:
    """Another history with these events; the one that others are reading stays as it is."""
    batches = {name: list(values) for name, values in history.batches.items()}
    history = replace(history, epochs=list(history.epochs), batches=batches, notices=list(history.notices))
    fold(history, events)
    return history


def _num_values(history: History) -> int:
    return 100 + 4 * len(history.batches["step"]) + 20 * len(history.epochs)


# 4 million values take some 130 MB: 400 runs of an hour each, or thousands of short ones. Pages read up to 200.
_histories = Digest(History(), _grown, _num_values, most_values=4_000_000)


def _is_whole(event: dict) -> bool:
    """Whether an event has the fields of its kind, and each that we know is what it should be."""
    return all(name in event for name in _NEEDED.get(event["kind"], ())) and all(
        check(event[name]) for name, check in _CHECKS.items() if name in event
    )


def _is_text(value) -> bool:
    return isinstance(value, str)


def _is_whole_number(value) -> bool:
    return isinstance(value, int) and is_number(value) and value >= 0


def _is_number_or_none(value) -> bool:
    return value is None or is_number(value)


def _is_measure(value) -> bool:
    """A number, or one that JSON lacks as the writer spells it."""
    return is_number(value) or value in ("nan", "inf", "-inf") or (isinstance(value, float) and math.isfinite(value))


def _is_counts(value) -> bool:
    return isinstance(value, dict) and all(map(_is_whole_number, value.values()))


def _is_whole_or_none(value) -> bool:
    return value is None or _is_whole_number(value)


_NEEDED = {
    "progress": ("stage", "done", "total"),
    "started": ("num_epochs", "steps_per_epoch", "num_train", "device", "precision"),
    "notice": ("text",),
    "plan": ("step", "num_steps", "num_epochs", "minutes"),
    "batch": ("step", "epoch", "loss", "accuracy", "photos_per_second", "eta_seconds"),
    "epoch": ("epoch", "loss", "accuracy", "val_loss", "val_accuracy"),
}
_CHECKS = (
    dict.fromkeys(("stage", "device", "precision", "text", "message"), _is_text)
    | dict.fromkeys(
        (
            "position",
            "num_epochs",
            "steps_per_epoch",
            "num_steps",
            "num_train",
            "step",
            "epoch",
            "memory_bytes",
            "image_size",
        ),
        _is_whole_number,
    )
    | dict.fromkeys(("loss", "accuracy", "val_loss", "val_accuracy"), _is_measure)
    | dict.fromkeys(("done", "total", "learning_rate", "seconds", "minutes"), is_number)
    | dict.fromkeys(
        ("photos_per_second", "eta_seconds", "memory_free_fraction", "test_accuracy", "test_loss"), _is_number_or_none
    )
    | dict.fromkeys(("best_epoch", "val_top_class", "batch_size_that_fits"), _is_whole_or_none)
    | dict.fromkeys(("val_top_share", "val_spread", "step_fraction"), is_number)
    | {"dead_units": _is_counts}
    | {"best": lambda value: isinstance(value, bool), "circumstances": lambda value: isinstance(value, dict)}
)
