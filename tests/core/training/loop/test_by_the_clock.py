"""Real, small trainings by a clock that stands still but for their steps."""

import hashlib

import pytest

from core.config import ExperimentConfig, overlay
from core.jobs.events import EventLog, read_events
from core.machine import prepare_environment
from core.runs.store import create_run
from core.training.loop import checkpoint

prepare_environment()

from core.training.loop import train as training  # noqa: E402  (TensorFlow reads the environment while it is imported)

MINUTES = 0.15
SMALL = overlay(
    ExperimentConfig(),
    {
        "network": {
            "input_size": 64,
            "blocks": [{"filters": 4, "strides": 4}],
            "dense": [{"units": 8, "dropout_rate": 0.3}],
            "head": "average",
        },
        "training": {
            "minutes": MINUTES,
            "batch_size": 8,
            "learning_rate": 0.01,
            "ema_fraction": 0.1,
            "start_size_fraction": 0.5,
            "calm_epochs": 2,
            "checkpoint_seconds": 3600,
        },
        "augment": {"zoom_in_fraction": 0.2},
    },
)


class Killed(BaseException):
    pass


def costs_of(training):
    assert training.plan.budget is not None
    return training.plan.budget.costs


@pytest.fixture
def by_the_clock(monkeypatch):
    """Trains a run to its end, or to its death after a step; answers with what its weights were after every step."""

    untimed = training.Training

    def train(run, slowness, kill_at=None):
        now, seen, traced = [0.0], {}, set()

        class Clocked(untimed):
            watch = staticmethod(lambda: now[0])

            def step(self, batch):
                figures = super().step(batch)
                done = self._num_steps_done + 1
                costs = costs_of(self)
                now[0] += costs.step_seconds(self.image_size, self.plan.course.num_steps) * slowness(done)
                if batch.images.shape not in traced:
                    now[0] += costs.times.train[self.image_size].first_seconds / costs.num_lengths
                    traced.add(batch.images.shape)
                arrays = [*self.equipment.model.get_weights(), *self.average.arrays]
                seen[done] = hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()
                if done == kill_at:
                    raise Killed
                return figures

            def save(self):
                if not self.state.step:
                    now[0] += costs_of(self).end_seconds(self.image_size)
                super().save()

        monkeypatch.setattr(training, "Training", Clocked)
        log = EventLog(run.events_path)
        try:
            training.train(run, log)
        except Killed:
            pass
        finally:
            log.close()
        return now[0], seen

    return train


def test_a_run_keeps_its_time_and_does_again_to_the_bit_what_a_kill_has_undone(stripes_and_dots, by_the_clock):
    run = create_run(SMALL, stripes_and_dots)
    per_epoch = -(-stripes_and_dots.split_sizes["train"] // 8)
    slow_from, kill_at = 4 * per_epoch + 2, 5 * per_epoch - 1
    _, before = by_the_clock(run, lambda step: 1 if step < slow_from else 30, kill_at)
    plans = [event for event in read_events(run.events_path)[0] if event["kind"] == "plan"]
    last = checkpoint.latest(run.folder / "checkpoints")
    assert last is not None
    saved = last.state
    assert (saved["epoch"], saved["step"]) == (5, 0)
    assert plans[0]["is_first"] and plans[-1]["step"] >= slow_from
    spent, after = by_the_clock(run, lambda step: 0.5)
    again = before.keys() & after.keys()
    assert len(again) == kill_at - 4 * per_epoch
    assert {step: before[step] for step in again} == {step: after[step] for step in again}

    assert run.status == "completed"
    history = run.history
    assert (history.minutes, history.step, history.fraction) == (MINUTES, history.num_steps, 1.0)
    assert len(history.epochs) == history.num_epochs == -(-history.num_steps // history.steps_per_epoch)
    assert history.epochs[-1].get("image_size") == 64
    assert saved["spent_seconds"] + spent == pytest.approx(60 * MINUTES, rel=0.05)
