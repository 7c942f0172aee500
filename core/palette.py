"""Every colour that this app draws with (Okabe & Ito 2008: told apart in every kind of colour vision).

Streamlit's own widgets are coloured by ``.streamlit/config.toml``, which no program can fill; a test holds the two together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

BLUE, SKY_BLUE = "#0072B2", "#56B4E9"
VERMILION, ORANGE = "#D55E00", "#E69F00"
CAT, DOG = "#CC79A7", "#009E73"
GREY = "#888888"  # seen on the light page and on the dark one
_OTHERS = (ORANGE, SKY_BLUE, VERMILION, BLUE, "#999999")


@dataclass(frozen=True)
class Palette:
    """The colours of one mode, light or dark.

    Args:
        training, validation: of lines, and of what is right and wrong.
        even: neither right nor wrong.
        runs: of lines that stand for runs, in order.
        ground: what pictures are drawn on.
        ink, quiet: of words, and of those that stand back.
        neutral: of layers that are no convolutions.
        error: of what does not work.
    """

    training: str
    validation: str
    even: str
    runs: tuple[str, str, str, str, str]
    ground: str
    ink: str
    quiet: str
    neutral: str
    error: str


LIGHT = Palette(
    training=BLUE,
    validation=VERMILION,
    even="#F3F5F7",
    runs=(BLUE, VERMILION, "#00785A", "#A8487F", "#555555"),
    ground="#F7F9FB",
    ink="#0D151D",
    quiet="#525D68",
    neutral="#5C6670",
    error="#B3261E",
)
DARK = Palette(
    training=SKY_BLUE,
    validation=ORANGE,
    even="#1B232B",
    runs=(SKY_BLUE, ORANGE, "#2BC29A", "#E59BC4", "#C8C8C8"),
    ground="#181F26",
    ink="#E6EAEE",
    quiet="#A9B4BE",
    neutral="#A3ADB7",
    error="#FF8A80",
)


def mode(dark: bool) -> Palette:
    """The colours for a page that is dark or not."""
    return DARK if dark else LIGHT


def class_colours(class_names: Sequence[str]) -> dict[str, str]:
    """Class name -> colour: cats and dogs have their own everywhere, others take the next free one in order."""
    colours: dict[str, str] = {}
    for name in class_names:
        word = name.lower()
        own = CAT if word.startswith("cat") else DOG if word.startswith("dog") else None
        if own and own not in colours.values():
            colours[name] = own
    free = [colour for colour in (*_OTHERS, CAT, DOG) if colour not in colours.values()]
    others = [name for name in class_names if name not in colours]
    colours |= {name: free[index % len(free)] for index, name in enumerate(others)}
    return {name: colours[name] for name in class_names}
