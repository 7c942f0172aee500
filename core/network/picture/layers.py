"""What single layers are to a network, drawn: where parameters and work are, and what each layer sees of a photo."""

import base64
from dataclasses import dataclass

from core import palette
from core.network.picture.svg import Colours, document, element, text
from core.network.plan import LayerRow, NetworkPlan

_PHOTO_SIDE = 330  # pixels


@dataclass(frozen=True)
class _Column:
    """A column of bars: where it begins, and what a whole bar would stand for."""

    x: int
    total: int
    width: int = 128  # pixels of a whole bar


def shares(planned: NetworkPlan, colours: Colours, chosen: str = "") -> str:
    """Where parameters and multiply-adds are, layer by layer, as two columns of bars.

    A layer's normalisation counts with it.

    Args:
        chosen: name of the layer that is marked, e.g. ``conv2``.
    """
    row_height, width = 25, 460
    columns = (_Column(82, planned.parameters), _Column(272, planned.multiply_adds))
    body = "".join(
        text(word, column.x, 16, 12.5, colours.quiet)
        for word, column in zip(("parameters", "multiply-adds"), columns, strict=True)
    )
    layers = by_layer(planned)
    for number, (name, sums) in enumerate(layers.items()):
        y = 26 + row_height * number
        colour = colours.conv if name.startswith("conv") else colours.dense
        body += text(name, 8, y + 15, 13, colours.ink, font_weight="600" if name == chosen else "400")
        for column, part in zip(columns, sums, strict=True):
            share = part / column.total if column.total else 0.0
            length = max(1.0, column.width * share)
            body += element("rect", x=column.x, y=y + 3, width=length, height=15, fill=colour, fill_opacity=0.85)
            body += text(_percent(share), column.x + length + 5, y + 15, 12.5, colours.ink)
    return document(0, width, 34 + row_height * len(layers), colours, body)


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
    side = _PHOTO_SIDE
    address = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
    body = element("image", href=address, width=side, height=side, preserveAspectRatio="none")
    named_at = side / 2  # top of the square that was named last
    for row in seen_by(planned):
        name = row.name.split("_")[0]
        is_chosen = name == chosen
        if row.receptive_field >= size and not is_chosen:
            continue
        half = min(row.receptive_field * side / size, side - 3) / 2
        top = side / 2 - half
        body += _square(top, half, "black", 4 if is_chosen else 2.5)
        body += _square(top, half, "white", 2 if is_chosen else 1.2)
        if named_at - top > 15 or is_chosen:
            body += _plate(f"{name}: {row.receptive_field}", top, is_chosen)
            named_at = top
    return document(0, side, side, colours, body)


def _square(top: float, half: float, colour: str, stroke: float) -> str:
    side = 2 * half
    return element("rect", x=top, y=top, width=side, height=side, fill="none", stroke=colour, stroke_width=stroke)


def _plate(words: str, top: float, is_chosen: bool) -> str:
    """A square's name on its upper left corner."""
    ground, opacity = (palette.BLUE, 1) if is_chosen else ("black", 0.62)
    width = round(7.2 * len(words) + 6)
    plate = element("rect", x=top, y=top - 8, width=width, height=16, fill=ground, fill_opacity=opacity)
    return plate + text(words, top + 4, top + 4.5, 12.5, "white")
