"""How long a run is, in steps, and how far along each of them is. No TensorFlow.

A run by epochs has one length. A run by the clock has one that is corrected on the way: what is left of its schedules is then
stretched or pressed over what is left of its steps, so that learning rate, sizes and calm go on from where they are, without a jump,
and still come to their end.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Course:
    """The length of a run as it was planned, and as it was corrected since.

    Args:
        steps_per_epoch: of a whole epoch; the last one of a run by the clock may be cut short.
        first_steps: of the whole run, as it was planned before its first step.
        corrections: (finished steps when it was decided, steps of the whole run from then on), ascending.
    """

    steps_per_epoch: int
    first_steps: int
    corrections: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of_epochs(cls, epochs: int, steps_per_epoch: int) -> "Course":
        return cls(steps_per_epoch, epochs * steps_per_epoch)

    @property
    def num_steps(self) -> int:
        """Of the whole run, by the last correction."""
        return self.corrections[-1][1] if self.corrections else self.first_steps

    @property
    def num_epochs(self) -> int:
        """Of the whole run, the one that is cut short included."""
        return -(-self.num_steps // self.steps_per_epoch)

    def corrected(self, step: int, num_steps: int) -> "Course":
        """The course that is ``num_steps`` long from the time on when ``step`` were done; at least one step is left."""
        return replace(self, corrections=(*self.corrections, (step, max(num_steps, step + 1))))

    def place(self, step: float) -> float:
        """The step, from 0, of a run of ``first_steps`` without corrections that is as far along: what schedules go by.

        It rises from 0 to ``first_steps``, and a correction bends it without a jump. Where there is none it is the step itself.
        """
        start, place, end = 0, 0.0, self.first_steps
        for at, num_steps in self.corrections:
            if at >= step:
                break
            place += (at - start) * (self.first_steps - place) / (end - start)
            start, end = at, num_steps
        return min(self.first_steps, place + (step - start) * (self.first_steps - place) / (end - start))

    def progress(self, step: float) -> float:
        """The share of the schedules that is over after that many steps, 0..1."""
        return self.place(step) / self.first_steps

    def middle_of(self, epoch: int) -> float:
        """The progress in the middle of an epoch (from 1), as if it were whole."""
        return self.progress((epoch - 0.5) * self.steps_per_epoch)

    def to_plain(self) -> dict:
        """As JSON has it; ``from_plain`` reads it."""
        return {"first_steps": self.first_steps, "corrections": [list(one) for one in self.corrections]}

    @classmethod
    def from_plain(cls, steps_per_epoch: int, plain: dict) -> "Course":
        corrections: Sequence = plain["corrections"]
        return cls(steps_per_epoch, int(plain["first_steps"]), tuple((int(at), int(to)) for at, to in corrections))
