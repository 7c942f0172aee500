"""A data set: photos of a folder, cleaned and split, under an id.

``workspace/datasets/<id>/`` holds dataset.json, dataset.csv (which photo is in which split), scan.csv (what became of
every file and why), facts.csv (what the scan measured of every photo) and the pixel caches. The photos themselves stay
where they are.
"""

import errno
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from core import parse
from core.config import PhotosConfig, SplitConfig, from_dict
from core.errors import AppError, ConfigError, PhotoError
from core.jobs.job import check_id
from core.parse import is_number
from core.photos.checks import clean, overrules, scan
from core.photos.checks.clean import CleaningStep
from core.photos.checks.overrules import Overrules
from core.photos.checks.scan import ImageCheck, Issue
from core.photos.layouts.counts import SplitSizes, split_sizes
from core.photos.layouts.names import SPLITS
from core.photos.split import Example
from core.text import natural_key
from core.workspace.disk import why_not_written
from core.workspace.files import DAMAGED, read_file, read_json, sync_folder, write_atomic
from core.workspace.folders import datasets_folder
from core.workspace.shelf import Shelf
from core.workspace.tables import csv_rows, rows_to_csv

__all__ = ["SPLITS", "Dataset", "Example", "list_datasets", "load"]


@dataclass(frozen=True)
class Dataset:
    """Photos ready for training.

    Args:
        id: short, URL-safe; the same photos in the same splits have the same id.
        name: for the person.
        root: the folder that paths are relative to.
        class_names: sorted; ``class_index`` counts in it.
        examples: by split, class and path. Row i of a cache is example i.
        summary: ``{"found", "used", "converted", "left_out", "ignored", "issues": {issue: n}, "scan_seconds",
            "notes": [sentence], "layout", "reading", "ignored_because"}``; found = used + converted + left_out + ignored. The last two
            are sentences, see ``split.describe``; older versions did not write them.
        outliers: photos of neither class, by split and path; their class_name is that of their folder, their class_index the number
            of classes. Row ``len(examples) + i`` of a cache is outlier i.
        checksum: SHA-256 of dataset.csv.
        created: seconds since 1970.
        photos, split: the settings that it was made with; None where it was made to test by, or by an older version.
        overrules: what a person had decided otherwise when it was made.
        owners: marks of the browsers that prepared it, sorted; "" for the command line, the administrator, older versions.
    """

    id: str
    name: str
    root: Path
    class_names: tuple[str, ...]
    examples: tuple[Example, ...]
    summary: dict
    checksum: str
    created: float
    photos: PhotosConfig | None = None
    split: SplitConfig | None = None
    overrules: Overrules = field(default_factory=Overrules)
    owners: tuple[str, ...] = ("",)
    outliers: tuple[Example, ...] = ()

    @property
    def folder(self) -> Path:
        """Where its files lie in the workspace."""
        return datasets_folder() / self.id

    @cached_property
    def labels(self) -> np.ndarray:
        """(N,) int32 class index of each example."""
        return np.array([example.class_index for example in self.examples], np.int32)

    def of_split(self, split: str) -> np.ndarray:
        """(n,) int64 positions of the examples of "train", "val" or "test", ascending."""
        return np.array([i for i, example in enumerate(self.examples) if example.split == split], np.int64)

    @property
    def all_examples(self) -> tuple[Example, ...]:
        """One for every row of a cache: the examples, then the outliers."""
        return self.examples + self.outliers

    def outliers_of_split(self, split: str) -> np.ndarray:
        """(n,) int64 rows in a cache of the outliers of "train", "val" or "test", ascending."""
        first = len(self.examples)
        return np.array([first + i for i, example in enumerate(self.outliers) if example.split == split], np.int64)

    def counts(self) -> dict[str, dict[str, int]]:
        """{split: {class name: number of examples}}, every split and class present."""
        return {split: dict(classes) for split, classes in self._counts.items()}

    @property
    def split_sizes(self) -> SplitSizes:
        """Photos of each split."""
        return split_sizes(self._counts)

    @cached_property
    def _counts(self) -> dict[str, dict[str, int]]:
        table = {split: dict.fromkeys(self.class_names, 0) for split in SPLITS}
        for example in self.examples:
            table[example.split][example.class_name] += 1
        return table

    def steps(self) -> tuple[CleaningStep, ...]:
        """What became of every file of the folder and why, by path as people count, whatever order they were written in.

        Raises:
            PhotoError: the table is missing or damaged.
        """
        try:
            steps = [_step_from_row(row) for row in csv_rows(self.folder / "scan.csv")]
        except (OSError, *DAMAGED) as error:
            raise PhotoError(
                f"What became of the photos of “{self.name}” cannot be read ({error}). Prepare its folder again on the Photos page."
            ) from error
        return tuple(sorted(steps, key=lambda step: natural_key(step.path)))

    @property
    def facts_path(self) -> Path:
        """Where the facts lie; data sets that an older version made have no such file."""
        return self.folder / "facts.csv"

    def facts(self) -> dict[str, ImageCheck]:
        """{path: what the scan measured of that photo}, used or not; empty where the file is missing or damaged."""
        try:
            checks = [scan.check_from_row(row) for row in csv_rows(self.facts_path)]
        except (OSError, *DAMAGED):
            return {}  # they are shown and nothing rests on them; preparing again writes a missing file
        return {check.path: check for check in checks}

    def save(self, steps: Iterable[CleaningStep] = (), checks: Iterable[ImageCheck] = ()) -> None:
        """Writes the data set's folder, whole or not at all; one that is there with this id is brought up to date.

        Args:
            steps: what became of every file; kept as scan.csv.
            checks: what the scan measured of every photo; kept as facts.csv.

        Raises:
            PhotoError: the disk is full or may not be written.
        """
        content = {
            "facts.csv": rows_to_csv(list(checks)),
            "scan.csv": rows_to_csv(list(steps)),
            "dataset.csv": rows_to_csv(self.all_examples),
            "dataset.json": json.dumps(
                {
                    "id": self.id,
                    "name": self.name,
                    "root": str(self.root),
                    "class_names": list(self.class_names),
                    "summary": self.summary,
                    "checksum": self.checksum,
                    "created": self.created,
                    "photos": asdict(self.photos) if self.photos else None,
                    "split": asdict(self.split) if self.split else None,
                    "overrules": self.overrules.as_json(),
                    "owners": list(self.owners),
                },
                indent=2,
            ),
        }
        try:
            if self.folder.is_dir():
                for name, text in content.items():
                    write_atomic(self.folder / name, text)
                return
            unfinished = Path(tempfile.mkdtemp(dir=datasets_folder(), prefix="."))
            try:
                for name, text in content.items():
                    write_atomic(unfinished / name, text)
                unfinished.chmod(0o755)
                if not _renamed(unfinished, self.folder):
                    return  # another process was first; the same id means the same photos
                sync_folder(datasets_folder())
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
        except OSError as error:
            raise PhotoError(f"The data set was not kept. {why_not_written(error, datasets_folder())}") from error


def load(dataset_id: str) -> Dataset:
    """The data set of that id.

    Raises:
        RunError: it has not the form of an id.
        PhotoError: there is none, or its files are damaged.
    """
    folder = datasets_folder() / check_id(dataset_id)
    try:
        about = read_json(folder / "dataset.json")
        data = read_file(folder / "dataset.csv")
        if hashlib.sha256(data).hexdigest() != about["checksum"]:
            raise ValueError("dataset.csv does not have the checksum of dataset.json")
        rows = [_example_from_row(row, about["class_names"]) for row in csv_rows(folder / "dataset.csv")]
        num_classes = len(about["class_names"])
        _check_form(about)
        return Dataset(
            folder.name,
            about["name"],
            Path(about["root"]),
            tuple(about["class_names"]),
            tuple(example for example in rows if example.class_index < num_classes),
            _NO_SUMMARY | about["summary"],
            about["checksum"],
            about["created"],
            **made_with(about),
            outliers=tuple(example for example in rows if example.class_index == num_classes),
        )
    except FileNotFoundError:
        raise PhotoError(
            f"There is no data set “{dataset_id}” on this computer. Prepare its folder again on the Photos page."
        ) from None
    except (OSError, AppError, *DAMAGED) as error:
        raise PhotoError(
            f"The files of data set “{dataset_id}” are damaged ({error}). Prepare its folder again on the Photos page."
        ) from error


_NO_SUMMARY = {
    **dict.fromkeys(("found", "used", "converted", "left_out", "ignored", "scan_seconds"), 0),
    "issues": {},
    "notes": [],
    "layout": "none",
}
"""What a summary says at least; one that was written with less, or by hand, is filled up."""


def _check_form(about: dict) -> None:
    """Raises ValueError, or another of DAMAGED, if that is not what ``Dataset.save`` wrote."""
    names, summary = about["class_names"], about["summary"]
    texts = [about["name"], about["root"], *names, *summary.get("notes", [])]
    numbers = [about["created"], *summary.get("issues", {}).values()]
    numbers += [summary.get(name, 0) for name, value in _NO_SUMMARY.items() if value == 0]
    is_whole = isinstance(names, list) and all(isinstance(text, str) for text in texts)
    if not is_whole or not all(map(is_number, numbers)):
        raise ValueError("it is not in the form that the app writes")


@dataclass(frozen=True)
class DamagedDataset:
    """A data set whose files cannot be read, and why, as a sentence."""

    id: str
    reason: str
    created: float = 0.0


def list_datasets() -> list[Dataset]:
    """All data sets that can be read and trained on, newest first."""
    return [entry for entry in _shelf.look(datasets_folder()) if isinstance(entry, Dataset)]


def damaged_datasets() -> list[DamagedDataset]:
    """Those that ``list_datasets`` leaves out since their files cannot be read."""
    return [entry for entry in _shelf.look(datasets_folder()) if isinstance(entry, DamagedDataset)]


def _entry(folder: Path) -> Dataset | DamagedDataset | None:
    try:
        dataset = load(folder.name)
    except AppError as error:
        return DamagedDataset(folder.name, str(error))
    return dataset if len(dataset.of_split("train")) else None  # not one that was only made to judge a network by


_shelf = Shelf("dataset.json", _entry, lambda entry: (entry.created, entry.id))


def _renamed(folder: Path, target: Path) -> bool:
    try:
        os.rename(folder, target)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
            return False
        raise
    return True


def made_with(about: dict) -> dict:
    """Fields of ``Dataset`` that older versions did not write."""
    found: dict = {}
    for part in ("photos", "split"):
        if about.get(part):
            with suppress(ConfigError):  # settings that only another version knows
                found[part] = getattr(from_dict({part: about[part]}), part)
    if about.get("overrules"):
        found["overrules"] = overrules.from_json(about["overrules"])
    if about.get("owners"):
        found["owners"] = tuple(str(owner) for owner in about["owners"])
    return found


_ACTIONS = (clean.USE, clean.CONVERT, clean.LEAVE_OUT, clean.IGNORE)


def _example_from_row(row: dict[str, str], class_names: Sequence[str]) -> Example:
    index = parse.whole(row["class_index"], 0, len(class_names))  # the last one is that of outliers
    is_known = index < len(class_names)
    if (row["class_name"] != class_names[index] if is_known else row["class_name"] in class_names) or row[
        "split"
    ] not in SPLITS:
        raise ValueError(f"“{row['path'][:80]}” has a class or a split that the data set has not")
    # a name that thousands of photos share is kept once
    return Example(row["path"], sys.intern(row["class_name"]), index, sys.intern(row["split"]), row["sha256"])


def _step_from_row(row: dict[str, str]) -> CleaningStep:
    if row["action"] not in _ACTIONS or row["split"] not in ("", *SPLITS):
        raise ValueError(f"“{row['path'][:80]}” has an action or a split that there is not")
    return CleaningStep(
        row["path"],
        row["class_name"] or None,
        row["split"] or None,
        row["action"],
        Issue(row["issue"]) if row["issue"] else None,
        row["reason"],
        row["sha256"],
        row["group"],
        row.get("rule") or "",
        row.get("twin") or "",
        scan.issues_from(row.get("also")),
    )
