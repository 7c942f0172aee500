"""What is left of a run, in seconds, and how many steps fit into a time: what a run by the clock is planned with. No TensorFlow."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from core.config import TrainingConfig, setting
from core.photos.layouts.counts import SplitSizes
from core.training.forecast.measured import Measurement
from core.training.recipe.course import Course
from core.training.recipe.schedule import averaging_window, image_size_of, judged_size, stride_of, training_sizes

CALIBRATION_PHOTOS = 100  # that are made for it, their making included: about


@dataclass
class Speeds:
    """How a run that is at work takes its time, against what was expected of it.

    Args:
        step, judging, first: seconds over expected seconds; of steps, of the ends of epochs and the test, of first steps at a size.
        traced: (side in pixels, photos) of the batches that were trained on in this process: the first of each takes longer.
        judged: sides that were validated at.
    """

    step: float = 1.0
    judging: float = 1.0
    first: float = 1.0
    traced: set[tuple[int, int]] = field(default_factory=set)
    judged: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Costs:
    """What the parts of one run are expected to take on this machine.

    Args:
        training: of the run; ``epochs`` do not count here, the course says how long it is.
        full_size: the network's input_size.
        split_sizes: photos of each split: train, val, test.
        times: with a timing of each size that the run may train at.
    """

    training: TrainingConfig
    full_size: int
    split_sizes: SplitSizes
    times: Measurement

    @property
    def steps_per_epoch(self) -> int:
        return steps_of_epoch(self.split_sizes["train"], self.training.batch_size)

    @property
    def num_lengths(self) -> int:
        """Of batches: each is traced by itself."""
        return 1 if self.split_sizes["train"] % self.steps_per_epoch == 0 else 2

    def step_seconds(self, size: int, num_steps: int) -> float:
        """Of a step in a run of so many, once everything is traced."""
        photos = self.split_sizes["train"] / self.steps_per_epoch
        window = averaging_window(self.training, num_steps)
        averaging = self.times.average_seconds / stride_of(window) if window >= 2 else 0.0
        return photos * self.times.train[size].photo_seconds + averaging

    def end_seconds(self, size: int) -> float:
        """Of the end of an epoch that trained at ``size``: validation, the best weights, a checkpoint."""
        judge = self.times.judge[self.judged(size)]
        return self.split_sizes["val"] * judge.photo_seconds + self.times.best_seconds + self.times.save_seconds

    def test_seconds(self, size: int) -> float:
        """Of the test, after a last epoch that trained at ``size``, and of the calibration after it, which looks at the photos of
        validation and test once more and at some that are made; the best weights are read back first, and written again."""
        judge, sizes = self.times.judge[self.judged(size)], self.split_sizes
        photos = 2 * sizes["test"] + sizes["val"] + CALIBRATION_PHOTOS
        return photos * judge.photo_seconds + judge.first_seconds + 2 * self.times.best_seconds

    def left(self, course: Course, epoch: int, step: int, size: int, speeds: Speeds) -> float:
        """Seconds from ``step`` finished steps of ``epoch`` on, to the result on the test photos.

        Args:
            course: how long the run is now.
            size: of this epoch's pictures; an epoch that has not begun (``step`` is 0) has at least those of the one before, 0 if none.
            speeds: how it has been so far.
        """
        total, judged = 0.0, set(speeds.judged)
        for part, num_steps, num_ends in self._parts(course, epoch, step, size):
            total += speeds.step * num_steps * self.step_seconds(part, course.num_steps)
            lengths = self.num_lengths - sum(side == part for side, _ in speeds.traced)
            total += speeds.first * self.times.train[part].first_seconds * max(0, lengths) / self.num_lengths
            total += speeds.judging * num_ends * self.end_seconds(part)
            if self.judged(part) not in judged:
                total += speeds.first * self.times.judge[self.judged(part)].first_seconds
                judged.add(self.judged(part))
            size = part
        return total + speeds.judging * self.test_seconds(size)

    def _parts(self, course: Course, epoch: int, step: int, size: int) -> Iterator[tuple[int, int, int]]:
        """(side in pixels, steps, ends of epochs) of what is left, in the order in which it comes."""
        per_epoch, last = course.steps_per_epoch, max(epoch, course.num_epochs)
        done = (epoch - 1) * per_epoch + step
        if step:
            end = min(epoch * per_epoch, course.num_steps)
            yield size, max(0, end - done), 1
            epoch, done = epoch + 1, end
        while epoch <= last:
            size = self.size_of(course, epoch, size)
            rest = range(epoch, last + 1)
            num_epochs = bisect_right(rest, size, key=lambda later: self.size_of(course, later, size))
            end = min((epoch + num_epochs - 1) * per_epoch, course.num_steps)
            yield size, max(0, end - done), num_epochs
            epoch, done = epoch + num_epochs, end

    def size_of(self, course: Course, epoch: int, before: int) -> int:
        """Side of the pictures of an epoch (from 1), in pixels; ``before`` is that of the one before: a correction makes none smaller."""
        if epoch >= course.num_epochs:  # the last one has the largest, however short the run
            return training_sizes(self.training, self.full_size)[-1]
        return max(before, image_size_of(self.training, self.full_size, course.middle_of(epoch)))

    def judged(self, size: int) -> int:
        """Side at which an epoch of ``size`` is validated."""
        return judged_size(self.training, self.full_size, size)

    def most_steps(self) -> int:
        return setting("training.epochs").limits.most * self.steps_per_epoch

    def first_course(
        self, seconds: float, place: tuple[int, int, int] = (1, 0, 0), speeds: Speeds | None = None
    ) -> Course:
        """The course of a run without corrections that is over after so many seconds from a place on.

        Args: as ``nearest``; the place is that of a run that has not begun, unless it got its time later.
        """
        epoch, step, _ = place
        fewest = (epoch - 1) * self.steps_per_epoch + step + 1
        return self.nearest(
            fewest, lambda num_steps: Course(self.steps_per_epoch, num_steps), place, seconds, speeds or Speeds()
        )

    def nearest(
        self, fewest: int, of: Callable[[int], Course], place: tuple[int, int, int], seconds: float, speeds: Speeds
    ) -> Course:
        """The course that ends nearest to a time: a step more may begin a whole new epoch, with its validation.

        Args:
            fewest: steps of the shortest course.
            of: the course of so many steps.
            place: epoch, finished steps of it and size, as ``left`` takes them.
            seconds: there are.
        """
        lengths = range(fewest, max(fewest, self.most_steps()) + 1)
        num_fitting = bisect_right(lengths, seconds, key=lambda num_steps: self.left(of(num_steps), *place, speeds))
        around = lengths[max(0, num_fitting - 1) : num_fitting + 1]
        return min(map(of, around), key=lambda course: abs(self.left(course, *place, speeds) - seconds))


def steps_of_epoch(photos: int, batch_size: int) -> int:
    """Of a whole one; without photos it counts as one."""
    return max(1, -(-photos // batch_size))
