"""What others call the browser that a run belongs to. Nobody is called what somebody else is, or what the app itself says."""

import unicodedata
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

from core.errors import RunError
from core.workspace.files import read_file, write_atomic
from core.workspace.folders import workspace
from core.workspace.owners import mark_of

MOST_LETTERS = 40
COMMAND_LINE = "command line"
_OURS = (COMMAND_LINE, "the command line", "yours", "you", "nobody", "somebody", "administrator", "admin")
_ALIKE = str.maketrans("01", "ol")  # digits that pass for letters


def name_of(owner: str) -> str:
    """The name that a person gave, else ``guest`` and four letters that stay the same for a browser.

    Args:
        owner: a browser's mark; "" is the command line.
    """
    if not owner:
        return COMMAND_LINE
    try:
        name = _read(_file(owner))
    except (OSError, ValueError):
        return _guest(owner)
    return _guest(owner) if not name or _is_ours(name) else name


def set_name(owner: str, name: str) -> None:
    """Remembers what a browser's person is called. An empty name makes them a guest again.

    Raises:
        RunError: longer than 40 letters, somebody else's, one that the app gives itself, of letters that only look like others;
            or the browser has no token because it takes no cookies.
    """
    name = _tidy(name)
    if not owner:
        raise RunError("A name needs a cookie to belong to, and your browser keeps none. Allow cookies for this page.")
    if len(name) > MOST_LETTERS:
        raise RunError(f"A name has at most {MOST_LETTERS} letters; received {len(name)}. Shorten it.")
    if _is_ours(name):
        raise RunError(f"“{name}” is what the app itself calls somebody. Take a name of your own.")
    if len(_scripts(name)) > 1:
        raise RunError(f"“{name}” mixes letters of several alphabets, which look alike. Write it in one of them.")
    with FileLock(_file(owner).parent / ".lock", timeout=10):  # of two who choose the same at once, one has it
        if name and _looks(name) in _taken(owner):
            raise RunError(f"Somebody here is called “{name}” already. Add a letter of your family name, or a number.")
        write_atomic(_file(owner), name)


def _looks(name: str) -> str:
    """What two names that cannot be told apart have in common: no case, no spaces, no punctuation, one form of each letter."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    kept = "".join(letter for letter in plain if unicodedata.category(letter)[0] in "LMN")
    return kept.translate(_ALIKE) or plain


def _is_ours(name: str) -> bool:
    looks = _looks(name)
    return looks in {_looks(word) for word in _OURS} or looks.startswith(_looks("guest"))


def _scripts(name: str) -> set[str]:
    """Which of the alphabets whose letters look alike a name has letters of."""
    words = (unicodedata.name(letter, "").split(" ")[0] for letter in name if letter.isalpha())
    return {word for word in words if word in ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")}


def _taken(owner: str) -> set[str]:
    found: set[str] = set()
    for path in _file(owner).parent.glob("person.*"):
        with suppress(OSError, ValueError):
            if path.name != mark_of(owner):
                found.add(_looks(_read(path)))
    return found - {""}


def _read(path: Path) -> str:
    """A name as it is kept. Raises OSError or ValueError if there is none, or the file is damaged."""
    return _tidy(read_file(path, 1000).decode())[:MOST_LETTERS]


def _tidy(name: str) -> str:
    return " ".join("".join(letter if unicodedata.category(letter)[0] != "C" else " " for letter in name).split())


def _file(owner: str) -> Path:
    folder = workspace() / "people"
    folder.mkdir(exist_ok=True)
    return folder / mark_of(owner)


def _guest(owner: str) -> str:
    return f"guest {mark_of(owner).rpartition('.')[2][:4]}"
