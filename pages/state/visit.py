"""This visit, of whoever looks at the page: its memory, its draft, its browser's mark."""

import re
from typing import NoReturn

import streamlit as st

from core.config import ExperimentConfig
from core.workspace.owners import mark_of
from core.workspace.rights import Person, is_admin
from pages.state.memories import Memory, Own

OWNER_COOKIE = "alexnet_owner"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")


def memory() -> Memory:
    """This visit's memory."""
    if "memory" not in st.session_state:
        st.session_state.memory = Memory()
    return st.session_state.memory


def of(kind: type[Own]) -> Own:
    """What a page keeps of this visit for itself, e.g. ``of(NetworkState)``."""
    return memory().of(kind)


def draft() -> ExperimentConfig:
    """This visit's draft."""
    return memory().draft


def owner() -> str:
    """This browser's mark, made of the token in the cookie that app.py sets; empty where cookies are off.

    The token itself goes no further than this: nothing else of a page sees it.
    """
    return mark_of(as_token(st.context.cookies.get(OWNER_COOKIE, "")))


def person() -> Person:
    """Who looks at the page."""
    return Person(owner(), is_admin(memory().admin_key))


def as_token(cookie) -> str:
    """A cookie's value if it has the form of a token, else empty."""
    return cookie if isinstance(cookie, str) and _TOKEN.fullmatch(cookie) else ""


def redraw() -> NoReturn:
    """Draws the whole page anew because something else than the person's touch changed it; what was said stays."""
    memory().redraws = True
    st.rerun()
