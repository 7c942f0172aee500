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
from typing import TYPE_CHECKING, Any

from core import config as configs
from core.config import AugmentConfig, ExperimentConfig
from core.errors import AppError, ConfigError, RunError
from core.jobs.events import is_number
from core.jobs.job import check_id, new_id
from core.network.plan import plan
from core.runs import trust
from core.runs.engines.local import start_run, stop_run
from core.runs.evaluation import Evaluation, difference_interval, shares_gap
from core.runs.store import ACTIVE, Run, create_run, delete_run, find_run
from core.workspace.files import DAMAGED, read_json, sync_folder, write_atomic
from core.workspace.folders import workspace
from core.workspace.owners import mark_of

if TYPE_CHECKING:
    from core.photos.dataset import Dataset

AUGMENTATION = "augment"  # the whole part at once: as it is set, and all off
FEWEST, MOST = 2, 5
SHORT_EPOCHS = 12
_PARTS = ("network.", "augment.", "training.")


@dataclass(frozen=True)
class Variant:
    """One of the trainings that are compared.

    Args:
        value: of the varied setting; True and False for with and without augmentation.
        label: what tells it apart, in words: ``16 filters``.
        config: its whole experiment.
    """

    value: Any
    label: str
    config: ExperimentConfig


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
    def _asked(self) -> dict:
        """Checked once, here. Raises RunError if the file is damaged or gone."""
        try:
            asked = read_json(self.folder / "sweep.json")
            _check(asked)
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
    def values(self) -> list:
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


# --- what is varied --------------------------------------------------------------------------------------


def variable_paths(config: ExperimentConfig) -> list[str]:
    """Every setting of an experiment that a sweep can vary, in order."""
    return [
        path
        for path, value in configs.leaves(config)
        if path.startswith(_PARTS) and not isinstance(value, (list, tuple, dict))
    ]


def variants(
    config: ExperimentConfig, path: str, values: Sequence, num_classes: int = 2, epochs: int | None = None
) -> list[Variant]:
    """The experiments of a sweep, each checked as a run is checked.

    Args:
        config: what they share.
        path: the setting to vary, or ``AUGMENTATION``, whose values are True and False.
        values: 2 to 5 different ones, of the setting's type or as text.
        num_classes: from the data set.
        epochs: of each training. Defaults to the config's.

    Raises:
        ConfigError: too few or too many values, one twice, one out of its limits, or one with which the network does not work.
    """
    if epochs is not None:
        config = configs.put(config, "training.epochs", epochs)
    if path == AUGMENTATION:
        made = _with_and_without(config)
    else:
        if not path.startswith(_PARTS):
            configs.setting(path)  # says what is nearest if it is misspelled
            raise ConfigError(
                f"A sweep varies a setting of network, augmentation or training; received {configs.name_of(path)}. Photos stay the same, so that the "
                "runs can be compared.",
                path,
            )
        if not FEWEST <= len(values) <= MOST:
            raise ConfigError(
                f"A sweep compares {FEWEST} to {MOST} values; received {len(values)}. "
                + ("Add one." if len(values) < FEWEST else f"Leave out {len(values) - MOST}."),
                path,
            )
        made = []
        for value in values:
            changed = configs.put(config, path, value)
            value = configs.get(changed, path)
            if any(value == other.value for other in made):
                raise ConfigError(
                    f"{configs.name_of(path)} is given {_in_words(value)} twice. Two equal runs say the same: change one.",
                    path,
                )
            made.append(Variant(value, value_label(path, value), changed))
    named = [replace(one, config=replace(one.config, name=_run_name(config, path, one.label))) for one in made]
    for one in named:
        try:
            configs.check(one.config)
            plan(one.config.network, num_classes)
        except AppError as error:
            raise ConfigError(f"With {one.label} it does not work: {error}", path) from error
    return named


def _with_and_without(config: ExperimentConfig) -> list[Variant]:
    off = AugmentConfig()
    if config.augment == off:
        raise ConfigError(
            "Every kind of augmentation is off, so there is nothing to compare. Switch some on, or take a preset's.",
            AUGMENTATION,
        )
    return [
        Variant(True, "with augmentation", config),
        Variant(False, "without augmentation", replace(config, augment=off)),
    ]


def value_label(path: str, value) -> str:
    """``16 filters``, ``learning rate 0.002``, ``horizontal flip off``."""
    word = configs.setting(path).label.lower()
    if isinstance(value, bool):
        return f"{word} {'on' if value else 'off'}"
    if isinstance(value, int) and word.endswith("s"):
        return f"{value} {word}"
    return f"{word} {_in_words(value)}"


def _run_name(config: ExperimentConfig, path: str, label: str) -> str:
    """What a run is called where nothing else says of what: ``16 filters in convolution 1, modern``. At most 80 letters."""
    _, *rest = path.split(".")
    place = (
        f" in {'convolution' if rest[0] == 'blocks' else 'dense layer'} {int(rest[1]) + 1}" if len(rest) == 3 else ""
    )
    return f"{label}{place}, {config.name or config.preset}"[:80]


def _in_words(value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).replace("_", " ")


def split_values(text: str) -> list[str]:
    """``16, 32, 64`` as it was typed."""
    return [word.strip() for word in text.split(",") if word.strip()]


def suggested_values(config: ExperimentConfig, path: str) -> list:
    """Values to begin with: all choices (at most 5) of a setting that has some, else half, same and double within its limits."""
    limits, now = configs.setting(path).limits, configs.get(config, path)
    if isinstance(now, bool):
        return [True, False]
    if limits.choices:
        return list(dict.fromkeys((now, *limits.choices)))[:MOST]
    if not isinstance(now, (int, float)):
        return [now]
    step = limits.step or 1
    kind = type(now)
    near = (now // 2 if kind is int else now / 2, now, now * 2) if now else (0, step, 2 * step)
    return sorted({kind(limits.nearest(kind(value))) for value in near})


# --- on disk ---------------------------------------------------------------------------------------------


def start_sweep(
    config: ExperimentConfig,
    dataset: "Dataset",
    path: str,
    values: Sequence = (),
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
    made = variants(config, path, values, len(dataset.class_names), epochs)
    base = replace(config, name="", training=made[0].config.training if path == AUGMENTATION else config.training)
    asked = {
        "path": path,
        "base": json.loads(json.dumps(configs.to_dict(base))),
        "epochs": epochs,
        "dataset": {"id": dataset.id, "name": dataset.name},
        "owner": mark_of(owner),
    }
    for sweep in list_sweeps():
        same = all({**sweep._asked, "owner": sweep.owner}.get(name) == value for name, value in asked.items())
        if same and sweep.values == [one.value for one in made] and sweep.is_active:
            return sweep
    runs = []
    try:
        for one in made:
            runs.append(create_run(one.config, dataset, owner))
        members = [{"value": one.value, "label": one.label, "run": run.id} for one, run in zip(made, runs, strict=True)]
        sweep = _write({**asked, "created": time.time(), "members": members})
    except BaseException:  # half a sweep is none: its runs would wait for ever
        for run in runs:
            delete_run(run)
        raise
    for run in runs:
        start_run(run)
    return sweep


def _write(asked: dict) -> Sweep:
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


def _check(asked: dict) -> None:
    """Raises ValueError, or another of DAMAGED, if that is not what ``start_sweep`` wrote."""
    texts = [asked["path"], asked["owner"], asked["dataset"]["id"], asked["dataset"]["name"]]
    for member in asked["members"]:
        texts += [member["label"], check_id(member["run"])]
        if not isinstance(member["value"], (str, bool)) and not is_number(member["value"]):
            raise ValueError("a value is neither text nor a number")
    is_whole = all(isinstance(text, str) for text in texts) and isinstance(asked["base"], dict)
    if not is_whole or not asked["members"] or not is_number(asked["created"]):
        raise ValueError("it is not in the form that the app writes")


def list_sweeps() -> list[Sweep]:
    """Every sweep that can be read, the newest first."""
    return [sweep for sweep in _all_sweeps() if not sweep.damage]


def cancel_sweep(sweep: Sweep) -> list[Run]:
    """Stops every run of a sweep that waits or trains; those that have ended stay as they are. Returns the runs that were asked.

    The waiting ones first, so that none of them starts when the one that trains makes room.
    """
    asked = []
    for run in sorted((run for run in sweep.runs if run.is_active), key=lambda run: run.status != "queued"):
        try:
            stop_run(run)
        except RunError:  # it ended in between
            continue
        asked.append(run)
    return asked


def delete_sweep(sweep: Sweep) -> None:
    """Removes a sweep and its runs for good. Raises RunError while one of them waits or trains."""
    if sweep.is_active:
        raise RunError(f"The sweep “{', '.join(sweep.labels)}” is at work. Cancel it first, then delete it.")
    for run in sweep.runs:
        delete_run(run)
    hidden = sweep.folder.with_name(f".{sweep.id}")
    sweep.folder.rename(hidden)
    shutil.rmtree(hidden)


def _run_if_there(run_id: str) -> Run | None:
    try:
        return find_run(run_id)
    except RunError:
        return None


def _row(label: str, value, run_id: str) -> Row:
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
            (history.best or {}).get("val_accuracy"),
            None if status in ACTIVE else run.evaluation,
            sum(row.get("seconds", 0.0) for row in history.epochs),
        )
    except (OSError, AppError):  # deleted this moment, or given files of another version
        return Row(label, value, None, "deleted")


# --- what it says ----------------------------------------------------------------------------------------


def verdict(sweep: Sweep, rows: list[Row] | None = None) -> list[str]:
    """What the sweep has shown, in sentences; empty while fewer than two of its runs are tested.

    The best on the validation photos is named where it is further ahead than chance takes it; all are compared with the
    highest on the test photos, photo by photo.
    """
    tested = [
        row for row in (sweep.rows() if rows is None else rows) if row.evaluation and row.val_accuracy is not None
    ]
    if len(tested) < FEWEST:
        return []
    if sweep.path == AUGMENTATION:
        best, others = tested[0], tested[1:]
        sentences = []
    else:
        best = max(tested, key=lambda row: row.val_accuracy)
        others = [row for row in tested if row is not best]
        sentences = [_validation_sentence(best, others)]
    sentences += [_gap_sentence(best, row) for row in others]
    sentences.append(trust.sentence(best.evaluation.score))
    for row in tested:
        if row.status == "stopped":
            done = len(row.run.history.epochs)
            sentences.append(
                f"{row.label[0].upper()}{row.label[1:]}: stopped after {done} epoch{'s' if done != 1 else ''}, so this is not a fair comparison."
            )
    if all(not row.evaluation.score.beats_guessing for row in tested):
        sentences.append(
            "None of them does surely better than guessing yet. Give each more epochs before you compare them."
        )
    if len(tested) < len(sweep.run_ids):
        missing = len(sweep.run_ids) - len(tested)
        sentences.append(f"{missing} of {len(sweep.run_ids)} trainings have no test figures.")
    return [*sentences, "Each was trained once. Another seed may move every one of these numbers by as much again."]


def _validation_sentence(best: Row, others: list[Row]) -> str:
    """Who is best on the validation photos; nobody on a tie, or where so few photos cannot tell."""
    count = best.run.counts["val"]
    level = [
        row for row in others if shares_gap(best.val_accuracy, count, row.val_accuracy, row.run.counts["val"])[0] <= 0
    ]
    if not level:
        return f"Best on the validation photos: {best.label}, {_percent(best.val_accuracy)}."
    names = ", ".join(row.label for row in (best, *level[:-1])) + f" and {level[-1].label}"
    shares = sorted(
        {_percent(row.val_accuracy): row.val_accuracy for row in (best, *level)}.items(), key=lambda one: -one[1]
    )
    if len(shares) == 1:
        return f"Level on the validation photos: {names}, {shares[0][0]} each."
    return (
        f"No winner on the validation photos: {names} lie between {shares[-1][0]} and {shares[0][0]}, too close to tell apart "
        f"with {count:,} photos."
    )


def _gap_sentence(first: Row, second: Row) -> str:
    """The gap between two runs on the test photos, and whether it says anything."""
    one, other = first.evaluation, second.evaluation
    share = (
        f"{_with(first)} {_percent(one.accuracy)} of the {one.num_photos:,} test photos are named rightly, {_with(second)} "
        f"{_percent(other.accuracy)}"
    )
    share = share[0].upper() + share[1:]
    low, high = difference_interval(one, other)
    gap, half = one.accuracy - other.accuracy, (high - low) / 2
    if not low <= 0 <= high:
        return (
            f"{share}: a gap of {_points(abs(gap))}, on endless photos likely between {_points(min(abs(low), abs(high)), False)} and "
            f"{_points(max(abs(low), abs(high)))}. That is more than chance: {first.label if gap > 0 else second.label} is better."
        )
    return (
        f"{share}: a gap of {_points(abs(gap))}. With these {one.num_photos:,} test photos, differences below about "
        f"{_points(half)} mean nothing."
    )


def _with(row: Row) -> str:
    """``with 16 filters``; what augmentation's two are called says it already."""
    return row.label if row.label.startswith("with") else f"with {row.label}"


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"


def _points(share: float, unit: bool = True) -> str:
    return f"{share * 100:.1f}" + (" points" if unit else "")
