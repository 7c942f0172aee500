"""What a person reads when something cannot be done: where they did it, until they do the next thing.

A callback says it to the visit's memory with the key of a place (``Memory.trying``), and the page shows what was said where
that place is. What belongs to a place that is not on the page stands at the top, so that nothing is lost.
"""

import traceback

import streamlit as st

from core.errors import AppError
from pages import state
from pages.parts.words import plain
from pages.state import Sentence

_ALERTS = {
    "error": (st.error, ":material/error:"),
    "warning": (st.warning, ":material/link_off:"),
    "done": (st.success, ":material/check:"),
}


def show(error: AppError) -> None:
    """The error's own sentence, where the person is looking."""
    st.error(plain(str(error)), icon=":material/error:")


def show_said(*places: str, narrow: bool = False) -> None:
    """What was said about these places, right here. Always the same element, so that what stands below keeps its place.

    Args:
        narrow: in the width of a field, where an icon would take a word's room.
    """
    with st.container(gap="xsmall"):
        show_said_last(*places, narrow=narrow)


def show_said_last(*places: str, narrow: bool = False) -> None:
    """The same as the last thing in a container that is always there: nothing stands below, and a container of its own would
    only take the browser longer."""
    for sentence in state.memory().sentences:
        if sentence.where in places:
            _show(sentence, narrow)


def show_rest(slot) -> None:
    """For the frame, after the page: what the page had no place for. Args: slot: a container at the page's top."""
    with slot:
        for sentence in state.memory().sentences:
            if not sentence.is_read:
                _show(sentence)


def _show(sentence: Sentence, narrow: bool = False) -> None:
    sentence.is_read = True
    alert, icon = _ALERTS[sentence.kind]
    alert(plain(sentence.text), icon=None if narrow else icon)


def explain(error: Exception) -> bool:
    """Streamlit's ``on_script_error``: an AppError in its own words, a bug of ours in one calm sentence.

    Returns:
        True: Streamlit shows nothing of its own. The traceback of a bug goes to the server's stderr.
    """
    if isinstance(error, AppError):
        show(error)
    else:
        traceback.print_exception(error)
        st.error(
            "Something went wrong on this page, and it is not your doing. Your photos and runs are safe. "
            "Reload the page; if it comes back, the server's log says where.",
            icon=":material/error:",
        )
    return True
