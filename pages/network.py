"""Network: what it is made of, and at once what that makes."""

import streamlit as st

from core import config
from core.errors import ConfigError
from core.network import presets
from core.network.plan import LayerRow, NetworkPlan, plan
from pages.shared import problems, state, words
from pages.shared.current import num_classes
from pages.shared.fields import choice_words, field

ROW = {"filters": "Filters", "kernel_size": "Kernel", "strides": "Stride", "pool_size": "Pool", "normalization": "Norm"}
MORE = ("padding", "groups", "pool_strides", "pool_padding", "activation")


def shape(row: LayerRow) -> str:
    return " × ".join(f"{side:,}" for side in row.output_shape)


def show_preset() -> None:
    draft = state.draft()
    ids = list(presets.PRESETS)
    start = {"index": ids.index(draft.preset)} if state.view("preset", draft.preset, state.memory().use_preset) else {}
    choice, story = st.columns([1, 2], vertical_alignment="top", gap="medium")
    choice.selectbox(
        "Start from",
        ids,
        key="preset",
        format_func=lambda preset_id: presets.PRESETS[preset_id].title,
        help="A known network with its augmentation and training. Choosing one replaces those settings; your photos stay.",
        **start,
    )
    chosen = presets.PRESETS[draft.preset]
    with story:
        st.markdown(chosen.summary)
        changes = config.differences(state.experiment_of(draft.preset).network, draft.network)
        st.caption(
            f"Source: {chosen.source}"
            if not changes
            else f"{words.count(len(changes), 'setting')} of the network changed since. Source: {chosen.source}"
        )
    with st.container():
        if changes:
            st.button(
                "Undo my changes",
                icon=":material/restart_alt:",
                on_click=state.memory().use_preset,
                args=(draft.preset,),
                key="reset",
            )


def show_totals(network: NetworkPlan) -> None:
    with st.grid(3, min_column_width=160):
        st.metric(
            "Parameters",
            words.quantity(network.parameters),
            border=True,
            help="Numbers that training adjusts. More can hold more, and need more photos.",
        )
        st.metric(
            "Multiply-adds",
            words.quantity(network.multiply_adds),
            border=True,
            help="Work for one photo, forward: one multiplication and one addition each. It sets the time an epoch takes.",
        )
        st.metric(
            "Size of the file",
            f"{network.weight_bytes / 1e6:,.1f} MB",
            border=True,
            help="Four bytes a parameter. In memory, training needs about four times this and the maps of every photo in a batch.",
        )


def show_block(index: int, after: str) -> None:
    path = f"network.blocks.{index}"
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"**Convolution {index + 1}**")
            st.caption(after, text_alignment="right")
        with st.grid(6, min_column_width=86, gap="xsmall", vertical_alignment="bottom"):
            for name, label in ROW.items():
                field(f"{path}.{name}", label)
            more = st.popover("More", width="stretch", key=f"more-{index}", on_change="rerun")
            if more.open:  # five widgets a block that are seldom looked at would double the time of every change
                pools = config.get(state.draft(), f"{path}.pool_size") > 0
                with more:
                    for name in MORE:
                        field(f"{path}.{name}", disabled=name.startswith("pool_") and not pools)


def show_dense(index: int, after: str) -> None:
    path = f"network.dense.{index}"
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"**Dense layer {index + 1}**")
            st.caption(after, text_alignment="right")
        with st.grid(4, min_column_width=120, gap="xsmall"):
            for name in ("units", "dropout_rate", "normalization", "activation"):
                field(f"{path}.{name}")


def show_layers(network: NetworkPlan) -> None:
    rows = [row for row in network.layers if row.kind not in ("Activation", "Rescaling")]
    st.dataframe(
        {
            "Layer": [row.name for row in rows],
            "Output": [shape(row) for row in rows],
            "Parameters": [row.parameters for row in rows],
            "Multiply-adds": [row.multiply_adds for row in rows],
        },
        hide_index=True,
        height="content",
        key="layers",
        alt=f"Layers of the network: {len(rows)} rows, {network.parameters:,} parameters, {network.multiply_adds:,} multiply-adds",
        column_config={
            "Layer": st.column_config.TextColumn(width=118),
            "Output": st.column_config.TextColumn(
                width=92, help="Height × width × channels of what the layer hands on."
            ),
            "Parameters": st.column_config.NumberColumn(format="localized"),
            "Multiply-adds": st.column_config.NumberColumn(format="localized"),
        },
    )


def show_fault(error: ConfigError) -> None:
    problems.show(error)
    if error.path is not None and error.suggestion is not None:
        label = config.setting(error.path).label.lower()
        where = error.path.split(".")
        layer = f" of convolution {int(where[2]) + 1}" if "blocks" in where else ""
        st.button(
            words.on_primary(f"Set {label}{layer} to {choice_words(error.suggestion)}"),
            type="primary",
            on_click=state.memory().change,
            args=(error.path, error.suggestion),
            key="suggestion",
        )


st.title("Network")
show_preset()

draft = state.draft()
fault, network, outputs = None, None, {}
try:
    network = plan(draft.network, num_classes())
except ConfigError as error:
    fault = error
else:
    for row in network.layers:  # the last row of a block has what the block hands on
        outputs[row.name.split("_")[0]] = f"gives {shape(row)}"

with st.container():
    if network:
        show_totals(network)
    else:
        show_fault(fault)

editor, table = st.columns([3, 2], gap="large")
with editor:
    st.header("From photo to answer")
    with st.container(border=True), st.grid(4, min_column_width=120, gap="small"):
        field("network.input_size")
        field("network.input_channels")
        field("network.rescaling")
        field("network.initializer")
    for index in range(len(draft.network.blocks)):
        show_block(index, outputs.get(f"conv{index + 1}", ""))
    with st.container(border=True), st.grid(4, min_column_width=120, gap="small"):
        field("network.head")
        field("network.output", disabled=num_classes() != 2)
    for index in range(len(draft.network.dense)):
        show_dense(index, outputs.get(f"dense{index + 1}", ""))
with table:
    st.header("Layer by layer")
    if network:
        show_layers(network)
        st.caption(
            f"The last layer answers for {words.count(num_classes(), 'class', 'classes')}. Activations and rescaling change no shape and are left out."
        )
    else:
        st.caption("The table returns as soon as every layer has something to look at.")
