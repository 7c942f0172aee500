"""Other ways to train the same network, to compare with. Each function returns a measurement in photos/s.

Its first step, which traces and compiles, is made before it is returned.
"""

import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.bench.world import AUGMENT, BATCH_SIZE
from core.config import ConvBlock, NetworkConfig
from core.network import presets

if TYPE_CHECKING:
    import keras

SLOPE = 0.2  # tan(11 degrees), the shear of core.bench.world.AUGMENT


def article(folder: Path) -> Callable[[], float]:
    """The article's way: ImageDataGenerator with shear, zoom and flip decodes JPEGs, and fit trains.

    Args:
        folder: one sub-folder of JPEGs a class.

    Raises:
        ImportError: scipy, which the generator warps with, is not installed.
    """
    import scipy  # noqa: F401 (said here, before minutes are spent)
    from keras.src.legacy.preprocessing.image import ImageDataGenerator

    generator = ImageDataGenerator(
        shear_range=AUGMENT.shear_degrees, zoom_range=AUGMENT.zoom_in_fraction, horizontal_flip=True
    )
    with redirect_stdout(sys.stderr):  # it counts its photos aloud, and stdout is ours
        photos = generator.flow_from_directory(
            folder, target_size=(224, 224), batch_size=BATCH_SIZE, class_mode="binary", seed=0
        )
    return _fit(_narrow(), photos, photos.samples)


def keras_layers(images: np.ndarray, labels: np.ndarray) -> Callable[[], float]:
    """tf.data with Keras' random layers over photos in memory, and fit.

    Args:
        images: (N, 224, 224, 3) uint8.
        labels: (N,) integers.
    """
    import keras
    import tensorflow as tf

    layers = [
        keras.layers.RandomFlip("horizontal", seed=0),
        keras.layers.RandomZoom(AUGMENT.zoom_in_fraction, seed=0),
        keras.layers.RandomShear(SLOPE, seed=0),
    ]

    def augment(batch, targets):
        batch = tf.cast(batch, tf.float32)
        for layer in layers:
            batch = layer(batch, training=True)
        return batch, targets

    data = tf.data.Dataset.from_tensor_slices((images, labels[:, None].astype(np.float32)))
    data = data.shuffle(len(images), seed=0).batch(BATCH_SIZE)
    data = data.map(augment, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
    return _fit(_narrow(), data, len(images))


def pytorch(network: NetworkConfig, precision: str) -> Callable[[int], float]:
    """PyTorch's step on the same network with Adam, channels_last, on one batch of bytes; takes the number of steps.

    Args:
        network: convolutions, pools and dense layers with relu and dropout, one sigmoid, no normalisation.
        precision: "float32" or "mixed_bfloat16", which is autocast.

    Raises:
        ImportError: PyTorch is not installed.
    """
    import torch
    from torch import nn

    from core.training.device import num_cores

    torch.set_num_threads(num_cores())
    torch.manual_seed(0)
    model = _torch_model(network)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    loss_of = nn.BCEWithLogitsLoss()
    rng = np.random.default_rng(0)
    images = torch.from_numpy(rng.integers(0, 256, (BATCH_SIZE, 224, 224, 3), dtype=np.uint8)).permute(0, 3, 1, 2)
    targets = torch.from_numpy(rng.integers(0, 2, (BATCH_SIZE, 1)).astype(np.float32))

    def step() -> float:
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "mixed_bfloat16"):
            logits = model(images.to(torch.float32).div(255))
        loss = loss_of(logits.float(), targets)
        loss.backward()
        optimizer.step()
        return loss.item()

    def measure(num_steps: int) -> float:
        began = time.perf_counter()
        for _ in range(num_steps):
            step()
        return num_steps * BATCH_SIZE / (time.perf_counter() - began)

    measure(3)
    return measure


def _torch_model(network: NetworkConfig):
    """The layers of a plain network, as PyTorch has them: (B, C, H, W) float32 -> (B, 1) logits."""
    import torch
    from torch import nn

    layers, channels, size = [], network.input_channels, network.input_size
    for block in network.blocks:
        if block.normalization != "none" or block.activation != "relu" or block.pool_padding != "valid":
            raise ValueError("The comparison is made for relu without normalisation, and pools without padding.")
        before, after = _padding(block, size)
        if before != after:  # "same" with strides, which PyTorch's convolution does not pad by itself
            layers.append(nn.ZeroPad2d((before, after, before, after)))
        padding = before if before == after else 0
        layers.append(
            nn.Conv2d(channels, block.filters, block.kernel_size, block.strides, padding, groups=block.groups)
        )
        layers.append(nn.ReLU())
        channels, size = block.filters, (size + before + after - block.kernel_size) // block.strides + 1
        if block.pool_size:
            layers.append(nn.MaxPool2d(block.pool_size, block.pool_strides))
            size = (size - block.pool_size) // block.pool_strides + 1
    layers.append(nn.Flatten())
    inputs = channels * size * size
    for dense in network.dense:
        layers += [nn.Linear(inputs, dense.units), nn.ReLU(), nn.Dropout(dense.dropout_rate)]
        inputs = dense.units
    return nn.Sequential(*layers, nn.Linear(inputs, 1)).to(memory_format=torch.channels_last)


def _padding(block: ConvBlock, size: int) -> tuple[int, int]:
    """Rows of zeros before and after a picture of ``size`` rows, as Keras pads."""
    if block.padding == "valid":
        return 0, 0
    if block.padding != "same":
        return block.padding, block.padding
    total = max(0, (-(-size // block.strides) - 1) * block.strides + block.kernel_size - size)
    return total // 2, total - total // 2


def _narrow() -> "keras.Model":
    """The same network as the loop's, in float32, compiled as a tutorial does."""
    import keras

    from core.network.build import build

    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    model = build(presets.experiment("narrow").network)
    keras.config.set_dtype_policy(policy)
    model.compile(keras.optimizers.Adam(1e-3), "binary_crossentropy", metrics=["accuracy"])
    return model


def _fit(model: "keras.Model", data, num_photos: int) -> Callable[[], float]:
    # Both sources shuffle by themselves.
    model.fit(data, epochs=1, steps_per_epoch=2, shuffle=False, verbose=0)

    def measure() -> float:
        began = time.perf_counter()
        model.fit(data, epochs=1, shuffle=False, verbose=0)
        return num_photos / (time.perf_counter() - began)

    return measure
