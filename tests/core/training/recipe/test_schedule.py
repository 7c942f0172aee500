import itertools

import pytest

from core.config import AugmentConfig, TrainingConfig
from core.training.recipe.schedule import augment_at, averaging_window, image_size_at, judged_size, learning_rate_at


@pytest.mark.parametrize("num_steps", [24, 750, 12_600])
def test_the_learning_rate_climbs_peaks_and_falls_to_nothing_in_runs_of_any_length(num_steps):
    training = TrainingConfig(learning_rate=0.01, schedule="cosine", warmup_fraction=0.1)
    rates = [learning_rate_at(training, step, num_steps) for step in range(num_steps)]
    peak = rates.index(max(rates))
    assert 0 < rates[0] < 0.01
    assert peak == pytest.approx(0.1 * num_steps, abs=1)
    assert max(rates) == pytest.approx(0.01, rel=0.02)
    assert rates[: peak + 1] == sorted(rates[: peak + 1])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert rates[-1] < 0.01 * 0.02


def test_a_constant_rate_stays_and_a_linear_one_ends_at_nothing():
    constant = TrainingConfig(learning_rate=0.01, schedule="constant", warmup_fraction=0)
    assert {learning_rate_at(constant, step, 10) for step in range(10)} == {0.01}
    linear = TrainingConfig(learning_rate=0.01, schedule="linear", warmup_fraction=0)
    assert learning_rate_at(linear, 5, 10) == pytest.approx(0.005)


@pytest.mark.parametrize("epochs", [1, 2, 12, 200])
@pytest.mark.parametrize(("start", "end"), [(0.5, 1.0), (0.57, 0.86), (0.25, 1.0), (0.9, 0.9)])
@pytest.mark.parametrize("full_size", [32, 150, 224, 512])
def test_pictures_grow_in_few_steps_and_are_judged_at_full_size_in_the_end(epochs, start, end, full_size):
    training = TrainingConfig(epochs=epochs, start_size_fraction=start, end_size_fraction=end)
    sizes = [image_size_at(training, full_size, epoch) for epoch in range(1, epochs + 1)]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) <= 4
    assert all(size % 32 == 0 or size == full_size for size in sizes)
    judged = [judged_size(training, full_size, size) for size in sizes]
    assert judged == sorted(judged)
    assert all(size <= seen <= full_size for size, seen in zip(sizes, judged, strict=True))
    assert judged[-1] == full_size


def test_every_size_gets_about_the_same_work():
    training = TrainingConfig(epochs=160, start_size_fraction=0.57, end_size_fraction=0.86)
    sizes = [image_size_at(training, 224, epoch) for epoch in range(1, 161)]
    work = {size: sizes.count(size) * size**2 for size in (128, 160, 192)}
    assert set(sizes) == set(work)
    assert max(work.values()) / min(work.values()) < 1.05
    assert {judged_size(training, 224, size) for size in sizes} == {128, 160, 224}


def test_pictures_have_full_size_throughout_unless_asked_otherwise():
    assert {image_size_at(TrainingConfig(epochs=9), 150, epoch) for epoch in range(1, 10)} == {150}
    assert judged_size(TrainingConfig(), 150, 150) == 150


@pytest.mark.parametrize(("epochs", "num_calm"), [(12, 12), (160, 20)])
def test_the_calm_end_halves_geometry_and_erases_nothing(epochs, num_calm):
    training = TrainingConfig(epochs=epochs, calm_epochs=20)
    augment = AugmentConfig(shear_degrees=8, zoom_in_fraction=0.5, erase_probability=0.25, gray_probability=0.1)
    calm = [augment_at(training, augment, epoch) != augment for epoch in range(1, epochs + 1)]
    assert calm == sorted(calm)
    assert sum(calm) == num_calm
    last = augment_at(training, augment, epochs)
    assert (last.shear_degrees, last.zoom_in_fraction, last.erase_probability, last.gray_probability) == (
        4,
        0.25,
        0,
        0.1,
    )


def test_the_averaging_window_follows_the_length_of_the_run():
    training = TrainingConfig(ema_fraction=0.02)
    windows = [averaging_window(training, num_steps) for num_steps in (50, 1000, 10_000)]
    assert windows == [1, 20, 200]
    assert all(a < b for a, b in itertools.pairwise(windows))
