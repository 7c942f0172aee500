"""A NetworkConfig as Keras code that a person can take along: it runs as it stands and needs nothing of this project.

The layers, their names and their order are those of ``core.network.build``, so that weights fit from one to the other.
No TensorFlow here: this writes text.
"""

from typing import Any

from core.config import ConvBlock, DenseBlock, NetworkConfig
from core.network.plan import BATCH_NORM_MOMENTUM, RESCALING, num_outputs, plan

GROUPED = '''
class GroupedConv2D(layers.Conv2D):
    """Conv2D(groups=...) as one convolution a group: TensorFlow has no grouped convolution on processors."""

    def convolution_op(self, inputs, kernel):
        inputs = ops.split(inputs, self.groups, axis=-1)
        kernels = ops.split(kernel, self.groups, axis=-1)
        convolve = super().convolution_op
        return ops.concatenate([convolve(x, w) for x, w in zip(inputs, kernels)], axis=-1)
'''

LOCAL_RESPONSE = '''
class LocalResponseNormalization(layers.Layer):
    """x / (2 + 1e-4 * sum of the squares of the 5 channels around) ** 0.75 (Krizhevsky et al. 2012, section 3.3)."""

    def build(self, input_shape):
        channel = np.arange(input_shape[-1])
        near = np.abs(channel[:, None] - channel[None, :]) <= 2
        self.neighbours = near.astype("float32")  # (C, C)

    def call(self, inputs):
        x = ops.cast(inputs, "float32")
        total = ops.matmul(ops.square(x), ops.convert_to_tensor(self.neighbours))
        return ops.cast(x * (2.0 + 1e-4 * total) ** -0.75, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return input_shape
'''


def keras_code(network: NetworkConfig, num_classes: int = 2) -> str:
    """Source text of a module that makes ``model``, and prints its summary when it is run.

    Args:
        network: the layers.
        num_classes: of the photos, at least 2.

    Raises:
        ConfigError: the network does not work, as ``plan`` says.
    """
    planned = plan(network, num_classes)
    grouped = any(block.groups > 1 for block in network.blocks)
    local_response = any(block.normalization == "local_response" for block in network.blocks)
    size, channels = network.input_size, network.input_channels
    scale, offset = RESCALING[network.rescaling]
    # made anew for every layer: one object that is shared draws the same numbers for layers of one shape
    initializer = _INITIALIZERS.get(network.initializer, network.initializer)
    units = num_outputs(network, num_classes)
    answer = "the probability of the second class" if units == 1 else "one probability a class"

    lines = [
        f'"""{len(network.blocks)} convolutions and {len(network.dense) + 1} dense layers: '
        f"{planned.parameters:,} parameters, {planned.multiply_adds:,} multiply-adds a photo.",
        "",
        f"Takes photos (batch, {size}, {size}, {channels}) with pixel values of 0 to 255; gives {answer}.",
        "Made by AlexNet Playground. Needs: pip install keras tensorflow",
        '"""',
        "",
        "import keras",
    ]
    if local_response:
        lines.append("import numpy as np")
    lines.append("from keras import layers, ops" if grouped or local_response else "from keras import layers")
    if grouped:
        lines += ["", *GROUPED.splitlines()]
    if local_response:
        lines += ["", *LOCAL_RESPONSE.splitlines()]
    if grouped or local_response:
        lines.append("")
    lines += [
        "",
        f'inputs = keras.Input(({size}, {size}, {channels}), name="image")',
        f'x = layers.Rescaling({scale!r}, {offset!r}, name="rescaling")(inputs)',
    ]
    for index, block in enumerate(network.blocks):
        lines += ["", *_conv_lines(block, f"conv{index + 1}", initializer)]
    head = (
        'layers.GlobalAveragePooling2D(name="average")'
        if network.head == "average"
        else 'layers.Flatten(name="flatten")'
    )
    lines += ["", f"x = {head}(x)"]
    for index, block in enumerate(network.dense):
        lines += ["", *_dense_lines(block, f"dense{index + 1}", initializer)]
    options = {"activation": "sigmoid" if units == 1 else "softmax", "kernel_initializer": initializer}
    lines += [
        "",
        _layer("Dense", units, **options, dtype="float32", name="output", to="outputs"),
        "",
        'model = keras.Model(inputs, outputs, name="alexnet_variant")',
        "",
        'if __name__ == "__main__":',
        "    model.summary()",
        "",
    ]
    return "\n".join(lines)


class _Name(str):
    """A word that stands in the code without quotation marks."""

    def __repr__(self) -> str:
        return str(self)


_INITIALIZERS = {"gaussian_0.01": _Name("keras.initializers.RandomNormal(stddev=0.01)")}
_OWN = ("GroupedConv2D", "LocalResponseNormalization")


def _layer(kind: str, *arguments: Any, to: str = "x", **options: Any) -> str:
    """One line: a layer of x. What has a name in ``options`` is quoted, ``arguments`` stand as Python writes them."""
    given = [repr(argument) for argument in arguments] + [f"{name}={_quoted(v)}" for name, v in options.items()]
    return f"{to} = {kind if kind in _OWN else f'layers.{kind}'}({', '.join(given)})(x)"


def _quoted(value: Any) -> str:
    return f'"{value}"' if type(value) is str else repr(value)


def _conv_lines(block: ConvBlock, name: str, initializer: str) -> list[str]:
    lines = [_layer("ZeroPadding2D", block.border, name=f"{name}_padding")] if block.border else []
    options: dict[str, Any] = {"strides": block.strides, "padding": "same" if block.padding == "same" else "valid"}
    if block.groups > 1:
        options["groups"] = block.groups
    if block.normalization == "batch":
        options["use_bias"] = False
    kind = "Conv2D" if block.groups == 1 else "GroupedConv2D"
    lines.append(_layer(kind, block.filters, block.kernel_size, **options, kernel_initializer=initializer, name=name))
    if block.normalization == "batch":
        lines.append(_layer("BatchNormalization", momentum=BATCH_NORM_MOMENTUM, name=f"{name}_norm"))
    lines.append(_activation(block.activation, name))
    if block.normalization == "local_response":
        lines.append(_layer("LocalResponseNormalization", name=f"{name}_norm"))
    if block.pool_size:
        lines.append(
            _layer(
                "MaxPooling2D",
                block.pool_size,
                strides=block.pool_strides,
                padding=block.pool_padding,
                name=f"{name}_pool",
            )
        )
    return lines


def _dense_lines(block: DenseBlock, name: str, initializer: str) -> list[str]:
    options: dict[str, Any] = {"use_bias": False} if block.normalization == "batch" else {}
    lines = [_layer("Dense", block.units, **options, kernel_initializer=initializer, name=name)]
    if block.normalization == "batch":
        lines.append(_layer("BatchNormalization", momentum=BATCH_NORM_MOMENTUM, name=f"{name}_norm"))
    lines.append(_activation(block.activation, name))
    if block.dropout_rate:
        lines.append(_layer("Dropout", block.dropout_rate, name=f"{name}_dropout"))
    return lines


def _activation(activation: str, name: str) -> str:
    return _layer("Activation", _Name(f'"{activation}"'), name=f"{name}_activation")
