"""The settings of augmentation, a group of them open at a time, and what may hurt."""

from functools import partial
from typing import Any

import streamlit as st

from core import config
from core.advice.augmentation import probable_mistakes
from core.config import settings_of
from core.training.recipe.extremes import OPERATIONS, is_on
from pages import state
from pages.augmentation.state import AugmentationState
from pages.parts.fields import alignment, field
from pages.parts.suggestions import show_suggestion, take

GROUPS = {
    "geometry": (
        "shear_degrees",
        "rotation_degrees",
        "zoom_in_fraction",
        "zoom_out_fraction",
        "width_shift_fraction",
        "height_shift_fraction",
        "aspect_fraction",
        "crop_anywhere",
        "horizontal_flip",
        "vertical_flip",
    ),
    "colour": (
        "brightness_fraction",
        "contrast_fraction",
        "saturation_fraction",
        "channel_gain_fraction",
        "channel_shift",
        "gray_probability",
    ),
    "fill": ("erase_probability", "erase_fraction", "fill_mode", "fill_value"),
}
GROUP_WORDS = {"geometry": "Geometry", "colour": "Colour", "fill": "Erase and fill"}
LABELS = {one.path: one.label for one in settings_of(config.AugmentConfig)}
_DETAILS = ("fill_mode", "erase_fraction")  # of what another setting turns on


def choose(label: str, options: dict[str, str], key: str, name: str) -> None:
    """One of a few, remembered for the visit.

    Args:
        options: {value: its words}.
        name: of the field of ``AugmentationState``.
    """
    own, values = state.of(AugmentationState), list(options)
    value = getattr(own, name)
    start = state.started(key, value, partial(setattr, own, name), index=values.index(value))
    kind: Any = st.selectbox if len(values) > 4 else partial(st.radio, horizontal=True, label_visibility="collapsed")
    kind(label, values, key=key, format_func=options.get, **start)


def show_fields() -> None:
    """The group that is open, and what is on in all of them."""
    own, augment = state.of(AugmentationState), state.draft().augment
    st.header("What may change")
    choose("Group of settings", GROUP_WORDS, "augment-group", "group")
    needless = {"erase_fraction": not augment.erase_probability, "fill_value": augment.fill_mode != "constant"}
    with st.grid(2, min_column_width=150, gap=("small", "medium"), vertical_alignment=alignment("augment.")):
        for name in GROUPS[own.group]:
            field(f"augment.{name}", disabled=needless.get(name, False))
    on = [LABELS[name].lower() for name in OPERATIONS if name not in _DETAILS and is_on(augment, name)]
    st.caption(f"On: {', '.join(on)}." if on else "Everything is off: photos are shown as they are.")


def show_warnings() -> None:
    """Settings that hurt, why, and a better value behind a button."""
    visit = state.memory()
    for number, mistake in enumerate(probable_mistakes(state.draft().augment)):
        key = f"mend-{number}"
        show_suggestion(mistake, key, visit.ask, key, take, visit, mistake)
