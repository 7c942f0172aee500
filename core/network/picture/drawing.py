"""Stages as boxes to scale, from the photo on the left to the answer on the right.

A map is a box: its height and its depth are the map's side, in the measure of the photo's; its thickness is the number of
channels (Krizhevsky et al. 2012, figure 2, draws them so). A dense layer is a bar. On the map that a convolution looks at
stands its window, to scale, with lines to what it makes of it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.network.picture.stages import Stage
from core.network.picture.svg import Colours, document, element, path, text

TILE, HEIGHT = 116, 250  # pixels of one layer's place
PER_STRIP = 3  # places of one strip: as wide as a telephone
PER_ROW = 9  # of the whole picture: AlexNet's input, five convolutions, three dense layers
_AXIS, _TEXT = 92, 190  # heights of the boxes' middle and of the first line of text
_SIDE = 128  # pixels of the photo's side
_DEPTH, _RISE = 0.3, 0.6  # how much of a depth is seen; how far up it goes for each pixel to the right
_GAP = 5  # pixels between a convolution's box and its pool's


@dataclass(frozen=True)
class Shape:
    """What is drawn of one stage.

    Args:
        svg: its elements.
        left, right: where they begin and end, in pixels.
        map_side: of its last map, in pixels; 0 where no layer can look at a map.
    """

    svg: str
    left: float
    right: float
    map_side: float = 0.0


def strips(stages: Sequence[Stage], colours: Colours, chosen: str = "", full_size: int = 0) -> list[tuple[str, int]]:
    """The picture in pieces of at most PER_STRIP places, to stand side by side or, where there is no room, below each other.

    Args:
        stages: from ``stages``.
        chosen: key of the stage that is marked.
        full_size: side of the photo that is drawn largest. Defaults to this network's own.

    Returns:
        (SVG, width in pixels) of each.
    """
    places = _places(stages, colours, chosen, full_size)
    pieces: list[tuple[str, int]] = []
    for start in range(0, len(places), PER_STRIP):
        width = TILE * len(places[start : start + PER_STRIP])
        pieces.append((document(start * TILE, width, HEIGHT, colours, _piece(places, start, PER_STRIP)), width))
    return pieces


def whole(stages: Sequence[Stage], colours: Colours, title: str = "") -> str:
    """The whole picture in one SVG, at most PER_ROW places in a row, for papers and slides."""
    places = _places(stages, colours, "", 0)
    starts = range(0, len(places), PER_ROW)
    width, top = TILE * min(PER_ROW, len(places)), 34 if title else 0
    body = text(title, 12, 24, 16, colours.ink, font_weight="600") if title else ""
    for row, start in enumerate(starts):
        box = f"{start * TILE} 0 {width} {HEIGHT}"
        piece = _piece(places, start, PER_ROW)
        body += element("svg", piece, x=0, y=top + row * HEIGHT, width=width, height=HEIGHT, viewBox=box)
    return document(0, width, top + len(starts) * HEIGHT, colours, body)


def _piece(places: list[str], start: int, count: int) -> str:
    """Some places and, since lines go from one to the next, their neighbours."""
    return "".join(places[max(0, start - 1) : start + count + 1])


def _places(stages: Sequence[Stage], colours: Colours, chosen: str, full_size: int) -> list[str]:
    """The drawing of each place, in coordinates of one long row."""
    photo_size = stages[0].maps[0][0] if stages[0].maps else 1
    scale = _SIDE / max(full_size, photo_size)
    places: list[str] = []
    before: Shape | None = None
    for index, stage in enumerate(stages):
        left = index * TILE
        shape = _shape(stage, left + TILE / 2, scale, colours)
        place = _frame(left, colours) if stage.key == chosen else ""
        if before is not None:
            place += _link(before, shape, stage.window * scale, colours)
        places.append(place + shape.svg + _words(stage, left + TILE / 2, colours))
        before = shape
    return places


def _frame(left: float, colours: Colours) -> str:
    return element(
        "rect",
        x=left + 2,
        y=3,
        width=TILE - 4,
        height=HEIGHT - 6,
        rx=4,
        fill=colours.chosen,
        fill_opacity=0.09,
        stroke=colours.chosen,
        stroke_width=1.5,
    )


def _shape(stage: Stage, middle: float, scale: float, colours: Colours) -> Shape:
    if stage.is_broken:
        cross = path("M", middle - 14, _AXIS - 14, "l28 28m0 -28l-28 28", stroke=colours.wrong, stroke_width=4)
        return Shape(cross, middle - 20, middle + 20)
    if stage.units:
        return _bar(stage.units, middle, colours)
    return _boxes(stage, middle, scale, colours)


def _bar(units: int, middle: float, colours: Colours) -> Shape:
    height = min(150.0, max(5.0, 150 * math.sqrt(units / 4096)))
    bar = element(
        "rect",
        x=middle - 6,
        y=_AXIS - height / 2,
        width=12,
        height=height,
        fill=colours.dense,
        fill_opacity=0.85,
    )
    return Shape(bar, middle - 6, middle + 6)


def _boxes(stage: Stage, middle: float, scale: float, colours: Colours) -> Shape:
    """The maps of a stage, one behind the other."""
    sides = [min(1.15 * _SIDE, max(3.0, side * scale)) for side, _ in stage.maps]
    gaps = sum(_DEPTH * side for side in sides) + _GAP * (len(sides) - 1)
    room = (TILE - 14 - gaps) / len(sides)
    thicknesses = [max(2.0, min(44.0, channels * 0.1, room)) for _, channels in stage.maps]
    left = x = middle - (sum(thicknesses) + gaps) / 2
    colour = colours.quiet if stage.key == "input" else colours.conv
    boxes = ""
    for number, (side, thickness) in enumerate(zip(sides, thicknesses, strict=True)):
        boxes += _box(x, side, thickness, colour, 0.85 if number == 0 else 0.5)
        x += thickness + _DEPTH * side + _GAP
    return Shape(boxes, left, x - _GAP, sides[-1])


def _box(x: float, side: float, thickness: float, colour: str, strength: float) -> str:
    """A box whose face to the right is a map, seen from the front, above and the right."""
    depth = _DEPTH * side  # goes to the back, which is right and up
    up = _RISE * depth
    top, bottom = _AXIS - side / 2 + up / 2, _AXIS + side / 2 + up / 2
    front = element("rect", x=x, y=top, width=thickness, height=side, fill=colour, fill_opacity=strength)
    lid = ("M", x, top, "l", depth, -up, "h", thickness, "l", -depth, up, "z")
    face = ("M", x + thickness, bottom, "v", -side, "l", depth, -up, "v", side, "z")
    return (
        path(*lid, fill=colour, fill_opacity=strength * 0.45)
        + path(*face, fill=colour, fill_opacity=strength * 0.65)
        + front
    )


def _link(before: Shape, shape: Shape, window: float, colours: Colours) -> str:
    """From one stage to the next: a window on a map with lines from there, else an arrow.

    Args:
        window: side, in pixels, of the square that the next stage looks at; 0 for none.
    """
    if not window or not before.map_side:
        arrow = ("M", before.right + 7, _AXIS, "H", shape.left - 9, "m-5 -4l5 4l-5 4")
        return path(*arrow, fill="none", stroke=colours.quiet, stroke_width=1.2)
    size = min(max(2.5, window), before.map_side)
    depth = _DEPTH * size
    up = _RISE * depth
    x = before.right - _DEPTH * before.map_side / 2 - depth / 2  # in the middle of the face to the right
    y = _AXIS + size / 2 + up / 2
    square = ("M", x, y, "v", -size, "l", depth, -up, "v", size, "z")
    lines = ("M", x + depth, y - size - up, "L", shape.left - 2, _AXIS, "L", x + depth, y - up)
    return path(*square, fill=colours.ground, fill_opacity=0.75, stroke=colours.ink, stroke_width=1) + path(
        *lines, fill="none", stroke=colours.quiet, stroke_width=1, stroke_dasharray="3 2"
    )


def _words(stage: Stage, middle: float, colours: Colours) -> str:
    ink = colours.wrong if stage.is_broken else colours.ink
    words = text(stage.name, middle, _TEXT, 14, ink, text_anchor="middle", font_weight="600")
    for number, line in enumerate(stage.lines[:3], 1):
        is_long = len(line) > 19
        squeeze = {"textLength": str(TILE - 6), "lengthAdjust": "spacingAndGlyphs"} if is_long else {}
        colour = ink if number == 1 else colours.quiet
        words += text(line, middle, _TEXT + 17 * number - 1, 12.5, colour, text_anchor="middle", **squeeze)
    return words
