"""``python -m core bench --faults``: a training that is killed over and over must end as if nothing had happened.

Real workers are killed with SIGKILL at random instants, a share of them inside a save. They are forked from a process that
has imported Keras already, since importing it anew each time would take most of the time; from there on they do what
``core.training.process.worker`` does. Four things are hung into them: they tell of every step and save through a pipe, their
``checkpoint_seconds`` count steps, and on request no file may grow any more, as on a full disk.
"""

import multiprocessing
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from core.config import ExperimentConfig, PhotosConfig, SplitConfig, overlay
from core.jobs.children import child_environment
from core.jobs.job import Report, no_report
from core.runs.run import Run
from core.runs.store import create_run
from core.training.loop import checkpoint

if TYPE_CHECKING:
    from core.photos.dataset import Dataset

INTERVAL_STEPS = 4
CHAIN_KILLS = 20
STEPS_PER_KILL = 6
# Time and memory differ between two runs that are equal.
_OF_THE_MOMENT = ("seconds", "photos_per_second", "memory_bytes", "memory_free_fraction")

# Small, with everything that has a state between steps: dropout, batch normalisation, averaging, mixup, augmentation.
EVERYTHING = overlay(
    ExperimentConfig(),
    {
        "photos": {"source": "drawn", "num_drawn": 40},
        "network": {
            "input_size": 32,
            "blocks": [
                {"filters": 8, "strides": 2, "normalization": "batch", "pool_size": 2},
                {"filters": 8, "normalization": "batch"},
            ],
            "dense": [{"units": 16, "normalization": "batch", "dropout_rate": 0.3}],
            "head": "average",
        },
        "training": {
            "batch_size": 8,
            "learning_rate": 0.005,
            "ema_fraction": 0.2,
            "mixup_alpha": 0.2,
            "label_smoothing": 0.05,
            "checkpoint_seconds": INTERVAL_STEPS,
        },
        "augment": {
            "horizontal_flip": True,
            "rotation_degrees": 10,
            "zoom_in_fraction": 0.2,
            "brightness_fraction": 0.2,
            "erase_probability": 0.25,
        },
    },
)


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Args:
        scenario: in words.
        tried: kills.
        resumed: of them, after how many the run went on from where its last checkpoint stood.
        inside_save: of them, how many hit between the beginning and the end of a save.
        most_steps_lost: steps that had to be done again after one kill; at most ``interval_steps``.
        interval_steps: steps between checkpoints. A save takes no step, so it costs none.
        bit_equal: whether weights, optimizer, averages, history and test figures are those of a run never killed.
    """

    scenario: str
    tried: int = 0
    resumed: int = 0
    inside_save: int = 0
    most_steps_lost: int = 0
    interval_steps: int = INTERVAL_STEPS
    bit_equal: bool = True

    @property
    def holds(self) -> bool:
        return self.bit_equal and self.resumed == self.tried and self.most_steps_lost <= self.interval_steps

    def __add__(self, other: "Row") -> "Row":
        return Row(
            self.scenario,
            self.tried + other.tried,
            self.resumed + other.resumed,
            self.inside_save + other.inside_save,
            max(self.most_steps_lost, other.most_steps_lost),
            self.interval_steps,
            self.bit_equal and other.bit_equal,
        )


def faults(kills: int = 100, report: Report = no_report) -> list[Row]:
    """Kills trainings on drawn pets, in chains of 20 kills to a run, in a workspace of its own.

    Args:
        kills: in all.
        report: called with the stage "killing".

    Returns:
        The table: one row for all chains together.
    """
    from core.photos.prepare import prepare

    total = Row(f"drawn pets, kill -9, {-(-kills // CHAIN_KILLS)} chains")
    with tempfile.TemporaryDirectory() as folder, _environment("ALEXNET_HOME", folder):
        dataset = prepare(PhotosConfig(source="drawn", num_drawn=EVERYTHING.photos.num_drawn), SplitConfig())
        for number in range(-(-kills // CHAIN_KILLS)):
            share = min(CHAIN_KILLS, kills - number * CHAIN_KILLS)

            def count(stage: str, done: int, _total: int, before: int = total.tried) -> None:
                report(stage, before + done, kills)

            total += chain(dataset, EVERYTHING, share, seed=number, report=count)
    return [total]


def chain(dataset: "Dataset", config: ExperimentConfig, kills: int, seed: int = 0, report: Report = no_report) -> Row:
    """Trains a run without and a run with kills, one after the other on the same way, and compares how they end.

    A third of the kills hits inside a save, some come before the first step, the rest at any instant.

    Args:
        dataset: prepared.
        config: its epochs are set so that there are 6 steps for a kill; its checkpoint_seconds count steps.
        seed: of the kills.
    """
    rng = random.Random(seed)
    steps_per_epoch = -(-len(dataset.of_split("train")) // config.training.batch_size)
    epochs = max(2, -(-STEPS_PER_KILL * (kills + 1) // steps_per_epoch))
    config = replace(config, training=replace(config.training, epochs=epochs, seed=seed))
    whole, killed = create_run(config, dataset), create_run(config, dataset)
    start(whole).finish()

    row = Row("kill -9", interval_steps=int(config.training.checkpoint_seconds))
    steps_per_kill = epochs * steps_per_epoch / (kills + 1)
    reached, waiting, save_seconds = 0, 0, 0.005
    for number in range(kills + 1):
        worker = start(killed)
        if number < kills:
            kind = "save" if 3 * row.inside_save <= number else rng.choices(("early", "save", "any"), (1, 4, 5))[0]
            worker.kill_at(kind, int(steps_per_kill * (number + rng.random())), rng, save_seconds)
            row = replace(row, tried=row.tried + 1, inside_save=row.inside_save + worker.is_saving)
            save_seconds = worker.save_seconds or save_seconds
            report("killing", number + 1, kills)
        else:
            worker.finish()
        waiting += number > 0
        if worker.began_at is not None:  # it went on, after the kill before and those that came before it could
            lost = max(row.most_steps_lost, reached - worker.began_at)
            row = replace(row, resumed=row.resumed + waiting, most_steps_lost=lost)
            reached, waiting = worker.reached, 0
    return replace(row, bit_equal=not differences(whole, killed))


def differences(run: Run, other: Run) -> list[str]:
    """What two completed trainings differ in, as words; empty if they are equal to the bit."""
    found = []
    if (run.status, other.status) != ("completed", "completed"):
        found.append(f"status {run.status} and {other.status}")
    if _curve(run) != _curve(other):
        found.append("history")
    for name in ("last", checkpoint.BEST):
        one, two = (_checkpoint(each, name) for each in (run, other))
        if one is None or two is None:
            found.append(f"no {name} checkpoint")
            continue
        if _lasting(one.state) != _lasting(two.state):
            found.append(f"state of the {name} checkpoint")
        arrays, others = one.arrays(), two.arrays()
        if arrays.keys() != others.keys():
            found.append(f"names in the {name} checkpoint")
            continue
        found += [f"{name} {key}" for key in arrays if arrays[key].tobytes() != others[key].tobytes()]
    one, two = run.evaluation, other.evaluation
    if one is None or two is None or not np.array_equal(one.probabilities, two.probabilities):
        found.append("answers on the test photos")
    return found


def _checkpoint(run: Run, name: str) -> checkpoint.Checkpoint | None:
    folder = run.folder / "checkpoints"
    return checkpoint.latest(folder) if name == "last" else checkpoint.read(folder / f"{name}.safetensors")


def _curve(run: Run) -> list[dict]:
    return [{key: value for key, value in row.items() if key not in _OF_THE_MOMENT} for row in run.history.epochs]


def _lasting(state: dict) -> dict:
    return {key: value for key, value in state.items() if not key.endswith("_seconds") and key != "events_offset"}


class Worker:
    """A training worker that tells what it does, and can be killed at an instant.

    Args:
        run: what it trains.
        full_at: from this step of the run on none of its files may grow beyond ``full_bytes``; None for a disk with room.
    """

    def __init__(self, run: Run, full_at: int | None = None, full_bytes: int = 0):
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["core.training.loop.train", "core.training.process.worker"])
        self._wire, theirs = context.Pipe(duplex=False)
        environment = {
            name: value for name, value in child_environment().items() if name.startswith(("ALEXNET_", "KERAS_", "TF_"))
        }
        self._process = context.Process(target=_work, args=(run.folder, environment, theirs, full_at, full_bytes))
        self._process.start()
        theirs.close()
        self.began_at: int | None = None  # finished steps of the run when it went on; None before it knew
        self.reached = 0  # finished steps of the run
        self.is_saving = False
        self.save_seconds = 0.0  # of the last save

    @property
    def pid(self) -> int:
        return cast(int, self._process.pid)  # it has been started

    def kill_at(self, kind: str, step: int, rng: random.Random, save_seconds: float) -> None:
        """Kills it with SIGKILL and waits until it is gone.

        Args:
            kind: "early": at any instant of its start; "save": inside a save; "any": between two steps or inside one.
            step: of the run; from here on, except for "early".
            save_seconds: how long a save takes, about.
        """
        began, last = time.monotonic(), -1.0
        if kind == "early":
            pause = rng.uniform(0, 1.5)
            while time.monotonic() - began < pause and self._hear(began + pause - time.monotonic()):
                pass
        else:
            while self.reached < step and self._hear():
                pass
            num_saves = rng.randint(1, 2)
            while kind == "save" and num_saves and (word := self._hear()):
                num_saves -= word == "save"
            last = save_seconds * rng.random() if kind == "save" else 0.02 * rng.random()
            time.sleep(last)
        self._process.kill()
        self._process.join()
        while self._hear():  # what it told before it died
            pass
        self._wire.close()

    def finish(self) -> int:
        """Waits for its end; returns its exit status."""
        while self._hear():
            pass
        self._process.join()
        self._wire.close()
        return cast(int, self._process.exitcode)  # it has ended

    def _hear(self, timeout_seconds: float | None = None) -> str:
        """The next word that it tells; "" once it is gone or the time is over."""
        try:
            if timeout_seconds is not None and not self._wire.poll(max(0.0, timeout_seconds)):
                return ""
            word, value = self._wire.recv()
        except (EOFError, OSError):
            return ""
        match word:
            case "from":
                self.began_at = self.reached = value
            case "step":
                self.reached = value
            case "save":
                self.is_saving, self._save_began = True, value
            case "saved":
                self.is_saving, self.save_seconds = False, value - self._save_began
        return word


def start(run: Run, full_at: int | None = None, full_bytes: int = 0) -> Worker:
    """A worker for a run, at work; see ``Worker``."""
    from core.machine import prepare_environment

    prepare_environment()  # of the process that imports Keras for all of them
    return Worker(run, full_at, full_bytes)


def _work(folder: Path, environment: dict[str, str], wire: Connection, full_at: int | None, full_bytes: int) -> None:
    """In the forked process: what ``core.training.process.worker`` does, told step by step."""
    os.environ.update(environment)
    with open(folder / "worker.log", "ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    from core.training.loop.train import Training
    from core.training.process import worker

    step, go, save = Training.step, Training.go, checkpoint.save
    num_steps = 0

    def num_done(training: Training) -> int:
        return (training.state.epoch - 1) * training.steps_per_epoch + training.state.step

    def told_step(self, batch):
        nonlocal num_steps
        values = step(self, batch)
        num_steps += 1
        reached = num_done(self) + 1
        wire.send(("step", reached))
        if full_at is not None and reached >= full_at:
            resource.setrlimit(resource.RLIMIT_FSIZE, (full_bytes, resource.RLIM_INFINITY))
        return values

    def told_go(self):
        wire.send(("from", num_done(self)))
        go(self)

    def told_save(*arguments):
        wire.send(("save", time.monotonic()))
        path = save(*arguments)
        wire.send(("saved", time.monotonic()))
        return path

    Training.step, Training.go, checkpoint.save = told_step, told_go, told_save
    Training.clock = staticmethod(lambda: num_steps)
    sys.exit(worker.main(folder))


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
