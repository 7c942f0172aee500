"""An exponential moving average of a network's weights, in numpy, so that any backend and any checkpoint can hold it."""

from contextlib import contextmanager

import numpy as np

from core.training.recipe.schedule import stride_of


class WeightAverage:
    """Averages weights (batch normalisation's statistics too) over a window of steps.

    Args:
        model: a built keras.Model; its weights are copied, shapes (any), float32.
        window: steps; momentum is 1 - 1/window. Below 2 nothing is averaged and ``applied`` leaves the model alone.

    Source: Polyak & Juditsky 1992; the warm start (n + 1)/(n + 10) as in TensorFlow's ExponentialMovingAverage.
    """

    def __init__(self, model, window: float):
        self.is_on = window >= 2
        self.stride, self.momentum = 0, 0.0
        self.set_window(window)
        self.num_updates = 0
        self.arrays: list[np.ndarray] = [np.array(w) for w in model.get_weights()] if self.is_on else []

    def set_window(self, window: float) -> None:
        """Averages over so many steps, at least 2, from here on; where averaging is off, nothing."""
        if not self.is_on:
            return
        self.stride = stride_of(window)
        self.momentum = (1 - 1 / window) ** self.stride

    def update(self, model, step: int) -> None:
        """Takes in the weights after a step (from 1), if this step is one of those that count."""
        if not self.is_on or step % self.stride:
            return
        self.num_updates += 1
        share = np.float32(1 - min(self.momentum, (self.num_updates + 1) / (self.num_updates + 10)))
        for average, weight in zip(self.arrays, model.get_weights(), strict=True):
            average += share * (weight - average)

    @contextmanager
    def applied(self, model):
        """Within it the model has the averaged weights; after it, its own again, bit for bit."""
        if not self.is_on or not self.num_updates:
            yield
            return
        own = [np.array(w) for w in model.get_weights()]
        model.set_weights(self.arrays)
        try:
            yield
        finally:
            model.set_weights(own)
