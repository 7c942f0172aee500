"""What the live chart draws, as numbers and words. No Streamlit."""

import math
from collections.abc import Callable, Sequence
from typing import NotRequired, TypedDict

import numpy as np

from core.jobs.kinds import Epoch
from core.runs.best_epoch import first_that_counts, why_best
from core.runs.history import History
from core.runs.trust import Guess
from pages.parts.words import count, number, percent

MAX_POINTS = 500


class Points(TypedDict):
    """x in epochs; y None where it was not a number."""

    x: list[float]
    y: list[float | None]


class Line(Points):
    """kind: ``batch``, ``train``, ``val`` or ``run0`` to ``run4``; name: in the legend; end: where the line ends."""

    kind: str
    name: str
    end: NotRequired[str]


class Reference(TypedDict):
    """A value that all lines are read against."""

    name: str
    y: float


class Mark(TypedDict):
    """The best epoch, with its words."""

    x: int
    y: float
    name: str


class Border(TypedDict):
    """Where epochs begin to count, and the words on either side."""

    x: float
    before: str
    after: str


class ChartData(TypedDict):
    """All that the browser draws. extent: length of the axis in epochs, where it is known before the lines are so long."""

    title: str
    alt: str
    percent: bool
    reference: Reference
    best: Mark | None
    counts_from: Border | None
    series: list[Line]
    extent: NotRequired[int]


def chart_data(history: History, what: str, guess: Guess) -> ChartData:
    """What the browser draws: at most ``MAX_POINTS`` points a line, so a run of any length costs the same.

    Args:
        what: "loss" or "accuracy".
        guess: what guessing earns on the validation photos.
    """
    is_loss = what == "loss"
    say = number if is_loss else percent
    epochs = [row["epoch"] for row in history.epochs]
    steps = history.steps_per_epoch or 1
    kept = _thin_rows(history.epochs, what, history.best_epoch)
    batch_x = [round(step / steps, 3) for step in history.batches["step"]]
    kept_x: list[float] = [epochs[i] for i in kept]
    series: list[Line] = [
        {"kind": "batch", "name": "each batch", **thin(batch_x, history.batches[what])},
        {"kind": "train", "name": "training", "x": kept_x, "y": _values(history.epochs, what, kept)},
        {"kind": "val", "name": "validation", "x": kept_x, "y": _values(history.epochs, f"val_{what}", kept)},
    ]
    return {
        "title": "Loss: lower is better" if is_loss else "Accuracy: share of photos named rightly",
        "alt": _sentence(history, what, say),
        "percent": not is_loss,
        "reference": {"name": "guessing", "y": round(guess.loss if is_loss else guess.accuracy, 4)},
        "best": _best(history, what, say),
        "counts_from": _border(history),
        "series": series,
    }


def _best(history: History, what: str, say: Callable[[float | None], str]) -> Mark | None:
    best = history.best
    value = _finite(best[f"val_{what}"]) if best else None
    if best is None or value is None:
        return None
    return {"x": best["epoch"], "y": value, "name": f"best epoch {best['epoch']}: {say(value)}"}


def _border(history: History) -> Border | None:
    first = first_that_counts(history)
    if first <= 1:
        return None
    return {"x": first - 0.5, "before": "smaller pictures: not counted", "after": "full size: counted"}


def thin(x: Sequence[float], y: Sequence[float], most: int = MAX_POINTS) -> Points:
    """At most ``most`` points that look like all of them: the lowest and the highest of each of most/2 stretches,
    and the last.

    Stretches are of a power of two points, counted from the first one, so that points already drawn stay where they are.
    """
    kept = _landmarks(y, most)
    return {"x": [x[i] for i in kept], "y": [_finite(y[i]) for i in kept]}


def _landmarks(y: Sequence[float], most: int) -> list[int]:
    """Indices of the points that ``thin`` keeps. In numpy, since a run of 10,000 epochs is looked through at every event."""
    try:
        values = np.array(y, np.float64)  # None and the text of a NaN become NaN
    except (TypeError, ValueError):
        values = np.array([math.nan if _finite(value) is None else value for value in y], np.float64)
    count, length = len(values), 1
    if count <= most:
        return list(range(count))
    while 2 * math.ceil(count / length) >= most:
        length *= 2
    padded = np.full(math.ceil(count / length) * length, np.nan)
    padded[:count] = values
    stretches = padded.reshape(-1, length)
    missing = ~np.isfinite(stretches)
    lowest = np.where(missing, np.inf, stretches).argmin(axis=1)
    highest = np.where(missing, -np.inf, stretches).argmax(axis=1)
    starts = np.arange(len(stretches)) * length
    filled = ~missing.all(axis=1)
    # The last point is what has just happened, whatever it is.
    return np.unique(np.concatenate([(starts + lowest)[filled], (starts + highest)[filled], [count - 1]])).tolist()


def _thin_rows(rows: list[Epoch], what: str, best_epoch: int | None) -> list[int]:
    """Indices of the epochs to draw: both lines share them, and the best epoch is always among them."""
    if len(rows) <= MAX_POINTS:
        return list(range(len(rows)))
    kept = set()
    for name in (what, f"val_{what}"):
        kept.update(_landmarks([row[name] for row in rows], MAX_POINTS // 2 - 2))
    kept.update(i for i, row in enumerate(rows) if row["epoch"] == best_epoch)
    return sorted({0, len(rows) - 1, *kept})


def _values(rows: list[Epoch], name: str, kept: list[int]) -> list[float | None]:
    return [_finite(rows[i][name]) for i in kept]


def _finite(value) -> float | None:
    """Six digits, so that what is said of them to three is not rounded twice and other than beside the chart; a NaN, which a
    run may well report, becomes a gap."""
    return round(float(value), 6) if isinstance(value, (int, float, np.number)) and math.isfinite(value) else None


def _sentence(history: History, what: str, say) -> str:
    if not history.epochs:
        return f"{what.capitalize()} by epoch; no epoch is finished yet."
    last = history.epochs[-1]
    text = (
        f"{what.capitalize()} after {last['epoch']} of {history.planned_epochs} epochs: "
        f"training {say(_finite(last[what]))}, validation {say(_finite(last[f'val_{what}']))}."
    )
    if history.best:
        text += f" Best epoch {history.best_epoch} with {say(_finite(history.best[f'val_{what}']))} on validation."
    return f"{text} {why_best(history)}".strip()


def compared_data(names: Sequence[str], histories: Sequence[History], guess: Guess) -> ChartData:
    """What the browser draws of several runs; the axis is as long as the longest plan from the start."""
    series: list[Line] = []
    said = []
    for place, (name, history) in enumerate(zip(names, histories, strict=True)):
        epochs = [row["epoch"] for row in history.epochs]
        line = thin(epochs, [row["val_accuracy"] for row in history.epochs])
        series.append({"kind": f"run{place}", "name": name, "end": name, **line})
        last = _finite(history.epochs[-1]["val_accuracy"]) if epochs else None
        best = ""
        if history.best:
            best = f", best {percent(_finite(history.best['val_accuracy']))} in epoch {history.best_epoch}"
        said.append(
            f"{name}: {percent(last)} after {count(epochs[-1], 'epoch')}{best}" if epochs else f"{name}: no epoch yet"
        )
    return {
        "title": "Accuracy on the validation photos",
        "alt": f"Validation accuracy by epoch. {'; '.join(said)}.",
        "percent": True,
        "reference": {"name": "guessing", "y": round(guess.accuracy, 4)},
        "best": None,
        "counts_from": None,
        "extent": max((history.num_epochs for history in histories), default=0),
        "series": series,
    }
