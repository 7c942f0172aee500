"""What a sweep can vary, and the experiments that come of it. No TensorFlow."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from core import config as configs
from core.config import AugmentConfig, ExperimentConfig
from core.errors import AppError, ConfigError
from core.network.plan import plan

AUGMENTATION = "augment"  # the whole part at once: as it is set, and all off
FEWEST, MOST = 2, 5
SHORT_EPOCHS = 12
_PARTS = ("network.", "augment.", "training.")


@dataclass(frozen=True)
class Variant:
    """One of the trainings that are compared.

    Args:
        value: of the varied setting; True and False for with and without augmentation.
        label: what tells it apart, in words: ``16 filters``.
        config: its whole experiment.
    """

    value: Any
    label: str
    config: ExperimentConfig


def variable_paths(config: ExperimentConfig) -> list[str]:
    """Every setting of an experiment that a sweep can vary, in order."""
    return [
        path
        for path, value in configs.leaves(config)
        if path.startswith(_PARTS) and not isinstance(value, (list, tuple, dict))
    ]


def variants(
    config: ExperimentConfig, path: str, values: Sequence[Any], num_classes: int = 2, epochs: int | None = None
) -> list[Variant]:
    """The experiments of a sweep, each checked as a run is checked.

    Args:
        config: what they share.
        path: the setting to vary, or ``AUGMENTATION``, whose values are True and False.
        values: 2 to 5 different ones, of the setting's type or as text.
        num_classes: from the data set.
        epochs: of each training. Defaults to the config's, or to as many as fit into its minutes.

    Raises:
        ConfigError: too few or too many values, one twice, one out of its limits, or one with which the network does not work.
    """
    if epochs is not None:
        config = configs.put(config, "training.epochs", epochs)
    if epochs is not None or path == "training.epochs":  # minutes would count instead
        config = configs.put(config, "training.minutes", 0.0)
    compared = _with_and_without(config) if path == AUGMENTATION else _with_each(config, path, values)
    named = [
        replace(variant, config=replace(variant.config, name=_run_name(config, path, variant.label)))
        for variant in compared
    ]
    for variant in named:
        try:
            configs.check(variant.config)
            plan(variant.config.network, num_classes)
        except AppError as error:
            raise ConfigError(f"With {variant.label} it does not work: {error}", path) from error
    return named


def _with_each(config: ExperimentConfig, path: str, values: Sequence[Any]) -> list[Variant]:
    """One variant a value. Raises ConfigError: not a setting to vary, too few or too many values, or one twice."""
    if not path.startswith(_PARTS):
        configs.setting(path)  # says what is nearest if it is misspelled
        raise ConfigError(
            f"A sweep varies a setting of network, augmentation or training; received {configs.name_of(path)}. "
            "Photos stay the same, so that the runs can be compared.",
            path,
        )
    if not FEWEST <= len(values) <= MOST:
        advice = "Add one." if len(values) < FEWEST else f"Leave out {len(values) - MOST}."
        raise ConfigError(f"A sweep compares {FEWEST} to {MOST} values; received {len(values)}. {advice}", path)
    compared: list[Variant] = []
    for value in values:
        changed = configs.put(config, path, value)
        value = configs.get(changed, path)
        if any(value == variant.value for variant in compared):
            raise ConfigError(
                f"{configs.name_of(path)} is given {_in_words(value)} twice. Two equal runs say the same: change one.",
                path,
            )
        compared.append(Variant(value, value_label(path, value), changed))
    return compared


def _with_and_without(config: ExperimentConfig) -> list[Variant]:
    off = AugmentConfig()
    if config.augment == off:
        raise ConfigError(
            "Every kind of augmentation is off, so there is nothing to compare. Switch some on, or take a preset's.",
            AUGMENTATION,
        )
    return [
        Variant(True, "with augmentation", config),
        Variant(False, "without augmentation", replace(config, augment=off)),
    ]


def value_label(path: str, value: Any) -> str:
    """``16 filters``, ``learning rate 0.002``, ``horizontal flip off``."""
    word = configs.setting(path).label.lower()
    if isinstance(value, bool):
        return f"{word} {'on' if value else 'off'}"
    if isinstance(value, int) and word.endswith("s"):
        return f"{value} {word}"
    return f"{word} {_in_words(value)}"


def _run_name(config: ExperimentConfig, path: str, label: str) -> str:
    """What a run is called where nothing else says of what: ``16 filters in convolution 1, modern``. At most 80 letters."""
    _, *rest = path.split(".")
    place = (
        f" in {'convolution' if rest[0] == 'blocks' else 'dense layer'} {int(rest[1]) + 1}" if len(rest) == 3 else ""
    )
    return f"{label}{place}, {config.name or config.preset}"[:80]


def _in_words(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).replace("_", " ")


def split_values(text: str) -> list[str]:
    """``16, 32, 64`` as it was typed."""
    return [word.strip() for word in text.split(",") if word.strip()]


def suggested_values(config: ExperimentConfig, path: str) -> list[Any]:
    """Values to begin with: all choices (at most 5) of a setting that has some, else half, same and double within its limits."""
    limits, now = configs.setting(path).limits, configs.get(config, path)
    if isinstance(now, bool):
        return [True, False]
    if limits.choices:
        return list(dict.fromkeys((now, *limits.choices)))[:MOST]
    if not isinstance(now, (int, float)):
        return [now]
    step = limits.step or 1
    kind = type(now)
    near = (now // 2 if kind is int else now / 2, now, now * 2) if now else (0, step, 2 * step)
    return sorted({kind(limits.nearest(kind(value))) for value in near})
