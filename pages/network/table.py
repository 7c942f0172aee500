"""The network layer by layer, in numbers."""

from collections.abc import Iterable
from functools import partial
from html import escape

import streamlit as st

from core.network.plan import LayerRow, NetworkPlan
from pages.network.files import table_csv

ROW_PIXELS = 38.6  # its line included
_HEAD = ("Layer", "Output", "Parameters", "Multiply-adds", "Sees")
_STYLE = """<style>
.layer-table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.layer-table :is(th, td) { padding: 6px 12px; line-height: 1.6; text-align: right;
    border: 1px solid color-mix(in srgb, currentColor 18%, transparent); }
.layer-table :is(th, td):nth-child(-n + 2) { text-align: left; }
</style>"""


def show_layers(network: NetworkPlan) -> None:
    """A line a layer that changes a shape or has parameters; the rest is in the file that can be saved."""
    rows = [_cells(row) for row in network.layers if row.kind not in ("Activation", "Rescaling", "Dropout")]
    # HTML, which holds nothing but the names that the plan gives and its numbers: of a hundred cells in Markdown a browser
    # makes a hundred styled components, an eighth of all that this page asks of it, and a dataframe takes 600 ms to open. The
    # container lets a telephone scroll the table sideways within it, and its button lets the keyboard reach it.
    with st.container(height=round(ROW_PIXELS * (len(rows) + 1)) + 64, border=False):
        st.html(_table(rows))
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


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in _HEAD)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>" for cells in rows)
    return f'<table class="layer-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{_STYLE}'


def _cells(row: LayerRow) -> tuple[str, ...]:
    shape = "×".join(f"{side:,}" for side in row.output_shape)
    parameters, work = (f"{number:,}" if number else "–" for number in (row.parameters, row.multiply_adds))
    sees = f"{row.receptive_field:,}" if row.receptive_stride else "all"
    return row.name, shape, parameters, work, sees
