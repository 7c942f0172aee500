"""The layer that is open: its fields, and buttons that change how many layers there are and in which order."""

from functools import partial

import streamlit as st

from core.config import layer_limits
from core.network import edit
from pages import state
from pages.network.layers import layer_names
from pages.network.state import NetworkState
from pages.parts import problems
from pages.parts.fields import alignment, field
from pages.state import Memory
from pages.state.current import num_classes

CONV_FIELDS = ("filters", "kernel_size", "strides", "padding", "groups", "normalization", "activation")
POOL_FIELDS = ("pool_size", "pool_strides", "pool_padding")
DENSE_FIELDS = ("units", "dropout_rate", "normalization", "activation")
INPUT_FIELDS = ("input_size", "input_channels", "rescaling", "initializer")


def show_editor() -> None:
    """Which layer, its fields, its buttons."""
    own = state.of(NetworkState)
    names = layer_names(state.draft().network)
    st.pills(
        "Layer to change",
        list(names),
        key="layer",
        format_func=names.__getitem__,
        required=True,
        wrap=True,
        **state.started("layer", own.layer, partial(setattr, own, "layer"), default=own.layer),
    )
    kind, _, index = own.layer.partition(".")
    with st.grid(3, min_column_width=128, gap=("small", "small"), vertical_alignment=alignment("network.")):
        _show_fields(kind, int(index or 0), f"network.{own.layer}")
    _show_actions(kind, int(index or 0))


def _show_fields(kind: str, index: int, path: str) -> None:
    if kind == "input":
        for name in INPUT_FIELDS:
            field(f"network.{name}")
    elif kind == "output":
        field("network.head")
        field("network.output", disabled=num_classes() != 2)
    elif kind == "dense":
        for name in DENSE_FIELDS:
            field(f"{path}.{name}")
    else:
        has_pool = bool(state.draft().network.blocks[index].pool_size)
        for name in CONV_FIELDS:
            field(f"{path}.{name}")
        for name in POOL_FIELDS:
            field(f"{path}.{name}", disabled=name != "pool_size" and not has_pool)


def _show_actions(kind: str, index: int) -> None:
    network = state.draft().network
    is_layer = kind in ("blocks", "dense")
    of = kind if is_layer else "blocks" if kind == "input" else "dense"
    place = index + 1 if is_layer else 0 if kind == "input" else len(network.dense)
    word = {"blocks": "convolution", "dense": "dense layer"}[of]
    count, limits = len(getattr(network, of)), layer_limits(f"network.{of}")
    is_full, is_least = not limits.allows(count + 1), not limits.allows(count - 1)
    problems.show_said("layers")
    with st.container(horizontal=True, gap="small"):
        _show_action(
            "Add",
            ":material/add:",
            f"{of}.{place}",
            f"A new {word} {'after this one' if is_layer else 'here'}.",
            edit.add_layer,
            of,
            place,
            disabled=is_full,
        )
        _show_action(
            "Duplicate",
            ":material/content_copy:",
            f"{of}.{index + 1}",
            f"A copy of this {word} after it.",
            edit.duplicate_layer,
            of,
            index,
            disabled=is_full or not is_layer,
        )
        _show_action(
            "Earlier",
            ":material/arrow_back:",
            f"{of}.{index - 1}",
            "Changes places with the one before.",
            edit.move_layer,
            of,
            index,
            -1,
            disabled=not is_layer or index == 0,
        )
        _show_action(
            "Later",
            ":material/arrow_forward:",
            f"{of}.{index + 1}",
            "Changes places with the one after.",
            edit.move_layer,
            of,
            index,
            1,
            disabled=not is_layer or index == count - 1,
        )
        _show_action(
            "Remove",
            ":material/delete:",
            f"{of}.{index}",
            "A network has at least one convolution." if is_least else f"Takes this {word} out.",
            edit.remove_layer,
            of,
            index,
            disabled=not is_layer or is_least,
        )


def _show_action(label: str, icon: str, goes_to: str, help: str, act, *arguments, disabled: bool) -> None:
    """A button that changes the network by a function of ``core.network.edit`` and opens the layer ``goes_to``."""
    visit = state.memory()
    st.button(
        label,
        icon=icon,
        on_click=visit.ask,
        args=("layers", _change_layers, visit, goes_to, act, *arguments),
        key=f"layers-{label}",
        help=help,
        disabled=disabled,
    )


def _change_layers(visit: Memory, goes_to: str, act, *arguments) -> None:
    visit.edit(act, *arguments)
    visit.of(NetworkState).layer = goes_to
