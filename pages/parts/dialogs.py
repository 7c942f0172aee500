"""The end of a dialog that asks before something is removed."""

import streamlit as st


def ask_whether(key: str, yes: str, no: str, act, *arguments) -> None:
    """Two buttons; either closes the dialog.

    Args:
        key: theirs are ``KEY-yes`` and ``KEY-no``.
        yes, no: their labels.
        act: what yes does, called with the arguments.
    """
    with st.container(horizontal=True):
        if st.button(yes, key=f"{key}-yes", icon=":material/delete:", on_click=act, args=arguments):
            st.rerun()
        if st.button(no, key=f"{key}-no"):
            st.rerun()
