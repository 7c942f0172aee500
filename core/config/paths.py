"""Settings by dotted path: what is declared there, its value, a copy with another value."""

import difflib
from collections.abc import Iterable
from dataclasses import Field, is_dataclass, replace
from typing import Any

from core import parse
from core.config.check import check, check_count
from core.config.convert import converted, typed
from core.config.declared import (
    Setting,
    as_setting,
    field_of,
    has_limits,
    is_part,
    joined,
    layer_class,
    settings_of,
    types_of,
)
from core.config.names import name_of, shown
from core.config.plain import is_group, is_list, leaves
from core.config.schema.experiment import ExperimentConfig
from core.errors import ConfigError


def setting(path: str) -> Setting:
    """The declaration behind a dotted path such as ``network.blocks.3.filters``. Raises ConfigError if unknown."""
    part: Any = (
        ExperimentConfig  # what the next step is looked up in: a config class, a list of layers, or a value's type
    )
    field: Field[Any] | None = None
    names_a_group = True
    steps = path.split(".")
    for position, step in enumerate(steps):
        layer = layer_class(part)
        if layer is not None and field is not None and _index(step, field.metadata["limits"].most) is not None:
            part, names_a_group = layer, True
            continue
        if not is_part(part):
            raise _unknown(path)
        types = types_of(part)
        if step not in types:
            raise _unknown(path, ".".join(steps[:position]), types)
        part, field = types[step], field_of(part, step)
        names_a_group = is_part(part) or not has_limits(field)
    if field is None or names_a_group:
        raise ConfigError(f"{name_of(path)} is a group of settings, not one. Name one of them.", path)
    return as_setting(field, part, path)


def get(config: ExperimentConfig, path: str) -> Any:
    """The value at a dotted path. Raises ConfigError if there is none."""
    value: Any = config
    for step in path.split("."):
        if is_list(value) and (index := _index(step, len(value))) is not None:
            value = value[index]
        elif is_dataclass(value) and step in types_of(value.__class__):
            value = getattr(value, step)
        else:
            raise _unknown(path, "", [known for known, _ in leaves(config)])
    return value


def put(config: ExperimentConfig, path: str, value: Any) -> ExperimentConfig:
    """A copy with one setting changed and checked.

    Args:
        config: where to start from.
        path: dotted path, e.g. ``network.blocks.0.filters``.
        value: of the setting's type, or text as typed on a command line or found in a link.

    Raises:
        ConfigError: unknown path, wrong type or out of limits.
    """
    get(config, path)  # says what is nearest when the path is unknown
    declared = setting(path)
    if isinstance(value, str):
        value = typed(declared, value)
    return _with(config, path.split("."), converted(declared, value))


def put_all(config: ExperimentConfig, assignments: Iterable[str]) -> ExperimentConfig:
    """``put`` for each ``path=value`` text, in order. Raises ConfigError; says so if there is no ``=``."""
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        if not equals:
            raise ConfigError(
                f"A setting is given as path=value; received {shown(assignment)}. Write e.g. training.epochs=12."
            )
        config = put(config, path.strip(), text.strip())
    return config


def overlay(config: ExperimentConfig, partial: dict[str, Any]) -> ExperimentConfig:
    """A copy with the given fields replaced and everything checked.

    Args:
        config: where to start from.
        partial: nested mapping as ``to_dict`` gives it, any fields left out. A list of blocks or dense layers
            replaces the whole list; their missing fields take their defaults.

    Raises:
        ConfigError: unknown key (the nearest known one is named), wrong type, out of limits.
    """
    merged = _overlaid(config, partial, "")
    check(merged)
    return merged


def _with(part: Any, steps: list[str], value: Any) -> Any:
    if not steps:
        return value
    step, *rest = steps
    if is_list(part):
        index = parse.whole(step, 0, len(part) - 1)
        return (*part[:index], _with(part[index], rest, value), *part[index + 1 :])
    return replace(part, **{step: _with(getattr(part, step), rest, value)})


def _overlaid(part: Any, partial: Any, prefix: str) -> Any:
    if not is_group(partial):
        name = name_of(prefix) if prefix else "The configuration"
        raise ConfigError(f"{name} must be a group of settings; received {shown(partial)}.", prefix or None)
    types = types_of(part.__class__)
    declared = {setting.path: setting for setting in settings_of(part.__class__, prefix)}
    changes: dict[str, Any] = {}
    for key, value in partial.items():
        path = joined(prefix, str(key))
        if key not in types:
            raise _unknown(path, prefix, types)
        layer = layer_class(types[key])
        if is_dataclass(getattr(part, key)):
            changes[key] = _overlaid(getattr(part, key), value, path)
        elif layer is not None:
            changes[key] = _layers(layer, value, path)
        else:
            changes[key] = converted(declared[path], value) if path in declared else value
    return replace(part, **changes)


def _layers(layer: type, given: Any, path: str) -> tuple[Any, ...]:
    if not is_list(given):
        raise ConfigError(f"{name_of(path)} must be a list of layers; received {shown(given)}.", path)
    check_count(path, len(given))
    return tuple(_overlaid(layer(), partial, f"{path}.{index}") for index, partial in enumerate(given))


def _unknown(path: str, prefix: str = "", known: Iterable[str] = ()) -> ConfigError:
    """Args: path as it was given; ``known``: whole paths, or with ``prefix`` the names in that group."""
    if path.count(".") > 8 or len(path) > 100:  # no misspelling; comparing it would only take time
        known = ()
    words = list(known)
    whole_paths = any("." in word for word in words)
    near = difflib.get_close_matches(path if whole_paths else path.rsplit(".", 1)[-1], words, n=1, cutoff=0.5)
    suggestion = joined(prefix, near[0]) if near else None
    hint = f"Did you mean {name_of(suggestion)}?" if suggestion else "Choose one that the app shows."
    received = path.removeprefix(f"{prefix}.") if prefix else path
    where = f" in {name_of(prefix)}" if prefix else ""
    return ConfigError(f"There is no setting {shown(received)}{where}. {hint}", path, suggestion)


def _index(step: str, length: int) -> int | None:
    """A step of a path as an index into a list, if it is one: each item has one spelling."""
    try:
        index = parse.whole(step, 0, length - 1)
    except ValueError:
        return None
    return index if str(index) == step else None
