"""Faces of cats, dogs and rabbits, from the front; ``profiles`` has them from the side. Units as in ``core.photos.drawn.pets``."""

import random
from typing import NamedTuple

import numpy as np

from core.photos.drawn.brush import (
    Colour,
    Fur,
    Sketch,
    closed,
    ellipse,
    luma,
    mirrored,
    mix,
    opened,
    tube,
    wobble,
)
from core.photos.drawn.coats import face_marks


class Mood(NamedTuple):
    """Expression, the same lottery for every animal."""

    lids: tuple[float, float]  # how open the left and right eye are: 0 closed, 1 wide
    gaze: tuple[float, float]
    mouth: str  # "shut", "smile", "open"
    tongue: bool
    ears: float  # turned outward, in radians


def draw_mood(rng: random.Random) -> Mood:
    lids = rng.choice([1.0, 1.0, 1.0, 0.85, 0.6, 0.0])
    wink = lids > 0.8 and rng.random() < 0.06
    return Mood(
        lids=(lids, 0.0 if wink else lids),
        gaze=(rng.uniform(-1, 1), rng.uniform(-0.7, 0.7)),
        mouth=rng.choice(["shut", "smile", "smile", "open"]),
        tongue=rng.random() < 0.4,
        ears=rng.gauss(0, 0.12),
    )


def eye(sketch: Sketch, mood: Mood, lid: float, x: float, y: float, rx: float, ry: float, slit=1.0, tilt=0.0):
    """An eye. ``slit`` is the pupil's width as a share of its height (1 is round), ``tilt`` turns it (radians)."""
    fur, ry = sketch.fur, ry * max(lid, 0.01)
    if lid == 0:
        sketch.line(opened([(x - rx, y), (x, y + rx * 0.55), (x + rx, y)]), fur.line, 0.07)
        return
    rim = mix(fur.line, (20, 16, 16), 0.6)
    sketch.flat(ellipse(x, y, rx * 1.14, ry * 1.14, tilt), rim)
    sketch.flat(ellipse(x, y, rx, ry, tilt), fur.eye)
    look_x, look_y = mood.gaze[0] * rx * 0.22, mood.gaze[1] * ry * 0.16
    pupil = min(ry, rx) * 0.86 if slit < 0.7 else min(ry, rx) * 0.68
    sketch.flat(ellipse(x + look_x, y + look_y, pupil * slit, pupil), (18, 14, 16))
    sketch.flat(ellipse(x + look_x - rx * 0.25, y + look_y - ry * 0.3, rx * 0.2, rx * 0.2), (250, 250, 250))


def whisker_colour(fur: Fur) -> Colour:
    return (245, 245, 242) if luma(fur.base) < 150 else mix(fur.line, (120, 110, 105), 0.4)


def _whiskers(sketch: Sketch, rng: random.Random, x: float, y: float, length: float, width: float = 0.022):
    """Three to each side of (x, y)."""
    colour = whisker_colour(sketch.fur)
    droop = rng.uniform(-0.1, 0.2)
    for side in (-1, 1):
        for step in (-1, 0, 1):
            start = (x + side * 0.24, y + step * 0.07)
            end = (x + side * (0.3 + length), y + step * 0.24 + droop + rng.gauss(0, 0.03))
            middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 - 0.07)
            sketch.line(opened([start, middle, end], 4), colour, width)


def _mouth(sketch: Sketch, rng: random.Random, x: float, y: float, width: float, drop: float, kind: str, tongue=False):
    """A mouth below the nose at (x, y): a stem, then a curve to each side; an open one shows its inside.

    Args:
        width: from the stem to a corner.
        drop: length of the stem.
        kind: "shut", "smile" or "open".
        tongue: hangs out.
    """
    fur = sketch.fur
    low = y + drop
    lift = 0.0 if kind == "shut" else width * 0.3
    if kind == "open":
        gape = width * rng.uniform(0.5, 0.9)
        half = [(0, low), (width * 0.7, low + 0.02), (width * 0.5, low + gape * 0.7), (0, low + gape)]
        sketch.flat(closed(mirrored(half)) + (x, 0), (92, 34, 38), fur.line, 0.035)
        sketch.flat(ellipse(x, low + gape * 0.72, width * 0.38, gape * 0.26), (226, 120, 124))
    if tongue:
        length = width * rng.uniform(0.75, 1.1)
        half = [(0, low), (width * 0.34, low + 0.03), (width * 0.36, low + length * 0.7), (0, low + length)]
        sketch.flat(closed(mirrored(half)) + (x, 0), (232, 124, 132), (176, 78, 88), 0.03)
        sketch.line([(x, low + 0.08), (x, low + length * 0.75)], (190, 88, 98), 0.03)
    sketch.line([(x, y), (x, low)], fur.line, 0.05)
    for side in (-1, 1):
        curve = [(x, low), (x + side * width * 0.5, low + width * 0.22), (x + side * width, low - lift)]
        sketch.line(opened(curve), fur.line, 0.05)


def _cat_face(sketch: Sketch, rng: random.Random, yaw: float, mood: Mood):
    fur = sketch.fur
    cheeks, height = rng.uniform(0.93, 1.1), rng.uniform(0.85, 1.0)
    tall, tip_out = rng.uniform(0.62, 0.95), rng.uniform(0.62, 0.86)
    for side in (-1, 1):
        shift = -yaw * 0.16
        base_in, base_out = (side * 0.2 + shift, -0.78), (side * 0.93 + shift, -0.2)
        tip = (side * (tip_out + mood.ears) + shift, -0.78 * height - tall)
        bulge_in, bulge_out = 0.05 * side, 0.09 * side
        outer = [
            base_in,
            ((base_in[0] + tip[0]) / 2 - bulge_in, (base_in[1] + tip[1]) / 2 - 0.02),
            tip,
            ((base_out[0] + tip[0]) / 2 + bulge_out, (base_out[1] + tip[1]) / 2),
            base_out,
        ]
        sketch.coat(np.array(outer), fur.limb() if fur.pattern != "half" else fur.base, fluff=0.5)
        centre = np.mean([base_in, tip, base_out], axis=0) + (0, 0.1)
        sketch.flat(centre + (np.array([base_in, tip, base_out]) - centre) * 0.62, fur.skin)
    half = [
        (0, -0.9 * height),
        (0.5, -0.86 * height),
        (0.88, -0.42),
        (1.0 * cheeks, 0.12),
        (0.86 * cheeks, 0.55),
        (0.45, 0.86),
        (0, 0.93),
    ]
    sketch.coat(closed(mirrored(wobble(rng, half, 0.02))), marks=face_marks(rng, fur, yaw))
    x = yaw * 0.26
    eye_x, eye_y = rng.uniform(0.42, 0.5), rng.uniform(-0.14, 0.0)
    size, slit = rng.uniform(0.2, 0.27), rng.choice([0.25, 0.4, 0.6, 0.9])
    for side, lid in zip((-1, 1), mood.lids, strict=True):
        squeeze = 1 - 0.22 * max(0.0, side * yaw)
        high = size * rng.uniform(0.85, 1.0)
        eye(sketch, mood, lid, x + side * eye_x * squeeze, eye_y, size * squeeze, high, slit, -side * 0.3)
    x = yaw * 0.36
    y = rng.uniform(0.3, 0.38)
    puff = fur.light if fur.pattern != "points" else mix(fur.mark, fur.light, 0.15)
    sketch.flat(ellipse(x, y + 0.36, 0.2, 0.16), mix(puff, (90, 80, 80), 0.12))
    if mood.mouth == "open" or (mood.tongue and mood.mouth == "smile"):
        _mouth(sketch, rng, x, y, 0.24, 0.14, mood.mouth, mood.tongue)
    for side in (-1, 1):
        sketch.flat(ellipse(x + side * 0.18, y + 0.16, 0.24, 0.18, side * 0.25), puff)
    nose = rng.uniform(0.1, 0.14)
    half = [(0, y - 0.12), (nose, y - 0.1), (nose * 0.4, y), (0, y + 0.03)]
    sketch.flat(closed(mirrored(half), 4) + (x, 0), fur.nose)
    if mood.mouth != "open":
        _mouth(sketch, rng, x, y, 0.26, 0.14, mood.mouth)
    _whiskers(sketch, rng, x, y + 0.16, rng.uniform(0.7, 1.05))


DOG_EARS = ("floppy", "floppy", "half", "pricked")


def dog_ear_colour(rng: random.Random, fur: Fur) -> Colour:
    return fur.limb() if fur.pattern != "plain" else mix(fur.base, fur.mark, rng.choice([0, 0.3, 0.6]))


def _dog_face(sketch: Sketch, rng: random.Random, yaw: float, mood: Mood):
    fur = sketch.fur
    kind, ear = rng.choice(DOG_EARS), dog_ear_colour(rng, fur)
    wide, long = rng.uniform(0.78, 0.95), rng.uniform(0.95, 1.2)
    shift = -yaw * 0.12
    if kind == "pricked":
        tall = rng.uniform(0.6, 0.85)
        for side in (-1, 1):
            tip = (side * (0.72 + mood.ears) + shift, -0.8 - tall)
            outline = closed(
                [
                    (side * 0.26 + shift, -0.72),
                    (side * 0.45 + shift, -0.95 - tall * 0.55),
                    tip,
                    (side * 0.92 + shift, -0.9 - tall * 0.3),
                    (side * 0.86 + shift, -0.3),
                ],
                4,
            )
            sketch.coat(outline, ear, fluff=0.5)
            centre = outline.mean(axis=0) + (0, 0.06)
            sketch.flat(centre + (outline - centre) * 0.58, fur.skin)
    half = [
        (0, -0.92),
        (0.5, -0.84),
        (wide * 0.98, -0.35),
        (wide, 0.12),
        (wide * 0.76, 0.55),
        (0.5, 0.9 * long),
        (0, 1.02 * long),
    ]
    sketch.coat(closed(mirrored(wobble(rng, half, 0.02))), marks=face_marks(rng, fur, yaw))
    x = yaw * 0.26
    eye_x, eye_y = rng.uniform(0.36, 0.44), rng.uniform(-0.26, -0.12)
    size = rng.uniform(0.13, 0.18)
    brows = rng.random() < 0.5
    for side, lid in zip((-1, 1), mood.lids, strict=True):
        squeeze = 1 - 0.22 * max(0.0, side * yaw)
        eye(sketch, mood, lid, x + side * eye_x * squeeze, eye_y, size * squeeze, size, 1.0, side * 0.15)
        if brows:
            brow = [(x + side * (eye_x - 0.14), eye_y - 0.3), (x + side * (eye_x + 0.1), eye_y - 0.32)]
            sketch.line(brow, fur.line, 0.06)
    x, y = yaw * 0.5, rng.uniform(0.16, 0.26)
    snout = rng.uniform(0.46, 0.6)
    colour = fur.light if fur.pattern != "points" else mix(fur.mark, (20, 18, 18), 0.2)
    half = [
        (0, y - 0.26),
        (snout * 0.55, y - 0.2),
        (snout * 0.92, y + 0.3),
        (snout, y + 0.55),
        (snout * 0.62, y + 0.78 * long),
        (0, y + 0.84 * long),
    ]
    sketch.coat(closed(mirrored(half)) + (x, 0), colour, fluff=0.6)
    _mouth(sketch, rng, x, y + 0.1, snout * 0.78, 0.3, mood.mouth, mood.tongue and mood.mouth != "shut")
    nose = rng.uniform(0.2, 0.27)
    half = [(0, y - 0.22), (nose * 0.6, y - 0.2), (nose, y - 0.06), (nose * 0.55, y + 0.1), (0, y + 0.15)]
    sketch.flat(closed(mirrored(half), 4) + (x, 0), fur.nose, mix(fur.nose, (0, 0, 0), 0.4), 0.03)
    sketch.flat(ellipse(x - nose * 0.25, y - 0.12, nose * 0.35, 0.045), mix(fur.nose, (255, 255, 255), 0.5))
    for side in (-1, 1):
        sketch.flat(ellipse(x + side * nose * 0.45, y + 0.0, nose * 0.2, 0.045), mix(fur.nose, (0, 0, 0), 0.7))
    if kind == "pricked":
        return
    for side in (-1, 1):
        if kind == "floppy":
            length, flare = rng.uniform(0.75, 1.25), rng.uniform(0.1, 0.35)
            right = [
                (0.5, -0.82),
                (0.85, -0.86),
                (1.08 + flare, -0.4),
                (1.12 + flare, length - 0.45),
                (0.9 + flare * 0.8, length - 0.25),
                (0.74, length - 0.6),
                (0.74, -0.3),
            ]
            path = np.array(right) * (side, 1)
            sketch.coat(closed(wobble(rng, path, 0.02) + (shift, 0)), ear)
        else:
            tall = rng.uniform(0.35, 0.5)
            outline = np.array([(0.3, -0.75), (0.45, -0.9 - tall), (0.85, -0.95 - tall * 0.6), (0.92, -0.35)])
            sketch.coat(closed(outline * (side, 1) + (shift, 0), 4), ear, fluff=0.5)
            fold = np.array(
                [(0.42, -0.92 - tall), (0.9, -0.95 - tall * 0.6), (1.08 + mood.ears, -0.5), (0.8, -0.62 - tall * 0.2)]
            )
            sketch.coat(closed(fold * (side, 1) + (shift, 0), 4), mix(ear, fur.line, 0.2), fluff=0.5)


def _rabbit_face(sketch: Sketch, rng: random.Random, yaw: float, mood: Mood):
    fur = sketch.fur
    lop = rng.random() < 0.2
    length, lean = rng.uniform(1.35, 1.95), rng.uniform(0.05, 0.35)
    shift = -yaw * 0.14
    bent = rng.choice([None, None, -1, 1])
    if not lop:
        for side in (-1, 1):
            x, top = side * 0.34 + shift, -0.7
            end = (x + side * lean * 1.2, top - length)
            path = [(x, top, 0.17), (x + side * lean * 0.5, top - length * 0.5, 0.27), (*end, 0.1)]
            if side == bent:
                path = [
                    (x, top, 0.17),
                    (x + side * 0.25, top - length * 0.5, 0.26),
                    (x + side * 0.7, top - length * 0.45, 0.22),
                    (x + side * 0.95, top - length * 0.12, 0.1),
                ]
            sketch.coat(tube(path), fur.limb(), fluff=0.4)
            sketch.flat(tube([(px, py, w * 0.52) for px, py, w in path]), fur.skin)
    wide = rng.uniform(0.8, 0.92)
    half = [(0, -0.95), (0.45, -0.84), (0.72, -0.4), (wide, 0.12), (wide * 0.94, 0.5), (0.5, 0.88), (0, 0.95)]
    sketch.coat(closed(mirrored(wobble(rng, half, 0.02))), marks=face_marks(rng, fur, yaw))
    x = yaw * 0.24
    eye_x, eye_y, size = rng.uniform(0.5, 0.58), rng.uniform(-0.2, -0.06), rng.uniform(0.16, 0.21)
    for side, lid in zip((-1, 1), mood.lids, strict=True):
        squeeze = 1 - 0.2 * max(0.0, side * yaw)
        eye(sketch, mood, lid, x + side * eye_x * squeeze, eye_y, size * 0.85 * squeeze, size, 1.0, side * 0.2)
    x, y = yaw * 0.34, rng.uniform(0.26, 0.34)
    puff = fur.light if fur.pattern != "points" else mix(fur.mark, fur.light, 0.15)
    for side in (-1, 1):
        sketch.flat(ellipse(x + side * 0.2, y + 0.24, 0.27, 0.22), puff)
    if mood.mouth != "shut":
        teeth = [(x - 0.11, y + 0.28), (x + 0.11, y + 0.28), (x + 0.1, y + 0.5), (x - 0.1, y + 0.5)]
        sketch.flat(teeth, (248, 246, 236), fur.line, 0.025)
        sketch.line([(x, y + 0.28), (x, y + 0.5)], fur.line, 0.025)
    nose = rng.uniform(0.09, 0.12)
    sketch.flat(closed([(x - nose, y - 0.05), (x, y - 0.02), (x + nose, y - 0.05), (x, y + 0.1)], 4), fur.nose)
    _mouth(sketch, rng, x, y + 0.06, 0.2, 0.2, "shut")
    _whiskers(sketch, rng, x, y + 0.24, rng.uniform(0.4, 0.7), 0.016)
    if lop:
        for side in (-1, 1):
            path = [
                (side * 0.45 + shift, -0.8, 0.16),
                (side * 0.95 + shift, -0.72, 0.24),
                (side * 1.12 + shift, 0.0, 0.3),
                (side * 1.05 + shift, length * 0.55, 0.2),
            ]
            sketch.coat(tube(path), fur.limb(), fluff=0.5)


FACES = {"cats": _cat_face, "dogs": _dog_face, "rabbits": _rabbit_face}
