"""What a data set looks like in numbers: balance of the classes, sizes, brightness. No drawing.

Sentences hold class names as they are: whoever shows them where markup means something escapes them.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.photos.checks.scan import ImageCheck
from core.photos.layouts.counts import PhotoCounts
from core.text import listed

BALANCED_RATIO = 1.1
"""The largest class has at most so many times the photos of the smallest: always answering the largest is then right in
at most 52.4 % of two classes."""

SIZE_EDGES = (32, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048, 4096, 8192)
ASPECT_EDGES = (0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 1.1, 1.33, 1.67, 2.0, 2.5, 4.0)
BRIGHTNESS_EDGES = tuple(range(0, 257, 16))


@dataclass(frozen=True)
class Histogram:
    """How many values lie between two edges.

    Args:
        edges: (n + 1) ascending; a value on an edge counts above it. The first and the last bin hold what lies beyond.
        counts: (n) photos.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)


def histogram(values: Iterable[float], edges: Sequence[float]) -> Histogram:
    """Counts values between edges; empty bins at both ends are cut off.

    Args:
        values: finite numbers.
        edges: at least two, ascending.
    """
    counts = [0] * (len(edges) - 1)
    for value in values:
        place = sum(1 for edge in edges[1:-1] if value >= edge)
        counts[place] += 1
    filled = [index for index, count in enumerate(counts) if count]
    if not filled:
        return Histogram((), ())
    first, last = filled[0], filled[-1]
    return Histogram(tuple(edges[first : last + 2]), tuple(counts[first : last + 1]))


def measured(checks: Iterable[ImageCheck]) -> list[ImageCheck]:
    """The photos that have pixels, so that their numbers mean something."""
    return [check for check in checks if check.perceptual_hash]


def shorter_sides(checks: Iterable[ImageCheck]) -> Histogram:
    """Photos by their shorter side in pixels."""
    return histogram((min(check.height, check.width) for check in measured(checks)), SIZE_EDGES)


def aspects(checks: Iterable[ImageCheck]) -> Histogram:
    """Photos by width divided by height: below 1 upright, above 1 lying."""
    return histogram((check.width / check.height for check in measured(checks)), ASPECT_EDGES)


def brightnesses(checks: Iterable[ImageCheck]) -> Histogram:
    """Photos by their mean grey level, 0 black to 255 white."""
    return histogram((check.brightness for check in measured(checks)), BRIGHTNESS_EDGES)


def class_totals(counts: PhotoCounts) -> dict[str, int]:
    """{class name: photos in all splits}.

    Args:
        counts: {split: {class name: number}}, as ``Dataset.counts`` gives it.
    """
    totals: dict[str, int] = {}
    for classes in counts.values():
        for name, number in classes.items():
            totals[name] = totals.get(name, 0) + number
    return totals


def balance_sentence(counts: PhotoCounts) -> str:
    """Whether the classes are balanced, and what it costs if they are not."""
    totals = class_totals(counts)
    numbers = " and ".join(f"{number:,}" for number in totals.values())
    most, least = max(totals.values()), min(totals.values())
    if most <= BALANCED_RATIO * least:
        return f"{listed(totals)} are balanced: {numbers}"
    largest = next(name for name, number in totals.items() if number == most)
    share = math.floor(1000 * most / sum(totals.values())) / 10
    return f"{listed(totals)} are not balanced: {numbers}. Always answering “{largest}” would be right in {share} %"


def size_sentence(checks: Iterable[ImageCheck], input_size: int) -> str:
    """How large the photos are, and how much of that the network sees."""
    photos = measured(checks)
    if not photos:
        return "No photo has been measured"
    heights, widths = [check.height for check in photos], [check.width for check in photos]
    smaller = sum(1 for check in photos if min(check.height, check.width) < input_size)
    has = "has" if smaller == 1 else "have"
    enlarged = f"; {smaller:,} {has} a shorter side and will be enlarged" if smaller else ""
    return (
        f"Photos are {_range(heights)} pixels high and {_range(widths)} wide; the network sees {input_size} × {input_size}"
        f"{enlarged}"
    )


def aspect_sentence(checks: Iterable[ImageCheck]) -> str:
    """How many photos lie, stand or are square."""
    shapes = [check.width / check.height for check in measured(checks)]
    lying, upright = sum(1 for shape in shapes if shape >= 1.1), sum(1 for shape in shapes if shape < 0.9)
    return f"{lying:,} photos are wider than high, {upright:,} higher than wide, {len(shapes) - lying - upright:,} about square"


def brightness_sentence(checks: Iterable[ImageCheck]) -> str:
    """How bright the photos are in the middle and at the ends."""
    levels = sorted(check.brightness for check in measured(checks))
    if not levels:
        return "No photo has been measured"
    middle = levels[len(levels) // 2]
    return f"Half of the photos are brighter than grey level {middle:.0f} of 255; the darkest has {levels[0]:.0f}, the brightest {levels[-1]:.0f}"


def _range(values: list[int]) -> str:
    low, high = min(values), max(values)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
