"""How fast a training is and how long it will take. No TensorFlow."""

import time
from collections import deque

from core.config import NetworkConfig, TrainingConfig
from core.training.recipe.schedule import image_size_at


class Mean:
    """Loss and accuracy since the last event."""

    def __init__(self):
        self._clear()

    def _clear(self) -> None:
        self.loss = self.accuracy = 0.0
        self.count, self.began = 0, time.monotonic()

    @property
    def age(self) -> float:
        return time.monotonic() - self.began

    def add(self, loss: float, accuracy: float, count: int) -> None:
        self.loss, self.accuracy, self.count = (
            self.loss + loss * count,
            self.accuracy + accuracy * count,
            self.count + count,
        )

    def take(self) -> dict:
        values = {"loss": self.loss / self.count, "accuracy": self.accuracy / self.count}
        self._clear()
        return values


class Pace:
    """Photos a second over the last steps, and the time that is left.

    The work of a photo grows with its area, so a run with growing pictures is counted in photos at full size.
    """

    WINDOW_SECONDS = 8.0

    def __init__(self, training: TrainingConfig, network: NetworkConfig, num_train: int, steps_per_epoch: int):
        self._training, self._network = training, network
        self._num_train, self._steps = num_train, steps_per_epoch
        self._recent: deque[tuple[float, float, float]] = deque()  # (seconds, photos, photos at full size)
        self._overhead = 1.15  # an epoch's time over its steps' time: validation, checkpoints; measured after the first
        self._last = self._in_steps = 0.0  # of this epoch
        self._photos = 0
        self._size = 0

    def _work(self, epoch: int) -> float:
        return (image_size_at(self._training, self._network.input_size, epoch) / self._network.input_size) ** 2

    def begin(self, size: int) -> None:
        """An epoch begins; a new size is traced first, which says nothing about the pace."""
        self._is_tracing = size != self._size
        self._size, self._last, self._in_steps, self._photos = size, time.monotonic(), 0.0, 0

    def step(self, now: float, photos: int) -> float:
        """A step of so many photos has ended; returns its seconds, the wait for its batch included."""
        seconds, self._last = now - self._last, now
        self._in_steps += seconds
        self._photos += photos
        if not self._is_tracing:
            self._recent.append((seconds, photos, photos * (self._size / self._network.input_size) ** 2))
            while len(self._recent) > 4 and sum(row[0] for row in self._recent) > self.WINDOW_SECONDS:
                self._recent.popleft()
        self._is_tracing = False
        return seconds

    def end_epoch(self, seconds: float) -> None:
        if self._in_steps:
            self._overhead = max(1.0, seconds / self._in_steps)

    @property
    def epoch_photos_per_second(self) -> float:
        """Over the steps of the present epoch."""
        return self._photos / self._in_steps if self._in_steps else 0.0

    @property
    def photos_per_second(self) -> float:
        """Over the last seconds."""
        seconds = sum(row[0] for row in self._recent)
        return sum(row[1] for row in self._recent) / seconds if seconds else 0.0

    def eta_seconds(self, epoch: int, step: int) -> float | None:
        """Seconds to the end of the run after ``step`` steps of ``epoch``; None before there is a pace."""
        seconds = sum(row[0] for row in self._recent)
        if not seconds:
            return None
        left = self._num_train * sum(self._work(e) for e in range(epoch + 1, self._training.epochs + 1))
        left += self._num_train * self._work(epoch) * (1 - step / self._steps)
        return round(left * self._overhead * seconds / sum(row[2] for row in self._recent), 1)
