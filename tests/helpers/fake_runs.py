"""Data sets and runs as plain files, made in an instant: what a page shows does not depend on who trained."""

import hashlib
import json
import math
import time
from pathlib import Path

import numpy as np
from PIL import Image

from core.config import ExperimentConfig, to_dict
from core.jobs.events import EventLog
from core.network import presets
from core.photos.checks.clean import CleaningStep
from core.photos.checks.scan import Issue
from core.photos.dataset import Dataset
from core.photos.split import Example
from core.runs.evaluation import Evaluation
from core.runs.run import Run
from core.workspace.folders import runs_folder
from core.workspace.tables import rows_to_csv

CLASSES = ("cats", "dogs")
STEPS_PER_EPOCH = 10


def make_dataset(home: Path, num_per_split: int = 4, name: str = "Two colours") -> Dataset:
    """Orange squares are cats, blue ones dogs; one file is broken, one is no photo."""
    root = home / "photos of a person"
    examples, steps = [], []
    for index, class_name in enumerate(CLASSES):
        (root / class_name).mkdir(parents=True, exist_ok=True)
        for split in ("train", "val", "test"):
            for number in range(num_per_split):
                path = f"{class_name}/{split}-{number}.jpg"
                colour = (230, 120 + 9 * number, 40) if index == 0 else (40, 90 + 9 * number, 220)
                Image.new("RGB", (80, 60), colour).save(root / path)
                examples.append(Example(path, class_name, index, split, "0" * 64))
                steps.append(CleaningStep(path, class_name, None, "use", None, ""))
    steps.append(
        CleaningStep("cats/<b>bad</b>.jpg", "cats", None, "leave out", Issue.TRUNCATED, "Its data ends too soon.")
    )
    steps.append(CleaningStep("notes.txt", None, None, "ignore", None, "It is not a photo by its name."))
    summary = {
        "found": len(steps),
        "used": len(examples),
        "converted": 0,
        "left_out": 1,
        "ignored": 1,
        "issues": {"truncated": 1},
        "scan_seconds": 0.1,
        "layout": "classes",
        "notes": [],
    }
    checksum = hashlib.sha256(rows_to_csv(examples).encode()).hexdigest()
    dataset = Dataset(f"photos-{checksum[:8]}", name, root, CLASSES, tuple(examples), summary, checksum, time.time())
    dataset.save(steps)
    return dataset


class FakeRun:
    """A run whose worker is the test: it writes events and, to look alive, holds the lock."""

    def __init__(
        self,
        dataset: Dataset,
        run_id: str = "261123-120000-modern-abcd",
        config: ExperimentConfig | None = None,
        num_epochs: int = 20,
        owner: str = "",
    ):
        self.id, self.dataset, self.num_epochs = run_id, dataset, num_epochs
        self.folder = runs_folder() / run_id
        (self.folder / "checkpoints").mkdir(parents=True)
        config = config or presets.experiment("modern")
        asked = {"config": to_dict(config), "created": time.time() - 60, "owner": owner, "versions": {}}
        photos = {
            "id": dataset.id,
            "name": dataset.name,
            "class_names": list(dataset.class_names),
            "counts": dataset.counts(),
            "checksum": dataset.checksum,
        }
        (self.folder / "config.json").write_text(json.dumps(asked))
        (self.folder / "dataset.json").write_text(json.dumps(photos))
        self.log = EventLog(self.folder / "events.jsonl")
        self.log.append("queued", position=1)

    @classmethod
    def of(cls, run: Run, dataset: Dataset, num_epochs: int = 20) -> "FakeRun":
        """A run that was made by the program; the test is its worker from now on."""
        fake = cls.__new__(cls)
        fake.id, fake.folder, fake.dataset, fake.num_epochs = run.id, run.folder, dataset, num_epochs
        fake.log = EventLog(run.events_path)
        return fake

    def started(self) -> "FakeRun":
        self.log.append(
            "started",
            device="CPU",
            precision="float32",
            num_epochs=self.num_epochs,
            steps_per_epoch=STEPS_PER_EPOCH,
            num_train=320,
            parameters=1_688_865,
            versions={},
        )
        return self

    def batch(self, step: int) -> None:
        """One batch event; the curve falls as 1/sqrt(step)."""
        share = 1 / math.sqrt(step + 1)
        self.log.append(
            "batch",
            epoch=(step - 1) // STEPS_PER_EPOCH + 1,
            step=step,
            loss=0.3 + 0.5 * share + 0.04 * (step % 3),
            accuracy=0.9 - 0.4 * share,
            photos_per_second=512.0,
            eta_seconds=240.0,
            learning_rate=0.002,
        )

    def epoch(self, number: int) -> None:
        for step in range((number - 1) * STEPS_PER_EPOCH + 1, number * STEPS_PER_EPOCH + 1, 2):
            self.batch(step)
        share = 1 / math.sqrt(number)
        self.log.append(
            "epoch",
            epoch=number,
            loss=0.25 + 0.45 * share,
            accuracy=0.92 - 0.4 * share,
            val_loss=0.33 + 0.4 * share,
            val_accuracy=0.88 - 0.35 * share,
            learning_rate=0.002,
            seconds=2.0,
            photos_per_second=512.0,
            image_size=224,
            best=True,
        )

    def finish(self, kind: str = "completed", accuracy: float = 0.9) -> "FakeRun":
        """Predictions for the test photos, stand-in weights, and the last word."""
        of_test = [e for e in self.dataset.examples if e.split == "test"]
        true = np.array([e.class_index for e in of_test], np.int32)
        wrong = np.arange(len(true)) >= round(accuracy * len(true))
        p_dog = np.where(true ^ wrong, 0.8, 0.2).astype(np.float32)
        evaluation = Evaluation(
            "test", CLASSES, tuple(e.path for e in of_test), true, np.stack([1 - p_dog, p_dog], axis=1)
        )
        evaluation.save(self.folder)
        (self.folder / "checkpoints" / "best.safetensors").write_bytes(b"stand-in")
        self.log.append(
            kind,
            best_epoch=self.num_epochs,
            val_accuracy=0.8,
            test_accuracy=evaluation.accuracy,
            test_loss=evaluation.loss,
            photos_per_second=512.0,
        )
        return self


def finished_run(dataset: Dataset, num_epochs: int = 5, **more) -> FakeRun:
    """A run that was trained, tested and completed."""
    run = FakeRun(dataset, num_epochs=num_epochs, **more).started()
    for number in range(1, num_epochs + 1):
        run.epoch(number)
    return run.finish()
