"""What must hold of a configuration as a whole: each value within its limits, then the rules that span settings."""

from collections.abc import Callable
from dataclasses import is_dataclass
from typing import Any

from core.config.convert import converted, wrong_type
from core.config.declared import field_of, joined, layer_class, layer_limits, settings_of, types_of
from core.config.names import name_of, shown
from core.config.schema.experiment import ExperimentConfig
from core.config.schema.limits import Limits
from core.config.schema.network import ConvBlock
from core.errors import ConfigError


def check(config: ExperimentConfig) -> None:
    """Checks every field against its limits and the rules that span fields. Raises ConfigError at the first fault.

    What needs arithmetic over layers (a map that collapses to nothing) is checked by ``core.network.plan``.
    """
    _check_part(config, "")
    for rule in RULES:
        if (fault := rule(config)) is not None:
            raise fault


def check_count(path: str, count: int) -> None:
    """How many layers a list of the network may have. Raises ConfigError.

    Args:
        path: ``network.blocks`` or ``network.dense``.
    """
    limits = layer_limits(path)
    if not limits.allows(count):
        raise ConfigError(f"{name_of(path)} must be {limits.describe()} layers; received {shown(count)}.", path)


def _check_part(part: Any, prefix: str) -> None:
    for declared in settings_of(part.__class__, prefix):
        value = getattr(part, declared.path.rsplit(".", 1)[-1])
        if isinstance(value, float) and declared.type in (int, str | int):  # 5.0 is a whole number only on its way in
            raise wrong_type(declared, value)
        converted(declared, value)
    for name, hint in types_of(part.__class__).items():
        path, value = joined(prefix, name), getattr(part, name)
        if is_dataclass(value):
            _check_part(value, path)
        elif layer_class(hint) is not None:
            check_count(path, len(value))
            for index, layer in enumerate(value):
                _check_part(layer, f"{path}.{index}")


def fractions_leave_room_for_each_other(config: ExperimentConfig) -> ConfigError | None:
    split = config.split
    total = sum((split.train, split.val, split.test))
    if max(split.train, split.val, split.test) > 1 or total <= 1 + 1e-9:
        return None
    return ConfigError(
        f"“Train”, “Validation” and “Test” may add up to 1; received {split.train:g} + {split.val:g} + {split.test:g} = "
        f"{total:g}. Lower one of them.",
        "split.train",
    )


def split_is_all_fractions_or_all_numbers(config: ExperimentConfig) -> ConfigError | None:
    split = config.split
    shares = (split.train, split.val, split.test)
    if max(shares) <= 1 or not any(0 < share <= 1 for share in shares):
        return None
    return ConfigError(
        f"“Train”, “Validation” and “Test” are either all fractions up to 1 or all numbers of photos a class; "
        f"received {split.train:g}, {split.val:g}, {split.test:g}. Use one kind.",
        "split.train",
    )


def every_split_has_photos(config: ExperimentConfig) -> ConfigError | None:
    for name in ("train", "val", "test"):
        share, path = getattr(config.split, name), f"split.{name}"
        if share <= 0:
            return ConfigError(
                f"{name_of(path)} must be above 0; received {share:g}. Every run is trained, validated and tested.",
                path,
            )
    return None


def drawn_classes_differ(config: ExperimentConfig) -> ConfigError | None:
    classes = config.photos.drawn_classes
    if len(set(classes)) == len(classes):
        return None
    return ConfigError(
        f"“Drawn classes” names each animal once; received {', '.join(classes)}.", "photos.drawn_classes"
    )


def convolutions_fit_what_comes_in(config: ExperimentConfig) -> ConfigError | None:
    channels = config.network.input_channels
    for index, block in enumerate(config.network.blocks):
        for rule in BLOCK_RULES:
            if (fault := rule(block, channels, f"network.blocks.{index}")) is not None:
                return fault
        channels = block.filters
    return None


def padding_is_smaller_than_the_kernel(block: ConvBlock, channels: int, path: str) -> ConfigError | None:
    if not isinstance(block.padding, int) or block.padding < block.kernel_size:
        return None
    largest = block.kernel_size - 1
    return ConfigError(
        f"{name_of(f'{path}.padding')} must be same, valid or a number from 0 to {largest}, one less than its kernel; "
        f"received {block.padding}. Use {largest}.",
        f"{path}.padding",
        largest,
    )


def groups_divide_the_channels(block: ConvBlock, channels: int, path: str) -> ConfigError | None:
    if channels % block.groups == 0:
        return None
    return _groups_do_not_divide(f"the {channels} channels that come in", block, channels, f"{path}.groups")


def groups_divide_the_filters(block: ConvBlock, channels: int, path: str) -> ConfigError | None:
    if block.filters % block.groups == 0:
        return None
    return _groups_do_not_divide(f"its {block.filters} filters", block, channels, f"{path}.groups")


def _groups_do_not_divide(what: str, block: ConvBlock, channels: int, path: str) -> ConfigError:
    limits: Limits = field_of(ConvBlock, "groups").metadata["limits"]
    highest = min(2 * block.groups, limits.most)  # from here on 1 is nearer
    working = (groups for groups in range(1, highest + 1) if channels % groups == 0 == block.filters % groups)
    best = min(working, key=lambda groups: abs(groups - block.groups))
    return ConfigError(f"{name_of(path)} must divide {what}; received {block.groups}. Use {best}.", path, best)


def pictures_grow(config: ExperimentConfig) -> ConfigError | None:
    start, end = config.training.start_size_fraction, config.training.end_size_fraction
    if start <= end:
        return None
    return ConfigError(
        f"“Start size” may not be above “End size”, since pictures grow; received {start:g} and {end:g}. Lower the first.",
        "training.start_size_fraction",
        end,
    )


def only_the_average_head_takes_growing_pictures(config: ExperimentConfig) -> ConfigError | None:
    start, head = config.training.start_size_fraction, config.network.head
    if start >= 1 or head == "average":
        return None
    return ConfigError(
        f"“Start size” below 1 needs the head “average”, because a flattened map fixes the picture's size; received "
        f"{start:g} with the head “{head}”. Set “Start size” and “End size” to 1, or “Head” to average.",
        "training.start_size_fraction",
        1.0,
    )


# In the order in which faults are told: the first that is broken is the one a person reads.
RULES: tuple[Callable[[ExperimentConfig], ConfigError | None], ...] = (
    fractions_leave_room_for_each_other,
    split_is_all_fractions_or_all_numbers,
    every_split_has_photos,
    drawn_classes_differ,
    convolutions_fit_what_comes_in,
    pictures_grow,
    only_the_average_head_takes_growing_pictures,
)
BLOCK_RULES: tuple[Callable[[ConvBlock, int, str], ConfigError | None], ...] = (
    padding_is_smaller_than_the_kernel,
    groups_divide_the_channels,
    groups_divide_the_filters,
)
