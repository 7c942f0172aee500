"""What changes over a run as a function of the step alone: learning rate, picture size, averaging. No TensorFlow."""

import math

from core.config import TrainingConfig

# Each size costs one more tracing of the network; four are enough to feel continuous.
NUM_SIZES = 4
SIZE_MULTIPLE = 32
# Share of the run after which pictures have their full size.
GROWTH_FRACTION = 0.7


def learning_rate_at(training: TrainingConfig, step: int, num_steps: int) -> float:
    """The learning rate of one step.

    Args:
        training: gives learning_rate, schedule, warmup_fraction.
        step: from 0.
        num_steps: steps of the whole run; warm-up and decay follow it, so that 12 epochs learn as 200 do.

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


def image_size_at(training: TrainingConfig, full_size: int, epoch: int) -> int:
    """Side of the pictures trained on in an epoch, in pixels.

    Args:
        training: gives epochs and start_size_fraction; 1 trains at full size throughout.
        full_size: the network's input_size.
        epoch: from 1.

    Source: progressive resizing as in Karras et al. 2018 and fast.ai's DAWNBench entry, 2018; here in a few even steps.
    """
    if training.start_size_fraction >= 1:
        return full_size
    progress = (epoch - 1) / (GROWTH_FRACTION * training.epochs)
    if progress >= 1:
        return full_size
    level = math.floor(progress * (NUM_SIZES - 1)) / (NUM_SIZES - 1)
    fraction = training.start_size_fraction + (1 - training.start_size_fraction) * level
    return min(full_size, max(SIZE_MULTIPLE, SIZE_MULTIPLE * round(fraction * full_size / SIZE_MULTIPLE)))


def averaging_window(training: TrainingConfig, num_steps: int) -> float:
    """Steps over which weights are averaged; below 2 averaging is off. Momentum is 1 - 1/window."""
    return training.ema_fraction * num_steps
