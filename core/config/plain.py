"""A configuration as plain JSON types, and setting by setting."""

import dataclasses
import json
from collections.abc import Iterable, Iterator
from typing import Any, TypeGuard

from core.config.declared import joined


def to_dict(config: Any) -> dict[str, Any]:
    """Plain JSON types of a config or a part of one: every field, tuples as lists."""
    return json.loads(json.dumps(dataclasses.asdict(config)))


def leaves(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(path, plain value) of every setting of a config or of its ``to_dict``; a list of plain values is one setting."""
    if dataclasses.is_dataclass(value):
        value = to_dict(value)
    if is_group(value):
        items: Iterable[tuple[Any, Any]] = value.items()
    elif is_list(value) and value and is_group(value[0]):
        items = enumerate(value)
    else:
        yield prefix, value
        return
    for key, inner in items:
        yield from leaves(inner, joined(prefix, str(key)))


def differences(before: Any, after: Any) -> dict[str, tuple[Any, Any]]:
    """``{path: (value before, value after)}`` for every setting that differs; missing list items are None."""
    left, right = dict(leaves(before)), dict(leaves(after))
    return {path: (left.get(path), right.get(path)) for path in left | right if left.get(path) != right.get(path)}


def is_group(value: Any) -> TypeGuard[dict[Any, Any]]:
    """Whether a plain value is a JSON object."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any] | tuple[Any, ...]]:
    """Whether a value is a JSON list, or the tuple that stands for one in a config."""
    return isinstance(value, (list, tuple))
