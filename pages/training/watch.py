"""A run while it learns, and after: where it is, its curves, what they say, every epoch, and starting again."""

from dataclasses import replace

import streamlit as st

from core import config
from core.config import ExperimentConfig, choice_words
from core.errors import AppError
from core.runs import trust
from core.runs.best_epoch import why_best
from core.runs.ends import batch_size_that_fits, why_interrupted
from core.runs.engines.local import why_run_is_silent
from core.runs.run import ACTIVE, Run
from pages import state
from pages.parts import problems, words
from pages.parts.live_chart import live_charts
from pages.parts.places import way_to
from pages.parts.runs.controls import place_of, show_controls, show_delete, show_end
from pages.parts.runs.start import start_training
from pages.parts.runs.status import badge
from pages.parts.ticks import redraw_if, should_renew, tick_seconds
from pages.state import Memory
from pages.state.current import current_run, dataset_of, run_of
from pages.training.findings import show_findings

TICK_SECONDS = 1.0
_ASKED = {
    "stopping": "Stopping: the best epoch is kept and tested.",
    "pausing": "Pausing: everything is kept.",
}


def chosen_run() -> Run | None:
    """The run in the address, else this browser's newest, unless a sweep is chosen; a wrong id gets a sentence."""
    chosen = state.memory().run
    if chosen:
        try:
            return run_of(chosen)
        except AppError as error:
            problems.show(error)
            return None
    return None if state.memory().sweep else current_run()


def _show_status(run: Run, status: str) -> None:
    """One line on where the run is, and a bar. Always the same elements, whatever the state."""
    history = run.history
    if status not in ACTIVE:
        state.memory().asked.pop(run.id, None)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        badge(status)
        st.markdown(_where(run, status))
    if status == "running" and history.stage:
        fraction = history.done / history.total if history.total else 0.0
        st.progress(min(1.0, fraction), text=f"{words.plain(history.stage)}: {history.done:,} of {history.total:,}")
    else:
        st.progress(1.0 if status == "completed" else history.fraction, text=_speed(run, status))


def _where(run: Run, status: str) -> str:
    history = run.history
    if status == "queued":
        return f"Number {history.position} in the queue." if history.position > 1 else "It starts in a moment."
    if status == "running" and (asked := state.memory().asked.get(run.id)):
        return _ASKED[asked]
    best = tested = ""
    if history.best:
        accuracy, guess = words.percent(history.best["val_accuracy"]), trust.in_brackets(trust.best_score(run))
        best = f" Best so far: epoch {history.best_epoch}, {accuracy} on validation{guess}."
    if status == "running":
        return f"Epoch {history.epoch} of {history.planned_epochs}.{best}" if history.num_epochs else "Warming up."
    accuracy = history.results.get("test_accuracy")
    if accuracy is not None:
        guess = trust.in_brackets(trust.test_score(run))
        tested = f" {words.percent(accuracy)} of the test photos are named rightly{guess}."
    if status == "failed":
        return words.plain(history.message) or "It failed; the run's worker.log says why."
    if status == "damaged":
        return (
            "Its record is lost or damaged, so nobody can say how far it came. Its photos and weights are not touched: "
            "go on from its last checkpoint, or delete it."
        )
    if status == "interrupted":
        unknown = (
            f"Its process ended without a last word, after epoch {len(history.epochs)}. Nothing of it is lost: go on."
        )
        return words.plain(why_interrupted(run) or unknown)
    if status == "paused":
        where = f"In epoch {max(1, history.epoch)} of {history.planned_epochs}; everything is kept.{best}"
        return words.plain(history.message) or where
    if not history.epochs:
        return "It ended before its first epoch."
    return f"{words.count(len(history.epochs), 'epoch')}, best epoch {history.best_epoch}.{tested}"


def _speed(run: Run, status: str) -> str:
    history = run.history
    parts = []
    if status == "running" and history.seconds_spent is not None:
        parts.append(f"{history.seconds_spent / 60:.0f} of about {history.minutes:g} minutes")
    elif status == "running" and history.eta_seconds is not None:
        parts.append(f"about {words.duration(history.eta_seconds)} left")
    if history.photos_per_second:
        parts.append(f"{history.photos_per_second:,.0f}{words.NO_BREAK}photos/s")
    if history.device:
        parts.append(words.plain(history.device))
    if history.precision:
        parts.append(choice_words(history.precision))
    held = history.epochs[-1].get("memory_bytes") if history.epochs else None
    if status == "running" and held:
        parts.append(f"{held / 1e9:.1f}{words.NO_BREAK}GB of memory")
    return " · ".join(parts) or "waiting for the first step"


def _show_run(run: Run, drawn_for: str, seconds: float, draft: ExperimentConfig, was_silent: bool = False) -> None:
    """Ticks every ``seconds`` while the run is active. What can be clicked stands outside, so that a tick never swallows a click."""
    status, history = run.status, run.history
    _show_status(run, status)
    live_charts(history, trust.guess_of(run), key=f"run-{run.id}")
    with st.container(gap="xsmall"):
        if why := why_best(history):
            st.caption(f":material/info: {words.plain(why)}")
        for notice in history.notices:
            st.caption(f":material/info: {words.plain(notice)}")
    show_findings(run)
    late = status in ACTIVE and should_renew(seconds, tick_seconds(state.memory(), TICK_SECONDS))
    is_silent = why_run_is_silent(run) is not None
    redraw_if(late or status != drawn_for or is_silent != was_silent or state.draft() != draft)  # advice was taken


def _show_epochs(run: Run) -> None:
    table = st.expander("Every epoch as a table", on_change="rerun", key=f"table-{run.id}")
    if table.open:
        with table:
            rows = run.history.epochs
            st.dataframe(
                {
                    "Epoch": [row["epoch"] for row in rows],
                    "Training loss": [row["loss"] for row in rows],
                    "Validation loss": [row["val_loss"] for row in rows],
                    "Training accuracy": [row["accuracy"] for row in rows],
                    "Validation accuracy": [row["val_accuracy"] for row in rows],
                    "Learning rate": [row.get("learning_rate") for row in rows],
                    "Seconds": [row.get("seconds") for row in rows],
                },
                hide_index=True,
                alt=f"Loss and accuracy of {len(rows)} epochs",
                column_config={
                    "Training loss": st.column_config.NumberColumn(format="%.4f"),
                    "Validation loss": st.column_config.NumberColumn(format="%.4f"),
                    "Training accuracy": st.column_config.NumberColumn(format="percent"),
                    "Validation accuracy": st.column_config.NumberColumn(format="percent"),
                    "Learning rate": st.column_config.NumberColumn(format="%.3g"),
                    "Seconds": st.column_config.NumberColumn(format="%.1f"),
                },
            )


def show_chosen(run: Run) -> None:
    """Everything about one run. What ticks stands apart from what can be clicked."""
    status = run.status
    active = status in ACTIVE
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="run"):
        st.header(words.plain(run.name))
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            if not active and run.evaluation is not None:
                way_to("results", "See the results", run=run.id)
            if not active and run.checkpoint:
                way_to("classify", "Classify photos", run=run.id)
            show_controls(run, status)
    silence = why_run_is_silent(run)
    if silence is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(words.plain(silence), icon=":material/heart_broken:")
            show_end(run)
    problems.show_said(place_of(run))
    seconds = tick_seconds(state.memory(), TICK_SECONDS)
    st.fragment(_show_run, run_every=seconds if active else None)(
        run, status, seconds, state.draft(), silence is not None
    )
    _show_epochs(run)
    problems.show_said("again")
    if not active:
        with st.container(horizontal=True):
            if smaller := batch_size_that_fits(run):
                st.button(
                    f"Start again with a batch size of {smaller}",
                    icon=":material/memory:",
                    on_click=start_again,
                    args=(state.memory(), run, state.owner(), smaller),
                    key="again-smaller",
                )
            st.button(
                "Start again with these settings",
                icon=":material/replay:",
                on_click=start_again,
                args=(state.memory(), run, state.owner()),
                key="again",
            )
            show_delete(run)


def start_again(visit: Memory, run: Run, owner: str, batch_size: int | None = None) -> None:
    """Trains once more with a run's settings on the same photos. The draft takes them too, so that the page shows what trains.

    Args:
        batch_size: instead of the run's.
    """
    with visit.trying("again"):
        dataset, settings = dataset_of(run.dataset["id"]), run.config
        if batch_size is not None:
            settings = config.put(settings, "training.batch_size", batch_size)
        visit.dataset, visit.draft = dataset.id, replace(settings, name="")
        start_training(visit, settings, dataset, owner)
