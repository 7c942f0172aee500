"""Readings in a file: one JSON object a line, appended as each is taken, so that hours of measuring can be interrupted and go on."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from core.runs.evaluation import wilson_interval
from core.workspace.files import DAMAGED


@dataclass(frozen=True)
class Reading:
    """One network on the test photos.

    Args:
        row: of ``core.bench.accuracy.ROWS``.
        minutes: that it had, as asked.
        seed: of the training.
        correct, total: test photos named rightly, and all.
        seconds: that it really took from Start, readings left out.
        epoch: that it was in.
        place: machine and photos that it was taken on; others are not mixed with it.
    """

    row: str
    minutes: float
    seed: int
    correct: int
    total: int
    seconds: float
    epoch: int
    place: str

    @property
    def accuracy(self) -> float:
        return self.correct / self.total


class Record:
    """The readings of one machine and one folder of photos.

    Args:
        path: of the file; it need not be there. Lines that cannot be read are left alone.
        place: as ``Reading`` has it.
    """

    def __init__(self, path: Path, place: str):
        self._path, self.place = path, place
        self.readings = [reading for reading in _read(path) if reading.place == place]

    def has(self, row: str, seed: int, minutes: Iterable[float]) -> bool:
        """Whether all these readings of one training have been taken."""
        taken = {reading.minutes for reading in self.readings if (reading.row, reading.seed) == (row, seed)}
        return set(minutes) <= taken

    def keep(self, reading: Reading) -> None:
        """Appends one; it replaces an earlier one of the same training."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a+b") as file:
            file.seek(max(0, file.seek(0, 2) - 1))
            torn = file.read() not in (b"", b"\n")  # the last line was cut off
            file.write(b"\n" * torn + json.dumps(asdict(reading)).encode() + b"\n")
        self.readings.append(reading)

    def of(self, row: str, minutes: float) -> list[Reading]:
        """One reading a seed, the newest, by seed."""
        found = {one.seed: one for one in self.readings if (one.row, one.minutes) == (row, minutes)}
        return [found[seed] for seed in sorted(found)]


def mean(readings: list[Reading]) -> float:
    """Mean accuracy over seeds, 0..1."""
    return sum(reading.accuracy for reading in readings) / len(readings)


def interval(readings: list[Reading]) -> tuple[float, float]:
    """Where the mean accuracy on endless photos of this kind lies with 95 % confidence. Seeds share their test photos, so that more seeds
    do not make it narrower."""
    total = readings[0].total
    return wilson_interval(round(mean(readings) * total), total)


def _read(path: Path) -> list[Reading]:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return []
    readings = []
    for line in lines:
        try:
            readings.append(Reading(**json.loads(line)))
        except DAMAGED:  # a line that was cut off
            continue
    return readings
