"""What a person can take along from the Network page, and bring back."""

import csv
import io
from dataclasses import replace
from functools import partial

import streamlit as st

from core import config
from core.config import ExperimentConfig, NetworkConfig
from core.errors import ConfigError
from core.network import picture, presets
from core.network.keras_code import keras_code
from core.network.plan import NetworkPlan
from pages import state
from pages.network.state import NetworkState
from pages.parts import problems
from pages.state import Memory
from pages.state.current import num_classes

MOST_FILE_BYTES = 1_000_000


def show_files(works: bool) -> None:
    """Buttons that save and load. Args: works: whether the network can be built, and so drawn and written as code."""
    draft = state.draft()
    st.header("Take it along")
    problems.show_said("load")
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Save as JSON",
            partial(saved, draft),
            f"{draft.preset}.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
            key="save",
            help="The whole experiment: network, augmentation, training and seeds. The address of this page holds the same.",
        )
        # dialogs: these buttons stand at the page's end, where a popover would get the few pixels below them
        st.button("Load JSON", icon=":material/upload:", on_click=load_file, key="load")
        if works:
            code = draft.network, num_classes()
            st.button("Keras code", icon=":material/code:", on_click=show_code, args=code, key="code")
            st.download_button(
                "Save the picture",
                partial(drawn, draft, num_classes()),
                f"{draft.preset}.svg",
                "image/svg+xml",
                icon=":material/image:",
                on_click="ignore",
                key="save-picture",
                help="As SVG: sharp at any size, on a slide or in a paper.",
            )


@st.dialog("Keras code", width="large", icon=":material/code:")
def show_code(network: NetworkConfig, num_classes: int) -> None:
    """The network as a program, to copy or to save."""
    source = keras_code(network, num_classes)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption("Runs as it stands and makes this network. Copy it, or save it as a file.", width="content")
        st.download_button(
            "Save as network.py",
            source,
            "network.py",
            "text/x-python",
            icon=":material/download:",
            on_click="ignore",
            key="save-code",
        )
    st.code(source, height=520)


@st.dialog("Load JSON", icon=":material/upload:")
def load_file() -> None:
    """Stays open, with the reason, while the file cannot be taken."""
    visit = state.memory()
    uploaded = st.file_uploader("A file saved here", type=["json"], max_upload_size=1, key="loaded-file")
    if uploaded is not None and uploaded.file_id != visit.of(NetworkState).loaded:
        _take_upload(visit, uploaded)
    problems.show_said("load")


def _take_upload(visit: Memory, uploaded) -> None:
    visit.of(NetworkState).loaded = uploaded.file_id
    with visit.trying("load"):
        if uploaded.size > MOST_FILE_BYTES:
            raise ConfigError(
                f"A saved experiment is smaller than 1 MB; this file has {uploaded.size / 1e6:.0f} MB. Choose another."
            )
        visit.take_file(uploaded.getvalue().decode("utf-8", "replace"))
        visit.say("done", "The experiment is loaded. Undo takes it back.", "load")
        state.redraw()


def saved(draft: ExperimentConfig) -> str:
    """Without the folder on this computer and its classes, which belong to nobody else."""
    return config.to_json(replace(draft, photos=replace(draft.photos, source="drawn", classes=())))


def drawn(draft: ExperimentConfig, classes: int) -> str:
    title = presets.PRESETS[draft.preset].title
    return picture.whole(picture.stages(draft.network, classes), picture.LIGHT, title)


def table_csv(network: NetworkPlan) -> str:
    """Every layer as one line: name, kind, output shape, parameters, multiply-adds, receptive field and its stride."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(("layer", "kind", "output", "parameters", "multiply_adds", "receptive_field", "receptive_stride"))
    for row in network.layers:
        shape = "x".join(str(side) for side in row.output_shape)
        numbers = row.parameters, row.multiply_adds, row.receptive_field, row.receptive_stride
        lines.writerow((row.name, row.kind, shape, *numbers))
    return text.getvalue()
