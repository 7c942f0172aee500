"""The shortest way to a network of one's own: one button."""

from dataclasses import replace

import streamlit as st

from core import config
from core.config import PhotosConfig, SplitConfig
from pages import state
from pages.parts import problems, words
from pages.parts.places import go
from pages.parts.work import chosen_job, prepare_photos, show_job
from pages.state import Memory

# Small batches: a thousand drawings then give enough steps to learn from within a minute or two.
FIRST_EPOCHS, FIRST_BATCH_SIZE = 20, 16
TRAIN_FIRST = ":material/play_arrow: Train my first network"


def show_first(is_first: bool) -> None:
    """What it does, and the button; where photos are being prepared, how far that is.

    Args:
        is_first: whether there is nothing yet, so that this is what to do.
    """
    st.header("Train my first network")
    st.markdown(
        f"On {2 * PhotosConfig().num_drawn:,} drawn pets, {FIRST_EPOCHS} epochs, about two minutes. "
        "Nothing is downloaded."
    )
    job = chosen_job()
    if job is not None:
        show_job(job)
        return
    problems.show_said("train-first")
    st.button(
        words.on_primary(TRAIN_FIRST) if is_first else TRAIN_FIRST,
        type="primary" if is_first else "secondary",
        on_click=train_first,
        args=(state.memory(), state.owner()),
        key="train-first",
    )


def train_first(visit: Memory, owner: str) -> None:
    """Drawn pets, the modern preset, few epochs of many steps: the shortest way to a network that has learned something."""
    experiment = replace(state.experiment_of(state.DEFAULT_PRESET), photos=PhotosConfig(), split=SplitConfig())
    experiment = config.put(experiment, "training.epochs", FIRST_EPOCHS)
    experiment = config.put(experiment, "training.batch_size", FIRST_BATCH_SIZE)
    experiment = config.put(experiment, "name", "My first network")
    with visit.trying("train-first"):
        visit.draft = replace(experiment, name="")
        prepare_photos(visit, experiment, then_train_as=owner)
        go("training")
