"""Heads of cats, dogs and rabbits from the side. Units as in ``core.photos.drawn.pets``."""

import random

import numpy as np

from core.photos.drawn.brush import (
    Fur,
    Mark,
    Sketch,
    closed,
    ellipse,
    mix,
    opened,
    tube,
    wobble,
)
from core.photos.drawn.coats import face_marks
from core.photos.drawn.faces import DOG_EARS, Mood, dog_ear_colour, eye, whisker_colour


def _profile_marks(rng: random.Random, fur: Fur, reach: float, muzzle: np.ndarray) -> list[Mark]:
    """Marks on a head seen from the side, whose nose is at x = ``reach``."""
    if fur.pattern == "plain":
        return []
    if fur.pattern == "points":
        return [Mark(ellipse(reach * 0.75, 0.2, 0.85, 0.7), fur.mark, 0.95)]
    marks = []
    if fur.pattern in ("patches", "spots"):
        marks = face_marks(rng, fur, 0.0)
    elif fur.pattern == "tabby":
        paths = [[(x, -1.0, 0.09), (x + 0.05, -0.6, 0.02)] for x in (-0.5, -0.2, 0.1, 0.4)]
        paths += [[(-0.95, y, 0.09), (-0.5, y + 0.05, 0.08), (0.1, y + 0.02, 0.02)] for y in (0.05, 0.35)]
        marks = [Mark(tube(path), fur.mark) for path in paths]
    elif fur.pattern == "half":
        marks = [Mark(np.array([(-2, -2), (-0.1, -2), (0.1, 2), (-2, 2)]), fur.mark)]
    return [*marks, Mark(muzzle, fur.light)]


def _profile_mouth(sketch: Sketch, mood: Mood, inner: float, y: float, reach: float):
    """The line of a mouth from its corner at x = ``inner`` to below the nose."""
    corner = y + (0.28 if mood.mouth == "shut" else 0.14)
    sketch.line(opened([(inner, corner), (inner + 0.14, y + 0.14), (reach - 0.12, y)]), sketch.fur.line, 0.05)


def _profile_nose(sketch: Sketch, x: float, y: float, size: float):
    fur = sketch.fur
    sketch.flat(ellipse(x, y, size, size * 0.85), fur.nose, mix(fur.nose, (0, 0, 0), 0.4), 0.02)


def _profile_whiskers(sketch: Sketch, x: float, y: float, length: float):
    """Three that lie back and three that show from the far side."""
    colour = whisker_colour(sketch.fur)
    for step in (-1, 0, 1):
        start = (x, y + step * 0.06)
        back = (x - length * 0.55, start[1] + length * (0.15 + 0.25 * step))
        ahead = (x + length * 0.5, start[1] + length * (0.1 + 0.3 * step))
        sketch.line([back, start, ahead], colour, 0.022)


def _cat_profile(sketch: Sketch, rng: random.Random, mood: Mood):
    """A head seen from the side, looking towards positive x; so are the next two."""
    fur, reach, tall = sketch.fur, rng.uniform(1.02, 1.16), rng.uniform(0.6, 0.9)
    for x, colour in ((0.28, mix(fur.limb(), fur.line, 0.35)), (-0.2, fur.limb())):
        ear = [(x - 0.38, -0.55), (x - 0.25, -1.0), (x + mood.ears, -0.85 - tall), (x + 0.25, -1.05), (x + 0.42, -0.6)]
        sketch.coat(ear, colour, fluff=0.5)
    sketch.flat([(-0.42, -0.75), (-0.2 + mood.ears, -0.72 - tall), (0.02, -0.8)], fur.skin)
    outline = [
        (-0.85, 0.35),
        (-0.92, -0.2),
        (-0.6, -0.72),
        (0, -0.92),
        (0.5, -0.72),
        (0.8, -0.28),
        (0.94, 0.02),
        (reach, 0.2),
        (reach, 0.42),
        (0.9, 0.62),
        (0.5, 0.82),
        (0, 0.92),
        (-0.5, 0.85),
    ]
    marks = _profile_marks(rng, fur, reach, ellipse(reach - 0.26, 0.38, 0.26, 0.2))
    sketch.coat(closed(wobble(rng, outline, 0.015)), marks=marks)
    eye(sketch, mood, mood.lids[0], 0.5, -0.14, 0.16, 0.2, 0.4, -0.2)
    _profile_mouth(sketch, mood, 0.62, 0.42, reach)
    _profile_nose(sketch, reach - 0.06, 0.17, 0.1)
    _profile_whiskers(sketch, reach - 0.28, 0.36, rng.uniform(0.6, 0.9))


def _dog_profile(sketch: Sketch, rng: random.Random, mood: Mood):
    fur, reach, stop = sketch.fur, rng.uniform(1.5, 1.95), rng.uniform(-0.28, -0.1)
    outline = [
        (-0.85, 0.35),
        (-0.9, -0.25),
        (-0.6, -0.75),
        (0, -0.93),
        (0.48, -0.74),
        (0.74, stop - 0.12),
        (1.1, stop + 0.05),
        (reach - 0.08, stop + 0.12),
        (reach, stop + 0.32),
        (reach - 0.1, 0.4),
        (1.15, 0.6),
        (0.65, 0.76),
        (0.2, 0.9),
        (-0.4, 0.88),
    ]
    muzzle = closed(
        [
            (1.0, stop + 0.22),
            (reach - 0.12, stop + 0.2),
            (reach - 0.04, stop + 0.42),
            (reach - 0.2, 0.38),
            (1.0, 0.58),
            (0.7, 0.45),
        ],
        4,
    )
    sketch.coat(closed(wobble(rng, outline, 0.015)), marks=_profile_marks(rng, fur, reach, muzzle))
    eye(sketch, mood, mood.lids[0], 0.42, -0.26, 0.11, 0.14, 1.0, -0.2)
    if mood.mouth == "open":
        jaw = [(0.75, 0.46), (reach - 0.25, 0.38), (reach - 0.3, 0.6), (1.0, 0.76)]
        sketch.flat(closed(jaw, 4), (92, 34, 38), fur.line, 0.04)
    if mood.tongue and mood.mouth != "shut":
        path = [(reach - 0.55, 0.46, 0.13), (reach - 0.4, 0.71, 0.14), (reach - 0.38, 0.98, 0.1)]
        sketch.flat(tube(path), (232, 124, 132), (176, 78, 88), 0.03)
    _profile_mouth(sketch, mood, 0.75, 0.36, reach)
    _profile_nose(sketch, reach - 0.1, stop + 0.2, 0.19)
    kind, ear = rng.choice(DOG_EARS), dog_ear_colour(rng, fur)
    if kind == "floppy":
        length = rng.uniform(0.8, 1.3)
        path = [
            (-0.3, -0.7),
            (0.1, -0.72),
            (0.12, -0.1),
            (-0.02, length - 0.45),
            (-0.32, length - 0.3),
            (-0.5, length - 0.7),
            (-0.48, -0.2),
        ]
        sketch.coat(closed(wobble(rng, path, 0.02)), ear)
    elif kind == "half":
        sketch.coat(closed([(-0.45, -0.55), (-0.4, -1.25), (0.0, -1.3), (0.18, -0.7)], 4), ear, fluff=0.5)
        fold = closed([(-0.42, -1.24), (0.02, -1.32), (0.36, -0.85), (0.0, -1.0)], 4)
        sketch.coat(fold, mix(ear, fur.line, 0.2), fluff=0.5)
    else:
        tall = rng.uniform(0.6, 0.85)
        outline = closed(
            [(-0.5, -0.45), (-0.5, -0.9 - tall * 0.3), (-0.22, -0.85 - tall), (0.1, -0.9 - tall * 0.2), (0.2, -0.6)], 4
        )
        sketch.coat(outline, ear, fluff=0.5)
        centre = outline.mean(axis=0)
        sketch.flat(centre + (outline - centre) * 0.55, fur.skin)


def _rabbit_profile(sketch: Sketch, rng: random.Random, mood: Mood):
    fur, reach = sketch.fur, rng.uniform(1.12, 1.28)
    length, back = rng.uniform(1.35, 1.95), rng.uniform(0.1, 0.9)
    for x, colour in ((0.12, mix(fur.limb(), fur.line, 0.35)), (-0.22, fur.limb())):
        path = [(x, -0.7, 0.17), (x - back * 0.5, -0.75 - length * 0.5, 0.25), (x - back * 1.2, -0.7 - length, 0.09)]
        sketch.coat(tube(path), colour, fluff=0.4)
    sketch.flat(tube([(px, py, w * 0.5) for px, py, w in path]), fur.skin)
    outline = [
        (-0.8, 0.4),
        (-0.85, -0.2),
        (-0.5, -0.75),
        (0.05, -0.9),
        (0.55, -0.66),
        (0.92, -0.24),
        (reach, 0.16),
        (reach - 0.04, 0.45),
        (0.85, 0.68),
        (0.4, 0.86),
        (-0.2, 0.9),
    ]
    marks = _profile_marks(rng, fur, reach, ellipse(reach - 0.3, 0.36, 0.28, 0.24))
    sketch.coat(closed(wobble(rng, outline, 0.015)), marks=marks)
    eye(sketch, mood, mood.lids[0], 0.42, -0.16, 0.145, 0.18, 1.0, -0.2)
    _profile_mouth(sketch, mood, 0.8, 0.42, reach)
    _profile_nose(sketch, reach - 0.04, 0.16, 0.09)
    _profile_whiskers(sketch, reach - 0.28, 0.36, rng.uniform(0.4, 0.6))


PROFILES = {"cats": _cat_profile, "dogs": _dog_profile, "rabbits": _rabbit_profile}
