"""Rows about augmentation on one core, against the least that anybody could do to a photo instead: a window of it, resized and copied."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import numpy as np

from core.bench.table import Result, best_of
from core.bench.world import AUGMENT, BATCH_SIZE, GEOMETRY, World
from core.config import AugmentConfig
from core.machine import num_cores

SIZES, BATCHES = (128, 224), (32, 128)  # sides in pixels, photos: what a graphics card would be fed with
NUM_PICTURES = 512
SIDE_BY_SIDE = 0.6  # of cores times one core's speed; Python's own part of a batch holds one lock
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


def batches(world: World) -> Iterator[Result]:
    """Photos/s that all cores together make into training batches, geometry and colour: what a graphics card could be fed with here.

    The bar is on how well the cores work side by side: against as many times what one makes alone.
    """
    import cv2

    from core.training.recipe.batches import TrainData, train_batch

    photos, threads = _blobs(NUM_PICTURES, max(SIZES)), cv2.getNumThreads()
    cv2.setNumThreads(1)
    labels, rows = np.zeros(len(photos), np.int32), np.arange(len(photos))
    with ThreadPoolExecutor(num_cores()) as cores:
        for size, batch_size in product(SIZES, BATCHES):
            data = TrainData(photos, labels, rows, batch_size, AUGMENT)

            def make(step: int, data: TrainData = data, size: int = size) -> None:
                train_batch(data, 0, step, size)

            def speed_of(run: Callable, data: TrainData = data) -> float:
                began = time.perf_counter()
                deque(run(make, range(data.steps_per_epoch)), maxlen=0)
                return len(photos) / (time.perf_counter() - began)

            best = best_of({"one": lambda: speed_of(map), "all": lambda: speed_of(cores.map)}, NUM_ROUNDS)
            detail = f"{best['all']:,.0f} photos/s, {best['all'] / batch_size:,.1f} batches/s on {num_cores()} cores; one alone {best['one']:,.0f}"
            share = best["all"] / (num_cores() * best["one"])
            row = f"batches.{size}x{batch_size}"
            yield Result(row, share, SIDE_BY_SIDE, "x", detail, measured=(best["all"], "photos/s"))
    cv2.setNumThreads(threads)


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
