"""What a network will be, before it exists: shapes, parameters, multiply-adds, receptive fields.

Plain arithmetic over a NetworkConfig, fast enough to run at every keystroke. One row stands for one Keras layer of
``core.network.build.build``, with the same name, in the same order; the tests hold the two against each other.

Multiply-adds are counted as in the papers: convolutions and dense layers only, biases not counted, one
multiply-add = 2 FLOP.
"""

import math
from dataclasses import dataclass, replace

from core.config import ConvBlock, ExperimentConfig, NetworkConfig, check, name_of, setting
from core.errors import ConfigError

# Keras' .99 averages over about 100 steps; with 63 steps an epoch (2,000 photos, batch 32) validation then sits at
# 50 % for the first epochs because the averages still remember the start. .95 averages over 20.
BATCH_NORM_MOMENTUM = 0.95

# (scale, offset) for pixel values 0..255. x / 64 - 2 is exact in bfloat16 for every whole x, the others are rounded.
RESCALING = {
    "zero_to_one": (1 / 255, 0.0),
    "minus_one_to_one": (2 / 255, -1.0),
    "minus_two_to_two": (1 / 64, -2.0),
    "none": (1.0, 0.0),
}


@dataclass(frozen=True)
class LayerRow:
    """One layer.

    Args:
        name: the Keras layer's name, e.g. ``conv2_pool``.
        kind: the Keras layer's class, e.g. ``MaxPooling2D``.
        output_shape: of one photo: (height, width, channels) or (units,).
        parameters: as ``count_params()`` gives it; batch normalisation counts its four vectors.
        multiply_adds: for one photo, forward.
        receptive_field: side, in pixels of the photo, of the square that one output depends on. Where the map is
            padded, part of the square may lie outside the photo.
        receptive_stride: pixels of the photo between the squares of neighbouring outputs; 0 from the head on, where
            every output sees the whole map.
    """

    name: str
    kind: str
    output_shape: tuple[int, ...]
    parameters: int = 0
    multiply_adds: int = 0
    receptive_field: int = 1
    receptive_stride: int = 1


@dataclass(frozen=True)
class NetworkPlan:
    """All layers and their sums. Parameters include those that batch normalisation measures rather than learns."""

    layers: tuple[LayerRow, ...]
    parameters: int
    multiply_adds: int

    @property
    def weight_bytes(self) -> int:
        """Bytes of all weights in float32, in memory and in a file (mixed precision keeps float32 weights too)."""
        return 4 * self.parameters

    @property
    def activations(self) -> int:
        """Numbers that one photo leaves in memory for the backward pass: every layer's output, but for Flatten's view."""
        return sum(math.prod(row.output_shape) for row in self.layers if row.kind not in ("InputLayer", "Flatten"))


def num_outputs(network: NetworkConfig, num_classes: int) -> int:
    """Units of the output layer: 1 for two classes with one sigmoid, else one a class."""
    return 1 if num_classes == 2 and network.output == "sigmoid" else num_classes


def plan(network: NetworkConfig, num_classes: int = 2) -> NetworkPlan:
    """Every layer that ``build(network, num_classes)`` makes, without making it.

    Args:
        network: checked here, so that it may come straight from a widget or a link.
        num_classes: from the data set, at least 2.

    Raises:
        ConfigError: a value is out of its limits, or a map shrinks to nothing. ``path`` is the setting to change,
            ``suggestion`` the nearest value with which the whole network works, where one setting is enough.
    """
    check(ExperimentConfig(network=network))
    if (collapse := _collapse(network)) is not None:
        raise _collapse_error(network, collapse)

    size, channels = network.input_size, network.input_channels
    field, stride = 1, 1
    rows = [
        LayerRow("image", "InputLayer", (size, size, channels)),
        LayerRow("rescaling", "Rescaling", (size, size, channels)),
    ]

    def add_map(name: str, kind: str, parameters: int = 0, multiply_adds: int = 0) -> None:
        rows.append(LayerRow(name, kind, (size, size, channels), parameters, multiply_adds, field, stride))

    for index, block in enumerate(network.blocks):
        name = f"conv{index + 1}"
        bias = 0 if block.normalization == "batch" else block.filters
        weights = block.kernel_size**2 * (channels // block.groups) * block.filters
        size_after = _conv_size(block, size)
        if block.border:
            size += 2 * block.border
            add_map(f"{name}_padding", "ZeroPadding2D")
        size, channels = size_after, block.filters
        field, stride = field + (block.kernel_size - 1) * stride, stride * block.strides
        add_map(name, "Conv2D" if block.groups == 1 else "GroupedConv2D", weights + bias, size**2 * weights)
        if block.normalization == "batch":
            add_map(f"{name}_norm", "BatchNormalization", 4 * channels)
        add_map(f"{name}_activation", "Activation")
        if block.normalization == "local_response":
            add_map(f"{name}_norm", "LocalResponseNormalization")
        if block.pool_size:
            size = _pool_size(block, size)
            field, stride = field + (block.pool_size - 1) * stride, stride * block.pool_strides
            add_map(f"{name}_pool", "MaxPooling2D")

    field += (size - 1) * stride
    units = channels if network.head == "average" else size**2 * channels

    def add_list(name: str, kind: str, parameters: int = 0, multiply_adds: int = 0) -> None:
        rows.append(LayerRow(name, kind, (units,), parameters, multiply_adds, field, 0))

    if network.head == "average":
        add_list("average", "GlobalAveragePooling2D")
    else:
        add_list("flatten", "Flatten")
    for index, block in enumerate(network.dense):
        name = f"dense{index + 1}"
        weights, units = units * block.units, block.units
        add_list(name, "Dense", weights + (0 if block.normalization == "batch" else units), weights)
        if block.normalization == "batch":
            add_list(f"{name}_norm", "BatchNormalization", 4 * units)
        add_list(f"{name}_activation", "Activation")
        if block.dropout_rate:
            add_list(f"{name}_dropout", "Dropout")
    weights, units = units * num_outputs(network, num_classes), num_outputs(network, num_classes)
    add_list("output", "Dense", weights + units, weights)

    return NetworkPlan(tuple(rows), sum(row.parameters for row in rows), sum(row.multiply_adds for row in rows))


def _conv_size(block: ConvBlock, size: int) -> int:
    if block.padding == "same":
        return -(-size // block.strides)
    return (size + 2 * block.border - block.kernel_size) // block.strides + 1


def _pool_size(block: ConvBlock, size: int) -> int:
    if block.pool_padding == "same":
        return -(-size // block.pool_strides)
    return (size - block.pool_size) // block.pool_strides + 1


@dataclass(frozen=True)
class _Collapse:
    """A window larger than the map it looks at, which leaves nothing.

    Args:
        index: of the block.
        field: ``kernel_size`` or ``pool_size``.
        incoming: side of the map.
    """

    index: int
    field: str
    incoming: int


def _collapse(network: NetworkConfig) -> _Collapse | None:
    """The first window larger than its map."""
    size = network.input_size
    for index, block in enumerate(network.blocks):
        incoming, size = size, _conv_size(block, size)
        if size < 1:
            return _Collapse(index, "kernel_size", incoming)
        if block.pool_size:
            incoming, size = size, _pool_size(block, size)
            if size < 1:
                return _Collapse(index, "pool_size", incoming)
    return None


def _collapse_error(network: NetworkConfig, collapse: _Collapse) -> ConfigError:
    index, field = collapse.index, collapse.field
    block = network.blocks[index]
    path = f"network.blocks.{index}.{field}"
    border = block.border if field == "kernel_size" else 0
    incoming = collapse.incoming + 2 * border
    window = getattr(block, field)
    layer = f"{'Convolution' if field == 'kernel_size' else 'The pooling of convolution'} {index + 1}"

    def works(**changes: int | str) -> bool:
        blocks = (*network.blocks[:index], replace(block, **changes), *network.blocks[index + 1 :])
        return _collapse(replace(network, blocks=blocks)) is None

    fixes: dict[str, int | str] = {}
    # the largest that leaves enough for the layers after it too
    smaller = list(range(min(window, incoming), border, -1))
    if field == "pool_size":  # a pool of 1 x 1 only throws pixels away; 0 is "no pooling"
        smaller = [size for size in smaller if size > 1] + [0]
    if (best := next((size for size in smaller if works(**{field: size})), None)) is not None:
        fixes[path] = best
    largest = setting("network.input_size").limits.most
    for size in range(network.input_size + 1, largest + 1):
        if _collapse(replace(network, input_size=size)) is None:
            fixes["network.input_size"] = size
            break

    padding = "padding" if field == "kernel_size" else "pool_padding"
    if not fixes and works(**{padding: "same"}):
        fixes[f"network.blocks.{index}.{padding}"] = "same"

    ways = [f"set {name_of(where)} to {value}" for where, value in fixes.items()]
    if not ways:
        ways = ["lower the strides and pools of the blocks before it", "set their padding to same"]
    padded = f", {incoming} x {incoming} with its padding" if border else ""
    advice = " or ".join(ways)
    return ConfigError(
        f"{layer} looks at {window} x {window} pixels at a time, so at least as many must come in; "
        f"received {collapse.incoming} x {collapse.incoming}{padded}, which leaves nothing. {advice[0].upper()}{advice[1:]}.",
        *next(iter(fixes.items()), (path, None)),
    )
