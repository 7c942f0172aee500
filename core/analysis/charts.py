"""Plotly figures for what is drawn once, each with its text alternative. No TensorFlow.

Backgrounds are transparent and fonts are left to the page's theme, so a figure sits on light and dark alike; ``dark``
chooses the lines' shades. Whoever shows a figure passes the matching ``..._alt`` text to readers who cannot see it.
"""

import html
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from core.analysis.evaluation import Evaluation
from core.runs.history import History

# Okabe & Ito 2008: told apart by readers of every kind of colour vision. The same on every chart and page.
TRAIN = {False: "#0072B2", True: "#56B4E9"}  # by dark; solid
VAL = {False: "#D55E00", True: "#E69F00"}  # by dark; dashed
CAT, DOG = "#CC79A7", "#009E73"
_OTHERS = ("#E69F00", "#56B4E9", "#D55E00", "#0072B2", "#999999")
_CELLS = {False: ("#EAF3F9", TRAIN[False]), True: ("#10293A", TRAIN[True])}
_GRID = "rgba(128, 128, 128, 0.25)"
MAX_POINTS = 500
_AXES = {"loss": "Loss (cross entropy)", "accuracy": "Accuracy (%)"}


def class_colours(class_names: Sequence[str]) -> dict[str, str]:
    """Class name -> colour: cats and dogs have their own everywhere, others take the next free one in order."""
    colours: dict[str, str] = {}
    for name in class_names:
        word = name.lower()
        own = CAT if word.startswith("cat") else DOG if word.startswith("dog") else None
        if own and own not in colours.values():
            colours[name] = own
    free = [colour for colour in (*_OTHERS, CAT, DOG) if colour not in colours.values()]
    others = [name for name in class_names if name not in colours]
    colours |= {name: free[index % len(free)] for index, name in enumerate(others)}
    return {name: colours[name] for name in class_names}


def thin(values: Sequence[float], limit: int = MAX_POINTS, keep: Iterable[int] = ()) -> list[int]:
    """Which points of a long curve to draw: the lowest and highest of each stretch, so that no spike is lost.

    Args:
        values: N numbers in order; NaN is allowed.
        limit: about how many points may stay.
        keep: indices that stay in any case, such as the best epoch. First and last always stay.

    Returns:
        Indices in order, at most ``limit`` + 2 + those in ``keep``; all of them where N <= limit.
    """
    numbers = np.asarray(values, float)
    if len(numbers) <= limit:
        return list(range(len(numbers)))
    chosen = {0, len(numbers) - 1, *keep}
    for stretch in np.array_split(np.arange(len(numbers)), limit // 2):
        part = numbers[stretch]
        if not np.isnan(part).all():
            chosen |= {int(stretch[np.nanargmin(part)]), int(stretch[np.nanargmax(part)])}
    return sorted(chosen)


def confusion_matrix(evaluation: Evaluation, dark: bool = False) -> go.Figure:
    """Counts by true class (rows) and answer (columns), coloured by share of the row; correct and wrong are also said."""
    counts = evaluation.confusion_matrix  # [i, j]: true i, predicted j
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    names = _labels(evaluation.class_names)
    size, roomy = range(len(names)), len(names) <= 4
    word = [["correct" if i == j else "wrong" for j in size] for i in size]
    figure = go.Figure(
        go.Heatmap(
            z=shares.tolist(),
            zmin=0,
            zmax=1,
            x=list(size),
            y=list(size),
            colorscale=[[0, _CELLS[dark][0]], [1, _CELLS[dark][1]]],
            showscale=False,
            xgap=2,
            ygap=2,
            text=[
                [f"{counts[i, j]:,}" + (f" {word[i][j]}<br>{_percent(shares[i, j])}" if roomy else "") for j in size]
                for i in size
            ],
            texttemplate="%{text}",
            textfont={"size": 14},
            hovertext=[
                [
                    f"{counts[i, j]:,} of {counts[i].sum():,} {names[i]} were called {names[j]} ({_percent(shares[i, j])}): {word[i][j]}"
                    for j in size
                ]
                for i in size
            ],
            hoverinfo="text",
        )
    )
    ticks = {"tickvals": list(size), "ticktext": names, "showgrid": False, "zeroline": False, "constrain": "domain"}
    figure.update_xaxes(title_text="What the network said", **ticks)
    figure.update_yaxes(title_text="What it was", autorange="reversed", scaleanchor="x", **ticks)
    return _finish(figure)


def confusion_matrix_alt(evaluation: Evaluation) -> str:
    """The confusion matrix in sentences."""
    counts = evaluation.confusion_matrix
    lines = []
    for i, name in enumerate(evaluation.class_names):
        called = ", ".join(
            f"{counts[i, j]:,} {other}" for j, other in enumerate(evaluation.class_names) if j != i and counts[i, j]
        )
        lines.append(
            f"Of {counts[i].sum():,} {name}, {counts[i, i]:,} were called {name}"
            + (f" and {called}." if called else ".")
        )
    return f"Confusion matrix of {evaluation.num_photos:,} photos. " + " ".join(lines)


def probability_bars(probabilities: Mapping[str, float]) -> go.Figure:
    """One bar a class, in the data set's order, from 0 to 100 %.

    Args:
        probabilities: class name -> probability in 0..1 (``Answer.probabilities``).
    """
    colours = class_colours(list(probabilities))
    names, values = _labels(probabilities), list(probabilities.values())
    figure = go.Figure(
        go.Bar(
            x=values,
            y=list(range(len(values))),
            orientation="h",
            marker_color=list(colours.values()),
            text=[_percent(value) for value in values],
            textposition="auto",
            hovertext=[f"{name}: {_percent(value)}" for name, value in zip(names, values, strict=True)],
            hoverinfo="text",
        )
    )
    figure.update_xaxes(range=[0, 1], tickvals=[0, 0.5, 1], ticktext=["0 %", "50 %", "100 %"], gridcolor=_GRID)
    figure.update_yaxes(tickvals=list(range(len(values))), ticktext=names, autorange="reversed", showgrid=False)
    return _finish(figure, height=90 + 36 * len(values))


def probability_bars_alt(probabilities: Mapping[str, float]) -> str:
    """The bars in a sentence, the most probable class first."""
    ordered = sorted(probabilities.items(), key=lambda pair: -pair[1])
    return "Probabilities: " + ", ".join(f"{name} {_percent(value)}" for name, value in ordered) + "."


def curves(history: History, metric: str = "loss", dark: bool = False) -> go.Figure:
    """Training (solid) and validation (dashed) by epoch, with the best epoch marked; at most about MAX_POINTS points a line.

    Args:
        history: of a run that has ended or of which a still picture is wanted.
        metric: "loss" or "accuracy".
        dark: shades for a dark page.
    """
    best = next((index for index, row in enumerate(history.epochs) if row["epoch"] == history.best_epoch), None)
    keep = [] if best is None else [best]
    figure = go.Figure()
    for name, key, colour, dash in (
        ("training", metric, TRAIN[dark], "solid"),
        ("validation", f"val_{metric}", VAL[dark], "dash"),
    ):
        values = [_number(row.get(key)) for row in history.epochs]
        shown = thin(values, keep=keep)
        figure.add_scatter(
            x=[history.epochs[index]["epoch"] for index in shown],
            y=[_on_axis(values[index], metric) for index in shown],
            name=name,
            mode="lines" if len(values) > 1 else "markers",
            line={"color": colour, "dash": dash, "width": 2},
            hovertext=[f"epoch {history.epochs[i]['epoch']}, {name}: {_shown(values[i], metric)}" for i in shown],
            hoverinfo="text",
        )
    if best is not None:
        value = _number(history.epochs[best].get(f"val_{metric}"))
        figure.add_scatter(
            x=[history.best_epoch],
            y=[_on_axis(value, metric)],
            name=f"best epoch ({history.best_epoch})",
            mode="markers",
            marker={"color": VAL[dark], "size": 12, "symbol": "star"},
            hovertext=[f"best epoch {history.best_epoch}: {_shown(value, metric)}"],
            hoverinfo="text",
        )
    figure.update_xaxes(title_text="Epoch", gridcolor=_GRID, zeroline=False)
    rangemode = "tozero" if metric == "loss" else "normal"
    figure.update_yaxes(title_text=_AXES[metric], gridcolor=_GRID, zeroline=False, rangemode=rangemode)
    figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0})
    return _finish(figure)


def curves_alt(history: History, metric: str = "loss") -> str:
    """Where both curves began, where they ended, and the best epoch, in sentences."""
    if not history.epochs:
        return f"{metric.capitalize()} by epoch: no epoch has ended yet."
    first, last = history.epochs[0], history.epochs[-1]
    parts = [
        f"{name} goes from {_shown(_number(first.get(key)), metric)} to {_shown(_number(last.get(key)), metric)}"
        for name, key in (("training", metric), ("validation", f"val_{metric}"))
    ]
    text = f"{metric.capitalize()} over {len(history.epochs):,} epochs: {parts[0]}, {parts[1]}."
    best = history.best
    if best is not None:
        text += f" The best epoch is {best['epoch']}, with a validation {metric} of {_shown(_number(best.get(f'val_{metric}')), metric)}."
    return text


def _labels(class_names: Iterable[str]) -> list[str]:
    """Folder names as plain text for Plotly, which would read tags in them."""
    return [html.escape(name if len(name) <= 24 else name[:23] + "…") for name in class_names]


def _number(value) -> float | None:
    """Finite, or None, which Plotly draws as a gap: a broken run's history holds NaN, infinity or their names."""
    return float(value) if isinstance(value, int | float) and np.isfinite(value) else None


def _percent(share: float) -> str:
    """One digit after the point, and never 100 % for what is less."""
    shown = f"{share * 100:.1f}" if share < 0.9995 or share == 1 else f"{int(share * 1e4) / 100:.2f}"
    return f"{shown} %"


def _on_axis(value: float | None, metric: str) -> float | None:
    """Accuracy is drawn in per cent."""
    return None if value is None else value * 100 if metric == "accuracy" else value


def _shown(value: float | None, metric: str) -> str:
    if value is None:
        return "not a number"
    return _percent(value) if metric == "accuracy" else f"{value:.3f}"


def _finish(figure: go.Figure, height: int | None = None) -> go.Figure:
    figure.update_layout(
        paper_bgcolor="rgba(0, 0, 0, 0)",
        plot_bgcolor="rgba(0, 0, 0, 0)",
        margin={"l": 8, "r": 8, "t": 24, "b": 8},
        height=height,
        showlegend=len(figure.data) > 1,
    )
    figure.update_xaxes(automargin=True)
    figure.update_yaxes(automargin=True)
    return figure
