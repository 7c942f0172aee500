"""Augmentation: what is changed at random in every training photo, shown on real ones by the training's own function.

One group of fields is open at a time: on a telephone the photos would otherwise lie far below them, and a browser needs
longer to make twenty widgets than the server to change twelve photos.
"""

import hashlib
from functools import partial

import numpy as np
import streamlit as st

from core import config
from core.config import settings_of
from core.errors import PhotoError
from core.photos.dataset import Dataset
from core.photos.files.decode import PHOTO_EXTENSIONS
from core.photos.files.isolated import decode
from core.training.recipe.augment import warnings
from core.training.recipe.extremes import OPERATIONS, is_on
from pages import state
from pages.parts import pictures, problems, words
from pages.parts.fields import alignment, field
from pages.parts.places import way_to
from pages.parts.preview import Look, alone, original, preview, strip
from pages.parts.runs.sweeps import show_augmentation_question
from pages.state import Memory
from pages.state.current import current_dataset

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
VIEWS = {"together": "All together", "alone": "One alone"}
LABELS = {one.path: one.label for one in settings_of(config.AugmentConfig)}
OPERATION_WORDS = {"": "Every operation, one beside the other", **{name: LABELS[name] for name in OPERATIONS}}
MOST_OWN_PIXELS = 1024


def choose(label: str, options: dict[str, str], key: str, name: str) -> None:
    """One of a few, remembered for the visit as ``name``.

    Args:
        options: {value: its words}.
    """
    visit = state.memory()
    values = list(options)
    value = getattr(visit, name)
    start = {"index": values.index(value)} if state.view(key, value, partial(setattr, visit, name)) else {}
    kind = st.selectbox if len(values) > 4 else partial(st.radio, horizontal=True, label_visibility="collapsed")
    kind(label, values, key=key, format_func=options.get, **start)


# --- fields


def show_fields() -> None:
    visit, augment = state.memory(), state.draft().augment
    st.header("What may change")
    choose("Group of settings", GROUP_WORDS, "augment-group", "augment_group")
    with st.grid(2, min_column_width=150, gap=("small", "medium"), vertical_alignment=alignment("augment.")):
        for name in GROUPS[visit.augment_group]:
            needless = (name == "erase_fraction" and not augment.erase_probability) or (
                name == "fill_value" and augment.fill_mode != "constant"
            )
            field(f"augment.{name}", disabled=needless)
    on = [LABELS[name].lower() for name in OPERATIONS if name not in ("fill_mode", "erase_fraction") and is_on(augment, name)]  # fmt: skip
    st.caption(f"On: {', '.join(on)}." if on else "Everything is off: photos are shown as they are.")


def show_warnings() -> None:
    visit = state.memory()
    for number, doubt in enumerate(warnings(state.draft().augment)):
        st.warning(words.plain(doubt.sentence), icon=":material/warning:")
        st.button(
            words.plain(doubt.label),
            on_click=visit.ask,
            args=(f"mend-{number}", take, visit, doubt.changes),
            key=f"mend-{number}",
        )


def take(visit: Memory, changes: dict) -> None:
    for name, value in changes.items():
        visit.change(f"augment.{name}", value)


# --- which photos


def another_draw(visit: Memory) -> None:
    visit.draw_number += 1


def other_photos(visit: Memory) -> None:
    visit.turn += 1


def back_to_photos(visit: Memory) -> None:
    visit.own_photo = None


def show_sources(dataset: Dataset | None) -> None:
    """What chooses the photos: the next twelve of the data set, or one of the visitor's own."""
    visit = state.memory()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button("Another draw", icon=":material/casino:", on_click=another_draw, args=(visit,), key="another-draw", disabled=visit.augment_view == "alone", help="The same photos, changed by other random numbers. The seed of the training decides which.")  # fmt: skip
        st.button("Other photos", icon=":material/photo_library:", on_click=other_photos, args=(visit,), key="other-photos", disabled=visit.own_photo is not None)  # fmt: skip
        with (
            dropped := st.popover("A photo of your own", icon=":material/add_a_photo:", on_change="rerun", key="own")
        ):
            if dropped.open:
                drop_own_photo()
        if visit.own_photo is not None:
            name = f"Back to {words.plain(dataset.name)}" if dataset else "Back to the drawn pets"
            st.button(name, icon=":material/undo:", on_click=back_to_photos, args=(visit,), key="back-to-photos")


def drop_own_photo() -> None:
    visit = state.memory()
    uploaded = st.file_uploader(
        "Drop a photo",
        type=list(PHOTO_EXTENSIONS),
        key="own-photo",
        help="It stays on this computer and is forgotten when you close the page.",
    )
    if uploaded is None or uploaded.file_id == visit.loaded:
        return
    content = uploaded.getvalue()
    try:
        image = pictures.shrink(decode(content), MOST_OWN_PIXELS)
    except PhotoError as error:
        problems.show(error)
        return
    visit.loaded = uploaded.file_id
    visit.own_photo = hashlib.sha256(content).hexdigest(), image
    state.redraw()


def look_at(dataset: Dataset | None) -> tuple[Look, np.ndarray | None]:
    visit, draft = state.memory(), state.draft()
    own, photo = visit.own_photo or ("", None)
    sight = draft.photos.fit, draft.network.input_size, draft.network.input_channels
    return Look(dataset.id if dataset else None, *sight, visit.turn, own), photo


# --- what becomes of them


def show_together(look: Look, photo: np.ndarray | None, dark: bool) -> None:
    visit, draft = state.memory(), state.draft()
    sheets = preview(draft.augment, look, draft.training.seed, visit.draw_number, dark, photo)
    if look.own:
        st.image(pictures.inline(original(look, photo)), width=160, caption="Your photo, unchanged", alt="Your photo as the network gets it, unchanged")  # fmt: skip
    each = "Your photo, twice as training may show it" if look.own else "Photos: the original on the left, one way training may show it on the right"  # fmt: skip
    with st.grid(len(sheets) // 2, min_column_width=150, gap="small"):
        for number, picture in enumerate(sheets, 1):
            st.image(pictures.inline(picture), width="stretch", alt=f"{each}. Sheet {number} of {len(sheets)}")


def show_alone(look: Look, photo: np.ndarray | None, dark: bool) -> None:
    visit, augment = state.memory(), state.draft().augment
    choose("Operation", OPERATION_WORDS, "operation", "operation")
    if not visit.operation:
        st.caption("One photo at one end of each setting, in its middle and at the other end, all other settings off. What is off is shown at its largest value.")  # fmt: skip
        with st.grid(2, min_column_width=250, gap="small"):
            for name in OPERATIONS:
                picture, said = strip(augment, name, look, dark, photo)
                with st.container(gap="xxsmall"):
                    st.markdown(f"**{LABELS[name]}**{'' if is_on(augment, name) else ' (off)'}")
                    st.image(
                        pictures.inline(picture), width="stretch", alt=f"{LABELS[name]}, from left to right: {said}"
                    )
                    st.caption(said)
        return
    found = alone(augment, visit.operation, look, photo)
    value = "" if is_on(augment, visit.operation) else " It is off now; shown is what its largest value would do."
    st.caption(f"One photo with {LABELS[visit.operation].lower()} alone, all other settings off.{value}")
    with st.grid(len(found), min_column_width=105, gap="small"):
        for picture, said in found:
            st.image(pictures.inline(picture), width="stretch", caption=said, alt=f"{LABELS[visit.operation]}: {said}")


def show_photos() -> None:
    visit, dataset = state.memory(), current_dataset()
    st.header("Original, and what training shows")
    choose("View", VIEWS, "augment-view", "augment_view")
    look, photo = look_at(dataset)
    dark = st.context.theme.type == "dark"
    with st.container():
        (show_together if visit.augment_view == "together" else show_alone)(look, photo, dark)
    show_sources(dataset)
    side = f"{look.size} × {look.size} pixels"
    if visit.own_photo is not None:
        st.caption(f"A photo of your own, at the {side} that the network sees.")
    elif dataset:
        st.caption(f"Training photos of {words.plain(dataset.name)}, at the {side} that the network sees.")
    else:
        st.caption(f"Drawn pets stand in until you choose photos; shown at the {side} that the network sees.")
        way_to("photos", "Choose photos")


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
