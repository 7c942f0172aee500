"""Coat patterns of pets: the same lottery for every animal. Units as in ``core.photos.drawn.pets``."""

import math
import random

import numpy as np

from core.photos.drawn.brush import (
    Colour,
    Fur,
    Mark,
    closed,
    ellipse,
    mirrored,
    opened,
    tube,
    wobble,
)


def face_marks(rng: random.Random, fur: Fur, yaw: float) -> list[Mark]:
    """Marks on a head seen from the front."""
    x = yaw * 0.2
    if fur.pattern == "tabby":
        marks = []
        for at in (-0.42, -0.14, 0.14, 0.42):
            path = [(x + at, -1.05, 0.03), (x + at * 0.8, -0.8, 0.075), (x + at * 0.7, -0.5, 0.02)]
            marks.append(Mark(tube(path), fur.mark))
        for side in (-1, 1):
            for y in (0.05, 0.33):
                path = [(side * 1.05, y - 0.05, 0.08), (side * 0.8, y + 0.04, 0.06), (side * 0.58, y + 0.05, 0.02)]
                marks.append(Mark(tube(path), fur.mark))
        return marks
    if fur.pattern == "patches":
        side = rng.choice([-1, 1])
        patch = closed(wobble(rng, ellipse(side * 0.5 + x, -0.25, 0.46, 0.55)[::4], 0.07))
        crown = closed(wobble(rng, ellipse(-side * 0.6, -0.85, 0.4, 0.35)[::4], 0.07))
        return [Mark(patch, fur.mark), Mark(crown, fur.mark)]
    if fur.pattern == "spots":
        return spots(rng, 9, (-0.8, 0.8), (-0.9, 0.7), (0.05, 0.13), fur.mark)
    if fur.pattern == "points":
        return [Mark(ellipse(x * 1.5, 0.3, 0.95, 0.85), fur.mark, 0.95)]
    if fur.pattern == "bicolour":
        half = [(0, -0.35), (0.22, 0.1), (0.75, 0.35), (0.85, 1.0), (0, 1.4)]
        return [Mark(closed(mirrored(half)) + (x, 0), fur.light)]
    if fur.pattern == "blaze":
        half = [(0, -1.2), (0.16, -0.8), (0.12, -0.2), (0.4, 0.3), (0.4, 1.0), (0, 1.3)]
        return [Mark(closed(mirrored(half)) + (x, 0), fur.light)]
    if fur.pattern == "half":
        side = rng.choice([-1, 1])
        edge = [(x, -1.5), (x + 0.1, -0.6), (x - 0.06, 0.2), (x, 1.5), (side * 1.8, 1.5), (side * 1.8, -1.5)]
        return [Mark(np.array(edge), fur.mark)]
    return []


def spots(rng: random.Random, num: int, across, down, radii, colour: Colour) -> list[Mark]:
    """Spots anywhere in a box; ``across``, ``down`` and ``radii`` are (from, to)."""
    marks = []
    for _ in range(num):
        x, y, radius = rng.uniform(*across), rng.uniform(*down), rng.uniform(*radii)
        marks.append(Mark(ellipse(x, y, radius * rng.uniform(0.8, 1.5), radius, rng.uniform(0, math.pi)), colour))
    return marks


def body_marks(rng: random.Random, fur: Fur, left: float, top: float, right: float, bottom: float) -> list[Mark]:
    """Marks on a body that fills the given box."""
    width, height = right - left, bottom - top
    if fur.pattern == "tabby":
        marks = []
        for step in range(num := rng.randint(5, 8)):
            x = left + width * (step + 0.5) / num
            path = [
                (x, top - 0.1, 0.1),
                (x + 0.08, top + height * 0.3, 0.09),
                (x - 0.02, top + height * rng.uniform(0.5, 0.75), 0.02),
            ]
            marks.append(Mark(tube(path), fur.mark))
        return marks
    if fur.pattern in ("patches", "half"):
        marks = []
        for _ in range(rng.randint(2, 4)):
            x, y = rng.uniform(left, right), rng.uniform(top, bottom)
            spread = ellipse(x, y, width * rng.uniform(0.12, 0.25), height * rng.uniform(0.15, 0.3))[::4]
            marks.append(Mark(closed(wobble(rng, spread, 0.09)), fur.mark))
        return marks
    if fur.pattern == "spots":
        return spots(rng, rng.randint(12, 22), (left, right), (top, bottom), (0.07, 0.2), fur.mark)
    if fur.pattern == "bicolour":
        level = top + height * rng.uniform(0.5, 0.68)
        edge = [(left - 0.5 + (width + 1) * step / 6, level + rng.gauss(0, 0.07 * height)) for step in range(7)]
        return [Mark(np.concatenate([opened(edge), [(right + 1, bottom + 1), (left - 1, bottom + 1)]]), fur.light)]
    return []
