"""Made outliers, and how they come into batches."""

import numpy as np
import pytest

from core.config import AugmentConfig
from core.training.recipe import outliers
from core.training.recipe.batches import Outliers, TrainData, train_batch

PHOTOS = np.random.default_rng(0).integers(0, 256, (12, 32, 32, 3), dtype=np.uint8)


@pytest.mark.parametrize("kind", outliers.KINDS)
def test_a_picture_follows_from_its_kind_its_number_and_the_seed(kind):
    def make(number, seed):
        return outliers.make(kind, number, seed, PHOTOS[0], 32)

    picture = make(0, 0)
    assert (picture.shape, picture.dtype) == ((32, 32, 3), np.uint8)
    np.testing.assert_array_equal(picture, make(0, 0))
    assert (picture != make(1, 0)).any() and (picture != make(0, 1)).any()


def test_grey_photos_have_grey_outliers():
    made = outliers.make_some(PHOTOS[..., :1], np.arange(12), 16, "pad", 2, 0, ["jigsaw", "page"])
    assert made.shape == (4, 16, 16, 1)


def data(made_fraction: float = 0.5, **settings) -> TrainData:
    made = np.full((3, 32, 32, 3), 200, np.uint8)
    others = Outliers(2, 0.5, np.arange(8, 12), made, made_fraction)
    return TrainData(PHOTOS, np.arange(12) % 2, np.arange(8), 4, outliers=others, **settings)


def test_a_batch_is_the_photos_that_it_would_have_and_outliers_behind_them():
    plain = TrainData(PHOTOS, np.arange(12) % 2, np.arange(8), 4)
    for step in range(2):
        batch, without = train_batch(data(), 3, step), train_batch(plain, 3, step)
        np.testing.assert_array_equal(batch.images[:4], without.images)
        assert batch.labels.tolist() == [*without.labels, 2, 2]
        assert batch.num_of(2) == 4
        assert batch.targets(3)[4:].tolist() == [[0, 0, 1], [0, 0, 1]]
        again = train_batch(data(), 3, step)
        np.testing.assert_array_equal(batch.images, again.images)
    assert (train_batch(data(0.0), 3, 0).images[4:] != train_batch(data(0.0), 4, 0).images[4:]).any()


def test_mixup_leaves_outliers_what_they_are():
    batch = train_batch(data(mixup_alpha=0.4), 0, 0)
    np.testing.assert_allclose(batch.targets(3).sum(axis=1), 1, rtol=1e-6)
    assert batch.targets(3)[4:].tolist() == [[0, 0, 1], [0, 0, 1]]


def test_made_ones_and_photos_have_their_shares():
    for made_fraction in (0.0, 1.0):
        batch = train_batch(data(made_fraction, augment=AugmentConfig()), 0, 0)
        assert all((picture == 200).all() == bool(made_fraction) for picture in batch.images[4:])
