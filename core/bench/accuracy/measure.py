"""Which ways there are to get a network from a folder of photos, which seeds each gets, and the rows that come of it."""

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.bench.accuracy.ours import is_held_back, train_ours
from core.bench.accuracy.readings import Reading, Record, interval, mean
from core.bench.accuracy.torch_environment import python_of_torch
from core.bench.table import LeftOut
from core.errors import AppError
from core.jobs.children import child_environment
from core.machine import num_cores, processor_has_bfloat16, processor_name
from core.workspace.folders import PROJECT

OURS = "modern"
ROWS = {
    OURS: "This app, preset “modern”",
    "article": "The article's network and recipe",
    "keras": "The article's network, batch normalisation, Keras' augmentation",
    "xception": "Keras' small Xception",
    "resnet18": "PyTorch's ResNet-18 at 128 pixels",
}
NUM_SEEDS = 3  # of ours; the others get one, and a second where the order could turn
# Of ours, by minutes: accuracy on 2 cores without AVX512, and what is asked earlier of those that multiply bfloat16.
BARS = {9.0: 0.90, 20.0: 0.925}
FAST_BARS = {5.0: 0.90}
Say = Callable[[str], None]


@dataclass(frozen=True)
class Row:
    """``accuracy.<row>.<minutes>``.

    Args:
        value: mean accuracy over seeds on the test photos, 0..1.
        interval: 95 %, see ``core.bench.accuracy.readings.interval``.
        seeds: that were trained.
        bar: of ours: what the others reached by then, and what the app promises of itself; None where there is none.
        detail: each seed's accuracy, and the seconds really taken.
    """

    way: str
    minutes: float
    value: float
    interval: tuple[float, float]
    seeds: tuple[int, ...]
    bar: float | None
    detail: str

    @property
    def row(self) -> str:
        return f"accuracy.{self.way}.{self.minutes:g}"

    @property
    def holds(self) -> bool | None:
        return None if self.bar is None else self.value >= self.bar


def accuracy(
    photos: Path,
    record_path: Path,
    minutes: Sequence[float] = (2, 5, 10, 20),
    ways: Sequence[str] = tuple(ROWS),
    num_seeds: int = NUM_SEEDS,
    say: Say = lambda text: None,
) -> Iterator[Row | LeftOut]:
    """Trains what has not been trained yet, one after the other, and gives all rows at the end.

    Args:
        photos: a folder with train/val/test folders of a class each.
        record_path: a file of readings; those that it has of this machine and these photos are not taken again.
        minutes: of the readings.
        ways: of ``ROWS``.
        num_seeds: of ours.
        say: is told what goes on.

    Raises:
        AppError: there is no such row, or the photos have no test split.
    """
    if unknown := [way for way in ways if way not in ROWS]:
        raise AppError(f"There is no row “{unknown[0]}”. The rows are {', '.join(ROWS)}.")
    if not minutes or min(minutes) <= 0:
        raise AppError(f"Minutes are numbers above 0, such as 2 5 10 20; received {list(minutes)}.")
    minutes = sorted(set(minutes))
    record = Record(record_path, _place(photos))
    left_out: dict[str, str] = {}

    def train(way: str, seed: int) -> None:
        if way in left_out or record.has(way, seed, minutes):
            return
        say(f"{ROWS[way]}, seed {seed}")
        try:
            for values in _readings(way, photos, seed, minutes, record):
                record.keep(Reading(row=way, seed=seed, place=record.place, **values))
                said = record.readings[-1]
                say(f"  {said.minutes:g} min: {said.accuracy:.1%} after {said.seconds:.0f} s, in epoch {said.epoch}")
        except AppError as error:
            left_out[way] = str(error)

    for way in ways:
        train(way, 0)
    for seed in range(1, num_seeds):
        if OURS in ways:
            train(OURS, seed)
    for way in ways:
        if way != OURS and OURS in ways and _could_turn(record, way, minutes):
            train(way, 1)
    yield from _rows(record, ways, minutes)
    yield from (LeftOut(f"accuracy.{way}", reason) for way, reason in left_out.items())


def _readings(way: str, photos: Path, seed: int, minutes: Sequence[float], record: Record) -> Iterator[dict]:
    """The fields of one training's readings that are not known yet, in the order of minutes."""
    if way == OURS:
        for each in minutes:
            if not record.has(way, seed, [each]):
                yield train_ours(photos, seed, each)
        return
    began = time.time()
    if way == "resnet18":
        python = python_of_torch()
        began = time.time()
        command = [str(python), str(Path(__file__).with_name("resnet.py"))]
    else:
        command = [sys.executable, "-m", "core.bench.accuracy.keras_ways"]
    asked = {"way": way, "photos": str(photos), "seed": seed, "began": began, "minutes": list(minutes)}
    yield from _answers([*command, json.dumps(asked)])


def _answers(command: list[str]) -> Iterator[dict]:
    """Each line of JSON that a child prints, as it comes. Raises AppError with its last words where it fails."""
    with tempfile.TemporaryFile("w+") as errors:
        child = subprocess.Popen(
            command, cwd=PROJECT, env=child_environment(), stdout=subprocess.PIPE, stderr=errors, text=True
        )
        try:
            for line in child.stdout or ():
                if line.startswith("{"):  # Keras counts its photos aloud
                    yield json.loads(line)
            status = child.wait()
        finally:
            child.kill()
            child.wait()
        errors.seek(0)
        if status:
            raise AppError(f"It ended with status {status}: {errors.read().strip()[-400:]}")


def _could_turn(record: Record, way: str, minutes: Sequence[float]) -> bool:
    """Whether at any time another way's interval reaches the mean of ours."""
    for each in minutes:
        ours, theirs = record.of(OURS, each), record.of(way, each)
        if ours and theirs and interval(theirs)[1] >= mean(ours):
            return True
    return False


def _rows(record: Record, ways: Sequence[str], minutes: Sequence[float]) -> Iterator[Row]:
    for each in minutes:
        others = [mean(found) for way in ways if way != OURS and (found := record.of(way, each))]
        for way in ways:
            readings = record.of(way, each)
            if not readings:
                continue
            bars = [*others, *_promised(each)] if way == OURS else []
            seconds = ", ".join(f"{reading.seconds:.0f}" for reading in readings)
            seeds = ", ".join(f"{reading.accuracy:.1%}" for reading in readings)
            yield Row(
                way,
                each,
                mean(readings),
                interval(readings),
                tuple(reading.seed for reading in readings),
                max(bars) if bars else None,
                f"{seeds} of {readings[0].total:,} test photos; {seconds} s",
            )


def _promised(minutes: float) -> list[float]:
    bars = BARS | FAST_BARS if processor_has_bfloat16() and not is_held_back() else BARS
    return [bars[minutes]] if minutes in bars else []


def _place(photos: Path) -> str:
    """A name for this machine and these photos: their paths and sizes."""
    test = photos / "test"
    if not test.is_dir():
        raise AppError(f"“{photos}” has no folder “test”. Name one with train, val and test folders of a class each.")
    files = sorted((str(path.relative_to(photos)), path.stat().st_size) for path in photos.rglob("*") if path.is_file())
    checksum = hashlib.sha256(json.dumps(files).encode()).hexdigest()[:12]
    processor = f"{processor_name()} as AVX2" if is_held_back() else processor_name()
    return f"{processor}, {num_cores()} cores, photos {checksum}"
