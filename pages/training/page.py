"""Training: what will be trained, Start, and what it looks like while it learns."""

from dataclasses import replace

import streamlit as st

from core import config
from core.config import AugmentConfig, ExperimentConfig, TrainingConfig, choice_words, settings_of
from core.errors import AppError
from core.network import presets
from core.network.plan import plan
from core.photos.dataset import Dataset
from core.runs import trust
from core.runs.best_epoch import why_best
from core.runs.ends import batch_size_that_fits, why_interrupted
from core.runs.engines.local import why_run_is_silent
from core.runs.engines.warm import ensure_spare
from core.runs.store import ACTIVE, Run
from pages import state
from pages.parts import problems, words
from pages.parts.fields import field, show_fault
from pages.parts.live_chart import live_charts
from pages.parts.places import way_to
from pages.parts.runs.controls import place_of, show_controls, show_delete, show_end
from pages.parts.runs.damaged import show_damaged_sweeps
from pages.parts.runs.fit import show_epochs_in_words, show_fit
from pages.parts.runs.start import start_training
from pages.parts.runs.sweeps import show_chosen_sweep, show_sweeps
from pages.parts.ticks import redraw_if, should_renew, tick_seconds
from pages.parts.words import badge
from pages.parts.work import chosen_job, show_job
from pages.state import Memory
from pages.state.current import current_dataset, current_run, dataset_of, run_of
from pages.training.findings import show_findings
from pages.training.queue import show_queue

TICK_SECONDS = 1.0
_ASKED = {
    "stopping": "Stopping: the best epoch is kept and tested.",
    "pausing": "Pausing: everything is kept.",
}
MAIN_FIELDS = ("epochs", "batch_size", "learning_rate", "optimizer", "schedule", "patience_epochs", "seed")


def start(visit: Memory, dataset: Dataset | None, owner: str) -> None:
    start_training(visit, visit.draft, dataset, owner)


def start_again(visit: Memory, run: Run, owner: str, batch_size: int | None = None) -> None:
    """The same settings, but for the batch size if one is given, on the same photos; the draft takes them too, so that the page
    shows what trains."""
    with visit.trying("again"):
        dataset, settings = dataset_of(run.dataset["id"]), run.config
        if batch_size is not None:
            settings = config.put(settings, "training.batch_size", batch_size)
        visit.dataset, visit.draft = dataset.id, replace(settings, name="")
        start_training(visit, settings, dataset, owner)


def chosen_run() -> Run | None:
    """The run in the address, else this browser's newest, unless a sweep is chosen. A wrong id gets a sentence, and the page goes on."""
    if state.memory().run:
        try:
            return run_of(state.memory().run)
        except AppError as error:
            problems.show(error)
            return None
    return None if state.memory().sweep else current_run()


def show_status(run: Run, status: str) -> None:
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
    best = f" Best so far: epoch {history.best_epoch}, {words.percent(history.best['val_accuracy'])} on validation{trust.in_brackets(trust.best_score(run))}." if history.best else ""  # fmt: skip
    if status == "running":
        return f"Epoch {history.epoch} of {history.num_epochs}.{best}" if history.num_epochs else "Warming up."
    accuracy = history.results.get("test_accuracy")
    tested = (
        f" {words.percent(accuracy)} of the test photos are named rightly{trust.in_brackets(trust.test_score(run))}."
        if accuracy is not None
        else ""
    )
    if status == "failed":
        return words.plain(history.message) or "It failed; the run's worker.log says why."
    if status == "damaged":
        return "Its record is lost or damaged, so nobody can say how far it came. Its photos and weights are not touched: go on from its last checkpoint, or delete it."
    if status == "interrupted":
        return words.plain(why_interrupted(run) or f"Its process ended without a last word, after epoch {len(history.epochs)}. Nothing of it is lost: go on.")  # fmt: skip
    if status == "paused":
        return (
            words.plain(history.message)
            or f"In epoch {max(1, history.epoch)} of {history.num_epochs}; everything is kept.{best}"
        )
    return f"{words.count(len(history.epochs), 'epoch')}, best epoch {history.best_epoch}.{tested}" if history.epochs else "It ended before its first epoch."  # fmt: skip


def _speed(run: Run, status: str) -> str:
    history = run.history
    parts = []
    if status == "running" and history.eta_seconds is not None:
        parts.append(f"about {words.duration(history.eta_seconds)} left")
    if history.photos_per_second:
        parts.append(f"{history.photos_per_second:,.0f}{words.NO_BREAK}photos/s")
    if history.device:
        parts.append(words.plain(history.device))
    if history.precision:
        parts.append(choice_words(history.precision))
    if status == "running" and history.epochs and history.epochs[-1].get("memory_bytes"):
        parts.append(f"{history.epochs[-1]['memory_bytes'] / 1e9:.1f}{words.NO_BREAK}GB of memory")
    return " · ".join(parts) or "waiting for the first step"


def show_run(run: Run, drawn_for: str, seconds: float, draft: ExperimentConfig, was_silent: bool = False) -> None:
    """Ticks every ``seconds`` while the run is active. What can be clicked stands outside, so that a tick never swallows a click."""
    status, history = run.status, run.history
    show_status(run, status)
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


def show_epochs(run: Run) -> None:
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
    st.fragment(show_run, run_every=seconds if active else None)(
        run, status, seconds, state.draft(), silence is not None
    )
    show_epochs(run)
    problems.show_said("again")
    if not active:
        with st.container(horizontal=True):
            if smaller := batch_size_that_fits(run):
                st.button(f"Start again with a batch size of {smaller}", icon=":material/memory:", on_click=start_again, args=(state.memory(), run, state.owner(), smaller), key="again-smaller")  # fmt: skip
            st.button("Start again with these settings", icon=":material/replay:", on_click=start_again, args=(state.memory(), run, state.owner()), key="again")  # fmt: skip
            show_delete(run)


def show_what() -> bool:
    """The three things that a training is made of. Returns whether it can start."""
    draft, dataset = state.draft(), current_dataset()
    title = presets.PRESETS[draft.preset].title
    changed = len(config.differences(state.experiment_of(draft.preset).network, draft.network))
    fault = None
    try:
        config.check(draft)
        layers = plan(draft.network, len(dataset.class_names) if dataset else 2)
        size = f"{draft.network.input_size}\u00a0×\u00a0{draft.network.input_size}\u00a0pixels"
        figures = f"{words.quantity(layers.parameters)} parameters, {words.quantity(layers.multiply_adds)} multiply-adds a photo, {size}"  # fmt: skip
    except AppError as error:
        fault, figures = error, "It does not work yet; see below."
    with st.grid(3, min_column_width=220, gap="small"):
        if dataset:
            counts = dataset.sizes
            split = f"{counts['train']:,} to train, {counts['val']:,} to validate, {counts['test']:,} to test"
            _card("Photos", words.plain(dataset.name), split, "photos", "Change photos")
        else:
            _card("Photos", "None yet", "Prepare drawn pets or a folder of your own first.", "photos", "Choose photos")
        _card("Network", title + (f", {words.count(changed, 'setting')} changed" if changed else ""), figures, "network", "Change network")  # fmt: skip
        _card("Augmentation", _augmentation_words().capitalize(), "", "augmentation", "Change augmentation")
    with st.container():
        if fault is not None and not _is_of_training(fault):
            problems.show(fault)
    return dataset is not None and fault is None


def _is_of_training(fault: AppError) -> bool:
    """Whether the settings that do not go together are on this page."""
    return (getattr(fault, "path", None) or "").startswith("training.")


def _card(part: str, what: str, figures: str, place: str, change: str) -> None:
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.caption(part)
        st.markdown(what)
        if figures:
            st.caption(figures)
        st.space("stretch")
        way_to(place, change)


def _augmentation_words() -> str:
    off, now = AugmentConfig(), state.draft().augment
    on = [
        declared.label.lower()
        for declared in settings_of(AugmentConfig)
        if declared.path not in ("fill_mode", "fill_value", "erase_fraction")
        and getattr(now, declared.path) != getattr(off, declared.path)
    ]
    return ", ".join(on) or "off"


def show_setup() -> None:
    ready = show_what()
    with st.grid(4, min_column_width=150, gap="small"):
        for name in MAIN_FIELDS:
            field(f"training.{name}")
        field("name", "Name (optional)")
    more = st.expander("More settings", on_change="rerun", key="more-settings")
    if more.open:
        with more, st.grid(4, min_column_width=150, gap="small"):
            for declared in settings_of(TrainingConfig, "training"):
                if declared.path.split(".")[1] not in MAIN_FIELDS:
                    field(declared.path)
    show_fault("training.")
    with st.container():
        if ready:
            show_epochs_in_words(current_dataset())
            show_fit(current_dataset())
    problems.show_said("start")
    label = ":material/play_arrow: Start training"
    st.button(
        words.on_primary(label) if ready else label,
        type="primary",
        on_click=state.memory().ask,
        args=("start", start, state.memory(), current_dataset(), state.owner()),
        disabled=not ready,
        key="start",
    )


st.title("Training")
ensure_spare()  # Start is near: what takes longest is done by then
with st.container():
    job, run = chosen_job(), chosen_run()
    if job is not None:
        show_job(job)
        if "then_train" in job.request and job.status in ACTIVE:
            st.caption("Then the training starts by itself. Loss and accuracy appear here, batch by batch.")
            st.stop()
has_sweep = show_chosen_sweep()
if has_sweep or (run is not None and (run.is_active or run.id == state.memory().watched)):
    if run is not None:
        show_chosen(run)
    with st.expander("Train another network", expanded=not (has_sweep or run.is_active), key="another"):
        show_setup()
else:
    show_setup()
    if run is not None:
        show_chosen(run)
    else:
        st.caption("Loss and accuracy appear here, batch by batch, a few seconds after the start. You may close the page meanwhile.")  # fmt: skip
show_sweeps()
show_damaged_sweeps()
show_queue()
