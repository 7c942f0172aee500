"""Loss and accuracy while they move: a chart that is updated in place.

What was tried first, in Chromium over ten ticks (23 November 2026): ``st.plotly_chart`` is rebuilt whole; plotly.js with
``Plotly.react`` or ``extendTraces`` replaces about 350 tick and title nodes; ``st.echarts_chart`` removes none but
forgets a zoom made by hand at every tick. So this draws on a canvas of its own (live_chart.js): nothing is removed, zoom and
legend choices stay, nothing is loaded, and a screen reader hears the sentence in ``alt``.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from core import palette
from core.runs.best_epoch import first_that_counts, why_best
from core.runs.history import History
from core.runs.trust import Guess
from pages.parts.words import count, number, percent

MAX_POINTS = 500
_HERE = Path(__file__).parent


def _colours() -> str:
    """The lines' colours in either mode as CSS: a page may change from light to dark without asking the server."""
    variables = []
    for mode, colours in (("light", palette.LIGHT), ("dark", palette.DARK)):
        lines = {"train": colours.training, "val": colours.validation}
        lines |= {f"run{place}": colour for place, colour in enumerate(colours.runs)}
        variables += [f"--{mode}-{line}: {colour};" for line, colour in lines.items()]
    return f".chart {{ {' '.join(variables)} }}\n"


_component = st.components.v2.component(
    "live_chart",
    html=(_HERE / "live_chart.html").read_text(),
    css=_colours() + (_HERE / "live_chart.css").read_text(),
    js=(_HERE / "live_chart.js").read_text(),
)


def live_charts(history: History, guess: Guess, key: str) -> None:
    """Two charts side by side: loss and accuracy by epoch, training and validation, the best epoch marked.

    Args:
        history: as far as the run has come; an empty one draws empty axes.
        guess: what guessing earns, for the line that it would reach.
        key: stable while the same run is watched; another run gets another key, and so fresh zoom.
    """
    left, right = st.columns(2, gap="medium")
    with left:
        _component(key=f"{key}-loss", data=_shared_data(key, history, "loss", guess))
    with right:
        _component(key=f"{key}-accuracy", data=_shared_data(key, history, "accuracy", guess))


def compared_chart(names: Sequence[str], histories: Sequence[History], guess: Guess, key: str) -> None:
    """Validation accuracy by epoch of up to five runs in one chart.

    Args:
        names: of the runs, as short as they can be; they stand at the lines' ends.
        histories: in the same order, as far as each has come.
        guess: what guessing earns, for the line that it would reach.
        key: as in ``live_charts``.
    """
    _component(key=key, data=compared_data(names, histories, guess))


def compared_data(names: Sequence[str], histories: Sequence[History], guess: Guess) -> dict:
    """What the browser draws of several runs, in the form of ``chart_data``; the axis is as long as the longest plan from the start."""
    series, said = [], []
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


_kept: dict[tuple[str, str], tuple[int, dict]] = {}


def _shared_data(key: str, history: History, what: str, guess: Guess) -> dict:
    """``chart_data``, made once for each event and shared by all who watch the run."""
    num_events, data = _kept.get((key, what), (-1, {}))
    if num_events != history.num_events:
        num_events = history.num_events
        data = chart_data(history, what, guess)
        if len(_kept) > 64:
            _kept.clear()
        _kept[key, what] = (num_events, data)
    return data


def chart_data(history: History, what: str, guess: Guess) -> dict:
    """What the browser draws: at most ``MAX_POINTS`` points a line, so a run of any length costs the same.

    Args:
        what: "loss" or "accuracy".
        guess: what guessing earns on the validation photos.

    Returns:
        {title, alt, percent, reference, best, counts_from, series: [{kind, name, x, y}]}; x in epochs, y None where it was not a number.
    """
    is_loss = what == "loss"
    best = history.best
    epochs = [row["epoch"] for row in history.epochs]
    steps = history.steps_per_epoch or 1
    kept = _thin_rows(history.epochs, what, history.best_epoch)
    batch_x = [round(step / steps, 3) for step in history.batches["step"]]
    series = [
        {"kind": "batch", "name": "each batch", **thin(batch_x, history.batches[what])},
        {"kind": "train", "name": "training", "x": [epochs[i] for i in kept], "y": _values(history.epochs, what, kept)},
        {
            "kind": "val",
            "name": "validation",
            "x": [epochs[i] for i in kept],
            "y": _values(history.epochs, f"val_{what}", kept),
        },
    ]
    say = number if is_loss else percent
    mark = _finite(best[f"val_{what}"]) if best else None
    return {
        "title": "Loss: lower is better" if is_loss else "Accuracy: share of photos named rightly",
        "alt": _sentence(history, what, say),
        "percent": not is_loss,
        "reference": {"name": "guessing", "y": round(guess.loss if is_loss else guess.accuracy, 4)},
        "best": {"x": best["epoch"], "y": mark, "name": f"best epoch {best['epoch']}: {say(mark)}"}
        if mark is not None
        else None,
        "counts_from": {"x": first - 0.5, "before": "smaller pictures: not counted", "after": "full size: counted"}
        if (first := first_that_counts(history)) > 1
        else None,
        "series": series,
    }


def thin(x: list[float], y: list, most: int = MAX_POINTS) -> dict[str, list]:
    """At most ``most`` points that look like all of them: the lowest and the highest of each of most/2 stretches,
    and the last.

    Stretches are of a power of two points, counted from the first one, so that points already drawn stay where they are.
    """
    kept = _landmarks(y, most)
    return {"x": [x[i] for i in kept], "y": [_finite(y[i]) for i in kept]}


def _landmarks(y: list, most: int) -> list[int]:
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


def _thin_rows(rows: list[dict], what: str, best_epoch: int | None) -> list[int]:
    """Indices of the epochs to draw: both lines share them, and the best epoch is always among them."""
    if len(rows) <= MAX_POINTS:
        return list(range(len(rows)))
    kept = set()
    for name in (what, f"val_{what}"):
        kept.update(_landmarks([row[name] for row in rows], MAX_POINTS // 2 - 2))
    kept.update(i for i, row in enumerate(rows) if row["epoch"] == best_epoch)
    return sorted({0, len(rows) - 1, *kept})


def _values(rows: list[dict], name: str, kept: list[int]) -> list[float | None]:
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
        f"{what.capitalize()} after {last['epoch']} of {history.num_epochs} epochs: "
        f"training {say(_finite(last[what]))}, validation {say(_finite(last[f'val_{what}']))}."
    )
    if history.best:
        text += f" Best epoch {history.best_epoch} with {say(_finite(history.best[f'val_{what}']))} on validation."
    return f"{text} {why_best(history)}".strip()
