"""Augmentation: what is changed at random in every training photo, shown on real ones by the training's own function."""

import streamlit as st

from core.training.augment import warnings
from pages.shared import state, words
from pages.shared.current import current_dataset
from pages.shared.fields import field
from pages.shared.places import way_to
from pages.shared.preview import preview
from pages.shared.state import Memory
from pages.shared.sweeps import show_augmentation_question

GEOMETRY = (
    "shear_degrees",
    "rotation_degrees",
    "zoom_in_fraction",
    "zoom_out_fraction",
    "width_shift_fraction",
    "height_shift_fraction",
    "aspect_fraction",
)
SWITCHES = ("horizontal_flip", "vertical_flip", "crop_anywhere")
COLOUR = (
    "brightness_fraction",
    "contrast_fraction",
    "saturation_fraction",
    "channel_gain_fraction",
    "channel_shift",
    "gray_probability",
)
FILL = ("erase_probability", "erase_fraction", "fill_mode", "fill_value")


def another_draw(visit: Memory) -> None:
    visit.draw_number += 1


def show_fields() -> None:
    st.header("Geometry")
    with st.grid(2, min_column_width=150, gap=("small", "medium")):
        for name in GEOMETRY:
            field(f"augment.{name}")
    with st.container(horizontal=True, gap="medium"):
        for name in SWITCHES:
            field(f"augment.{name}")
    st.header("Colour")
    with st.grid(2, min_column_width=150, gap=("small", "medium")):
        for name in COLOUR:
            field(f"augment.{name}")
    st.header("Erase and fill")
    with st.grid(2, min_column_width=150, gap=("small", "medium")):
        for name in FILL:
            needless = (name == "erase_fraction" and not state.draft().augment.erase_probability) or (
                name == "fill_value" and state.draft().augment.fill_mode != "constant"
            )
            field(f"augment.{name}", disabled=needless)


def show_preview() -> None:
    draft, dataset = state.draft(), current_dataset()
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.header("Original, and what training shows")
        st.button(
            "Another draw", icon=":material/casino:", on_click=another_draw, args=(state.memory(),), key="another-draw"
        )
    with st.container():
        for sentence in warnings(draft.augment):
            st.warning(sentence, icon=":material/warning:")
    shown = preview(
        draft.augment,
        dataset.id if dataset else None,
        draft.photos.fit,
        draft.network.input_size,
        draft.network.input_channels,
        draft.training.seed,
        state.memory().draw_number,
    )
    with st.grid(3, min_column_width=200, gap="small"):
        for number, picture in enumerate(shown, 1):
            st.image(picture, width="stretch", alt=f"Photo {number}: the original, and one way training may show it")
    side = f"{draft.network.input_size} × {draft.network.input_size} pixels"
    if dataset:
        st.caption(f"Training photos of {words.plain(dataset.name)}, at the {side} that the network sees.")
    else:
        st.caption(f"Drawn pets stand in until you choose photos; shown at the {side} that the network sees.")
        way_to("photos", "Choose photos")


st.title("Augmentation")
st.caption(
    "Every time a training photo is shown, it is changed a little at random, so that the network cannot learn it by heart. "
    "Validation and test photos are never changed. Zero is off."
)
fields, pictures_column = st.columns([2, 3], gap="large")
with fields:
    show_fields()
with pictures_column:
    show_preview()
show_augmentation_question()
