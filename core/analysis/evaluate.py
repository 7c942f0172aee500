"""A network's answers on a split of a data set."""

from collections.abc import Sequence

import keras
import numpy as np

from core.analysis.classify import load_network, predict
from core.analysis.evaluation import Evaluation
from core.errors import ModelError
from core.jobs import Report, no_report
from core.photos.cache import open_cache
from core.photos.dataset import Dataset, load
from core.photos.layout import class_key
from core.runs import Run
from core.training.augment import resize


def evaluate_model(
    model: keras.Model,
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
