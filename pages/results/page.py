"""Results: how a trained network does on the test photos, which it never saw."""

import streamlit as st

from core.runs import trust
from core.runs.best_epoch import why_best
from core.runs.run import ACTIVE
from pages.parts import problems, words
from pages.parts.live_chart import live_charts
from pages.parts.places import way_to
from pages.parts.runs.controls import place_of, show_delete
from pages.parts.runs.damaged import show_damaged_runs
from pages.parts.runs.pick import pick_run
from pages.parts.runs.status import badge
from pages.results.figures import show_confusion, show_figures, show_settings

st.title("Results")
run = pick_run()
if run is None:
    st.markdown("Here you will see how well a network does on photos it never saw. Train one first.")
    way_to("training", "Train a network")
    show_damaged_runs()
    st.stop()

status = run.status
evaluation = run.evaluation
with st.container(horizontal=True, vertical_alignment="center", gap="small"):
    badge(status)
    st.caption(f"started {words.when(run.created)}")
    way_to("training", "Watch it train" if status in ACTIVE else "How it trained", run=run.id)
    if run.checkpoint:
        way_to("classify", "Classify photos", run=run.id)

if evaluation is not None:
    show_figures(run, evaluation)
elif run.evaluation_damage:
    st.warning(words.plain(run.evaluation_damage), icon=":material/broken_image:")
elif status in ACTIVE:
    st.caption("The test photos are used once, after the last epoch. Until then, the curves say how it goes.")
else:
    st.caption(f"This run has no test figures: it is {status}. {words.plain(run.history.message)}")

if run.history.epochs:
    if why := why_best(run.history):
        st.caption(f":material/info: {words.plain(why)}")
    live_charts(run.history, trust.guess_of(run), key=f"results-{run.id}")
if evaluation is not None:
    matrix, settings = st.columns(2, gap="large")
    with matrix:
        show_confusion(evaluation)
    with settings:
        show_settings(run)
else:
    show_settings(run)
if status not in ACTIVE:
    problems.show_said(place_of(run))
    show_delete(run)
show_damaged_runs()
