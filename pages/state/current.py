"""The photos and the run that a visitor has before them."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from core.errors import AppError, RunError
from core.photos.dataset import Dataset, list_datasets, load
from core.runs.run import Run
from core.runs.store import find_run, list_runs
from core.runs.trust import best_to_ask
from core.workspace.folders import runs_folder
from core.workspace.owners import mark_of
from core.workspace.shelf import Shelf
from pages import state

NUM_ASKED = 50


def all_datasets() -> tuple[Dataset, ...]:
    """Every prepared data set, the newest first; one is read again only when it was written anew."""
    return tuple(list_datasets())


def dataset_of(dataset_id: str) -> Dataset:
    """A prepared data set. Raises AppError if there is none, or its files are damaged."""
    return next((dataset for dataset in all_datasets() if dataset.id == dataset_id), None) or load(dataset_id)


def current_dataset() -> Dataset | None:
    """The photos chosen here, else the ones that this browser or nobody in particular prepared last, else None."""
    chosen, mine = state.memory().dataset, {"", mark_of(state.owner())}
    try:
        return dataset_of(chosen) if chosen else next((one for one in all_datasets() if mine & {*one.owners}), None)
    except AppError:
        return None


def all_runs() -> tuple[Run, ...]:
    """Every run that this version can read, the newest first; all visitors share them. One that it cannot read must not take a page down."""
    return _shelf.look(runs_folder())


def run_of(run_id: str) -> Run:
    """The run of that id. Raises RunError if there is none, or another version wrote it."""
    run = find_run(run_id)
    known = _shelf.find(runs_folder(), run.id)
    if known is None:
        raise RunError(run.damage or f"The run “{run_id}” has been deleted. Choose another one.")
    return known


def damaged_runs() -> list[Run]:
    """Those that are left out of ``all_runs``; each says why."""
    return [run for run in list_runs() if run.damage]


def _readable(folder: Path) -> Run | None:
    """A run with its settings read. They change when a run is made longer, which writes them anew."""
    run = Run(folder.name, folder)
    return None if run.damage else run


_shelf = Shelf("config.json", _readable, lambda run: run.id)


def current_run() -> Run | None:
    """The run chosen here, else this browser's newest one, else None."""
    chosen = state.memory().run
    if chosen:
        try:
            return run_of(chosen)
        except AppError:
            return None
    return next(iter(own_runs()), None)


def own_runs() -> Iterator[Run]:
    """This browser's runs, the newest first. One from the command line belongs to everybody."""
    mine = ("", mark_of(state.owner()))
    return (run for run in all_runs() if run.owner in mine)


def run_to_ask() -> Run | None:
    """The run that answers best, this browser's own before others'; None where none can answer."""
    return best_to_ask(islice(own_runs(), NUM_ASKED)) or best_to_ask(all_runs()[:NUM_ASKED])


def num_classes() -> int:
    """How many classes the network has to tell apart."""
    dataset = current_dataset()
    return len(dataset.class_names) if dataset else len(state.draft().photos.drawn_classes)
