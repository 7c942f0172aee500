"""A sweep: the same experiment trained with several values of one setting, or with and without augmentation. No TensorFlow.

A sweep is a folder ``workspace/sweeps/<id>`` with one file, sweep.json: what is varied, the values, and the ids of its runs. The runs are
ordinary ones in the ordinary queue; what state the sweep is in follows from theirs and is stored nowhere.
"""

import json
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from core import config as configs
from core.config import ExperimentConfig
from core.errors import AppError, RunError
from core.jobs.job import check_id, new_id
from core.network.plan import plan
from core.parse import is_number
from core.runs.engines.local import delete_run, start_run, stop_run
from core.runs.evaluation import Evaluation
from core.runs.run import ACTIVE, Run
from core.runs.store import create_run, find_run
from core.runs.sweeps.variants import AUGMENTATION, variants
from core.workspace.files import DAMAGED, read_json, sync_folder, write_atomic
from core.workspace.folders import workspace
from core.workspace.owners import mark_of

if TYPE_CHECKING:
    from core.photos.dataset import Dataset


class _DatasetRecord(TypedDict):
    id: str
    name: str


class _Member(TypedDict):
    value: Any
    label: str
    run: str


class _Question(TypedDict):
    """What tells whether two sweeps ask the same; ``base`` and ``values`` as JSON gives them back."""

    path: str
    base: dict[str, Any]
    epochs: int | None
    dataset: _DatasetRecord
    owner: str


class SweepRecord(_Question):
    """sweep.json. ``path``, ``value`` and ``label`` are as in ``core.runs.sweeps.variants``; ``run`` is a run's id."""

    created: float
    members: list[_Member]


@dataclass(frozen=True)
class Row:
    """How one of the trainings stands.

    Args:
        label, value: as in ``Variant``.
        run: None if it was deleted.
        status: as ``Run.status``, or "deleted".
        parameters: of its network; None if it was deleted.
        best_epoch, val_accuracy: None before the first epoch.
        evaluation: its answers on the test photos, None before there are any.
        seconds: in its epochs so far.
    """

    label: str
    value: Any
    run: Run | None
    status: str
    parameters: int | None = None
    best_epoch: int | None = None
    val_accuracy: float | None = None
    evaluation: Evaluation | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Sweep:
    """Several runs that differ in one setting."""

    id: str
    folder: Path

    @cached_property
    def _asked(self) -> SweepRecord:
        """Checked once, here. Raises RunError if the file is damaged or gone."""
        try:
            asked = _checked(read_json(self.folder / "sweep.json"))
        except (OSError, AppError, *DAMAGED) as error:
            raise RunError(
                f"What the sweep “{self.id}” compares cannot be read ({error}). Its runs are not touched: open them one by one."
            ) from error
        return asked

    @property
    def damage(self) -> str:
        """Why it cannot be told what it compares, as a sentence; "" where it can."""
        try:
            self.created  # noqa: B018
        except RunError as error:
            return str(error)
        return ""

    @property
    def path(self) -> str:
        """The varied setting, or ``AUGMENTATION``."""
        return self._asked["path"]

    @property
    def values(self) -> list[Any]:
        return [member["value"] for member in self._asked["members"]]

    @property
    def labels(self) -> list[str]:
        return [member["label"] for member in self._asked["members"]]

    @property
    def run_ids(self) -> list[str]:
        return [member["run"] for member in self._asked["members"]]

    @property
    def owner(self) -> str:
        """Mark of the browser that asked; "" for the command line."""
        return mark_of(self._asked["owner"])

    @property
    def created(self) -> float:
        """Seconds since 1970."""
        return self._asked["created"]

    @property
    def base(self) -> ExperimentConfig:
        """What all its runs share. Raises ConfigError if another version wrote it."""
        return configs.from_dict(self._asked["base"])

    @property
    def dataset_id(self) -> str:
        return self._asked["dataset"]["id"]

    @property
    def dataset_name(self) -> str:
        return self._asked["dataset"]["name"]

    @property
    def runs(self) -> list[Run]:
        """Those of its runs that are still there."""
        return [run for run_id in self.run_ids if (run := _run_if_there(run_id))]

    @property
    def is_active(self) -> bool:
        """Whether one of its runs waits or trains."""
        return any(run.is_active for run in self.runs)

    def asks(self, question: _Question) -> bool:
        """Whether it was started with the same question."""
        asked = {**self._asked, "owner": self.owner}
        return all(asked.get(name) == value for name, value in question.items())

    def rows(self) -> list[Row]:
        """How each training stands, in the order of the values."""
        return [self.row(number) for number in range(len(self.run_ids))]

    def row(self, number: int) -> Row:
        """How one training stands, counted from 0."""
        return _row(self.labels[number], self.values[number], self.run_ids[number])

    def statuses(self) -> tuple[str, ...]:
        """Of each training, as ``Row.status``: what a page looks at before it reads anything larger."""
        runs = {run.id: run.status for run in self.runs}
        return tuple(runs.get(run_id, "deleted") for run_id in self.run_ids)


def start_sweep(
    config: ExperimentConfig,
    dataset: "Dataset",
    path: str,
    values: Sequence[Any] = (),
    *,
    epochs: int | None = None,
    owner: str = "",
) -> Sweep:
    """Makes the runs of a sweep and puts them into the queue; whose worker is up first draws the first ticket.

    A sweep of the same owner that asks the same and has not ended is returned instead: a second click changes nothing.

    Args: as ``variants``, and
        dataset: prepared photos.
        owner: mark of the browser that asked, "" for the command line.

    Raises:
        ConfigError: as ``variants``; nothing was made then.
        RunError: the disk is full or read-only.
    """
    compared = variants(config, path, values, len(dataset.class_names), epochs)
    training = compared[0].config.training if path == AUGMENTATION else config.training
    question: _Question = {
        "path": path,
        "base": json.loads(json.dumps(configs.to_dict(replace(config, name="", training=training)))),
        "epochs": epochs,
        "dataset": {"id": dataset.id, "name": dataset.name},
        "owner": mark_of(owner),
    }
    for sweep in list_sweeps():
        if sweep.asks(question) and sweep.values == [variant.value for variant in compared] and sweep.is_active:
            return sweep
    runs: list[Run] = []
    try:
        for variant in compared:
            runs.append(create_run(variant.config, dataset, owner))
        members: list[_Member] = [
            {"value": variant.value, "label": variant.label, "run": run.id}
            for variant, run in zip(compared, runs, strict=True)
        ]
        sweep = _write({**question, "created": time.time(), "members": members})
    except BaseException:  # half a sweep is none: its runs would wait for ever
        for run in runs:
            delete_run(run)
        raise
    for run in runs:
        start_run(run)
    return sweep


def _write(asked: SweepRecord) -> Sweep:
    sweep_id = new_id(asked["path"].rsplit(".", 1)[-1])
    hidden = sweeps_folder() / f".{sweep_id}"
    hidden.mkdir()
    write_atomic(hidden / "sweep.json", json.dumps(asked, indent=2, ensure_ascii=False) + "\n")
    folder = sweeps_folder() / sweep_id
    hidden.rename(folder)
    sync_folder(sweeps_folder())
    return Sweep(sweep_id, folder)


def sweeps_folder() -> Path:
    """``workspace/sweeps``, made if missing."""
    folder = workspace() / "sweeps"
    folder.mkdir(exist_ok=True)
    return folder


def find_sweep(sweep_id: str) -> Sweep:
    """The sweep of that id. Raises RunError if its form is wrong, there is none, or it is damaged."""
    folder = sweeps_folder() / check_id(sweep_id)
    if not os.path.lexists(folder / "sweep.json"):
        raise RunError(
            f"There is no sweep “{sweep_id}” on this computer. Choose one from the list, or start a new one."
        )
    sweep = Sweep(sweep_id, folder)
    if sweep.damage:
        raise RunError(sweep.damage)
    return sweep


def damaged_sweeps() -> list[Sweep]:
    """Those that are left out of ``list_sweeps``; each says why."""
    return [sweep for sweep in _all_sweeps() if sweep.damage]


def _all_sweeps() -> list[Sweep]:
    folders = sorted(sweeps_folder().glob("[!.]*"), reverse=True)
    return [Sweep(path.name, path) for path in folders if os.path.lexists(path / "sweep.json")]


def _checked(asked: Any) -> SweepRecord:
    """What ``start_sweep`` wrote. Raises ValueError, or another of DAMAGED, for anything else."""
    texts: list[Any] = [asked["path"], asked["owner"], asked["dataset"]["id"], asked["dataset"]["name"]]
    for member in asked["members"]:
        texts += [member["label"], check_id(member["run"])]
        if not isinstance(member["value"], (str, bool)) and not is_number(member["value"]):
            raise ValueError("a value is neither text nor a number")
    is_whole = all(isinstance(text, str) for text in texts) and isinstance(asked["base"], dict)
    if not is_whole or not asked["members"] or not is_number(asked["created"]):
        raise ValueError("it is not in the form that the app writes")
    return asked


def list_sweeps() -> list[Sweep]:
    """Every sweep that can be read, the newest first."""
    return [sweep for sweep in _all_sweeps() if not sweep.damage]


def cancel_sweep(sweep: Sweep) -> list[Run]:
    """Stops every run of a sweep that waits or trains; those that have ended stay as they are. Returns those asked to.

    The waiting ones first, so that none of them starts when the one that trains makes room.
    """
    asked: list[Run] = []
    for run in sorted((run for run in sweep.runs if run.is_active), key=lambda run: run.status != "queued"):
        try:
            stop_run(run)
        except RunError:  # it ended in between
            continue
        asked.append(run)
    return asked


def delete_sweep(sweep: Sweep) -> None:
    """Removes a sweep and its runs for good. Raises RunError while one of them waits or trains, or where it has gone already."""
    if sweep.is_active:
        raise RunError(f"The sweep “{', '.join(sweep.labels)}” is at work. Cancel it first, then delete it.")
    for run in sweep.runs:
        delete_run(run)
    hidden = sweep.folder.with_name(f".{sweep.id}")
    try:
        sweep.folder.rename(hidden)
    except FileNotFoundError:
        raise RunError("This sweep has been deleted already, in another tab or by somebody else who may.") from None
    shutil.rmtree(hidden)


def _run_if_there(run_id: str) -> Run | None:
    try:
        return find_run(run_id)
    except RunError:
        return None


def _row(label: str, value: Any, run_id: str) -> Row:
    run = _run_if_there(run_id)
    try:
        if run is None:
            return Row(label, value, None, "deleted")
        history, status = run.history, run.status
        return Row(
            label,
            value,
            run,
            status,
            plan(run.config.network, len(run.class_names)).parameters,
            history.best_epoch,
            history.best["val_accuracy"] if history.best else None,
            None if status in ACTIVE else run.evaluation,
            sum(row.get("seconds", 0.0) for row in history.epochs),
        )
    except (OSError, AppError):  # deleted this moment, or given files of another version
        return Row(label, value, None, "deleted")
