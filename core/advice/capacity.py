"""What works, but not well: a network too large for the memory, or with more parameters than its photos can feed.

Each suggestion has a number in it and the nearest value that would do. No TensorFlow.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from core.advice.suggestion import WARNING, Suggestion
from core.config import ExperimentConfig, NetworkConfig, differences
from core.errors import ConfigError
from core.network.edit import WIDTHS, scale_width
from core.network.plan import NetworkPlan, plan
from core.photos.layouts.counts import SplitSizes
from core.training.forecast.forecast import Forecast, forecast

# A rule of thumb of this app, between two networks on 2,000 photos: the narrow AlexNet's 840 parameters a photo still learn
# what a pet looks like, the basic network's 4,700 soon know the photos by heart.
PARAMETERS_PER_PHOTO = 2_000


def too_large(
    experiment: ExperimentConfig, needs: Forecast, split_sizes: SplitSizes, num_classes: int = 2
) -> Suggestion | None:
    """Whether a training would not fit into the memory that is free, and the nearest batch size or width that would.

    Args:
        needs: the forecast of this experiment.
        split_sizes: photos of each split.
    """
    if needs.fits:
        return None
    training = experiment.training
    evidence = (
        f"Training this needs about {needs.memory_bytes / 1e9:.1f} GB of memory at a batch size of {training.batch_size:,}; "
        f"{needs.available_bytes / 1e9:.1f} GB are free."
    )

    def suggestion(advice: str, changes: tuple = (), label: str = "") -> Suggestion:
        return Suggestion("too_large", WARNING, "", evidence, advice, changes, label=label)

    if (batch_size := needs.batch_size_that_fits) is not None:
        return suggestion("", (("training.batch_size", batch_size),), f"Set batch size to {batch_size:,}")
    one_photo = replace(experiment, training=replace(training, batch_size=1))
    narrow = _widest(
        experiment.network,
        lambda network: (
            forecast(replace(one_photo, network=network), split_sizes, num_classes, needs.available_bytes).fits
        ),
    )
    if narrow is None:
        return suggestion("No batch size and no width is small enough: lower the image size.")
    return suggestion(
        "Even one photo at a time is too much.",
        (*narrow.changes(experiment.network), ("training.batch_size", 1)),
        f"Set width to {narrow.percent} % and batch size to 1",
    )


def too_many_parameters(
    experiment: ExperimentConfig, planned: NetworkPlan, num_train: int, num_classes: int = 2
) -> Suggestion | None:
    """Whether there are more parameters than this many training photos can feed, and the widest network that is fed."""
    most = PARAMETERS_PER_PHOTO * num_train
    if planned.parameters <= most or not num_train:
        return None
    evidence = (
        f"{planned.parameters:,} parameters for {num_train:,} training photos are {planned.parameters / num_train:,.0f} a photo. "
        f"Above about {PARAMETERS_PER_PHOTO:,} (a rule of thumb) a network tends to learn its photos by heart: watch the distance "
        "between the curves of training and validation."
    )
    changes, label = (), ""
    narrow = _widest(experiment.network, lambda network: plan(network, num_classes).parameters <= most)
    if narrow is not None:
        changes, label = narrow.changes(experiment.network), f"Set width to {narrow.percent} %"
    elif plan(replace(experiment.network, head="average"), num_classes).parameters <= most:
        changes, label = (("network.head", "average"),), "Set head to average"
    return Suggestion("too_many_parameters", WARNING, "", evidence, "", changes, label=label)


@dataclass(frozen=True)
class _Narrow:
    """A network at a width, in per cent, of another."""

    percent: int
    network: NetworkConfig

    def changes(self, base: NetworkConfig) -> tuple[tuple[str, object], ...]:
        """What makes the other to this one."""
        return tuple((f"network.{path}", after) for path, (_, after) in differences(base, self.network).items())


def _widest(network: NetworkConfig, fits: Callable[[NetworkConfig], bool]) -> _Narrow | None:
    """The largest width below 100 per cent that fits."""
    for percent in sorted((width for width in WIDTHS if width < 100), reverse=True):
        narrow = scale_width(network, percent)
        try:
            if fits(narrow):
                return _Narrow(percent, narrow)
        except ConfigError:
            continue
    return None
