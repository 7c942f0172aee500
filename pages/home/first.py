"""The shortest way to a network of one's own: one button."""

import math
from dataclasses import replace

import streamlit as st

from core import config
from core.photos.drawn.pace import seconds_to_prepare
from core.photos.layouts.counts import sizes_of_drawn
from core.training.forecast.forecast import forecast
from pages import state
from pages.parts import problems, words
from pages.parts.places import go
from pages.parts.work import chosen_job, prepare_photos, show_job
from pages.state import Memory

FIRST_PRESET = "first"
TRAIN_FIRST = ":material/play_arrow: Train my first network"


def show_first(is_first: bool) -> None:
    """What it does, and the button; where photos are being prepared, how far that is.

    Args:
        is_first: whether there is nothing yet, so that this is what to do.
    """
    st.header("Train my first network")
    photos = state.experiment_of(FIRST_PRESET).photos
    st.markdown(f"On {2 * photos.num_drawn:,} drawn pets, about {_promise()} on this computer. Nothing is downloaded.")
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
    """Drawn pets and a small network for them: the shortest way to a network that has learned something."""
    experiment = config.put(state.experiment_of(FIRST_PRESET), "name", "My first network")
    with visit.trying("train-first"):
        visit.draft = replace(experiment, name="")
        prepare_photos(visit, experiment, then_train_as=owner)
        go("training")


def _promise() -> str:
    """``50 s``: from the click to the result, by what this computer was measured to do, to the next ten seconds."""
    experiment = state.experiment_of(FIRST_PRESET)
    sizes = sizes_of_drawn(experiment.photos, experiment.split)
    preparing = seconds_to_prepare(sum(sizes.values()), experiment.photos.drawn_size)
    seconds = preparing + forecast(experiment, sizes).total_seconds
    return words.duration(10 * math.ceil(seconds / 10))
