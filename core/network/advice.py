"""What works, but not well: a network too large for the memory, or with more parameters than its photos can feed.

Each advice has a number in it and the nearest value that would do. No TensorFlow.
"""

from dataclasses import dataclass, replace

from core.config import ExperimentConfig, NetworkConfig
from core.errors import ConfigError
from core.network.edit import WIDTHS, scale_width
from core.network.plan import NetworkPlan, plan

# A rule of thumb of this app, between two networks on 2,000 photos: the narrow AlexNet's 840 parameters a photo still learn
# what a pet looks like, the basic network's 4,700 soon know the photos by heart.
PARAMETERS_PER_PHOTO = 2_000

STARTED_BYTES = 450e6  # Python with TensorFlow
USABLE_FRACTION = 0.9  # of the free memory
_OPTIMIZER_COPIES = {"adamw": 2, "adam": 2, "sgd": 1, "rmsprop": 1}


@dataclass(frozen=True)
class Advice:
    """One sentence, and what its button does.

    Args:
        sentence: what is the matter, with numbers.
        label: of the button; "" where there is no single way out.
        experiment: what the button makes of the draft.
    """

    sentence: str
    label: str = ""
    experiment: ExperimentConfig | None = None


def training_bytes(experiment: ExperimentConfig, planned: NetworkPlan) -> int:
    """About what a training's process holds: weights with their gradients and the optimizer's numbers, and the maps of a batch."""
    training = experiment.training
    copies = 1 + _OPTIMIZER_COPIES[training.optimizer] + bool(training.ema_fraction)
    weights = planned.weight_bytes * (1 + 2 * copies)
    return round(STARTED_BYTES + weights + 8 * planned.activations * training.batch_size)


def too_large(
    experiment: ExperimentConfig, planned: NetworkPlan, available_bytes: int, num_classes: int = 2
) -> Advice | None:
    """Whether a training would not fit into the memory that is free, and the nearest batch size or width that would.

    Args:
        planned: of this experiment's network.
        available_bytes: free now.
    """
    room = USABLE_FRACTION * available_bytes
    needed = training_bytes(experiment, planned)
    if needed <= room:
        return None
    training = experiment.training
    sentence = (
        f"Training this needs about {needed / 1e9:.1f} GB of memory at a batch size of {training.batch_size:,}; "
        f"{available_bytes / 1e9:.1f} GB are free."
    )
    batch_size = training.batch_size // 2
    while batch_size:
        smaller = replace(experiment, training=replace(training, batch_size=batch_size))
        if training_bytes(smaller, planned) <= room:
            return Advice(sentence, f"Set batch size to {batch_size:,}", smaller)
        batch_size //= 2
    single = replace(experiment, training=replace(training, batch_size=1))
    found = _widest(experiment.network, num_classes, lambda narrow: training_bytes(single, narrow) <= room)
    if found is None:
        return Advice(f"{sentence} No batch size and no width is small enough: lower the image size.")
    percent, network = found
    return Advice(
        f"{sentence} Even one photo at a time is too much.",
        f"Set width to {percent} % and batch size to 1",
        replace(single, network=network),
    )


def too_many_parameters(
    experiment: ExperimentConfig, planned: NetworkPlan, num_train: int, num_classes: int = 2
) -> Advice | None:
    """Whether there are more parameters than this many training photos can feed, and the widest network that is fed."""
    most = PARAMETERS_PER_PHOTO * num_train
    if planned.parameters <= most or not num_train:
        return None
    sentence = (
        f"{planned.parameters:,} parameters for {num_train:,} training photos are {planned.parameters / num_train:,.0f} a photo. "
        f"Above about {PARAMETERS_PER_PHOTO:,} (a rule of thumb) a network tends to learn its photos by heart: watch the distance "
        "between the curves of training and validation."
    )
    found = _widest(experiment.network, num_classes, lambda narrow: narrow.parameters <= most)
    if found is not None:
        percent, network = found
        return Advice(sentence, f"Set width to {percent} %", replace(experiment, network=network))
    averaged = replace(experiment.network, head="average")
    if plan(averaged, num_classes).parameters <= most:
        return Advice(sentence, "Set head to average", replace(experiment, network=averaged))
    return Advice(sentence)


def _widest(network: NetworkConfig, num_classes: int, fits) -> tuple[int, NetworkConfig] | None:
    """(per cent, network) of the largest width below 100 whose plan fits."""
    for percent in sorted((width for width in WIDTHS if width < 100), reverse=True):
        narrow = scale_width(network, percent)
        try:
            if fits(plan(narrow, num_classes)):
                return percent, narrow
        except ConfigError:
            continue
    return None
