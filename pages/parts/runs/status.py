"""A run's state in a colour, an icon and a word."""

from dataclasses import dataclass
from typing import Literal

import streamlit as st


@dataclass(frozen=True)
class _Look:
    """Args: icon: of Google's Material symbols; colour: of Streamlit's."""

    icon: str
    colour: Literal["gray", "blue", "yellow", "orange", "green", "red"]


_LOOKS = {
    "queued": _Look("hourglass_empty", "gray"),
    "running": _Look("play_arrow", "blue"),
    "paused": _Look("pause", "yellow"),
    "stopped": _Look("stop", "orange"),
    "completed": _Look("check", "green"),
    "failed": _Look("error", "red"),
    "interrupted": _Look("power_off", "orange"),
    "damaged": _Look("broken_image", "red"),
}


def badge(status: str) -> None:
    """One of the states that ``Run.status`` names."""
    look = _LOOKS[status]
    st.badge(status, icon=f":material/{look.icon}:", color=look.colour)
