"""Classify: photos of one's own before a trained network."""

import streamlit as st

from core.analysis.predictor import get_predictor
from pages.shared import words
from pages.shared.answers import drop_photos, show_answers
from pages.shared.pick import pick_run
from pages.shared.places import way_to

st.title("Classify")
run = pick_run(with_weights=True)
if run is None:
    st.markdown(
        "Here you will show photos of your own to a network. Train one first; drawn pets take about two minutes."
    )
    way_to("home", "Train my first network")
    st.stop()

get_predictor().warm()
uploads = drop_photos("Drop photos of pets", key="photos-to-classify")
accuracy = run.history.results.get("test_accuracy")
st.caption(
    f"This network knows {words.plain(' and '.join(run.class_names))} only, and will call everything one of them."
    + (f" It names {words.percent(accuracy)} of its test photos rightly." if accuracy is not None else "")
)
show_answers(run, uploads)
