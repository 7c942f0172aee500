"""What a person reads when something cannot be done."""

import traceback

import streamlit as st

from core.errors import AppError
from pages.shared import state
from pages.shared.words import plain


def show(error: AppError) -> None:
    """The error's own sentence, where the person is looking."""
    st.error(plain(str(error)), icon=":material/error:")


def show_remembered() -> None:
    """What callbacks and the address had to say, once, at the top of the page."""
    sentences = state.memory().sentences
    with st.container():
        while sentences:
            kind, text = sentences.pop(0)
            if kind == "error":
                st.error(plain(text), icon=":material/error:")
            elif kind == "done":
                st.success(plain(text), icon=":material/check:")
            else:
                st.warning(plain(text), icon=":material/link_off:")


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
