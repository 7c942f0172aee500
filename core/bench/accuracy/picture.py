"""Accuracy against minutes as a picture (SVG, which README shows without a program) and as a table."""

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path

from core.bench.accuracy.measure import OURS, ROWS, Row
from core.palette import LIGHT
from core.workspace.files import write_atomic

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 60, 250, 24, 52  # margins; names stand on the right
NAME_HEIGHT = 30
_LINE = 30  # letters of a name on one line


def draw(rows: Sequence[Row], path: Path) -> None:
    """Writes the picture: a line a way, a bar a reading for its interval, the name at the line's end.

    Args:
        rows: of one or more ways; at least one.
    """
    write_atomic(path, svg(rows))


def svg(rows: Sequence[Row]) -> str:
    """As ``draw``, but as text. Minutes are drawn by their logarithm, since the first ones matter as much."""
    minutes = sorted({row.minutes for row in rows})
    lows, highs = [row.interval[0] for row in rows], [row.interval[1] for row in rows]
    low, high = math.floor(min(lows) * 20) / 20, min(1.0, math.ceil(max(highs) * 20) / 20)
    span = math.log(minutes[-1] / minutes[0]) or 1.0

    def x(each: float) -> float:
        return LEFT + 12 + (WIDTH - LEFT - RIGHT - 24) * math.log(each / minutes[0]) / span

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / (high - low)

    words = f"Test accuracy against minutes from Start: {', '.join(ROWS[way] for way in _ways(rows))}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13" role="img" '
        f'aria-label="{escape(words)}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    for tick in range(round(low * 20), round(high * 20) + 1):
        at = y(tick / 20)
        parts += [
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}" stroke="{LIGHT.even}" stroke-width="1.5"/>',
            f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end" fill="{LIGHT.quiet}">{tick * 5} %</text>',
        ]
    for each in minutes:
        parts.append(
            f'<text x="{x(each):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle" fill="{LIGHT.quiet}">{each:g}</text>'
        )
    parts.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.1f}" y="{HEIGHT - 10}" text-anchor="middle" fill="{LIGHT.ink}">minutes from Start</text>'
    )
    names = _places_of_names({way: y(_of(rows, way)[-1].value) for way in _ways(rows)})
    for place, way in enumerate(_ways(rows)):
        colour, mine = LIGHT.runs[place % len(LIGHT.runs)], _of(rows, way)
        shift = 4 * (place - len(names) / 2)  # bars of several ways at one minute stand beside each other
        points = " ".join(f"{x(row.minutes) + shift:.1f},{y(row.value):.1f}" for row in mine)
        width = 3.5 if way == OURS else 2
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"/>')
        for row in mine:
            at, ends = x(row.minutes) + shift, [y(bound) for bound in row.interval]
            parts.append(
                f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{ends[0]:.1f}" y2="{ends[1]:.1f}" stroke="{colour}" stroke-width="1.5"/>'
            )
            parts.append(f'<circle cx="{at:.1f}" cy="{y(row.value):.1f}" r="{width + 1}" fill="{colour}"/>')
        for number, line in enumerate(_broken(ROWS[way])):
            parts.append(
                f'<text x="{WIDTH - RIGHT + 14}" y="{names[way] + 4 + 14 * number:.1f}" fill="{colour}">{escape(line)}</text>'
            )
    return "\n".join([*parts, "</svg>"]) + "\n"


def table(rows: Sequence[Row]) -> str:
    """Markdown: a line a way, a column a minute."""
    minutes = sorted({row.minutes for row in rows})
    lines = [
        "| test accuracy after | " + " | ".join(f"{each:g} min" for each in minutes) + " |",
        "|---|" + "---|" * len(minutes),
    ]
    for way in _ways(rows):
        found = {row.minutes: row for row in _of(rows, way)}
        cells = [
            f"{found[each].value:.1%} ({found[each].interval[0]:.1%}–{found[each].interval[1]:.1%})"
            if each in found
            else "–"
            for each in minutes
        ]
        name = f"**{ROWS[way]}**" if way == OURS else ROWS[way]
        lines.append(f"| {name} | " + " | ".join(cell.replace("%", " %") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _ways(rows: Sequence[Row]) -> list[str]:
    return [way for way in ROWS if any(row.way == way for row in rows)]


def _of(rows: Sequence[Row], way: str) -> list[Row]:
    return sorted((row for row in rows if row.way == way), key=lambda row: row.minutes)


def _places_of_names(ends: dict[str, float]) -> dict[str, float]:
    """Where each name stands: beside the end of its line, moved down where another one stands there, and all up where that leaves the picture."""
    places: dict[str, float] = {}
    for way in sorted(ends, key=ends.__getitem__):
        places[way] = max(ends[way], max(places.values(), default=-math.inf) + NAME_HEIGHT)
    over = max(0.0, max(places.values()) + NAME_HEIGHT / 2 - (HEIGHT - BOTTOM))
    return {way: place - over for way, place in places.items()}


def _broken(name: str) -> list[str]:
    """A name on at most two lines."""
    if len(name) <= _LINE:
        return [name]
    at = name.rfind(" ", 0, _LINE + 6)
    return [name[:at], name[at + 1 :]]
