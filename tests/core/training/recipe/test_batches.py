"""Batches are functions of (seed, epoch, step); evaluation sees every photo as it is."""

import itertools
import os
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest

from core.config import AugmentConfig
from core.training.recipe import batches
from core.training.recipe.augment import resize
from core.training.recipe.batches import Batch, TrainData

SIZE = 24
AUGMENT = AugmentConfig(
    rotation_degrees=20.0, zoom_in_fraction=0.3, horizontal_flip=True, brightness_fraction=0.2, erase_probability=0.3
)


def world(num_photos=40, batch_size=8, channels=3, **settings):
    """A data set in which photo i is recognised by the grey level of its upper left pixel, and every third is for test."""
    images = np.random.default_rng(0).integers(0, 256, (num_photos, SIZE, SIZE, channels), np.uint8)
    images[:, 0, 0] = np.arange(num_photos)[:, None]
    rows = np.arange(num_photos)
    return TrainData(images, rows % 2, rows[rows % 3 != 0], batch_size, **settings)


def shown(data, epoch):
    """Which rows an epoch shows, in order, batch by batch."""
    return [batches.train_batch(data, epoch, step).images[:, 0, 0, 0].tolist() for step in range(data.steps_per_epoch)]


@pytest.mark.parametrize("mixup_alpha", [0.0, 0.4])
def test_a_batch_is_a_function_of_seed_epoch_and_step(mixup_alpha):
    data = world(augment=AUGMENT, seed=3, mixup_alpha=mixup_alpha)
    first = batches.train_batch(data, 2, 1)
    batches.train_batch(data, 0, 0)
    again = batches.train_batch(data, 2, 1)
    assert np.array_equal(first.images, again.images)
    assert np.array_equal(first.labels, again.labels)
    assert np.array_equal(first.targets(2), again.targets(2))
    for other in (
        batches.train_batch(data, 2, 2),
        batches.train_batch(data, 1, 1),
        batches.train_batch(replace(data, seed=4), 2, 1),
    ):
        assert first.images.shape != other.images.shape or not np.array_equal(first.images, other.images)


def test_a_memory_map_on_disk_gives_the_same_batches(tmp_path):
    data = world(augment=AUGMENT)
    np.save(tmp_path / "cache.npy", data.images)
    mapped = replace(data, images=np.load(tmp_path / "cache.npy", mmap_mode="r"))
    one, two = batches.train_batch(data, 0, 0), batches.train_batch(mapped, 0, 0)
    assert np.array_equal(one.images, two.images)
    assert type(two.images) is np.ndarray


@pytest.mark.parametrize("batch_size", [1, 5, 8, 26, 27, 100])
def test_every_training_photo_comes_once_an_epoch(batch_size):
    data = world(batch_size=batch_size)
    for epoch in (0, 7):
        rows = shown(data, epoch)
        assert sorted(itertools.chain(*rows)) == data.indices.tolist()
        assert len(rows) == data.steps_per_epoch == -(-len(data.indices) // batch_size)
        sizes = [len(batch) for batch in rows]
        assert max(sizes) <= batch_size
        assert max(sizes) - min(sizes) <= 1


def test_the_order_differs_between_epochs_and_seeds():
    orders = [batches.order(seed, epoch, 50).tolist() for seed in (0, 1) for epoch in (0, 1, 2)]
    assert len({tuple(one) for one in orders}) == 6
    assert all(sorted(one) == list(range(50)) for one in orders)


def test_labels_follow_their_photos():
    data = world()
    for step in range(data.steps_per_epoch):
        batch = batches.train_batch(data, 0, step)
        assert batch.labels.dtype == np.int32
        assert np.array_equal(batch.labels, batch.images[:, 0, 0, 0] % 2)
        assert batch.mix is None


def test_a_step_beyond_the_epoch_is_refused():
    data = world()
    with pytest.raises(IndexError, match="step must be from 0 to 3; received 4"):
        batches.train_batch(data, 0, 4)


@pytest.mark.parametrize("channels", [1, 3])
def test_training_pictures_come_at_the_size_that_was_asked_for(channels):
    data = world(channels=channels, augment=AUGMENT, mixup_alpha=0.2)
    batch = batches.train_batch(data, 0, 0, size=16)
    assert batch.images.shape == (len(batch.labels), 16, 16, channels)
    assert batch.images.dtype == np.uint8


@pytest.mark.parametrize("channels", [1, 3])
def test_evaluation_at_a_smaller_size_averages_pixels(channels):
    data = world(channels=channels)
    images = np.stack([resize(data.images[row], SIZE // 2) for row in (1, 2)])
    expected = data.images[[1, 2]].reshape(2, SIZE // 2, 2, SIZE // 2, 2, channels).mean((2, 4))
    assert images.shape == expected.shape
    assert np.abs(images - expected).max() <= 0.5


def test_without_settings_training_and_evaluation_see_the_same_pictures():
    data = world()
    batch = batches.train_batch(data, 0, 0, size=17)
    rows = data.indices[batches.order(data.seed, 0, len(data.indices))[: len(batch.labels)]]
    assert np.array_equal(batch.images, np.stack([resize(data.images[row], 17) for row in rows]))
    assert np.array_equal(batch.labels, data.labels[rows])


def test_targets_without_mixup_are_one_hot():
    batch = Batch(np.zeros((3, 2, 2, 3), np.uint8), np.array([0, 2, 1], np.int32))
    assert batch.targets(3).tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert batch.targets(3).dtype == np.float32


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("num_photos", [1, 6, 7])
def test_mixup_blends_pictures_and_labels_by_the_same_shares(num_photos, channels):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (num_photos, 5, 5, channels), np.uint8)
    before = images.copy()
    labels = rng.integers(0, 3, num_photos).astype(np.int32)
    mixed = batches.mixup(Batch(images, labels), 0.5, rng)
    shares = mixed.mix.shares
    assert np.array_equal(images, before)
    assert shares.dtype == np.float32 and (shares >= 0.5).all() and (shares <= 1).all()
    assert np.array_equal(mixed.labels, labels) and np.array_equal(mixed.mix.labels, labels[::-1])
    weights = shares[:, None, None, None]
    assert np.abs(mixed.images - (weights * images + (1 - weights) * images[::-1])).max() <= 0.51
    targets = mixed.targets(3)
    assert targets.dtype == np.float32
    assert targets.sum(1) == pytest.approx(np.ones(num_photos))
    for i in range(num_photos):
        expected = np.zeros(3)
        expected[labels[i]] += shares[i]
        expected[labels[-1 - i]] += 1 - shares[i]
        assert targets[i] == pytest.approx(expected, abs=1e-6)


def batch_threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("batches")]


def test_ahead_gives_every_result_in_order_and_ends_its_thread():
    assert list(batches.ahead(lambda step: step * step, range(20))) == [step * step for step in range(20)]
    assert list(batches.ahead(str, [])) == []
    assert list(batches.ahead(str, [1])) == ["1"]
    assert batch_threads() == []


def test_ahead_prepares_two_results_in_another_thread_while_the_caller_works():
    made, ready = [], threading.Event()

    def make(step):
        made.append((step, threading.current_thread()))
        if step == 2:
            ready.set()
        return step

    results = batches.ahead(make, itertools.count())
    assert next(results) == 0
    assert ready.wait(10)
    assert [step for step, _ in made] == [0, 1, 2]
    assert threading.current_thread() not in [thread for _, thread in made]
    results.close()
    assert batch_threads() == []


def test_ahead_ends_its_thread_when_the_loop_is_left_early():
    for step in batches.ahead(lambda step: step, itertools.count()):
        if step == 3:
            break
    assert batch_threads() == []


def test_ahead_passes_an_error_on_where_its_result_would_have_come():
    def make(step):
        if step == 2:
            raise ValueError("photo 2 is broken")
        return step

    results = batches.ahead(make, range(10))
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match="photo 2 is broken"):
        next(results)
    assert batch_threads() == []


def test_ahead_with_training_batches_gives_what_the_loop_without_it_gives():
    data = world(augment=AUGMENT, mixup_alpha=0.2)
    places = [(epoch, step) for epoch in range(2) for step in range(data.steps_per_epoch)]
    for place, batch in zip(
        places, batches.ahead(lambda place: batches.train_batch(data, *place), places), strict=True
    ):
        assert np.array_equal(batch.images, batches.train_batch(data, *place).images)


def test_batches_are_made_by_a_thread_that_steps_back_and_the_caller_keeps_its_right():
    def niceness(_: int) -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id() if sys.platform == "linux" else 0)

    before = niceness(0)
    made = list(batches.ahead(niceness, range(3)))
    assert made == [19 if sys.platform == "linux" else before] * 3
    assert niceness(0) == before
