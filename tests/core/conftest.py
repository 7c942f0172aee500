"""Runs that can answer, without any training."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from core.config import ExperimentConfig, PhotosConfig
from core.runs.run import Run
from core.runs.store import create_run


@pytest.fixture
def make_run(workspace):
    """make_run(class_names, seed=, image_size=, kept=, network settings ...) -> a Run with weights (kept=False: without)."""

    from tiny_run import TINY, keep, random_model  # TensorFlow, which not every test here needs

    def make(class_names=("cats", "dogs"), seed=0, image_size=16, kept=True, fit="squash", **settings) -> Run:
        network = replace(TINY, **settings)
        counts = {split: dict.fromkeys(class_names, 4) for split in ("train", "val", "test")}
        dataset = SimpleNamespace(
            id="none", name="no photos", class_names=class_names, counts=lambda: counts, checksum="0"
        )
        run = create_run(ExperimentConfig(photos=PhotosConfig(fit=fit), network=network), dataset)
        if kept:
            keep(run, random_model(run, seed), image_size)
        return run

    return make


@pytest.fixture
def photos() -> list[np.ndarray]:
    """Five pictures of different sizes and colours, (H, W, 3) uint8."""
    rng = np.random.default_rng(7)
    shapes = ((20, 30), (16, 16), (41, 17), (300, 200), (9, 9))
    return [np.clip(rng.normal(rng.uniform(40, 220, 3), 30, (*shape, 3)), 0, 255).astype(np.uint8) for shape in shapes]
