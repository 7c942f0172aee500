"""Class balance, sizes and brightness as pictures."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from core.photos.checks import statistics
from core.photos.dataset import Dataset
from pages import state
from pages.parts import words
from pages.photos.gallery import OLD_DATASET
from pages.state.current import dataset_of

if TYPE_CHECKING:
    import plotly.graph_objects as go


def show_statistics(dataset: Dataset) -> None:
    """Four small charts, each under a sentence that says what is seen."""
    title, icon = "How the photos are: balance, sizes, brightness", ":material/bar_chart:"
    expander = st.expander(title, icon=icon, on_change="rerun", key="statistics")
    if not expander.open:
        return
    with expander:
        stamp = dataset.facts_path.stat().st_mtime_ns if dataset.facts_path.is_file() else 0
        charts = _charts(
            dataset.id, dataset.checksum, stamp, state.draft().network.input_size, st.context.theme.type == "dark"
        )
        with st.grid(2, min_column_width=280):
            for chart in charts:
                with st.container():
                    st.markdown(f"**{words.plain(chart.sentence)}**")
                    st.plotly_chart(
                        chart.figure,
                        key=f"statistics-{chart.key}",
                        height=220,
                        config={"displayModeBar": False},
                        alt=words.printable(chart.sentence),
                    )
        if len(charts) == 1:
            st.caption(OLD_DATASET)


@dataclass(frozen=True)
class _Chart:
    """Args: key: tells it from the others; sentence: what is seen; figure: the picture."""

    key: str
    sentence: str
    figure: "go.Figure"


@st.cache_resource(max_entries=8, show_spinner=False)
def _charts(dataset_id: str, checksum: str, stamp: int, input_size: int, dark: bool) -> list[_Chart]:
    """The balance, and the rest where the scan's measurements are kept."""
    from core.charts.photos import balance, bars  # plotly is loaded only where it is drawn

    dataset = dataset_of(dataset_id)
    counts = dataset.counts()
    charts = [_Chart("balance", statistics.balance_sentence(counts), balance(counts))]
    facts = dataset.facts()
    checks = statistics.measured(facts[example.path] for example in dataset.examples if example.path in facts)
    if checks:
        sides = bars(statistics.shorter_sides(checks), "Shorter side, pixels", dark)
        aspects = bars(statistics.aspects(checks), "Width divided by height", dark)
        brightness = bars(statistics.brightnesses(checks), "Mean grey level, 0 to 255", dark)
        charts += [
            _Chart("sizes", statistics.size_sentence(checks, input_size), sides),
            _Chart("aspects", statistics.aspect_sentence(checks), aspects),
            _Chart("brightness", statistics.brightness_sentence(checks), brightness),
        ]
    return charts
