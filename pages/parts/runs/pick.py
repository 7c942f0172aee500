"""Choosing one run from the list."""

from functools import partial

import streamlit as st

from core.errors import AppError
from core.runs import trust
from core.runs.run import Run
from pages import state
from pages.parts import problems, words
from pages.state.current import all_runs, current_run, run_of, run_to_ask

NUM_LISTED = 200


def pick_run(*, with_weights: bool = False) -> Run | None:
    """A list of runs, the newest first, and the one chosen; None where there is nothing to choose from.

    Before anybody has chosen it is one's own newest, or, of those that can answer, the one that answers best.

    Args:
        with_weights: only runs that can answer.
    """
    runs = [run for run in all_runs()[:NUM_LISTED] if not with_weights or run.checkpoint]
    chosen = None
    visit = state.memory()
    if visit.run:
        try:
            chosen = run_of(visit.run)
        except AppError as error:
            problems.show(error)
    if chosen is None or (with_weights and not chosen.checkpoint):
        chosen = run_to_ask() if with_weights else current_run() or next(iter(runs), None)
    if chosen is None:
        return None
    by_id = {run.id: run for run in [*runs, chosen]}
    choose = partial(setattr, visit, "run")
    st.selectbox(
        "Run",
        list(by_id),
        key="picked_run",
        format_func=lambda run_id: _label(by_id[run_id]),
        help="Every training on this computer, the newest first.",
        **state.started("picked_run", chosen.id, choose, index=list(by_id).index(chosen.id)),
    )
    return chosen


def _label(run: Run) -> str:
    """Options of a list are plain text, not Markdown."""
    accuracy, tested = (run.last or {}).get("test_accuracy"), ""  # two hundred whole histories take half a second
    if accuracy is not None:
        tested = f" · {words.percent(accuracy)} test{trust.in_brackets(trust.test_score(run))}"
    return f"{run.name} · {words.when(run.created)} · {run.status}{tested}"
