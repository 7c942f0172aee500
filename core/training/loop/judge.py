"""How good a network is on photos of a split: the same judge while it trains and afterwards; and, after the last epoch, what its
answers are worth and from when on it says “neither”."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Protocol

import keras
import numpy as np

from core.errors import NotANumberError
from core.jobs.job import Report, no_report
from core.photos.dataset import Dataset
from core.runs import calibration
from core.runs.calibration import MAX_P, Calibration, of_classes
from core.runs.evaluation import Evaluation
from core.runs.run import Run
from core.training.loop import checkpoint
from core.training.recipe import outliers
from core.training.recipe.augment import resize
from core.training.recipe.schedule import MOST_KEPT_BYTES
from core.workspace.files import write_atomic


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
    probabilities = of_classes(np.concatenate(rows), len(class_names))
    return Evaluation(split, tuple(class_names), tuple(paths), labels, probabilities)


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


MOST_PHOTOS = 4000  # of a split: more would make no figure surer that anybody reads
NUM_REMEMBERED = 1000  # training photos whose features a detector keeps
MADE_PER_KIND = 6
BATCH_SIZE = 64


def calibrate(
    run: Run, model: keras.Model, dataset: Dataset, images: np.ndarray, kept: checkpoint.Checkpoint, report: Report
) -> None:
    """Writes a run's calibration, beside its kept weights, which answers go by, and as calibration.json, to read.

    Args:
        model: with the kept weights.
        dataset, images: what it was trained with, and its cache.
        kept: the checkpoint that the weights are from.
        report: called with the stage "testing".

    Raises:
        OSError: disk full or read-only; the weights are untouched.
    """
    config = run.config
    size, fit, seed = kept.state["image_size"], config.photos.fit, config.training.seed + 1
    result, memory = calibrated(model, dataset, images, size, fit, seed, report)
    weights = checkpoint.pack_weights(checkpoint.unpack_weights(kept.arrays()))
    state = kept.state | {"calibration": result.as_json()}
    checkpoint.save(run.folder / "checkpoints", checkpoint.BEST, weights | memory, state)
    write_atomic(run.folder / calibration.FILE, json.dumps(result.as_json(), indent=2) + "\n")


def calibrated(
    model: keras.Model, dataset: Dataset, images: np.ndarray, size: int, fit: str, seed: int, report: Report
) -> tuple[Calibration, dict[str, np.ndarray]]:
    """The calibration of a network, and the arrays that its detector needs.

    Temperature and threshold come from validation photos alone. A network without an output for outliers takes the detector that
    finds most of the made pictures on the way; what it finds of them is therefore a little flattering.

    Args:
        model: with the kept weights.
        dataset, images: as ``calibrate``.
        size: side in pixels at which it is judged.
        fit: of the photos.
        seed: of the made pictures; another than theirs with which it was trained.
        report: called with the stage "testing".
    """
    num_classes = len(dataset.class_names)
    watching = with_features(model)

    def looked_at(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return _looked_at(watching, images, rows, size, report)

    val_rows, test_rows = _some(dataset.of_split("val"), MOST_PHOTOS), _some(dataset.of_split("test"), MOST_PHOTOS)
    (val, val_features), (test, test_features) = looked_at(val_rows), looked_at(test_rows)
    temperature = calibration.fitted_temperature(calibration.of_classes(val, num_classes), dataset.labels[val_rows])
    test_known, test_labels = calibration.of_classes(test, num_classes), dataset.labels[test_rows]
    result = Calibration(
        temperature,
        calibration.calibration_error(calibration.tempered(test_known, temperature), test_labels),
        calibration.calibration_error(test_known, test_labels),
        has_output=model.output_shape[-1] > num_classes,
    )
    made = _made(dataset, images, fit, seed)
    seen = {
        kind: _looked_at(watching, pictures, np.arange(len(pictures)), size, report) for kind, pictures in made.items()
    }
    strangers = np.concatenate([dataset.outliers_of_split("val"), dataset.outliers_of_split("test")])
    if len(strangers):
        seen["outliers"] = looked_at(_some(strangers, MOST_PHOTOS))
    memories: dict[str, dict[str, np.ndarray]] = {}
    if not result.has_output:
        train_rows = _some(dataset.of_split("train"), NUM_REMEMBERED)
        memories = calibration.memory_of(looked_at(train_rows)[1], dataset.labels[train_rows])
    candidates = []
    for detector in (MAX_P, *memories):
        memory = memories.get(detector, {})

        def score(pair: tuple[np.ndarray, np.ndarray], detector=detector, memory=memory) -> np.ndarray:
            return calibration.scores(detector, pair[0], num_classes, pair[1], memory)

        threshold = calibration.threshold_of(score((val, val_features)))
        found = {kind: (int((score(pair) < threshold).sum()), len(pair[0])) for kind, pair in seen.items()}
        lost = float((score((test, test_features)) < threshold).mean())
        candidates.append((replace(result, detector=detector, threshold=threshold, lost=lost, found=found), memory))
    return chosen(candidates, made)


def chosen(
    candidates: Sequence[tuple[Calibration, dict[str, np.ndarray]]], kinds: Iterable[str]
) -> tuple[Calibration, dict[str, np.ndarray]]:
    """The detector that finds most made pictures; of equals the first, which costs nothing.

    Photos of outliers are not asked: those of the test split judge, and what a choice was made by cannot judge it.

    Args:
        candidates: calibrations that differ by their detector, each with the arrays that this one needs.
        kinds: of made pictures.
    """
    kinds = tuple(kinds)
    return max(candidates, key=lambda pair: sum(pair[0].found[kind][0] for kind in kinds))


def with_features(model: keras.Model) -> keras.Model:
    """The model with two outputs: its own, and the last hidden layer (B, D)."""
    return keras.Model(model.inputs[0], [model.outputs[0], model.get_layer("output").input])


def _looked_at(
    model: keras.Model, images: np.ndarray, rows: np.ndarray, size: int, report: Report
) -> tuple[np.ndarray, np.ndarray]:
    """(outputs (N, K), features (N, D)) of photos; one sigmoid p becomes [1 - p, p]."""
    outputs, features = [], []
    for start in range(0, len(rows), BATCH_SIZE):
        batch = np.stack([resize(images[row], size) for row in rows[start : start + BATCH_SIZE]])
        # Layer by layer: a function traced for each shape, once a run, would take longer than the photos.
        answer, feature = model(batch, training=False)
        outputs.append(np.asarray(keras.ops.convert_to_numpy(answer), np.float32))
        features.append(np.asarray(keras.ops.convert_to_numpy(feature), np.float32))
        report("testing", start + len(batch), len(rows))
    out = np.concatenate(outputs)
    return np.concatenate([1 - out, out], axis=1) if out.shape[1] == 1 else out, np.concatenate(features)


def _made(dataset: Dataset, images: np.ndarray, fit: str, seed: int) -> dict[str, np.ndarray]:
    rows = dataset.of_split("val")
    return {
        kind: outliers.make_some(images, rows, images.shape[1], fit, MADE_PER_KIND, seed, [kind])
        for kind in outliers.KINDS
    }


def _some(rows: np.ndarray, most: int) -> np.ndarray:
    """At most so many of them, evenly over all."""
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(int)]
