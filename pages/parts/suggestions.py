"""A suggestion as every page shows it: what it rests on, what it means, and a button that makes its change."""

from collections.abc import Callable

import streamlit as st

from core import config
from core.advice.suggestion import LEARNS_NOTHING, NOTE, WARNING, Suggestion
from core.config import choice_words
from pages.parts import problems, words
from pages.state import Memory

_ICONS = {LEARNS_NOTHING: ":material/error:", WARNING: ":material/warning:", NOTE: ":material/info:"}


def show_suggestion(suggestion: Suggestion, key: str, on_click: Callable, *arguments, hint: str | None = None) -> None:
    """One with a title is a box of its own; one without stands in one piece, with the button below it.

    Args:
        key: of the button, and the place where it is said what became of it.
        on_click, arguments: as a button takes them; ``take`` is what most do.
        hint: of the button.
    """
    icon = _ICONS[suggestion.severity]
    if not suggestion.title:
        st.warning(words.plain(suggestion.text), icon=icon)
        _button(suggestion, key, on_click, arguments, hint)
        return
    with st.container(border=True, gap="xsmall", key=f"finding-{suggestion.kind}"):
        st.markdown(f"{icon} **{words.plain(suggestion.title)}**")
        st.markdown(words.plain(suggestion.evidence))
        st.caption(words.plain(suggestion.advice))
        problems.show_said(key)
        _button(suggestion, key, on_click, arguments, hint, icon=":material/tune:")


def _button(
    suggestion: Suggestion, key: str, on_click: Callable, arguments: tuple, hint: str | None, icon: str | None = None
) -> None:
    if suggestion.changes:
        st.button(words.plain(label_of(suggestion)), icon=icon, on_click=on_click, args=arguments, key=key, help=hint)


def label_of(suggestion: Suggestion) -> str:
    """``Set normalisation to batch, initialiser to he normal``: what is the same in several layers is said once."""
    parts = (f"{config.setting(path).label.lower()} to {_value(value)}" for path, value in suggestion.changes)
    return suggestion.label or f"Set {', '.join(dict.fromkeys(parts))}"


def _value(value) -> str:
    return choice_words(value) if isinstance(value, str) else words.setting_value(value)


def take(visit: Memory, suggestion: Suggestion) -> None:
    """Makes the change in the draft. Raises ConfigError."""
    visit.draft = suggestion.applied_to(visit.draft)
