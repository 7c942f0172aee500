"""Widgets as views of the memory, and the changes that a person makes in them.

``on_change`` callbacks that read ``st.session_state`` are cut off there when the next touch is already waiting, and the
change is lost (seen with five fields changed quickly). So the frame compares every view with what it last showed, at the
start of every run, and buttons' callbacks get the ``Memory`` handed to them and touch nothing else of the session.
"""

import time
from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.state.memories import View
from pages.state.visit import memory


def view(key: str, value, on_change: Callable) -> bool:
    """To be called right before the widget ``key``: makes it show ``value``, and hands the person's changes on.

    Args:
        value: as the widget's state holds it.
        on_change: called with the new value, at the start of the run that follows the person's change.

    Returns:
        Whether the widget is to be given ``value`` as its start: Streamlit takes that or the state, not both.
    """
    visit = memory()
    told = st.session_state.get(key, value)
    before, visit.views[key] = visit.views.get(key), View(value, on_change, visit.page)
    if told != value:
        visit.views[key].replaced = told, time.monotonic()
        st.session_state[key] = value
        return False
    if before is not None:
        visit.views[key].replaced = before.replaced
    return True


def started(key: str, value, on_change: Callable, /, **start) -> dict[str, Any]:
    """``view`` for a widget of one call: ``st.text_input("Zip", key="zip", **started("zip", zip, take_zip, value=zip))``.

    Args:
        start: the argument that starts this widget at ``value``: ``value=``, ``default=``, or ``index=`` of its options.

    Returns:
        ``start``, or nothing where the widget's state has the value already.
    """
    return start if view(key, value, on_change) else {}


def take_changes(here: str) -> bool:
    """Hands every change that the person made since the last run to its view, then does what buttons asked for.

    The frame's first act.

    Args:
        here: the page that this run was asked for.

    Returns:
        Whether the person has left ``here`` already. A click on a link takes the cursor out of a field, and the browser
        then tells the click first and what was typed after it, as a touch on the page that was left.
    """
    visit = memory()
    if not visit.redraws:
        visit.sentences = [sentence for sentence in visit.sentences if not sentence.is_read]
    visit.redraws = has_left = False
    for key, drawn in list(visit.views.items()):
        if key not in st.session_state:
            continue
        now = st.session_state[key]
        if now != drawn.shown and not drawn.is_unseen(now):
            drawn.shown = now  # no touch of the session from here on: see the module's text
            has_left |= drawn.page == here != visit.page
            drawn.on_change(now)
    visit.steps = visit.steps.noted(visit.draft)
    while visit.requests:
        act, where = visit.requests.pop(0)
        with visit.trying(where):
            act()
    return has_left
