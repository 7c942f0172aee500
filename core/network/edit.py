"""Changes of a network's shape: layers added, removed, moved, copied, all of them made wider or narrower.

Every function takes a NetworkConfig and returns another; none of them looks at whether the result works as a whole
(a map may collapse), which ``core.network.plan`` says.
"""

import math
from dataclasses import replace

from core.config import ConvBlock, DenseBlock, NetworkConfig, layer_limits, setting
from core.errors import ConfigError

# Per cent of the filters and units of the network that is scaled; a quarter of AlexNet 2012 is the narrow one's width.
WIDTHS = (5, 10, 15, 20, 25, 30, 40, 50, 60, 75, 90, 100, 110, 125, 150, 175, 200, 250, 300, 400)
_NAMES = {"blocks": "convolution", "dense": "dense layer"}


def add_layer(network: NetworkConfig, kind: str, index: int) -> NetworkConfig:
    """A new layer at a place in its list. It takes after its neighbour, but changes no map's size.

    Args:
        kind: "blocks" or "dense", as NetworkConfig names its lists.
        index: where it will stand, 0 for the first.

    Raises:
        ConfigError: there are as many as there may be.
    """
    layers = getattr(network, kind)
    near = max(0, index - 1)
    if kind == "blocks":
        block = network.blocks[near]
        new = ConvBlock(block.filters, 3, normalization=block.normalization, activation=block.activation)
    else:
        new = network.dense[near] if network.dense else DenseBlock(128)
    return _with_layers(network, kind, (*layers[:index], new, *layers[index:]))


def duplicate_layer(network: NetworkConfig, kind: str, index: int) -> NetworkConfig:
    """A copy of a layer right after it. Raises ConfigError as ``add_layer``."""
    layers = getattr(network, kind)
    return _with_layers(network, kind, (*layers[: index + 1], layers[index], *layers[index + 1 :]))


def remove_layer(network: NetworkConfig, kind: str, index: int) -> NetworkConfig:
    """The network without one layer.

    Raises:
        ConfigError: it is the only convolution.
    """
    layers = getattr(network, kind)
    return _with_layers(network, kind, (*layers[:index], *layers[index + 1 :]))


def move_layer(network: NetworkConfig, kind: str, index: int, by: int) -> NetworkConfig:
    """One layer taken out of its list and put back ``by`` places later (negative: earlier), at most at an end."""
    layers = list(getattr(network, kind))
    layer = layers.pop(index)
    layers.insert(min(max(index + by, 0), len(layers)), layer)
    return replace(network, **{kind: tuple(layers)})


def scale_width(network: NetworkConfig, percent: float) -> NetworkConfig:
    """All filters and all dense units times ``percent`` / 100, rounded, within their limits.

    Filters are rounded to multiples that the groups before and after them divide, so that groups go on to work.
    """
    if percent == 100:
        return network
    blocks: list[ConvBlock] = []
    for index, block in enumerate(network.blocks):
        following = network.blocks[index + 1].groups if index + 1 < len(network.blocks) else 1
        step = math.lcm(block.groups, following)
        step = step if block.filters % step == 0 else 1
        blocks.append(replace(block, filters=_scaled(block.filters, percent, "network.blocks.0.filters", step)))
    dense = tuple(
        replace(block, units=_scaled(block.units, percent, "network.dense.0.units")) for block in network.dense
    )
    return replace(network, blocks=tuple(blocks), dense=dense)


def width_of(network: NetworkConfig, base: NetworkConfig) -> int | None:
    """The per cent of WIDTHS that makes ``base`` to ``network``, the one nearest to 100 if there are several; else None."""
    return next(
        (percent for percent in sorted(WIDTHS, key=lambda p: abs(p - 100)) if scale_width(base, percent) == network),
        None,
    )


def _with_layers(network: NetworkConfig, kind: str, layers: tuple[ConvBlock | DenseBlock, ...]) -> NetworkConfig:
    limits = layer_limits(f"network.{kind}")
    if not limits.allows(len(layers)):
        raise ConfigError(
            f"A network has {limits.describe()} {_NAMES[kind]}s; this would make {len(layers)}.", f"network.{kind}"
        )
    return replace(network, **{kind: layers})


def _scaled(count: int, percent: float, path: str, step: int = 1) -> int:
    most = setting(path).limits.most // step * step
    return min(max(step, round(count * percent / 100 / step) * step), most)
