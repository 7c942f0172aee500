"""What changes over a run as a function of the epoch or step alone: learning rate, picture size, augmentation, averaging.

No TensorFlow. All of it follows the length of the run, so that 12 epochs learn as 200 do.
"""

import math
from dataclasses import replace
from functools import lru_cache

from core.config import AugmentConfig, TrainingConfig

# Each size is traced once, which takes seconds; four are enough to feel continuous.
NUM_SIZES = 4
SIZE_MULTIPLE = 32
MOST_KEPT_BYTES = 256 * 2**20  # of small validation pictures, which a training keeps in memory while it judges by them


def learning_rate_at(training: TrainingConfig, step: float, num_steps: int) -> float:
    """The learning rate of one step.

    Args:
        training: gives learning_rate, schedule, warmup_fraction.
        step: from 0; by the clock, one that is as far along (``Course.place``).
        num_steps: steps of the whole run.

    Source: cosine decay to zero without restarts, Loshchilov & Hutter 2017, section 3; linear warm-up, Goyal et al. 2017, section 2.2.
    """
    warmup = training.warmup_fraction * num_steps
    if step < warmup:
        return training.learning_rate * (step + 1) / (warmup + 1)
    progress = (step - warmup) / max(1.0, num_steps - warmup)
    match training.schedule:
        case "cosine":
            factor = 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
        case "linear":
            factor = max(0.0, 1 - progress)
        case _:
            factor = 1.0
    return training.learning_rate * factor


def training_sizes(training: TrainingConfig, full_size: int) -> list[int]:
    """The sides, in pixels, of the pictures of a run, ascending; one where start_size_fraction is 1."""
    return [size for size, _ in _growth(training.start_size_fraction, training.end_size_fraction, full_size)]


@lru_cache(maxsize=64)
def _growth(start: float, end: float, full_size: int) -> tuple[tuple[int, float], ...]:
    """(side in pixels, the share of the run at which it ends), ascending. A run by the clock asks a thousand times in a row."""
    if start >= 1:
        return ((full_size, 1.0),)
    low, high = (_side(fraction * full_size, full_size) for fraction in (start, end))
    steps = min(NUM_SIZES, 1 + max(0, math.ceil((high - low) / SIZE_MULTIPLE)))
    sides = sorted({_side(low + (high - low) * k / max(1, steps - 1), full_size) for k in range(steps)})
    shares = [1 / side**2 for side in sides]
    return tuple((side, sum(shares[: index + 1]) / sum(shares)) for index, side in enumerate(sides))


def image_size_at(training: TrainingConfig, full_size: int, epoch: int) -> int:
    """Side of the pictures trained on in an epoch, in pixels. Every size gets about the same work, so small ones more epochs.

    Args:
        training: gives epochs, start_size_fraction, end_size_fraction.
        full_size: the network's input_size.
        epoch: from 1.

    Source: progressive resizing as in Karras et al. 2018 and fast.ai's DAWNBench entry, 2018.
    """
    if epoch >= training.epochs:  # the last one has the largest, however short the run
        return training_sizes(training, full_size)[-1]
    return image_size_of(training, full_size, (epoch - 0.5) / training.epochs)


def image_size_of(training: TrainingConfig, full_size: int, progress: float) -> int:
    """Side of the pictures, in pixels, where a share of the run is over (0..1); the largest at its end."""
    growth = _growth(training.start_size_fraction, training.end_size_fraction, full_size)
    return next((size for size, until in growth if progress < until), growth[-1][0])


def judged_size(training: TrainingConfig, full_size: int, size: int) -> int:
    """Side at which a network that trains on pictures of ``size`` is validated: the same, and ``full_size`` once they have grown.

    Zooming in shows pets larger in training than they are in the photos that are judged; a full-size picture makes up for it
    (Touvron et al. 2019, “Fixing the train-test resolution discrepancy”, section 3). Before, it would only cost time.
    """
    return full_size if size == training_sizes(training, full_size)[-1] else size


def is_calm(training: TrainingConfig, epoch: int, num_epochs: int) -> bool:
    """Whether an epoch (from 1) of a run that is so long belongs to its calm end."""
    return epoch > num_epochs - training.calm_epochs


def augment_at(training: TrainingConfig, augment: AugmentConfig, epoch: int) -> AugmentConfig:
    """The augmentation of an epoch (from 1): as configured, and in the calm end as ``calmed`` has it."""
    return calmed(augment) if is_calm(training, epoch, training.epochs) else augment


def calmed(augment: AugmentConfig) -> AugmentConfig:
    """With half of the geometry, and nothing erased."""
    halved = (
        "shear_degrees",
        "zoom_in_fraction",
        "aspect_fraction",
        "rotation_degrees",
        "width_shift_fraction",
        "height_shift_fraction",
    )
    return replace(augment, erase_probability=0.0, **{name: getattr(augment, name) / 2 for name in halved})


def averaging_window(training: TrainingConfig, num_steps: int) -> float:
    """Steps over which weights are averaged; below 2 averaging is off. Momentum is 1 - 1/window."""
    return training.ema_fraction * num_steps


def _side(pixels: float, full_size: int) -> int:
    """The nearest multiple of 32 that is at least 32 and at most the full size."""
    if pixels >= full_size:
        return full_size
    return min(full_size, max(SIZE_MULTIPLE, SIZE_MULTIPLE * round(pixels / SIZE_MULTIPLE)))


# Averaging every step costs a copy of all weights; every few steps with the momentum to that power gives the same window.
MAX_STRIDE = 8


def stride_of(window: float) -> int:
    """Steps from one update of the average to the next."""
    return max(1, min(MAX_STRIDE, int(window // 8)))
