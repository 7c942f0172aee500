"""Class balance, sizes and brightness as pictures."""

import streamlit as st

from core.photos.checks import statistics
from core.photos.dataset import Dataset
from pages import state
from pages.parts import words
from pages.photos.gallery import OLD_DATASET
from pages.state.current import dataset_of


def show_statistics(dataset: Dataset) -> None:
    """Four small charts, each under a sentence that says what is seen."""
    expander = st.expander("How the photos are: balance, sizes, brightness", icon=":material/bar_chart:", on_change="rerun", key="statistics")  # fmt: skip
    if not expander.open:
        return
    with expander:
        stamp = dataset.facts_path.stat().st_mtime_ns if dataset.facts_path.is_file() else 0
        charts = _charts(
            dataset.id, dataset.checksum, stamp, state.draft().network.input_size, st.context.theme.type == "dark"
        )
        with st.grid(2, min_column_width=280):
            for key, sentence, figure in charts:
                with st.container():
                    st.markdown(f"**{words.plain(sentence)}**")
                    st.plotly_chart(figure, key=f"statistics-{key}", height=220, config={"displayModeBar": False}, alt=words.printable(sentence))  # fmt: skip
        if len(charts) == 1:
            st.caption(OLD_DATASET)


@st.cache_resource(max_entries=8, show_spinner=False)
def _charts(dataset_id: str, checksum: str, stamp: int, input_size: int, dark: bool) -> list[tuple]:
    """[(key, sentence, figure)]: the balance, and the rest where the scan's measurements are kept."""
    from core.charts import photos as photo_charts  # plotly is loaded only where it is drawn

    dataset = dataset_of(dataset_id)
    counts = dataset.counts()
    made = [("balance", statistics.balance_sentence(counts), photo_charts.balance(counts))]
    facts = dataset.facts()
    checks = statistics.measured(facts[example.path] for example in dataset.examples if example.path in facts)
    if checks:
        made += [
            ("sizes", statistics.size_sentence(checks, input_size), photo_charts.bars(statistics.shorter_sides(checks), "Shorter side, pixels", dark)),
            ("aspects", statistics.aspect_sentence(checks), photo_charts.bars(statistics.aspects(checks), "Width divided by height", dark)),
            ("brightness", statistics.brightness_sentence(checks), photo_charts.bars(statistics.brightnesses(checks), "Mean grey level, 0 to 255", dark)),
        ]  # fmt: skip
    return made
