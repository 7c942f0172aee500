"""Rows about whole processes: the start of a training, its memory, and a class that watches it."""

import hashlib
import json
import math
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil

from core.bench.table import NUM_ROUNDS, LeftOut, Result, best_of
from core.bench.world import BATCH_SIZE, CLASSES, World
from core.errors import AppError
from core.jobs.children import child_environment
from core.jobs.events import read_events
from core.runs.engines.local import start_run, stop_run
from core.runs.engines.warm import ensure_spare
from core.runs.run import Run
from core.runs.store import create_run
from core.workspace.folders import PROJECT, datasets_folder
from core.workspace.lock import Lock, is_held

if TYPE_CHECKING:
    from core.photos.dataset import Dataset

NUM_VIEWERS = 30
QUIET_SECONDS, WATCHED_SECONDS = 25.0, 40.0  # three rounds: the class watches for two minutes in all
SETTLE_SECONDS = 5.0  # pages that were opened by few tick more slowly once they are many
FRESH_SECONDS = 60.0  # the longest anything here may take to begin


def events_on_vs_off(world: World) -> Iterator[Result]:
    """An epoch of 2,048 photos with its events, a page that shows them and its checkpoint, against one without."""
    training = world.training("float32")
    equipment, log = training.equipment, training.log
    data = replace(equipment.data, indices=np.tile(equipment.data.indices, 2))
    training.equipment = replace(equipment, data=data)
    num_photos = len(data.indices)

    def epoch(save: bool) -> float:
        training.state.next_epoch()
        began = time.perf_counter()
        training.train_epoch()
        if save:
            training.save()
        return num_photos / (time.perf_counter() - began)

    def with_all() -> float:
        with watched(address, training.run, 1):
            return epoch(save=True)

    def without() -> float:
        training.log = _Silence()  # pyright: ignore[reportAttributeAccessIssue]  # what is called of a log
        try:
            return epoch(save=False)
        finally:
            training.log = log

    try:
        with Lock(training.run.folder / "lock"), server() as (address, _):
            best = best_of({"on": with_all, "off": without})
    finally:
        training.equipment = equipment
    detail = f"{best['on']:.0f} against {best['off']:.0f} photos/s; a checkpoint each {num_photos:,} photos, one viewer"
    yield Result("events_on_vs_off", best["on"] / best["off"], 0.98, "x", detail)


class _Silence:
    """An event log that keeps nothing."""

    offset = 0

    def append(self, kind: str, **fields) -> None: ...

    def sync(self) -> None: ...


def first_point(world: World) -> Iterator[Result]:
    """From Start to the first batch in the run's events, in a new process, and in one that waits with Keras imported; both against a
    process that imports TensorFlow and ends."""
    starts = {
        "cold": lambda: _seconds_to_first_point(world),
        "spare": lambda: _seconds_with_spare(world),
        "import": _seconds_to_import,
    }
    best = best_of(starts, largest=False)
    for row, start, bar in (("first_point_cold", "cold", 1.6), ("first_point_spare", "spare", 0.5)):
        detail = (
            f"{best[start]:.2f} s from Start to the first batch event, which a page shows at its next tick; a process that imports "
            f"TensorFlow {best['import']:.2f} s"
        )
        share = best[start] / best["import"]
        yield Result(row, share, bar, "x", detail, at_most=True, measured=(best[start], "seconds"))


def _seconds_to_import() -> float:
    began = time.perf_counter()
    command = [sys.executable, "-c", "import tensorflow"]
    subprocess.run(command, env=child_environment(), stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def _seconds_to_first_point(world: World) -> float:
    run = create_run(world.experiment(), world.dataset)
    began = time.perf_counter()
    start_run(run)
    await_point(run)
    seconds = time.perf_counter() - began
    stop(run)
    return seconds


def _seconds_with_spare(world: World) -> float:
    os.environ.pop("ALEXNET_SPARE")  # World sets it to 0 for all other rows
    try:
        if not ensure_spare():
            raise AppError("No spare worker could be started; it needs a free training slot and 3 GB of free memory.")
        _await_idle("core.training.process.spare")
        return _seconds_to_first_point(world)
    finally:
        os.environ["ALEXNET_SPARE"] = "0"


def _await_idle(module: str, seconds: float = 1.5) -> None:
    """Waits until this process's child of that module has used no processor time for a while: it has done its imports."""
    deadline = time.monotonic() + FRESH_SECONDS
    quiet_since, last = time.monotonic(), -1.0
    while time.monotonic() < deadline:
        used = sum(cpu_seconds(child) for child in psutil.Process().children() if module in _command(child))
        if not used or used > last:
            quiet_since, last = time.monotonic(), used
        elif time.monotonic() - quiet_since > seconds:
            return
        time.sleep(0.05)
    raise AppError(f"{module} was not ready after {FRESH_SECONDS:.0f} seconds.")


def await_point(run: Run) -> None:
    """Waits for the run's first batch event, as closely as files can be watched."""
    offset, deadline = 0, time.monotonic() + FRESH_SECONDS
    while time.monotonic() < deadline:
        events, offset = read_events(run.events_path, offset)
        kinds = {event["kind"] for event in events}
        if "batch" in kinds:
            return
        if "failed" in kinds:
            raise AppError(f"The run failed: {run.history.message}")
        time.sleep(0.005)
    raise AppError(f"No batch was trained within {FRESH_SECONDS:.0f} seconds; {run.folder / 'worker.log'} may say why.")


def stop(run: Run) -> None:
    """Stops a run and waits for its process to end."""
    if run.is_active:
        stop_run(run)
    while run.is_active or is_held(run.folder / "lock"):
        time.sleep(0.05)


def memory(world: World) -> Iterator[Result | LeftOut]:
    """The most private memory (RssAnon) that a worker holds over an epoch, validation and test, by number of photos."""
    if not Path("/proc/self/status").exists():
        yield LeftOut("memory_25000_vs_4000", "private memory is read from /proc, which this system does not have")
        return
    peaks = {num_photos: _peak_memory(world, num_photos) for num_photos in (4_000, 25_000)}
    detail = f"{peaks[25_000] / 2**20:.0f} MB against {peaks[4_000] / 2**20:.0f} MB; black photos in sparse caches"
    yield Result("memory_25000_vs_4000", peaks[25_000] / peaks[4_000], 1.1, "x", detail, at_most=True)


def _peak_memory(world: World, num_photos: int) -> int:
    """Bytes, over a whole run of one epoch."""
    run = create_run(world.experiment(epochs=1), sparse_dataset(num_photos))
    start_run(run)
    worker = next(child for child in psutil.Process().children() if str(run.folder) in _command(child))
    peak = 0
    while worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE:
        peak = max(peak, rss_anon(worker.pid))
        time.sleep(0.05)
    if run.status != "completed":
        raise AppError(f"The run on {num_photos:,} photos is {run.status}: {run.history.message}")
    return peak


def rss_anon(pid: int) -> int:
    """Bytes that a process holds alone, without files that it maps; 0 once it has gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:")), 0)


def sparse_dataset(num_photos: int, size: int = 224) -> "Dataset":
    """A data set of black photos, half of them to train: its cache has its whole length and takes no room on the disk."""
    from core.photos.cache import build
    from core.photos.dataset import Dataset
    from core.photos.split import Example
    from core.workspace.tables import rows_to_csv

    examples = tuple(
        Example(f"{name}/{split}.{index}.jpg", name, place, split)
        for split, share in (("train", 2), ("val", 4), ("test", 4))
        for place, name in enumerate(CLASSES)
        for index in range(num_photos // share // len(CLASSES))
    )
    checksum = hashlib.sha256(rows_to_csv(examples).encode()).hexdigest()
    name = f"black-{num_photos}"
    dataset = Dataset(name, name, datasets_folder(), CLASSES, examples, {"used": len(examples)}, checksum, time.time())
    dataset.save()
    with (dataset.folder / f"cache-{size}x{size}x3-squash.npy").open("wb") as file:
        shape = (len(examples), size, size, 3)
        np.lib.format.write_array_header_2_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
        file.truncate(file.tell() + math.prod(shape))
    build(
        dataset, size, "squash"
    )  # would decode photos, of which there are none, if the file above were not what it wants
    return dataset


def viewers(world: World) -> Iterator[Result]:
    """Thirty sessions watch one run for two minutes: the speed that training keeps, and how long a tick takes."""
    run = create_run(world.experiment(epochs=1000), world.dataset)
    start_run(run)
    quiet, crowded = [], []
    try:
        await_point(run)
        with server() as (address, process):
            for _ in range(NUM_ROUNDS):
                quiet.append(_measured(run, process, QUIET_SECONDS))
                with watched(address, run, NUM_VIEWERS) as seen:
                    time.sleep(SETTLE_SECONDS)
                    crowded.append(_measured(run, process, WATCHED_SECONDS))
                crowded[-1].take(seen, run)
    finally:
        stop(run)
    speeds = [max(part.photos_per_second for part in parts) for parts in (crowded, quiet)]
    cpu = np.mean([part.server_cores for part in crowded])
    rate = sum(len(part.ticks) for part in crowded) / (NUM_ROUNDS * WATCHED_SECONDS)
    detail = f"{speeds[0]:.0f} of {speeds[1]:.0f} photos/s; server {cpu:.2f} of a core at {rate:.0f} ticks/s"
    yield Result("speed_with_30_viewers", speeds[0] / speeds[1], 0.90, "x", detail)
    ticks, ages, waits = (
        np.concatenate([getattr(part, name) for part in crowded]) for name in ("ticks", "ages", "waits")
    )
    detail = (
        f"{len(ticks):,} ticks, median {np.median(ticks):.2f} s; newest point on arrival: p95 {p95(ages):.2f} s old; "
        f"each event to each screen: median {np.median(waits):.2f}, p95 {p95(waits):.2f} s"
    )
    yield Result("tick_p95_30_viewers", p95(ticks), 0.5, "seconds", detail, at_most=True)


@dataclass
class _Part:
    """A stretch of a run: its speed, and what viewers saw of it, in seconds.

    Args:
        ticks: from asking for a tick to the end of its answer.
        ages: from the newest event of a chart to its arrival.
        waits: from each event to the first chart that holds it, for each viewer.
    """

    began: float
    ended: float
    photos_per_second: float
    server_cores: float
    ticks: np.ndarray = field(default_factory=lambda: np.empty(0))
    ages: np.ndarray = field(default_factory=lambda: np.empty(0))
    waits: np.ndarray = field(default_factory=lambda: np.empty(0))

    def take(self, seen: dict, run: Run) -> None:
        """Joins what arrived with the run's events."""
        times, epochs = _batch_times(run)
        points = np.array([point for point in seen["points"] if self.began <= point[1] <= self.ended])
        if not len(points):
            raise AppError(
                "No chart reached any viewer: the server was too busy. Run the bench with nothing else running."
            )
        newest = np.searchsorted(epochs, points[:, 2] + 1e-9, side="right") - 1
        self.ages = points[:, 1] - times[newest]
        self.ticks = np.array([seconds for _, at, seconds in seen["ticks"] if self.began <= at <= self.ended])
        self.waits = np.concatenate(
            [_waits(points[points[:, 0] == viewer], times, epochs) for viewer in np.unique(points[:, 0])]
        )


def _waits(points: np.ndarray, times: np.ndarray, epochs: np.ndarray) -> np.ndarray:
    """Seconds from each event to its arrival at one viewer; events between its first and its last arrival."""
    chosen = (epochs > points[0, 2]) & (epochs <= points[-1, 2])
    first = np.searchsorted(points[:, 2] + 1e-9, epochs[chosen])
    return points[first, 1] - times[chosen]


def _batch_times(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """(time, place in epochs as charts round it) of every batch event."""
    events, _ = read_events(run.events_path)
    steps = next(event["steps_per_epoch"] for event in events if event["kind"] == "started")
    batches = [(event["time"], round(event["step"] / steps, 3)) for event in events if event["kind"] == "batch"]
    times, epochs = np.array(batches).T
    return times, epochs


def _measured(run: Run, process: psutil.Process, seconds: float) -> _Part:
    """Lets so many seconds pass, and says how fast the run was and what the server used."""
    began, used = time.time(), cpu_seconds(process)
    time.sleep(seconds)
    ended, cores = time.time(), (cpu_seconds(process) - used) / seconds
    events = [
        event
        for event in read_events(run.events_path)[0]
        if event["kind"] == "batch" and began <= event["time"] <= ended
    ]
    steps, passed = events[-1]["step"] - events[0]["step"], events[-1]["time"] - events[0]["time"]
    return _Part(began, ended, steps * BATCH_SIZE / passed, cores)


def p95(seconds: np.ndarray) -> float:
    return float(np.percentile(seconds, 95))


@contextmanager
def server() -> Iterator[tuple[str, psutil.Process]]:
    """The app on a port of its own and on this workspace, as README starts it: its address and its process."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    port = address.partition(":")[2]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}", "--server.headless=true"]
    with tempfile.TemporaryFile("w+") as output:
        child = subprocess.Popen(
            command, cwd=PROJECT, env=child_environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            deadline = time.monotonic() + FRESH_SECONDS
            while not _answers(f"http://{address}/_stcore/health"):
                if child.poll() is not None or time.monotonic() > deadline:
                    output.seek(0)
                    raise AppError(f"The app could not be started: {output.read()[-500:]}")
                time.sleep(0.1)
            yield address, psutil.Process(child.pid)
        finally:
            child.terminate()
            child.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


@contextmanager
def watched(address: str, run: Run, number: int) -> Iterator[dict]:
    """So many viewers on the run's Training page, until the block ends; then what they saw is in the dict."""
    command = [sys.executable, "-m", "core.bench.viewers", address, f"run={run.id}", str(number)]
    child = subprocess.Popen(
        command, cwd=PROJECT, env=child_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        if child.stdout is None or "ready" not in child.stdout.readline():
            raise AppError("The viewers could not open the Training page; their error stands above.")
        seen = {}
        yield seen
        answer, _ = child.communicate(timeout=FRESH_SECONDS)
        if child.returncode:
            raise AppError("A viewer was thrown out of the Training page; its error stands above.")
        seen.update(json.loads(answer))
    finally:
        child.kill()
        child.wait()


def cpu_seconds(process: psutil.Process) -> float:
    """Processor seconds of a process so far; 0 once it has gone."""
    try:
        used = process.cpu_times()
    except psutil.Error:
        return 0.0
    return used.user + used.system


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
