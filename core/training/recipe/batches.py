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

_AUGMENT, _ORDER, _MIXUP, _OUTLIERS = range(4)  # streams of rng_for

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Outliers:
    """Pictures of no class, of which every batch gets some beside its photos.

    Args:
        label: what they are labelled with: the number of classes.
        fraction: how many a batch gets, as a share of its photos; at least one.
        rows: (R,) rows of ``TrainData.images`` that are photos of no class; may be none.
        made: (M, S, S, C) uint8, pictures that the app has made (``core.training.recipe.outliers``); may be none.
        made_fraction: which share of them is made, on average, where there are both.
    """

    label: int
    fraction: float
    rows: np.ndarray
    made: np.ndarray
    made_fraction: float

    def drawn(self, images: np.ndarray, count: int, rng: np.random.Generator) -> list[np.ndarray]:
        """So many pictures (S, S, C) uint8, drawn with replacement. Some photos are mixed with another outlier: a few photos
        stand for all the world that is no pet (diverseMix, NeurIPS 2024)."""
        is_made = rng.random(count) < self.made_fraction
        if not len(self.rows) or not len(self.made):
            is_made[:] = not len(self.rows)
        places, is_mixed, shares = rng.random((count, 2)), rng.random(count) < MIXED_FRACTION, rng.random(count)
        pictures = []
        for index in range(count):
            photo, other = (self._one(images, bool(is_made[index]), place) for place in places[index])
            share = float(shares[index])
            pictures.append(cv2.addWeighted(photo, share, other, 1 - share, 0) if is_mixed[index] else photo)
        return [picture.reshape(images.shape[1:]) for picture in pictures]

    def _one(self, images: np.ndarray, is_made: bool, place: float) -> np.ndarray:
        source = self.made if is_made else self.rows
        index = min(int(place * len(source)), len(source) - 1)
        return self.made[index] if is_made else images[self.rows[index]]


MIXED_FRACTION = 0.25


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
        outliers: what is shown beside them that is of no class; None where there is nothing.
    """

    images: np.ndarray
    labels: np.ndarray
    indices: np.ndarray
    batch_size: int
    augment: AugmentConfig = field(default_factory=lambda: AugmentConfig())
    seed: int = 0
    mixup_alpha: float = 0.0
    outliers: Outliers | None = None

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

    def num_of(self, num_classes: int) -> int:
        """Photos of the classes themselves, without outliers."""
        return int((self.labels < num_classes).sum())

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
    if data.mixup_alpha:
        batch = mixup(batch, data.mixup_alpha, rng_for(data.seed, epoch, step, _MIXUP))
    return _with_outliers(batch, data, cache, epoch, step, size)


def _with_outliers(batch: Batch, data: TrainData, cache: np.ndarray, epoch: int, step: int, size: int | None) -> Batch:
    """The batch, and behind its photos outliers where there are some, moved and coloured as photos are, or that alone would tell them apart."""
    outliers = data.outliers
    if outliers is None:
        return batch
    rng = rng_for(data.seed, epoch, step, _OUTLIERS)
    count = max(1, round(outliers.fraction * len(batch.labels)))
    images = augment_batch(outliers.drawn(cache, count, rng), data.augment, rng, size)
    labels, mix = np.full(count, outliers.label, np.int32), batch.mix
    if mix is not None:
        mix = Mix(np.concatenate([mix.labels, labels]), np.concatenate([mix.shares, np.ones(count, np.float32)]))
    return Batch(np.concatenate([batch.images, images]), np.concatenate([batch.labels, labels]), mix)


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
