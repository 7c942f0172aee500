"""What a run's events add up to: the curves, the present speed, the last word."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from core.jobs.digest import Digest
from core.jobs.kinds import Epoch, Event, LastWord, whole

# Batch points kept for the live chart. Past twice this number, neighbours are averaged in pairs, so that a run of 10,000
# epochs costs a reader no more than a short one.
NUM_BATCH_POINTS = 2000

DAMAGED_LINES = "Part of this run's record is damaged and was passed over: its curves may have gaps. Its weights are checked by themselves."


@dataclass
class History:
    """A run so far, as it was at one moment: what comes later makes another History. Readers share it, so nobody changes it.

    Args:
        epochs: the finished ones.
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
        results: the last word, without its message; empty before it.
    """

    epochs: list[Epoch] = field(default_factory=list[Epoch])
    batches: dict[str, list[float]] = field(
        default_factory=lambda: {"step": [], "epoch": [], "loss": [], "accuracy": []}
    )
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
    notices: list[str] = field(default_factory=list[str])
    message: str = ""
    results: LastWord = field(default_factory=LastWord)
    circumstances: dict[str, Any] = field(default_factory=dict[str, Any])
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
    def planned_epochs(self) -> str:
        """How many epochs it is to have, as sentences say it; by the clock about so many, until it has ended."""
        about = "about " if self.minutes and not self.results else ""
        return f"{about}{self.num_epochs:,}"

    @property
    def seconds_spent(self) -> float | None:
        """Of the time of a run by the clock, at the last report; None where there is none, or it has ended."""
        if not self.minutes or self.eta_seconds is None:
            return None
        return max(0.0, 60 * self.minutes - self.eta_seconds)

    @property
    def best(self) -> Epoch | None:
        """The row of the best epoch."""
        return next((row for row in self.epochs if row["epoch"] == self.best_epoch), None)


def fold(history: History, events: Sequence[Event | None]) -> None:
    """Adds events to a history, in place. Events of kinds that this version does not know are passed over.

    Args:
        history: one that nobody else has yet.
        events: None for a damaged line; it is passed over, as an event without the fields of its kind is, and a notice says so.
    """
    for line in events:
        history.num_events += 1
        event = whole(line) if line else None
        if event is None:
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
                history.results = LastWord()
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
                history.epochs.append(cast(Epoch, _without(event, "kind", "time")))
                history.step = min(event["epoch"] * history.steps_per_epoch, history.num_steps)
                history.stage = ""
                if event.get("best"):
                    history.best_epoch = event["epoch"]
                _note_memory(history, event)
            case "completed" | "stopped" | "paused" | "failed":
                history.stage, history.position, history.eta_seconds = "", 0, None
                history.message = event.get("message", "")
                history.results = cast(LastWord, _without(event, "kind", "time", "message"))
                if event.get("best_epoch"):
                    history.best_epoch = event["best_epoch"]
            case _:
                pass


def _without(event: Event, *names: str) -> Event:
    return {name: value for name, value in event.items() if name not in names}


def _note_memory(history: History, event: Event) -> None:
    history.memory_bytes = event.get("memory_bytes", history.memory_bytes)
    history.memory_free_fraction = event.get("memory_free_fraction", history.memory_free_fraction)


def _halve(batches: dict[str, list[float]]) -> None:
    """Averages neighbouring points in place; a pair keeps the step and epoch of its later point."""
    for name, values in batches.items():
        pairs = zip(values[0::2], values[1::2], strict=False)
        odd = values[-1:] if len(values) % 2 else []
        if name in ("step", "epoch"):
            values[:] = [b for _, b in pairs] + odd
        else:
            values[:] = [(a + b) / 2 for a, b in pairs] + odd


def read_history(path: Path) -> History:
    """The history behind an events.jsonl as it is now. Only what was appended since the last call is read, for all viewers together.

    A resumed run cuts its events back to a checkpoint; the file is then read anew.
    """
    return _histories.of(path)


def _grown(history: History, events: Sequence[Event | None]) -> History:
    """Another history with these events; the one that others are reading stays as it is."""
    batches = {name: list(values) for name, values in history.batches.items()}
    history = replace(history, epochs=list(history.epochs), batches=batches, notices=list(history.notices))
    fold(history, events)
    return history


def _num_values(history: History) -> int:
    return 100 + 4 * len(history.batches["step"]) + 20 * len(history.epochs)


# 4 million values take some 130 MB: 400 runs of an hour each, or thousands of short ones. Pages read up to 200.
_histories = Digest(History(), _grown, _num_values, most_values=4_000_000)
