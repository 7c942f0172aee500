"""The browser's address: read where a person has changed it, written after every change.

``bind="query-params"`` was tried and left: it ties a value to a widget that is on the page. A link to Training must carry
filter counts whose widgets stand on Network, and a list of blocks has no fixed set of widgets.
"""

from dataclasses import replace

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.state.drafts import with_place_of
from pages.state.links import SELECTIONS, link, read_link
from pages.state.steps import Steps
from pages.state.visit import memory


def follow_address(here: str) -> None:
    """Reads the address where the person has changed it, and writes it after every change of the draft.

    A visit's first address and one reached by Back or Forward are read whole. A link to another page chooses a run,
    photos or a job; its settings are those of the moment it was drawn, and the draft may be newer by now. Every other
    touch tells an address that the draft has just left behind.

    Args:
        here: the page's name, to tell a link that was followed from a touch on the page.
    """
    visit, incoming = memory(), dict(st.query_params)
    if visit.page is None or went_back():
        if visit.page is None:  # nothing before what the link asks for
            visit.steps = Steps()
        asked, old = read_link(incoming), visit.draft
        photos = with_place_of(asked.draft.photos, old.photos)
        visit.draft = replace(asked.draft, name=old.name, photos=photos)
        for kind in SELECTIONS:
            setattr(visit, kind, asked.selections.get(kind))
        for sentence in _few(asked.faults):
            visit.say("warning", sentence)
    elif here != visit.page:
        chosen_there = {kind: incoming[kind] for kind in SELECTIONS if kind in incoming}
        for kind, chosen in read_link(chosen_there).selections.items():
            setattr(visit, kind, chosen)
    visit.page = here
    visit.steps = visit.steps.noted(visit.draft)
    write_address()


def write_address() -> None:
    """Makes the address say what the draft and the selections are now.

    After Back it is said again: the address of a change that was on its way may have reached the browser meanwhile.
    """
    wanted = link(memory())
    if dict(st.query_params) != wanted or went_back():
        st.query_params.from_dict(wanted)


def went_back() -> bool:
    """Whether this run answers the browser's Back or Forward."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def _few(sentences: list[str], most: int = 3) -> list[str]:
    if len(sentences) <= most:
        return sentences
    return [*sentences[:most], f"{len(sentences) - most} more settings in the link cannot be used either."]
