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


def mixed(one: str, other: str, share: float) -> str:
    """The colour between two, #RRGGBB as they are. Args: share: of the other, 0..1."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def contrast(one: str, other: str) -> float:
    """How well one can be read on the other, 1..21; 4.5 is enough for words (WCAG 2.2, contrast ratio)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ink_on(colour: str) -> str:
    """White or the light pages' ink, whichever is read better on it."""
    return max("#FFFFFF", LIGHT.ink, key=lambda ink: contrast(ink, colour))


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5))


def _luminance(colour: str) -> float:
    """Relative luminance, 0..1 (WCAG 2.2)."""
    shares = (value / 255 for value in _channels(colour))
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


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
