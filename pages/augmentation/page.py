"""Augmentation: what is changed at random in every training photo, shown on real ones by the training's own function.

One group of fields is open at a time: on a telephone the photos would otherwise lie far below them, and a browser needs
longer to make twenty widgets than the server to change twelve photos.
"""

import streamlit as st

from pages.augmentation.fields import show_fields, show_warnings
from pages.augmentation.photos import show_photos
from pages.parts.runs.sweeps import show_augmentation_question

st.title("Augmentation")
st.caption(
    "Every time a training photo is shown, it is changed a little at random, so that the network cannot learn it by heart. "
    "Validation and test photos are never changed. Zero is off."
)
fields, photos = st.columns([3, 5], gap="large")
with fields:
    show_fields()
    with st.container():
        show_warnings()
with photos:
    show_photos()
show_augmentation_question()
