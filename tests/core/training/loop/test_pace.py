import pytest

from core.config import NetworkConfig, TrainingConfig
from core.training.loop.pace import Mean, Pace


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("core.training.loop.pace.time.monotonic", lambda: now[0])
    return now


def take_steps(pace, clock, num_steps, seconds, photos):
    for _ in range(num_steps):
        clock[0] += seconds
        pace.step(clock[0], photos)


def test_the_first_step_of_a_size_is_traced_and_says_nothing_about_the_pace(clock):
    pace = Pace(TrainingConfig(epochs=2), NetworkConfig(), num_train=320, steps_per_epoch=10)
    pace.begin(224)
    take_steps(pace, clock, 1, 5.0, 32)
    assert (pace.photos_per_second, pace.eta_seconds(1, 1)) == (0, None)
    take_steps(pace, clock, 4, 0.1, 32)
    assert pace.photos_per_second == pytest.approx(320)


def test_the_time_left_counts_large_pictures_as_more_work(clock):
    training = TrainingConfig(epochs=10, start_size_fraction=0.5)
    pace = Pace(training, NetworkConfig(input_size=128, head="average"), num_train=320, steps_per_epoch=10)
    pace.begin(64)
    take_steps(pace, clock, 10, 0.1, 32)
    pace.end_epoch(clock[0] - 100)
    small_only = 320 * 9 / 320.0
    assert pace.eta_seconds(1, 10) > 1.5 * small_only


def test_validation_and_checkpoints_count_in_the_time_left(clock):
    pace = Pace(TrainingConfig(epochs=3), NetworkConfig(), num_train=320, steps_per_epoch=10)
    pace.begin(224)
    take_steps(pace, clock, 10, 0.1, 32)
    pace.end_epoch(2.0)
    assert pace.eta_seconds(1, 10) == pytest.approx(4.0)
    assert pace.epoch_photos_per_second == pytest.approx(320)


def test_points_of_the_curve_are_weighed_means_since_the_last_point(clock):
    mean = Mean()
    mean.add(1.0, 0.0, 30)
    mean.add(2.0, 1.0, 10)
    clock[0] += 3
    assert mean.age == 3
    assert mean.take() == {"loss": 1.25, "accuracy": 0.25}
    assert mean.age == 0
