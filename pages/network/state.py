"""What the Network page remembers of a visit."""

from dataclasses import dataclass

from core.config import NetworkConfig


@dataclass
class NetworkState:
    """Args:
    layer: whose fields are shown: ``input``, ``blocks.0``, ``dense.0`` or ``output``.
    width_base: the network that the slider of widths scales; None for the preset's.
    compared: what stands beside the draft: ``""``, ``preset:`` or ``run:`` and an id.
    loaded: id of the uploaded file that was taken last.
    """

    layer: str = "blocks.0"
    width_base: NetworkConfig | None = None
    compared: str = ""
    loaded: str = ""
