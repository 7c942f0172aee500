"""What is said of augmentation that probably does harm, and its way out."""

from dataclasses import replace

import pytest

from core.advice.augmentation import probable_mistakes
from core.config import AugmentConfig, ExperimentConfig, check


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"vertical_flip": True}, "upright"),
        ({"zoom_in_fraction": 0.8}, "only fur"),
        ({"zoom_in_fraction": 0.7, "crop_anywhere": True}, "out of the picture"),
        ({"width_shift_fraction": 0.8}, "out of the picture"),
        ({"shear_degrees": 35.0}, "camera"),
        ({"rotation_degrees": 90.0}, "tilted"),
        ({"brightness_fraction": 1.0}, "black"),
        ({"contrast_fraction": 1.0}, "grey"),
    ],
)
def test_probable_mistakes_are_said_with_their_reason(settings, words):
    (mistake,) = probable_mistakes(AugmentConfig(**settings))
    assert words in mistake.text


@pytest.mark.parametrize(
    ("settings", "changes"),
    [
        ({"vertical_flip": True}, {"vertical_flip": False}),
        ({"zoom_in_fraction": 0.8}, {"zoom_in_fraction": 0.6}),
        ({"zoom_in_fraction": 0.6, "crop_anywhere": True}, {"crop_anywhere": False}),
        ({"zoom_in_fraction": 0.9, "crop_anywhere": True, "width_shift_fraction": 0.8}, None),
        ({"width_shift_fraction": 0.8, "height_shift_fraction": 1.0}, None),
        ({"shear_degrees": 35.0}, {"shear_degrees": 20.0}),
        ({"rotation_degrees": 90.0}, {"rotation_degrees": 20.0}),
        ({"brightness_fraction": 0.9}, {"brightness_fraction": 0.6}),
        ({"contrast_fraction": 0.9}, {"contrast_fraction": 0.6}),
    ],
)
def test_the_way_out_of_a_mistake_ends_it_and_brings_no_other(settings, changes):
    config = AugmentConfig(**settings)
    (mistake,) = probable_mistakes(config)
    values = {path.removeprefix("augment."): value for path, value in mistake.changes}
    assert changes in (None, values)
    mended = mistake.applied_to(ExperimentConfig(augment=config))
    assert mended.augment == replace(config, **values)
    assert probable_mistakes(mended.augment) == []
    check(mended)
    for name, value in values.items():
        assert value < getattr(config, name)
    assert mistake.label


def test_usual_settings_bring_no_warning():
    assert probable_mistakes(AugmentConfig()) == []
    recipe = AugmentConfig(
        shear_degrees=8.5,
        zoom_in_fraction=0.5,
        zoom_out_fraction=0.05,
        aspect_fraction=0.25,
        rotation_degrees=12.0,
        crop_anywhere=True,
        horizontal_flip=True,
        brightness_fraction=0.5,
        contrast_fraction=0.5,
        saturation_fraction=0.5,
        channel_gain_fraction=0.4,
        channel_shift=25.0,
        gray_probability=0.3,
        erase_probability=0.25,
    )
    assert probable_mistakes(recipe) == []


def test_every_mistake_has_a_code_of_its_own():
    everything = AugmentConfig(
        vertical_flip=True, zoom_in_fraction=0.8, shear_degrees=35.0, rotation_degrees=90.0, brightness_fraction=1.0
    )
    kinds = [mistake.kind for mistake in probable_mistakes(everything)]
    assert kinds == ["upside_down", "zoomed_in", "sheared", "turned", "brightness"]
