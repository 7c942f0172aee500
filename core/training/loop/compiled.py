"""What a network is trained with: optimizer, loss, and the two figures that every curve shows."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from core.config import ConvBlock, DenseBlock, NetworkConfig, TrainingConfig
from core.network.build import build

# Four rounds bring every singular value between .7 and 1.2, which is as good as exact; Keras' five cost a quarter more.
ROUNDS = 4
# The first kernels are small and see pixels; dense layers and the output are few; AdamW, at the same rate, suits all of these.
LEFT_TO_ADAMW = ["conv1/", "dense", "output"]


def compile_model(model: keras.Model, training: TrainingConfig, has_outliers: bool = False) -> None:
    """Gives a built network its optimizer, its loss and its figures, ``cross_entropy`` and ``accuracy``.

    The curve shows the plain cross entropy, without label smoothing, so that training and validation can be compared.

    Args:
        has_outliers: whether its last output is that of outliers: they count for the loss, and the figures are those of the
            classes, of photos of classes.
    """
    losses, is_softmax = keras.losses, model.output_shape[-1] > 1
    loss = losses.CategoricalCrossentropy if is_softmax else losses.BinaryCrossentropy
    plain = losses.categorical_crossentropy if is_softmax else losses.binary_crossentropy
    figures = [
        keras.metrics.MeanMetricWrapper(_of_classes(figure) if has_outliers else figure, name=name)
        for name, figure in (("cross_entropy", plain), ("accuracy", _is_right))
    ]
    model.compile(_optimizer(training), loss(label_smoothing=training.label_smoothing), metrics=figures)


def _optimizer(training: TrainingConfig) -> keras.optimizers.Optimizer:
    rate = training.learning_rate
    clip: dict[str, Any] = {"global_clipnorm": training.gradient_clip} if training.gradient_clip else {}
    decay: dict[str, Any] = {"weight_decay": training.weight_decay} if training.weight_decay else {}
    match training.optimizer:
        case "adamw":
            optimizer = keras.optimizers.AdamW(rate, **({"weight_decay": 0.0} | decay), **clip)
        case "muon":
            shrinks = training.weight_decay
            optimizer = ConvolutionMuon(
                rate,
                weight_decay=shrinks,
                adam_weight_decay=shrinks,
                exclude_layers=LEFT_TO_ADAMW,
                ns_steps=ROUNDS,
                **clip,
            )
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


class ConvolutionMuon(keras.optimizers.Muon):
    """Turns each step of a convolution's kernel into one that changes all directions alike; AdamW for all else.

    A kernel (height, width, channels in, filters) is the matrix (height * width * channels in, filters) that a window's
    numbers are multiplied with. Keras' Muon leaves everything that is not a matrix to AdamW, so all kernels.

    Source: Jordan et al. 2024, “Muon: an optimizer for hidden layers in neural networks”; the step's size, by which AdamW's
    learning rates and weight decays hold, Liu et al. 2025, “Muon is scalable for LLM training”, section 2.2.
    """

    def _should_use_adamw(self, variable: Any) -> bool:
        is_left = any(part in variable.path for part in self.exclude_layers)
        return len(variable.shape) != 4 or is_left

    def zeropower_via_newtonschulz5(self, x: Any, steps: int) -> Any:
        """The nearest matrix of equal singular values, near enough. ``x``: a kernel's gradient; returns its shape."""
        return keras.ops.reshape(super().zeropower_via_newtonschulz5(_as_matrix(x), steps), x.shape)

    def lr_adjust(self, x: Any) -> Any:
        return keras.ops.reshape(super().lr_adjust(_as_matrix(x)), x.shape)


def _as_matrix(kernel: Any) -> Any:
    return keras.ops.reshape(kernel, (-1, kernel.shape[-1]))


def _is_right(targets, probabilities):
    """1 where the more probable class is the one with the larger share of the target (mixup blends two), else 0."""
    if targets.shape[-1] == 1:
        both: Any = keras.ops.equal(targets > 0.5, probabilities > 0.5)  # (B, 1)
        agree = both[:, 0]
    else:
        agree = keras.ops.equal(keras.ops.argmax(targets, axis=-1), keras.ops.argmax(probabilities, axis=-1))
    return keras.ops.cast(agree, "float32")


def _of_classes(figure: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The figure given that a photo is of a class, each scaled so that the mean over the batch is that over its photos of classes."""

    def of_classes(targets, probabilities):
        share = 1 - targets[:, -1]  # (B,) 0 for outliers
        known = targets[:, :-1] / keras.ops.maximum(share[:, None], 1e-7)
        chances = probabilities[:, :-1] + 1e-12  # as core.runs.calibration.of_classes
        values: Any = figure(known, chances / keras.ops.sum(chances, axis=-1, keepdims=True))
        is_known = keras.ops.cast(share > 0.5, "float32")
        return (
            values
            * is_known
            * keras.ops.cast(keras.ops.size(share), "float32")
            / keras.ops.maximum(keras.ops.sum(is_known), 1.0)
        )

    return of_classes


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
