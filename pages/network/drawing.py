"""The network as pictures: its stages, what one number sees, where parameters and work are."""

import streamlit as st

from core.network import picture
from core.network.plan import NetworkPlan
from pages import state
from pages.parts import words
from pages.parts.pictures import encode
from pages.parts.preview import originals
from pages.state.current import current_dataset


def _colours() -> picture.Colours:
    return picture.DARK if st.context.theme.type == "dark" else picture.LIGHT


def show_picture(stages: list[picture.Stage], chosen: str, full_size: int, name: str) -> None:
    """All stages side by side, in strips that a telephone can break into lines.

    Args:
        chosen: key of the layer that is open; "" for none.
        full_size: side of the largest photo drawn on this page, to which all is drawn to scale.
        name: of the network, for who does not see the picture.
    """
    with st.container(horizontal=True, gap=None):
        for number, (svg, width) in enumerate(picture.strips(stages, _colours(), chosen, full_size)):
            alt = f"{name}. {picture.in_words(stages)}" if number == 0 else f"{name}, continued"
            st.image(svg, width=width, alt=alt)


def show_receptive_field(network: NetworkPlan, chosen: str) -> None:
    """A photo with the square that one number of the chosen layer, or of the last that has one, depends on."""
    draft, dataset = state.draft(), current_dataset()
    size = draft.network.input_size
    jpeg = _photo(dataset.id if dataset else None, draft.photos.fit, size, draft.network.input_channels)
    fields = {row.name.split("_")[0]: row for row in picture.seen_by(network)}
    row = fields.get(chosen) or list(fields.values())[-1]
    name = row.name.split("_")[0]
    sees = f"{row.receptive_field:,} × {row.receptive_field:,}{words.NO_BREAK}pixels of {size:,} × {size:,}"
    beyond = ", more than the whole photo" if row.receptive_field > size else ""
    st.image(
        picture.receptive_fields(network, jpeg, size, _colours(), name),
        width=330,
        alt=f"A photo with squares over it: one number of {name} sees {sees}",
    )
    st.caption(
        f"One number in the middle of {name} sees {sees}{beyond}; "
        f"its neighbour {row.receptive_stride}{words.NO_BREAK}pixels further."
    )


@st.cache_data(max_entries=32, show_spinner=False)
def _photo(dataset_id: str | None, fit: str, size: int, channels: int) -> bytes:
    return encode(originals(dataset_id, fit, size, channels)[0])


def show_shares(network: NetworkPlan, chosen: str) -> None:
    """Bars: the share of parameters and of multiply-adds that each layer has."""
    layers = picture.by_layer(network).items()
    amounts = "; ".join(f"{name} {parameters:,} and {work:,}" for name, (parameters, work) in layers)
    alt = f"Share of parameters and multiply-adds by layer: {amounts}"
    st.image(picture.shares(network, _colours(), chosen), width="stretch", alt=alt)
