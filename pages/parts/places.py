"""The pages, and the ways between them. Every way carries the draft, so that it can be opened in a new tab."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import streamlit as st

from pages import state

_FOLDER = Path(__file__).parents[1]


@dataclass(frozen=True)
class Place:
    """One page: where it stands in the navigation. No hint over it: it would cover the link above."""

    group: str
    title: str
    icon: str


PLACES = {
    "home": Place("Start", "Home", ":material/home:"),
    "photos": Place("Build", "Photos", ":material/photo_library:"),
    "network": Place("Build", "Network", ":material/layers:"),
    "augmentation": Place("Build", "Augmentation", ":material/tune:"),
    "training": Place("Build", "Training", ":material/model_training:"),
    "results": Place("Understand", "Results", ":material/insights:"),
    "classify": Place("Use", "Classify", ":material/pets:"),
}


def page(name: str) -> st.Page:
    """The Streamlit page of one place."""
    place = PLACES[name]
    return st.Page(
        _FOLDER / name / "page.py",
        title=place.title,
        icon="",  # Streamlit fetches a page's icon for the browser's tab from the internet; links show it from its own font
        url_path=None if name == "home" else name,
        default=name == "home",
    )


_known_page = lru_cache(page)  # for links, which read it only; what st.navigation gets is the visit's own


def way_to(name: str, label: str | None = None, *, icon: str | None = None, **selections: str | None) -> None:
    """A link to a page.

    Args:
        name: key of ``PLACES``.
        label: our words; text from outside goes through ``words.plain``.
        icon: instead of the page's own; "" for none.
        selections: ``run=``, ``dataset=`` or ``job=`` to choose on the way; None clears it.
    """
    parameters = {**state.link(state.memory()), **selections}
    st.page_link(
        _known_page(name),
        label=label or PLACES[name].title,
        icon=PLACES[name].icon if icon is None else icon,
        query_params={key: value for key, value in parameters.items() if value},
    )


def go(name: str) -> None:
    """Goes to a page at once; for what follows from a click."""
    st.switch_page(page(name), query_params=state.link(state.memory()))
