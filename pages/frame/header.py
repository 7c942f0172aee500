"""What surrounds every page: the navigation, a thin header with the current photos, network and run, and errors in words."""

import itertools

import streamlit as st

from core.errors import AppError
from core.jobs.job import Job
from core.network import presets
from core.network.plan import plan
from core.photos.dataset import Dataset
from core.runs.run import ACTIVE, Run
from core.workspace.folders import PROJECT
from pages import state
from pages.frame.keyboard import follow_focus
from pages.frame.person import show_person
from pages.parts import places, problems, words
from pages.parts.places import PLACES, way_to
from pages.parts.runs.status import badge
from pages.parts.ticks import redraw_if, tick_seconds
from pages.parts.work import chosen_job, follow_up
from pages.state.current import current_dataset, current_run, num_classes

_HEADER_SECONDS = 3.0
SIDEBAR_PIXELS = 216
_ICON = str(PROJECT / "assets" / "icon.svg")
_ICON_DONE = str(PROJECT / "assets" / "icon_done.svg")


def draw() -> None:
    """Runs the page that the visitor is on, inside the frame."""
    here = st.navigation([places.page(name) for name in PLACES], position="hidden")
    if state.take_changes(here.title):
        places.go(next(name for name, place in PLACES.items() if place.title == state.memory().page))
    state.follow_address(here.title)
    if follow_up():
        state.write_address()
    _tab(here.title, current_run())
    _sidebar()
    with st.container(gap=None):
        _header()
        follow_focus(here.title)
    problems.show_said("")
    unplaced = st.container(gap="xsmall")
    try:
        here.run()
    except AppError as error:
        problems.show(error)
    finally:  # a page may have stopped early
        problems.show_rest(unplaced)


def _sidebar() -> None:
    with st.sidebar:
        st.markdown("**AlexNet Playground**")
        for group, names in itertools.groupby(PLACES, key=lambda name: PLACES[name].group):
            with st.container(gap="xxsmall"):
                st.caption(group)
                for name in names:
                    way_to(name)
        show_person()


def _tab(title: str, run: Run | None) -> None:
    """The browser's tab: the page's name, and what became of a run that was watched, until its results are opened."""
    visit, icon = state.memory(), _ICON
    if run is not None and run.is_active:
        visit.watched = run.id
        title = f"▶ {title}"
    elif run is not None and run.id == visit.watched:
        if title == PLACES["results"].title:
            visit.watched = None
        elif run.status == "completed":
            title, icon = f"✓ Training finished · {title}", _ICON_DONE
        else:
            title = f"■ Training {run.status} · {title}"
    st.set_page_config(
        page_title=f"{title} · AlexNet Playground", page_icon=icon, layout="wide", initial_sidebar_state=SIDEBAR_PIXELS
    )


def _header() -> None:
    run, job = current_run(), chosen_job()
    at_work = (run is not None and run.is_active) or (job is not None and job.status in ACTIVE)
    seconds = 2 * tick_seconds(state.memory(), _HEADER_SECONDS / 2)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="header"):
        _photos_link(current_dataset(), job)
        _network_link()
        status = run.status if run is not None else ""
        st.fragment(_run_link, run_every=seconds if at_work else None)(run, job, status)


def _photos_link(dataset: Dataset | None, job: Job | None) -> None:
    if job is not None and job.status in ACTIVE:
        way_to("photos", "Preparing photos")
    elif dataset is None:
        way_to("photos", "No photos yet")
    else:
        way_to("photos", f"{words.plain(dataset.name)} · {words.count(len(dataset.examples), 'photo')}")


def _network_link() -> None:
    draft = state.draft()
    title = presets.PRESETS[draft.preset].title
    try:
        size = f"{words.quantity(plan(draft.network, num_classes()).parameters)} parameters"
    except AppError:
        size = "does not work yet"
    way_to("network", f"{title} · {size}")


def _run_link(run: Run | None, job: Job | None, drawn_for: str) -> None:
    """Ticks while the run or the photos' job is at work; at its end everything is drawn once more, the tab's title too."""
    if job is not None and job.status == "completed":
        state.redraw()
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content"):
        if run is None:
            way_to("training", "No run yet")
            return
        status, history = run.status, run.history
        done = f" · {history.epoch}/{history.planned_epochs}" if history.num_epochs and status in ACTIVE else ""
        way_to("training", words.plain(words.short(run.name)) + done, run=run.id)
        badge(status)
        if status == "running":
            st.progress(history.fraction, width=72)
    redraw_if(status != drawn_for)
