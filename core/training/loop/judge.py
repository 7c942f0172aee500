"""How good a network is on photos of a split: the same judge while it trains and afterwards."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from core.errors import NotANumberError
from core.jobs.job import Report, no_report
from core.runs.evaluation import Evaluation
from core.training.recipe.augment import resize
from core.training.recipe.schedule import MOST_KEPT_BYTES


class Answering(Protocol):
    """A model, or what stands in for one."""

    def predict_on_batch(self, images: np.ndarray, /) -> Any:
        """(B, size, size, C) uint8 -> (B, 1) or (B, num_classes), float32 or what becomes it."""


class Pictures:
    """The pictures of a split at a size. Small ones are made once and kept, since making them takes as long as judging them.

    Args:
        images: (N, S, S, C) uint8, all photos as the cache has them.
    """

    def __init__(self, images: np.ndarray):
        self._images = images
        self._kept_of, self._kept = ("", 0), np.empty(0)

    def of(self, split: str, indices: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
        """(pictures, rows of them to take), for ``evaluate_model``; pictures (rows, size or S, size or S, C) uint8."""
        images = self._images
        if size == images.shape[1] or len(indices) * size**2 * images.shape[3] > MOST_KEPT_BYTES:
            return images, indices
        if self._kept_of != (split, size):
            self._kept_of, self._kept = (split, size), np.stack([resize(images[index], size) for index in indices])
        return self._kept, np.arange(len(indices))


def evaluate_model(
    model: Answering,
    images: np.ndarray,
    indices: np.ndarray,
    labels: np.ndarray,
    class_names: Sequence[str],
    paths: Sequence[str],
    split: str,
    size: int,
    batch_size: int = 64,
    report: Report = no_report,
) -> Evaluation:
    """Asks a model about photos, one view of each, without augmentation. The last batch may be smaller; none is left out.

    Args:
        model: as ``core.network.build`` makes it.
        images: (rows, S, S, C) uint8, usually a memory map of all photos.
        indices: (N,) rows of ``images`` to ask about.
        labels: (N,) class indices of those rows, in the same order.
        class_names: in the order of class_index.
        paths: N paths of those rows.
        split: what they are: "train", "val" or "test".
        size: side in pixels at which the model sees them.
        batch_size: photos at once; it bounds memory.
        report: called with the stage "testing".

    Raises:
        ModelError: the network answers with NaN.
    """
    rows = []
    for start in range(0, len(indices), batch_size):
        batch = [resize(images[index], size) for index in indices[start : start + batch_size]]
        rows.append(predict(model, np.stack(batch)))
        report("testing", start + len(batch), len(indices))
    return Evaluation(split, tuple(class_names), tuple(paths), labels, np.concatenate(rows))


def predict(model: Answering, images: np.ndarray) -> np.ndarray:
    """Probabilities of one batch.

    Args:
        model: as ``core.network.build`` makes it: one sigmoid, or a softmax.
        images: (B, size, size, C) uint8.

    Returns:
        (B, num_classes) float32; one sigmoid p, the probability of class 1, becomes [1 - p, p].

    Raises:
        ModelError: a probability is NaN.
    """
    outputs = np.asarray(model.predict_on_batch(images), np.float32)  # (B, 1) or (B, num_classes)
    if np.isnan(outputs).any():
        raise NotANumberError(
            "This network answers with NaN, not with numbers: its training broke down, usually of too high a learning rate. "
            "Lower it and train again."
        )
    return np.concatenate([1 - outputs, outputs], axis=1) if outputs.shape[1] == 1 else outputs
