"""Photos as they are and as training shows them: which ones, and what becomes of them."""

import hashlib

import numpy as np
import streamlit as st

from core.errors import PhotoError
from core.photos.dataset import Dataset
from core.photos.files.decode import PHOTO_EXTENSIONS
from core.photos.files.isolated import decode
from core.training.recipe.extremes import OPERATIONS, is_on
from pages import state
from pages.augmentation.fields import LABELS, choose
from pages.augmentation.state import AugmentationState
from pages.parts import pictures, problems, words
from pages.parts.places import way_to
from pages.parts.preview import Look, alone, original, preview, strip
from pages.state.current import current_dataset

VIEWS = {"together": "All together", "alone": "One alone"}
OPERATION_WORDS = {"": "Every operation, one beside the other", **{name: LABELS[name] for name in OPERATIONS}}
MOST_OWN_PIXELS = 1024


def show_photos() -> None:
    """The original and what training makes of it, for all settings together or for one alone."""
    own, dataset = state.of(AugmentationState), current_dataset()
    st.header("Original, and what training shows")
    choose("View", VIEWS, "augment-view", "view")
    look, photo = _look_at(dataset)
    dark = st.context.theme.type == "dark"
    with st.container():
        if own.view == "together":
            _show_together(look, photo, dark)
        else:
            _show_alone(look, photo, dark)
    _show_sources(dataset)
    side = f"{look.size} × {look.size} pixels"
    if own.own_photo is not None:
        st.caption(f"A photo of your own, at the {side} that the network sees.")
    elif dataset:
        st.caption(f"Training photos of {words.plain(dataset.name)}, at the {side} that the network sees.")
    else:
        st.caption(f"Drawn pets stand in until you choose photos; shown at the {side} that the network sees.")
        way_to("photos", "Choose photos")


def _look_at(dataset: Dataset | None) -> tuple[Look, np.ndarray | None]:
    """(which photos, and how the network gets them; the visitor's own photo instead)."""
    own, draft = state.of(AugmentationState), state.draft()
    fingerprint, photo = own.own_photo or ("", None)
    sight = draft.photos.fit, draft.network.input_size, draft.network.input_channels
    return Look(dataset.id if dataset else None, *sight, own.turn, fingerprint), photo


def _show_together(look: Look, photo: np.ndarray | None, dark: bool) -> None:
    draft = state.draft()
    sheets = preview(draft.augment, look, draft.training.seed, state.of(AugmentationState).draw_number, dark, photo)
    each = "Photos: the original on the left, one way training may show it on the right"
    if look.own:
        each = "Your photo, twice as training may show it"
        unchanged = pictures.inline(original(look, photo))
        alt = "Your photo as the network gets it, unchanged"
        st.image(unchanged, width=160, caption="Your photo, unchanged", alt=alt)
    with st.grid(len(sheets) // 2, min_column_width=150, gap="small"):
        for number, sheet in enumerate(sheets, 1):
            st.image(pictures.inline(sheet), width="stretch", alt=f"{each}. Sheet {number} of {len(sheets)}")


def _show_alone(look: Look, photo: np.ndarray | None, dark: bool) -> None:
    choose("Operation", OPERATION_WORDS, "operation", "operation")
    operation = state.of(AugmentationState).operation
    if operation:
        _show_one_operation(operation, look, photo)
    else:
        _show_every_operation(look, photo, dark)


def _show_every_operation(look: Look, photo: np.ndarray | None, dark: bool) -> None:
    augment = state.draft().augment
    st.caption(
        "One photo at one end of each setting, in its middle and at the other end, all other settings off. "
        "What is off is shown at its largest value."
    )
    with st.grid(2, min_column_width=250, gap="small"):
        for name in OPERATIONS:
            picture, said = strip(augment, name, look, dark, photo)
            alt = f"{LABELS[name]}, from left to right: {said}"
            with st.container(gap="xxsmall"):
                st.markdown(f"**{LABELS[name]}**{'' if is_on(augment, name) else ' (off)'}")
                st.image(pictures.inline(picture), width="stretch", alt=alt)
                st.caption(said)


def _show_one_operation(operation: str, look: Look, photo: np.ndarray | None) -> None:
    augment, label = state.draft().augment, LABELS[operation]
    views = alone(augment, operation, look, photo)
    value = "" if is_on(augment, operation) else " It is off now; shown is what its largest value would do."
    st.caption(f"One photo with {label.lower()} alone, all other settings off.{value}")
    with st.grid(len(views), min_column_width=105, gap="small"):
        for picture, said in views:
            st.image(pictures.inline(picture), width="stretch", caption=said, alt=f"{label}: {said}")


def _show_sources(dataset: Dataset | None) -> None:
    """What chooses the photos: the next twelve of the data set, or one of the visitor's own."""
    own = state.of(AugmentationState)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            "Another draw",
            icon=":material/casino:",
            on_click=_another_draw,
            args=(own,),
            key="another-draw",
            disabled=own.view == "alone",
            help="The same photos, changed by other random numbers. The seed of the training decides which.",
        )
        st.button(
            "Other photos",
            icon=":material/photo_library:",
            on_click=_other_photos,
            args=(own,),
            key="other-photos",
            disabled=own.own_photo is not None,
        )
        icon = ":material/add_a_photo:"
        with st.popover("A photo of your own", icon=icon, on_change="rerun", key="own") as popover:
            if popover.open:
                _drop_own_photo(own)
        if own.own_photo is not None:
            back = f"Back to {words.plain(dataset.name)}" if dataset else "Back to the drawn pets"
            st.button(back, icon=":material/undo:", on_click=_back_to_photos, args=(own,), key="back-to-photos")


def _another_draw(own: AugmentationState) -> None:
    own.draw_number += 1


def _other_photos(own: AugmentationState) -> None:
    own.turn += 1


def _back_to_photos(own: AugmentationState) -> None:
    own.own_photo = None


def _drop_own_photo(own: AugmentationState) -> None:
    uploaded = st.file_uploader(
        "Drop a photo",
        type=list(PHOTO_EXTENSIONS),
        key="own-photo",
        help="It stays on this computer and is forgotten when you close the page.",
    )
    if uploaded is None or uploaded.file_id == own.loaded:
        return
    content = uploaded.getvalue()
    try:
        image = pictures.shrink(decode(content), MOST_OWN_PIXELS)
    except PhotoError as error:
        problems.show(error)
        return
    own.loaded = uploaded.file_id
    own.own_photo = hashlib.sha256(content).hexdigest(), image
    state.redraw()
