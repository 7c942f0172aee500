"""Other ways to train the same network, to compare with. Each function returns a measurement in photos/s.

Its first step, which traces and compiles, is made before it is returned.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core import config
from core.bench.world import AUGMENT, BATCH_SIZE
from core.config import ExperimentConfig, NetworkConfig
from core.jobs.children import child_environment
from core.network import presets
from core.workspace.folders import PROJECT

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


class PyTorch:
    """``core.bench.pytorch_step`` as a measurement: called with a number of steps, it gives photos/s.

    Args:
        network, precision: as there.

    Raises:
        ImportError: PyTorch is not installed.
    """

    def __init__(self, network: NetworkConfig, precision: str):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "core.bench.pytorch_step", precision],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=PROJECT,
            env=child_environment(),
        )
        whole = config.to_dict(ExperimentConfig(network=network))
        if self._ask(json.dumps(whole["network"])) != "ready":
            self.close()
            raise ImportError("PyTorch is not installed", name="torch")

    def __call__(self, num_steps: int) -> float:
        return float(self._ask(str(num_steps)))

    def _ask(self, line: str) -> str:
        print(line, file=self._process.stdin, flush=True)
        return self._process.stdout.readline().strip() if self._process.stdout else ""

    def close(self) -> None:
        """Ends the process."""
        self._process.communicate()


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
    quiet: dict[str, Any] = {"verbose": 0}  # Keras says that it takes words alone
    # Both sources shuffle by themselves.
    model.fit(data, epochs=1, steps_per_epoch=2, shuffle=False, **quiet)

    def measure() -> float:
        began = time.perf_counter()
        model.fit(data, epochs=1, shuffle=False, **quiet)
        return num_photos / (time.perf_counter() - began)

    return measure
