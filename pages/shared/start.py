"""Starting a training from a page."""

import threading
import time
from dataclasses import replace

from core.config import ExperimentConfig
from core.errors import RunError
from core.photos.dataset import Dataset
from core.photos.origins import source_of
from core.runs import Run, create_run, start_run
from pages.shared.current import all_runs
from pages.shared.state import Memory

_SAME_CLICK_SECONDS = 10.0
_ONE_AT_A_TIME = threading.Lock()  # the second click of a double click runs in a thread of its own beside the first


def start_training(visit: Memory, config: ExperimentConfig, dataset: Dataset | None, owner: str) -> Run:
    """Makes a run and starts its process; from then on nothing that happens to the page touches it.

    A second click on Start within a moment, here or in another tab, finds the run of the first.

    Raises:
        RunError: there are no photos.
        ConfigError: the settings do not work together.
    """
    if dataset is None:
        raise RunError(
            "A training needs photos, and none are prepared yet. Prepare drawn pets or a folder on the Photos page."
        )
    config = replace(
        config, photos=replace(config.photos, source=source_of(dataset.root))
    )  # the link may have chosen other photos
    with _ONE_AT_A_TIME:
        run = _just_started(config, dataset, owner) or create_run(config, dataset, owner)
        start_run(run)
    visit.run = run.id
    return run


def _just_started(config: ExperimentConfig, dataset: Dataset, owner: str) -> Run | None:
    now = time.time()
    for run in all_runs():
        if now - run.created > _SAME_CLICK_SECONDS:
            return None
        same = run.owner == owner and run.config == config and run.dataset["id"] == dataset.id
        if same and run.is_active:
            return run
    return None
