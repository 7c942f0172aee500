"""Several trainings that differ in one setting: watched and compared on one chart."""

import streamlit as st

from core.errors import AppError
from core.runs import trust
from core.runs.evaluation import Evaluation
from core.runs.run import ACTIVE
from core.runs.sweeps.sweep import Row, Sweep, cancel_sweep, delete_sweep, find_sweep, list_sweeps
from core.runs.sweeps.variants import AUGMENTATION
from core.runs.sweeps.verdict import verdict
from core.workspace.owners import mark_of
from pages import state
from pages.parts import problems, words
from pages.parts.dialogs import ask_whether
from pages.parts.fields import setting_words
from pages.parts.live_chart import compared_chart
from pages.parts.places import way_to
from pages.parts.runs.controls import check_allowed, is_allowed, place_of, whose
from pages.parts.runs.sweep_form import show_form, show_question, value_words
from pages.parts.ticks import redraw_if, tick_seconds
from pages.state import Memory

TICK_SECONDS = 2.0
NUM_LISTED = 8


def show_augmentation_question() -> None:
    """What does augmentation buy? One button trains twice, with and without, and shows both."""
    visit = state.memory()
    st.header("What does augmentation buy?")
    st.markdown(
        "The same network is trained twice on the same photos, with the same seed: once with the augmentation above, "
        "once without any. The gap between the two curves is what it buys."
    )
    show_question(AUGMENTATION, ())
    sweep = _chosen(visit)
    if sweep is None or sweep.path != AUGMENTATION:
        own = mark_of(state.owner())
        sweep = next((one for one in list_sweeps() if one.path == AUGMENTATION and one.owner == own), None)
    with st.container():
        if sweep is not None:
            show_sweep(sweep)


def show_sweeps() -> None:
    """Trying several values of one setting, and the sweeps there are."""
    form = st.expander("Try several values of one setting", on_change="rerun", key="sweep-form")
    if form.open:
        with form:
            show_form()
    _show_list()


def show_chosen_sweep() -> bool:
    """The sweep in the address, if there is one; whether there is. A wrong id gets a sentence, and the page goes on."""
    visit = state.memory()
    with st.container():
        if not visit.sweep:
            return False
        try:
            sweep = find_sweep(visit.sweep)
        except AppError as error:
            problems.show(error)
            return False
        show_sweep(sweep, closable=True)
        return True


def _chosen(visit: Memory) -> Sweep | None:
    try:
        return find_sweep(visit.sweep) if visit.sweep else None
    except AppError:
        return None


def title_of(sweep: Sweep) -> str:
    """``Convolution 1: filters 16, 32, 64``."""
    if sweep.path == AUGMENTATION:
        return "With and without augmentation"
    try:
        setting = setting_words(sweep.path)
    except AppError:  # of another version
        setting = sweep.path
    return f"{setting} {', '.join(map(value_words, sweep.values))}"


def show_sweep(sweep: Sweep, closable: bool = False) -> None:
    """Its state, curves and table; what can be clicked stands outside what ticks."""
    visit, statuses = state.memory(), sweep.statuses()
    active = any(status in ACTIVE for status in statuses)
    with st.container(border=True, key=f"sweep-{sweep.id}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader(words.plain(title_of(sweep)), width="content")
            with st.container(horizontal=True, width="content", vertical_alignment="center"):
                _show_controls(sweep, active, closable)
        problems.show_said(place_of(sweep))
        trainings = words.count(len(sweep.run_ids), "training")
        st.caption(f"{trainings} on {words.plain(sweep.dataset_name)}, {words.when(sweep.created)}")
        seconds = 2 * tick_seconds(visit, TICK_SECONDS / 2)
        st.fragment(_tick, run_every=seconds if active else None)(sweep, statuses)
        with st.container(horizontal=True, gap="medium"):
            for label, run_id, status in zip(sweep.labels, sweep.run_ids, statuses, strict=True):
                if status != "deleted":
                    name = "results" if status == "completed" else "training"
                    way_to(name, words.plain(label), run=run_id, sweep=sweep.id)


def _show_controls(sweep: Sweep, active: bool, closable: bool) -> None:
    visit = state.memory()
    if not is_allowed(sweep):
        st.caption(f":material/lock: Started by {words.plain(whose(sweep))}.")
    elif active:
        st.button(
            "Cancel all",
            icon=":material/stop:",
            on_click=cancel,
            args=(visit, sweep),
            key="cancel-sweep",
            help="What waits is struck off; what trains keeps its best epoch and is tested; what has ended stays.",
        )
    else:
        icon = ":material/delete:"
        st.button("Delete", icon=icon, on_click=confirm_delete, args=(sweep,), key="delete-sweep")
    if closable:
        st.button(
            "Close",
            icon=":material/close:",
            on_click=setattr,
            args=(visit, "sweep", None),
            key="close-sweep",
            type="tertiary",
        )


def _tick(sweep: Sweep, drawn_for: tuple[str, ...]) -> None:
    statuses = sweep.statuses()
    rows = [_row(sweep, number, status) for number, status in enumerate(statuses)]
    st.markdown(_where(rows, statuses))
    runs = [row.run for row in rows if row.run is not None]
    if runs:
        names = [_line_name(sweep, row) for row in rows if row.run is not None]
        compared_chart(names, [run.history for run in runs], trust.guess_of(runs[0]), key=f"curves-{sweep.id}")
    with st.container(gap="xsmall"):
        for sentence in _verdict(sweep.id, statuses, sweep, rows):
            st.markdown(words.plain(sentence))
    _table(rows)
    redraw_if(statuses != drawn_for)


def _row(sweep: Sweep, number: int, status: str) -> Row:
    run_id, num_epochs = sweep.run_ids[number], 0
    if status in ACTIVE:
        num_epochs = sum(len(run.history.epochs) for run in sweep.runs if run.id == run_id)
    return _read_row(sweep.id, number, status, num_epochs, sweep)


@st.cache_resource(max_entries=500, show_spinner=False)
def _read_row(sweep_id: str, number: int, status: str, num_epochs: int, _sweep: Sweep) -> Row:
    """Read anew only when the run has come further; all who watch share it."""
    return _sweep.row(number)


@st.cache_data(max_entries=200, show_spinner=False)
def _verdict(sweep_id: str, statuses: tuple[str, ...], _sweep: Sweep, _rows: list[Row]) -> list[str]:
    return verdict(_sweep, _rows)


def _line_name(sweep: Sweep, row: Row) -> str:
    """A line's name, short enough for a phone."""
    if sweep.path == AUGMENTATION:
        return "with" if row.value else "without"
    return words.short(value_words(row.value), 14)


def _where(rows: list[Row], statuses: tuple[str, ...]) -> str:
    """``1 of 2 done. Without augmentation: epoch 3 of 12, about 40 s left.``"""
    visit = state.memory()
    done = sum(status not in ACTIVE for status in statuses)
    parts = [f"{done} of {len(rows)} done."]
    for row, status in zip(rows, statuses, strict=True):
        if status == "running" and row.run is not None:
            history = row.run.history
            left = f", about {words.duration(history.eta_seconds)} left" if history.eta_seconds is not None else ""
            epoch = f"epoch {history.epoch} of {history.planned_epochs}{left}" if history.num_epochs else "warming up"
            stopping = ", stopping" if visit.asked.get(row.run.id) == "stopping" else ""
            parts.append(f"{words.plain(row.label[0].upper() + row.label[1:])}: {epoch}{stopping}.")
    waiting = statuses.count("queued")
    if waiting:
        parts.append(f"{words.count(waiting, 'waits', 'wait')} for a turn.")
    return " ".join(parts)


def _table(rows: list[Row]) -> None:
    tested = [row.evaluation for row in rows]
    st.dataframe(
        {
            "Training": [row.label for row in rows],
            "State": [row.status for row in rows],
            "Validation accuracy": [words.percent(row.val_accuracy) for row in rows],
            "Test accuracy": [_accuracy(one) for one in tested],
            "Guessing": [words.percent(one.score.guess_accuracy if one else None) for one in tested],
            **_balanced(tested),
            "Likely between": [_interval(one) for one in tested],
            "Best epoch": [str(row.best_epoch or "–") for row in rows],
            "Parameters": [words.quantity(row.parameters) if row.parameters else "–" for row in rows],
            "Time in epochs": [words.duration(row.seconds) if row.seconds else "–" for row in rows],
        },
        hide_index=True,
        alt="; ".join(map(_row_in_words, rows)),
        column_config={
            "Likely between": st.column_config.TextColumn(
                help="The test accuracy on endless photos of this kind, with 95 % confidence."
            )
        },
    )


def _row_in_words(row: Row) -> str:
    validation = words.percent(row.val_accuracy)
    return f"{row.label}: {row.status}, validation {validation}, test {_accuracy(row.evaluation)}"


def _accuracy(evaluation: Evaluation | None) -> str:
    return words.percent(evaluation.accuracy if evaluation else None)


def _interval(evaluation: Evaluation | None) -> str:
    if evaluation is None:
        return "–"
    low, high = evaluation.interval
    return f"{low * 100:.1f} – {high * 100:.1f} %"


def _balanced(shown: list[Evaluation | None]) -> dict[str, list[str]]:
    """A column where classes differ in their number of photos."""
    if all(one is None or one.score.is_even for one in shown):
        return {}
    return {"Balanced accuracy": [words.percent(one.score.balanced_accuracy if one else None) for one in shown]}


def _show_list() -> None:
    """Everybody's sweeps, the newest first; nothing while there are none."""
    sweeps = list_sweeps()
    with st.container():
        if not sweeps:
            return
        st.header("Sweeps")
        for sweep in sweeps[:NUM_LISTED]:
            _show_listed(sweep)


def _show_listed(sweep: Sweep) -> None:
    statuses = sweep.statuses()
    done = sum(status not in ACTIVE for status in statuses)
    far = "all done" if done == len(statuses) else f"{done} of {len(statuses)} done"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"listed-{sweep.id}"):
        st.button(
            words.plain(words.short(title_of(sweep), 60)),
            on_click=_show,
            args=(state.memory(), sweep.id),
            key=f"show-{sweep.id}",
            type="tertiary",
            help="Show its curves and its table.",
        )
        st.caption(f"{words.plain(whose(sweep))} · {words.when(sweep.created)} · {far}")


def _show(visit: Memory, sweep_id: str) -> None:
    visit.sweep, visit.run = sweep_id, None


def cancel(visit: Memory, sweep: Sweep) -> None:
    with visit.trying(place_of(sweep)):
        check_allowed(sweep)
        for run in cancel_sweep(sweep):
            visit.asked[run.id] = "stopping"


def delete(visit: Memory, sweep: Sweep) -> None:
    with visit.trying(place_of(sweep)):
        check_allowed(sweep)
        runs = sweep.run_ids
        delete_sweep(sweep)
        visit.sweep = None
        visit.run = None if visit.run in runs else visit.run


@st.dialog("Delete this sweep?", icon=":material/delete:")
def confirm_delete(sweep: Sweep) -> None:
    """Asks before a sweep and its runs are removed for good."""
    st.markdown(f"**{words.plain(title_of(sweep))}** of {words.when(sweep.created)}.")
    st.markdown(
        "Its trainings go with it: their weights, curves and answers are removed from the disk. "
        "The photos stay. This cannot be undone."
    )
    ask_whether("delete-sweep", "Delete all of it", "Keep it", delete, state.memory(), sweep)
