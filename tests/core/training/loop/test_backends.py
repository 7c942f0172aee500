"""The same train(run) on JAX: another backend, the same network, the same curves within noise."""

import os
import shutil
import subprocess
import sys

import pytest

from core.config import ExperimentConfig, overlay, put_all
from core.jobs.events import EventLog
from core.photos.cache import open_cache
from core.photos.prepare import prepare
from core.runs.run import Run
from core.runs.store import create_run
from core.training.loop import train as training
from core.workspace.folders import PROJECT

CONFIG = overlay(
    ExperimentConfig(),
    {
        "photos": {"source": "drawn", "num_drawn": 240, "drawn_classes": ["cats", "rabbits"]},
        "network": {
            "input_size": 48,
            "blocks": [
                {"filters": 12, "kernel_size": 5, "strides": 2, "normalization": "batch", "pool_size": 2},
                {"filters": 24, "normalization": "batch", "pool_size": 2},
            ],
            "dense": [{"units": 32, "normalization": "batch"}],
        },
        "training": {"epochs": 8, "batch_size": 16, "learning_rate": 0.004, "ema_fraction": 0.05},
        "augment": {"horizontal_flip": True},
    },
)


def train_here(run):
    log = EventLog(run.events_path)
    training.train(run, log)
    log.close()


def test_jax_trains_as_well_as_tensorflow_and_goes_on_with_what_tensorflow_began(workspace, monkeypatch):
    dataset = prepare(CONFIG.photos, CONFIG.split)
    open_cache(dataset, CONFIG.network.input_size, "squash", 3)
    run, begun = create_run(CONFIG, dataset), create_run(put_all(CONFIG, ["training.epochs=2"]), dataset)
    looks = iter(range(1, 1000))
    with monkeypatch.context() as patch:  # pauses in the middle of the first epoch
        patch.setattr(training, "requested", lambda _folder: "pause" if next(looks) == 7 else None)
        train_here(begun)
    on_jax = Run("on-jax", shutil.copytree(begun.folder, begun.folder.with_name("on-jax")))
    whole_on_jax = create_run(CONFIG, dataset)
    workers = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from core.training.process.worker import main; sys.exit(any([main(Path(folder)) for folder in sys.argv[1:]]))",
            str(on_jax.folder),
            str(whole_on_jax.folder),
        ],
        cwd=PROJECT,
        env={**os.environ, "KERAS_BACKEND": "jax"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    train_here(begun)
    train_here(run)
    output, _ = workers.communicate(timeout=300)
    assert workers.returncode == 0, output

    # From one checkpoint on, the two differ by rounding alone: no dropout, and everything else random is numpy's.
    assert "backend jax" in next(text for text in on_jax.history.notices if "other circumstances" in text)
    for name in ("loss", "accuracy", "val_loss"):
        here, there = (each.history.epochs[0][name] for each in (begun, on_jax))
        assert there == pytest.approx(here, rel=0.02), name

    # From first weights of its own it learns as well: 120 test photos carry 4.5 points of standard deviation.
    assert whole_on_jax.status == "completed"
    assert whole_on_jax.history.circumstances["backend"].startswith("jax")
    for each in (run, whole_on_jax):
        assert each.history.epochs[-1]["accuracy"] > 0.8
    assert whole_on_jax.summary()["test_accuracy"] == pytest.approx(run.summary()["test_accuracy"], abs=0.2)
