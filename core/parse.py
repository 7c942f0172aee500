"""Numbers from outside: a link, JSON, the command line, a CSV, a zip, a file's name, the environment.

Python's own ``int`` and ``float`` take more than anybody means: other scripts' digits, ``1_000``, ``nan``, a name of 4,000
digits. Whatever a stranger may have written is read here, and is bounded before anything is made of it.
"""

import math
import re
from typing import Any, TypeGuard

MOST = 10**20  # beyond every number that is read anywhere, 64 bits included
_WHOLE = re.compile(r"-?[0-9]{1,20}")
_REAL = re.compile(r"-?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?")


def whole(given: Any, minimum: int = -MOST, maximum: int = MOST) -> int:
    """A whole number.

    Args:
        given: text of ASCII digits, an int, or a float without a fraction, as which some programs write whole numbers into
            JSON. A bool is no number.
        minimum, maximum: inclusive.

    Raises:
        ValueError: it is none, or out of bounds.
    """
    is_text = isinstance(given, str) and _WHOLE.fullmatch(given)
    is_float = isinstance(given, float) and given.is_integer()
    is_int = isinstance(given, int) and not isinstance(given, bool)
    if not (is_text or is_float or is_int):
        raise ValueError("not a whole number")
    value = int(given)
    if not minimum <= value <= maximum:
        raise ValueError(f"not between {minimum:,} and {maximum:,}")
    return value


def real(given: Any, minimum: float = -math.inf, maximum: float = math.inf) -> float:
    """A finite number.

    Args:
        given: text in ASCII (``0.002``, ``1e-3``), an int or a float. A bool is no number, nor are infinity and NaN.
        minimum, maximum: inclusive.

    Raises:
        ValueError: it is none, or out of bounds.
    """
    is_text = isinstance(given, str) and _REAL.fullmatch(given)
    is_number = isinstance(given, (int, float)) and not isinstance(given, bool)
    if not (is_text or is_number) or (isinstance(given, int) and abs(given) > MOST):
        raise ValueError("not a number")
    value = float(given)
    if not math.isfinite(value) or not minimum <= value <= maximum:
        raise ValueError(f"not a number between {minimum:g} and {maximum:g}")
    return value


def is_number(value: Any) -> TypeGuard[float]:
    """Whether a value from a file is a number that one can reckon with."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e15
