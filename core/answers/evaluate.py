"""A network's answers on a split of a data set."""

import numpy as np

from core.answers.classify import load_network
from core.errors import ModelError
from core.jobs.job import Report, no_report
from core.photos.cache import open_cache
from core.photos.dataset import Dataset, load
from core.photos.layouts.names import class_key
from core.runs.evaluation import Evaluation
from core.runs.store import Run
from core.training.loop.judge import evaluate_model


def evaluate_run(
    run: Run, dataset: Dataset | None = None, split: str = "test", report: Report = no_report
) -> Evaluation:
    """What a run's kept network answers on prepared photos. Nothing is written.

    Args:
        run: has weights.
        dataset: photos of classes that the run knows, not necessarily all of them. Defaults to those that the run was trained with.
        split: "train", "val" or "test".
        report: called with the stages "caching" and "testing".

    Raises:
        ModelError: no weights, damaged weights, other classes, or no photos in that split.
        RunError, PhotoError: the data set is gone, or photos cannot be read.
    """
    dataset = dataset or load(run.dataset["id"])
    places = {class_key(name): place for place, name in enumerate(run.class_names)}
    strangers = [name for name in dataset.class_names if class_key(name) not in places]
    if strangers:
        raise ModelError(
            f"A network can only be tested on photos of the classes it knows. The run “{run.name}” knows {', '.join(run.class_names)}; "
            f"received {', '.join(strangers)}. Name the folders as the run's classes, or choose another run."
        )
    indices = np.arange(len(dataset.examples)) if split == "all" else np.asarray(dataset.of_split(split))
    if len(indices) == 0:
        raise ModelError(
            f"There are no photos in the {split} split of “{dataset.name}” to test on. Choose another split, or add photos."
        )
    network = run.config.network
    model, size = load_network(run)
    images = open_cache(dataset, network.input_size, run.config.photos.fit, network.input_channels, report)
    return evaluate_model(
        model,
        images,
        indices,
        np.array([places[class_key(dataset.examples[index].class_name)] for index in indices], np.int32),
        run.class_names,
        [dataset.examples[index].path for index in indices],
        split,
        size,
        report=report,
    )
