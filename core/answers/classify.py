"""A trained network, built and filled with its weights, and what it says about photos."""

from collections.abc import Sequence

import keras
import numpy as np

from core.answers.network import TrainedNetwork
from core.machine import processor_has_bfloat16
from core.network.build import build
from core.photos.files.pixels import fit_image
from core.runs.calibration import of_classes, scores, tempered
from core.runs.evaluation import Answer
from core.training.loop import checkpoint
from core.training.loop.judge import predict, with_features
from core.training.recipe.augment import resize


class Classifier:
    """A trained network that is ready to answer.

    Args:
        network: is built here; its weights are held by the model from then on.

    Raises:
        ModelError: the weights are of another network.
    """

    def __init__(self, network: TrainedNetwork):
        self.class_names = network.class_names
        self._fit, self._network, self._size = network.config.photos.fit, network.config.network, network.image_size
        self._model = model_of(network)
        self._calibration = network.calibration
        arrays = {name: array for name, array in network.weights.items() if name.startswith("detector.")}
        self._memory = {name: array.astype(np.float32) for name, array in arrays.items()}
        self._is_looking = bool(self._memory)
        if self._is_looking:
            self._model = with_features(self._model)

    def classify(self, images: Sequence[np.ndarray], batch_size: int = 32) -> list[Answer]:
        """What the network says about photos.

        Args:
            images: each (H, W, 3) uint8, upright, of any size.
            batch_size: photos that go through the network at once; it bounds memory and changes no answer.

        Returns:
            One Answer an image, in order.

        Raises:
            ModelError: the network answers with something that is not a number.
        """
        answers = []
        for start in range(0, len(images), batch_size):
            pictures = [self._prepare(image) for image in images[start : start + batch_size]]
            outputs, features = self._asked(np.stack(pictures))
            rows = of_classes(outputs, len(self.class_names))  # (B, num_classes)
            if self._calibration:
                rows = tempered(rows, self._calibration.temperature)
            for picture, row, is_neither in zip(pictures, rows, self._are_neither(outputs, features), strict=True):
                chances = dict(zip(self.class_names, map(float, row), strict=True))
                answers.append(Answer(chances, picture, bool(is_neither)))
        return answers

    def _asked(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(outputs (B, num_targets), features (B, D) of the last hidden layer, (B, 0) where no detector looks at them)."""
        if not self._is_looking:
            return predict(self._model, pictures), np.empty((len(pictures), 0), np.float32)
        watching = _Watching(self._model)
        return predict(watching, pictures), watching.features

    def _are_neither(self, outputs: np.ndarray, features: np.ndarray) -> np.ndarray:
        """(B,) bool."""
        if self._calibration is None:
            return np.zeros(len(outputs), bool)
        known = scores(self._calibration.detector, outputs, len(self.class_names), features, self._memory)
        return known < self._calibration.threshold

    def _prepare(self, image: np.ndarray) -> np.ndarray:
        """(H, W, 3) -> (size, size, C) by the two steps that a photo of the test split takes: cache, then resize."""
        square = fit_image(image, self._network.input_size, self._fit, self._network.input_channels)
        return resize(square, self._size)


class _Watching:
    """Stands in for a model with two outputs while it is asked, and keeps the second: ``features`` (B, D) float32."""

    def __init__(self, model: keras.Model):
        self._model = model
        self.features = np.empty((0, 0), np.float32)

    def predict_on_batch(self, images: np.ndarray) -> np.ndarray:
        answers, features = self._model.predict_on_batch(images)
        self.features = np.asarray(features, np.float32)
        return answers


def model_of(network: TrainedNetwork) -> keras.Model:
    """The model, as ``core.network.build`` describes it, with the weights in it; for pictures of ``network.image_size``.

    It computes in bfloat16 where the network was trained so and this processor does it natively, so that answers equal those of
    its test; else in float32.

    Raises:
        ModelError: the weights are of another network.
    """
    config = network.config.network
    trained_in = network.config.training.precision
    policy_before = keras.config.dtype_policy()
    in_bfloat16 = trained_in == "mixed_bfloat16" and processor_has_bfloat16()
    keras.config.set_dtype_policy(trained_in if in_bfloat16 else "float32")
    try:
        model = build(config, network.num_targets, any_size=network.image_size != config.input_size)
    finally:
        keras.config.set_dtype_policy(policy_before)
    checkpoint.set_weights(model, network.weights)
    return model
