"""Classify: photos of one's own before a trained network."""

import streamlit as st

from core.answers.predictor import get_predictor
from core.runs import trust
from pages.parts import words
from pages.parts.answers import drop_photos, show_answers
from pages.parts.places import way_to
from pages.parts.runs.pick import pick_run

st.title("Classify")
run = pick_run(with_weights=True)
if run is None:
    st.markdown("Here you will show photos of your own to a network. Train one first; on drawn pets that is soon done.")
    way_to("home", "Train my first network")
    st.stop()

get_predictor().warm()
uploads = drop_photos("Drop photos of pets", key="photos-to-classify")
score = trust.kept_score(run)
worth = ""
if score:
    accuracy = words.percent(score.accuracy)
    worth = f" It names {accuracy} of the photos that it was judged by rightly. {words.plain(trust.sentence(score))}"
classes = words.plain(" and ".join(run.class_names))
st.caption(f"This network knows {classes} only, and will call everything one of them.{worth}")
show_answers(run, uploads)
