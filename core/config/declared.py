"""The declarations of ``core.config.schema``, read back from its dataclasses."""

import typing
from dataclasses import Field, dataclass, fields, is_dataclass
from functools import lru_cache
from typing import Any, TypeGuard

from core.config.schema.experiment import ExperimentConfig
from core.config.schema.limits import Limits


@dataclass(frozen=True)
class Setting:
    """One declared field, ready for a widget, a help text or a check.

    Args:
        path: dotted path, e.g. ``training.batch_size`` or ``network.blocks.0.filters``.
        type: ``int``, ``float``, ``bool``, ``str``, or the annotation of anything else.
        default, label, help, limits: as declared.
    """

    path: str
    type: Any
    default: Any
    label: str
    help: str
    limits: Limits


def settings_of(part: type[Any], prefix: str = "") -> list[Setting]:
    """The declared settings of one config class, in order; nested parts and lists of layers are left out.

    Args:
        part: e.g. ``AugmentConfig``.
        prefix: put before each field's name, with a dot, e.g. ``augment``.
    """
    types = types_of(part)
    return [
        as_setting(field, types[field.name], joined(prefix, field.name))
        for field in fields(part)
        if has_limits(field) and layer_class(types[field.name]) is None
    ]


def as_setting(field: Field[Any], type: Any, path: str) -> Setting:
    """A field that ``has_limits``, as the setting at ``path``."""
    metadata = field.metadata
    return Setting(path, type, field.default, metadata["label"], metadata["help"], metadata["limits"])


def has_limits(field: Field[Any]) -> bool:
    """Whether a field is a setting or a list of layers, rather than a part of settings or the schema's version."""
    return "limits" in field.metadata


@lru_cache
def types_of(part: type[Any]) -> dict[str, Any]:
    """{name of a field: its type} of a config class."""
    return typing.get_type_hints(part)


def field_of(part: type[Any], name: str) -> Field[Any]:
    """The field of a config class that has this name; there must be one."""
    return next(field for field in fields(part) if field.name == name)


def layer_class(hint: Any) -> type[Any] | None:
    """The dataclass inside ``tuple[ConvBlock, ...]``; None of any other type."""
    if typing.get_origin(hint) is not tuple:
        return None
    inner: Any = next(iter(typing.get_args(hint)), None)
    return inner if is_part(inner) else None


def is_part(hint: Any) -> TypeGuard[type[Any]]:
    """Whether a type is a config class, rather than that of a value."""
    return isinstance(hint, type) and is_dataclass(hint)


def layer_limits(path: str) -> Limits:
    """How many layers a list may have.

    Args:
        path: ``network.blocks`` or ``network.dense``.
    """
    part, name = path.split(".")
    return field_of(types_of(ExperimentConfig)[part], name).metadata["limits"]


def joined(prefix: str, name: str) -> str:
    """A dotted path, one step longer."""
    return f"{prefix}.{name}" if prefix else name
