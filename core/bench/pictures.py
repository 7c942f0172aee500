"""Rows about augmentation: photos a second on one core."""

import time
from collections.abc import Iterator

import numpy as np

from core.bench.table import Result, best_of
from core.bench.world import AUGMENT, BATCH_SIZE, GEOMETRY, World
from core.config import AugmentConfig

NUM_PICTURES = 512


def warp_and_colour(world: World) -> Iterator[Result]:
    """The warp alone, and with colour. What a photo shows does not change how fast it is, so soft blobs do."""
    import cv2

    from core.training.recipe.augment import augment_batch, rng_for

    photos = _blobs(NUM_PICTURES, 224)
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)

    def speed_of(augment: AugmentConfig) -> float:
        began = time.perf_counter()
        for step in range(0, len(photos), BATCH_SIZE):
            augment_batch(photos[step : step + BATCH_SIZE], augment, rng_for(0, 0, step))
        return len(photos) / (time.perf_counter() - began)

    best = best_of({"warp": lambda: speed_of(GEOMETRY), "augmentation": lambda: speed_of(AUGMENT)})
    cv2.setNumThreads(threads)
    yield Result("warp", best["warp"], 3500, "photos/s", "one core: shear, zoom, flip")
    yield Result("augmentation", best["augmentation"], 2700, "photos/s", "one core: shear, zoom, flip, colour")


def _blobs(count: int, size: int) -> np.ndarray:
    """(count, size, size, 3) uint8."""
    import cv2

    small = np.random.default_rng(0).integers(0, 256, (count, 16, 16, 3), dtype=np.uint8)
    return np.stack([cv2.resize(blobs, (size, size), interpolation=cv2.INTER_CUBIC) for blobs in small])
