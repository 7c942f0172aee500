"""What a training needs before its first step: photos loaded, batches described, the network built and compiled."""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np

from core.config import TrainingConfig
from core.errors import RunError
from core.jobs.job import Report, no_report
from core.network.build import build
from core.photos.cache import open_cache
from core.photos.dataset import Dataset, load
from core.runs.calibration import of_classes, tempered
from core.runs.run import Run
from core.runs.store import find_run
from core.training.loop import checkpoint
from core.training.loop.compiled import balanced_weights, compile_model
from core.training.loop.judge import predict
from core.training.recipe.augment import resize
from core.training.recipe.batches import Batch, Outliers, TrainData
from core.training.recipe.made import open_made


class Teachers:
    """Trained networks of this app, whose probabilities on a batch are mixed into what the network in training should say.

    Teacher and student look at the same augmented picture. A forward pass a teacher and step: for one as large as the student
    about a third of the step's own work. Source: Hinton, Vinyals & Dean 2015; Beyer et al. 2022 (arXiv 2106.05237).

    Args:
        training: its ``teachers`` are run ids; ``teacher_share`` and ``teacher_temperature`` say how they are mixed in.
        class_names: of the student; theirs must be the same.
        input_channels: of the student; theirs must be the same.

    Raises:
        RunError: there is no such run, or it has no weights, other classes or other channels.
        ModelError: its weights are damaged.
    """

    def __init__(self, training: TrainingConfig, class_names: Sequence[str], input_channels: int):
        self._share, self._temperature = training.teacher_share, training.teacher_temperature
        self._num_classes = len(class_names)
        self._models: list[tuple[keras.Model, int]] = []  # and the side of the pictures that it learned from
        for run_id in training.teachers:
            run = find_run(run_id)
            if run.class_names != tuple(class_names) or run.config.network.input_channels != input_channels:
                raise RunError(
                    f"A teacher must know the same classes ({', '.join(class_names)}) and see as many channels ({input_channels}); the "
                    f"run “{run.name}” knows {', '.join(run.class_names)} and sees {run.config.network.input_channels}. Choose another."
                )
            self._models.append(_model_of(run))

    def taught(self, images: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """(B, T) float32: the targets, with the teachers' share in them.

        Outliers stay what they are where no teacher has an output for them.

        Args:
            images: (B, size, size, C) uint8, as the student sees them.
            targets: (B, T), one column a class, and one for outliers where the student has that output.
        """
        said = []
        for model, size in self._models:
            outputs = predict(model, np.stack([resize(image, size) for image in images]))
            if outputs.shape[1] > targets.shape[1]:
                outputs = of_classes(outputs, self._num_classes)
            said.append(np.pad(outputs, ((0, 0), (0, targets.shape[1] - outputs.shape[1]))))
        soft = np.mean(said, axis=0)
        if self._temperature != 1:
            soft = np.where(soft > 0, tempered(soft, self._temperature), 0)
        mixed = (1 - self._share) * targets + self._share * soft / soft.sum(axis=1, keepdims=True)
        is_known_alone = all(model.output_shape[-1] <= self._num_classes for model, _ in self._models)
        if targets.shape[1] > self._num_classes and is_known_alone:
            mixed = np.where(targets[:, -1:] > 0.5, targets, mixed)
        return mixed.astype(np.float32)


def _model_of(run: Run) -> tuple[keras.Model, int]:
    kept = checkpoint.read(run.checkpoint) if run.checkpoint else None
    if kept is None:
        raise RunError(
            f"A teacher must have trained weights; the run “{run.name}” has none that can be read. Choose another."
        )
    config, size = run.config, kept.state.get("image_size", run.config.network.input_size)
    num_targets = len(run.class_names) + config.training.has_outlier_output
    model = build(config.network, num_targets, any_size=size != config.network.input_size)
    checkpoint.set_weights(model, kept.arrays())
    return model, size


@dataclass(frozen=True)
class Equipment:
    """What a training works with: loaded, built and compiled before the first step, and never replaced after it.

    Args:
        dataset: the photos of the run.
        images: (N, S, S, C) uint8, all of them as the network takes them; a memory map.
        data: what training batches are made of.
        model: compiled; its weights and its optimizer's state change with every step.
        teachers: whose answers are mixed into the targets; None where there are none.
        class_weights: (num_targets,) float32; None where every photo counts alike.
    """

    dataset: Dataset
    images: np.ndarray
    data: TrainData
    model: keras.Model
    class_weights: np.ndarray | None
    teachers: Teachers | None = None

    def targets_of(self, batch: Batch) -> np.ndarray:
        """(B, num_outputs) float32: what the network should say about a batch."""
        targets = batch.targets(self.num_targets)
        if self.teachers:
            targets = self.teachers.taught(batch.images, targets)
        return targets[:, 1:] if self.model.output_shape[-1] == 1 else targets

    @property
    def num_classes(self) -> int:
        return len(self.dataset.class_names)

    @property
    def num_targets(self) -> int:
        """Of a photo's target: one a class, and one for outliers where there are some."""
        return self.num_classes + (self.data.outliers is not None)


def prepare(run: Run, precision: str, report: Report = no_report) -> Equipment:
    """Loads a run's photos, and builds and compiles its network as it is before the first step.

    Args:
        precision: the Keras dtype policy, from here on that of this process.
        report: called with the stage "caching"; may raise Cancelled.

    Raises:
        RunError: the photos are not those that the run was made with.
        AppError: photos or settings cannot be used.
    """
    dataset = _photos_of(run)
    config, training, network = run.config, run.config.training, run.config.network
    images = open_cache(dataset, network.input_size, config.photos.fit, network.input_channels, report)
    num_classes = len(dataset.class_names)
    outliers = _outliers_of(run, dataset, images, report) if training.has_outlier_output else None
    num_targets = num_classes + (outliers is not None)
    keras.config.set_dtype_policy(precision)
    keras.utils.set_random_seed(training.seed)
    model = build(network, num_targets, seed=training.seed, any_size=training.start_size_fraction < 1)
    compile_model(model, training, has_outliers=outliers is not None)
    rows = dataset.of_split("train")
    data = TrainData(
        images, dataset.labels, rows, training.batch_size, config.augment, training.seed, training.mixup_alpha, outliers
    )
    weights = balanced_weights(dataset.labels[rows], num_classes) if training.class_weights else None
    if weights is not None and outliers is not None:
        weights = np.append(weights, np.float32(1))
    teachers = Teachers(training, dataset.class_names, network.input_channels) if training.teachers else None
    return Equipment(dataset, images, data, model, weights, teachers)


def _outliers_of(run: Run, dataset: Dataset, images: np.ndarray, report: Report) -> Outliers:
    training, num_classes = run.config.training, len(dataset.class_names)
    rows = dataset.outliers_of_split("train")
    is_made = training.made_outlier_fraction > 0 or not len(rows)
    made = open_made(dataset, images, run.config.photos.fit, report) if is_made else images[:0]
    return Outliers(num_classes, training.outlier_fraction, rows, made, training.made_outlier_fraction)


def _photos_of(run: Run) -> Dataset:
    dataset = load(run.dataset["id"])
    if dataset.checksum != run.dataset["checksum"]:
        raise RunError(
            "The photos of this run have changed since it was made, so it cannot go on. Start a new run with them."
        )
    return dataset
