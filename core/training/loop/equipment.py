"""What a training needs before its first step: photos loaded, batches described, the network built and compiled."""

from dataclasses import dataclass

import keras
import numpy as np

from core.errors import RunError
from core.jobs.job import Report, no_report
from core.network.build import build
from core.photos.cache import open_cache
from core.photos.dataset import Dataset, load
from core.runs.run import Run
from core.training.loop.compiled import balanced_weights, compile_model
from core.training.recipe.batches import TrainData


@dataclass(frozen=True)
class Equipment:
    """What a training works with: loaded, built and compiled before the first step, and never replaced after it.

    Args:
        dataset: the photos of the run.
        images: (N, S, S, C) uint8, all of them as the network takes them; a memory map.
        data: what training batches are made of.
        model: compiled; its weights and its optimizer's state change with every step.
        class_weights: (num_classes,) float32; None where every photo counts alike.
    """

    dataset: Dataset
    images: np.ndarray
    data: TrainData
    model: keras.Model
    class_weights: np.ndarray | None

    @property
    def num_classes(self) -> int:
        return len(self.dataset.class_names)


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
    keras.config.set_dtype_policy(precision)
    keras.utils.set_random_seed(training.seed)
    model = build(network, num_classes, seed=training.seed, any_size=training.start_size_fraction < 1)
    compile_model(model, training)
    rows = dataset.of_split("train")
    data = TrainData(
        images, dataset.labels, rows, training.batch_size, config.augment, training.seed, training.mixup_alpha
    )
    weights = balanced_weights(dataset.labels[rows], num_classes) if training.class_weights else None
    return Equipment(dataset, images, data, model, weights)


def _photos_of(run: Run) -> Dataset:
    dataset = load(run.dataset["id"])
    if dataset.checksum != run.dataset["checksum"]:
        raise RunError(
            "The photos of this run have changed since it was made, so it cannot go on. Start a new run with them."
        )
    return dataset
