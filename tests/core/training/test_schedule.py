import itertools

import pytest

from core.config import TrainingConfig
from core.training.schedule import averaging_window, image_size_at, learning_rate_at


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
def test_pictures_grow_in_few_steps_and_end_at_full_size(epochs):
    training = TrainingConfig(epochs=epochs, start_size_fraction=0.5)
    sizes = [image_size_at(training, 224, epoch) for epoch in range(1, epochs + 1)]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) <= 4
    assert all(size % 32 == 0 for size in sizes)
    assert sizes[0] < 224 or epochs == 1
    if epochs > 2:
        assert sizes[-1] == 224


def test_pictures_have_full_size_throughout_unless_asked_otherwise():
    assert {image_size_at(TrainingConfig(epochs=9), 150, epoch) for epoch in range(1, 10)} == {150}


def test_the_averaging_window_follows_the_length_of_the_run():
    training = TrainingConfig(ema_fraction=0.02)
    windows = [averaging_window(training, num_steps) for num_steps in (50, 1000, 10_000)]
    assert windows == [1, 20, 200]
    assert all(a < b for a, b in itertools.pairwise(windows))
