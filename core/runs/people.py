"""What others call the browser that a run belongs to."""

import unicodedata
from pathlib import Path

from core.errors import RunError
from core.jobs import workspace, write_atomic
from core.jobs.owners import mark_of

MOST_LETTERS = 40
COMMAND_LINE = "command line"


def name_of(owner: str) -> str:
    """The name that a person gave, else ``guest`` and four letters that stay the same for a browser.

    Args:
        owner: a browser's mark; "" is the command line.
    """
    if not owner:
        return COMMAND_LINE
    try:
        return _file(owner).read_text(encoding="utf-8") or _guest(owner)
    except FileNotFoundError:
        return _guest(owner)


def set_name(owner: str, name: str) -> None:
    """Remembers what a browser's person is called. An empty name makes them a guest again.

    Raises:
        RunError: longer than 40 letters, or the browser has no token because it takes no cookies.
    """
    name = " ".join("".join(letter if unicodedata.category(letter)[0] != "C" else " " for letter in name).split())
    if not owner:
        raise RunError("A name needs a cookie to belong to, and your browser keeps none. Allow cookies for this page.")
    if len(name) > MOST_LETTERS:
        raise RunError(f"A name has at most {MOST_LETTERS} letters; received {len(name)}. Shorten it.")
    write_atomic(_file(owner), name)


def _file(owner: str) -> Path:
    folder = workspace() / "people"
    folder.mkdir(exist_ok=True)
    return folder / mark_of(owner)


def _guest(owner: str) -> str:
    return f"guest {mark_of(owner).rpartition('.')[2][:4]}"
