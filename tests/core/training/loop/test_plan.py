"""Runs by the clock on machines that are made up: no training, no waiting."""

import itertools
import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core.config import ExperimentConfig, put_all
from core.jobs.events import EventLog, read_events
from core.network.presets import experiment
from core.training.forecast.costs import Costs
from core.training.forecast.forecast import times_of
from core.training.loop.plan import Plan
from core.training.loop.state import State
from core.training.recipe.schedule import image_size_at, learning_rate_at

COUNTS = {"train": 2000, "val": 1000, "test": 1000}
FEW = {"train": 1000, "val": 250, "test": 250}
MODERN = experiment("modern")


@dataclass
class Machine:
    """Time passes on it as a run needs it, and in no other way.

    Args:
        slowness: of the whole machine, against what is expected of it.
        change: (seconds, factor): from then on everything takes so much longer.
        noise: of every duration, as a share.
        tracing: what the first step of a shape takes beyond the others, in seconds.
    """

    slowness: float = 1.0
    change: tuple[float, float] = (float("inf"), 1.0)
    noise: float = 0.0
    tracing: float = 1.0
    now: float = 0.0
    chance: random.Random = field(default_factory=lambda: random.Random(0))

    def take(self, seconds: float) -> None:
        factor = self.slowness * (self.change[1] if self.now >= self.change[0] else 1.0)
        self.now += seconds * factor * self.chance.uniform(1 - self.noise, 1 + self.noise)


class Killed(Exception):
    pass


@dataclass
class Run:
    """A run without a network: what its schedules said at every step, and when it was done."""

    minutes: float
    path: Path
    machine: Machine
    config: ExperimentConfig = MODERN
    counts: dict = field(default_factory=lambda: COUNTS)
    start_seconds: float = 5.0
    steps: dict = field(default_factory=dict)  # {step: (learning rate, size, is_calm)}
    saved: dict = field(default_factory=dict)
    offset: int = 0

    @property
    def saved_step(self) -> int:
        """Steps that the last checkpoint knows of."""
        return (self.saved["epoch"] - 1) * self.costs.steps_per_epoch if self.saved else 0

    def __post_init__(self):
        self.config = put_all(self.config, [f"training.minutes={self.minutes}"])
        times, _ = times_of(self.config, self.counts, 2)
        self.costs = Costs(self.config.training, self.config.network.input_size, self.counts, times)

    def go(self, kill_at: int | None = None) -> "Run":
        """As ``Training`` goes, from the last checkpoint on; one is written after every epoch."""
        log, machine, per_epoch = EventLog(self.path), self.machine, self.costs.steps_per_epoch
        plan = Plan(self.config, self.counts, 2, per_epoch, log, lambda: machine.now)
        machine.take(self.start_seconds)
        lost, _ = read_events(self.path, self.offset)
        log.cut(self.offset, keep=plan.take_up(self.saved or None, lost))
        state = State.of(self.saved) if self.saved else State()
        plan.start(state)
        traced, num_train = set(), self.counts["train"]
        while not plan.is_over(state):
            if not state.step:
                plan.correct(state, is_due=True)
            plan.begin_epoch(state)
            size = plan.image_size(state)
            while not plan.ends_epoch(state):
                done = plan.steps_done(state)
                if done == kill_at:
                    said = {"loss": 1, "accuracy": 1, "photos_per_second": 1, "eta_seconds": 0}
                    log.append("batch", epoch=state.epoch, step=done, **said)
                    log.close()
                    raise Killed
                self.steps[done] = plan.learning_rate(done), size, state.is_calm
                machine.take(self.costs.step_seconds(size, plan.course.num_steps))
                photos = (state.step + 1) * num_train // per_epoch - state.step * num_train // per_epoch
                machine.take(0 if (size, photos) in traced else machine.tracing)
                traced.add((size, photos))
                state.step += 1
                plan.stepped(state, photos)
                if not plan.ends_epoch(state):
                    plan.correct(state)
            machine.take(self.costs.end_seconds(size))
            state.next_epoch()
            self.save(plan, state, log)
            plan.ended(state)
        machine.take(self.costs.test_seconds(size))
        log.close()
        self.plan = plan
        return self

    def save(self, plan: Plan, state: State, log: EventLog) -> None:
        state.spent_seconds = plan.watch.spent
        self.saved, self.offset = vars(state) | plan.to_plain(), log.offset

    @property
    def corrections(self) -> list[dict]:
        return [event for event in read_events(self.path)[0] if event["kind"] == "plan"]


MACHINES = {
    "as expected": Machine(),
    "three times as slow": Machine(3.0),
    "three times as fast": Machine(1 / 3),
    "twice as slow from the middle": Machine(1.0, change=(0.5, 2.0)),
    "twice as fast from the middle": Machine(1.0, change=(0.5, 0.5)),
    "twice as slow near the end": Machine(
        1.0, change=(0.75, 2.0)
    ),  # later, the test alone would take what is left of a minute
    "noisy": Machine(noise=0.6),
    "slow to trace": Machine(tracing=3.0),
}


@pytest.fixture(params=list(MACHINES.values()), ids=list(MACHINES))
def machine(request):
    return request.param


@pytest.mark.parametrize("minutes", [1, 2, 10])
def test_the_time_is_kept_whatever_the_machine_does(tmp_path, machine, minutes):
    at, factor = machine.change
    machine = Machine(machine.slowness, (60 * minutes * at, factor), machine.noise, machine.tracing)
    counts = COUNTS if minutes > 1 else FEW  # of more, validation and test alone would take much of a minute
    Run(minutes, tmp_path / "events.jsonl", machine, counts=counts).go()
    assert machine.now == pytest.approx(60 * minutes, rel=0.05)


def test_a_pause_and_the_start_after_it_are_not_part_of_the_time(tmp_path):
    machine = Machine()
    run = Run(2, tmp_path / "events.jsonl", machine)
    with pytest.raises(Killed):
        run.go(kill_at=300)
    lost = machine.now - run.saved["spent_seconds"]
    machine.now += 3600
    run.go()
    waited = 3600 + lost + run.start_seconds
    assert machine.now - waited == pytest.approx(120, rel=0.05)


@pytest.mark.parametrize("kill_at", [1, 40, 63, 200, 201, 500])
def test_what_a_killed_run_does_again_it_does_as_before(tmp_path, kill_at):
    """The clock would decide otherwise the second time; what it had decided before counts, though a kill came again."""
    killed = Run(1, tmp_path / "events.jsonl", Machine(0.5, noise=0.5))
    for _ in range(2):
        with pytest.raises(Killed):
            killed.go(kill_at=kill_at)
        before, decided = dict(killed.steps), killed.corrections
        assert list(before) == list(range(kill_at))
        killed.steps = {step: value for step, value in before.items() if step < killed.saved_step}
        killed.machine.slowness *= 1.7
    killed.go()
    assert {step: killed.steps[step] for step in before} == before
    kept = {(event["step"], event["num_steps"]) for event in killed.corrections}
    assert {(event["step"], event["num_steps"]) for event in decided} <= kept


def test_schedules_go_on_without_a_jump_whatever_is_corrected(tmp_path):
    run = Run(2, tmp_path / "events.jsonl", Machine(2.0, change=(60, 0.5), noise=0.5)).go()
    rates, sizes, calm = zip(*(run.steps[step] for step in sorted(run.steps)), strict=True)
    assert len(run.corrections) > 3
    assert list(sizes) == sorted(sizes) and list(calm) == sorted(calm)
    assert sizes[-1] == max(run.costs.times.train)
    peak, top = rates.index(max(rates)), MODERN.training.learning_rate
    assert rates[: peak + 1] == tuple(sorted(rates[: peak + 1]))
    assert rates[peak:] == tuple(sorted(rates[peak:], reverse=True))
    assert rates[-1] < 0.02 * top
    jumps = [abs(b - a) for a, b in itertools.pairwise(rates[peak:])]
    assert max(jumps) < 0.05 * top


def test_where_no_epoch_fits_the_run_ends_within_its_first_at_the_largest_size(tmp_path):
    counts = {"train": 40_000, "val": 100, "test": 100}
    run = Run(1, tmp_path / "events.jsonl", Machine(), counts=counts).go()
    assert run.plan.course.num_epochs == 1
    assert 0 < len(run.steps) == run.plan.course.num_steps < run.costs.steps_per_epoch
    assert {size for _, size, _ in run.steps.values()} == {max(run.costs.times.train)}
    assert run.machine.now == pytest.approx(60, rel=0.05)


def test_a_run_whose_time_is_over_before_it_begins_takes_one_step(tmp_path):
    run = Run(1, tmp_path / "events.jsonl", Machine(), start_seconds=100).go()
    assert list(run.steps) == [0]


def test_a_run_by_epochs_asks_no_clock_and_has_the_schedules_it_always_had(tmp_path):
    config = put_all(MODERN, ["training.epochs=3", "training.calm_epochs=1"])
    run = Run(0, tmp_path / "events.jsonl", Machine(5.0, noise=0.9), config).go()
    training, size = config.training, config.network.input_size
    assert run.corrections == [] and run.plan.to_plain() == {"num_epochs": 3}
    assert len(run.steps) == 3 * 63
    for step, (rate, side, _) in run.steps.items():
        assert rate == learning_rate_at(training, step, 3 * 63)
        assert side == image_size_at(training, size, 1 + step // 63)
    shears = [run.plan.augment(config.augment, State(epoch=epoch)).shear_degrees for epoch in (1, 2, 3)]
    assert shears == [config.augment.shear_degrees / divisor for divisor in (1, 1, 2)]
