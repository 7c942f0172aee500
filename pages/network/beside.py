"""What stands beside the draft: a preset, or what a run trained; and what it has otherwise."""

import pandas as pd
import streamlit as st

from core.config import ExperimentConfig
from core.errors import AppError
from core.network import presets
from pages import state
from pages.network.layers import differing
from pages.network.state import NetworkState
from pages.parts import problems, words
from pages.state.current import all_runs, run_of

MOST_RUNS = 50


def comparable() -> dict[str, str]:
    """{key: name} of all networks that can stand beside the draft."""
    known = {f"preset:{preset_id}": preset.title for preset_id, preset in presets.PRESETS.items()}
    runs = {f"run:{run.id}": f"Run {run.name}, {words.when(run.created)}" for run in all_runs()[:MOST_RUNS]}
    networks, own = {"": "Nothing", **known, **runs}, state.of(NetworkState)
    if own.compared not in networks:
        own.compared = ""
    return networks


def compared_experiment() -> ExperimentConfig | None:
    """The one that was chosen; None for nothing, and where it cannot be read any more."""
    kind, _, name = state.of(NetworkState).compared.partition(":")
    if not kind:
        return None
    try:
        return state.experiment_of(name) if kind == "preset" else run_of(name).config
    except AppError as error:
        problems.show(error)
        return None


def show_differences(other: ExperimentConfig, name: str) -> None:
    """A row for each setting that differs, and a button that takes the other's."""
    visit = state.memory()
    st.header(f"What {words.plain(name)} has otherwise")
    kind, _, preset_id = visit.of(NetworkState).compared.partition(":")
    if kind == "preset":
        preset = presets.PRESETS[preset_id]
        st.caption(f"{preset.summary} Source: {preset.source}")
    rows = differing(visit.draft.network, other.network)
    if rows:
        table = pd.DataFrame(rows).set_axis(["Setting", "Now", "There"], axis="columns").map(words.plain)
        st.table(table, border="horizontal", hide_index=True, alt=f"{len(rows)} settings that differ")
    else:
        st.caption("The two networks are the same.")
    st.button(
        "Use that one",
        icon=":material/swap_horiz:",
        on_click=visit.ask,
        args=("", visit.take_settings, other),
        key="use-other",
        disabled=not rows,
        help="Takes its network, augmentation and training; your photos stay.",
    )
