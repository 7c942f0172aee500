"""Rows about augmentation on one core, against the least that anybody could do to a photo instead: a window of it, resized and copied."""

import time
from collections.abc import Iterator

import numpy as np

from core.bench.table import Result, best_of
from core.bench.world import AUGMENT, BATCH_SIZE, GEOMETRY, World
from core.config import AugmentConfig

NUM_PICTURES = 512
NUM_ROUNDS = 5  # each takes a fraction of a second
INNER = slice(22, 202)  # .8 of the side, the closest that the warp comes


def warp_and_colour(world: World) -> Iterator[Result]:
    """The warp alone, and with colour, each as a share of plain ``cv2.resize`` and a copy. What a photo shows does not change how fast
    it is, so soft blobs do."""
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

    measures = {
        "plain": lambda: _plain_speed(photos),
        "warp": lambda: speed_of(GEOMETRY),
        "augmentation": lambda: speed_of(AUGMENT),
    }
    best = best_of(measures, NUM_ROUNDS)
    cv2.setNumThreads(threads)
    for row, bar, what in (("warp", 0.25, "shear, zoom, flip"), ("augmentation", 0.2, "shear, zoom, flip, colour")):
        detail = f"one core: {what}: {best[row]:,.0f} of the {best['plain']:,.0f} photos/s of a plain resize and copy"
        yield Result(row, best[row] / best["plain"], bar, "x", detail, measured=(best[row], "photos/s"))


def _plain_speed(photos: np.ndarray) -> float:
    """Photos/s of a window of each, resized to the whole side and copied into its batch."""
    import cv2

    batch, side = np.empty_like(photos[:BATCH_SIZE]), photos.shape[1]
    began = time.perf_counter()
    for index, photo in enumerate(photos):
        batch[index % BATCH_SIZE] = cv2.resize(photo[INNER, INNER], (side, side), interpolation=cv2.INTER_LINEAR)
    return len(photos) / (time.perf_counter() - began)


def _blobs(count: int, size: int) -> np.ndarray:
    """(count, size, size, 3) uint8."""
    import cv2

    small = np.random.default_rng(0).integers(0, 256, (count, 16, 16, 3), dtype=np.uint8)
    return np.stack([cv2.resize(blobs, (size, size), interpolation=cv2.INTER_CUBIC) for blobs in small])
