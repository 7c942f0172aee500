"""A run: one training as a folder that a text editor can read. What it was asked, which photos, how it stands."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NotRequired, TypedDict, cast

from core import config as configs
from core.config import ExperimentConfig
from core.errors import AppError, ModelError, RunError
from core.jobs.events import last_event
from core.jobs.job import status_of
from core.parse import is_number
from core.photos.layouts.counts import PhotoCounts, SplitSizes, split_sizes
from core.photos.layouts.names import SPLITS
from core.runs.calibration import FILE as CALIBRATION
from core.runs.calibration import Calibration, from_json
from core.runs.evaluation import Evaluation
from core.runs.history import History, read_history
from core.workspace.files import DAMAGED, read_json
from core.workspace.owners import mark_of

ACTIVE = ("queued", "running")


class Extension(TypedDict):
    """One time that a run was made longer, by epochs or by minutes; ``time`` in seconds since 1970."""

    from_epochs: NotRequired[int]
    to_epochs: NotRequired[int]
    from_minutes: NotRequired[float]
    to_minutes: NotRequired[float]
    done_epochs: int
    time: float


class RunRecord(TypedDict):
    """config.json: the whole experiment, when and by whom it was asked for, and the libraries' versions then."""

    config: dict[str, Any]
    created: float
    owner: str
    versions: dict[str, str]
    extended: NotRequired[list[Extension]]


class PhotosRecord(TypedDict):
    """dataset.json: the data set's id and name, its classes and photos, and the SHA-256 of its dataset.csv."""

    id: str
    name: str
    class_names: list[str]
    counts: PhotoCounts
    checksum: str


class Summary(TypedDict):
    """A run in figures: accuracies 0..1, None before there are any; ``checkpoint`` is a path."""

    run: str
    status: str
    best_epoch: int | None
    val_accuracy: float | None
    test_accuracy: float | None
    photos_per_second: float
    checkpoint: str | None


@dataclass(frozen=True)
class _About:
    asked: RunRecord | None
    config: ExperimentConfig
    dataset: PhotosRecord | None
    owner: str
    damage: str = ""


@dataclass(frozen=True)
class Run:
    """One training: a folder under workspace/runs that a text editor can read.

    Whoever has it may also have damaged it. ``damage`` says so; then ``name`` is the id, ``created`` the time of the folder's last
    change, ``owner`` "" if it cannot be told either, and the settings and photos raise RunError. All else of the workspace goes on.
    """

    id: str
    folder: Path

    @cached_property
    def _about(self) -> _About:
        stamps = tuple(_stamp(self.folder / name) for name in ("config.json", "dataset.json"))
        return _read_about(self.folder, stamps)

    @property
    def damage(self) -> str:
        """Why the run's settings or photos cannot be told, as a sentence; "" where they can."""
        return self._about.damage

    @property
    def asked(self) -> RunRecord:
        """config.json as it was written. Raises RunError as ``config``."""
        if self._about.asked is None:
            raise RunError(self.damage)
        return self._about.asked

    @property
    def config(self) -> ExperimentConfig:
        """What was asked for. Raises RunError if it cannot be read, for instance since another version wrote it."""
        if self.damage:
            raise RunError(self.damage)
        return self._about.config

    @property
    def dataset(self) -> PhotosRecord:
        """Which photos it learns from. Raises RunError as ``config``."""
        if self._about.dataset is None:
            raise RunError(self.damage)
        return self._about.dataset

    @property
    def class_names(self) -> tuple[str, ...]:
        return tuple(self.dataset["class_names"])

    @property
    def split_sizes(self) -> SplitSizes:
        """Photos of each split."""
        return split_sizes(self.dataset["counts"])

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
        return self.asked["created"]

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
    def last(self) -> dict[str, Any] | None:
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
    def calibration(self) -> Calibration | None:
        """How far its answers can be believed, once its training has ended; None also for runs of older versions."""
        try:
            return from_json(read_json(self.folder / CALIBRATION))
        except (OSError, *DAMAGED):
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

    def summary(self) -> Summary:
        """What the command line prints at the end."""
        history, checkpoint = self.history, self.checkpoint
        results, best = history.results, history.best
        return {
            "run": self.id,
            "status": self.status,
            "best_epoch": history.best_epoch,
            "val_accuracy": results.get("val_accuracy", best["val_accuracy"] if best else None),
            "test_accuracy": results.get("test_accuracy"),
            "photos_per_second": results.get("photos_per_second") or round(history.photos_per_second, 1),
            "checkpoint": str(checkpoint) if checkpoint else None,
        }


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
    return _About(None, ExperimentConfig(), None, owner, damage)


def _photos(values: Any) -> PhotosRecord:
    """What ``store.fill_folder`` wrote of the photos, every split and class in its counts. Raises one of DAMAGED for anything else."""
    names, given = values["class_names"], values["counts"]
    counts = {split: {name: given.get(split, {}).get(name, 0) for name in names} for split in SPLITS}
    photos = cast(PhotosRecord, {"checksum": "", **values, "counts": counts})
    texts: list[Any] = [photos["id"], photos["name"], photos["checksum"], *names]
    numbers = [number for classes in counts.values() for number in classes.values()]
    are_texts = isinstance(names, list) and all(isinstance(text, str) for text in texts)
    if not are_texts or not names or not all(isinstance(n, int) and is_number(n) and n >= 0 for n in numbers):
        raise ValueError("it is not in the form that the app writes")
    return photos
