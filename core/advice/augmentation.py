"""Augmentation that is allowed and probably a mistake: what it does to the photos, why that costs accuracy, the nearest way out.

No TensorFlow.
"""

import math
from dataclasses import dataclass, replace

from core.advice.suggestion import WARNING, Suggestion
from core.config import AugmentConfig

# Less of a pet than the first is as good as none; with the second it can be told; more zoom than the third shows only fur.
_LEAST_SEEN, _ENOUGH_SEEN, _MOST_ZOOM = 0.1, 0.25, 0.6
_MOST_SHEAR_DEGREES, _MOST_ROTATION_DEGREES, _MOST_CHANGE = 20, 45, 0.85
_MOVING = {
    "zoom_in_fraction": "zoom in",
    "width_shift_fraction": "shift sideways",
    "height_shift_fraction": "shift up and down",
}


def probable_mistakes(augment: AugmentConfig) -> list[Suggestion]:
    """What is allowed and probably a mistake, each with its reason and its way out; empty if there is nothing."""
    checks = (_upside_down(augment), _out_of_sight(augment), _zoomed_in(augment), _sheared(augment), _turned(augment))
    too_much = [_changed(augment, "brightness", "black"), _changed(augment, "contrast", "plain grey")]
    return [suggestion for suggestion in (*checks, *too_much) if suggestion is not None]


def _suggestion(kind: str, evidence: str, advice: str, label: str, **values: float | bool) -> Suggestion:
    """One with a button that sets these settings of AugmentConfig."""
    changes = tuple((f"augment.{name}", value) for name, value in values.items())
    return Suggestion(kind, WARNING, "", evidence, advice, changes, label=label)


def _upside_down(augment: AugmentConfig) -> Suggestion | None:
    if not augment.vertical_flip:
        return None
    return _suggestion(
        "upside_down",
        "Flip upside down is on. Photos of pets are upright, so half of the training would be spent on views that "
        "the test never asks for, and it usually costs accuracy.",
        "Switch it off unless your photos are taken from above.",
        "Switch flip upside down off",
        vertical_flip=False,
    )


def _out_of_sight(augment: AugmentConfig) -> Suggestion | None:
    seen = _least_seen(augment)
    if seen >= _LEAST_SEEN:
        return None
    way = _way_back_into_sight(augment)
    return _suggestion(
        "out_of_sight",
        f"Zoom and shifts together can move the pet out of the picture: of a pet in the middle half of the photo, as "
        f"little as {seen:.0%} stays in sight, and the network learns to call a background a pet.",
        "Lower them, or switch Crop anywhere off." if augment.crop_anywhere else "Lower them.",
        way.label,
        **way.values,
    )


def _zoomed_in(augment: AugmentConfig) -> Suggestion | None:
    if augment.zoom_in_fraction <= _MOST_ZOOM or _least_seen(augment) < _LEAST_SEEN:
        return None
    return _suggestion(
        "zoomed_in",
        f"Zoom in {augment.zoom_in_fraction:.0%} shows as little as {(1 - augment.zoom_in_fraction) ** 2:.0%} of the "
        "photo: often only fur, or no pet at all under the label of one.",
        "Values up to 60% keep enough of the pet.",
        f"Set zoom in to {_MOST_ZOOM:.0%}",
        zoom_in_fraction=_MOST_ZOOM,
    )


def _sheared(augment: AugmentConfig) -> Suggestion | None:
    if augment.shear_degrees <= _MOST_SHEAR_DEGREES:
        return None
    return _suggestion(
        "sheared",
        f"Shear {augment.shear_degrees:g} degrees slants pets further than any camera does: photos taken from the side "
        "seldom reach 20. The network spends filters on shapes that never come.",
        "Values up to 20 are enough.",
        "Set shear to 20°",
        shear_degrees=20.0,
    )


def _turned(augment: AugmentConfig) -> Suggestion | None:
    if augment.rotation_degrees <= _MOST_ROTATION_DEGREES:
        return None
    return _suggestion(
        "turned",
        f"Rotation {augment.rotation_degrees:g} degrees lays pets on their side or back. Photos are rarely tilted by "
        "more than 15 degrees, so this usually costs accuracy.",
        "Values up to 20 are enough.",
        "Set rotation to 20°",
        rotation_degrees=20.0,
    )


def _changed(augment: AugmentConfig, name: str, becomes: str) -> Suggestion | None:
    """Brightness or contrast so far changed that nothing is left to see."""
    value = getattr(augment, f"{name}_fraction")
    if value <= _MOST_CHANGE:
        return None
    return _suggestion(
        name,
        f"{name.capitalize()} {value:.0%} turns some photos almost {becomes}, and there is nothing to learn from those.",
        "Values up to 60% keep every pet visible.",
        f"Set {name} to 60%",
        **{f"{name}_fraction": 0.6},
    )


def _least_seen(augment: AugmentConfig) -> float:
    """Share of the photo's middle half (.25 to .75 of both sides) that the worst allowed window still shows."""
    seen, side = 1.0, 1 - augment.zoom_in_fraction
    for shift in (augment.width_shift_fraction, augment.height_shift_fraction):
        away = shift + ((1 - side) / 2 if augment.crop_anywhere else 0)
        low, high = max(0.25, 0.5 + away - side / 2), min(0.75, 0.5 + away + side / 2)
        seen *= max(0.0, high - low) / 0.5
    return seen


@dataclass(frozen=True)
class _Way:
    """A button's label, and the settings of AugmentConfig that it sets."""

    label: str
    values: dict[str, float | bool]


def _way_back_into_sight(augment: AugmentConfig) -> _Way:
    """The smallest step back with which the pet stays in sight: without Crop anywhere if that is enough, else zoom and shifts
    lowered by one share, in whole twentieths as their sliders have them."""

    def is_sensible(values: dict) -> bool:
        changed = replace(augment, **values)
        return _least_seen(changed) >= _ENOUGH_SEEN and changed.zoom_in_fraction <= _MOST_ZOOM

    if augment.crop_anywhere and is_sensible({"crop_anywhere": False}):
        return _Way("Switch crop anywhere off", {"crop_anywhere": False})
    shares = (
        {name: math.floor(getattr(augment, name) * percent / 5 + 1e-9) / 20 for name in _MOVING}
        for percent in range(95, -1, -5)
    )
    lower = next((values for values in shares if is_sensible(values)), dict.fromkeys(_MOVING, 0.0))
    values = {name: value for name, value in lower.items() if value != getattr(augment, name)}
    said = ", ".join(f"{_MOVING[name]} to {value:.0%}" for name, value in values.items())
    return _Way(f"Set {said}", values)
