"""Runs on disk: make one, find one, list them."""

import json
import os
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core import config as configs
from core.config import ExperimentConfig
from core.errors import AppError, ModelError, RunError
from core.jobs.events import EventLog, is_number, last_event
from core.jobs.job import check_id, new_id, status_of
from core.network.plan import plan
from core.photos.layouts.names import SPLITS
from core.runs.evaluation import Evaluation, wilson_interval
from core.runs.history import History, read_history
from core.workspace.files import DAMAGED, read_json, sync_folder, write_atomic
from core.workspace.folders import runs_folder
from core.workspace.lock import is_held
from core.workspace.owners import mark_of
from core.workspace.rights import Person, is_admin, may_change

if TYPE_CHECKING:
    from core.photos.dataset import Dataset

ACTIVE = ("queued", "running")
_LIBRARIES = ("tensorflow", "keras", "numpy", "opencv-python-headless", "pillow", "streamlit")


class Owned(Protocol):
    """A run, or a sweep as a whole."""

    @property
    def owner(self) -> str: ...


@dataclass(frozen=True)
class Run:
    """One training: a folder under workspace/runs that a text editor can read.

    Whoever has it may also have damaged it. ``damage`` says so; then ``name`` is the id, ``created`` the time of the folder's last
    change, ``owner`` "" if it cannot be told either, and the settings and photos raise RunError. All else of the workspace goes on.
    """

    id: str
    folder: Path

    @cached_property
    def _about(self) -> "_About":
        stamps = tuple(_stamp(self.folder / name) for name in ("config.json", "dataset.json"))
        return _read_about(self.folder, stamps)

    @property
    def damage(self) -> str:
        """Why the run's settings or photos cannot be told, as a sentence; "" where they can."""
        return self._about.damage

    def _whole(self) -> "_About":
        if self.damage:
            raise RunError(self.damage)
        return self._about

    @property
    def _asked(self) -> dict:
        return self._whole().asked

    @property
    def config(self) -> ExperimentConfig:
        """What was asked for. Raises RunError if it cannot be read, for instance since another version wrote it."""
        return self._whole().config

    @property
    def dataset(self) -> dict:
        """Which photos: id, name, class_names, counts {split: {class_name: number}}, checksum. Raises RunError as ``config``."""
        return self._whole().dataset

    @property
    def class_names(self) -> tuple[str, ...]:
        return tuple(self.dataset["class_names"])

    @property
    def counts(self) -> dict[str, int]:
        """Photos of each split."""
        return {split: sum(classes.values()) for split, classes in self.dataset["counts"].items()}

    @property
    def name(self) -> str:
        if self.damage:
            return self.id
        return self.config.name or f"{self.config.preset} on {self.dataset['name']}"

    @property
    def created(self) -> float:
        """Seconds since 1970."""
        if self.damage:
            return self.folder.stat().st_mtime if self.folder.is_dir() else 0.0
        return self._asked["created"]

    @property
    def owner(self) -> str:
        """Mark of the browser that started it; "" from the command line."""
        return mark_of(self._about.owner)

    @property
    def events_path(self) -> Path:
        return self.folder / "events.jsonl"

    @property
    def status(self) -> str:
        """queued, running, paused, stopped, completed, failed, interrupted or damaged; derived, never stored."""
        return "damaged" if self.damage else status_of(self.folder)

    @property
    def last(self) -> dict | None:
        """The last event, or None before the first."""
        return last_event(self.events_path)

    @property
    def is_active(self) -> bool:
        """Whether it waits or trains."""
        return self.status in ACTIVE

    @property
    def history(self) -> History:
        """Curves and speed so far; shared between readers, kept up to date by what was appended."""
        return read_history(self.events_path)

    @property
    def evaluation(self) -> Evaluation | None:
        """Its answers on the test photos, once it has been tested; None also where they are damaged."""
        try:
            return Evaluation.load(self.folder)
        except (FileNotFoundError, ModelError):
            return None

    @property
    def evaluation_damage(self) -> str:
        """Why the answers on the test photos cannot be read, as a sentence; "" where they can or there are none yet."""
        try:
            Evaluation.load(self.folder)
        except FileNotFoundError:
            return ""
        except ModelError as error:
            return str(error)
        return ""

    @property
    def checkpoint(self) -> Path | None:
        """The weights that are used to classify: those of the best epoch, averaged where averaging is on."""
        path = self.folder / "checkpoints" / "best.safetensors"
        return path if path.is_file() else None

    def summary(self) -> dict:
        """What the command line prints at the end: run, status, best_epoch, val_accuracy, test_accuracy, photos_per_second, checkpoint."""
        history, checkpoint = self.history, self.checkpoint
        results, best = history.results, history.best or {}
        return {
            "run": self.id,
            "status": self.status,
            "best_epoch": history.best_epoch,
            "val_accuracy": results.get("val_accuracy", best.get("val_accuracy")),
            "test_accuracy": results.get("test_accuracy"),
            "photos_per_second": results.get("photos_per_second") or round(history.photos_per_second, 1),
            "checkpoint": str(checkpoint) if checkpoint else None,
        }


@dataclass(frozen=True)
class _About:
    asked: dict
    config: ExperimentConfig
    dataset: dict
    owner: str
    damage: str = ""


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_mtime_ns, status.st_size, status.st_ino


@lru_cache(maxsize=2000)
def _read_about(folder: Path, stamps: tuple[tuple[int, ...], ...]) -> _About:
    """What config.json and dataset.json say, read once for all who look; the stamps change with the files."""
    what, owner = "settings", ""
    try:
        asked = read_json(folder / "config.json")
        owner = asked.get("owner", "")
        if not isinstance(owner, str):
            owner = ""
            raise ValueError("they do not say whose it is")
        if not is_number(asked["created"]):
            raise ValueError("they are not in the form that the app writes")
        config = configs.from_dict(asked["config"])
        configs.check(config)
        what = "list of photos"
        photos = _photos(read_json(folder / "dataset.json"))
    except AppError as error:
        damage = f"The settings of the run “{folder.name}” cannot be used: another version of this app wrote them, or they are damaged. {error}"
    except (OSError, *DAMAGED) as error:
        damage = f"The {what} of the run “{folder.name}” cannot be read: {error}. Put the file back from a copy, or delete the run."
    else:
        return _About(asked, config, photos, owner)
    return _About({}, ExperimentConfig(), {}, owner, damage)


def _photos(values: dict) -> dict:
    """What ``fill_folder`` wrote of the photos, every split and class in its counts. Raises one of DAMAGED for anything else."""
    names, given = values["class_names"], values["counts"]
    counts = {split: {name: given.get(split, {}).get(name, 0) for name in names} for split in SPLITS}
    photos = {"checksum": "", **values, "counts": counts}
    texts = [photos["id"], photos["name"], photos["checksum"], *names]
    numbers = [number for classes in counts.values() for number in classes.values()]
    are_texts = isinstance(names, list) and all(isinstance(text, str) for text in texts)
    if not are_texts or not names or not all(isinstance(n, int) and is_number(n) and n >= 0 for n in numbers):
        raise ValueError("it is not in the form that the app writes")
    return photos


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


def best_to_ask(runs: Iterable[Run]) -> Run | None:
    """Which run should answer about a photo that somebody brings; None where none can.

    Only runs that tell apart the same classes as the newest of them are weighed. Those surely better than guessing come
    first, then those that learned from photos rather than drawings, then what the test vouches for: the lower end of its
    interval, so that 9 of 10 photos do not outweigh 880 of 1,000.

    Args:
        runs: the newest first; what is at work or has no weights is passed over.
    """
    able = [run for run in runs if run.checkpoint and run.status not in ACTIVE]
    alike = [run for run in able if run.class_names == able[0].class_names]
    return max(alike, key=_trust, default=None)


def _trust(run: Run) -> tuple[bool, bool, float]:
    accuracy, num_test = run.history.results.get("test_accuracy"), run.counts["test"]
    low = wilson_interval(round(accuracy * num_test), num_test)[0] if isinstance(accuracy, float) else 0.0
    largest = max(run.dataset["counts"].get("test", {}).values(), default=0) / max(1, num_test)
    return low > max(largest, 1 / len(run.class_names)), run.config.photos.source != "drawn", low


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
    config = replace(run.config, training=replace(run.config.training, epochs=epochs))
    configs.check(config)
    step = {"from_epochs": planned, "to_epochs": epochs, "done_epochs": len(run.history.epochs), "time": time.time()}
    asked = run._asked | {"config": configs.to_dict(config), "extended": [*run._asked.get("extended", []), step]}
    write_atomic(run.folder / "config.json", json.dumps(asked, indent=2, ensure_ascii=False) + "\n")
    return Run(run.id, run.folder)


def delete_run(run: Run) -> None:
    """Removes a run for good. Raises RunError while its worker lives."""
    if is_held(run.folder / "lock"):
        raise RunError(f"The run “{run.name}” is at work. Stop it first, then delete it.")
    hidden = run.folder.with_name(f".{run.id}")
    run.folder.rename(hidden)
    shutil.rmtree(hidden)


def _versions() -> dict[str, str]:
    found = {}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found
