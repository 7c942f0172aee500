"""One setting of augmentation alone, from one extreme to the other: Draws in order, each with a word for what it does.

Where `augment.draw` takes random numbers, these are chosen; what they mean is still said by `augment.draw_from`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from core import config as declared
from core.config import AugmentConfig
from core.training.recipe.augment import NUMBERS_PER_PHOTO, Draw, draw_from

_FIVE = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Step:
    """One picture of the row.

    Args:
        words: what is done to the photo, short.
        draw: for ``augment.augment``.
        config: the setting alone; it also holds the fill.
    """

    words: str
    draw: Draw
    config: AugmentConfig


@dataclass(frozen=True)
class _Operation:
    """How one setting is shown.

    Args:
        words: of a Draw.
        numbers: which of the numbers that `draw_from` takes belong to it.
        values: one row of the numbers' values a picture; a single value stands for all of them.
        beside: other settings without which nothing is seen of this one.
    """

    words: Callable[[Draw], str]
    numbers: tuple[int, ...] = ()
    values: tuple = _FIVE
    beside: dict = field(default_factory=dict)


def _factor(name: str) -> Callable[[Draw], str]:
    return lambda drawn: f"× {getattr(drawn, name):.3g}"


def _signed(number: float, unit: str) -> str:
    return f"{'+' if number > 0 else '−' if number < 0 else ''}{abs(number):.3g}{unit}"


def _place(drawn: Draw) -> str:
    side = "left" if drawn.center_x < 0.5 else "right" if drawn.center_x > 0.5 else ""
    height = "top" if drawn.center_y < 0.5 else "bottom" if drawn.center_y > 0.5 else ""
    return " ".join(word for word in (height, side) if word) or "middle"


def _gains(drawn: Draw) -> str:
    return " ".join(f"{name} × {value:.2g}" for name, value in zip("RGB", drawn.channel_gains, strict=True))


def _shifts(drawn: Draw) -> str:
    return " ".join(f"{name} {_signed(value, '')}" for name, value in zip("RGB", drawn.channel_shifts, strict=True))


# red, green and blue each have their own number, so their extremes are corners of a cube; these show most of it
_CASTS = ((1.0, 0.5, 0.0), (0.0, 1.0, 0.0), (0.5, 0.5, 0.5), (1.0, 1.0, 0.0), (0.0, 0.5, 1.0))
_CORNERS = ((0.0, 0.0), (1.0, 0.0), (0.5, 0.5), (0.0, 1.0), (1.0, 1.0))

_OPERATIONS = {
    "shear_degrees": _Operation(lambda drawn: _signed(drawn.shear_degrees, "°"), (6,)),
    "rotation_degrees": _Operation(lambda drawn: _signed(drawn.rotation_degrees, "°"), (7,)),
    "zoom_in_fraction": _Operation(lambda drawn: f"{drawn.side_x:.0%} of the side", (0,), _FIVE[::-1]),
    "zoom_out_fraction": _Operation(lambda drawn: f"{drawn.side_x:.0%} of the side", (0,)),
    "width_shift_fraction": _Operation(lambda drawn: _signed(50 - 100 * drawn.center_x, "%"), (4,), _FIVE[::-1]),
    "height_shift_fraction": _Operation(lambda drawn: _signed(50 - 100 * drawn.center_y, "%"), (5,), _FIVE[::-1]),
    "aspect_fraction": _Operation(lambda drawn: f"width × {drawn.side_y / drawn.side_x:.2f}", (1,)),
    "horizontal_flip": _Operation(lambda drawn: "mirrored" if drawn.flip_x else "as it is", (8,), (1.0, 0.0)),
    "vertical_flip": _Operation(lambda drawn: "upside down" if drawn.flip_y else "as it is", (9,), (1.0, 0.0)),
    "crop_anywhere": _Operation(
        _place, (0, 2, 3), tuple((0.0, *corner) for corner in _CORNERS), {"zoom_in_fraction": 0.5}
    ),
    "brightness_fraction": _Operation(_factor("brightness"), (10,)),
    "contrast_fraction": _Operation(_factor("contrast"), (11,)),
    "saturation_fraction": _Operation(_factor("saturation"), (12,)),
    "channel_gain_fraction": _Operation(_gains, (13, 14, 15), _CASTS),
    "channel_shift": _Operation(_shifts, (16, 17, 18), _CASTS),
    "gray_probability": _Operation(lambda drawn: "grey" if drawn.gray else "colour", (19,), (1.0, 0.0)),
    "erase_probability": _Operation(lambda drawn: "a square gone" if drawn.erase else "whole", (20,), (1.0, 0.0)),
    "erase_fraction": _Operation(
        lambda drawn: f"{drawn.erase[0]:.0%} of the side" if drawn.erase else "whole",
        (21,),
        _FIVE,
        {"erase_probability": 1.0},
    ),
    "fill_mode": _Operation(lambda drawn: "", beside={"rotation_degrees": 30.0, "width_shift_fraction": 0.3}),
}
OPERATIONS = tuple(_OPERATIONS)


def is_on(config: AugmentConfig, name: str) -> bool:
    """Whether a setting changes photos; how gaps are filled and how large a square is erased always hold."""
    return name in ("fill_mode", "erase_fraction") or bool(getattr(config, name))


def steps(config: AugmentConfig, name: str) -> list[Step]:
    """What one setting does to a photo when all others are off, from one extreme over its zero to the other.

    Args:
        config: gives the setting's value and the fill. A setting that is off is shown at the largest value it may have.
        name: one of `OPERATIONS`.
    """
    operation = _OPERATIONS[name]
    fill = {"fill_mode": config.fill_mode, "fill_value": config.fill_value, "erase_fraction": config.erase_fraction}
    alone = AugmentConfig(**fill, **operation.beside)
    if name == "fill_mode":
        numbers = _numbers({4: 0.0, 7: 1.0})
        modes = declared.setting("augment.fill_mode").limits.choices or ()
        return [
            Step(mode, draw_from(alone, numbers), replace(alone, fill_mode=mode, fill_value=config.fill_value))
            for mode in modes
        ]
    value = getattr(config, name)
    if name.endswith("_probability"):
        value = 1.0
    if not value:
        limits = declared.setting(f"augment.{name}").limits
        value = True if limits.maximum is None else limits.maximum
    if name == "crop_anywhere" and config.zoom_in_fraction:
        alone = replace(alone, zoom_in_fraction=config.zoom_in_fraction)
    alone = replace(alone, **{name: value})
    found = []
    for row in operation.values:
        row = row if isinstance(row, tuple) else (row,) * len(operation.numbers)
        chosen = dict(zip(operation.numbers, row, strict=True))
        if name == "erase_fraction":
            chosen[20] = 0.0
        drawn = draw_from(alone, _numbers(chosen))
        found.append(Step(operation.words(drawn), drawn, alone))
    return found


def _numbers(chosen: dict[int, float]) -> list[float]:
    """The middle of everything, but for ``chosen``."""
    return [chosen.get(index, 0.5) for index in range(NUMBERS_PER_PHOTO)]
