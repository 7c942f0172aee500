"""Cats, dogs and rabbits: bodies and poses. No TensorFlow.

Units: the head has radius 1, its centre is (0, 0), x goes right, y goes down. Outlines are lists of points that a
smooth curve is laid through; limbs are (x, y, half width) along their middle. Whatever is not shape (pattern, mood,
pose, collar) is drawn from the same lottery for every animal.
"""

import math
import random

import numpy as np

from core.photos.drawn.brush import (
    Fur,
    Mark,
    Sketch,
    closed,
    ellipse,
    mirrored,
    mix,
    opened,
    tube,
    tufted,
    wobble,
)
from core.photos.drawn.coats import body_marks
from core.photos.drawn.faces import FACES, draw_mood
from core.photos.drawn.profiles import PROFILES

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
        PROFILES[animal](sketch, rng, draw_mood(rng))
    else:
        yaw = max(-1.0, min(1.0, rng.gauss(facing * 0.5, 0.35)))  # moves what sticks out further: the muzzle most
        FACES[animal](sketch, rng, yaw, draw_mood(rng))
    sketch.move_to()


def _collar(sketch: Sketch, rng: random.Random, x: float, y: float, rx: float):
    """A collar, with a tag at times; or nothing."""
    if rng.random() > 0.3:
        return
    colour = rng.choice([(196, 48, 52), (44, 92, 168), (46, 132, 84), (226, 168, 44), (120, 66, 142), (60, 56, 58)])
    band = [
        (x - rx, y - 0.08),
        (x, y + 0.2),
        (x + rx, y - 0.08),
        (x + rx * 0.96, y + 0.14),
        (x, y + 0.42),
        (x - rx * 0.96, y + 0.14),
    ]
    sketch.flat(closed(band, 4), colour, mix(colour, (0, 0, 0), 0.35), 0.03)
    if rng.random() < 0.6:
        sketch.flat(ellipse(x, y + 0.45, 0.14, 0.14), (232, 200, 92), (150, 118, 40), 0.03)


def _portrait(animal: str, sketch: Sketch, rng: random.Random):
    """Head and chest; the chest runs out of the frame or behind something."""
    fur = sketch.fur
    broad = rng.uniform(0.85, 1.15) * {"cats": 0.95, "dogs": 1.1, "rabbits": 0.95}[animal]
    half = [(0, 0.3), (0.55, 0.4), (broad * 0.95, 1.3), (broad * 1.2, 2.6), (broad * 1.3, 4.2), (0, 4.4)]
    marks = body_marks(rng, fur, -1.1, 0.8, 1.1, 3.6)
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
            path = [
                (0, 0, w),
                (0.6, -0.25 * lift, w),
                (0.95, -1.1 * lift, w),
                (0.95 + curl * 0.4, -1.9 * lift, w),
                (0.95 + curl, -2.4 * lift, w * 0.85),
            ]
    else:
        w = rng.uniform(0.17, 0.26)
        kind = rng.choice(["sickle", "sickle", "curled", "down", "docked"])
        if kind == "curled":
            path = [
                (0, 0, w),
                (0.4, -0.4, w * 1.2),
                (0.3, -0.95, w * 1.2),
                (-0.25, -1.0, w * 1.0),
                (-0.4, -0.65, w * 0.6),
            ]
        elif kind == "docked":
            path = [(-0.1, 0.1, w), (0.2, -0.2, w), (0.38, -0.45, w * 0.8)]
        elif kind == "down" or lying:
            path = [(0, 0, w), (0.45, 0.15, w), (0.9, 0.35, w * 0.8), (1.3, 0.4, w * 0.3)]
        else:
            lift = rng.uniform(0.5, 1.0)
            path = [
                (0, 0, w),
                (0.5, -0.3 * lift, w * 1.1),
                (0.95, -0.9 * lift, w * 0.85),
                (1.05, -1.5 * lift, w * 0.25),
            ]
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
    half = [
        (0, 0.35),
        (shoulder * 0.75, 0.55),
        (shoulder, 1.3),
        (hip * 0.97, ground - 1.1),
        (hip, ground - 0.35),
        (hip * 0.6, ground),
        (0, ground),
    ]
    marks = body_marks(rng, fur, -hip, 0.9, hip, ground - 0.2)
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
        path = [
            (turn * apart * 1.1, top, thick * 1.25),
            (turn * apart, ground - 0.7, thick),
            (turn * apart, ground - 0.15, thick * 0.9),
        ]
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
        outline = [
            (-0.7, 0.45),
            (-2.0, 0.68 + sag),
            (-3.1, 0.62),
            (-3.6, 1.25),
            (-3.2, 1.95),
            (-2.0, 2.02),
            (-0.95, 2.05),
            (-0.25, 1.35),
        ]
    else:
        legs = rng.uniform(0.95, 1.5)
        outline = [
            (-0.7, 0.35),
            (-2.0, 0.6 + sag),
            (-3.05, 0.68),
            (-3.45, 1.25),
            (-3.05, 1.85),
            (-2.3, 1.9),
            (-1.1, 2.4),
            (-0.15, 1.4),
        ]
    outline = np.array([(x * long, y) for x, y in outline])
    front, back = -0.8 * long, -3.1 * long
    ground = 2.0 + 1.35 * legs
    w = {"cats": 0.19, "dogs": 0.22}[animal]
    stride = rng.uniform(-0.35, 0.35)
    bars = []
    if fur.pattern == "tabby":
        bars = [Mark(ellipse((front + back) / 2, y, 3.0, 0.06), fur.mark) for y in (2.3, 2.7)]
    step = 0.3 + stride
    _leg(
        sketch,
        [(front + 0.2, 1.6, 0.4), (front + 0.2 + step * 0.5, 2.4, w * 1.1), (front + step, ground - 0.1, w)],
        far=True,
    )
    hock = (back - 0.15 + step * 0.6, ground - 0.75 * legs, w)
    _leg(sketch, [(back + 0.2, 1.6, 0.5), hock, (back + 0.05 + step, ground - 0.1, w)], far=True)
    _tail(animal, sketch, rng, -3.4 * long, 0.95, -1)
    sketch.coat(tube([(-0.9 * long, 1.15, 0.85), (-0.35, 0.5, 0.68), (0.05, 0.1, 0.55)]))
    marks = body_marks(rng, fur, -3.5 * long, 0.5, -0.4, 2.0)
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
    outline = [
        (-0.5, 0.35),
        (-1.5, top + 0.1),
        (-2.4, top + 0.35),
        (-3.05, 1.1),
        (-3.0, 1.9),
        (-2.2, 2.3),
        (-1.0, 2.3),
        (-0.25, 1.6),
    ]
    _tail("rabbits", sketch, rng, -3.05, 1.55, -1)
    marks = body_marks(rng, fur, -3.0, top + 0.2, -0.3, 2.2)
    marks.append(Mark(ellipse(-0.1, 0.8, 0.9, 0.75), mix(fur.base, (10, 8, 12), 0.75), 0.5))
    sketch.coat(closed(wobble(rng, outline, 0.03)), marks=marks)
    sketch.coat(ellipse(-2.25, 1.5, 0.78, 0.8), fur.base)
    sketch.coat(tube([(-2.6, 2.2, 0.2), (-2.0, 2.28, 0.24), (-1.4, 2.3, 0.2)]), fur.toe(), fluff=0.4)
    for x in (-0.75, -0.5):
        sketch.coat(
            tube([(x, 1.6, 0.26), (x + 0.1, 2.0, 0.18), (x + 0.3, 2.32, 0.17)]),
            fur.toe(),
            fluff=0.4,
            melt=(x, 1.6, 0.5),
        )
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
        outline = [
            (-0.5, 0.45),
            (-1.7, 0.3),
            (-2.9, 0.55),
            (-3.5, 1.3),
            (-3.2, 2.0),
            (-1.8, 2.1),
            (-0.6, 2.1),
            (-0.05, 1.4),
        ]
    else:
        outline = [
            (-0.6, 0.4),
            (-1.8, 0.55),
            (-2.9, 0.6),
            (-3.4, 1.25),
            (-3.2, 2.0),
            (-1.9, 2.05),
            (-0.6, 2.15),
            (0.0, 1.4),
        ]
    outline = np.array([(x * long, y) for x, y in outline])
    _tail(animal, sketch, rng, -3.3 * long, 1.8, -1, lying=True)
    reach = {"cats": rng.uniform(0.3, 0.8), "dogs": rng.uniform(0.9, 1.6)}[animal]
    thick = {"cats": 0.22, "dogs": 0.27}[animal]
    _leg(sketch, [(-0.5, 1.6, 0.35), (0.1, 1.95, thick), (reach + 0.3, 2.0, thick)], far=True)
    marks = body_marks(rng, fur, -3.4 * long, 0.4, -0.3, 2.0)
    marks.append(Mark(ellipse(0, 0.85, 0.95, 0.75), mix(fur.base, (10, 8, 12), 0.75), 0.5))
    sketch.coat(closed(wobble(rng, outline, 0.03)), marks=marks)
    sketch.coat(ellipse(-2.7 * long, 1.4, 0.78, 0.7, 0.3), fur.base)
    _leg(sketch, [(-2.6 * long, 2.0, thick), (-2.1 * long, 2.1, thick * 0.9), (-1.7 * long, 2.12, thick * 0.9)])
    _leg(sketch, [(-0.7, 1.7, 0.38), (-0.2, 2.05, thick * 1.1), (reach, 2.12, thick)])
    sketch.ground = (-3.5 * long, reach, 2.3)
    _add_head(animal, sketch, rng, 0.1, low, 1)
