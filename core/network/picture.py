"""The network as architecture papers draw it, as SVG: boxes to scale, from the photo on the left to the answer on the right.

A map is a box: its height and its depth are the map's side, in the measure of the photo's; its thickness is the number of
channels (Krizhevsky et al. 2012, figure 2, draws them so). A dense layer is a bar. On the map that a convolution looks at
stands its window, to scale, with lines to what it makes of it. Text and arithmetic only; no Streamlit, no TensorFlow.
"""

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from core import palette
from core.config import ConvBlock, NetworkConfig
from core.errors import ConfigError
from core.network.plan import LayerRow, NetworkPlan, plan
from core.palette import Palette

TILE, HEIGHT = 116, 250  # pixels of one layer's place
PER_STRIP = 3  # places of one strip: as wide as a telephone
PER_ROW = 9  # of the whole picture: AlexNet's input, five convolutions, three dense layers
_AXIS, _TEXT = 92, 190  # heights of the boxes' middle and of the first line of text
_SIDE, _DEPTH = 128, 0.3  # pixels of the photo's side; how much of a depth is seen
_FONT = "font-family='Helvetica, Arial, sans-serif'"


@dataclass(frozen=True)
class Colours:
    """What a picture is drawn with; the ground is part of it, so that it can be read on any page."""

    ground: str
    ink: str
    quiet: str
    conv: str
    dense: str
    chosen: str
    wrong: str


def _colours(mode: Palette) -> Colours:
    return Colours(
        ground=mode.ground,
        ink=mode.ink,
        quiet=mode.quiet,
        conv=mode.training,
        dense=mode.neutral,
        chosen=mode.training,
        wrong=mode.error,
    )


LIGHT, DARK = _colours(palette.LIGHT), _colours(palette.DARK)


@dataclass(frozen=True)
class Stage:
    """One place of the picture.

    Args:
        key: what it shows: ``input``, ``blocks.0``, ``dense.0``, ``output``.
        name: as the page names it, e.g. ``Conv 1``.
        lines: what is written under the name.
        maps: (side, channels) of each box, one after the other: what the convolution gives, then what the pool leaves.
        units: of a dense layer; 0 for maps.
        window: side of the square that this layer looks at in the map before it; 0 for none.
        is_broken: nothing comes out of it.
    """

    key: str
    name: str
    lines: tuple[str, ...]
    maps: tuple[tuple[int, int], ...] = ()
    units: int = 0
    window: int = 0
    is_broken: bool = False


def stages(network: NetworkConfig, num_classes: int = 2) -> list[Stage]:
    """The places of a network's picture.

    A network that does not work is drawn as far as it does: the layer that does not is the last.
    """
    for working in range(len(network.blocks), -1, -1):
        try:
            planned = plan(_beginning(network, working), num_classes)
        except ConfigError:
            continue
        found = _stages(_beginning(network, working), planned)
        if working == len(network.blocks):
            return found
        broken = network.blocks[working]
        lines = (f"{broken.filters:,} filters {_square(broken.kernel_size)}", "does not work")
        last = Stage(f"blocks.{working}", f"Conv {working + 1}", lines, window=broken.kernel_size, is_broken=True)
        return [*found[: working + 1], last]
    return [Stage("input", "Photo", ("does not work",), is_broken=True)]


def _beginning(network: NetworkConfig, num_blocks: int) -> NetworkConfig:
    if num_blocks == len(network.blocks):
        return network
    # a network has a convolution at least: one that changes nothing stands in for none
    blocks = network.blocks[:num_blocks] or (ConvBlock(1, 1, normalization="none"),)
    return NetworkConfig(input_size=network.input_size, input_channels=network.input_channels, blocks=blocks, dense=())


def _stages(network: NetworkConfig, planned: NetworkPlan) -> list[Stage]:
    rows = {row.name: row for row in planned.layers}
    size, channels = network.input_size, network.input_channels
    found = [
        Stage("input", "Photo", (f"{_square(size)}, {'colour' if channels == 3 else 'grey'}",), ((size, channels),))
    ]
    for index, block in enumerate(network.blocks):
        name = f"conv{index + 1}"
        side, _, filters = rows[name].output_shape
        maps = [(side, filters)]
        lines = [f"{filters:,} @ {_square(side)}", _kernel_words(block)]
        if block.pool_size:
            pooled = rows[f"{name}_pool"].output_shape[0]
            maps.append((pooled, filters))
            lines.append(f"pool {block.pool_size}/{block.pool_strides} → {_square(pooled)}")
        found.append(Stage(f"blocks.{index}", f"Conv {index + 1}", tuple(lines), tuple(maps), window=block.kernel_size))
    head = rows["average" if network.head == "average" else "flatten"].output_shape[0]
    arriving = f"{'mean of' if network.head == 'average' else 'from'} {head:,}"
    for index, block in enumerate(network.dense):
        lines = [f"{block.units:,} units", *([arriving] if index == 0 else [])]
        if block.dropout_rate:
            lines.append(f"dropout {block.dropout_rate:g}")
        found.append(Stage(f"dense.{index}", f"Dense {index + 1}", tuple(lines), units=block.units))
    outputs = rows["output"].output_shape[0]
    words = "1 sigmoid" if outputs == 1 else f"{outputs:,} softmax"
    found.append(Stage("output", "Answer", (words, *([] if network.dense else [arriving])), units=outputs))
    return found


def _kernel_words(block: ConvBlock) -> str:
    words = _square(block.kernel_size)
    words += f" /{block.strides}" if block.strides > 1 else ""
    words += f", {block.groups} groups" if block.groups > 1 else ""
    return words + {"same": "", "valid": " valid"}.get(str(block.padding), f" +{block.padding}")


def _square(side: int) -> str:
    return f"{side} × {side}"


def in_words(found: Sequence[Stage]) -> str:
    """The picture as a sentence, for those who do not see it."""
    return "; ".join(f"{stage.name}: {', '.join(stage.lines)}" for stage in found)


def strips(found: Sequence[Stage], colours: Colours, chosen: str = "", full_size: int = 0) -> list[tuple[str, int]]:
    """The picture in pieces of at most PER_STRIP places, to stand side by side or, where there is no room, below each other.

    Args:
        found: from ``stages``.
        chosen: key of the stage that is marked.
        full_size: side of the photo that is drawn largest. Defaults to this network's own.

    Returns:
        (SVG, width in pixels) of each.
    """
    parts = _draw(found, colours, chosen, full_size)
    pieces = []
    for start in range(0, len(parts), PER_STRIP):
        width = TILE * len(parts[start : start + PER_STRIP])
        body = "".join(parts[max(0, start - 1) : start + PER_STRIP + 1])
        pieces.append((_svg(start * TILE, width, HEIGHT, colours, body), width))
    return pieces


def whole(found: Sequence[Stage], colours: Colours, title: str = "") -> str:
    """The whole picture in one SVG, at most PER_ROW places in a row, for papers and slides."""
    parts = _draw(found, colours, "", 0)
    rows = range(0, len(parts), PER_ROW)
    width, top = TILE * min(PER_ROW, len(parts)), 34 if title else 0
    body = f"<text x='12' y='24' font-size='16' font-weight='600' fill='{colours.ink}'>{escape(title)}</text>"
    for number, start in enumerate(rows):
        inner = "".join(parts[max(0, start - 1) : start + PER_ROW + 1])
        body += (
            f"<svg x='0' y='{top + number * HEIGHT}' width='{width}' height='{HEIGHT}' "
            f"viewBox='{start * TILE} 0 {width} {HEIGHT}'>{inner}</svg>"
        )
    return _svg(0, width, top + len(rows) * HEIGHT, colours, body)


def _svg(left: float, width: float, height: float, colours: Colours, body: str) -> str:
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='{left:g} 0 {width:g} {height:g}' width='{width:g}' "
        f"height='{height:g}' {_FONT}><rect x='{left:g}' width='{width:g}' height='{height:g}' fill='{colours.ground}'/>"
        f"{body}</svg>"
    )


def _draw(found: Sequence[Stage], colours: Colours, chosen: str, full_size: int) -> list[str]:
    """The drawing of each place, in coordinates of one long row."""
    first = found[0].maps[0][0] if found[0].maps else 1
    scale = _SIDE / max(full_size, first)
    parts, before = [], None  # before: (right end, side in pixels, pixels a pixel) of the last box
    for index, stage in enumerate(found):
        left = index * TILE
        shapes = []
        if stage.key == chosen:
            shapes.append(
                f"<rect x='{left + 2}' y='3' width='{TILE - 4}' height='{HEIGHT - 6}' rx='4' fill='{colours.chosen}' "
                f"fill-opacity='0.09' stroke='{colours.chosen}' stroke-width='1.5'/>"
            )
        boxes, start, end = _boxes(stage, left, scale, colours)
        shapes.append(_window(before, start, stage, scale, colours))
        shapes.append(boxes)
        shapes.append(_words(stage, left, colours))
        parts.append("".join(shapes))
        before = end
    return parts


def _boxes(stage: Stage, left: float, scale: float, colours: Colours) -> tuple[str, float, tuple]:
    """(the shapes, where they begin, (right end, side of the last map in pixels, whether it is a map))."""
    middle = left + TILE / 2
    if stage.is_broken:
        cross = f"<path d='M{middle - 14} {_AXIS - 14}l28 28m0 -28l-28 28' stroke='{colours.wrong}' stroke-width='4'/>"
        return cross, middle - 20, (middle + 20, 0.0, False)
    if stage.units:
        height = min(150.0, max(5.0, 150 * math.sqrt(stage.units / 4096)))
        bar = (
            f"<rect x='{middle - 6:.1f}' y='{_AXIS - height / 2:.1f}' width='12' height='{height:.1f}' "
            f"fill='{colours.dense}' fill-opacity='0.85'/>"
        )
        return bar, middle - 6, (middle + 6, height, False)
    sides = [min(1.15 * _SIDE, max(3.0, side * scale)) for side, _ in stage.maps]
    depths = [_DEPTH * side for side in sides]
    room = TILE - 14 - sum(depths) - 5 * (len(sides) - 1)
    thick = [max(2.0, min(44.0, channels * 0.1, room / len(sides))) for _, channels in stage.maps]
    x = start = middle - (sum(thick) + sum(depths) + 5 * (len(sides) - 1)) / 2
    shapes = ""
    for number, (side, depth, thickness) in enumerate(zip(sides, depths, thick, strict=True)):
        colour = colours.quiet if stage.key == "input" else colours.conv
        shapes += _box(x, side, depth, thickness, colour, 0.85 if number == 0 else 0.5)
        x += thickness + depth + 5
    return shapes, start, (x - 5, sides[-1], True)


def _box(x: float, side: float, depth: float, thickness: float, colour: str, strength: float) -> str:
    """A box whose face to the right is a map: ``depth`` to the back, which is up and right."""
    up = depth * 0.6
    top, bottom = _AXIS - side / 2 + up / 2, _AXIS + side / 2 + up / 2
    front = f"<rect x='{x:.1f}' y='{top:.1f}' width='{thickness:.1f}' height='{side:.1f}' fill='{colour}' fill-opacity='{strength}'/>"
    lid = f"<path d='M{x:.1f} {top:.1f}l{depth:.1f} {-up:.1f}h{thickness:.1f}l{-depth:.1f} {up:.1f}z' fill='{colour}' fill-opacity='{strength * 0.45:.2f}'/>"
    face = (
        f"<path d='M{x + thickness:.1f} {bottom:.1f}v{-side:.1f}l{depth:.1f} {-up:.1f}v{side:.1f}z' fill='{colour}' "
        f"fill-opacity='{strength * 0.65:.2f}'/>"
    )
    return lid + face + front


def _window(before: tuple | None, start: float, stage: Stage, scale: float, colours: Colours) -> str:
    """What a layer looks at in the one before it, and the lines from there; for dense layers an arrow."""
    if before is None:
        return ""
    end, side, is_map = before
    if not stage.window or not is_map:
        return (
            f"<path d='M{end + 7:.1f} {_AXIS}H{start - 9:.1f}m-5 -4l5 4l-5 4' fill='none' stroke='{colours.quiet}' "
            "stroke-width='1.2'/>"
        )
    size = min(max(2.5, stage.window * scale), side)
    depth, up = _DEPTH * size, _DEPTH * size * 0.6
    middle = end - _DEPTH * side / 2  # of the face to the right
    x, y = middle - depth / 2, _AXIS + size / 2 + up / 2
    square = (
        f"<path d='M{x:.1f} {y:.1f}v{-size:.1f}l{depth:.1f} {-up:.1f}v{size:.1f}z' fill='{colours.ground}' fill-opacity='0.75' "
        f"stroke='{colours.ink}' stroke-width='1'/>"
    )
    lines = (
        f"<path d='M{x + depth:.1f} {y - size - up:.1f}L{start - 2:.1f} {_AXIS}L{x + depth:.1f} {y - up:.1f}' fill='none' "
        f"stroke='{colours.quiet}' stroke-width='1' stroke-dasharray='3 2'/>"
    )
    return square + lines


def _words(stage: Stage, left: float, colours: Colours) -> str:
    middle = left + TILE / 2
    ink = colours.wrong if stage.is_broken else colours.ink
    text = f"<text x='{middle}' y='{_TEXT}' text-anchor='middle' font-size='14' font-weight='600' fill='{ink}'>{stage.name}</text>"
    for number, line in enumerate(stage.lines[:3], 1):
        squeeze = f" textLength='{TILE - 6}' lengthAdjust='spacingAndGlyphs'" if len(line) > 19 else ""
        text += (
            f"<text x='{middle}' y='{_TEXT + 17 * number - 1}' text-anchor='middle' font-size='12.5'{squeeze} "
            f"fill='{ink if number == 1 else colours.quiet}'>{escape(line)}</text>"
        )
    return text


def shares(planned: NetworkPlan, colours: Colours, chosen: str = "") -> str:
    """Where parameters and multiply-adds are, layer by layer, as two columns of bars.

    A layer's normalisation counts with it.

    Args:
        chosen: name of the layer that is marked, e.g. ``conv2``.
    """
    layers = by_layer(planned)
    row, width = 25, 460
    body = "".join(
        f"<text x='{x}' y='16' font-size='12.5' fill='{colours.quiet}'>{word}</text>"
        for x, word in ((82, "parameters"), (272, "multiply-adds"))
    )
    middle, far, room = 82, 272, 128
    for number, (name, (parameters, work)) in enumerate(layers.items()):
        y = 26 + row * number
        colour = colours.conv if name.startswith("conv") else colours.dense
        weight = "600" if name == chosen else "400"
        body += f"<text x='8' y='{y + 15}' font-size='13' font-weight='{weight}' fill='{colours.ink}'>{name}</text>"
        for x, part, total in ((middle, parameters, planned.parameters), (far, work, planned.multiply_adds)):
            share = part / total if total else 0.0
            body += (
                f"<rect x='{x}' y='{y + 3}' width='{max(1.0, room * share):.1f}' height='15' fill='{colour}' fill-opacity='0.85'/>"
                f"<text x='{x + max(1.0, room * share) + 5:.1f}' y='{y + 15}' font-size='12.5' fill='{colours.ink}'>{_percent(share)}</text>"
            )
    return _svg(0, width, 34 + row * len(layers), colours, body)


def by_layer(planned: NetworkPlan) -> dict[str, tuple[int, int]]:
    """{layer: (parameters, multiply-adds)} of every convolution and dense layer, its normalisation counted with it."""
    sums: dict[str, tuple[int, int]] = {}
    for row in planned.layers:
        name = row.name.split("_")[0]
        if row.parameters or row.multiply_adds:
            parameters, work = sums.get(name, (0, 0))
            sums[name] = (parameters + row.parameters, work + row.multiply_adds)
    return sums


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %" if share >= 0.0995 or share == 0 else f"{share * 100:.1f} %"


def seen_by(planned: NetworkPlan) -> list[LayerRow]:
    """The last row of every convolution block, in order: what its receptive field is once it has pooled."""
    last: dict[str, LayerRow] = {}
    for row in planned.layers:
        if row.name.startswith("conv"):
            last[row.name.split("_")[0]] = row
    return list(last.values())


def receptive_fields(planned: NetworkPlan, jpeg: bytes, size: int, colours: Colours, chosen: str = "") -> str:
    """What one number in the middle of each convolution's map sees of a photo, as squares over it.

    Args:
        jpeg: the photo as the network gets it.
        size: its side in pixels.
        chosen: name of the layer that is marked, e.g. ``conv2``.
    """
    side = 330
    scale = side / size
    photo = base64.b64encode(jpeg).decode()
    body = f"<image href='data:image/jpeg;base64,{photo}' width='{side}' height='{side}' preserveAspectRatio='none'/>"
    last_top = side / 2
    for row in seen_by(planned):
        name = row.name.split("_")[0]
        if row.receptive_field >= size and name != chosen:
            continue
        half = min(row.receptive_field * scale, side - 3) / 2
        is_chosen = name == chosen
        top = side / 2 - half
        for colour, width in (("black", 4 if is_chosen else 2.5), ("white", 2 if is_chosen else 1.2)):
            body += (
                f"<rect x='{top:.1f}' y='{top:.1f}' width='{2 * half:.1f}' height='{2 * half:.1f}' fill='none' "
                f"stroke='{colour}' stroke-width='{width}'/>"
            )
        if last_top - top > 15 or is_chosen:
            words = f"{name}: {row.receptive_field}"
            behind, opacity = (palette.BLUE, 1) if is_chosen else ("black", 0.62)
            body += (
                f"<rect x='{top:.1f}' y='{top - 8:.1f}' width='{7.2 * len(words) + 6:.0f}' height='16' fill='{behind}' "
                f"fill-opacity='{opacity}'/>"
                f"<text x='{top + 4:.1f}' y='{top + 4.5:.1f}' font-size='12.5' fill='white'>{words}</text>"
            )
            last_top = top
    return _svg(0, side, side, colours, body)
