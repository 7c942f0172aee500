"""Starting a training, or several to compare, from a page."""

import threading
import time
from collections.abc import Sequence
from dataclasses import replace

from core.config import ExperimentConfig, PhotosConfig
from core.errors import RunError
from core.photos.dataset import Dataset
from core.photos.sources.origins import source_of
from core.runs.engines.local import start_run
from core.runs.run import Run
from core.runs.store import create_run
from core.runs.sweeps.sweep import Sweep, start_sweep
from core.workspace.owners import mark_of
from pages.state import Memory
from pages.state.current import all_runs

_SAME_CLICK_SECONDS = 10.0
_ONE_AT_A_TIME = threading.Lock()  # the second click of a double click runs in a thread of its own beside the first


def start_training(visit: Memory, config: ExperimentConfig, dataset: Dataset | None, owner: str) -> Run:
    """Makes a run and starts its process; from then on nothing that happens to the page touches it.

    A second click on Start within a moment, here or in another tab, finds the run of the first.

    Raises:
        RunError: there are no photos.
        ConfigError: the settings do not work together.
    """
    dataset = _there(dataset)
    config = _on_photos(config, dataset)
    with _ONE_AT_A_TIME:
        run = _just_started(config, dataset, owner) or create_run(config, dataset, owner)
        start_run(run)
    visit.run = run.id
    visit.turn_to("run")
    return run


def start_comparison(
    visit: Memory, path: str, values: Sequence, epochs: int | None, dataset: Dataset | None, owner: str
) -> Sweep:
    """Queues the trainings of a sweep of the draft. A second click while it is at work finds the sweep of the first.

    Args:
        path, values, epochs: as ``core.runs.sweeps.sweep.start_sweep`` takes them.

    Raises:
        RunError: there are no photos.
        ConfigError: as ``core.runs.sweeps.variants.variants``.
    """
    dataset = _there(dataset)
    config = _on_photos(visit.draft, dataset)
    with _ONE_AT_A_TIME:
        sweep = start_sweep(config, dataset, path, values, epochs=epochs, owner=owner)
    visit.sweep, visit.run = sweep.id, None
    visit.turn_to(f"sweep-{sweep.id}")
    return sweep


def _there(dataset: Dataset | None) -> Dataset:
    if dataset is None:
        raise RunError(
            "A training needs photos, and none are prepared yet. Prepare drawn pets or a folder on the Photos page."
        )
    return dataset


def _on_photos(config: ExperimentConfig, dataset: Dataset) -> ExperimentConfig:
    """The settings with these photos as their source; the link may have chosen others."""
    made_with = dataset.photos or PhotosConfig()
    photos = replace(config.photos, classes=made_with.classes, outliers=made_with.outliers)
    return replace(config, photos=replace(photos, source=source_of(dataset.root)))


def _just_started(config: ExperimentConfig, dataset: Dataset, owner: str) -> Run | None:
    now = time.time()
    for run in all_runs():
        if now - run.created > _SAME_CLICK_SECONDS:
            return None
        same = run.owner == mark_of(owner) and run.config == config and run.dataset["id"] == dataset.id
        if same and run.is_active:
            return run
    return None
