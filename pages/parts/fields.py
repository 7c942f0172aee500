"""A declared setting becomes a widget: label, help, limits and choices all come from ``core.config``.

A field shows the draft and hands every change back to it (``state.view``). It writes its own widget state only when that
differs from the draft (a preset was chosen, a link opened, a block removed), so that a slow run never overwrites what the
person has typed meanwhile.

Whatever comes and goes on a page (a sentence, a button) stands in a container that is always there. Streamlit's browser
side tells elements apart by their place: one that appears above a field moves it, and what is being typed into it is lost.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Literal, cast

import streamlit as st

from core import config
from core.config import ExperimentConfig, Setting, choice_words
from core.errors import ConfigError
from pages import state
from pages.parts import problems, words

_SHARES = ("_fraction", "_probability")
MOST_LETTERS_SIDE_BY_SIDE = 11


def field(path: str, label: str | None = None, *, disabled: bool = False) -> None:
    """The widget of one setting of the draft, e.g. ``field("training.batch_size")``.

    Args:
        path: dotted path of the setting; it is also the widget's key.
        label: other words than the declared ones, where the surroundings say the rest.
        disabled: shown, not to be changed.
    """
    declared = _declared(path)
    value = config.get(state.draft(), path)
    widget = _widget(declared, value)
    start = state.started(path, widget.shown, partial(state.memory().change, path), **widget.start)
    with st.container(gap="xxsmall"):
        widget.draw(label or declared.label, key=path, help=declared.help, disabled=disabled, **start)
        problems.show_said_last(path, narrow=True)


@lru_cache(maxsize=1000)
def _declared(path: str) -> Setting:
    return config.setting(path)


def alignment(part: str) -> Literal["top", "bottom"]:
    """How fields of a grid stand beside each other: their boxes in line, unless one has a sentence below it.

    Args:
        part: how the paths of the fields begin.
    """
    return "top" if any(one.where.startswith(part) for one in state.memory().sentences) else "bottom"


def show_fault(*parts: str) -> None:
    """Below the fields that make it: a rule between settings that the draft breaks, if it is about these.

    Args:
        parts: how the paths of the fields begin, e.g. ``split.``
    """
    fault = fault_about(*parts)
    with st.container():
        if fault is not None:
            problems.show(fault)


def fault_about(*parts: str) -> ConfigError | None:
    """The rule that the draft breaks, if it is about settings whose paths begin so."""
    fault = fault_of(state.draft())
    return fault if fault is not None and (fault.path or "").startswith(parts) else None


@lru_cache(maxsize=64)
def fault_of(draft: ExperimentConfig) -> ConfigError | None:
    """The first rule that a draft breaks, or None."""
    try:
        config.check(draft)
    except ConfigError as error:
        return error
    return None


def value_words(path: str, value) -> str:
    """A setting's value as a person reads it; a number stays one, but for the channels."""
    is_named = isinstance(value, str) or path.endswith("input_channels")
    return choice_words(value) if is_named else words.setting_value(value)


def setting_words(path: str) -> str:
    """``network.blocks.0.filters`` as on its page: ``Convolution 1: filters``."""
    part, *rest = path.split(".")
    where = part.capitalize() if part != "augment" else "Augmentation"
    if len(rest) == 3:
        where = f"{'Convolution' if rest[0] == 'blocks' else 'Dense layer'} {int(rest[1]) + 1}"
    return f"{where}: {config.setting(path).label.lower()}" if rest else config.setting(path).label


@dataclass(frozen=True)
class _Widget:
    """What shows a setting.

    Args:
        draw: Streamlit's function, but for label, key and start.
        shown: the draft's value as the widget's state holds it.
        start: the argument that starts it there.
    """

    draw: Callable[..., Any]
    shown: object
    start: dict[str, Any]


def _widget(declared: Setting, value) -> _Widget:
    limits, name = declared.limits, declared.path.rsplit(".", 1)[-1]
    if name == "padding":
        return _padding(declared.path, value)
    if declared.type is bool:
        return _Widget(st.toggle, value, {"value": value})
    if isinstance(value, tuple):
        pills = partial(st.pills, options=list(limits.choices or ()), selection_mode="multi")
        return _Widget(pills, list(value), {"default": list(value)})
    if limits.choices:
        return _choice(declared, limits.choices, value)
    if declared.type in (int, float):
        return _number(declared, name, value)
    text = partial(st.text_input, max_chars=int(limits.maximum) if limits.maximum else None)
    return _Widget(text, value, {"value": value})


def _padding(path: str, value: int | str) -> _Widget:
    """Words, and every number that a kernel of this size allows."""
    kernel_size = config.get(state.draft(), path.replace(".padding", ".kernel_size"))
    numbers = sorted({*range(kernel_size), *([value] if isinstance(value, int) else [])})
    options = ["same", "valid", *map(str, numbers)]
    return _Widget(partial(st.selectbox, options=options), str(value), {"index": options.index(str(value))})


def _choice(declared: Setting, choices: tuple, value) -> _Widget:
    has_room = ".blocks." not in declared.path  # beside its neighbours
    if has_room and sum(len(choice_words(choice)) for choice in choices) <= MOST_LETTERS_SIDE_BY_SIDE:
        control = partial(st.segmented_control, options=choices, required=True, format_func=choice_words)
        return _Widget(control, value, {"default": value})
    choose = partial(st.selectbox, options=choices, format_func=choice_words)
    return _Widget(choose, value, {"index": choices.index(value)})


def _number(declared: Setting, name: str, value: float) -> _Widget:
    limits, kind = declared.limits, cast(Callable[[Any], float], declared.type)
    step, shown = kind(limits.step), kind(value)
    if name.endswith(_SHARES) or limits.unit == "degrees":
        shape = "percent" if name.endswith(_SHARES) else "%.3g°"
        bounds = {"min_value": kind(limits.minimum), "max_value": kind(limits.maximum)}
        return _Widget(partial(st.slider, **bounds, step=step, format=shape), shown, {"value": shown})
    # Without bounds of its own: for a number beyond them a browser turns the field red and hides why behind a mark.
    # The draft's own check says it in words below the field.
    shape = None if kind is int else "%.4g"
    return _Widget(partial(st.number_input, step=step, format=shape), shown, {"value": shown})
