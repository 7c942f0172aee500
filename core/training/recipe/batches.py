"""Cache -> the batches of training.

Everything is a function of (seed, epoch, step) and of nothing that happened before, so a run that was killed goes on
with exactly the batches it would have had. Epochs and steps count from 0 here.
"""

import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import cv2
import numpy as np

from core.config import AugmentConfig
from core.training.recipe.augment import augment_batch, rng_for

_AUGMENT, _ORDER, _MIXUP = range(3)  # streams of rng_for

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class TrainData:
    """What training batches are made of.

    Args:
        images: (N, S, S, C) uint8, the cache of the whole data set; never copied as a whole.
        labels: (N,) integers, class indices.
        indices: (M,) rows of the training split.
        batch_size: the most photos a batch has.
        augment: what is changed at random.
        seed: ``training.seed``.
        mixup_alpha: 0 is off.
    """

    images: np.ndarray
    labels: np.ndarray
    indices: np.ndarray
    batch_size: int
    augment: AugmentConfig = field(default_factory=lambda: AugmentConfig())
    seed: int = 0
    mixup_alpha: float = 0.0

    @property
    def steps_per_epoch(self) -> int:
        return -(-len(self.indices) // self.batch_size)


class Mix(NamedTuple):
    """What was blended into a batch: the partners' ``labels`` (B,) int32, and ``shares`` (B,) float32 from 0.5 to 1 that
    are left of the photos' own."""

    labels: np.ndarray
    shares: np.ndarray


class Batch(NamedTuple):
    """One training step: ``images`` (B, size, size, C) uint8, ``labels`` (B,) int32, and what was blended in, if anything."""

    images: np.ndarray
    labels: np.ndarray
    mix: Mix | None = None

    def targets(self, num_classes: int) -> np.ndarray:
        """(B, num_classes) float32, each row adding up to 1; column 1 is the target of a single sigmoid."""
        one_hot = np.eye(num_classes, dtype=np.float32)
        if self.mix is None:
            return one_hot[self.labels]
        shares = self.mix.shares[:, None]
        return shares * one_hot[self.labels] + (1 - shares) * one_hot[self.mix.labels]


def order(seed: int, epoch: int, num_photos: int) -> np.ndarray:
    """The order in which an epoch shows its photos: a permutation of 0 .. num_photos - 1, (num_photos,) int64."""
    return rng_for(seed, epoch, 0, _ORDER).permutation(num_photos)


def train_batch(data: TrainData, epoch: int, step: int, size: int | None = None) -> Batch:
    """The batch of one step, augmented and, if asked, mixed.

    Every photo comes once an epoch, and the photos are spread evenly over the steps: 33 photos at batch size 32 make
    17 + 16. A last batch of one photo would give batch normalisation a variance of zero and that photo the weight of
    a whole batch. So batches have ``batch_size`` photos or, where that does not divide, some have fewer.

    Args:
        step: 0 .. data.steps_per_epoch - 1.
        size: side of the pictures. Defaults to the cache's own.
    """
    steps = data.steps_per_epoch
    if not 0 <= step < steps:
        raise IndexError(f"step must be from 0 to {steps - 1}; received {step}.")
    num_photos = len(data.indices)
    here = slice(step * num_photos // steps, (step + 1) * num_photos // steps)
    rows = data.indices[order(data.seed, epoch, num_photos)[here]]
    cache = np.asarray(data.images)  # a plain view: indexing a memmap object costs more
    images = augment_batch([cache[row] for row in rows], data.augment, rng_for(data.seed, epoch, step, _AUGMENT), size)
    batch = Batch(images, np.asarray(data.labels)[rows].astype(np.int32))
    if data.mixup_alpha == 0:
        return batch
    return mixup(batch, data.mixup_alpha, rng_for(data.seed, epoch, step, _MIXUP))


def mixup(batch: Batch, alpha: float, rng: np.random.Generator) -> Batch:
    """Blends each photo with one other of its batch: share Beta(alpha, alpha) (Zhang et al. 2018, section 2).

    Photos come in random order, so the partner of photo i is the i-th from the end, and the middle one of an odd batch
    stays alone. The larger share is the photo's own, which keeps every photo in the epoch once.

    Args:
        batch: its images are not changed.
        alpha: above 0.
    """
    shares = rng.beta(alpha, alpha, len(batch.labels)).astype(np.float32)
    shares = np.maximum(shares, 1 - shares)
    images = np.empty_like(batch.images)
    for mixed, image, partner, share in zip(images, batch.images, batch.images[::-1], shares, strict=True):
        cv2.addWeighted(image, float(share), partner, float(1 - share), 0, dst=mixed)
    return Batch(images, batch.labels, Mix(batch.labels[::-1].copy(), shares))


def ahead(make: Callable[[Item], Result], items: Iterable[Item], depth: int = 2) -> Generator[Result]:
    """``make(item)`` for each item in order, prepared by one background thread while the caller is busy.

    An error in ``make`` is raised where its result would have come. The thread ends with the last result, with an error,
    or when the generator is closed (``contextlib.closing`` where a loop may be left early).

    Args:
        items: read one at a time, in the caller's thread; may be endless.
        depth: how many results are made before they are asked for.
    """
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="batches", initializer=_step_back) as thread:
        try:
            for item in items:
                waiting.append(thread.submit(make, item))
                if len(waiting) > depth:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _step_back() -> None:
    """Lets the calling thread work in the gaps that training leaves on its cores.

    A step is cut into as many parts as there are cores; a thread of equal right that holds one core up makes all others
    wait. Training that must wait for a batch leaves the cores free, so the thread never starves for long. Linux counts
    niceness by thread; elsewhere it would be the whole process's.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
