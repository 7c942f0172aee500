"""A run's weights, put back into its network, and what that network says about photos."""

from collections.abc import Sequence

import keras
import numpy as np

from core.errors import ModelError
from core.machine import processor_has_bfloat16
from core.network.build import build
from core.photos.files.pixels import fit_image
from core.runs.evaluation import Answer
from core.runs.store import Run
from core.training.loop import checkpoint
from core.training.loop.judge import predict
from core.training.recipe.augment import resize


class Classifier:
    """A trained network that is ready to answer.

    Args:
        run: has weights (``run.checkpoint``); they are read once, here.

    Raises:
        ModelError: there are no weights, or they are damaged or of another network.
    """

    def __init__(self, run: Run):
        self.class_names = run.class_names
        self._fit, self._network = run.config.photos.fit, run.config.network
        self._model, self._size = load_network(run)

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
            rows = predict(self._model, np.stack(pictures))  # (B, num_classes)
            for picture, row in zip(pictures, rows, strict=True):
                answers.append(Answer(dict(zip(self.class_names, map(float, row), strict=True)), picture))
        return answers

    def _prepare(self, image: np.ndarray) -> np.ndarray:
        """(H, W, 3) -> (size, size, C) by the two steps that a photo of the test split takes: cache, then resize."""
        square = fit_image(image, self._network.input_size, self._fit, self._network.input_channels)
        return resize(square, self._size)


def load_network(run: Run) -> tuple[keras.Model, int]:
    """The network of a run with its kept weights: those of the best epoch, averaged where averaging is on.

    Built from the run's own config and filled from safetensors: nothing in the file is ever executed. It computes in
    bfloat16 where the run did and this processor does it natively, so that answers equal the run's test; else in float32.

    Returns:
        The model, as ``core.network.build`` describes it, and the side in pixels of the pictures that it learned from. That is
        less than ``network.input_size`` where training began with small pictures and was stopped before they grew.

    Raises:
        ModelError: there are no weights, or they are damaged or of another network.
    """
    if run.checkpoint is None:
        raise ModelError(
            f"The run “{run.name}” has no trained weights yet. Wait until its first epoch has ended, or choose another run."
        )
    kept = checkpoint.read(run.checkpoint)
    if kept is None:
        raise ModelError(
            f"The weights of the run “{run.name}” are damaged: they are not what was written. "
            "Train it again, or put the file back from a copy."
        )
    network = run.config.network
    size = kept.state.get("image_size", network.input_size)
    if not isinstance(size, int) or not 1 <= size <= network.input_size:
        raise ModelError(
            f"The weights of the run “{run.id}” are damaged: they are for pictures of no size. Train it again."
        )
    wanted = run.history.precision
    policy_before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(wanted if wanted == "mixed_bfloat16" and processor_has_bfloat16() else "float32")
    try:
        model = build(network, len(run.class_names), any_size=size != network.input_size)
    finally:
        keras.config.set_dtype_policy(policy_before)
    checkpoint.set_weights(model, kept.arrays())
    return model, size
