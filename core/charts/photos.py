"""Plotly figures of what a data set looks like. No TensorFlow."""

from itertools import pairwise

import plotly.graph_objects as go

from core import palette
from core.charts.figures import finish, plain_labels
from core.photos.checks.statistics import Histogram
from core.photos.layouts.counts import PhotoCounts

_SPLITS = {"train": "training", "val": "validation", "test": "test"}


def balance(counts: PhotoCounts) -> go.Figure:
    """Photos of each split, one bar a class.

    Args:
        counts: {split: {class name: number}}.
    """
    names = list(next(iter(counts.values())))
    colours = palette.class_colours(names)
    figure = go.Figure()
    splits = [_SPLITS.get(split, split) for split in counts]
    for name, label in zip(names, plain_labels(names), strict=True):
        numbers = [counts[split][name] for split in counts]
        figure.add_bar(
            name=label,
            x=splits,
            y=numbers,
            marker_color=colours[name],
            hovertext=[f"{number:,} {label} in {split}" for split, number in zip(splits, numbers, strict=True)],
            hoverinfo="text",
        )
    figure.update_yaxes(title_text="Photos", rangemode="tozero")
    return finish(figure).update_layout(showlegend=True, legend={"orientation": "h", "y": 1.2})


def bars(histogram: Histogram, axis: str, dark: bool = False) -> go.Figure:
    """A histogram, one bar a bin.

    Args:
        axis: what is counted, with its unit.
    """
    edges = [f"{edge:g}" for edge in histogram.edges]
    labels = [f"{low} to {high}" for low, high in pairwise(edges)]
    figure = go.Figure(
        go.Bar(
            x=labels,
            y=list(histogram.counts),
            marker_color=palette.mode(dark).training,
            hovertext=[f"{count:,} photos: {label}" for label, count in zip(labels, histogram.counts, strict=True)],
            hoverinfo="text",
        )
    )
    figure.update_xaxes(title_text=axis, type="category")
    figure.update_yaxes(title_text="Photos", rangemode="tozero")
    return finish(figure)
