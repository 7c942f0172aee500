"""Runs on disk: make one, find one, list them, remove one."""

import json
import os
import shutil
import time
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core import config as configs
from core.config import ExperimentConfig, TrainingConfig
from core.errors import RunError
from core.jobs.events import EventLog
from core.jobs.job import check_id, new_id
from core.network.plan import plan
from core.runs.run import Run
from core.workspace.files import sync_folder, write_atomic
from core.workspace.folders import runs_folder
from core.workspace.owners import mark_of
from core.workspace.rights import Person, is_admin, may_change

if TYPE_CHECKING:
    from core.photos.dataset import Dataset

_LIBRARIES = ("tensorflow", "keras", "numpy", "opencv-python-headless", "pillow", "streamlit")


class Owned(Protocol):
    """A run, or a sweep as a whole."""

    @property
    def owner(self) -> str: ...


def create_run(config: ExperimentConfig, dataset: "Dataset", owner: str = "") -> Run:
    """Makes the folder of a run; ``core.runs.start_run`` starts it.

    Args:
        config: checked here, with the number of classes that the photos have.
        dataset: prepared photos.
        owner: mark of the browser that asked, "" for the command line.

    Raises:
        ConfigError: a setting is out of its limits, or a layer's map collapses.
    """
    configs.check(config)
    plan(config.network, len(dataset.class_names))
    run_id = new_id(config.preset)
    hidden = runs_folder() / f".{run_id}"
    hidden.mkdir()
    fill_folder(hidden, config, dataset, owner)
    log = EventLog(hidden / "events.jsonl")
    log.append("queued", position=0)
    log.close()
    folder = runs_folder() / run_id
    hidden.rename(folder)
    sync_folder(runs_folder())
    return Run(run_id, folder)


def fill_folder(folder: Path, config: ExperimentConfig, dataset: "Dataset", owner: str = "") -> None:
    """Writes what a worker reads: config.json, dataset.json, and an empty folder for checkpoints."""
    asked = {
        "config": configs.to_dict(config),
        "created": time.time(),
        "owner": mark_of(owner),
        "versions": _versions(),
    }
    photos = {
        "id": dataset.id,
        "name": dataset.name,
        "class_names": list(dataset.class_names),
        "counts": dataset.counts(),
        "checksum": dataset.checksum,
    }
    write_atomic(folder / "config.json", json.dumps(asked, indent=2, ensure_ascii=False) + "\n")
    write_atomic(folder / "dataset.json", json.dumps(photos, indent=2, ensure_ascii=False) + "\n")
    (folder / "checkpoints").mkdir()


def find_run(run_id: str) -> Run:
    """The run of that id, also a damaged one. Raises RunError if its form is wrong or there is none."""
    folder = runs_folder() / check_id(run_id)
    if not _is_run(folder):
        raise RunError(
            f"There is no run “{run_id}” on this computer. Choose one from the list of runs, or train a new one."
        )
    return Run(run_id, folder)


def list_runs() -> list[Run]:
    """Every run, damaged ones too, the newest first."""
    folders = (path for path in runs_folder().iterdir() if not path.name.startswith("."))
    return [Run(path.name, path) for path in sorted(folders, reverse=True) if _is_run(path)]


def _is_run(folder: Path) -> bool:
    """Whether there is something of a run: a damaged one is one too."""
    return any(os.path.lexists(folder / name) for name in ("config.json", "events.jsonl"))


def newest_completed() -> Run:
    """The newest run that has finished and can classify. Raises RunError if there is none."""
    for run in list_runs():
        if run.status == "completed" and run.checkpoint:
            return run
    raise RunError("There is no trained network yet. Train one first, e.g. python -m core train drawn --epochs 12.")


def may_control(thing: Owned, token: str, admin_key: str = "") -> bool:
    """Whether somebody may stop, pause, resume, extend or delete a run, or a sweep as a whole, from a browser.

    Args:
        token: the mark of the browser, or its token; "" if it has none.
        admin_key: what the person gave as the administrator's key.
    """
    return may_change(Person(token, is_admin(admin_key)), (thing.owner,))


def more_epochs(run: Run, epochs: int) -> Run:
    """Writes a longer training into a run's config.json, with what it was before. ``core.runs.extend_run`` goes on with it.

    Raises:
        RunError: not more epochs than it was trained for.
        ConfigError: more than the limit.
    """
    planned = run.history.num_epochs or run.config.training.epochs
    if epochs <= planned:
        raise RunError(
            f"A run can only be made longer: “{run.name}” was planned for {planned} epochs; received {epochs}. Give more than {planned}."
        )
    longer = replace(run.config.training, epochs=epochs, minutes=0.0)
    return _extended(run, longer, {"from_epochs": planned, "to_epochs": epochs})


def more_minutes(run: Run, minutes: float) -> Run:
    """``more_epochs`` for a run by the clock.

    Raises:
        RunError: it goes by epochs, or not more minutes than it was given.
        ConfigError: more than the limit.
    """
    given = run.config.training.minutes
    if not given:
        planned = run.history.num_epochs or run.config.training.epochs
        raise RunError(
            f"“{run.name}” goes by epochs, not by minutes: it was planned for {planned}; received {minutes:g} minutes. "
            f"Give more than {planned} epochs."
        )
    if minutes <= given:
        raise RunError(
            f"A run can only be made longer: “{run.name}” was given {given:g} minutes; received {minutes:g}. Give more than {given:g}."
        )
    longer = replace(run.config.training, minutes=minutes)
    return _extended(run, longer, {"from_minutes": given, "to_minutes": minutes})


def _extended(run: Run, training: TrainingConfig, change: dict[str, float]) -> Run:
    config = replace(run.config, training=training)
    configs.check(config)
    step = {**change, "done_epochs": len(run.history.epochs), "time": time.time()}
    asked = {**run.asked, "config": configs.to_dict(config), "extended": [*run.asked.get("extended", []), step]}
    write_atomic(run.folder / "config.json", json.dumps(asked, indent=2, ensure_ascii=False) + "\n")
    return Run(run.id, run.folder)


def remove_run(run: Run) -> None:
    """Removes a run for good. Whether its worker lives is the engine's to say: ``core.runs.engines.local.delete_run`` asks it first.

    Raises:
        RunError: somebody else was faster.
    """
    hidden = run.folder.with_name(f".{run.id}")
    try:
        run.folder.rename(hidden)
    except FileNotFoundError:
        raise RunError("This run has been deleted already, in another tab or by somebody else who may.") from None
    shutil.rmtree(hidden)


def _versions() -> dict[str, str]:
    found: dict[str, str] = {}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found
