"""A place to drop a zip: progress in bytes, cancel, and a browser that holds no more of it than one slice.

What a browser does is in zip_drop.js, what the server does in ``pages.photos.zip_drop.receive``.
"""

from pathlib import Path

from streamlit.components.v2 import component

from core.photos.sources.uploads import MAX_BYTES

_HERE = Path(__file__).parent
_component = component(
    "zip_drop",
    html=(_HERE / "zip_drop.html").read_text(),
    css=(_HERE / "zip_drop.css").read_text(),
    js=(_HERE / "zip_drop.js").read_text(),
)
_HINT = f"One sub-folder a class inside. At most {MAX_BYTES / 1e9:g} GB; if the connection breaks, it goes on where it stopped."


def zip_drop(key: str) -> str | None:
    """The place. Returns the key of a zip in the one run that follows its arrival, else None."""
    return _component(key=key, data={"hint": _HINT, "most": MAX_BYTES}, on_arrived_change=lambda: None).arrived
