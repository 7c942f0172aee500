"""Loss and accuracy while they move: a chart that is updated in place.

It draws on a canvas of its own (live_chart.js): nothing is removed, zoom and legend choices stay, nothing is loaded, and a
screen reader hears the sentence in ``alt``. What was tried instead, in Chromium over ten ticks (November 2026):
``st.plotly_chart`` is rebuilt whole; ``st.echarts_chart`` removes no node but forgets a zoom made by hand at every tick;
plotly.js with ``extendTraces`` keeps it, but is 4,816 kB, takes 80 to 150 ms a tick at 10,000 points and replaces 398 nodes;
uPlot 1.6 keeps everything in 53 kB (ours: 21) and 4 to 12 ms (ours: 17 to 50), but no more than 500 points a line are sent,
and there it is 1.5 to 2.4 ms against 2.4 to 4.5, which nobody sees. Marks, names at the lines' ends, the loss' axis, legend,
keys, and tips would stay ours.
"""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from streamlit.components.v2 import component

from core import palette
from core.runs.history import History
from core.runs.trust import Guess
from pages.parts.live_chart.data import ChartData, chart_data, compared_data

_HERE = Path(__file__).parent


def _colours() -> str:
    """The lines' colours in either mode as CSS: a page may change from light to dark without asking the server."""
    variables = []
    for mode, colours in (("light", palette.LIGHT), ("dark", palette.DARK)):
        lines = {"train": colours.training, "val": colours.validation}
        lines |= {f"run{place}": colour for place, colour in enumerate(colours.runs)}
        variables += [f"--{mode}-{line}: {colour};" for line, colour in lines.items()]
    return f".chart {{ {' '.join(variables)} }}\n"


_component = component(
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


_kept: dict[tuple[str, str], tuple[int, ChartData]] = {}


def _shared_data(key: str, history: History, what: str, guess: Guess) -> ChartData:
    """``chart_data``, made once for each event and shared by all who watch the run."""
    num_events, data = _kept.get((key, what), (-1, None))
    if data is None or num_events != history.num_events:
        data = chart_data(history, what, guess)
        if len(_kept) > 64:
            _kept.clear()
        _kept[key, what] = (history.num_events, data)
    return data
