"""Photos: where they come from, what is wrong with them, who learns from which."""

import streamlit as st

from pages import state
from pages.parts import problems, words
from pages.parts.fields import fault_about
from pages.parts.runs.damaged import show_damaged_datasets
from pages.parts.work import chosen_job, show_job
from pages.photos.balance import show_statistics
from pages.photos.choice import choose_among, choose_of_others
from pages.photos.counts import show_counts, show_split
from pages.photos.disk import show_disk
from pages.photos.gallery import show_gallery
from pages.photos.leaks import show_leaks
from pages.photos.plan_table import show_decision, show_plan
from pages.photos.sources import OWN_PARTS, prepare, prepare_label, show_source
from pages.state.current import current_dataset

st.title("Photos")
with st.container(border=True):
    show_source()
    job = chosen_job()
    busy = job is not None and job.status in ("queued", "running")
    problems.show_said("prepare")
    waits = busy or fault_about(*OWN_PARTS) is not None
    label = f":material/fact_check: {prepare_label(state.memory())}"
    st.button(
        label if waits else words.on_primary(label),
        type="primary",
        on_click=state.memory().ask,
        args=("prepare", prepare, state.memory()),
        disabled=waits,
        key="prepare",
        help="Looks at every photo, says what is wrong, deals them to training, validation and test, and makes them the "
        "network's size.",
    )
with st.container():
    if job is not None:
        show_job(job)

dataset = current_dataset()
if dataset is None:
    st.caption("What is found appears here: how many photos, what is wrong with them, and the photos themselves.")
    choose_of_others()
    show_damaged_datasets()
    show_disk()
    st.stop()
choose_among(dataset)
show_counts(dataset)
show_split(dataset)
show_statistics(dataset)
show_plan(dataset, busy)
show_leaks(dataset)
show_gallery(dataset, lambda of, path: show_decision(of, path, "gallery"))
show_damaged_datasets()
show_disk()
