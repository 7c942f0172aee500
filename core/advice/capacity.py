"""What works, but not well: a network too large for the memory, or with more parameters than its photos can feed.

Each advice has a number in it and the nearest value that would do. No TensorFlow.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from core.config import ExperimentConfig, NetworkConfig
from core.errors import ConfigError
from core.network.edit import WIDTHS, scale_width
from core.network.plan import NetworkPlan, plan
from core.training.forecast.forecast import Forecast, forecast

# A rule of thumb of this app, between two networks on 2,000 photos: the narrow AlexNet's 840 parameters a photo still learn
# what a pet looks like, the basic network's 4,700 soon know the photos by heart.
PARAMETERS_PER_PHOTO = 2_000


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


def too_large(
    experiment: ExperimentConfig, needs: Forecast, counts: Mapping[str, int], num_classes: int = 2
) -> Advice | None:
    """Whether a training would not fit into the memory that is free, and the nearest batch size or width that would.

    Args:
        needs: the forecast of this experiment.
        counts: photos of each split.
    """
    if needs.fits:
        return None
    training = experiment.training
    sentence = (
        f"Training this needs about {needs.memory_bytes / 1e9:.1f} GB of memory at a batch size of {training.batch_size:,}; "
        f"{needs.available_bytes / 1e9:.1f} GB are free."
    )
    if (batch_size := needs.batch_size_that_fits) is not None:
        smaller = replace(experiment, training=replace(training, batch_size=batch_size))
        return Advice(sentence, f"Set batch size to {batch_size:,}", smaller)

    def with_network(network: NetworkConfig) -> ExperimentConfig:
        return replace(experiment, network=network, training=replace(training, batch_size=1))

    found = _widest(
        experiment.network,
        lambda narrow: forecast(with_network(narrow), counts, num_classes, needs.available_bytes).fits,
    )
    if found is None:
        return Advice(f"{sentence} No batch size and no width is small enough: lower the image size.")
    percent, network = found
    return Advice(
        f"{sentence} Even one photo at a time is too much.",
        f"Set width to {percent} % and batch size to 1",
        with_network(network),
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
    found = _widest(experiment.network, lambda narrow: plan(narrow, num_classes).parameters <= most)
    if found is not None:
        percent, network = found
        return Advice(sentence, f"Set width to {percent} %", replace(experiment, network=network))
    averaged = replace(experiment.network, head="average")
    if plan(averaged, num_classes).parameters <= most:
        return Advice(sentence, "Set head to average", replace(experiment, network=averaged))
    return Advice(sentence)


def _widest(network: NetworkConfig, fits: Callable[[NetworkConfig], bool]) -> tuple[int, NetworkConfig] | None:
    """(per cent, network) of the largest width below 100 that fits."""
    for percent in sorted((width for width in WIDTHS if width < 100), reverse=True):
        narrow = scale_width(network, percent)
        try:
            if fits(narrow):
                return percent, narrow
        except ConfigError:
            continue
    return None
