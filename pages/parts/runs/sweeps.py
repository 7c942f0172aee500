"""Several trainings that differ in one setting: asked for, watched and compared on one chart."""

from functools import partial

import streamlit as st

from core import config
from core.config import AugmentConfig, choice_words
from core.errors import AppError
from core.photos.dataset import Dataset
from core.runs import trust
from core.runs.evaluation import Evaluation
from core.runs.store import ACTIVE
from core.runs.sweeps.sweep import (
    AUGMENTATION,
    FEWEST,
    MOST,
    Row,
    Sweep,
    Variant,
    cancel_sweep,
    delete_sweep,
    find_sweep,
    list_sweeps,
    split_values,
    suggested_values,
    variable_paths,
    variants,
    verdict,
)
from core.training.forecast.forecast import forecast
from core.workspace.owners import mark_of
from pages import state
from pages.parts import problems, words
from pages.parts.fields import setting_words
from pages.parts.live_chart import compared_chart
from pages.parts.places import way_to
from pages.parts.runs.controls import check_allowed, is_allowed, place_of, whose
from pages.parts.runs.fit import num_photos
from pages.parts.runs.start import start_comparison
from pages.parts.ticks import redraw_if, tick_seconds
from pages.state import Memory
from pages.state.current import current_dataset, num_classes

TICK_SECONDS = 2.0
NUM_LISTED = 8


# --- asking ----------------------------------------------------------------------------------------------


def show_augmentation_question() -> None:
    """What does augmentation buy? One button trains twice, with and without, and shows both."""
    visit = state.memory()
    st.header("What does augmentation buy?")
    st.markdown(
        "The same network is trained twice on the same photos, with the same seed: once with the augmentation above, once without any. "
        "The gap between the two curves is what it buys."
    )
    _ask(visit, AUGMENTATION, ())
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
            _show_form()
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


def _show_form() -> None:
    visit = state.memory()
    paths = variable_paths(visit.draft)
    path = visit.swept if visit.swept in paths else paths[0]
    st.caption(
        f"The draft is trained once with each of {FEWEST} to {MOST} values, all else and the seed the same, one after the other."
    )
    with st.grid(2, min_column_width=260, gap="small"):
        start = {"index": paths.index(path)} if state.view("swept", path, partial(setattr, visit, "swept")) else {}
        st.selectbox("Setting", paths, key="swept", format_func=_option_words, help="Type to search. Everything of the network, the augmentation and the training.", **start)  # fmt: skip
        _values_field(visit, path)
    _ask(visit, path, _values(visit, path))


@st.cache_data(max_entries=2000, show_spinner=False)
def _option_words(path: str) -> str:
    return setting_words(path)


def _values_field(visit: Memory, path: str) -> None:
    declared, key = config.setting(path), f"values-{path}"
    now, keep = visit.sweep_values.get(path), partial(visit.sweep_values.__setitem__, path)
    choices = [True, False] if declared.type is bool else declared.limits.choices
    if choices:
        now = now if isinstance(now, list) else suggested_values(visit.draft, path)
        start = {"default": now} if state.view(key, now, keep) else {}
        st.pills("Values", choices, selection_mode="multi", key=key, format_func=_choice_words, help=declared.help, **start)  # fmt: skip
    else:
        if not isinstance(now, str):
            now = ", ".join(words.setting_value(value) for value in suggested_values(visit.draft, path))
        start = {"value": now} if state.view(key, now, keep) else {}
        rule = declared.limits.describe()
        st.text_input("Values, with commas between them", key=key, max_chars=120, help=f"{declared.help} Each {rule}.", **start)  # fmt: skip


def _choice_words(choice) -> str:
    return words.setting_value(choice) if isinstance(choice, bool) else choice_words(choice)


def _values(visit: Memory, path: str) -> list:
    """What the person gave for a setting, else what is suggested."""
    given = visit.sweep_values.get(path)
    if given is None:
        return suggested_values(visit.draft, path)
    return split_values(given) if isinstance(given, str) else given


def _ask(visit: Memory, path: str, values: tuple | list) -> None:
    """Epochs, the forecast of all trainings together, and the button that queues them. Always the same elements."""
    dataset, made, fault = current_dataset(), [], None
    try:
        made = variants(visit.draft, path, values, num_classes(), visit.sweep_epochs)
    except AppError as error:
        fault = error
    is_augmentation = path == AUGMENTATION
    place = "start-augmentation-sweep" if is_augmentation else "start-sweep"
    with st.container():
        if (
            fault is not None
            and dataset is not None
            and not (is_augmentation and visit.draft.augment == AugmentConfig())
        ):
            problems.show(fault)
    problems.show_said(place, "sweep-epochs")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        start = {"value": visit.sweep_epochs} if state.view("sweep-epochs", visit.sweep_epochs, partial(_set_epochs, visit)) else {}  # fmt: skip
        st.number_input(
            "Epochs each", key="sweep-epochs", width=140, step=1,
            help="Short trainings show who learns faster; long ones who gets further.", **start,
        )  # fmt: skip
        label = "Train with and without" if is_augmentation else f"Train all {len(made)}" if made else "Train all"
        st.button(
            label,
            icon=":material/balance:",
            on_click=visit.ask,
            args=(place, _start, visit, path if is_augmentation else None, dataset, state.owner()),
            disabled=dataset is None or fault is not None,
            key=place,
        )
    with st.container():
        if dataset is None:
            st.caption("This needs photos: prepare drawn pets or a folder of your own first.")
            way_to("photos", "Choose photos")
        elif fault is not None and visit.draft.augment == AugmentConfig() and is_augmentation:
            st.caption(words.plain(str(fault)))
        elif fault is None:
            st.caption(_forecast_words(made, dataset))


def _set_epochs(visit: Memory, epochs: int) -> None:
    with visit.trying("sweep-epochs"):
        config.put(visit.draft, "training.epochs", epochs)
        visit.sweep_epochs = epochs


def _start(visit: Memory, path: str | None, dataset: Dataset | None, owner: str) -> None:
    """Done after the changes of fields that came with the click."""
    path = path or visit.swept
    values = () if path == AUGMENTATION else _values(visit, path)
    start_comparison(visit, path, values, dataset, owner)


def _forecast_words(made: list[Variant], dataset: Dataset) -> str:
    counts, classes = num_photos(dataset.counts()), len(dataset.class_names)
    needs = [forecast(one.config, counts, classes) for one in made]
    if not all(need.fits for need in needs):
        worst = next(one for one, need in zip(made, needs, strict=True) if not need.fits)
        return f":material/memory: {words.plain(worst.label.capitalize())} may need more memory than is free."
    seconds = sum(need.total_seconds for need in needs)
    many = "both" if len(made) == 2 else f"all {len(made)}"
    basis = "" if all(need.basis == "measured" for need in needs) else ", a rough estimate"
    return f":material/timer: About {words.duration(seconds)} for {many}, one after the other, once it is their turn{basis}."  # fmt: skip


# --- watching --------------------------------------------------------------------------------------------


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
    return f"{setting} {', '.join(_choice_words(value) if isinstance(value, str) else words.setting_value(value) for value in sweep.values)}"  # fmt: skip


def show_sweep(sweep: Sweep, closable: bool = False) -> None:
    """Its state, curves and table; what can be clicked stands outside what ticks."""
    visit, statuses = state.memory(), sweep.statuses()
    active = any(status in ACTIVE for status in statuses)
    with st.container(border=True, key=f"sweep-{sweep.id}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader(words.plain(title_of(sweep)), width="content")
            with st.container(horizontal=True, width="content", vertical_alignment="center"):
                if not is_allowed(sweep):
                    st.caption(f":material/lock: Started by {words.plain(whose(sweep))}.")
                elif active:
                    st.button("Cancel all", icon=":material/stop:", on_click=cancel, args=(visit, sweep), key="cancel-sweep", help="What waits is struck off; what trains keeps its best epoch and is tested; what has ended stays.")  # fmt: skip
                else:
                    st.button("Delete", icon=":material/delete:", on_click=confirm_delete, args=(sweep,), key="delete-sweep")  # fmt: skip
                if closable:
                    st.button("Close", icon=":material/close:", on_click=setattr, args=(visit, "sweep", None), key="close-sweep", type="tertiary")  # fmt: skip
        problems.show_said(place_of(sweep))
        st.caption(f"{words.count(len(sweep.run_ids), 'training')} on {words.plain(sweep.dataset_name)}, {words.when(sweep.created)}")  # fmt: skip
        seconds = 2 * tick_seconds(visit, TICK_SECONDS / 2)
        st.fragment(_tick, run_every=seconds if active else None)(sweep, statuses)
        with st.container(horizontal=True, gap="medium"):
            for label, run_id, status in zip(sweep.labels, sweep.run_ids, statuses, strict=True):
                if status != "deleted":
                    way_to("results" if status == "completed" else "training", words.plain(label), run=run_id, sweep=sweep.id)  # fmt: skip


def _tick(sweep: Sweep, drawn_for: tuple[str, ...]) -> None:
    statuses = sweep.statuses()
    rows = [_row(sweep, number, status) for number, status in enumerate(statuses)]
    st.markdown(_where(rows, statuses))
    there = [row for row in rows if row.run is not None]
    if there:
        compared_chart([_line_name(sweep, row) for row in there], [row.run.history for row in there], trust.guess_of(there[0].run), key=f"curves-{sweep.id}")  # fmt: skip
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
    return words.short(_choice_words(row.value) if isinstance(row.value, str) else words.setting_value(row.value), 14)


def _where(rows: list[Row], statuses: tuple[str, ...]) -> str:
    """``1 of 2 done. Without augmentation: epoch 3 of 12, about 40 s left.``"""
    visit = state.memory()
    done = sum(status not in ACTIVE for status in statuses)
    parts = [f"{done} of {len(rows)} done."]
    for row, status in zip(rows, statuses, strict=True):
        if status == "running":
            history = row.run.history
            left = f", about {words.duration(history.eta_seconds)} left" if history.eta_seconds is not None else ""
            epoch = f"epoch {history.epoch} of {history.num_epochs}{left}" if history.num_epochs else "warming up"
            stopping = ", stopping" if visit.asked.get(row.run.id) == "stopping" else ""
            parts.append(f"{words.plain(row.label[0].upper() + row.label[1:])}: {epoch}{stopping}.")
    waiting = statuses.count("queued")
    if waiting:
        parts.append(f"{words.count(waiting, 'waits', 'wait')} for a turn.")
    return " ".join(parts)


def _table(rows: list[Row]) -> None:
    shown = [row.evaluation for row in rows]
    st.dataframe(
        {
            "Training": [row.label for row in rows],
            "State": [row.status for row in rows],
            "Validation accuracy": [words.percent(row.val_accuracy) for row in rows],
            "Test accuracy": [words.percent(one.accuracy if one else None) for one in shown],
            "Guessing": [words.percent(one.score.guess_accuracy if one else None) for one in shown],
            **_balanced(shown),
            "Likely between": [f"{one.interval[0] * 100:.1f} – {one.interval[1] * 100:.1f} %" if one else "–" for one in shown],
            "Best epoch": [str(row.best_epoch or "–") for row in rows],
            "Parameters": [words.quantity(row.parameters) if row.parameters else "–" for row in rows],
            "Time in epochs": [words.duration(row.seconds) if row.seconds else "–" for row in rows],
        },
        hide_index=True,
        alt="; ".join(f"{row.label}: {row.status}, validation {words.percent(row.val_accuracy)}, test {words.percent(row.evaluation.accuracy if row.evaluation else None)}" for row in rows),
        column_config={"Likely between": st.column_config.TextColumn(help="The test accuracy on endless photos of this kind, with 95 % confidence.")},
    )  # fmt: skip


def _balanced(shown: list[Evaluation | None]) -> dict[str, list[str]]:
    """A column where classes differ in their number of photos."""
    if all(one is None or one.score.is_even for one in shown):
        return {}
    return {"Balanced accuracy": [words.percent(one.score.balanced_accuracy if one else None) for one in shown]}


def _show_list() -> None:
    """Everybody's sweeps, the newest first; nothing while there are none."""
    visit, sweeps = state.memory(), list_sweeps()
    with st.container():
        if not sweeps:
            return
        st.header("Sweeps")
        for sweep in sweeps[:NUM_LISTED]:
            statuses = sweep.statuses()
            done = sum(status not in ACTIVE for status in statuses)
            far = "all done" if done == len(statuses) else f"{done} of {len(statuses)} done"
            with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"listed-{sweep.id}"):
                st.button(words.plain(words.short(title_of(sweep), 60)), on_click=_show, args=(visit, sweep.id), key=f"show-{sweep.id}", type="tertiary", help="Show its curves and its table.")  # fmt: skip
                st.caption(f"{words.plain(whose(sweep))} · {words.when(sweep.created)} · {far}")


# --- acting ----------------------------------------------------------------------------------------------


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
    st.markdown("Its trainings go with it: their weights, curves and answers are removed from the disk. The photos stay. This cannot be undone.")  # fmt: skip
    with st.container(horizontal=True):
        if st.button("Delete all of it", key="delete-sweep-yes", icon=":material/delete:", on_click=delete, args=(state.memory(), sweep)):  # fmt: skip
            st.rerun()
        if st.button("Keep it", key="delete-sweep-no"):
            st.rerun()
