"""Figures of epochs as the sentences of a diagnosis have them."""

import math
from collections.abc import Sequence


def in_epochs(rows: list[dict]) -> str:
    first, last = rows[0]["epoch"], rows[-1]["epoch"]
    return f"In epoch {first}" if first == last else f"In epochs {first} to {last}"


def ranged(values: Sequence[float], form: str) -> str:
    low, high = format(min(values), form), format(max(values), form)
    return low if low == high else f"between {low} and {high}"


def at_least(share: float) -> str:
    return "all" if share == 1 else f"at least {math.floor(1000 * share) / 10:.1f} % of the"


def percent(share: float, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f} %"


def percents(values: Sequence[float]) -> str:
    return f"{percent(min(values))} and {percent(max(values))}"


def points(share: float) -> str:
    return f"{100 * share:.2f} points" if share >= 0.0001 else "less than 0.01 points"
