"""The clock of a run that was given minutes: how long it can become, and what has to be corrected on the way. No TensorFlow.

The budget counts from the moment when a worker begins with the run, so preparation, every validation and the test on the last
photos are part of it. Waiting in the queue is not, nor is the time between a pause, or a kill, and the first step after it; steps
that a kill has undone count once.
"""

import math
import time
from collections.abc import Callable

from core.training.forecast.costs import Costs, Speeds
from core.training.recipe.course import Course

TOLERANCE = 0.01  # of the budget: an end that is expected so far from where it should be is worth a correction
LOOK_SHARE = 0.01  # of the budget, from one look to the next
FIRST_LOOK = 6  # steps after tracing: what was expected before Start may be a guess
MEMORY_SHARE = 0.03  # of the budget: over about so long steps are averaged


class Ratio:
    """What something takes over what was expected of it; the last times count most.

    Args:
        memory_seconds: after which an observation counts a third.
    """

    def __init__(self, memory_seconds: float):
        self._memory = memory_seconds
        self._took = self._expected = 0.0

    def add(self, took: float, expected: float) -> None:
        kept = math.exp(-took / self._memory)
        self._took, self._expected = kept * self._took + took, kept * self._expected + expected

    def value(self, without: float) -> float:
        """``without`` is the answer before anything was observed."""
        return self._took / self._expected if self._expected else without


class Watch:
    """How long a run has been at work.

    Args:
        clock: seconds, as ``time.monotonic`` counts them.
        began: on that clock, when the work began. Defaults to now.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, began: float | None = None):
        self.now = clock
        self._before, self._began = 0.0, clock() if began is None else began

    @property
    def spent(self) -> float:
        """Seconds of work that led to where the run is."""
        return self._before + self.now() - self._began

    def go_on(self, spent: float) -> None:
        """From here on it runs on from what a checkpoint remembers."""
        self._before, self._began = spent, self.now()


class Budget:
    """What is left of the time, and what that is enough for.

    Args:
        seconds: there are in all.
        costs: what was expected of this machine.
        watch: of the run.
    """

    def __init__(self, seconds: float, costs: Costs, watch: Watch):
        self.seconds, self.costs, self._watch = seconds, costs, watch
        memory = max(1.0, MEMORY_SHARE * seconds)
        self._step, self._judging, self._first = Ratio(memory), Ratio(math.inf), Ratio(math.inf)
        self._speeds = Speeds()
        self._num_timed = 0
        self._mark = self._looked_at = watch.now()

    @property
    def left(self) -> float:
        """Seconds."""
        return self.seconds - self._watch.spent

    def first_course(self, epoch: int = 1, step: int = 0, size: int = 0) -> Course:
        """The course of a run that begins now, or that has no other yet. Args: as ``Costs.left``."""
        return self.costs.first_course(self.left, (epoch, step, size), self.speeds)

    @property
    def speeds(self) -> Speeds:
        step = self._step.value(1.0)
        judging = step * self._judging.value(1.0)
        return Speeds(step, judging, self._first.value(1.0), self._speeds.traced, self._speeds.judged)

    def begin(self) -> None:
        """An epoch, or what is left of it, begins."""
        self._mark = self._watch.now()

    def stepped(self, size: int, photos: int, num_steps: int) -> None:
        """A step of so many photos has ended, in a run of ``num_steps``; the wait for its batch counts."""
        seconds, expected = self._lap(), self.costs.step_seconds(size, num_steps)
        if (size, photos) in self._speeds.traced:
            self._step.add(seconds, expected)
            self._num_timed += 1
            return
        self._speeds.traced.add((size, photos))
        first = self.costs.times.train[size].first_seconds / self.costs.num_lengths
        self._first.add(max(0.0, seconds - expected * self._step.value(1.0)), max(0.1, first))

    def ended(self, size: int) -> None:
        """An epoch that trained at ``size`` was judged and saved."""
        seconds, judged = self._lap(), self.costs.judged(size)
        if judged in self._speeds.judged:
            # Against the steps before it: a machine that becomes slower judges and tests more slowly, too.
            self._judging.add(seconds, self._step.value(1.0) * self.costs.end_seconds(size))
        self._speeds.judged.add(judged)

    def _lap(self) -> float:
        now = self._watch.now()
        seconds, self._mark = now - self._mark, now
        return max(0.0, seconds)

    @property
    def is_time_to_look(self) -> bool:
        waited = self._watch.now() - self._looked_at
        return waited >= LOOK_SHARE * self.seconds or self._num_timed == FIRST_LOOK

    def correction(self, course: Course, epoch: int, step: int, size: int) -> Course:
        """The course from here on: another one if the run would otherwise end too early or too late.

        Args: as ``Costs.left``.
        """
        self._looked_at = self._watch.now()
        self._num_timed += self._num_timed == FIRST_LOOK
        speeds, left = self.speeds, self.left
        if abs(self.costs.left(course, epoch, step, size, speeds) - left) <= TOLERANCE * self.seconds:
            return course
        done = (epoch - 1) * course.steps_per_epoch + step
        better = self.costs.nearest(
            done + 1, lambda num_steps: course.corrected(done, num_steps), (epoch, step, size), left, speeds
        )
        return course if better.num_steps == course.num_steps else better
