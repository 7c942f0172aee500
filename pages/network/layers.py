"""The layers of the draft as the Network page names them, and what differs between two networks in a person's words."""

from core import config
from core.config import ConvBlock, DenseBlock, NetworkConfig
from pages.parts.fields import value_words


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


def in_short(layer: ConvBlock | DenseBlock) -> str:
    """A layer in a few words: ``96 filters 11 × 11``."""
    if isinstance(layer, DenseBlock):
        return f"{layer.units:,} units"
    return f"{layer.filters:,} filters {layer.kernel_size} × {layer.kernel_size}"


def differing(before: NetworkConfig, after: NetworkConfig) -> list[tuple[str, str, str]]:
    """(setting, value in ``before``, value in ``after``) of all that differs; a layer that only one has is one row."""
    rows = []
    for path, values in config.differences(_without_lists(before), _without_lists(after)).items():
        rows.append((config.setting(f"network.{path}").label, *(value_words(path, value) for value in values)))
    for kind, name in (("blocks", "Conv"), ("dense", "Dense")):
        ours, theirs = getattr(before, kind), getattr(after, kind)
        for index in range(max(len(ours), len(theirs))):
            if index >= len(ours) or index >= len(theirs):
                one = in_short(ours[index]) if index < len(ours) else "none"
                other = in_short(theirs[index]) if index < len(theirs) else "none"
                rows.append((f"{name} {index + 1}", one, other))
                continue
            for path, values in config.differences(ours[index], theirs[index]).items():
                label = config.setting(f"network.{kind}.0.{path}").label.lower()
                rows.append((f"{name} {index + 1}, {label}", *(value_words(path, value) for value in values)))
    return rows


def _without_lists(network: NetworkConfig) -> dict:
    values = config.to_dict(network)
    return {name: value for name, value in values.items() if name not in ("blocks", "dense")}
