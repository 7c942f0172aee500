"""The network layer by layer, in numbers."""

from functools import partial

import streamlit as st

from core.network.plan import LayerRow, NetworkPlan
from pages.network.files import table_csv
from pages.parts import words

ROW_PIXELS = 38.3  # of a table in Markdown, its line included


def show_layers(network: NetworkPlan) -> None:
    """A line a layer that changes a shape or has parameters; the rest is in the file that can be saved."""
    rows = [_line(row) for row in network.layers if row.kind not in ("Activation", "Rescaling", "Dropout")]
    lines = ["| Layer | Output | Parameters | Multiply-adds | Sees |", "|:--|:--|--:|--:|--:|", *rows]
    # One piece of Markdown: a dataframe takes the browser 200 ms more at each change and 600 more to open the page. The
    # container lets a telephone scroll the table sideways within it, and its button lets the keyboard reach it.
    with st.container(height=round(ROW_PIXELS * (len(lines) - 1)) + 64, border=False):
        st.markdown("\n".join(lines))
        st.download_button(
            "Save the table",
            partial(table_csv, network),
            "layers.csv",
            "text/csv",
            icon=":material/table:",
            type="tertiary",
            on_click="ignore",
            key="save-table",
            help="Every layer with its numbers, as CSV.",
        )
    st.caption(
        "Output: height × width × channels. Sees: side of the square of the photo that one number depends on, in pixels. "
        "Activations, dropout and rescaling change no shape and are left out."
    )


def _line(row: LayerRow) -> str:
    shape = "×".join(f"{side:,}" for side in row.output_shape)
    parameters, work = (f"{number:,}" if number else "–" for number in (row.parameters, row.multiply_adds))
    sees = f"{row.receptive_field:,}" if row.receptive_stride else "all"
    return f"| {words.plain(row.name)} | {shape} | {parameters} | {work} | {sees} |"
