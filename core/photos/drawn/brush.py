"""What pets and scenes are drawn with: colours, curves, a sketch of shapes, a painter. No TensorFlow."""

import math
import random
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageChops, ImageDraw

Colour = tuple[int, int, int]

FUR_COLOURS: tuple[Colour, ...] = (
    (52, 47, 48),
    (92, 92, 98),
    (118, 126, 140),
    (92, 62, 44),
    (130, 84, 52),
    (196, 118, 54),
    (222, 150, 80),
    (214, 178, 126),
    (236, 214, 176),
    (240, 236, 228),
    (168, 162, 158),
    (150, 116, 86),
)
EYE_COLOURS: tuple[Colour, ...] = (
    (196, 142, 40),
    (122, 150, 66),
    (92, 60, 34),
    (134, 92, 42),
    (92, 146, 190),
    (168, 164, 70),
    (60, 42, 30),
)
NOSE_COLOURS: tuple[Colour, ...] = ((40, 34, 36), (58, 44, 42), (96, 62, 52), (196, 122, 118))
PATTERNS = ("plain", "tabby", "patches", "spots", "points", "bicolour", "blaze", "half")


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """``a`` with ``share`` of ``b`` in it."""
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def jitter(rng: random.Random, colour: Colour, amount: float = 14) -> Colour:
    """A neighbour of ``colour``: brightness and tint moved a little."""
    shift = rng.gauss(0, amount)
    red, green, blue = (min(255, max(0, round(value + shift + rng.gauss(0, amount / 3)))) for value in colour)
    return red, green, blue


def luma(colour: Colour) -> float:
    """How bright a colour looks, 0 to 255 (ITU-R BT.601)."""
    return 0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2]


class Fur(NamedTuple):
    """What a pet's coat and face are coloured with, the same lottery for every animal."""

    base: Colour
    mark: Colour  # stripes, spots, patches
    light: Colour  # muzzle, chest, belly
    skin: Colour  # inside of the ears
    nose: Colour
    eye: Colour
    line: Colour  # outlines, mouth, whiskers on light coats
    pattern: str
    fluff: float  # height of the tufts along the outline
    outline: float  # width of the outline; 0 is none

    def limb(self) -> Colour:
        """Legs, ears and tail: dark on a coat with points."""
        return self.mark if self.pattern == "points" else self.base

    def toe(self) -> Colour:
        """Paws: white socks on a bicolour coat."""
        return self.light if self.pattern in ("bicolour", "blaze") else self.limb()


def draw_fur(rng: random.Random) -> Fur:
    """A coat from the lottery; its marks can be told from its ground."""
    base = jitter(rng, rng.choice(FUR_COLOURS))
    pattern = rng.choice(PATTERNS)
    dark = mix(base, (34, 26, 24), rng.uniform(0.35, 0.65))
    other = jitter(rng, rng.choice(FUR_COLOURS))
    mark = dark if pattern in ("tabby", "points") or abs(luma(other) - luma(base)) < 35 else other
    if luma(base) < 75 and pattern in ("tabby", "points"):
        base, mark = mix(base, (255, 240, 220), 0.3), base
    light = mix(base, (250, 244, 234), rng.uniform(0.25, 0.95))
    return Fur(
        base=base,
        mark=mark,
        light=light,
        skin=mix(base, rng.choice([(222, 152, 146), (190, 120, 112), (90, 66, 64)]), 0.65),
        nose=jitter(rng, rng.choice(NOSE_COLOURS), 6),
        eye=jitter(rng, rng.choice(EYE_COLOURS), 8),
        line=mix(base, (24, 18, 18), 0.72),
        pattern=pattern,
        fluff=rng.choice([0.0, 0.0, rng.uniform(0.02, 0.07)]),
        outline=rng.choice([0.0, 0.035, 0.05]),
    )


def _spline_basis(steps: int) -> np.ndarray:
    """Weights of four neighbouring points at ``steps`` places between the middle two (Catmull and Rom 1974)."""
    t = np.arange(steps)[:, None] / steps
    powers = np.concatenate([np.ones_like(t), t, t**2, t**3], axis=1)
    return 0.5 * powers @ np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]], float)


_BASIS = {steps: _spline_basis(steps) for steps in (4, 6)}
_CIRCLE = np.stack([np.cos(np.arange(28) * math.tau / 28), np.sin(np.arange(28) * math.tau / 28)], axis=1)


@lru_cache(maxsize=64)
def _neighbours(num: int) -> np.ndarray:
    """(num, 4) indices of the point before, the point, and the two after it, round a closed line of ``num`` points."""
    return (np.arange(num)[:, None] + [-1, 0, 1, 2]) % num


def closed(points, steps: int = 6) -> np.ndarray:
    """Smooth closed curve through ``points`` (n, 2) -> (n * steps, 2)."""
    points = np.asarray(points, float)
    near = points[_neighbours(len(points))]  # (n, 4, 2)
    return (_BASIS[steps] @ near).reshape(-1, 2)


def opened(points, steps: int = 6) -> np.ndarray:
    """Smooth open curve through ``points`` (n, d) -> ((n - 1) * steps + 1, d)."""
    points = np.asarray(points, float)
    padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    near = padded[_neighbours(len(padded))[1:-2]]
    curve = (_BASIS[steps] @ near).reshape(-1, points.shape[1])
    return np.concatenate([curve, points[-1:]])


def ellipse(x: float, y: float, rx: float, ry: float, angle: float = 0.0) -> np.ndarray:
    """Outline of an ellipse with middle (x, y) and half axes rx, ry, turned by ``angle`` radians -> (28, 2)."""
    points = _CIRCLE * (rx, ry)
    if angle:
        cos, sin = math.cos(angle), math.sin(angle)
        points = points @ np.array([[cos, sin], [-sin, cos]])
    return points + (x, y)


def tube(path) -> np.ndarray:
    """Outline of a limb: ``path`` is (x, y, half width) along its middle; both ends are rounded."""
    curve = opened(path)
    middle, width = curve[:, :2], np.maximum(curve[:, 2:], 0.01)
    along = np.concatenate([middle[1:], middle[-1:]]) - np.concatenate([middle[:1], middle[:-1]])
    along /= np.maximum(np.hypot(along[:, 0], along[:, 1])[:, None], 1e-6)
    side = np.stack([-along[:, 1], along[:, 0]], axis=1) * width
    turn = np.linspace(0, math.pi, 7)[1:-1, None]
    end = middle[-1] + side[-1] * np.cos(turn) + along[-1] * width[-1] * np.sin(turn)
    start = middle[0] - side[0] * np.cos(turn) - along[0] * width[0] * np.sin(turn)
    return np.concatenate([middle + side, end, (middle - side)[::-1], start])


def mirrored(right) -> np.ndarray:
    """A symmetric outline from its right half, top to bottom; first and last points lie on the axis."""
    right = np.asarray(right, float)
    return np.concatenate([right, right[-2:0:-1] * (-1, 1)])


def tufted(outline: np.ndarray, rng: random.Random, height: float) -> np.ndarray:
    """Fur along an outline: every second point is pushed out by up to ``height``."""
    ahead = np.roll(outline, -1, 0) - np.roll(outline, 1, 0)
    normal = np.stack([ahead[:, 1], -ahead[:, 0]], axis=1)
    normal /= np.maximum(np.hypot(normal[:, 0], normal[:, 1])[:, None], 1e-6)
    push = np.array([rng.uniform(0.4, 1.6) if i % 2 else 0.0 for i in range(len(outline))])
    return outline + normal * (push * height)[:, None]


class Mark(NamedTuple):
    """A colour inside a shape, cut off at its edge; ``soft`` fades it out towards its border."""

    points: np.ndarray
    colour: Colour
    soft: float = 0.0  # 0 is a hard polygon; else the opacity of a soft blot with the polygon's extent


class Shape(NamedTuple):
    """One thing to paint. ``width`` 0 fills the outline; above 0 draws the points as a line that wide."""

    points: np.ndarray
    colour: Colour
    width: float = 0.0
    fur: bool = False  # gets texture, shading and an outline
    marks: tuple[Mark, ...] = ()
    edge: Colour | None = None
    edge_width: float = 0.0
    melt: tuple[float, float, float] | None = None  # x, y, radius: here the part fades into what lies beneath


class Sketch:
    """Shapes in the pet's units, painted in the order they were added."""

    def __init__(self, rng: random.Random, fur: Fur):
        self.rng, self.fur = rng, fur
        self.shapes: list[Shape] = []
        self.measured: list[np.ndarray] = []  # what counts as the pet's extent in the frame
        self.ground: tuple[float, float, float] | None = None  # x from, x to, y where the pet touches the ground
        self._turn = np.eye(2)
        self._shift = np.zeros(2)

    def move_to(self, x: float = 0.0, y: float = 0.0, angle: float = 0.0, scale: float = 1.0):
        """What is added next is scaled, turned by ``angle`` radians and moved to (x, y)."""
        cos, sin = math.cos(angle) * scale, math.sin(angle) * scale
        self._turn = np.array([[cos, sin], [-sin, cos]])
        self._shift = np.array([x, y])

    def _at(self, points) -> np.ndarray:
        return np.asarray(points, float) @ self._turn + self._shift

    def _scale(self) -> float:
        return float(math.hypot(*self._turn[0]))

    def coat(
        self, points, colour: Colour | None = None, marks=(), measured: bool = True, fluff: float = 1.0, melt=None
    ):
        """A part covered in fur. ``melt`` (x, y, radius) is where it grows out of the body without a seam."""
        points = np.asarray(points, float)
        if self.fur.fluff and fluff:
            points = tufted(points, self.rng, self.fur.fluff * fluff)
        points = self._at(points)
        marks = tuple(Mark(self._at(mark.points), mark.colour, mark.soft) for mark in marks)
        if measured:
            self.measured.append(points)
        scale = self._scale()
        if melt:
            melt = (*self._at(melt[:2]).tolist(), melt[2] * scale)
        edge = self.fur.line if self.fur.outline else None
        self.shapes.append(
            Shape(
                points,
                colour or self.fur.base,
                fur=True,
                marks=marks,
                edge=edge,
                edge_width=self.fur.outline * scale,
                melt=melt,
            )
        )

    def flat(self, points, colour: Colour, edge: Colour | None = None, edge_width: float = 0.04):
        """A smooth part: eye, nose, tongue."""
        self.shapes.append(Shape(self._at(points), colour, edge=edge, edge_width=edge_width * self._scale()))

    def line(self, points, colour: Colour, width: float = 0.05):
        """A stroke: mouth, whisker, toe."""
        self.shapes.append(Shape(self._at(points), colour, width=width * self._scale()))


def wobble(rng: random.Random, points, amount: float = 0.035) -> np.ndarray:
    """Points moved a little, so that no two pets have the same outline."""
    points = np.asarray(points, float)
    return points + np.array([rng.gauss(0, amount) for _ in range(points.size)]).reshape(points.shape)


class Place(NamedTuple):
    """How the sketch lies in the canvas: points @ turn + shift; ``scale`` is one unit in pixels."""

    turn: np.ndarray
    shift: np.ndarray
    scale: float
    box: tuple[float, float, float, float]  # the pet's extent in pixels: left, top, right, bottom

    def apply(self, points) -> np.ndarray:
        return np.asarray(points, float) @ self.turn + self.shift


def place_in_frame(sketch: Sketch, rng: random.Random, side: int) -> Place:
    """Every animal's extent gets its size, place and tilt from the same lottery, measured on what was sketched."""
    angle, flip = rng.gauss(0, 0.1), rng.random() < 0.5
    cos, sin = math.cos(angle), math.sin(angle)
    turn = np.array([[cos, sin], [-sin, cos]])
    if flip:
        turn = np.diag([-1.0, 1.0]) @ turn
    extent = np.concatenate(sketch.measured) @ turn
    low, high = extent.min(axis=0), extent.max(axis=0)
    whole = sketch.ground is not None
    share = rng.uniform(0.7, 0.98) if whole else rng.uniform(0.52, 0.9)
    scale = share * side / float((high - low).max())
    size = (high - low) * scale
    margin = np.maximum(side - size, 0.0)
    cut = 0.1 if rng.random() < 0.25 else 0.0  # some are cut off by the frame
    x = margin[0] * rng.random() + size[0] * rng.uniform(-cut, cut)
    y = margin[1] * (rng.uniform(0.3, 0.95) if whole else rng.uniform(0.1, 0.9)) + size[1] * rng.uniform(-cut, cut)
    shift = np.array([x, y]) - low * scale
    return Place(turn * scale, shift, scale, (x, y, x + size[0], y + size[1]))


_TEXTURE_SIDE = 768


@lru_cache(maxsize=1)
def _fur_texture() -> Image.Image:
    """L image of short strokes, the opacity of darker hairs."""
    rng = random.Random("fur")
    image = Image.new("L", (_TEXTURE_SIDE, _TEXTURE_SIDE))
    pen = ImageDraw.Draw(image)
    for _ in range(9000):
        x, y = rng.uniform(0, _TEXTURE_SIDE), rng.uniform(0, _TEXTURE_SIDE)
        lean, length = rng.gauss(0, 3), rng.uniform(5, 13)
        pen.line([x, y, x + lean, y + length], fill=rng.randint(8, 44), width=2)
    return image


@lru_cache(maxsize=1)
def _blot_mask() -> Image.Image:
    """L image, opaque in the middle, fading to nothing at the rim of the inscribed circle."""
    y, x = np.mgrid[-1:1:128j, -1:1:128j]
    return Image.fromarray((np.clip(1.15 - np.hypot(x, y) * 1.15, 0, 1) ** 0.8 * 255).astype(np.uint8))


@lru_cache(maxsize=64)
def _ball_shade(angle: float, strength: float) -> Image.Image:
    """L image: the opacity of shade on a round thing lit from ``angle``."""
    y, x = np.mgrid[-1:1:96j, -1:1:96j]
    away = np.hypot(x - 0.5 * math.cos(angle), y - 0.5 * math.sin(angle))
    return Image.fromarray((np.clip(away / 1.7 - 0.25, 0, 1) ** 1.3 * strength * 255).astype(np.uint8))


def flattened(points: np.ndarray) -> list[float]:
    """[x, y, x, y, ...], which Pillow takes fastest."""
    return points.ravel().tolist()


class Painter:
    """Paints shapes onto the canvas, lit from one side."""

    def __init__(self, canvas: Image.Image, rng: random.Random, place: Place):
        self.canvas, self.rng, self.place = canvas, rng, place
        self.pen = ImageDraw.Draw(canvas)
        self.shade = _ball_shade(-math.pi * rng.randint(0, 10) / 10, rng.choice((0.45, 0.6, 0.75, 0.9)))
        self.hair = rng.random() < 0.75

    def paint(self, sketch: Sketch):
        """The whole sketch, on its shadow."""
        if sketch.ground:
            self._paint_ground_shadow(sketch.ground)
        for shape in sketch.shapes:
            self._paint_shape(shape)

    def _paint_ground_shadow(self, ground: tuple[float, float, float]):
        left, right, y = ground
        (x0, y0), (x1, y1) = self.place.apply([(left, y), (right, y)])
        middle, half = ((x0 + x1) / 2, (y0 + y1) / 2), abs(x1 - x0) * 0.62
        box = (middle[0] - half, middle[1] - half * 0.22, middle[0] + half, middle[1] + half * 0.2)
        soft_blot(self.canvas, box, (14, 12, 16), 0.65)

    def _paint_shape(self, shape: Shape):
        points = self.place.apply(shape.points)
        if shape.width:
            self.pen.line(flattened(points), fill=shape.colour, width=max(1, round(shape.width * self.place.scale)))
            return
        if shape.fur:
            self._paint_fur(points, shape)
        else:
            self.pen.polygon(flattened(points), fill=shape.colour)
        if shape.edge:
            width = max(1, round(shape.edge_width * self.place.scale))
            outline = np.concatenate([points, points[:2]])
            if shape.melt:
                seam = self.place.apply(shape.melt[:2])
                away = np.hypot(*(points - seam).T) > shape.melt[2] * self.place.scale * 0.8
                outline = points[away]  # one open piece: the outline begins and ends at the seam
            self.pen.line(flattened(outline), fill=shape.edge, width=width)

    def _paint_fur(self, points: np.ndarray, shape: Shape):
        low, high = np.floor(points.min(axis=0)), np.ceil(points.max(axis=0)) + 1
        left, top = (max(0, int(value)) for value in low)
        right, bottom = min(self.canvas.width, int(high[0])), min(self.canvas.height, int(high[1]))
        if right <= left or bottom <= top:
            return
        size = (right - left, bottom - top)
        layer = Image.new("RGB", size, shape.colour)
        pen = ImageDraw.Draw(layer)
        for mark in shape.marks:
            inside = self.place.apply(mark.points) - (left, top)
            if mark.soft:
                soft_blot(layer, (*inside.min(axis=0), *inside.max(axis=0)), mark.colour, mark.soft)
            else:
                pen.polygon(flattened(inside), fill=mark.colour)
        whole = (int(high[0] - low[0]), int(high[1] - low[1]))
        shade = self.shade.resize(whole, Image.Resampling.NEAREST)
        if whole != size:
            x, y = left - int(low[0]), top - int(low[1])
            shade = shade.crop((x, y, x + size[0], y + size[1]))
        if self.hair and min(size) > 24:
            x, y = (self.rng.randint(0, _TEXTURE_SIDE - min(_TEXTURE_SIDE, extent)) for extent in size)
            shade = ImageChops.add(shade, _fur_texture().crop((x, y, x + size[0], y + size[1])))
        layer.paste(mix(shape.colour, (16, 10, 24), 0.78), (0, 0), shade)
        mask = Image.new("L", size)
        ImageDraw.Draw(mask).polygon(flattened(points - (left, top)), fill=255)
        if shape.melt:
            (x, y), reach = self.place.apply(shape.melt[:2]) - (left, top), shape.melt[2] * self.place.scale
            soft_blot(mask, (x - reach, y - reach, x + reach, y + reach), 0, 1.0)
        self.canvas.paste(layer, (left, top), mask)


def soft_blot(image: Image.Image, box, colour: Colour | int, opacity: float):
    """A blot of colour that fades towards the rim of ``box``."""
    left, top, right, bottom = (int(value) for value in box)
    if right - left < 2 or bottom - top < 2 or right <= 0 or bottom <= 0 or left >= image.width or top >= image.height:
        return
    mask = _blot_mask()
    mask = mask.point(lambda value: value * opacity) if opacity < 1 else mask
    mask = mask.resize((right - left, bottom - top), Image.Resampling.NEAREST)
    image.paste(colour, (left, top), mask)


def ramp(size: tuple[int, int], first: Colour, second: Colour, angle: float) -> Image.Image:
    """A gradient from one colour to another along ``angle``."""
    at = np.linspace(-0.45, 0.45, 128)
    share = np.clip(0.5 + at[None] * math.cos(angle) + at[:, None] * math.sin(angle), 0, 1)
    image = Image.new("RGB", (128, 128), first)
    image.paste(second, (0, 0), Image.fromarray((share * 255).astype(np.uint8)))
    return image.resize(size, Image.Resampling.NEAREST)
