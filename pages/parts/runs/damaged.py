"""Runs whose files cannot be read: named with the reason, beside the others, which they do not touch."""

import streamlit as st

from pages.parts import words
from pages.parts.runs.controls import confirm_delete, is_allowed
from pages.parts.words import badge
from pages.state.current import damaged_runs

NUM_LISTED = 20


def show_damaged_runs() -> None:
    """Nothing where all runs can be read."""
    runs = damaged_runs()
    with st.container():
        if not runs:
            return
        st.header("Damaged runs")
        for run in runs[:NUM_LISTED]:
            with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"damaged-{run.id}"):
                badge("damaged")
                st.markdown(words.plain(run.damage), width="stretch")
                if is_allowed(run):
                    st.button("Delete", icon=":material/delete:", on_click=confirm_delete, args=(run,), key=f"delete-{run.id}")  # fmt: skip
        if len(runs) > NUM_LISTED:
            st.caption(f"And {words.count(len(runs) - NUM_LISTED, 'more run')}.")
