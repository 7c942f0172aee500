"""The layers of the draft as the Network page names them, and what differs between two networks in a person's words."""

from itertools import zip_longest
from typing import NamedTuple

from core import config
from core.config import ConvBlock, DenseBlock, NetworkConfig
from pages.parts.fields import value_words

Layer = ConvBlock | DenseBlock


def layer_names(network: NetworkConfig) -> dict[str, str]:
    """{key: name} of everything that can be opened: ``input``, ``blocks.0`` ..., ``dense.0`` ..., ``output``."""
    return {
        "input": "Photo",
        **{f"blocks.{index}": f"Conv {index + 1}" for index in range(len(network.blocks))},
        **{f"dense.{index}": f"Dense {index + 1}" for index in range(len(network.dense))},
        "output": "Answer",
    }


def nearest_layer(key: str, network: NetworkConfig) -> str:
    """The key, or the one that stands where it stood: a layer may have been removed."""
    if key in layer_names(network):
        return key
    kind, _, index = key.partition(".")
    count = len(getattr(network, kind, ())) if index.isdecimal() else 0
    return f"{kind}.{count - 1}" if count else "output" if kind == "dense" else "blocks.0"


def row_name(key: str) -> str:
    """What the plan calls the layer: ``conv1`` for ``blocks.0``."""
    kind, _, index = key.partition(".")
    return {"blocks": f"conv{int(index or 0) + 1}", "dense": f"dense{int(index or 0) + 1}"}.get(kind, kind)


def in_short(layer: Layer | None) -> str:
    """A layer in a few words: ``96 filters 11 × 11``; ``none``."""
    if layer is None:
        return "none"
    if isinstance(layer, DenseBlock):
        return f"{layer.units:,} units"
    return f"{layer.filters:,} filters {layer.kernel_size} × {layer.kernel_size}"


class Difference(NamedTuple):
    """Args: setting: its name; before, after: its value in two networks, all for a person to read."""

    setting: str
    before: str
    after: str


def differing(before: NetworkConfig, after: NetworkConfig) -> list[Difference]:
    """All that differs between two networks; a layer that only one has is one row."""
    rows = []
    for path, values in config.differences(_without_lists(before), _without_lists(after)).items():
        rows.append(_difference(config.setting(f"network.{path}").label, path, values))
    for kind, name in (("blocks", "Conv"), ("dense", "Dense")):
        ours, theirs = getattr(before, kind), getattr(after, kind)
        for number, (layer, other) in enumerate(zip_longest(ours, theirs), 1):
            rows += _differing_layers(f"{name} {number}", kind, layer, other)
    return rows


def _differing_layers(name: str, kind: str, layer: Layer | None, other: Layer | None) -> list[Difference]:
    if layer is None or other is None:
        return [Difference(name, in_short(layer), in_short(other))]
    return [
        _difference(f"{name}, {config.setting(f'network.{kind}.0.{path}').label.lower()}", path, values)
        for path, values in config.differences(layer, other).items()
    ]


def _difference(setting: str, path: str, values: tuple) -> Difference:
    before, after = values
    return Difference(setting, value_words(path, before), value_words(path, after))


def _without_lists(network: NetworkConfig) -> dict:
    values = config.to_dict(network)
    return {name: value for name, value in values.items() if name not in ("blocks", "dense")}
