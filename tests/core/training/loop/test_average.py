import numpy as np

from core.training.loop.average import WeightAverage


class FakeModel:
    """Two weights, as keras.Model gives and takes them."""

    def __init__(self):
        self.values = [np.zeros((2, 3), np.float32), np.zeros(4, np.float32)]

    def get_weights(self):
        return [value.copy() for value in self.values]

    def set_weights(self, values):
        self.values = [value.copy() for value in values]


def test_the_average_follows_the_weights_with_the_lag_of_its_window():
    model = FakeModel()
    average = WeightAverage(model, window=10)
    for step in range(1, 201):
        model.values = [np.full((2, 3), step, np.float32), np.full(4, -step, np.float32)]
        average.update(model, step)
    lag = 200 - average.arrays[0][0, 0]
    assert 7 < lag < 10  # of a ramp, an exponential average with window w lags w - 1 steps
    assert np.allclose(average.arrays[1], -average.arrays[0][0, 0])


def test_a_wide_window_is_updated_every_few_steps_and_means_the_same():
    model = FakeModel()
    average = WeightAverage(model, window=400)
    assert average.stride == 8
    for step in range(1, 6001):
        model.values[0][:] = step
        average.update(model, step)
    assert average.num_updates == 750
    assert 380 < 6000 - average.arrays[0][0, 0] < 400


def test_the_model_gets_its_own_weights_back_bit_for_bit():
    model, rng = FakeModel(), np.random.default_rng(0)
    average = WeightAverage(model, window=5)
    for step in range(1, 9):
        model.values = [rng.normal(size=(2, 3)).astype(np.float32), rng.normal(size=4).astype(np.float32)]
        average.update(model, step)
    own = model.get_weights()
    with average.applied(model):
        assert not np.array_equal(model.values[0], own[0])
        assert np.array_equal(model.values[0], average.arrays[0])
    assert all(np.array_equal(a, b) for a, b in zip(model.values, own, strict=True))


def test_without_a_window_nothing_is_averaged():
    model = FakeModel()
    average = WeightAverage(model, window=1)
    model.values[0] += 1
    average.update(model, 1)
    with average.applied(model):
        assert (model.values[0] == 1).all()
