"""Training: what will be trained, Start, and what it looks like while it learns."""

import streamlit as st

from core.runs.engines.warm import ensure_spare
from core.runs.run import ACTIVE
from pages import state
from pages.parts.runs.damaged import show_damaged_sweeps
from pages.parts.runs.sweeps import show_chosen_sweep, show_sweeps
from pages.parts.work import chosen_job, show_job
from pages.training.queue import show_queue
from pages.training.setup import show_setup
from pages.training.watch import chosen_run, show_chosen

st.title("Training")
ensure_spare()  # Start is near: what takes longest is done by then
with st.container():
    job, run = chosen_job(), chosen_run()
    if job is not None:
        show_job(job)
        if "then_train" in job.request and job.status in ACTIVE:
            st.caption("Then the training starts by itself. Loss and accuracy appear here, batch by batch.")
            st.stop()
has_sweep = show_chosen_sweep()
is_active = run is not None and run.is_active
is_watched = run is not None and run.id == state.memory().watched
if has_sweep or is_active or is_watched:
    if run is not None:
        show_chosen(run)
    with st.expander("Train another network", expanded=not (has_sweep or is_active), key="another"):
        show_setup()
else:
    show_setup()
    if run is not None:
        show_chosen(run)
    else:
        st.caption(
            "Loss and accuracy appear here, batch by batch, a few seconds after the start. "
            "You may close the page meanwhile."
        )
show_sweeps()
show_damaged_sweeps()
show_queue()
