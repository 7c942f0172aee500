"""What stands in each place of a network's picture, as data and in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.config import ConvBlock, DenseBlock, NetworkConfig
from core.errors import ConfigError
from core.network.plan import LayerRow, NetworkPlan, plan


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
        beginning = _beginning(network, working)
        try:
            planned = plan(beginning, num_classes)
        except ConfigError:
            continue
        places = _places(beginning, planned)
        if working == len(network.blocks):
            return places
        broken = network.blocks[working]
        lines = (f"{broken.filters:,} filters {_square(broken.kernel_size)}", "does not work")
        last = Stage(f"blocks.{working}", f"Conv {working + 1}", lines, window=broken.kernel_size, is_broken=True)
        return [*places[: working + 1], last]
    return [Stage("input", "Photo", ("does not work",), is_broken=True)]


def _beginning(network: NetworkConfig, num_blocks: int) -> NetworkConfig:
    if num_blocks == len(network.blocks):
        return network
    # a network has a convolution at least: one that changes nothing stands in for none
    blocks = network.blocks[:num_blocks] or (ConvBlock(1, 1, normalization="none"),)
    return NetworkConfig(input_size=network.input_size, input_channels=network.input_channels, blocks=blocks, dense=())


def _places(network: NetworkConfig, planned: NetworkPlan) -> list[Stage]:
    rows = {row.name: row for row in planned.layers}
    size, channels = network.input_size, network.input_channels
    photo = f"{_square(size)}, {'colour' if channels == 3 else 'grey'}"
    head = rows["average" if network.head == "average" else "flatten"].output_shape[0]
    arriving = f"{'mean of' if network.head == 'average' else 'from'} {head:,}"
    return [
        Stage("input", "Photo", (photo,), ((size, channels),)),
        *(_convolution(index, block, rows) for index, block in enumerate(network.blocks)),
        *(_dense(index, block, arriving) for index, block in enumerate(network.dense)),
        _answer(rows["output"].output_shape[0], "" if network.dense else arriving),
    ]


def _convolution(index: int, block: ConvBlock, rows: dict[str, LayerRow]) -> Stage:
    name = f"conv{index + 1}"
    side = rows[name].output_shape[0]
    maps = [(side, block.filters)]
    lines = [f"{block.filters:,} @ {_square(side)}", _kernel_words(block)]
    if block.pool_size:
        pooled = rows[f"{name}_pool"].output_shape[0]
        maps.append((pooled, block.filters))
        lines.append(f"pool {block.pool_size}/{block.pool_strides} → {_square(pooled)}")
    return Stage(f"blocks.{index}", f"Conv {index + 1}", tuple(lines), tuple(maps), window=block.kernel_size)


def _dense(index: int, block: DenseBlock, arriving: str) -> Stage:
    lines = [f"{block.units:,} units"]
    if index == 0:
        lines.append(arriving)
    if block.dropout_rate:
        lines.append(f"dropout {block.dropout_rate:g}")
    return Stage(f"dense.{index}", f"Dense {index + 1}", tuple(lines), units=block.units)


def _answer(outputs: int, arriving: str) -> Stage:
    words = "1 sigmoid" if outputs == 1 else f"{outputs:,} softmax"
    return Stage("output", "Answer", (words, arriving) if arriving else (words,), units=outputs)


def _kernel_words(block: ConvBlock) -> str:
    words = _square(block.kernel_size)
    words += f" /{block.strides}" if block.strides > 1 else ""
    words += f", {block.groups} groups" if block.groups > 1 else ""
    return words + {"same": "", "valid": " valid"}.get(str(block.padding), f" +{block.padding}")


def _square(side: int) -> str:
    return f"{side} × {side}"


def in_words(places: Sequence[Stage]) -> str:
    """The picture as a sentence, for those who do not see it."""
    return "; ".join(f"{stage.name}: {', '.join(stage.lines)}" for stage in places)
