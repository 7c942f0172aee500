"""Where a pet is, what lies about, what stands in front, and in which light. No TensorFlow.

All of it comes from the same lottery for every animal: nothing in this module knows which one is drawn.
"""

import math
import random
from functools import lru_cache

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from core.photos.drawn.brush import Colour, Fur, Place, Sketch, closed, flattened, jitter, mix, ramp, soft_blot


def _room_colour(rng: random.Random, away_from: Colour | None = None) -> Colour:
    """Any wall or cloth colour; given a coat, one that it can be seen against."""
    for _ in range(3):
        colour = _dull_colour(rng)
        if away_from is None or sum(abs(a - b) for a, b in zip(colour, away_from, strict=True)) > 110:
            return colour
    return _dull_colour(rng)


def _dull_colour(rng: random.Random) -> Colour:
    grey, spread = rng.uniform(45, 235), rng.uniform(5, 60)
    red, green, blue = (int(min(255, max(0, grey + rng.uniform(-spread, spread)))) for _ in range(3))
    return red, green, blue


def paint_background(rng: random.Random, side: int, fur: Fur) -> Image.Image:
    """A place with things in it, in half of the pictures out of focus: RGB, ``side`` x ``side``."""
    scene = rng.choice(
        [
            _meadow,
            _meadow,
            _hills,
            _room,
            _room,
            _sofa,
            _wallpaper,
            _bricks,
            _planks,
            _studio,
            _bokeh,
            _clutter,
            _garden,
        ]
    )
    image = scene(rng, side, fur)
    pen = ImageDraw.Draw(image)
    for _ in range(rng.choice([0, 0, 1, 1, 2, 3])):
        x, y, r = rng.uniform(0, side), side * rng.uniform(0.45, 0.95), side * rng.uniform(0.07, 0.2)
        rng.choice(_THINGS)(pen, rng, x, y, r)
    if rng.random() < 0.5:
        small = image.reduce(4).filter(ImageFilter.BoxBlur(rng.uniform(0.7, 2.6)))
        half = small.resize((side // 2, side // 2), Image.Resampling.BILINEAR)
        image = half.resize((side, side), Image.Resampling.NEAREST)
    return image


def _meadow(rng: random.Random, side: int, fur: Fur) -> Image.Image:
    green = jitter(rng, rng.choice([(96, 148, 66), (128, 168, 84), (84, 122, 70), (170, 166, 90)]), 16)
    sky = rng.choice([(150, 196, 232), (214, 226, 236), (120, 160, 130), (240, 214, 180)])
    image = ramp((side, side), sky, mix(sky, (255, 255, 255), 0.4), math.pi / 2)
    pen = ImageDraw.Draw(image)
    horizon = side * rng.uniform(-0.1, 0.65)
    pen.rectangle([0, horizon, side, side], fill=green)
    for _ in range(rng.randint(120, 260)):
        x, y = rng.uniform(0, side), rng.uniform(horizon, side)
        near = 0.3 + (y - horizon) / (side - horizon + 1)
        tone = mix(green, rng.choice([(30, 60, 20), (220, 235, 150)]), rng.uniform(0.1, 0.4))
        blade = [x, y, x + rng.gauss(0, side * 0.012), y - side * 0.05 * near]
        pen.line(blade, fill=tone, width=max(1, int(side * 0.007 * near)))
    flower = rng.choice([(250, 250, 245), (250, 214, 70), (226, 96, 120), (150, 120, 210)])
    for _ in range(rng.choice([0, 12, 30])):
        x, y, r = rng.uniform(0, side), rng.uniform(max(0, horizon), side), side * rng.uniform(0.005, 0.014)
        pen.ellipse([x - r, y - r, x + r, y + r], fill=flower)
    return image


def _hills(rng: random.Random, side: int, fur: Fur) -> Image.Image:
    sky = jitter(rng, rng.choice([(120, 176, 228), (96, 120, 170), (244, 190, 140), (200, 214, 224)]), 12)
    image = ramp((side, side), sky, mix(sky, (255, 246, 230), 0.6), math.pi / 2)
    pen = ImageDraw.Draw(image)
    for _ in range(rng.randint(0, 4)):
        x, y, r = rng.uniform(0, side), rng.uniform(0, side * 0.5), side * rng.uniform(0.04, 0.09)
        for dx, lift, size in ((-1.5, 0, 0.7), (-0.5, 0.35, 1.0), (0.7, 0.2, 0.85), (1.6, -0.1, 0.6)):
            box = [x + (dx - size) * r, y - (lift + size * 0.7) * r, x + (dx + size) * r, y + size * 0.6 * r]
            pen.ellipse(box, fill=mix(sky, (255, 255, 255), 0.8))
    land = _room_colour(rng)
    for step in range(3):
        level, phase = side * (0.45 + 0.18 * step + rng.uniform(-0.1, 0.1)), rng.uniform(0, 6)
        tone = mix(mix((104, 140, 84), land, 0.5), sky, 0.5 - 0.22 * step)
        top = [(x, level + side * 0.05 * math.sin(x / side * 5 + phase)) for x in range(0, side + 17, 16)]
        pen.polygon([*top, (side, side), (0, side)], fill=tone)
    return image


def _room(rng: random.Random, side: int, fur: Fur) -> Image.Image:
    wall = _room_colour(rng, fur.base)
    image = ramp((side, side), wall, mix(wall, (20, 20, 30), 0.25), rng.uniform(0, math.tau))
    pen = ImageDraw.Draw(image)
    floor_y = side * rng.uniform(0.55, 0.9)
    floor = jitter(rng, rng.choice([(150, 106, 70), (190, 160, 124), (120, 116, 114), (94, 70, 56), (206, 200, 190)]))
    if rng.random() < 0.6:
        x, y, w, h = (side * rng.uniform(*span) for span in ((-0.1, 0.75), (-0.1, 0.2), (0.2, 0.4), (0.25, 0.45)))
        pen.rectangle([x, y, x + w, y + h], fill=mix(wall, (255, 255, 255), 0.7))
        inner = rng.choice([(168, 206, 236), (40, 48, 84), _room_colour(rng)])
        edge = side * 0.015
        pen.rectangle([x + edge, y + edge, x + w - edge, y + h - edge], fill=inner)
        pen.line([x + w / 2, y, x + w / 2, y + h], fill=mix(wall, (255, 255, 255), 0.7), width=int(edge))
    pen.rectangle([0, floor_y, side, side], fill=floor)
    pen.rectangle([0, floor_y - side * 0.025, side, floor_y], fill=mix(wall, (255, 255, 255), 0.6))
    for step in range(-4, 9):
        gap = [side * (0.5 + (step - 2) * 0.12), floor_y, side * (0.5 + (step - 2) * 0.34), side]
        pen.line(gap, fill=mix(floor, (0, 0, 0), 0.18), width=2)
    if rng.random() < 0.4:
        rug, x, w = _room_colour(rng), side * rng.uniform(0.2, 0.8), side * rng.uniform(0.3, 0.6)
        y, rim = (floor_y + side) / 2, mix(rug, (255, 255, 255), 0.4)
        pen.ellipse([x - w, y - w * 0.25, x + w, y + w * 0.25], fill=rug, outline=rim, width=5)
    return image


def _sofa(rng: random.Random, side: int, fur: Fur) -> Image.Image:
    image = _room(rng, side, fur)
    pen, cloth = ImageDraw.Draw(image), _room_colour(rng, fur.base)
    seat, back, dark = side * rng.uniform(0.6, 0.85), side * rng.uniform(0.1, 0.4), mix(cloth, (0, 0, 0), 0.3)
    left, right = side * rng.uniform(-0.2, 0.12), side * rng.uniform(0.88, 1.2)
    pen.rounded_rectangle([left, back, right, side * 1.2], radius=side * 0.08, fill=cloth)
    num = rng.randint(1, 3)
    for step in range(1, num):
        x = left + (right - left) * step / num
        pen.line([x, back + side * 0.03, x, seat], fill=dark, width=5)
    bright = mix(cloth, (255, 255, 255), 0.14)
    pen.rounded_rectangle([left, seat, right, side * 1.3], radius=side * 0.05, fill=bright, outline=dark, width=4)
    for _ in range(rng.randint(0, 2)):
        _cushion(pen, rng, rng.uniform(left, right), seat, side * rng.uniform(0.1, 0.18))
    return image


def _wallpaper(rng: random.Random, side: int, fur: Fur) -> Image.Image:
    ground = _room_colour(rng, fur.base)
    image = Image.new("RGB", (side, side), ground)
    pen, tone, step = ImageDraw.Draw(image), mix(ground, _room_colour(rng), 0.6), side * rng.uniform(0.06, 0.16)
    kind, lean = rng.choice(["stripes", "dots", "checks", "triangles", "waves"]), rng.uniform(-0.6, 0.6)
    num = int(side / step) + 2
    if kind == "stripes":
        for i in range(-num, 2 * num):
            x = i * step
            pen.line([x, -5, x + lean * side, side + 5], fill=tone, width=int(step * 0.45))
    elif kind == "waves":
        for i in range(num):
            wave = [(x, i * step + step * 0.3 * math.sin(x / step * 1.4)) for x in range(0, side + 12, 12)]
            pen.line(wave, fill=tone, width=int(step * 0.25))
    else:
        for row in range(num):
            for column in range(num):
                x, y, r = column * step + (row % 2) * step / 2, row * step, step * 0.26
                if kind == "dots":
                    pen.ellipse([x - r, y - r, x + r, y + r], fill=tone)
                elif kind == "triangles":
                    pen.polygon([x - r, y + r, x, y - r, x + r, y + r], fill=tone)
                elif (row + column) % 2:
                    pen.rectangle([column * step, y, column * step + step, y + step], fill=tone)
    return image


def _bricks(rng: random.Random, side: int, fur: Fur) -> Image.Image:
    stone = mix(_room_colour(rng, fur.base), (164, 96, 76), rng.uniform(0, 0.7))
    image = Image.new("RGB", (side, side), mix(stone, (230, 226, 220), 0.5))
    pen, high = ImageDraw.Draw(image), side * rng.uniform(0.06, 0.11)
    wide = high * rng.uniform(1.8, 2.6)
    for row in range(int(side / high) + 1):
        for column in range(-1, int(side / wide) + 1):
            x, y = (column + (row % 2) / 2) * wide, row * high
            pen.rectangle([x, y, x + wide - side * 0.012, y + high - side * 0.012], fill=jitter(rng, stone, 9))
    return image


def _planks(rng: random.Random, side: int, fur: Fur) -> Image.Image:
    wood = mix(_room_colour(rng, fur.base), (150, 108, 72), rng.uniform(0.2, 0.8))
    image = Image.new("RGB", (side, side), wood)
    pen, step, upright = ImageDraw.Draw(image), side * rng.uniform(0.09, 0.2), rng.random() < 0.5
    at = -rng.uniform(0, step)
    while at < side:
        tone = jitter(rng, wood, 10)
        box = [at, 0, at + step - 5, side] if upright else [0, at, side, at + step - 5]
        pen.rectangle(box, fill=tone)
        for _ in range(3):
            grain = at + rng.uniform(0.1, 0.9) * step
            line = [grain, 0, grain + rng.gauss(0, 4), side] if upright else [0, grain, side, grain + rng.gauss(0, 4)]
            pen.line(line, fill=mix(tone, (0, 0, 0), 0.12), width=2)
        at += step
    return image


def _studio(rng: random.Random, side: int, fur: Fur) -> Image.Image:
    first = _room_colour(rng, fur.base)
    image = ramp((side, side), first, mix(first, _room_colour(rng), 0.7), rng.uniform(0, math.tau))
    for _ in range(rng.randint(1, 3)):
        x, y, r = rng.uniform(0, side), rng.uniform(0, side), side * rng.uniform(0.3, 0.7)
        soft_blot(image, (x - r, y - r, x + r, y + r), _room_colour(rng), 0.6)
    return image


def _bokeh(rng: random.Random, side: int, fur: Fur) -> Image.Image:
    first = mix(_room_colour(rng, fur.base), rng.choice([(60, 96, 60), (40, 44, 76), (120, 84, 60)]), 0.5)
    image = ramp((side, side), first, mix(first, (10, 10, 20), 0.4), rng.uniform(0, math.tau))
    pen, glow = ImageDraw.Draw(image), _room_colour(rng)
    for _ in range(rng.randint(12, 30)):
        x, y, r = rng.uniform(0, side), rng.uniform(0, side), side * rng.uniform(0.02, 0.09)
        tone = mix(first, mix(glow, (255, 255, 230), 0.5), rng.uniform(0.15, 0.5))
        pen.ellipse([x - r, y - r, x + r, y + r], fill=tone)
    return image


def _clutter(rng: random.Random, side: int, fur: Fur) -> Image.Image:
    first = _room_colour(rng, fur.base)
    image = ramp((side, side), first, _room_colour(rng, fur.base), rng.uniform(0, math.tau))
    pen = ImageDraw.Draw(image)
    for _ in range(rng.randint(10, 22)):
        x, y, r, turn = rng.uniform(0, side), rng.uniform(0, side), side * rng.uniform(0.03, 0.14), rng.uniform(0, 6)
        corners = rng.choice([3, 4, 5, 20])
        angles = [turn + i * math.tau / corners for i in range(corners)]
        shape = [(x + r * math.cos(angle), y + r * math.sin(angle)) for angle in angles]
        pen.polygon(shape, fill=mix(first, _room_colour(rng), rng.uniform(0.3, 0.9)))
    return image


def _garden(rng: random.Random, side: int, fur: Fur) -> Image.Image:
    image = _meadow(rng, side, fur)
    pen, leaf = ImageDraw.Draw(image), jitter(rng, (62, 110, 58), 14)
    if rng.random() < 0.5:
        _fence(pen, rng, side, side * rng.uniform(0.05, 0.35), side * rng.uniform(0.6, 0.85))
    for _ in range(rng.randint(1, 3)):
        x, y = rng.uniform(0, side), side * rng.uniform(0.3, 0.8)
        for _ in range(14):
            dx, dy, r = rng.gauss(0, side * 0.08), rng.gauss(0, side * 0.06), side * rng.uniform(0.02, 0.06)
            pen.ellipse([x + dx - r, y + dy - r, x + dx + r, y + dy + r], fill=jitter(rng, leaf, 12))
    return image


# Each thing takes its middle (x, y) and its radius r in pixels.


def _ball(pen, rng: random.Random, x: float, y: float, r: float):
    colour = _room_colour(rng)
    pen.ellipse([x - r, y - r, x + r, y + r], fill=colour, outline=mix(colour, (0, 0, 0), 0.4), width=3)
    seam, width = mix(colour, (255, 255, 255), 0.6), max(2, int(r * 0.14))
    pen.arc([x - r * 1.6, y - r, x + r * 0.4, y + r], -60, 60, fill=seam, width=width)
    pen.arc([x - r * 0.4, y - r, x + r * 1.6, y + r], 120, 240, fill=seam, width=width)


def _plant(pen, rng: random.Random, x: float, y: float, r: float):
    pot, leaf = mix(_room_colour(rng), (180, 100, 70), 0.5), jitter(rng, (74, 128, 70), 18)
    for step in range(-3, 4):
        tip = (x + step * r * 0.45 + rng.gauss(0, r * 0.1), y - r * (2.4 - abs(step) * 0.3))
        pen.polygon(
            [
                (x - r * 0.12, y - r * 0.6),
                (tip[0] - r * 0.25, (tip[1] + y) / 2),
                tip,
                (tip[0] + r * 0.2, (tip[1] + y) / 2),
                (x + r * 0.12, y - r * 0.6),
            ],
            fill=jitter(rng, leaf, 9),
        )
    pen.polygon(
        [
            (x - r * 0.7, y - r * 0.7),
            (x + r * 0.7, y - r * 0.7),
            (x + r * 0.5, y + r * 0.6),
            (x - r * 0.5, y + r * 0.6),
        ],
        fill=pot,
    )
    pen.rectangle([x - r * 0.8, y - r * 0.9, x + r * 0.8, y - r * 0.6], fill=mix(pot, (255, 255, 255), 0.15))


def _books(pen, rng: random.Random, x: float, y: float, r: float):
    for step in range(rng.randint(2, 4)):
        shift, w, h = rng.gauss(0, r * 0.12), r * rng.uniform(0.9, 1.2), r * 0.36
        colour, box = _room_colour(rng), [x - w + shift, y - h * (step + 1), x + w + shift, y - h * step]
        pen.rectangle(box, fill=colour, outline=mix(colour, (0, 0, 0), 0.4), width=3)


def _mug(pen, rng: random.Random, x: float, y: float, r: float):
    colour = _room_colour(rng)
    handle = [x + r * 0.2, y - r * 0.7, x + r * 1.1, y + r * 0.3]
    pen.arc(handle, -90, 90, fill=mix(colour, (0, 0, 0), 0.25), width=max(3, int(r * 0.2)))
    pen.rectangle([x - r * 0.7, y - r, x + r * 0.7, y + r * 0.7], fill=colour)
    pen.ellipse([x - r * 0.7, y - r * 1.2, x + r * 0.7, y - r * 0.8], fill=mix(colour, (0, 0, 0), 0.35))


def _bowl(pen, rng: random.Random, x: float, y: float, r: float):
    colour = _room_colour(rng)
    pen.ellipse([x - r * 0.9, y - r * 0.55, x + r * 0.9, y - r * 0.15], fill=mix((150, 96, 60), colour, 0.2))
    side = [(x - r, y - r * 0.35), (x + r, y - r * 0.35), (x + r * 1.25, y + r * 0.4), (x - r * 1.25, y + r * 0.4)]
    pen.polygon(side, fill=colour)


def _present(pen, rng: random.Random, x: float, y: float, r: float):
    colour, band = _room_colour(rng), _room_colour(rng)
    pen.rectangle([x - r, y - r, x + r, y + r * 0.8], fill=colour, outline=mix(colour, (0, 0, 0), 0.3), width=3)
    pen.rectangle([x - r * 0.15, y - r, x + r * 0.15, y + r * 0.8], fill=band)
    for turn in (-1, 1):
        loop = [x + turn * r * 0.3 - r * 0.3, y - r * 1.4, x + turn * r * 0.3 + r * 0.3, y - r]
        pen.ellipse(loop, outline=band, width=max(3, int(r * 0.13)))


def _cushion(pen, rng: random.Random, x: float, y: float, r: float):
    colour = _room_colour(rng)
    shape = closed(
        [
            (x - r, y - r * 0.9),
            (x, y - r * 0.7),
            (x + r, y - r * 0.95),
            (x + r * 0.85, y),
            (x + r, y + r * 0.7),
            (x, y + r * 0.6),
            (x - r, y + r * 0.75),
            (x - r * 0.85, y),
        ],
        4,
    )
    pen.polygon(flattened(shape), fill=colour, outline=mix(colour, (0, 0, 0), 0.4))
    pen.line([x - r * 0.5, y - r * 0.3, x + r * 0.5, y - r * 0.3], fill=mix(colour, (255, 255, 255), 0.4), width=4)


def _lamp(pen, rng: random.Random, x: float, y: float, r: float):
    colour = _room_colour(rng)
    pen.rectangle([x - r * 0.08, y - r * 1.4, x + r * 0.08, y + r], fill=mix(colour, (30, 24, 20), 0.7))
    shade = [(x - r * 0.45, y - r * 2), (x + r * 0.45, y - r * 2), (x + r * 0.9, y - r), (x - r * 0.9, y - r)]
    pen.polygon(shade, fill=mix(colour, (255, 240, 190), 0.5))
    pen.ellipse([x - r * 0.5, y + r * 0.85, x + r * 0.5, y + r * 1.1], fill=mix(colour, (30, 24, 20), 0.7))


def _yarn(pen, rng: random.Random, x: float, y: float, r: float):
    colour = _room_colour(rng)
    pen.ellipse([x - r, y - r, x + r, y + r], fill=colour)
    for _ in range(7):
        a, b = r * rng.uniform(0.3, 0.98), r * rng.uniform(0.3, 0.98)
        start, end = rng.uniform(0, 360), rng.uniform(360, 600)
        pen.arc([x - a, y - b, x + a, y + b], start, end, fill=mix(colour, (0, 0, 0), 0.3), width=3)


_THINGS = (_ball, _plant, _books, _mug, _bowl, _present, _cushion, _lamp, _yarn)


def _fence(pen, rng: random.Random, side: int, top: float, bottom: float):
    wood = mix(_room_colour(rng), (190, 160, 124), 0.5)
    step, dark = side * rng.uniform(0.12, 0.2), mix(wood, (0, 0, 0), 0.35)
    width = step * rng.uniform(0.3, 0.5)
    for share in (0.3, 0.75):
        y = top + (bottom - top) * share
        pen.rectangle([0, y, side, y + side * 0.035], fill=mix(wood, (0, 0, 0), 0.15))
    x = -rng.uniform(0, step)
    while x < side:
        picket = [
            (x, bottom),
            (x, top + width * 0.6),
            (x + width / 2, top),
            (x + width, top + width * 0.6),
            (x + width, bottom),
        ]
        pen.polygon(picket, fill=jitter(rng, wood, 5), outline=dark)
        x += step


def paint_foreground(rng: random.Random, canvas: Image.Image, sketch: Sketch, place: Place):
    """In a quarter of the pictures something stands before the pet, mostly below its face."""
    if rng.random() > 0.27:
        return
    pen, side = ImageDraw.Draw(canvas), canvas.width
    left, top, right, bottom = place.box
    chin = top + (bottom - top) * (rng.uniform(0.6, 0.85) if sketch.ground else rng.uniform(0.74, 0.95))
    kind = rng.choice(["box", "fence", "grass", "blanket", "thing", "thing", "post"])
    if kind == "box":
        card = mix(_room_colour(rng), (186, 146, 102), 0.6)
        x, w = rng.uniform(left - side * 0.1, right - side * 0.2), side * rng.uniform(0.3, 0.8)
        pen.rectangle([x, chin, x + w, side], fill=card, outline=mix(card, (0, 0, 0), 0.4), width=4)
        pen.rectangle([x + w * 0.42, chin, x + w * 0.58, side], fill=mix(card, (255, 240, 200), 0.3))
    elif kind == "fence":
        _fence(pen, rng, side, chin, side * 1.05)
    elif kind == "grass":
        green = jitter(rng, (92, 138, 66), 20)
        for _ in range(110):
            x = rng.uniform(0, side)
            blade = [x, side, x + rng.gauss(0, side * 0.04), rng.uniform(chin, side)]
            pen.line(blade, fill=jitter(rng, green, 16), width=rng.randint(3, 7))
    elif kind == "blanket":
        cloth, phase = _room_colour(rng, sketch.fur.base), rng.uniform(0, 6)
        edge = [(x, chin + side * 0.03 * math.sin(x / side * 9 + phase)) for x in range(0, side + 13, 12)]
        pen.polygon([*edge, (side, side), (0, side)], fill=cloth)
        pen.line(edge, fill=mix(cloth, (0, 0, 0), 0.3), width=4)
        for step in range(-2, 12):
            stripe = [step * side * 0.1, side, step * side * 0.1 + side * 0.12, chin + side * 0.06]
            pen.line(stripe, fill=mix(cloth, (255, 255, 255), 0.2), width=5)
    elif kind == "post":
        wood, w = mix(_room_colour(rng), (130, 100, 76), 0.5), side * rng.uniform(0.06, 0.13)
        x = rng.uniform(left - w, right)
        pen.rectangle([x, 0, x + w, side], fill=wood, outline=mix(wood, (0, 0, 0), 0.4), width=3)
        pen.line([x + w * 0.3, 0, x + w * 0.3, side], fill=mix(wood, (255, 255, 255), 0.25), width=4)
    else:
        x, r = rng.uniform(left, right), side * rng.uniform(0.08, 0.16)
        rng.choice(_THINGS)(pen, rng, x, min(side * 0.95, bottom - side * 0.02), r)


_GRAIN_SIDE = 768


@lru_cache(maxsize=1)
def _grain() -> Image.Image:
    """L image of normal noise about 128 with a standard deviation of 32."""
    noise = np.random.default_rng(0).standard_normal((_GRAIN_SIDE, _GRAIN_SIDE)) * 32 + 128
    return Image.fromarray(np.clip(noise, 0, 255).astype(np.uint8))


def photograph(rng: random.Random, image: Image.Image) -> Image.Image:
    """Light and camera: a shadow or a glow from one side, brightness, warm or cold light, slight blur, grain."""
    size = image.size
    if rng.random() < 0.55:
        shade = int(255 * rng.uniform(0.45, 0.85))
        dim = ramp(size, (255, 255, 255), (shade, shade, shade), rng.uniform(0, math.tau))
        image = ImageChops.multiply(image, dim)
    gain, lift, warm = rng.uniform(0.78, 1.14), rng.uniform(-8, 18), rng.gauss(0, 0.07)
    tint = (1 + warm, 1 + rng.gauss(0, 0.015), 1 - warm)
    levels = np.arange(256)
    table = [np.clip(levels * gain * share + lift, 0, 255).astype(np.uint8) for share in tint]
    image = image.point(np.concatenate(table).tolist())
    if rng.random() < 0.2:
        image = image.filter(ImageFilter.BoxBlur(rng.uniform(0.3, 0.8) * size[0] / 256))
    if rng.random() < 0.5:
        strength, extent = rng.uniform(0.04, 0.17), min(size[0], _GRAIN_SIDE // 2)
        x, y = rng.randrange(_GRAIN_SIDE // 2), rng.randrange(_GRAIN_SIDE // 2)
        grain = _grain().crop((x, y, x + extent, y + extent)).resize(size, Image.Resampling.NEAREST)
        grain = grain.point(lambda value: 128 + (value - 128) * strength)
        image = ImageChops.add(image, Image.merge("RGB", [grain] * 3), 1, -128)
    return image
