"""Minutes from Start, stopped while a network is read. The standard library alone: PyTorch's environment has nothing of the app."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager


class OutOfTime(Exception):
    """The last reading was taken."""


class Clock:
    """When readings are due.

    Args:
        began: seconds since 1970 at which the process was started.
        minutes: of the readings, ascending.
        now: seconds since 1970; a test has its own.
    """

    def __init__(self, began: float, minutes: Sequence[float], now: Callable[[], float] = time.time):
        self._began, self._left, self._now, self._stopped = began, list(minutes), now, 0.0
        self._longest = max(minutes) * 60

    @property
    def seconds(self) -> float:
        """Since the start, without what readings took."""
        return self._now() - self._began - self._stopped

    @property
    def share(self) -> float:
        """Of the longest time, 0..1."""
        return min(1.0, self.seconds / self._longest)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """No time passes in the block."""
        since = self._now()
        try:
            yield
        finally:
            self._stopped += self._now() - since

    def read(self, correct: Callable[[], tuple[int, int]], epoch: int) -> None:
        """Takes the readings that are due, if any, and prints each as a line of JSON. Raises OutOfTime after the last.

        Args:
            correct: gives (test photos named rightly, test photos) by the best weights so far.
            epoch: being trained, from 1.
        """
        while self._left and self.seconds >= self._left[0] * 60:
            seconds = self.seconds
            with self.stopped():
                num_right, num_photos = correct()
            about = {"correct": num_right, "total": num_photos, "epoch": epoch, "seconds": round(seconds, 1)}
            print(json.dumps({"minutes": self._left.pop(0), **about}), flush=True)
        if not self._left:
            raise OutOfTime
