"""Pictures of neither class, made by the app: what a network should learn to say “neither” to where nobody has photos of it.

Noise alone teaches nothing about the world (Hendrycks et al. 2019, “Deep anomaly detection with outlier exposure”), so there are many
kinds; those made of the photos themselves, cut to pieces or with the pet wiped away, are the nearest to photos. All take the way that
photos take, JPEG and then the same resizing, or the traces of that way would tell them apart.

Every picture is a function of its kind, its number and the seed. No TensorFlow.
"""

import io
import random
import string
from collections.abc import Callable, Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from core.photos.drawn import scenes
from core.photos.drawn.brush import draw_fur
from core.photos.files.decode import decode
from core.photos.files.pixels import fit_image

Make = Callable[[np.random.Generator, np.ndarray], np.ndarray]
"""(generator, a photo of a class (S, S, 3) uint8) -> (H, W, 3) uint8; most look at no photo."""

SIDES = (160, 360)  # of the pictures before JPEG, in pixels
QUALITIES = (55, 96)


def make(kind: str, number: int, seed: int, photo: np.ndarray, size: int, fit: str = "squash") -> np.ndarray:
    """One picture of a kind, (size, size, 3) uint8.

    Args:
        kind: one of ``KINDS``.
        number: which picture of its kind, from 0.
        seed: the same arguments give the same picture.
        photo: (S, S, 1 or 3) uint8, of a class; ``USES_PHOTOS`` are made of it.
        size, fit: as ``fit_image``.
    """
    rng = np.random.default_rng([seed, list(KINDS).index(kind), number])
    photo = photo if photo.shape[2] == 3 else np.repeat(photo, 3, axis=2)
    picture = np.ascontiguousarray(KINDS[kind](rng, photo))
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=int(rng.integers(*QUALITIES)))
    return fit_image(decode(file.getvalue()), size, fit)


def make_some(
    photos: np.ndarray, rows: np.ndarray, size: int, fit: str, per_kind: int, seed: int, kinds: Sequence[str] = ()
) -> np.ndarray:
    """(len(kinds) * per_kind, size, size, C) uint8, kind after kind.

    Args:
        photos: (N, S, S, C) uint8, a cache.
        rows: of photos of the classes, from which some kinds are made.
        kinds: Defaults to all of ``KINDS``.
    """
    made = []
    for kind in kinds or KINDS:
        for number in range(per_kind):
            row = rows[(number * 7919) % len(rows)]
            picture = make(kind, number, seed, np.asarray(photos[row]), size, fit)
            made.append(picture if photos.shape[3] == 3 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[:, :, None])
    return np.stack(made)


def _size(rng: np.random.Generator) -> tuple[int, int]:
    """(height, width) of a picture: as photos are, mostly 3:4 either way."""
    long = int(rng.integers(*SIDES))
    short = int(long * rng.uniform(0.66, 1.0))
    return (short, long) if rng.random() < 0.6 else (long, short)


def _colour(rng: np.random.Generator) -> tuple[int, int, int]:
    red, green, blue = (int(level) for level in rng.integers(0, 256, 3))
    return red, green, blue


def _jigsaw(rng: np.random.Generator, photo: np.ndarray) -> np.ndarray:
    """The photo's tiles in another order, some turned: all of its colours and fur, nothing of its shape."""
    number = int(rng.integers(4, 9))
    side = photo.shape[0] // number
    tiles = [photo[y * side : (y + 1) * side, x * side : (x + 1) * side] for y in range(number) for x in range(number)]
    order = rng.permutation(len(tiles))
    turned = [np.rot90(tiles[index], int(rng.integers(4))) for index in order]
    rows = [np.concatenate(turned[y * number : (y + 1) * number], axis=1) for y in range(number)]
    return np.concatenate(rows)


def _wiped(rng: np.random.Generator, photo: np.ndarray) -> np.ndarray:
    """The photo with everything but a rim blurred beyond recognition, or smeared over with what lies at the rim."""
    side = photo.shape[0]
    if rng.random() < 0.5:  # down to a few cells: light and colours stay
        cells = int(rng.integers(2, 5))
        small = cv2.resize(photo, (cells, cells), interpolation=cv2.INTER_AREA)
        wiped = cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC)
    else:  # the rim, mirrored into the middle
        rim = max(4, int(side * rng.uniform(0.08, 0.14)))
        strips = photo[:rim] if rng.random() < 0.5 else photo[-rim:]
        wiped = np.tile(np.concatenate([strips, strips[::-1]]), (side // (2 * rim) + 1, 1, 1))[:side]
    keep = max(1, int(side * rng.uniform(0.02, 0.12)))
    mask = np.zeros((side, side, 1), np.float32)
    mask[keep : side - keep, keep : side - keep] = 1
    mask = cv2.GaussianBlur(mask, (0, 0), max(1.0, keep / 2))[:, :, None]
    return (photo * (1 - mask) + wiped * mask).astype(np.uint8)


def _clouds(rng: np.random.Generator, height: int, width: int, finest: int) -> np.ndarray:
    """(H, W) float32 around 0: noise at several scales, the coarse ones strongest."""
    total = np.zeros((height, width), np.float32)
    cells, weight = 2, 1.0
    while cells <= finest:
        grid = rng.normal(size=(cells, cells)).astype(np.float32)
        total += weight * cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
        cells, weight = cells * 2, weight * float(rng.uniform(0.45, 0.95))
    return total / max(1e-6, float(total.std()))


def _texture(rng: np.random.Generator, photo: np.ndarray) -> np.ndarray:
    """Stone, cloth, grass, water: noise or waves, warped, between a few colours."""
    height, width = _size(rng)
    y, x = np.mgrid[:height, :width].astype(np.float32) / max(height, width)
    values = _clouds(rng, height, width, int(2 ** rng.integers(3, 8)))
    if rng.random() < 0.6:
        angle, times = rng.uniform(0, np.pi), rng.uniform(8, 80)
        waves = np.sin((x * np.cos(angle) + y * np.sin(angle)) * times * 2 * np.pi / 3 + rng.uniform(0, 2) * values)
        values = waves + rng.uniform(0, 0.8) * values
    share = ((np.clip(values, -2, 2) + 2) / 4)[:, :, None]
    first, second = np.array(_colour(rng)), np.array(_colour(rng))
    grain = rng.normal(0, rng.uniform(0, 16), (height, width, 1))
    return np.clip(first * (1 - share) + second * share + grain, 0, 255).astype(np.uint8)


def _noise(rng: np.random.Generator, photo: np.ndarray) -> np.ndarray:
    """Grey or coloured grains, from single pixels to blocks."""
    height, width = _size(rng)
    block, channels = int(rng.choice([1, 1, 2, 4, 8, 16])), int(rng.choice([1, 3]))
    shape = (-(-height // block), -(-width // block), channels)
    if rng.random() < 0.5:
        grains = rng.integers(0, 256, shape)
    else:
        grains = rng.normal(rng.uniform(40, 215, channels), rng.uniform(10, 80), shape)
    grains = np.repeat(np.clip(grains, 0, 255).astype(np.uint8), 3 // channels, axis=2)
    return cv2.resize(grains, (width, height), interpolation=cv2.INTER_NEAREST)


def _gradient(rng: np.random.Generator, photo: np.ndarray) -> np.ndarray:
    """Two or three colours that run into one another, along a line or around a place."""
    height, width = _size(rng)
    y, x = np.mgrid[:height, :width] / max(height, width)
    if rng.random() < 0.5:
        angle = rng.uniform(0, 2 * np.pi)
        way = x * np.cos(angle) + y * np.sin(angle)
    else:
        way = np.hypot(x - rng.random(), y - rng.random())
    way = (way - way.min()) / np.ptp(way)
    places = np.linspace(0, 1, int(rng.integers(2, 4)))
    colours = np.array([_colour(rng) for _ in places])
    return np.stack([np.interp(way, places, colours[:, channel]) for channel in range(3)], axis=-1).astype(np.uint8)


def _wall(rng: np.random.Generator, photo: np.ndarray) -> np.ndarray:
    """Nearly one colour: a wall, a table, the sky, a lens cap; light falls off to one side."""
    height, width = _size(rng)
    light = cv2.resize(rng.uniform(-1, 1, (2, 2)), (width, height)) * rng.uniform(0, 40)
    grain = rng.normal(0, rng.uniform(0, 6), (height, width))
    base = np.array(_colour(rng) if rng.random() < 0.6 else (int(rng.integers(256)),) * 3)
    return np.clip(base + (light + grain)[:, :, None], 0, 255).astype(np.uint8)


def _scene(rng: np.random.Generator, photo: np.ndarray) -> np.ndarray:
    """A drawn room, meadow or wallpaper in which no pet sits."""
    dice, side = random.Random(int(rng.integers(2**31))), int(rng.integers(*SIDES))
    return np.asarray(scenes.paint_background(dice, side, draw_fur(dice)).convert("RGB"))


def _page(rng: np.random.Generator, photo: np.ndarray) -> np.ndarray:
    """A page of text, or a few words in large letters."""
    height, width = _size(rng)
    ink, paper = (_colour(rng), _colour(rng)) if rng.random() < 0.4 else ((20, 20, 20), (245, 243, 238))
    if rng.random() < 0.15:
        ink, paper = paper, ink
    image = Image.new("RGB", (width, height), paper)
    pen = ImageDraw.Draw(image)
    letters = float(rng.choice([9, 11, 13, 16, 24, 48]))
    font, y, margin = ImageFont.load_default(letters), 0.0, float(rng.uniform(0.02, 0.12)) * width
    y = margin
    while y < height:
        pen.text((margin, y), _words(rng, int(2 * width / letters)), fill=ink, font=font)
        y += letters * (1.25 if rng.random() < 0.9 else 2.5)
    pen.rectangle((width - margin, 0, width, height), fill=paper)
    return np.asarray(image)


def _words(rng: np.random.Generator, length: int) -> str:
    letters = np.array(list(string.ascii_lowercase + " " * 5 + "eeaioutnrs"))
    text = "".join(rng.choice(letters, length))
    return text.capitalize() if rng.random() < 0.4 else text


def _screen(rng: np.random.Generator, photo: np.ndarray) -> np.ndarray:
    """A screenshot, a chart, a sign: boxes, lines, circles and some words."""
    height, width = _size(rng)
    image = Image.new("RGB", (width, height), _colour(rng) if rng.random() < 0.5 else (250, 250, 250))
    pen = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(3, 18))):
        left, right = sorted(float(x) for x in rng.uniform(0, width, 2))
        top, bottom = sorted(float(y) for y in rng.uniform(0, height, 2))
        box, colour = (left, top, right + 1, bottom + 1), _colour(rng)
        match int(rng.integers(4)):
            case 0:
                pen.rectangle(box, fill=colour)
            case 1:
                pen.ellipse(box, fill=colour)
            case 2:
                pen.line(box, fill=colour, width=int(rng.integers(1, 8)))
            case _:
                font = ImageFont.load_default(float(rng.choice([10, 14, 22])))
                pen.text((left, top), _words(rng, int(rng.integers(3, 24))), fill=colour, font=font)
    return np.asarray(image)


KINDS: dict[str, Make] = {
    "jigsaw": _jigsaw,
    "wiped": _wiped,
    "texture": _texture,
    "noise": _noise,
    "gradient": _gradient,
    "wall": _wall,
    "scene": _scene,
    "page": _page,
    "screen": _screen,
}
USES_PHOTOS = ("jigsaw", "wiped")
