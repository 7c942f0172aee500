"""Workspaces of so many photos, runs or epochs, and what is counted in them."""

import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.jobs.children import child_environment
from core.runs.run import Run
from core.runs.store import create_run
from core.workspace.folders import PROJECT

SIDE = 200


@contextmanager
def home() -> Iterator[Path]:
    """A workspace of its own for a while; nothing of it is left."""
    before = {name: os.environ.get(name) for name in ("ALEXNET_HOME", "ALEXNET_SPARE")}
    folder = Path(tempfile.mkdtemp(prefix="alexnet-scale-"))
    os.environ |= {"ALEXNET_HOME": str(folder / "workspace"), "ALEXNET_SPARE": "0"}
    try:
        yield folder
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        shutil.rmtree(folder, ignore_errors=True)


def spent(work: Callable[[], object]) -> float:
    """Processor seconds of this process and of the children that it waited for meanwhile."""
    before = _used()
    work()
    return _used() - before


def _used() -> float:
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, kinds))


def spent_by_command(*arguments: str) -> float:
    """Processor seconds of ``python -m core ARGUMENTS`` and all its children."""

    def run() -> None:
        command = [sys.executable, "-m", "core", *arguments]
        subprocess.run(command, cwd=PROJECT, env=child_environment(), stdout=subprocess.DEVNULL, check=True)

    return spent(run)


def write_photos(folder: Path, count: int) -> None:
    """``count`` blurred blobs as JPEGs of 200 pixels, half of them cats and half dogs by their folders; no two are alike."""
    import cv2
    import numpy as np

    rng = np.random.default_rng(0)
    for name in ("cats", "dogs"):
        (folder / name).mkdir(parents=True)
    for index in range(count):
        blobs = cv2.resize(rng.integers(0, 256, (12, 12, 3), np.uint8), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        photo = cv2.add(
            blobs, cv2.merge([rng.integers(0, 32, (SIDE, SIDE), np.uint8)] * 3)
        )  # or they would count as blurred
        _, data = cv2.imencode(".jpg", photo, (cv2.IMWRITE_JPEG_QUALITY, 80))
        (folder / ("cats", "dogs")[index % 2] / f"{index}.jpg").write_bytes(data.tobytes())


def write_run(experiment, dataset, num_epochs: int, batches_an_epoch: int = 4) -> Run:
    """A run that looks as if it had been trained: so many epochs with their batches, and a last word."""
    run, rng = create_run(experiment, dataset), random.Random(num_epochs)
    steps = 10 * batches_an_epoch
    events: list[dict] = [
        {"kind": "started", "device": "CPU", "precision": "float32", "num_epochs": num_epochs, "steps_per_epoch": steps}
        | {"num_train": 32 * steps, "parameters": 1_000_000}
    ]
    for epoch in range(1, num_epochs + 1):
        loss, accuracy = 0.7 / (1 + epoch / num_epochs) + rng.uniform(0, 0.02), 0.5 + 0.4 * epoch / num_epochs
        events += [
            {
                "kind": "batch",
                "epoch": epoch,
                "step": (epoch - 1) * steps + 10 * (place + 1),
                "loss": loss,
                "accuracy": accuracy,
            }
            | {"photos_per_second": 500.0, "eta_seconds": 9.0, "learning_rate": 0.001}
            for place in range(batches_an_epoch)
        ]
        events.append(
            {
                "kind": "epoch",
                "epoch": epoch,
                "loss": loss,
                "accuracy": accuracy,
                "val_loss": loss,
                "val_accuracy": accuracy,
            }
            | {"learning_rate": 0.001, "seconds": 2.5, "photos_per_second": 500.0, "best": True}
        )
    events.append({"kind": "completed", "best_epoch": num_epochs, "val_accuracy": 0.9, "test_accuracy": 0.9})
    with run.events_path.open("a") as file:
        for place, event in enumerate(events):
            file.write(json.dumps({"time": run.created + place / 10, **event}) + "\n")
    return run
