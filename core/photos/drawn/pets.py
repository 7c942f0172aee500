"""Cats, dogs and rabbits: faces, bodies and poses. No TensorFlow.

Units: the head has radius 1, its centre is (0, 0), x goes right, y goes down. Outlines are lists of points that a
smooth curve is laid through; limbs are (x, y, half width) along their middle. Whatever is not shape (pattern, mood,
pose, collar) is drawn from the same lottery for every animal.
"""

import math
import random
from typing import NamedTuple

import numpy as np

from core.photos.drawn.brush import (
    Colour,
    Fur,
    Mark,
    Sketch,
    closed,
    ellipse,
    luma,
    mirrored,
    mix,
    opened,
    tube,
    tufted,
    wobble,
)

# Points stay in rows, as an illustrator reads them.
# fmt: off

# --- coat patterns: the same for every animal ----------------------------------------------------------


def _face_marks(rng: random.Random, fur: Fur, yaw: float) -> list[Mark]:
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
        return _spots(rng, 9, (-0.8, 0.8), (-0.9, 0.7), (0.05, 0.13), fur.mark)
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


def _spots(rng: random.Random, num: int, across, down, radii, colour: Colour) -> list[Mark]:
    """Spots anywhere in a box; ``across``, ``down`` and ``radii`` are (from, to)."""
    marks = []
    for _ in range(num):
        x, y, radius = rng.uniform(*across), rng.uniform(*down), rng.uniform(*radii)
        marks.append(Mark(ellipse(x, y, radius * rng.uniform(0.8, 1.5), radius, rng.uniform(0, math.pi)), colour))
    return marks


def _body_marks(rng: random.Random, fur: Fur, left: float, top: float, right: float, bottom: float) -> list[Mark]:
    """Marks on a body that fills the given box."""
    width, height = right - left, bottom - top
    if fur.pattern == "tabby":
        marks = []
        for step in range(num := rng.randint(5, 8)):
            x = left + width * (step + 0.5) / num
            path = [(x, top - 0.1, 0.1), (x + 0.08, top + height * 0.3, 0.09),
                (x - 0.02, top + height * rng.uniform(0.5, 0.75), 0.02)]
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
        return _spots(rng, rng.randint(12, 22), (left, right), (top, bottom), (0.07, 0.2), fur.mark)
    if fur.pattern == "bicolour":
        level = top + height * rng.uniform(0.5, 0.68)
        edge = [(left - 0.5 + (width + 1) * step / 6, level + rng.gauss(0, 0.07 * height)) for step in range(7)]
        return [Mark(np.concatenate([opened(edge), [(right + 1, bottom + 1), (left - 1, bottom + 1)]]), fur.light)]
    return []


# --- faces ---------------------------------------------------------------------------------------------


class _Mood(NamedTuple):
    """Expression, the same lottery for every animal."""

    lids: tuple[float, float]  # how open the left and right eye are: 0 closed, 1 wide
    gaze: tuple[float, float]
    mouth: str  # "shut", "smile", "open"
    tongue: bool
    ears: float  # turned outward, in radians


def _draw_mood(rng: random.Random) -> _Mood:
    lids = rng.choice([1.0, 1.0, 1.0, 0.85, 0.6, 0.0])
    wink = lids > 0.8 and rng.random() < 0.06
    return _Mood(
        lids=(lids, 0.0 if wink else lids),
        gaze=(rng.uniform(-1, 1), rng.uniform(-0.7, 0.7)),
        mouth=rng.choice(["shut", "smile", "smile", "open"]),
        tongue=rng.random() < 0.4,
        ears=rng.gauss(0, 0.12),
    )


def _eye(sketch: Sketch, mood: _Mood, lid: float, x: float, y: float, rx: float, ry: float, slit=1.0, tilt=0.0):
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


def _whisker_colour(fur: Fur) -> Colour:
    return (245, 245, 242) if luma(fur.base) < 150 else mix(fur.line, (120, 110, 105), 0.4)


def _whiskers(sketch: Sketch, rng: random.Random, x: float, y: float, length: float, width: float = 0.022):
    """Three to each side of (x, y)."""
    colour = _whisker_colour(sketch.fur)
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


def _cat_face(sketch: Sketch, rng: random.Random, yaw: float, mood: _Mood):
    fur = sketch.fur
    cheeks, height = rng.uniform(0.93, 1.1), rng.uniform(0.85, 1.0)
    tall, tip_out = rng.uniform(0.62, 0.95), rng.uniform(0.62, 0.86)
    for side in (-1, 1):
        shift = -yaw * 0.16
        base_in, base_out = (side * 0.2 + shift, -0.78), (side * 0.93 + shift, -0.2)
        tip = (side * (tip_out + mood.ears) + shift, -0.78 * height - tall)
        bulge_in, bulge_out = 0.05 * side, 0.09 * side
        outer = [base_in, ((base_in[0] + tip[0]) / 2 - bulge_in, (base_in[1] + tip[1]) / 2 - 0.02), tip,
            ((base_out[0] + tip[0]) / 2 + bulge_out, (base_out[1] + tip[1]) / 2), base_out]
        sketch.coat(np.array(outer), fur.limb() if fur.pattern != "half" else fur.base, fluff=0.5)
        centre = np.mean([base_in, tip, base_out], axis=0) + (0, 0.1)
        sketch.flat(centre + (np.array([base_in, tip, base_out]) - centre) * 0.62, fur.skin)
    half = [(0, -0.9 * height), (0.5, -0.86 * height), (0.88, -0.42), (1.0 * cheeks, 0.12), (0.86 * cheeks, 0.55),
        (0.45, 0.86), (0, 0.93)]
    sketch.coat(closed(mirrored(wobble(rng, half, 0.02))), marks=_face_marks(rng, fur, yaw))
    x = yaw * 0.26
    eye_x, eye_y = rng.uniform(0.42, 0.5), rng.uniform(-0.14, 0.0)
    size, slit = rng.uniform(0.2, 0.27), rng.choice([0.25, 0.4, 0.6, 0.9])
    for side, lid in zip((-1, 1), mood.lids, strict=True):
        squeeze = 1 - 0.22 * max(0.0, side * yaw)
        high = size * rng.uniform(0.85, 1.0)
        _eye(sketch, mood, lid, x + side * eye_x * squeeze, eye_y, size * squeeze, high, slit, -side * 0.3)
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


def _dog_ear_colour(rng: random.Random, fur: Fur) -> Colour:
    return fur.limb() if fur.pattern != "plain" else mix(fur.base, fur.mark, rng.choice([0, 0.3, 0.6]))


def _dog_face(sketch: Sketch, rng: random.Random, yaw: float, mood: _Mood):
    fur = sketch.fur
    kind, ear = rng.choice(DOG_EARS), _dog_ear_colour(rng, fur)
    wide, long = rng.uniform(0.78, 0.95), rng.uniform(0.95, 1.2)
    shift = -yaw * 0.12
    if kind == "pricked":
        tall = rng.uniform(0.6, 0.85)
        for side in (-1, 1):
            tip = (side * (0.72 + mood.ears) + shift, -0.8 - tall)
            outline = closed([(side * 0.26 + shift, -0.72), (side * 0.45 + shift, -0.95 - tall * 0.55), tip,
                (side * 0.92 + shift, -0.9 - tall * 0.3), (side * 0.86 + shift, -0.3)], 4)
            sketch.coat(outline, ear, fluff=0.5)
            centre = outline.mean(axis=0) + (0, 0.06)
            sketch.flat(centre + (outline - centre) * 0.58, fur.skin)
    half = [(0, -0.92), (0.5, -0.84), (wide * 0.98, -0.35), (wide, 0.12), (wide * 0.76, 0.55), (0.5, 0.9 * long),
        (0, 1.02 * long)]
    sketch.coat(closed(mirrored(wobble(rng, half, 0.02))), marks=_face_marks(rng, fur, yaw))
    x = yaw * 0.26
    eye_x, eye_y = rng.uniform(0.36, 0.44), rng.uniform(-0.26, -0.12)
    size = rng.uniform(0.13, 0.18)
    brows = rng.random() < 0.5
    for side, lid in zip((-1, 1), mood.lids, strict=True):
        squeeze = 1 - 0.22 * max(0.0, side * yaw)
        _eye(sketch, mood, lid, x + side * eye_x * squeeze, eye_y, size * squeeze, size, 1.0, side * 0.15)
        if brows:
            brow = [(x + side * (eye_x - 0.14), eye_y - 0.3), (x + side * (eye_x + 0.1), eye_y - 0.32)]
            sketch.line(brow, fur.line, 0.06)
    x, y = yaw * 0.5, rng.uniform(0.16, 0.26)
    snout = rng.uniform(0.46, 0.6)
    colour = fur.light if fur.pattern != "points" else mix(fur.mark, (20, 18, 18), 0.2)
    half = [(0, y - 0.26), (snout * 0.55, y - 0.2), (snout * 0.92, y + 0.3), (snout, y + 0.55),
        (snout * 0.62, y + 0.78 * long), (0, y + 0.84 * long)]
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
            right = [(0.5, -0.82), (0.85, -0.86), (1.08 + flare, -0.4), (1.12 + flare, length - 0.45),
                (0.9 + flare * 0.8, length - 0.25), (0.74, length - 0.6), (0.74, -0.3)]
            path = np.array(right) * (side, 1)
            sketch.coat(closed(wobble(rng, path, 0.02) + (shift, 0)), ear)
        else:
            tall = rng.uniform(0.35, 0.5)
            outline = np.array([(0.3, -0.75), (0.45, -0.9 - tall), (0.85, -0.95 - tall * 0.6), (0.92, -0.35)])
            sketch.coat(closed(outline * (side, 1) + (shift, 0), 4), ear, fluff=0.5)
            fold = np.array([(0.42, -0.92 - tall), (0.9, -0.95 - tall * 0.6), (1.08 + mood.ears, -0.5),
                (0.8, -0.62 - tall * 0.2)])
            sketch.coat(closed(fold * (side, 1) + (shift, 0), 4), mix(ear, fur.line, 0.2), fluff=0.5)


def _rabbit_face(sketch: Sketch, rng: random.Random, yaw: float, mood: _Mood):
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
                path = [(x, top, 0.17), (x + side * 0.25, top - length * 0.5, 0.26),
                    (x + side * 0.7, top - length * 0.45, 0.22), (x + side * 0.95, top - length * 0.12, 0.1)]
            sketch.coat(tube(path), fur.limb(), fluff=0.4)
            sketch.flat(tube([(px, py, w * 0.52) for px, py, w in path]), fur.skin)
    wide = rng.uniform(0.8, 0.92)
    half = [(0, -0.95), (0.45, -0.84), (0.72, -0.4), (wide, 0.12), (wide * 0.94, 0.5), (0.5, 0.88), (0, 0.95)]
    sketch.coat(closed(mirrored(wobble(rng, half, 0.02))), marks=_face_marks(rng, fur, yaw))
    x = yaw * 0.24
    eye_x, eye_y, size = rng.uniform(0.5, 0.58), rng.uniform(-0.2, -0.06), rng.uniform(0.16, 0.21)
    for side, lid in zip((-1, 1), mood.lids, strict=True):
        squeeze = 1 - 0.2 * max(0.0, side * yaw)
        _eye(sketch, mood, lid, x + side * eye_x * squeeze, eye_y, size * 0.85 * squeeze, size, 1.0, side * 0.2)
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
            path = [(side * 0.45 + shift, -0.8, 0.16), (side * 0.95 + shift, -0.72, 0.24),
                (side * 1.12 + shift, 0.0, 0.3), (side * 1.05 + shift, length * 0.55, 0.2)]
            sketch.coat(tube(path), fur.limb(), fluff=0.5)


def _profile_marks(rng: random.Random, fur: Fur, reach: float, muzzle: np.ndarray) -> list[Mark]:
    """Marks on a head seen from the side, whose nose is at x = ``reach``."""
    if fur.pattern == "plain":
        return []
    if fur.pattern == "points":
        return [Mark(ellipse(reach * 0.75, 0.2, 0.85, 0.7), fur.mark, 0.95)]
    marks = []
    if fur.pattern in ("patches", "spots"):
        marks = _face_marks(rng, fur, 0.0)
    elif fur.pattern == "tabby":
        paths = [[(x, -1.0, 0.09), (x + 0.05, -0.6, 0.02)] for x in (-0.5, -0.2, 0.1, 0.4)]
        paths += [[(-0.95, y, 0.09), (-0.5, y + 0.05, 0.08), (0.1, y + 0.02, 0.02)] for y in (0.05, 0.35)]
        marks = [Mark(tube(path), fur.mark) for path in paths]
    elif fur.pattern == "half":
        marks = [Mark(np.array([(-2, -2), (-0.1, -2), (0.1, 2), (-2, 2)]), fur.mark)]
    return [*marks, Mark(muzzle, fur.light)]


def _profile_mouth(sketch: Sketch, mood: _Mood, inner: float, y: float, reach: float):
    """The line of a mouth from its corner at x = ``inner`` to below the nose."""
    corner = y + (0.28 if mood.mouth == "shut" else 0.14)
    sketch.line(opened([(inner, corner), (inner + 0.14, y + 0.14), (reach - 0.12, y)]), sketch.fur.line, 0.05)


def _profile_nose(sketch: Sketch, x: float, y: float, size: float):
    fur = sketch.fur
    sketch.flat(ellipse(x, y, size, size * 0.85), fur.nose, mix(fur.nose, (0, 0, 0), 0.4), 0.02)


def _profile_whiskers(sketch: Sketch, x: float, y: float, length: float):
    """Three that lie back and three that show from the far side."""
    colour = _whisker_colour(sketch.fur)
    for step in (-1, 0, 1):
        start = (x, y + step * 0.06)
        back = (x - length * 0.55, start[1] + length * (0.15 + 0.25 * step))
        ahead = (x + length * 0.5, start[1] + length * (0.1 + 0.3 * step))
        sketch.line([back, start, ahead], colour, 0.022)


def _cat_profile(sketch: Sketch, rng: random.Random, mood: _Mood):
    """A head seen from the side, looking towards positive x; so are the next two."""
    fur, reach, tall = sketch.fur, rng.uniform(1.02, 1.16), rng.uniform(0.6, 0.9)
    for x, colour in ((0.28, mix(fur.limb(), fur.line, 0.35)), (-0.2, fur.limb())):
        ear = [(x - 0.38, -0.55), (x - 0.25, -1.0), (x + mood.ears, -0.85 - tall), (x + 0.25, -1.05), (x + 0.42, -0.6)]
        sketch.coat(ear, colour, fluff=0.5)
    sketch.flat([(-0.42, -0.75), (-0.2 + mood.ears, -0.72 - tall), (0.02, -0.8)], fur.skin)
    outline = [(-0.85, 0.35), (-0.92, -0.2), (-0.6, -0.72), (0, -0.92), (0.5, -0.72), (0.8, -0.28), (0.94, 0.02),
        (reach, 0.2), (reach, 0.42), (0.9, 0.62), (0.5, 0.82), (0, 0.92), (-0.5, 0.85)]
    marks = _profile_marks(rng, fur, reach, ellipse(reach - 0.26, 0.38, 0.26, 0.2))
    sketch.coat(closed(wobble(rng, outline, 0.015)), marks=marks)
    _eye(sketch, mood, mood.lids[0], 0.5, -0.14, 0.16, 0.2, 0.4, -0.2)
    _profile_mouth(sketch, mood, 0.62, 0.42, reach)
    _profile_nose(sketch, reach - 0.06, 0.17, 0.1)
    _profile_whiskers(sketch, reach - 0.28, 0.36, rng.uniform(0.6, 0.9))


def _dog_profile(sketch: Sketch, rng: random.Random, mood: _Mood):
    fur, reach, stop = sketch.fur, rng.uniform(1.5, 1.95), rng.uniform(-0.28, -0.1)
    outline = [(-0.85, 0.35), (-0.9, -0.25), (-0.6, -0.75), (0, -0.93), (0.48, -0.74), (0.74, stop - 0.12),
        (1.1, stop + 0.05), (reach - 0.08, stop + 0.12), (reach, stop + 0.32), (reach - 0.1, 0.4), (1.15, 0.6),
        (0.65, 0.76), (0.2, 0.9), (-0.4, 0.88)]
    muzzle = closed([(1.0, stop + 0.22), (reach - 0.12, stop + 0.2), (reach - 0.04, stop + 0.42), (reach - 0.2, 0.38),
        (1.0, 0.58), (0.7, 0.45)], 4)
    sketch.coat(closed(wobble(rng, outline, 0.015)), marks=_profile_marks(rng, fur, reach, muzzle))
    _eye(sketch, mood, mood.lids[0], 0.42, -0.26, 0.11, 0.14, 1.0, -0.2)
    if mood.mouth == "open":
        jaw = [(0.75, 0.46), (reach - 0.25, 0.38), (reach - 0.3, 0.6), (1.0, 0.76)]
        sketch.flat(closed(jaw, 4), (92, 34, 38), fur.line, 0.04)
    if mood.tongue and mood.mouth != "shut":
        path = [(reach - 0.55, 0.46, 0.13), (reach - 0.4, 0.71, 0.14), (reach - 0.38, 0.98, 0.1)]
        sketch.flat(tube(path), (232, 124, 132), (176, 78, 88), 0.03)
    _profile_mouth(sketch, mood, 0.75, 0.36, reach)
    _profile_nose(sketch, reach - 0.1, stop + 0.2, 0.19)
    kind, ear = rng.choice(DOG_EARS), _dog_ear_colour(rng, fur)
    if kind == "floppy":
        length = rng.uniform(0.8, 1.3)
        path = [(-0.3, -0.7), (0.1, -0.72), (0.12, -0.1), (-0.02, length - 0.45), (-0.32, length - 0.3),
            (-0.5, length - 0.7), (-0.48, -0.2)]
        sketch.coat(closed(wobble(rng, path, 0.02)), ear)
    elif kind == "half":
        sketch.coat(closed([(-0.45, -0.55), (-0.4, -1.25), (0.0, -1.3), (0.18, -0.7)], 4), ear, fluff=0.5)
        fold = closed([(-0.42, -1.24), (0.02, -1.32), (0.36, -0.85), (0.0, -1.0)], 4)
        sketch.coat(fold, mix(ear, fur.line, 0.2), fluff=0.5)
    else:
        tall = rng.uniform(0.6, 0.85)
        outline = closed([(-0.5, -0.45), (-0.5, -0.9 - tall * 0.3), (-0.22, -0.85 - tall), (0.1, -0.9 - tall * 0.2),
            (0.2, -0.6)], 4)
        sketch.coat(outline, ear, fluff=0.5)
        centre = outline.mean(axis=0)
        sketch.flat(centre + (outline - centre) * 0.55, fur.skin)


def _rabbit_profile(sketch: Sketch, rng: random.Random, mood: _Mood):
    fur, reach = sketch.fur, rng.uniform(1.12, 1.28)
    length, back = rng.uniform(1.35, 1.95), rng.uniform(0.1, 0.9)
    for x, colour in ((0.12, mix(fur.limb(), fur.line, 0.35)), (-0.22, fur.limb())):
        path = [(x, -0.7, 0.17), (x - back * 0.5, -0.75 - length * 0.5, 0.25), (x - back * 1.2, -0.7 - length, 0.09)]
        sketch.coat(tube(path), colour, fluff=0.4)
    sketch.flat(tube([(px, py, w * 0.5) for px, py, w in path]), fur.skin)
    outline = [(-0.8, 0.4), (-0.85, -0.2), (-0.5, -0.75), (0.05, -0.9), (0.55, -0.66), (0.92, -0.24), (reach, 0.16),
        (reach - 0.04, 0.45), (0.85, 0.68), (0.4, 0.86), (-0.2, 0.9)]
    marks = _profile_marks(rng, fur, reach, ellipse(reach - 0.3, 0.36, 0.28, 0.24))
    sketch.coat(closed(wobble(rng, outline, 0.015)), marks=marks)
    _eye(sketch, mood, mood.lids[0], 0.42, -0.16, 0.145, 0.18, 1.0, -0.2)
    _profile_mouth(sketch, mood, 0.8, 0.42, reach)
    _profile_nose(sketch, reach - 0.04, 0.16, 0.09)
    _profile_whiskers(sketch, reach - 0.28, 0.36, rng.uniform(0.4, 0.6))


_FACES = {"cats": _cat_face, "dogs": _dog_face, "rabbits": _rabbit_face}
_PROFILES = {"cats": _cat_profile, "dogs": _dog_profile, "rabbits": _rabbit_profile}


# --- bodies and poses ----------------------------------------------------------------------------------

POSES = ("portrait", "portrait", "sit", "sit", "stand", "lie")


def sketch_pet(animal: str, rng: random.Random, fur: Fur) -> Sketch:
    """A whole pet, in the order in which it is painted."""
    sketch = Sketch(rng, fur)
    pose = rng.choice(POSES)
    {"portrait": _portrait, "sit": _sit, "stand": _stand, "lie": _lie}[pose](animal, sketch, rng)
    return sketch


def _add_head(animal: str, sketch: Sketch, rng: random.Random, x: float, y: float, facing: float):
    """The head at (x, y). ``facing`` 0 looks at us, above 0 rather to positive x, and then sometimes in profile."""
    tilt = rng.gauss(0, 0.14)
    scale = rng.uniform(0.94, 1.08)
    sketch.move_to(x, y, tilt, scale)
    if facing and rng.random() < 0.45:
        _PROFILES[animal](sketch, rng, _draw_mood(rng))
    else:
        yaw = max(-1.0, min(1.0, rng.gauss(facing * 0.5, 0.35)))  # moves what sticks out further: the muzzle most
        _FACES[animal](sketch, rng, yaw, _draw_mood(rng))
    sketch.move_to()


def _collar(sketch: Sketch, rng: random.Random, x: float, y: float, rx: float):
    """A collar, with a tag at times; or nothing."""
    if rng.random() > 0.3:
        return
    colour = rng.choice([(196, 48, 52), (44, 92, 168), (46, 132, 84), (226, 168, 44), (120, 66, 142), (60, 56, 58)])
    band = [(x - rx, y - 0.08), (x, y + 0.2), (x + rx, y - 0.08), (x + rx * 0.96, y + 0.14), (x, y + 0.42),
        (x - rx * 0.96, y + 0.14)]
    sketch.flat(closed(band, 4), colour, mix(colour, (0, 0, 0), 0.35), 0.03)
    if rng.random() < 0.6:
        sketch.flat(ellipse(x, y + 0.45, 0.14, 0.14), (232, 200, 92), (150, 118, 40), 0.03)


def _portrait(animal: str, sketch: Sketch, rng: random.Random):
    """Head and chest; the chest runs out of the frame or behind something."""
    fur = sketch.fur
    broad = rng.uniform(0.85, 1.15) * {"cats": 0.95, "dogs": 1.1, "rabbits": 0.95}[animal]
    half = [(0, 0.3), (0.55, 0.4), (broad * 0.95, 1.3), (broad * 1.2, 2.6), (broad * 1.3, 4.2), (0, 4.4)]
    marks = _body_marks(rng, fur, -1.1, 0.8, 1.1, 3.6)
    if fur.pattern in ("bicolour", "blaze", "plain"):
        marks.append(Mark(ellipse(0, 1.8, 0.62, 1.2), fur.light, 0.0 if fur.pattern == "bicolour" else 0.8))
    marks.append(Mark(ellipse(0, 0.85, 1.0, 0.55), mix(fur.base, (10, 8, 12), 0.75), 0.6))
    sketch.coat(closed(wobble(rng, mirrored(half), 0.02)), marks=marks, measured=False)
    _collar(sketch, rng, 0, 0.98, 0.6)
    _add_head(animal, sketch, rng, rng.gauss(0, 0.08), 0, 0)


def _paw(sketch: Sketch, x: float, y: float, rx: float, ry: float):
    fur = sketch.fur
    sketch.coat(ellipse(x, y, rx, ry), fur.toe(), fluff=0.4)
    for step in (-0.3, 0.3):
        sketch.line([(x + step * rx, y + ry * 0.1), (x + step * rx, y + ry * 0.8)], fur.line, 0.035)


def _tail(animal: str, sketch: Sketch, rng: random.Random, x: float, y: float, side: float, lying: bool = False):
    """A tail from (x, y) to ``side``: a cat's is long and even, a dog's shorter and tapered, a rabbit's a puff.

    Tails are not measured: else cats, whose are longest, would be drawn smaller than dogs.
    """
    fur = sketch.fur
    if animal == "rabbits":
        puff = tufted(ellipse(x + side * 0.12, y, 0.36, 0.34), rng, 0.07)
        sketch.coat(puff, mix(fur.limb(), (255, 255, 255), 0.4), measured=False)
        return
    if animal == "cats":
        w = rng.uniform(0.15, 0.22)
        if lying:
            path = [(0, 0, w), (0.7, 0.25, w), (1.4, 0.3, w), (1.9, 0.05, w), (2.0, -0.3, w * 0.85)]
        else:
            lift = rng.uniform(0.7, 1.25)
            curl = rng.choice([-1, 1]) * rng.uniform(0.2, 0.55)
            path = [(0, 0, w), (0.6, -0.25 * lift, w), (0.95, -1.1 * lift, w), (0.95 + curl * 0.4, -1.9 * lift, w),
                (0.95 + curl, -2.4 * lift, w * 0.85)]
    else:
        w = rng.uniform(0.17, 0.26)
        kind = rng.choice(["sickle", "sickle", "curled", "down", "docked"])
        if kind == "curled":
            path = [(0, 0, w), (0.4, -0.4, w * 1.2), (0.3, -0.95, w * 1.2), (-0.25, -1.0, w * 1.0),
                (-0.4, -0.65, w * 0.6)]
        elif kind == "docked":
            path = [(-0.1, 0.1, w), (0.2, -0.2, w), (0.38, -0.45, w * 0.8)]
        elif kind == "down" or lying:
            path = [(0, 0, w), (0.45, 0.15, w), (0.9, 0.35, w * 0.8), (1.3, 0.4, w * 0.3)]
        else:
            lift = rng.uniform(0.5, 1.0)
            path = [(0, 0, w), (0.5, -0.3 * lift, w * 1.1), (0.95, -0.9 * lift, w * 0.85),
                (1.05, -1.5 * lift, w * 0.25)]
    path = [(x + side * px, y + py, pw) for px, py, pw in wobble(rng, path, 0.02)]
    marks = []
    if fur.pattern == "tabby":
        middle = opened(path)[:, :2]
        for (px, py), (dx, dy) in zip(middle[3:-2:4], np.diff(middle, axis=0)[3:-1:4], strict=True):
            marks.append(Mark(ellipse(px, py, 0.09, 0.3, math.atan2(dy, dx)), fur.mark))
    sketch.coat(tube(path), fur.limb(), marks=marks, measured=False)


def _sit(animal: str, sketch: Sketch, rng: random.Random):
    """Sitting, seen from the front."""
    fur, stout = sketch.fur, rng.uniform(0.88, 1.2)
    ground = {"cats": 3.25, "dogs": 3.55, "rabbits": 2.75}[animal] * rng.uniform(0.93, 1.05)
    shoulder = {"cats": 0.72, "dogs": 0.9, "rabbits": 0.8}[animal] * stout
    hip = {"cats": 1.22, "dogs": 1.08, "rabbits": 1.25}[animal] * stout
    side = rng.choice([-1, 1])
    _tail(animal, sketch, rng, side * hip * 0.8, ground - 0.45, side)
    half = [(0, 0.35), (shoulder * 0.75, 0.55), (shoulder, 1.3), (hip * 0.97, ground - 1.1), (hip, ground - 0.35),
        (hip * 0.6, ground), (0, ground)]
    marks = _body_marks(rng, fur, -hip, 0.9, hip, ground - 0.2)
    if fur.pattern in ("bicolour", "blaze", "plain"):
        bib = ellipse(0, 1.55, shoulder * 0.62, 0.95)
        marks.append(Mark(bib, fur.light, 0.0 if fur.pattern == "bicolour" else 0.8))
    marks.append(Mark(ellipse(0, 0.9, shoulder, 0.5), mix(fur.base, (10, 8, 12), 0.75), 0.6))
    sketch.coat(closed(wobble(rng, mirrored(half), 0.025)), marks=marks)
    for turn in (-1, 1):
        if animal != "rabbits":
            sketch.coat(ellipse(turn * hip * 0.72, ground - 0.6, 0.46, 0.66, -turn * 0.15), fur.base)
        _paw(sketch, turn * (hip * 0.9), ground - 0.08, 0.5 if animal == "rabbits" else 0.36, 0.2)
    apart, top = rng.uniform(0.26, 0.42), ground - {"cats": 1.55, "dogs": 1.9, "rabbits": 1.0}[animal]
    thick = {"cats": 0.22, "dogs": 0.27, "rabbits": 0.2}[animal]
    marks = []
    if fur.pattern == "tabby":
        marks = [Mark(ellipse(0, y, 1.2, 0.06), fur.mark) for y in (ground - 1.0, ground - 0.6)]
    for turn in (-1, 1):
        path = [(turn * apart * 1.1, top, thick * 1.25), (turn * apart, ground - 0.7, thick),
            (turn * apart, ground - 0.15, thick * 0.9)]
        sketch.coat(tube(path), fur.limb(), marks=marks, fluff=0.7, melt=(turn * apart * 1.1, top, thick * 2.2))
        _paw(sketch, turn * apart, ground - 0.04, thick * 1.45, 0.19)
    _collar(sketch, rng, 0, 1.0, shoulder * 0.72)
    sketch.ground = (-hip * 1.15, hip * 1.15, ground + 0.1)
    _add_head(animal, sketch, rng, rng.gauss(0, 0.1), rng.gauss(0, 0.06), 0)


def _leg(sketch: Sketch, path, far: bool = False, marks=()):
    """A leg along ``path`` with a paw at its end; the far ones are darker."""
    fur = sketch.fur
    shade = 0.3 if far else 0.0
    x, y, w = path[-1]
    melt = None if far else (*path[0][:2], path[0][2] * 1.7)
    sketch.coat(tube(path), mix(fur.limb(), fur.line, shade), marks=() if far else marks, fluff=0.6, melt=melt)
    sketch.coat(ellipse(x + 0.1, y, w * 1.5, w * 0.85), mix(fur.toe(), fur.line, shade), fluff=0.4)


def _stand(animal: str, sketch: Sketch, rng: random.Random):
    """Standing or walking, seen from the side, head towards positive x. A rabbit crouches instead."""
    fur = sketch.fur
    if animal == "rabbits":
        _crouch(sketch, rng, high=True)
        return
    long = rng.uniform(0.85, 1.12)
    sag = rng.uniform(-0.08, 0.14)
    if animal == "cats":
        legs = rng.uniform(0.85, 1.1)
        outline = [(-0.7, 0.45), (-2.0, 0.68 + sag), (-3.1, 0.62), (-3.6, 1.25), (-3.2, 1.95), (-2.0, 2.02),
            (-0.95, 2.05), (-0.25, 1.35)]
    else:
        legs = rng.uniform(0.95, 1.5)
        outline = [(-0.7, 0.35), (-2.0, 0.6 + sag), (-3.05, 0.68), (-3.45, 1.25), (-3.05, 1.85), (-2.3, 1.9),
            (-1.1, 2.4), (-0.15, 1.4)]
    outline = np.array([(x * long, y) for x, y in outline])
    front, back = -0.8 * long, -3.1 * long
    ground = 2.0 + 1.35 * legs
    w = {"cats": 0.19, "dogs": 0.22}[animal]
    stride = rng.uniform(-0.35, 0.35)
    bars = []
    if fur.pattern == "tabby":
        bars = [Mark(ellipse((front + back) / 2, y, 3.0, 0.06), fur.mark) for y in (2.3, 2.7)]
    step = 0.3 + stride
    _leg(sketch, [(front + 0.2, 1.6, 0.4), (front + 0.2 + step * 0.5, 2.4, w * 1.1), (front + step, ground - 0.1, w)],
        far=True)
    hock = (back - 0.15 + step * 0.6, ground - 0.75 * legs, w)
    _leg(sketch, [(back + 0.2, 1.6, 0.5), hock, (back + 0.05 + step, ground - 0.1, w)], far=True)
    _tail(animal, sketch, rng, -3.4 * long, 0.95, -1)
    sketch.coat(tube([(-0.9 * long, 1.15, 0.85), (-0.35, 0.5, 0.68), (0.05, 0.1, 0.55)]))
    marks = _body_marks(rng, fur, -3.5 * long, 0.5, -0.4, 2.0)
    marks.append(Mark(ellipse(-1.9 * long, 2.15, 1.6, 0.4), fur.light, 0.7))
    marks.append(Mark(ellipse(-0.1, 0.75, 0.9, 0.7), mix(fur.base, (10, 8, 12), 0.75), 0.5))
    sketch.coat(closed(wobble(rng, outline, 0.03)), marks=marks)
    step = -stride
    hock = (back - 0.15 + step * 0.6, ground - 0.75 * legs, w * 1.1)
    thigh = [(back + 0.15, 1.35, 0.55), (back + 0.1, 1.9, 0.42)]
    _leg(sketch, [*thigh, hock, (back + 0.05 + step, ground, w)], marks=bars)
    _leg(sketch, [(front, 1.5, 0.42), (front + step * 0.5, 2.4, w * 1.15), (front + step, ground, w)], marks=bars)
    sketch.ground = (-3.6 * long, 0.0, ground + 0.12)
    _add_head(animal, sketch, rng, 0.15, rng.uniform(-0.35, 0.15), 1)


def _crouch(sketch: Sketch, rng: random.Random, high: bool):
    """A rabbit from the side: round back, large hind foot."""
    fur = sketch.fur
    top = rng.uniform(-0.35, 0.0) if high else rng.uniform(0.2, 0.45)
    outline = [(-0.5, 0.35), (-1.5, top + 0.1), (-2.4, top + 0.35), (-3.05, 1.1), (-3.0, 1.9), (-2.2, 2.3),
        (-1.0, 2.3), (-0.25, 1.6)]
    _tail("rabbits", sketch, rng, -3.05, 1.55, -1)
    marks = _body_marks(rng, fur, -3.0, top + 0.2, -0.3, 2.2)
    marks.append(Mark(ellipse(-0.1, 0.8, 0.9, 0.75), mix(fur.base, (10, 8, 12), 0.75), 0.5))
    sketch.coat(closed(wobble(rng, outline, 0.03)), marks=marks)
    sketch.coat(ellipse(-2.25, 1.5, 0.78, 0.8), fur.base)
    sketch.coat(tube([(-2.6, 2.2, 0.2), (-2.0, 2.28, 0.24), (-1.4, 2.3, 0.2)]), fur.toe(), fluff=0.4)
    for x in (-0.75, -0.5):
        sketch.coat(tube([(x, 1.6, 0.26), (x + 0.1, 2.0, 0.18), (x + 0.3, 2.32, 0.17)]), fur.toe(),
            fluff=0.4, melt=(x, 1.6, 0.5))
    sketch.ground = (-3.0, 0.1, 2.48)
    _add_head("rabbits", sketch, rng, 0.1, rng.uniform(0.0, 0.3), 1)


def _lie(animal: str, sketch: Sketch, rng: random.Random):
    """Lying on the belly, seen from the side, front paws ahead."""
    fur = sketch.fur
    if animal == "rabbits":
        _crouch(sketch, rng, high=False)
        return
    long = rng.uniform(0.9, 1.12) * (1.0 if animal == "cats" else 1.08)
    low = rng.uniform(0.0, 0.35)
    if animal == "cats":
        outline = [(-0.5, 0.45), (-1.7, 0.3), (-2.9, 0.55), (-3.5, 1.3), (-3.2, 2.0), (-1.8, 2.1), (-0.6, 2.1),
            (-0.05, 1.4)]
    else:
        outline = [(-0.6, 0.4), (-1.8, 0.55), (-2.9, 0.6), (-3.4, 1.25), (-3.2, 2.0), (-1.9, 2.05), (-0.6, 2.15),
            (0.0, 1.4)]
    outline = np.array([(x * long, y) for x, y in outline])
    _tail(animal, sketch, rng, -3.3 * long, 1.8, -1, lying=True)
    reach = {"cats": rng.uniform(0.3, 0.8), "dogs": rng.uniform(0.9, 1.6)}[animal]
    thick = {"cats": 0.22, "dogs": 0.27}[animal]
    _leg(sketch, [(-0.5, 1.6, 0.35), (0.1, 1.95, thick), (reach + 0.3, 2.0, thick)], far=True)
    marks = _body_marks(rng, fur, -3.4 * long, 0.4, -0.3, 2.0)
    marks.append(Mark(ellipse(0, 0.85, 0.95, 0.75), mix(fur.base, (10, 8, 12), 0.75), 0.5))
    sketch.coat(closed(wobble(rng, outline, 0.03)), marks=marks)
    sketch.coat(ellipse(-2.7 * long, 1.4, 0.78, 0.7, 0.3), fur.base)
    _leg(sketch, [(-2.6 * long, 2.0, thick), (-2.1 * long, 2.1, thick * 0.9), (-1.7 * long, 2.12, thick * 0.9)])
    _leg(sketch, [(-0.7, 1.7, 0.38), (-0.2, 2.05, thick * 1.1), (reach, 2.12, thick)])
    sketch.ground = (-3.5 * long, reach, 2.3)
    _add_head(animal, sketch, rng, 0.1, low, 1)
