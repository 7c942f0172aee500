"""One setting alone, from one extreme to the other."""

from dataclasses import fields

import numpy as np
import pytest

from core.config import AugmentConfig
from core.training.recipe import augment
from core.training.recipe.extremes import OPERATIONS, is_on, steps

PHOTO = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)


def test_every_setting_of_augmentation_can_be_seen_alone():
    assert {*OPERATIONS, "fill_value"} == {field.name for field in fields(AugmentConfig)}


@pytest.mark.parametrize("name", OPERATIONS)
def test_its_pictures_differ_and_have_words_of_their_own(name):
    # half a turn, and a shift by a whole side into a mirror image, end where their opposites do
    config = AugmentConfig(rotation_degrees=30.0, width_shift_fraction=0.3, height_shift_fraction=0.3)
    found = steps(config, name)
    pictures = [augment.augment(PHOTO, step.draw, step.config).tobytes() for step in found]
    assert 2 <= len(found) <= 5
    assert len(set(pictures)) == len(pictures)
    assert len({step.words for step in found}) == len(found) and all(step.words for step in found)


@pytest.mark.parametrize("name", set(OPERATIONS) - {"crop_anywhere", "erase_fraction", "fill_mode"})
def test_one_picture_of_a_setting_alone_is_the_photo_itself(name):
    pictures = [augment.augment(PHOTO, step.draw, step.config) for step in steps(AugmentConfig(), name)]
    assert any(np.array_equal(picture, PHOTO) for picture in pictures)


def test_a_setting_that_is_on_is_shown_at_its_own_extremes_and_one_that_is_off_at_the_largest():
    config = AugmentConfig(shear_degrees=12.0, rotation_degrees=30.0)
    assert [step.draw.shear_degrees for step in steps(config, "shear_degrees")] == [-12, -6, 0, 6, 12]
    assert all(step.draw.rotation_degrees == 0 for step in steps(config, "shear_degrees"))
    assert steps(AugmentConfig(), "shear_degrees")[-1].draw.shear_degrees == 45
    assert is_on(config, "shear_degrees") and not is_on(AugmentConfig(), "shear_degrees")


def test_gaps_are_filled_as_the_config_says():
    for step in steps(AugmentConfig(fill_mode="constant", fill_value=7), "width_shift_fraction"):
        assert (step.config.fill_mode, step.config.fill_value) == ("constant", 7)
    assert [step.config.fill_mode for step in steps(AugmentConfig(), "fill_mode")] == [
        "reflect",
        "nearest",
        "wrap",
        "constant",
    ]
