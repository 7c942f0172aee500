"""What an epoch leaves behind for the diagnosis, beside its curve: silent units, how alike the answers are, the size of a step.

``core.advice.diagnosis`` reads these from the history. All of it is made of numbers that training computes anyway.
"""

import math
from typing import Any

import keras
import numpy as np

from core.runs.evaluation import Evaluation

MOST_SAMPLED = 2**13  # numbers of one kernel: enough for a length to one part in a hundred
RUNAWAY = 1e9  # stands for the size of a step into infinity


class Watcher:
    """Stands in for a model while it is asked, and notes which units of its ReLU layers answer to any photo.

    The largest output of every unit comes out of the same pass as the probabilities, so watching costs a reduction and
    no second look at the photos.

    Args:
        model: as ``core.network.build`` makes it; its weights are shared, not copied.
    """

    def __init__(self, model: keras.Model):
        watched = [layer for layer in model.layers if getattr(layer, "activation", None) is keras.activations.relu]
        self._names = [layer.name.removesuffix("_activation") for layer in watched]
        peaks = [_peaks(layer.output) for layer in watched]
        self._model = keras.Model(model.inputs, [*model.outputs, *peaks], name="watched")
        self._largest: list[np.ndarray] = []

    def predict_on_batch(self, images: np.ndarray) -> np.ndarray:
        """The model's own answer, (B, num_outputs) float32."""
        outputs = self._model.predict_on_batch(images)
        answers, *peaks = outputs if isinstance(outputs, (list, tuple)) else [outputs]  # one alone comes bare
        largest = [peak.max(axis=0) for peak in peaks]  # (units,) each
        self._largest = [np.maximum(a, b) for a, b in zip(self._largest or largest, largest, strict=True)]
        return answers

    def forget(self) -> None:
        """Before another split or epoch is judged."""
        self._largest = []

    def dead_units(self) -> dict[str, int]:
        """Layer name -> number of units that were 0 everywhere in every photo since ``forget``; layers without one are left out."""
        counts = {name: int((largest <= 0).sum()) for name, largest in zip(self._names, self._largest, strict=False)}
        return {name: count for name, count in counts.items() if count}


def _peaks(output):
    """(B, H, W, units) or (B, units) -> (B, units), the largest number of each unit in a photo."""
    return keras.ops.max(output, axis=(1, 2)) if len(output.shape) == 4 else output


def answers(validation: Evaluation) -> dict:
    """How an epoch's answers are spread: ``val_top_class`` (class index) got ``val_top_share`` (0..1) of all answers;
    ``val_spread`` is the standard deviation of the probabilities over the photos, 0 where all photos get one answer;
    ``val_right`` counts the photos of each class named rightly, and ``val_loss_error`` is the standard error of the mean loss."""
    counts = np.bincount(validation.predicted, minlength=len(validation.class_names))
    return {
        "val_top_class": int(counts.argmax()),
        "val_top_share": float(counts.max() / validation.num_photos),
        "val_spread": float(validation.probabilities.std(axis=0).mean()),
        "val_right": list(validation.score.right),
        "val_loss_error": float(validation.losses.std() / math.sqrt(validation.num_photos)),
    }


def kernels(model: keras.Model) -> list[np.ndarray]:
    """Samples of the weights that multiply, one array a convolution or dense layer: copying 50 million would take longer than a step."""
    return [_sample(variable) for variable in model.trainable_variables if len(variable.shape) > 1]


def _sample(variable) -> np.ndarray:
    """Every n-th number of a kernel; n is odd, so that all units come into it."""
    every = math.prod(variable.shape) // MOST_SAMPLED | 1
    numbers: Any = keras.ops.reshape(variable, (-1,))
    return np.array(numbers[::every], np.float64)  # squares of runaway weights fit


def step_fraction(before: list[np.ndarray], after: list[np.ndarray]) -> float:
    """How far one step moved the weights, as a share of their size: the median over layers of |change| / |weights|."""
    shares = [
        float(np.linalg.norm(new - old)) / max(1e-12, float(np.linalg.norm(old)))
        for old, new in zip(before, after, strict=True)
    ]
    return float(np.nan_to_num(np.median(shares), nan=RUNAWAY, posinf=RUNAWAY))  # JSON has no infinity
