"""Other people's text (file names above all) as one line that every terminal, browser and encoder takes."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

_DIGITS = re.compile("([0-9]+)")
_TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def printable(text: str) -> str:
    """The text on one line, every letter of it encodable.

    Bytes of a file name that are no text become the replacement character. Marks that turn the writing direction are
    spelt out, since after them even our own words would run backwards: a name could make ``exe.jpg`` of ``gpj.exe``.
    """
    return text if text.isprintable() else "".join(_shown(letter) for letter in text)


def _shown(letter: str) -> str:
    if letter in _TURNING:
        return f"⟨U+{ord(letter):04X}⟩"
    kind = unicodedata.category(letter)
    return " " if kind in ("Cc", "Zl", "Zp") else "\ufffd" if kind == "Cs" else letter


def listed(words: Iterable[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``; at least one."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def natural_key(text: str) -> tuple[tuple[Any, ...], str]:
    """Sorts as people count: ``cat.2.jpg`` before ``cat.10.jpg``, whatever the case; texts that differ are never equal.

    Runs of digits are compared as numbers of any length, without making numbers of them.
    """
    words_and_digits = _DIGITS.split(text.casefold())  # a word, digits, a word, ...: like is always compared with like
    parts = (
        (len(digits := part.lstrip("0")), digits) if place % 2 else part for place, part in enumerate(words_and_digits)
    )
    return tuple(parts), text


BYTE_STAGES = frozenset({"downloading", "checking"})
"""Stages of a ``core.jobs.Report`` that count bytes; all others count files, photos or steps."""


def duration(seconds: float) -> str:
    """``12 s``, ``4 min``, ``2.5 h``."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    if seconds < 99.5 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
