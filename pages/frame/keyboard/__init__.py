"""Where the keyboard is: a way past what stands before a page's main button, and a focus that is never lost.

Streamlit has a link past the navigation of its own. keyboard.js adds one to the page's one primary button; puts the focus on
it after a page change; takes help marks out of the order of Tab (F1 in a field opens its mark); turns to what a button has
made (``Memory.turn_to``); and finds a place for a focus whose element is gone.
"""

from pathlib import Path

from streamlit.components.v2 import component

from pages import state

_HERE = Path(__file__).parent
_component = component(
    "keyboard",
    html=(_HERE / "keyboard.html").read_text(),
    css=(_HERE / "keyboard.css").read_text(),
    js=(_HERE / "keyboard.js").read_text(),
)


def follow_focus(page: str) -> None:
    """To be drawn on every page, between the frame and the page's content. Args: page: its title."""
    to, turn = state.memory().focus
    _component(key="keyboard", data={"page": page, "to": to, "turn": turn})
