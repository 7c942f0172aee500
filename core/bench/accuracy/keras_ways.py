"""``python -m core.bench.accuracy.keras_ways JSON``: what people write in Keras, trained from a folder of photos until its time is over.

The JSON has ``way``, ``photos``, ``seed``, ``began`` and ``minutes``; each reading is a line of JSON as ``core.bench.accuracy.clock`` prints it.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import config as configs
from core.bench.accuracy.clock import Clock, OutOfTime
from core.config import ExperimentConfig
from core.machine import prepare_environment
from core.network import presets

SIDE, BATCH_SIZE = 224, 32  # the article's
XCEPTION_SIDE, XCEPTION_BATCH_SIZE = 180, 128  # of Keras' example
FOREVER = 100_000  # epochs; the clock ends it


@dataclass(frozen=True)
class Way:
    """A compiled network and its photos, each in the way's own form.

    Args:
        model: ends in one sigmoid or one logit, which is above ``threshold`` for the second class.
        train, val, test: what ``fit`` takes; the test is gone through once a reading, in (images, labels).
    """

    model: Any
    train: Any
    val: Any
    test: Callable[[], Any]
    threshold: float
    callbacks: tuple = ()


def article(photos: Path, seed: int) -> Way:
    """The preset "narrow" with ImageDataGenerator, Adam at its default rate, as the article trains it."""
    import keras
    from keras.src.legacy.preprocessing.image import ImageDataGenerator

    augment = presets.experiment("narrow").augment
    moved = ImageDataGenerator(
        shear_range=augment.shear_degrees, zoom_range=augment.zoom_in_fraction, horizontal_flip=augment.horizontal_flip
    )

    def flow(split: str, generator: ImageDataGenerator, shuffle: bool):
        about: dict[str, Any] = {"target_size": (SIDE, SIDE), "batch_size": BATCH_SIZE, "class_mode": "binary"}
        return generator.flow_from_directory(photos / split, shuffle=shuffle, seed=seed, **about)

    val, test = (flow(split, ImageDataGenerator(), False) for split in ("val", "test"))
    model = _built(presets.experiment("narrow"), seed)
    model.compile(keras.optimizers.Adam(1e-3), "binary_crossentropy", metrics=["accuracy"])
    return Way(model, flow("train", moved, True), val, lambda: (test[place] for place in range(len(test))), 0.5)


def keras_layers(photos: Path, seed: int) -> Way:
    """The article's network as somebody writes it who knows Keras: batch normalisation, decoded photos cached, random layers in tf.data, and a
    learning rate that falls where validation stands still."""
    import keras

    layers = [
        keras.layers.RandomFlip("horizontal", seed=seed),
        keras.layers.RandomRotation(0.05, seed=seed),
        keras.layers.RandomZoom(0.2, seed=seed),
        keras.layers.RandomContrast(0.2, value_range=(0, 255), seed=seed),
    ]
    narrow = configs.to_dict(presets.experiment("narrow"))
    for block in (*narrow["network"]["blocks"], *narrow["network"]["dense"]):
        block["normalization"] = "batch"
    model = _built(configs.from_dict(narrow), seed)
    model.compile(keras.optimizers.Adam(1e-3), "binary_crossentropy", metrics=["accuracy"])
    val, test = (_files(photos / split, SIDE, 64).cache() for split in ("val", "test"))
    photos_once = _files(photos / "train", SIDE, None).cache()
    train = _augmented(photos_once.shuffle(len(photos_once), seed=seed).batch(BATCH_SIZE), layers)
    slower = keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.3, patience=6, min_lr=1e-5)
    return Way(model, train, val, lambda: test.as_numpy_iterator(), 0.5, (slower,))


def xception(photos: Path, seed: int) -> Way:
    """The small Xception of Keras' example for this very data set: separable convolutions in three residual blocks, flips and slight turns."""
    import keras

    layers = [keras.layers.RandomFlip("horizontal", seed=seed), keras.layers.RandomRotation(0.1, seed=seed)]
    model = _small_xception(XCEPTION_SIDE)
    model.compile(
        keras.optimizers.Adam(3e-4),
        keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy("accuracy", threshold=0.0)],
    )
    val, test = (_files(photos / split, XCEPTION_SIDE, 64) for split in ("val", "test"))
    train = _augmented(_files(photos / "train", XCEPTION_SIDE, XCEPTION_BATCH_SIZE, shuffle=True, seed=seed), layers)
    return Way(model, train, val, lambda: test.as_numpy_iterator(), 0.0)


WAYS: dict[str, Callable[[Path, int], Way]] = {"article": article, "keras": keras_layers, "xception": xception}


def _small_xception(side: int):
    """(B, side, side, 3) of 0..255 -> (B, 1) logits."""
    import keras
    from keras import layers

    def separable(x, filters: int):
        return layers.BatchNormalization()(layers.SeparableConv2D(filters, 3, padding="same")(x))

    inputs = keras.Input((side, side, 3))
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.BatchNormalization()(layers.Conv2D(128, 3, strides=2, padding="same")(x))
    x = layers.Activation("relu")(x)
    beside = x
    for filters in (256, 512, 728):
        x = separable(layers.Activation("relu")(x), filters)
        x = separable(layers.Activation("relu")(x), filters)
        x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
        beside = layers.Conv2D(filters, 1, strides=2, padding="same")(beside)
        x = beside = layers.add([x, beside])
    x = layers.Activation("relu")(separable(x, 1024))
    x = layers.Dropout(0.25)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, layers.Dense(1)(x))


def _built(experiment: ExperimentConfig, seed: int):
    from core.network.build import build

    return build(experiment.network, 2, seed=seed)


def _files(folder: Path, side: int, batch_size: int | None, shuffle: bool = False, seed: int = 0) -> Any:
    """The folder's photos as Keras reads them, in the order of their names or in another one each epoch."""
    import keras

    about: dict[str, Any] = {
        "label_mode": "binary",
        "image_size": (side, side),
        "batch_size": batch_size,
        "verbose": False,
    }
    return keras.utils.image_dataset_from_directory(folder, shuffle=shuffle, seed=seed, **about)


def _augmented(data, layers: list):
    """Batches through Keras' random layers, on as many threads as there are."""
    import tensorflow as tf

    def move(images, labels):
        for layer in layers:
            images = layer(images, training=True)
        return images, labels

    return data.map(move, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def run(way: Way, clock: Clock) -> None:
    """Trains until the last reading was taken."""
    import keras

    class Reader(keras.callbacks.Callback):
        """Keeps the weights that were best on validation, and reads them when it is time, between any two batches."""

        def __init__(self):
            super().__init__()
            self.best, self.best_accuracy, self.epoch = None, -1.0, 1

        def on_train_batch_end(self, batch, logs=None):
            clock.read(self._correct, self.epoch)

        on_test_batch_end = on_train_batch_end

        def on_epoch_end(self, epoch, logs=None):
            self.epoch = epoch + 2
            if (accuracy := (logs or {})["val_accuracy"]) > self.best_accuracy:
                self.best, self.best_accuracy = way.model.get_weights(), accuracy

        def _correct(self) -> tuple[int, int]:
            now = way.model.get_weights()
            if self.best is not None:
                way.model.set_weights(self.best)
            num_right = num_photos = 0
            for images, labels in way.test():
                answers = np.asarray(way.model.predict_on_batch(images)).ravel() > way.threshold
                num_right += int((answers == (np.asarray(labels).ravel() > 0.5)).sum())
                num_photos += len(answers)
            way.model.set_weights(now)
            return num_right, num_photos

    quiet: dict[str, Any] = {"verbose": 0}
    try:
        # Both sources shuffle by themselves.
        way.model.fit(
            way.train,
            validation_data=way.val,
            epochs=FOREVER,
            shuffle=False,
            callbacks=[Reader(), *way.callbacks],
            **quiet,
        )
    except OutOfTime:
        return


def main(asked: dict) -> None:
    clock = Clock(asked["began"], asked["minutes"])
    prepare_environment()
    import keras

    keras.utils.set_random_seed(asked["seed"])
    run(WAYS[asked["way"]](Path(asked["photos"]), asked["seed"]), clock)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
