"""Runs, sweeps and data sets whose files cannot be read: named with the reason, beside the others, which they do not touch."""

from collections.abc import Sequence

import streamlit as st

from core.photos.dataset import damaged_datasets
from core.runs.run import Run
from core.runs.sweeps.sweep import damaged_sweeps
from pages.parts import words
from pages.parts.runs.controls import confirm_delete, is_allowed
from pages.parts.runs.status import badge
from pages.state.current import damaged_runs

NUM_LISTED = 20


def show_damaged_runs() -> None:
    """Nothing where all runs can be read."""
    _show("runs", "run", [(run.id, run.damage, run) for run in damaged_runs()])


def show_damaged_sweeps() -> None:
    """Nothing where all sweeps can be read."""
    _show("sweeps", "sweep", [(sweep.id, sweep.damage, None) for sweep in damaged_sweeps()])


def show_damaged_datasets() -> None:
    """Nothing where all data sets can be read. What is left of one is removed under “Disk used”."""
    _show("photos", "data set", [(one.id, one.reason, None) for one in damaged_datasets()])


def _show(title: str, word: str, entries: Sequence[tuple[str, str, Run | None]]) -> None:
    """Args: entries: (id, why it cannot be read, the run if it is one, which then can be deleted)."""
    with st.container():
        if not entries:
            return
        st.header(f"Damaged {title}")
        for entry_id, reason, run in entries[:NUM_LISTED]:
            with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"damaged-{entry_id}"):
                badge("damaged")
                st.markdown(words.plain(reason), width="stretch")
                if run is not None and is_allowed(run):
                    icon, key = ":material/delete:", f"delete-{entry_id}"
                    st.button("Delete", icon=icon, on_click=confirm_delete, args=(run,), key=key)
        if len(entries) > NUM_LISTED:
            st.caption(f"And {words.count(len(entries) - NUM_LISTED, f'more {word}')}.")
