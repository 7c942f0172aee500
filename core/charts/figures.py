"""Plotly figures for what is drawn once, each with its text alternative. No TensorFlow.

Backgrounds are transparent and fonts are left to the page's theme, so a figure sits on light and dark alike. Whoever
shows a figure passes the matching ``..._alt`` text to readers who cannot see it.
"""

import html
from collections.abc import Iterable

import numpy as np
import plotly.graph_objects as go

from core import palette
from core.runs.evaluation import Evaluation
from core.text import printable

MOST_WRITTEN = 20  # classes whose counts have room in the cells
MOST_NAMED = 40  # classes whose names have room beside them


def confusion_matrix(evaluation: Evaluation, dark: bool = False) -> go.Figure:
    """Counts by true class (rows) and answer (columns), coloured by share of the row: blue what is
    correct, orange what is wrong; both are also said. Of many classes, what a cell says is said where it is pointed at."""
    counts = evaluation.confusion_matrix  # [i, j]: true i, predicted j
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    names = plain_labels(evaluation.class_names)
    colours = palette.mode(dark)
    size, roomy = range(len(names)), len(names) <= 4
    is_written = len(names) <= MOST_WRITTEN
    word = [["correct" if i == j else "wrong" for j in size] for i in size]
    text = [
        [f"{counts[i, j]:,}" + (f" {word[i][j]}<br>{_percent(shares[i, j])}" if roomy else "") for j in size]
        for i in size
    ]
    figure = go.Figure(
        go.Heatmap(
            z=np.where(np.eye(len(names), dtype=bool), shares, -shares).tolist(),
            zmin=-1,
            zmax=1,
            x=list(size),
            y=list(size),
            colorscale=[[0, colours.validation], [0.5, colours.even], [1, colours.training]],
            showscale=False,
            xgap=2 if is_written else 0,
            ygap=2 if is_written else 0,
            text=text,
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
    if is_written:
        figure.add_trace(_words_in_cells(text, shares, colours))
    ticks = {"tickvals": list(size), "ticktext": names, "showgrid": False, "zeroline": False, "constrain": "domain"}
    ticks |= {"showticklabels": len(names) <= MOST_NAMED}
    edges = [-0.5, len(names) - 0.5]
    figure.update_xaxes(title_text="What the network said", range=edges, **ticks)
    figure.update_yaxes(title_text="What it was", range=edges[::-1], scaleanchor="x", **ticks)
    return finish(figure)


def _words_in_cells(words: list[list[str]], shares: np.ndarray, colours: palette.Palette) -> go.Scatter:
    """What stands in the cells, in the ink that is read best on each: a heatmap's own words are grey on its blue."""
    places = [(i, j) for i in range(len(words)) for j in range(len(words))]
    grounds = [
        palette.mixed(colours.even, colours.training if i == j else colours.validation, shares[i, j]) for i, j in places
    ]
    return go.Scatter(
        x=[j for _, j in places],
        y=[i for i, _ in places],
        text=[words[i][j] for i, j in places],
        mode="text",
        textfont={"size": 14, "color": [palette.ink_on(ground) for ground in grounds]},
        hoverinfo="skip",
    )


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


def plain_labels(class_names: Iterable[str]) -> list[str]:
    """Folder names as plain text for Plotly, which would read tags in them, and shows an escaped quotation mark as it is."""
    names = [printable(name) for name in class_names]
    return [html.escape(name if len(name) <= 24 else name[:23] + "…", quote=False) for name in names]


def _percent(share: float) -> str:
    """One digit after the point, and never 100 % for what is less."""
    shown = f"{share * 100:.1f}" if share < 0.9995 or share == 1 else f"{int(share * 1e4) / 100:.2f}"
    return f"{shown} %"


def finish(figure: go.Figure) -> go.Figure:
    figure.update_layout(
        paper_bgcolor="rgba(0, 0, 0, 0)",
        plot_bgcolor="rgba(0, 0, 0, 0)",
        margin={"l": 8, "r": 8, "t": 24, "b": 8},
        showlegend=False,
    )
    figure.update_xaxes(automargin=True)
    figure.update_yaxes(automargin=True)
    return figure
