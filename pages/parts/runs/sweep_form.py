"""Asking for several trainings that differ in one setting: which setting, which values, how many epochs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import streamlit as st

from core import config
from core.config import AugmentConfig, choice_words
from core.errors import AppError
from core.photos.dataset import Dataset
from core.runs.sweeps.variants import (
    AUGMENTATION,
    FEWEST,
    MOST,
    SHORT_EPOCHS,
    Variant,
    split_values,
    suggested_values,
    variable_paths,
    variants,
)
from core.training.forecast.forecast import forecast
from pages import state
from pages.parts import problems, words
from pages.parts.fields import setting_words
from pages.parts.places import way_to
from pages.parts.runs.start import start_comparison
from pages.state import Memory
from pages.state.current import current_dataset, num_classes


@dataclass
class SweepForm:
    """What was filled in so far.

    Args:
        path: the setting of which several values are tried.
        values: setting -> the values to try, as text or as the choices picked.
        epochs: of each training.
    """

    path: str = "network.blocks.0.filters"
    values: dict[str, str | list] = field(default_factory=dict)
    epochs: int = SHORT_EPOCHS


def show_form() -> None:
    """Setting, values, epochs and the button, of any one setting."""
    visit, form = state.memory(), state.of(SweepForm)
    paths = variable_paths(visit.draft)
    path = form.path if form.path in paths else paths[0]
    st.caption(
        f"The draft is trained once with each of {FEWEST} to {MOST} values, all else and the seed the same, "
        "one after the other."
    )
    with st.grid(2, min_column_width=260, gap="small"):
        st.selectbox(
            "Setting",
            paths,
            key="swept",
            format_func=_option_words,
            help="Type to search. Everything of the network, the augmentation and the training.",
            **state.started("swept", path, partial(setattr, form, "path"), index=paths.index(path)),
        )
        _show_values(visit, form, path)
    show_question(path, _values(visit, path))


@st.cache_data(max_entries=2000, show_spinner=False)
def _option_words(path: str) -> str:
    return setting_words(path)


def _show_values(visit: Memory, form: SweepForm, path: str) -> None:
    declared, key = config.setting(path), f"values-{path}"
    now, keep = form.values.get(path), partial(form.values.__setitem__, path)
    choices = [True, False] if declared.type is bool else declared.limits.choices
    if choices:
        picked = now if isinstance(now, list) else suggested_values(visit.draft, path)
        start = state.started(key, picked, keep, default=picked)
        st.pills(
            "Values",
            choices,
            selection_mode="multi",
            key=key,
            format_func=value_words,
            help=declared.help,
            **start,
        )
        return
    if not isinstance(now, str):
        now = ", ".join(words.setting_value(value) for value in suggested_values(visit.draft, path))
    st.text_input(
        "Values, with commas between them",
        key=key,
        max_chars=120,
        help=f"{declared.help} Each {declared.limits.describe()}.",
        **state.started(key, now, keep, value=now),
    )


def value_words(value) -> str:
    """A value of a sweep as a person reads it."""
    return choice_words(value) if isinstance(value, str) else words.setting_value(value)


def _values(visit: Memory, path: str) -> list:
    """What the person gave for a setting, else what is suggested."""
    given = visit.of(SweepForm).values.get(path)
    if given is None:
        return suggested_values(visit.draft, path)
    return split_values(given) if isinstance(given, str) else given


def show_question(path: str, values: Sequence) -> None:
    """Epochs, the forecast of all trainings together, and the button that queues them. Always the same elements."""
    visit, form, dataset = state.memory(), state.of(SweepForm), current_dataset()
    made, fault = [], None
    try:
        made = variants(visit.draft, path, values, num_classes(), epochs_each(visit))
    except AppError as error:
        fault = error
    is_augmentation = path == AUGMENTATION
    has_nothing_to_compare = is_augmentation and visit.draft.augment == AugmentConfig()
    place = "start-augmentation-sweep" if is_augmentation else "start-sweep"
    with st.container():
        if fault is not None and dataset is not None and not has_nothing_to_compare:
            problems.show(fault)
    problems.show_said(place, "sweep-epochs")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        with st.container(width=140):
            if epochs_each(visit) is None:
                st.caption(f"{visit.draft.training.minutes:g} minutes each, as on the Training page")
            else:
                st.number_input(
                    "Epochs each",
                    key="sweep-epochs",
                    step=1,
                    help="Short trainings show who learns faster; long ones who gets further.",
                    **state.started("sweep-epochs", form.epochs, partial(_set_epochs, visit), value=form.epochs),
                )
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
        elif fault is not None and has_nothing_to_compare:
            st.caption(words.plain(str(fault)))
        elif fault is None:
            st.caption(_forecast_words(made, dataset))


def epochs_each(visit: Memory) -> int | None:
    """Of each training; None where the draft goes by the clock, so that each gets its minutes."""
    return None if visit.draft.training.minutes else visit.of(SweepForm).epochs


def _set_epochs(visit: Memory, epochs: int) -> None:
    with visit.trying("sweep-epochs"):
        config.put(visit.draft, "training.epochs", epochs)
        visit.of(SweepForm).epochs = epochs


def _start(visit: Memory, path: str | None, dataset: Dataset | None, owner: str) -> None:
    """Done after the changes of fields that came with the click."""
    form = visit.of(SweepForm)
    path = path or form.path
    values = () if path == AUGMENTATION else _values(visit, path)
    start_comparison(visit, path, values, epochs_each(visit), dataset, owner)


def _forecast_words(made: list[Variant], dataset: Dataset) -> str:
    split_sizes, classes = dataset.split_sizes, len(dataset.class_names)
    needs = [forecast(one.config, split_sizes, classes) for one in made]
    if not all(need.fits for need in needs):
        worst = next(one for one, need in zip(made, needs, strict=True) if not need.fits)
        return f":material/memory: {words.plain(worst.label.capitalize())} may need more memory than is free."
    time = words.duration(sum(need.total_seconds for need in needs))
    many = "both" if len(made) == 2 else f"all {len(made)}"
    basis = "" if all(need.basis == "measured" for need in needs) else ", a rough estimate"
    return f":material/timer: About {time} for {many}, one after the other, once it is their turn{basis}."
