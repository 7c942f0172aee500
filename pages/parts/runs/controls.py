"""What a person can do to a run: pause, stop, go on, train longer, delete. Only whoever started it may, or an administrator."""

import streamlit as st

from core import config
from core.errors import RunError
from core.runs import trust
from core.runs.engines.local import delete_run, end_run, extend_run, pause_run, start_run, stop_run, why_run_is_silent
from core.runs.run import ACTIVE, Run
from core.runs.store import may_control
from core.runs.sweeps.sweep import Sweep
from core.workspace import people
from core.workspace.owners import mark_of
from pages import state
from pages.parts import words
from pages.parts.dialogs import ask_whether
from pages.state import Memory

GOES_ON = ("paused", "stopped", "interrupted", "failed", "damaged")


def is_allowed(run: Run | Sweep) -> bool:
    """Whether this visitor may touch a run, or a sweep as a whole."""
    return may_control(run, state.owner(), state.memory().admin_key)


def check_allowed(run: Run | Sweep) -> None:
    """Raises RunError for a click on a button that is not there, or was drawn before the administrator's key was taken back."""
    if not is_allowed(run):
        raise RunError("This training belongs to somebody else, who alone can touch it. Start one of your own.")


def whose(run: Run | Sweep) -> str:
    """``yours``, or the name of the person it belongs to; plain text."""
    return "yours" if run.owner and run.owner == mark_of(state.owner()) else people.name_of(run.owner)


def place_of(run: Run | Sweep) -> str:
    """Where it is said what cannot be done to a run or a sweep: beside its buttons."""
    return f"controls-{run.id}"


def show_controls(run: Run, status: str) -> None:
    """The buttons that make sense now, or whose run it is."""
    visit = state.memory()
    if not is_allowed(run):
        by = f"by {words.plain(whose(run))}, who alone can touch it" if run.owner else "from the command line"
        st.caption(f":material/lock: Started {by}.")
    elif status in ACTIVE:
        if status == "running":
            _button(
                "Pause",
                ":material/pause:",
                pause,
                run,
                "Keeps everything, ends the process and frees its memory. It goes on exactly where it was.",
            )
        _button("Stop", ":material/stop:", stop, run, "Keeps the best epoch and tests it.")
    else:
        if status in GOES_ON:
            help = "From its last checkpoint, to the same weights as if it had never ended."
            _button("Go on", ":material/play_arrow:", go_on, run, help)
        if run.history.epochs:
            _show_longer(visit, run)


def _button(label: str, icon: str, act, run: Run, help: str) -> None:
    key = label.lower().replace(" ", "-")
    st.button(label, icon=icon, on_click=act, args=(state.memory(), run), key=key, help=help)


def _show_longer(visit: Memory, run: Run) -> None:
    popover = st.popover("Train longer", icon=":material/more_time:", on_change="rerun", key="longer")
    if popover.open:
        with popover:
            training = run.config.training
            if training.minutes:
                _ask_for_more(visit, run, "minutes", training.minutes)
            else:
                _ask_for_more(visit, run, "epochs", training.epochs)


def _ask_for_more(visit: Memory, run: Run, unit: str, planned: float) -> None:
    """How many epochs or minutes it shall have in all, and the button."""
    path = f"training.{unit}"
    most = type(planned)(config.setting(path).limits.most)
    number = st.number_input(
        f"{unit.capitalize()} in all",
        value=min(2 * planned, most),
        step=type(planned)(1),
        key=f"longer-{run.id}-{planned}",
        help=f"Those that are {'done' if unit == 'epochs' else 'gone'} included. The learning rate goes on as in a run of that "
        "length from the start.",
    )
    fits = planned < number <= most
    with st.container():
        if not fits:
            st.error(
                f"More than the {planned:,.10g} {unit} it was planned for, and at most {most:,.10g}; "
                f"received {number:,.10g}. Give another number.",
                icon=":material/error:",
            )
    st.button("Go on", on_click=train_longer, args=(visit, run, unit, number), key="go-on-longer", disabled=not fits)


def show_end(run: Run) -> None:
    """The way out for a run that does not answer."""
    if is_allowed(run):
        st.button(
            "End its process",
            icon=":material/power_off:",
            on_click=end,
            args=(state.memory(), run),
            key=f"end-{run.id}",
            help="Its last checkpoint is kept, and it can go on from there.",
        )


def end(visit: Memory, run: Run) -> None:
    """Ends a run that still does not answer; one that has come back to life is left alone."""
    with visit.trying(place_of(run)):
        check_allowed(run)
        if why_run_is_silent(run, is_fresh=True):
            end_run(run)


def pause(visit: Memory, run: Run) -> None:
    _try(visit, run, "pausing", pause_run)


def stop(visit: Memory, run: Run) -> None:
    _try(visit, run, "stopping", stop_run)


def go_on(visit: Memory, run: Run) -> None:
    _try(visit, run, None, start_run)


def train_longer(visit: Memory, run: Run, unit: str, number: float) -> None:
    """``unit`` is epochs or minutes; the number is that of the whole run."""
    epochs, minutes = (int(number), None) if unit == "epochs" else (None, number)
    _try(visit, run, None, lambda chosen: extend_run(chosen, epochs, minutes))


def _try(visit: Memory, run: Run, doing: str | None, act) -> None:
    with visit.trying(place_of(run)):
        check_allowed(run)
        act(run)
        visit.run = run.id
        visit.asked[run.id] = doing


def delete(visit: Memory, run: Run) -> None:
    with visit.trying(place_of(run)):
        check_allowed(run)
        delete_run(run)
        visit.run = None


def show_delete(run: Run) -> None:
    """The button that asks before a run that has ended is removed, for who may."""
    if is_allowed(run):
        st.button("Delete", icon=":material/delete:", on_click=confirm_delete, args=(run,), key="delete")


@st.dialog("Delete this run?", icon=":material/delete:")
def confirm_delete(run: Run) -> None:
    """Asks before a run is removed for good."""
    accuracy, known = run.history.results.get("test_accuracy"), ""
    if accuracy is not None:
        known = f", {words.percent(accuracy)} on test photos{trust.in_brackets(trust.test_score(run))}"
    st.markdown(f"**{words.plain(run.name)}** of {words.when(run.created)}{known}.")
    st.markdown("Its weights, curves and answers are removed from the disk. Its photos stay. This cannot be undone.")
    ask_whether("delete", "Delete it", "Keep it", delete, state.memory(), run)
