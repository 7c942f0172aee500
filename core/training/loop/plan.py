"""How long a run is while it is at work: by its epochs once and for all, or by the clock, corrected on the way. No TensorFlow.

What the clock decides is told by an event before anything follows from it, and stands in every checkpoint after that. A run that goes on
from a checkpoint takes up the corrections that the events behind it tell of, at the same steps: what it does again, it does to the bit.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from core.config import AugmentConfig, ExperimentConfig
from core.jobs.events import Event, EventLog, is_number
from core.photos.layouts.counts import SplitSizes
from core.training.forecast.costs import Costs
from core.training.forecast.forecast import times_of
from core.training.loop.budget import Budget, Watch
from core.training.loop.state import State
from core.training.recipe.course import Course
from core.training.recipe.schedule import augment_at, averaging_window, calmed, image_size_at, is_calm, learning_rate_at

MUCH_BEFORE = 0.25  # of the time: who waits so long for the first step wants to know why


class Plan:
    """The length of one run.

    Args:
        config: of the run.
        split_sizes: photos of each split.
        num_classes: of the data set.
        steps_per_epoch: of a whole epoch.
        log: where corrections are told.
        clock: seconds, as ``time.monotonic`` counts them.
        began: on that clock, when the work began. Defaults to now.
    """

    def __init__(
        self,
        config: ExperimentConfig,
        split_sizes: SplitSizes,
        num_classes: int,
        steps_per_epoch: int,
        log: EventLog,
        clock: Callable[[], float] = time.monotonic,
        began: float | None = None,
    ):
        self._training, self._full_size, self._log = config.training, config.network.input_size, log
        self.course = Course.of_epochs(config.training.epochs, steps_per_epoch)
        self.watch = Watch(clock, began)
        self.budget = None
        if self.minutes:
            times, _ = times_of(config, split_sizes, num_classes)
            costs = Costs(config.training, self._full_size, split_sizes, times)
            self.budget = Budget(60 * self.minutes, costs, self.watch)
        self._is_planned = not self.minutes
        self._recorded: deque[Event] = deque()
        self._known_until = 0  # steps that were done before; the clock decides nothing anew until then

    @property
    def minutes(self) -> float:
        return self._training.minutes

    def take_up(self, saved: Mapping[str, Any] | None, lost: list[Event]) -> list[Event]:
        """Goes on where a checkpoint left the run.

        Args:
            saved: its state; None where the run begins.
            lost: the events after it, which will come again.

        Returns:
            Those that must not be lost: what the clock has decided.
        """
        if saved is not None:
            self.watch.go_on(saved.get("spent_seconds") or saved["train_seconds"])
            if self.minutes and saved.get("minutes") == self.minutes:
                self.course = Course.from_plain(self.course.steps_per_epoch, saved["course"])
                self._is_planned = True
        if not self.minutes:
            return []
        told = [event for event in lost if _is_plan(event) and event["minutes"] == self.minutes]
        # Who is killed twice has told the same twice.
        at_step = {(event["step"], not event["is_first"]): event for event in told}
        decided = [at_step[place] for place in sorted(at_step)]
        if not self._is_planned and not (decided and decided[0]["is_first"]):
            decided = []
        self._recorded = deque(decided)
        if decided or self._is_planned:
            steps = (event["step"] for event in lost if event["kind"] == "batch" and is_number(event.get("step")))
            self._known_until = int(max(steps, default=0))
        return decided

    def start(self, state: State) -> None:
        """Decides how long the run is to be, where nothing has decided it yet."""
        if self.budget is None or self._is_planned:
            return
        self._is_planned = True
        state.image_size, state.is_calm = 0, False
        per_epoch = self.course.steps_per_epoch
        if self._recorded:
            self.course = Course(per_epoch, self._recorded.popleft()["num_steps"])
        else:
            self.course = self.budget.first_course(state.epoch, state.step, self._full_size if state.step else 0)
        self._tell(state, is_first=True)
        if self.watch.spent > MUCH_BEFORE * 60 * self.minutes and not self.steps_done(state):
            self._log.append(
                "notice",
                text=f"Getting ready (photos, network) took {self.watch.spent:.0f} seconds of the {self.minutes:g} minutes.",
            )

    def begin_epoch(self, state: State) -> None:
        """By the clock, what an epoch trains on is decided when it begins: a correction within it changes those after it."""
        if self.budget is None:
            return
        if not state.step:
            state.image_size = self.budget.costs.size_of(self.course, state.epoch, state.image_size)
            state.is_calm = state.is_calm or is_calm(self._training, state.epoch, self.course.num_epochs)
        self.budget.begin()

    def image_size(self, state: State) -> int:
        """Side in pixels of the epoch's pictures in training."""
        return state.image_size if self.minutes else image_size_at(self._training, self._full_size, state.epoch)

    def augment(self, augment: AugmentConfig, state: State) -> AugmentConfig:
        """The augmentation of the epoch."""
        if not self.minutes:
            return augment_at(self._training, augment, state.epoch)
        return calmed(augment) if state.is_calm else augment

    def learning_rate(self, step: int) -> float:
        """Of a step of the run, from 0."""
        return learning_rate_at(self._training, self.course.place(step), self.course.first_steps)

    @property
    def averaging_window(self) -> float:
        """Steps. A run by the clock may yet become long enough for averaging, so it averages from the start."""
        window = averaging_window(self._training, self.course.num_steps)
        return max(2.0, window) if self.minutes and window else window

    def stepped(self, state: State, photos: int) -> None:
        """A step of so many photos has ended."""
        if self.budget is not None:
            self.budget.stepped(state.image_size, photos, self.course.num_steps)

    def ended(self, state: State) -> None:
        """An epoch was judged and saved; ``state`` is in front of the next one."""
        if self.budget is not None:
            self.budget.ended(state.image_size)

    def correct(self, state: State, is_due: bool = False) -> bool:
        """Takes up what was decided at this step before, or lets the clock decide. Says whether the course is another now.

        Args:
            is_due: an epoch is about to begin; within one, the clock is only looked at from time to time.
        """
        if self.budget is None or self.is_over(state):
            return False
        done = self.steps_done(state)
        if self._recorded or done < self._known_until:
            course = self.course
            while self._recorded and self._recorded[0]["step"] <= done:
                event = self._recorded.popleft()
                course = course.corrected(event["step"], event["num_steps"])
        elif is_due or self.budget.is_time_to_look:
            course = self.budget.correction(self.course, state.epoch, state.step, state.image_size)
        else:
            return False
        if course == self.course:
            return False
        self.course = course
        self._tell(state)
        return True

    def steps_done(self, state: State) -> int:
        return (state.epoch - 1) * self.course.steps_per_epoch + state.step

    def ends_epoch(self, state: State, further: int = 0) -> bool:
        """Whether the epoch has no step left, or will have none after so many further ones."""
        step = state.step + further
        return step >= self.course.steps_per_epoch or self.steps_done(state) + further >= self.course.num_steps

    def is_over(self, state: State) -> bool:
        """Whether the last epoch is done, and judged."""
        return not state.step and self.steps_done(state) >= self.course.num_steps

    @property
    def seconds_left(self) -> float | None:
        """To the end of the time there is; None where the clock does not matter."""
        return None if self.budget is None else round(max(0.0, self.budget.left), 1)

    def is_longer_than(self, saved: Mapping[str, Any]) -> bool:
        """Whether the run that a checkpoint is of was to be of another length, which it was asked for since."""
        if self.minutes or saved.get("minutes"):
            return self.minutes != saved.get("minutes")
        return saved.get("num_epochs", self._training.epochs) != self._training.epochs

    def about_its_end(self) -> str:
        """A sentence where the time was not enough for one epoch; "" elsewhere."""
        share = self.course.num_steps / self.course.steps_per_epoch
        if not self.minutes or share >= 1:
            return ""
        return (
            f"{self.minutes:g} minutes were not enough for one epoch: the network saw {share:.0%} of the training photos, once, and is "
            "judged as it was then. Give it more minutes, fewer photos or a smaller network."
        )

    def to_plain(self) -> dict[str, Any]:
        """What a checkpoint holds of it."""
        plain: dict[str, Any] = {"num_epochs": self.course.num_epochs}
        return plain | ({"minutes": self.minutes, "course": self.course.to_plain()} if self.minutes else {})

    def _tell(self, state: State, is_first: bool = False) -> None:
        spent = self.watch.spent
        self._log.append(
            "plan",
            step=self.steps_done(state),
            num_steps=self.course.num_steps,
            num_epochs=self.course.num_epochs,
            minutes=self.minutes,
            seconds_spent=round(spent, 2),
            seconds_left=round(60 * self.minutes - spent, 2),
            is_first=is_first,
        )


def _is_plan(event: Event) -> bool:
    """Whether a line tells what the clock decided, and all of it."""
    numbers = (event.get("step"), event.get("num_steps"), event.get("minutes"))
    return event["kind"] == "plan" and all(map(is_number, numbers)) and isinstance(event.get("is_first"), bool)
