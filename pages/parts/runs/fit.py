"""Will it fit, and how long will it take: said before Start, measured here on demand."""

from dataclasses import dataclass

import streamlit as st

from core.config import ExperimentConfig
from core.errors import RunError
from core.jobs.job import ENDED, Job, ask, find_job
from core.photos.dataset import Dataset
from core.training.forecast.forecast import Forecast, about_epochs, forecast
from core.training.process.calibrate import start_measuring
from pages import state
from pages.parts import problems, words
from pages.parts.ticks import redraw_if
from pages.state import Memory

TICK_SECONDS = 0.5


@dataclass
class Measuring:
    """Args: job: id of the job that measures what a run will need, or None."""

    job: str | None = None


def show_fit(dataset: Dataset) -> None:
    """Memory, time of an epoch, time in all for the draft on these photos; and a button that measures them."""
    job = _measuring()
    st.fragment(_tick, run_every=TICK_SECONDS if job is not None else None)(dataset, job, state.draft())


def _measuring() -> Job | None:
    measuring = state.of(Measuring)
    try:
        return find_job(measuring.job) if measuring.job else None
    except RunError:
        measuring.job = None
        return None


def _tick(dataset: Dataset, job: Job | None, draft: ExperimentConfig) -> None:
    visit, measuring = state.memory(), state.of(Measuring)
    # a button was pressed in here
    redraw_if(measuring.job != (job.id if job is not None else None) or visit.draft != draft)
    if job is not None and job.status in (*ENDED, "interrupted", "damaged"):
        measuring.job = None
        if job.status == "failed":
            visit.say("error", str((job.last or {}).get("message") or "The measurement failed."), "measure")
        state.redraw()
    needs = forecast(visit.draft, dataset.split_sizes, len(dataset.class_names))
    problems.show_said("measure")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="fit"):
        if needs.fits:
            st.markdown(
                f":material/timer: {words.plain(needs.sentence)}",
                help="The photos' pixels are mapped from the disk and not counted as memory.",
            )
        else:
            st.warning(words.plain(needs.sentence), icon=":material/memory:")
            _offer_batch_size(visit, needs)
        if job is not None:
            st.caption("Measuring: a few real steps on your photos.")
            st.button("Cancel", on_click=_cancel, args=(visit, job), key="cancel-measuring", type="tertiary")
        elif not needs.is_sure:
            pressed = st.button(
                "Measure it",
                icon=":material/speed:",
                key="measure",
                help="Lets this very network train for some seconds on your photos, then throws it away.",
            )
            if pressed:  # not in a callback, which would run before what was typed last is taken
                measure(visit, dataset)
                state.redraw()


def show_epochs_in_words(dataset: Dataset) -> None:
    """Beside few photos: why the default number of epochs is no mistake."""
    with st.container():
        if said := about_epochs(state.draft(), dataset.split_sizes):
            st.caption(words.plain(said))


def _offer_batch_size(visit: Memory, needs: Forecast) -> None:
    if needs.batch_size_that_fits:
        st.button(
            f"Set batch size to {needs.batch_size_that_fits}",
            icon=":material/tune:",
            on_click=visit.change,
            args=("training.batch_size", needs.batch_size_that_fits),
            key="batch-that-fits",
        )


def _cancel(visit: Memory, job: Job) -> None:
    with visit.trying("measure"):
        ask(job.folder, "stop")


def measure(visit: Memory, dataset: Dataset) -> None:
    with visit.trying("measure"):
        visit.of(Measuring).job = start_measuring(visit.draft, dataset).id
