"""Network: what it is made of, and at once what that makes.

One layer's fields are open at a time. A browser needs longer to make fifty widgets than the server to work out what they
mean, and the room goes to the picture. What comes and goes stands in a container that is always there (see
``pages.parts.fields``).
"""

import streamlit as st

from core.errors import ConfigError
from core.network import picture
from pages import state
from pages.network.beside import comparable, compared_experiment, show_differences
from pages.network.drawing import show_picture, show_receptive_field, show_shares
from pages.network.editor import show_editor
from pages.network.files import show_files
from pages.network.layers import nearest_layer, row_name
from pages.network.state import NetworkState
from pages.network.sums import show_advice, show_fault, show_totals, sums_of
from pages.network.table import show_layers
from pages.network.tools import show_tools
from pages.parts import words
from pages.state.current import num_classes

st.title("Network")
own = state.of(NetworkState)
own.layer = nearest_layer(own.layer, state.draft().network)
others = comparable()
show_tools(others)

draft, other = state.draft(), compared_experiment()
fault = sums = None
try:
    sums = sums_of(draft)
except ConfigError as error:
    fault = error
other_sums = sums_of(other) if other is not None else None
full_size = max(draft.network.input_size, other.network.input_size if other else 0)
with st.container(gap="xsmall"):
    show_picture(picture.stages(draft.network, num_classes()), own.layer, full_size, "This network")
    if other is not None:
        name = others[own.compared]
        st.caption(f"Beside it, to the same scale: {words.plain(name)}")
        show_picture(picture.stages(other.network, num_classes()), "", full_size, name)
with st.container():
    if sums is not None:
        show_totals(sums, other_sums)

editor, consequences = st.columns([5, 6], gap="large")
with editor:
    show_editor()
    with st.container():
        if sums is not None:
            show_advice(sums)
        elif fault is not None:
            show_fault(fault)
    with st.container():
        if sums is not None:
            st.header("What a number sees")
            show_receptive_field(sums.network, row_name(own.layer))
with consequences:
    if sums is not None:
        st.header("Where parameters and work are")
        show_shares(sums.network, row_name(own.layer))
        st.header("Layer by layer")
        show_layers(sums.network)
    else:
        st.caption("Table and shares return as soon as every layer has something to look at.")
with st.container():
    if other is not None:
        show_differences(other, others[own.compared])
show_files(works=sums is not None)
