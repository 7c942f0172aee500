"""A run for some seconds, so that a forecast can say how long the whole will take: ``python -m core.training.process.calibrate JOB_FOLDER``.

A job of kind "calibrate" with ``request`` = ``{"config": {...}, "dataset": id}``. The measurement goes to ``core.training.forecast.measured``, where the
next forecast finds it; nothing is left of the run. Steps, validation and checkpoints are those of ``core.training.loop.train`` itself, on the
photos that will be trained on, with each size of the schedule.
"""

import gc
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from itertools import chain, cycle
from pathlib import Path
from statistics import median
from threading import Event, Thread
from typing import TYPE_CHECKING

import psutil

from core.config import ExperimentConfig, from_dict, to_dict
from core.jobs.events import EventLog
from core.jobs.job import Job, Report, create_job, run_job, spawn
from core.jobs.way import give_way
from core.machine import import_lighter, prepare_environment, private_memory, processor_has_bfloat16
from core.photos import dataset as datasets
from core.photos.dataset import Dataset
from core.runs.run import Run
from core.runs.store import fill_folder
from core.training.device import look
from core.training.forecast import measured
from core.training.forecast.company import Company
from core.training.forecast.forecast import OPTIMIZER_COPIES
from core.training.forecast.measured import Measurement, Timing
from core.training.loop import checkpoint
from core.training.recipe.batches import ahead, train_batch
from core.training.recipe.schedule import augment_at, judged_size
from core.workspace.folders import slots_folder
from core.workspace.lock import is_held

if TYPE_CHECKING:
    from core.training.loop.train import Training

SECONDS = 1.2  # of timed steps at each size
FEWEST, MOST = 2, 24  # steps that are timed at each size
BATCH = 64  # of validation, as core.answers.evaluate has it
RACE = ("float32", "mixed_bfloat16")  # between them "auto" is decided by time, on processors that have both


def start_measuring(config: ExperimentConfig, dataset: Dataset) -> Job:
    """Starts the job and returns at once; ``core.jobs.ask(job.folder, "stop")`` cancels it.

    Args:
        config: checked, as the run would have it.
        dataset: prepared photos. They are cached first if they are not yet, which is not part of the measurement.
    """
    job = create_job("calibrate", {"config": to_dict(config), "dataset": dataset.id})
    spawn("core.training.process.calibrate", job.folder)
    return job


def is_training_here() -> bool:
    """Whether a run holds a training slot of this machine; what is measured beside it is too slow."""
    return any(is_held(path) for path in slots_folder().glob("slot-*.lock"))


def work(job: Job, report: Report) -> dict:
    """Measures what the job names. Raises AppError, Cancelled."""
    request = job.request
    config, dataset = from_dict(request["config"]), datasets.load(request["dataset"])
    folder = job.folder / "trial"
    try:
        found = measure(config, dataset, folder, report)
        if _should_race(config, found):
            winner = race(config, dataset, folder, report)
            if winner != found.precision:
                found = replace(measure(config, dataset, folder, report), start_seconds=found.start_seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    measured.keep(config, len(dataset.class_names), found)
    return {"precision": found.precision, "memory_bytes": found.memory_bytes}


def measure(config: ExperimentConfig, dataset: Dataset, folder: Path, report: Report) -> Measurement:
    """Lets a run work for some seconds. In a process that has done nothing else: memory and start are the process's.

    Args:
        folder: for the run's files; it may be there already, and it is left behind.
        report: called with the stage "measuring" between any two steps; may raise Cancelled.

    Raises:
        AppError: as a run of this configuration would.
    """
    config = measured.with_every_size(config)
    sizes = measured.used_sizes(config)
    whole = Company()
    prepare_environment()
    from core.training.loop.train import Training  # imports TensorFlow

    measured.keep_seen(look())
    gc.freeze()
    gc.enable()
    with Peak() as peak:
        run = _run(config, dataset, folder)
        training = Training(run, EventLog(run.events_path))
        is_beside = is_training_here()  # a run that has just ended has let go of its slot by now
        start_seconds = (time.time() - psutil.Process().create_time()) * whole.own_share
        train: dict[int, Timing] = {}
        judge: dict[int, Timing] = {}
        for index, size in enumerate(sizes):
            report("measuring", index, len(sizes))
            listen = lambda done=index: report("measuring", done, len(sizes))  # noqa: E731
            train[size] = _time_training(training, size, listen)
            judged = judged_size(config.training, config.network.input_size, size)
            judge[judged] = _time_judging(training, judged, listen)
        average_seconds = _seconds_of(
            lambda: training.average.update(training.equipment.model, training.average.stride)
        )
        save_seconds = _seconds_of(training.save)
        weights = checkpoint.pack_weights(training.equipment.model.get_weights())
        best_seconds = _seconds_of(lambda: checkpoint.save(training.folder, checkpoint.BEST, weights, {}))
        report("measuring", len(sizes), len(sizes))
    return Measurement(
        features=measured.features_of(config.network, len(dataset.class_names)),
        copies=OPTIMIZER_COPIES[config.training.optimizer] + 1 + training.average.is_on,
        train=train,
        judge=judge,
        start_seconds=start_seconds,
        save_seconds=save_seconds,
        best_seconds=best_seconds,
        average_seconds=average_seconds if training.average.is_on else 0.0,
        memory_bytes=peak.bytes,
        device=run.history.device,
        precision=run.history.precision,
        lost_fraction=1 - whole.own_share,
        is_beside_training=is_beside or is_training_here(),
        time=time.time(),
    )


def race(config: ExperimentConfig, dataset: Dataset, folder: Path, report: Report) -> str:
    """The precision with which this network trains faster here. Both speeds are kept for ``device.choose_precision``."""
    from core.training.loop.train import Training  # TensorFlow is there already

    speeds = {}
    for precision in RACE:
        report("comparing precisions", len(speeds), len(RACE))
        tried = measured.with_every_size(replace(config, training=replace(config.training, precision=precision)))
        run = _run(tried, dataset, folder)
        training = Training(run, EventLog(run.events_path))
        largest = measured.used_sizes(config)[-1]
        timing = _time_training(training, largest, lambda: report("comparing precisions", len(speeds), len(RACE)))
        speeds[precision] = 1 / timing.photo_seconds
    measured.keep_precision_speeds(speeds)
    return max(speeds, key=speeds.__getitem__)


def _should_race(config: ExperimentConfig, found: Measurement) -> bool:
    """Where the flags promise bfloat16 and nobody has looked yet whether it keeps the promise."""
    is_open = config.training.precision == "auto" and found.device.startswith("CPU")
    return is_open and processor_has_bfloat16() and not set(RACE) <= set(measured.precision_speeds())


def _run(config: ExperimentConfig, dataset: Dataset, folder: Path) -> Run:
    """A run that no list shows, in a folder of its own."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    fill_folder(folder, config, dataset)
    return Run(folder.name, folder)


def _time_training(training: "Training", size: int, listen: Callable[[], None]) -> Timing:
    """Steps of pictures of one size, each with the batch that the thread ahead has made meanwhile."""
    settings = training.settings
    epoch = measured.epochs_by_size(training.run.config)[size][0]
    training.state.epoch, training.state.step = epoch, 0
    data = replace(training.equipment.data, augment=augment_at(settings, training.run.config.augment, epoch))
    count, steps = len(data.indices), data.steps_per_epoch
    lengths = [(step + 1) * count // steps - step * count // steps for step in range(steps)]
    firsts = sorted({lengths.index(length) for length in lengths})  # each length is traced
    order = chain(firsts, cycle(range(steps)))
    times: list[float] = []
    first_seconds, photos = 0.0, 0
    firsts_company, company = Company(), Company()
    share_of_firsts = 1.0
    with closing(ahead(lambda step: train_batch(data, epoch - 1, step, size), order)) as batches:
        began = time.monotonic()
        for done, batch in enumerate(batches):
            training.step(batch)
            listen()
            now = time.monotonic()
            if done < len(firsts):
                first_seconds += now - began
                share_of_firsts, company = firsts_company.own_share, Company()
            else:
                times.append(now - began)
                photos += len(batch.labels)
            began = now
            if len(times) >= MOST or (len(times) >= FEWEST and sum(times) >= SECONDS):
                break
    seconds = median(times) * company.own_share
    tracing = max(0.0, first_seconds * share_of_firsts - len(firsts) * seconds)
    return Timing(seconds, photos / len(times), tracing)


def _time_judging(training: "Training", size: int, listen: Callable[[], None]) -> Timing:
    """Batches of validation pictures at one size, as ``Training`` shows them."""
    from core.training.loop.judge import evaluate_model

    dataset = training.equipment.dataset
    indices = dataset.of_split("val")
    batch = min(BATCH, len(indices))
    images, rows = training.pictures.of("val", indices[:batch], size)

    def judge(count: int) -> float:
        labels, paths = dataset.labels[indices[:count]], [""] * count
        listen()
        began = time.monotonic()
        evaluate_model(training.watcher, images, rows[:count], labels, dataset.class_names, paths, "val", size)
        return time.monotonic() - began

    rest = len(indices) % batch
    company = Company()
    first_seconds = judge(batch) + (judge(rest) if rest else 0.0)
    first_seconds *= company.own_share
    company, times = Company(), [judge(batch)]
    while sum(times) < SECONDS / 3 and len(times) < MOST:
        times.append(judge(batch))
    seconds = median(times) * company.own_share
    return Timing(seconds, batch, max(0.0, first_seconds - seconds * (1 + rest / batch)))


def _seconds_of(action: Callable[[], object]) -> float:
    began = time.monotonic()
    action()
    return time.monotonic() - began


class Peak:
    """The most private memory that this process has held, looked at fifty times a second."""

    def __init__(self):
        self.bytes = 0
        self._ended = Event()
        self._thread = Thread(target=self._look, daemon=True)

    def _look(self) -> None:
        while not self._ended.wait(0.02):
            self.bytes = max(self.bytes, private_memory())

    def __enter__(self) -> "Peak":
        self._thread.start()
        return self

    def __exit__(self, *_exception) -> None:
        self._ended.set()
        self._thread.join()
        self.bytes = max(self.bytes, private_memory())


if __name__ == "__main__":
    import_lighter()
    give_way()  # as a worker: it shares the machine in the same way
    sys.exit(run_job(Path(sys.argv[1]), work))
