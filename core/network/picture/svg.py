"""SVG elements as text, and the colours that networks are drawn with."""

from dataclasses import dataclass
from xml.sax.saxutils import escape

from core import palette
from core.palette import Palette

_FONT = "Helvetica, Arial, sans-serif"


@dataclass(frozen=True)
class Colours:
    """What a picture is drawn with; the ground is part of it, so that it can be read on any page."""

    ground: str
    ink: str
    quiet: str
    conv: str
    dense: str
    chosen: str
    wrong: str


def _colours(mode: Palette) -> Colours:
    return Colours(
        ground=mode.ground,
        ink=mode.ink,
        quiet=mode.quiet,
        conv=mode.training,
        dense=mode.neutral,
        chosen=mode.training,
        wrong=mode.error,
    )


LIGHT, DARK = _colours(palette.LIGHT), _colours(palette.DARK)


def document(left: float, width: float, height: float, colours: Colours, body: str) -> str:
    """A whole SVG file: a piece of a drawing, from ``left`` on, on its ground."""
    ground = element("rect", x=left, width=width, height=height, fill=colours.ground)
    box = f"{_number(left)} 0 {_number(width)} {_number(height)}"
    return element(
        "svg",
        ground + body,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=box,
        width=width,
        height=height,
        font_family=_FONT,
    )


def element(name: str, content: str = "", /, **attributes: str | float) -> str:
    """One element. ``font_size=14`` becomes ``font-size='14'``; numbers have up to two decimals; content is SVG."""
    given = "".join(
        f" {key.replace('_', '-')}='{value if isinstance(value, str) else _number(value)}'"
        for key, value in attributes.items()
    )
    return f"<{name}{given}>{content}</{name}>" if content else f"<{name}{given}/>"


def text(words: str, x: float, y: float, size: float, colour: str, **attributes: str | float) -> str:
    """One line of text; ``x`` is where it begins, ``y`` the line it stands on, ``size`` in pixels."""
    return element("text", escape(words), x=x, y=y, font_size=size, fill=colour, **attributes)


def path(*steps: str | float, **attributes: str | float) -> str:
    """A path of commands and numbers: ``path("M", 0, 5, "h", 10, fill="none")``."""
    drawn = " ".join(step if isinstance(step, str) else _number(step) for step in steps)
    return element("path", d=drawn, **attributes)


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
