"""What the rows share: a workspace of their own, the same photos for all, one training for each precision."""

import os
import shutil
import tempfile
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from core import config as configs
from core.config import AugmentConfig, ExperimentConfig, PhotosConfig, SplitConfig
from core.errors import AppError
from core.machine import prepare_environment, processor_has_bfloat16
from core.network import presets

if TYPE_CHECKING:
    from core.photos.dataset import Dataset
    from core.training.loop.train import Training

# Photos a class in each split: 32 steps of 32 an epoch.
NUM_PHOTOS = {"train": 512, "val": 64, "test": 64}
CLASSES = ("cats", "dogs")
BATCH_SIZE = 32
# What every loop is measured with: shear, zoom, flip and colour on.
GEOMETRY = AugmentConfig(shear_degrees=11, zoom_in_fraction=0.2, zoom_out_fraction=0.2, horizontal_flip=True)
AUGMENT = AugmentConfig(
    shear_degrees=11,
    zoom_in_fraction=0.2,
    zoom_out_fraction=0.2,
    horizontal_flip=True,
    brightness_fraction=0.2,
    contrast_fraction=0.2,
    saturation_fraction=0.2,
)
_SHORT = {"float32": "float32", "mixed_bfloat16": "bf16"}


class World:
    """A temporary workspace while rows are measured.

    Args:
        photos: a folder of real JPEGs as ``core.bench.bench`` takes it, or None for drawn pets.
    """

    def __init__(self, photos: Path | None = None):
        self._given = photos
        self._trainings: dict[str, Training] = {}

    def __enter__(self) -> "World":
        prepare_environment()
        self.folder = Path(tempfile.mkdtemp(prefix="alexnet-bench-"))
        self._before = {name: os.environ.get(name) for name in ("ALEXNET_HOME", "ALEXNET_SPARE")}
        # Only the row about the spare worker has one, so that no other row finds a process half way through its imports.
        os.environ |= {"ALEXNET_HOME": str(self.folder), "ALEXNET_SPARE": "0"}
        return self

    def __exit__(self, *_exception) -> None:
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        for training in self._trainings.values():
            training.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def precisions(self) -> dict[str, str]:
        """{Keras' policy: what is appended to a row's id}; bfloat16 only where the processor multiplies it."""
        return {policy: word for policy, word in _SHORT.items() if policy == "float32" or processor_has_bfloat16()}

    @cached_property
    def photos(self) -> tuple[Path, str]:
        """(a folder train/val/test/{cats,dogs} of JPEGs, what they are in words)."""
        folder = self.folder / "photos"
        if self._given is not None:
            source = with_splits(self._given)
            for split, count in NUM_PHOTOS.items():
                for name in CLASSES:
                    _copy(sorted((source / split / name).glob("*.jp*g")), folder / split / name, count)
            return folder, f"{sum(NUM_PHOTOS.values()) * 2:,} photos of {source.name}"
        from core.photos.drawn import draw as drawn

        each = sum(NUM_PHOTOS.values())
        drawings = drawn.draw_folder(self.folder / "drawn", CLASSES, each, 0)
        for name in CLASSES:
            files = sorted((drawings / name).iterdir())
            for split, count in NUM_PHOTOS.items():
                files = _copy(files, folder / split / name, count)
        return folder, f"{each * 2:,} drawn pets as JPEGs"

    @cached_property
    def dataset(self) -> "Dataset":
        """These photos through the app's own scan, split and cache."""
        from core.photos.cache import open_cache
        from core.photos.prepare import prepare

        dataset = prepare(PhotosConfig(source=str(self.photos[0])), SplitConfig(source="given"))
        open_cache(dataset, 224, "squash", 3)
        return dataset

    def experiment(self, **training) -> ExperimentConfig:
        """The narrow network at batch 32 with ``AUGMENT``; ``training`` overrides settings of its training."""
        settings = {"batch_size": BATCH_SIZE, "precision": "float32", **training}
        return configs.overlay(
            presets.experiment("narrow"), {"training": settings, "augment": configs.to_dict(AUGMENT)}
        )

    def training(self, precision: str) -> "Training":
        """The app's own training of the narrow network, its first epoch done, so that everything is compiled."""
        if precision not in self._trainings:
            from core.jobs.events import EventLog
            from core.runs.store import create_run
            from core.training.loop.train import Training

            run = create_run(self.experiment(precision=precision, epochs=1000, checkpoint_seconds=3600), self.dataset)
            training = Training(run, EventLog(run.events_path))
            training.train_epoch()
            self._trainings[precision] = training
        return self._trainings[precision]


def with_splits(folder: Path) -> Path:
    """The folder, or the first one in it, that has the splits and classes with enough JPEGs."""
    for candidate in (folder, *sorted(path for path in folder.iterdir() if path.is_dir())):
        if all(
            len(list((candidate / split / name).glob("*.jp*g"))) >= count
            for split, count in NUM_PHOTOS.items()
            for name in CLASSES
        ):
            return candidate
    wanted = ", ".join(f"{split}/cats and {split}/dogs with {count}" for split, count in NUM_PHOTOS.items())
    raise AppError(f"“{folder}” holds no folder with {wanted} JPEGs each. Leave it out to measure with drawn pets.")


def _copy(files: list[Path], folder: Path, count: int) -> list[Path]:
    """Copies the first files into a folder; returns the rest."""
    folder.mkdir(parents=True)
    for path in files[:count]:
        shutil.copy(path, folder)
    return files[count:]
