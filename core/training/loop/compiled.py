"""What a network is trained with: optimizer, loss, and the two figures that every curve shows."""

from typing import Any

import keras
import numpy as np

from core.config import ConvBlock, DenseBlock, NetworkConfig, TrainingConfig
from core.network.build import build


def compile_model(model: keras.Model, training: TrainingConfig) -> None:
    """Gives a built network its optimizer, its loss and its figures, ``cross_entropy`` and ``accuracy``.

    The curve shows the plain cross entropy, without label smoothing, so that training and validation can be compared.
    """
    losses, is_softmax = keras.losses, model.output_shape[-1] > 1
    loss = losses.CategoricalCrossentropy if is_softmax else losses.BinaryCrossentropy
    plain = losses.categorical_crossentropy if is_softmax else losses.binary_crossentropy
    figures = [
        keras.metrics.MeanMetricWrapper(plain, name="cross_entropy"),
        keras.metrics.MeanMetricWrapper(_is_right, name="accuracy"),
    ]
    model.compile(_optimizer(training), loss(label_smoothing=training.label_smoothing), metrics=figures)


def _optimizer(training: TrainingConfig) -> keras.optimizers.Optimizer:
    rate = training.learning_rate
    clip: dict[str, Any] = {"global_clipnorm": training.gradient_clip} if training.gradient_clip else {}
    decay: dict[str, Any] = {"weight_decay": training.weight_decay} if training.weight_decay else {}
    match training.optimizer:
        case "adamw":
            optimizer = keras.optimizers.AdamW(rate, **({"weight_decay": 0.0} | decay), **clip)
        case "adam":
            optimizer = keras.optimizers.Adam(rate, **decay, **clip)
        case "sgd":
            optimizer = keras.optimizers.SGD(rate, momentum=training.momentum, **decay, **clip)
        case "rmsprop":
            optimizer = keras.optimizers.RMSprop(rate, **decay, **clip)
        case other:
            raise ValueError(f"optimizer must be one of those that core.config names; received {other!r}.")
    if decay:
        # Shrinking a bias, or the scale of a normalisation, does not make a network simpler.
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def _is_right(targets, probabilities):
    """1 where the more probable class is the one with the larger share of the target (mixup blends two), else 0."""
    if targets.shape[-1] == 1:
        both: Any = keras.ops.equal(targets > 0.5, probabilities > 0.5)  # (B, 1)
        agree = both[:, 0]
    else:
        agree = keras.ops.equal(keras.ops.argmax(targets, axis=-1), keras.ops.argmax(probabilities, axis=-1))
    return keras.ops.cast(agree, "float32")


def balanced_weights(labels: np.ndarray, num_classes: int) -> np.ndarray:
    """(num_classes,) float32: each class weighs the same in total; 1 where all have as many photos.

    Args:
        labels: (N,) class indices of the training photos.
    """
    counts = np.maximum(1, np.bincount(labels, minlength=num_classes))
    return (len(labels) / (num_classes * counts)).astype(np.float32)


def warm_up() -> None:
    """A step of a network of a few weights, which loads what TensorFlow and Keras load at first use."""
    network = NetworkConfig(
        input_size=16, blocks=(ConvBlock(1),), dense=(DenseBlock(1, dropout_rate=0.1),), head="average"
    )
    model = build(network, any_size=True)
    compile_model(model, TrainingConfig(gradient_clip=1.0))
    images = np.zeros((2, 16, 16, 3), np.uint8)
    model.train_on_batch(images, np.zeros((2, 1), np.float32), return_dict=True)
    model.predict_on_batch(images)
    keras.backend.clear_session()
