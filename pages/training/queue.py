"""The line at the machine: who trains, who waits, and when they will probably start."""

import streamlit as st

from core.errors import AppError
from core.runs.engines.local import why_run_is_silent
from core.runs.line import line
from core.runs.run import Run
from core.training.forecast.forecast import forecast
from pages import state
from pages.parts import problems, words
from pages.parts.runs.controls import is_allowed, place_of, show_end, stop, whose
from pages.parts.ticks import tick_seconds
from pages.state.current import all_runs

TICK_SECONDS = 2.0


def show_queue() -> None:
    """Everybody's runs that wait or train; nothing where this visitor's run is the only one."""
    seconds = 3 * tick_seconds(state.memory(), TICK_SECONDS / 3)
    st.fragment(_tick, run_every=seconds if _active() else None)()


def _active() -> list[Run]:
    return [run for run in all_runs() if run.is_active]


def _tick() -> None:
    active = _active()
    with st.container():
        if len(active) < 2 and all(run.id == state.memory().run for run in active):
            return
        at_work, waiters = line(active, total_seconds)
        st.header("In line")
        problems.show_said(*(place_of(run) for run in active if run.id != state.memory().run))
        for run in at_work:
            left = run.history.eta_seconds
            _row(run, "trains now" + (f", about {words.duration(left)} left" if left is not None else ""))
        for waiter in waiters:
            start = waiter.start_seconds
            soon = "starts when it is its turn" if start is None else f"starts in about {words.duration(start)}"
            _row(waiter.run, f"number {waiter.position}, {'starts in a moment' if start == 0 else soon}")


def _row(run: Run, where: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"line-{run.id}"):
        st.button(
            words.plain(words.short(run.name)),
            on_click=setattr,
            args=(state.memory(), "run", run.id),
            key=f"watch-{run.id}",
            type="tertiary",
            help="Show its curves.",
        )
        silent = " · does not answer, so nobody's turn comes" if why_run_is_silent(run) else ""
        st.caption(f"{words.plain(whose(run))} · {where}{silent}")
        if is_allowed(run) and run.id != state.memory().run:
            word = "Stop" if run.status == "running" else "Cancel"
            if why_run_is_silent(run):
                show_end(run)
            st.button(word, on_click=stop, args=(state.memory(), run), key=f"cancel-{run.id}", type="tertiary")


@st.cache_data(ttl=60, max_entries=200, show_spinner=False)
def _seconds(run_id: str, _run: Run) -> float | None:
    try:
        return forecast(_run.config, _run.split_sizes, len(_run.class_names)).total_seconds
    except AppError:
        return None


def total_seconds(run: Run) -> float | None:
    """How long a run will probably take, from its start."""
    return _seconds(run.id, run)
