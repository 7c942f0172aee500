"""What will be trained, its settings, whether it fits, and Start."""

from functools import partial

import streamlit as st

from core import config
from core.config import AugmentConfig, TrainingConfig, settings_of
from core.errors import AppError
from core.network import presets
from core.network.plan import plan
from core.photos.dataset import Dataset
from core.training.forecast.outlook import outlook
from pages import state
from pages.parts import problems, words
from pages.parts.fields import field, show_fault
from pages.parts.places import way_to
from pages.parts.runs.fit import show_epochs_in_words, show_fit
from pages.parts.runs.start import start_training
from pages.state import Memory
from pages.state.current import current_dataset

MAIN_FIELDS = ("batch_size", "learning_rate", "optimizer", "schedule", "patience_epochs", "seed")
LENGTHS = ("epochs", "minutes")
USUAL_MINUTES = 10.0  # what is asked for first: long enough for a network that is worth something


def _start(visit: Memory, dataset: Dataset | None, owner: str) -> None:
    start_training(visit, visit.draft, dataset, owner)


def _show_what() -> bool:
    """The three things that a training is made of. Returns whether it can start."""
    draft, dataset = state.draft(), current_dataset()
    title = presets.PRESETS[draft.preset].title
    changed = len(config.differences(state.experiment_of(draft.preset).network, draft.network))
    fault = None
    try:
        config.check(draft)
        layers = plan(draft.network, len(dataset.class_names) if dataset else 2)
        size = f"{draft.network.input_size}\u00a0×\u00a0{draft.network.input_size}\u00a0pixels"
        work = f"{words.quantity(layers.multiply_adds)} multiply-adds a photo"
        figures = f"{words.quantity(layers.parameters)} parameters, {work}, {size}"
    except AppError as error:
        fault, figures = error, "It does not work yet; see below."
    with st.grid(3, min_column_width=220, gap="small"):
        if dataset:
            sizes = dataset.split_sizes
            split = f"{sizes['train']:,} to train, {sizes['val']:,} to validate, {sizes['test']:,} to test"
            _card("Photos", words.plain(dataset.name), split, "photos", "Change photos")
        else:
            _card("Photos", "None yet", "Prepare drawn pets or a folder of your own first.", "photos", "Choose photos")
        title += f", {words.count(changed, 'setting')} changed" if changed else ""
        _card("Network", title, figures, "network", "Change network")
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


def _show_length() -> None:
    """By epochs or by the clock, and how many of them: two cells of a grid."""
    visit = state.memory()
    now = "minutes" if visit.draft.training.minutes else "epochs"
    st.segmented_control(
        "How long",
        LENGTHS,
        required=True,
        format_func=str.capitalize,
        key="how-long",
        help="So many rounds through all training photos, or so much time, start and test included: the run then fits its epochs, "
        "and all that follows their number, to the speed that it has, and corrects that on the way.",
        **state.started("how-long", now, partial(_set_length, visit), default=now),
    )
    with st.container():
        field(f"training.{now}")


def _set_length(visit: Memory, chosen: str) -> None:
    visit.change("training.minutes", USUAL_MINUTES if chosen == "minutes" else 0.0)


def show_setup() -> None:
    """The draft's parts, the fields of the training, and the button."""
    ready, dataset = _show_what(), current_dataset()
    with st.grid(4, min_column_width=150, gap="small"):
        _show_length()
        for name in MAIN_FIELDS:
            field(f"training.{name}")
        field("name", "Name (optional)")
    more = st.expander("More settings", on_change="rerun", key="more-settings")
    if more.open:
        with more, st.grid(4, min_column_width=150, gap="small"):
            for declared in settings_of(TrainingConfig, "training"):
                if declared.path.split(".")[1] not in (*MAIN_FIELDS, *LENGTHS):
                    field(declared.path)
    show_fault("training.")
    with st.container():
        if ready and dataset is not None:
            show_epochs_in_words(dataset)
            show_fit(dataset)
            st.caption(words.plain(outlook(state.draft().training.precision).sentence))
    problems.show_said("start")
    label = ":material/play_arrow: Start training"
    st.button(
        words.on_primary(label) if ready else label,
        type="primary",
        on_click=state.memory().ask,
        args=("start", _start, state.memory(), dataset, state.owner()),
        disabled=not ready,
        key="start",
    )
