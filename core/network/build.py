"""A NetworkConfig becomes a Keras model.

Written against ``keras`` alone, so that it runs on every Keras backend. ``core.network.plan`` counts the same layers
without Keras; the two are kept apart on purpose, since each is the other's test.

The first layers are as plain as they look because nothing else was faster on a CPU: photos travel as uint8 and are
cast and rescaled inside the graph; 11 x 11 with stride 4 as it stands takes half the time of the same convolution
as 3 x 3 over 4 x 4 patches (measured, forward and backward, oneDNN).
"""

import zlib
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from core.config import ConvBlock, DenseBlock, NetworkConfig
from core.errors import ModelError
from core.network.plan import BATCH_NORM_MOMENTUM, RESCALING, num_outputs, plan


class GroupedConv2D(layers.Conv2D):
    """Conv2D(groups=...), computed as one convolution a group, side by side.

    TensorFlow has no grouped convolution on CPU, so Keras sends it through XLA there: measured, 5 x 5 on 27 x 27 x 96
    in two groups takes ten times as long a training step as the two slices. Weights, shapes and results are Conv2D's.
    """

    def convolution_op(self, inputs, kernel):
        parts: Any = ops.split(inputs, self.groups, axis=-1)
        kernels: Any = ops.split(kernel, self.groups, axis=-1)
        convolve = super().convolution_op
        return ops.concatenate([convolve(x, w) for x, w in zip(parts, kernels, strict=True)], axis=-1)


class LocalResponseNormalization(layers.Layer):
    """Divides each number by the size of its neighbours in the channel direction (Krizhevsky et al. 2012 section 3.3).

    ``y[c] = x[c] / (k + alpha * sum of x[j] ** 2 over the n channels j around c) ** beta`` with the paper's k = 2,
    n = 5, alpha = 1e-4, beta = .75. Alpha multiplies the sum, as in the paper and in ``tf.nn.lrn``; Caffe and PyTorch
    divide it by n.

    Input shape: (B, H, W, C) float. Output shape: the same.
    """

    K, N, ALPHA = 2.0, 5, 1e-4  # beta is written out in call

    def build(self, input_shape):
        channel = np.arange(input_shape[-1])
        near = np.abs(channel[:, None] - channel[None, :]) <= self.N // 2
        self.neighbours = near.astype("float32")  # (C, C): summing over neighbours as one matrix product

    def call(self, inputs):
        # In float32 also under mixed precision: 2 + 1e-4 * total needs more than bfloat16's three digits.
        x: Any = ops.cast(inputs, "float32")
        total: Any = ops.matmul(ops.square(x), ops.convert_to_tensor(self.neighbours))
        root: Any = ops.rsqrt(self.K + self.ALPHA * total)
        # d ** -.75, in two thirds of the time of a power
        return ops.cast(x * root * ops.sqrt(root), self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return input_shape


def build(network: NetworkConfig, num_classes: int = 2, seed: int = 0, any_size: bool = False) -> keras.Model:
    """A new model with fresh weights.

    The same arguments give bit-equal weights whatever was built or drawn before: every initialiser and dropout has a
    seed of its own, made of ``seed`` and the layer's name.

    Input shape: (B, input_size, input_size, input_channels), raw pixel values 0..255 as uint8 or float. With
    ``any_size``, any height and width in which no map collapses.

    Output shape: (B, 1), the probability of class 1, for two classes and output "sigmoid"; else (B, num_classes),
    probabilities that add up to 1. Always float32, also under a mixed precision policy.

    Args:
        network: the layers. Widths 96/256/384/384/256 with 4096/4096 are Krizhevsky et al. 2012 section 3.5.
        num_classes: from the data set, at least 2.
        seed: of weights and dropout. Defaults to 0.
        any_size: leave height and width open, for training that begins with small pictures. Defaults to False.

    Raises:
        ConfigError: the network does not work (as ``plan`` says).
        ModelError: any_size with a flattened map, whose dense layer fixes the size.
    """
    plan(network, num_classes)
    if any_size and network.head != "average":
        raise ModelError(
            f"A network for any picture size needs the head “average”, because a flattened map fixes the size; received "
            f"the head “{network.head}”. Set “Head” to average, or “Start size” to 1."
        )
    size = None if any_size else network.input_size
    scale, offset = RESCALING[network.rescaling]
    inputs = keras.Input((size, size, network.input_channels), name="image")
    x = layers.Rescaling(scale, offset, name="rescaling")(inputs)
    for index, block in enumerate(network.blocks):
        x = _conv_block(x, block, f"conv{index + 1}", network.initializer, seed)
    if network.head == "average":
        x = layers.GlobalAveragePooling2D(name="average")(x)
    else:
        x = layers.Flatten(name="flatten")(x)
    for index, block in enumerate(network.dense):
        x = _dense_block(x, block, f"dense{index + 1}", network.initializer, seed)
    units = num_outputs(network, num_classes)
    outputs = layers.Dense(
        units,
        activation="sigmoid" if units == 1 else "softmax",
        kernel_initializer=_initializer(network.initializer, seed, "output"),
        dtype="float32",  # probabilities near 0 and 1 do not survive bfloat16's three digits
        name="output",
    )(x)
    return keras.Model(inputs, outputs, name="alexnet_variant")


def _conv_block(x, block: ConvBlock, name: str, initializer: str, seed: int):
    if block.border:
        x = layers.ZeroPadding2D(block.border, name=f"{name}_padding")(x)
    options: dict[str, Any] = {
        "strides": block.strides,
        "padding": "same" if block.padding == "same" else "valid",
        "use_bias": block.normalization != "batch",  # batch normalisation would subtract it again
        "kernel_initializer": _initializer(initializer, seed, name),
        "name": name,
    }
    if block.groups == 1:
        x = layers.Conv2D(block.filters, block.kernel_size, **options)(x)
    else:
        x = GroupedConv2D(block.filters, block.kernel_size, groups=block.groups, **options)(x)
    if block.normalization == "batch":
        x = layers.BatchNormalization(momentum=BATCH_NORM_MOMENTUM, name=f"{name}_norm")(x)
    x = layers.Activation(block.activation, name=f"{name}_activation")(x)
    if block.normalization == "local_response":  # after the activation, as in the paper
        x = LocalResponseNormalization(name=f"{name}_norm")(x)
    if block.pool_size:
        x = layers.MaxPooling2D(block.pool_size, block.pool_strides, block.pool_padding, name=f"{name}_pool")(x)
    return x


def _dense_block(x, block: DenseBlock, name: str, initializer: str, seed: int):
    x = layers.Dense(
        block.units,
        use_bias=block.normalization != "batch",
        kernel_initializer=_initializer(initializer, seed, name),
        name=name,
    )(x)
    if block.normalization == "batch":
        x = layers.BatchNormalization(momentum=BATCH_NORM_MOMENTUM, name=f"{name}_norm")(x)
    x = layers.Activation(block.activation, name=f"{name}_activation")(x)
    if block.dropout_rate:
        x = layers.Dropout(block.dropout_rate, seed=_layer_seed(seed, f"{name}_dropout"), name=f"{name}_dropout")(x)
    return x


def _initializer(name: str, seed: int, layer_name: str) -> Any:
    seed = _layer_seed(seed, layer_name)
    if name == "gaussian_0.01":  # Krizhevsky et al. 2012 section 5
        return keras.initializers.RandomNormal(stddev=0.01, seed=seed)
    return keras.initializers.get({"class_name": name, "config": {"seed": seed}})


def _layer_seed(seed: int, layer_name: str) -> int:
    """From the name, not from a counter: adding a dropout does not redraw the layers after it."""
    return int(np.random.SeedSequence([seed, zlib.crc32(layer_name.encode())]).generate_state(1)[0] >> 1)
