"""A network as architecture papers draw it, as SVG. Text and arithmetic only; no Streamlit, no TensorFlow.

stages says what stands in each place, drawing draws it; layers draws what single layers weigh, and what they see of a photo.
"""

from core.network.picture.drawing import HEIGHT, PER_ROW, PER_STRIP, TILE, strips, whole
from core.network.picture.layers import by_layer, receptive_fields, seen_by, shares
from core.network.picture.stages import Stage, in_words, stages
from core.network.picture.svg import DARK, LIGHT, Colours

__all__ = [
    "DARK",
    "HEIGHT",
    "LIGHT",
    "PER_ROW",
    "PER_STRIP",
    "TILE",
    "Colours",
    "Stage",
    "by_layer",
    "in_words",
    "receptive_fields",
    "seen_by",
    "shares",
    "stages",
    "strips",
    "whole",
]
