"""Settings and values in the words of sentences, as pages call them."""

from functools import lru_cache
from typing import Any

from core import parse
from core.config.declared import field_of, is_part, layer_class, types_of
from core.config.schema.experiment import ExperimentConfig
from core.config.schema.network import ConvBlock
from core.text import printable

# Words of Keras that a person meets elsewhere are kept; these would be riddles.
_WORDS = {
    "zero_to_one": "0 to 1",
    "minus_one_to_one": "−1 to 1",
    "minus_two_to_two": "−2 to 2",
    "mixed_bfloat16": "bfloat16",
    "mixed_float16": "float16",
    "adamw": "AdamW",
    "adam": "Adam",
    "muon": "Muon",
    "sgd": "SGD",
    "rmsprop": "RMSprop",
    "relu": "ReLU",
    "elu": "ELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "leaky_relu": "leaky ReLU",
    "3": "colour",
    "1": "grey",
}


@lru_cache(maxsize=1000)
def name_of(path: str) -> str:
    """A setting or a group of them as pages call it, for a sentence: ``“Filters” of convolution 1``, ``“Network”``."""
    part: Any = ExperimentConfig
    label, layer = path, ""
    for step in path.split("."):
        types = types_of(part) if is_part(part) else {}
        if is_part(part) and step in types:
            label = field_of(part, step).metadata.get("label") or step.replace("_", " ").capitalize()
            part = layer_class(types[step]) or types[step]
        else:
            layer = f"{'convolution' if part is ConvBlock else 'dense layer'} {parse.whole(step) + 1}"
            label = ""
    return " of ".join(filter(None, (f"“{label}”" if label else "", layer if label else layer.capitalize())))


def choice_words(choice: Any) -> str:
    """A choice as a person reads it: ``local response``, ``−1 to 1``, ``AdamW``."""
    return _WORDS.get(str(choice), str(choice).replace("_", " "))


def shown(value: Any) -> str:
    """What was received, in a few letters."""
    if isinstance(value, str):
        return f"“{printable(value[:60])}{'…' if len(value) > 60 else ''}”"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) > parse.MOST:
        return "a number of more than 20 digits"
    if isinstance(value, (int, float)):
        return f"{value:,}"
    if isinstance(value, (list, tuple)):
        return "a list"
    return "a group" if isinstance(value, dict) else "something else"
