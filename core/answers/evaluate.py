"""A network's answers on a split of a data set."""

import numpy as np

from core.answers.classify import model_of
from core.answers.network import TrainedNetwork, load_network
from core.errors import ModelError
from core.jobs.job import Report, no_report
from core.photos.cache import open_cache
from core.photos.dataset import Dataset, load
from core.photos.layouts.names import class_key
from core.runs.evaluation import Evaluation
from core.runs.run import Run
from core.training.loop.judge import evaluate_model


def evaluate_run(
    run: Run, dataset: Dataset | None = None, split: str = "test", report: Report = no_report
) -> Evaluation:
    """``evaluate`` for the kept network of a run.

    Args:
        run: has weights.
        dataset: Defaults to the photos that the run was trained with.

    Raises: as ``evaluate``; ModelError too where there are no weights, or damaged ones.
    """
    dataset = dataset or load(run.dataset["id"])
    return evaluate(load_network(run), dataset, split, report)


def evaluate(network: TrainedNetwork, dataset: Dataset, split: str = "test", report: Report = no_report) -> Evaluation:
    """What a network answers on prepared photos. Nothing is written.

    Args:
        dataset: photos of classes that the network knows, not necessarily all of them.
        split: "train", "val", "test" or "all".
        report: called with the stages "caching" and "testing".

    Raises:
        ModelError: weights of another network, other classes, or no photos in that split.
        RunError, PhotoError: the data set is gone, or photos cannot be read.
    """
    places = {class_key(name): place for place, name in enumerate(network.class_names)}
    strangers = [name for name in dataset.class_names if class_key(name) not in places]
    if strangers:
        raise ModelError(
            f"A network can only be tested on photos of the classes it knows. This one knows {', '.join(network.class_names)}; "
            f"received {', '.join(strangers)}. Name the folders as its classes, or choose another run."
        )
    indices = np.arange(len(dataset.examples)) if split == "all" else np.asarray(dataset.of_split(split))
    if len(indices) == 0:
        raise ModelError(
            f"There are no photos in the {split} split of “{dataset.name}” to test on. Choose another split, or add photos."
        )
    model, config = model_of(network), network.config
    images = open_cache(dataset, config.network.input_size, config.photos.fit, config.network.input_channels, report)
    examples = [dataset.examples[index] for index in indices]
    return evaluate_model(
        model,
        images,
        indices,
        np.array([places[class_key(example.class_name)] for example in examples], np.int32),
        network.class_names,
        [example.path for example in examples],
        split,
        network.image_size,
        report=report,
    )
