"""Who this browser is to others, at the foot of the navigation."""

from functools import partial

import streamlit as st

from core.workspace import people
from core.workspace.rights import has_admin, is_admin, try_key
from pages import state
from pages.parts import problems, words
from pages.state import Memory


def show_person() -> None:
    """The person's name, and a place to change it."""
    owner = state.owner()
    if not owner:
        return
    name = people.name_of(owner)
    popover = st.popover(words.plain(name), icon=":material/person:", on_change="rerun", key="person", type="tertiary")
    if popover.open:
        with popover:
            shown = "" if name.startswith("guest ") else name
            st.text_input(
                "Your name",
                key="person-name",
                max_chars=people.MOST_LETTERS,
                placeholder=name,
                help="Others see it beside your runs.",
                **state.started("person-name", shown, _renamer(owner), value=shown),
            )
            problems.show_said("person-name")
            if has_admin():
                _show_key(state.memory())


def _renamer(owner: str):
    visit = state.memory()

    def rename(name: str) -> None:
        with visit.trying("person-name"):
            people.set_name(owner, name)

    return rename


def enter_key(visit: Memory, given: str) -> None:
    """Takes what was typed as the administrator's key, unless it has been asked for too often."""
    with visit.trying("admin-key"):
        if given:
            try_key(given)
        visit.admin_key = given


def _show_key(visit: Memory) -> None:
    known = visit.admin_key
    st.text_input(
        "Administrator's key",
        type="password",
        key="admin-key",
        help="With it you may stop, pause and delete everybody's runs.",
        **state.started("admin-key", known, partial(enter_key, visit), value=known),
    )
    problems.show_said("admin-key")
    if known:
        st.caption("You may touch every run." if is_admin(known) else "That is not the key.")
