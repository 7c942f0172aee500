"""How numbers and other people's words are written: a unit on every number, no more digits than it deserves."""

import re
from datetime import datetime

from core.text import printable

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$^=&\"'])")
NO_BREAK = "\u00a0"  # between a number and its unit, so that no line begins with a lonely %
_UNIT = re.compile(r"(?<=\d) (?=%|(?:points?|pixels|photos/s|s|min|h|k|M|G|MB|GB)\b)|(?<=±) (?=\d)")
_JOINER = "\u2060"  # takes no room; keeps ":smile:", "www." and "://" from becoming pictures and links


def plain(text: str) -> str:
    """Text from outside (a file name, a run's name, an error that quotes them) as Markdown that shows exactly that text.

    Every label, caption and alert of Streamlit is Markdown, so a photo called ``[x](https://…).jpg`` would be a link.
    """
    text = _UNIT.sub(NO_BREAK, re.sub(r" {2,}", " ", printable(str(text))))
    text = text.replace(":", f":{_JOINER}").replace("@", f"@{_JOINER}").replace("www", f"ww{_JOINER}w")
    return _MARKDOWN.sub(r"\\\1", text)


def on_primary(label: str) -> str:
    """The label of a primary button. White on the dark mode's lighter blue cannot be read well (2.8 : 1), and Streamlit has
    no setting for it; so the theme's violet text, used for nothing else, is white on light pages and black on dark ones."""
    return f":violet[{label}]"


def short(text: str, most: int = 28) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def count(number: int, one: str, many: str = "") -> str:
    """``1 photo``, ``2,000 photos``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def quantity(number: float) -> str:
    """A large number in the figures people compare: ``512``, ``61.7 k``, ``1.68 M``, ``1.14 G``."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if number >= size:
            shown = number / (1e3 if letter == "k" else size)
            return f"{shown:.{max(0, 2 - len(str(int(shown))) + 1)}f}{NO_BREAK}{letter}"
    return f"{number:,.0f}"


def percent(share: float | None, digits: int = 1) -> str:
    """``90.6 %``; an en dash where there is nothing yet."""
    return "–" if share is None else f"{share * 100:.{digits}f}{NO_BREAK}%"


def duration(seconds: float | None) -> str:
    """``8 s``, ``4 min``, ``1 h 20 min``; an en dash where it is not known."""
    if seconds is None or seconds != seconds or seconds < 0:
        return "–"
    if seconds < 90:
        return f"{seconds:.0f}{NO_BREAK}s"
    if seconds < 5400:
        return f"{seconds / 60:.0f}{NO_BREAK}min"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours}{NO_BREAK}h{NO_BREAK}{minutes:02d}{NO_BREAK}min"


def number(value: float | None) -> str:
    """A loss or a rate: three figures that mean something."""
    if value is None:
        return "–"
    return f"{value:.3f}" if 0.001 <= abs(value) < 100 else f"{value:.3g}"


def when(timestamp: float | None) -> str:
    """``today 14:05``, ``23 Nov 14:05``."""
    if timestamp is None:
        return ""
    moment = datetime.fromtimestamp(timestamp)
    return f"{moment:today %H:%M}" if moment.date() == datetime.now().date() else f"{moment.day} {moment:%b %H:%M}"


def setting_value(value) -> str:
    """A setting as a person reads it: ``on``, ``0.002``, ``cats, dogs``."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(str(part) for part in value)
    return str(value)
