"""Rows about the scan: 25,000 photos of 200 pixels, mixed with defects, by the command that a person types."""

import io
import json
import random
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import psutil

from core.bench.table import Result, best_of
from core.bench.world import World
from core.jobs.children import child_environment
from core.machine import num_cores
from core.workspace.folders import PROJECT

NUM_PHOTOS, NUM_FEW = 25_000, 5_000
NUM_DRAWINGS = 400
SIDE = 200


def scan(world: World) -> Iterator[Result]:
    """Speed on one core beside Pillow's, memory beside that of a fifth of the photos, the second scan, near-duplicates."""
    from core.photos.checks import likeness, scan

    folder, few = world.folder / "many", world.folder / "few"
    write_photos(folder, NUM_PHOTOS)
    write_photos(few, NUM_FEW)
    _, few_memory = _scanned(few)
    seconds, memory = _scanned(folder)
    again, _ = _scanned(folder)
    report = scan.scan(folder)  # from what the two before it have kept
    hashes = [check.perceptual_hash for check in report.checks if check.perceptual_hash]
    near = best_of({"near": lambda: _seconds(lambda: likeness.near_pairs(hashes))}, largest=False)["near"]

    one_core = len(report.checks) / seconds / num_cores()
    some = [folder / check.path for check in report.checks[:: NUM_PHOTOS // 2000]]
    pillow = best_of({"verify": lambda: len(some) / _seconds(lambda: _verify(some))})["verify"]
    found = f"{NUM_PHOTOS:,} photos of {SIDE} pixels in {seconds:.1f} s on {num_cores()} cores, start included"
    yield Result("scan_photos_per_core", one_core, 900, "photos/s", found)
    yield Result(
        "scan_vs_pillow_verify",
        one_core / pillow,
        0.2,
        "x",
        f"Pillow's verify, then load: {pillow:,.0f} photos/s a core",
    )
    yield Result(
        "scan_memory",
        memory / few_memory,
        1.5,
        "x",
        f"all processes: {memory / 1e6:.0f} MB; {few_memory / 1e6:.0f} MB for {NUM_FEW:,} photos",
        at_most=True,
    )
    yield Result("rescan_seconds", again, 5, "seconds", "the unchanged folder, start included", at_most=True)
    yield Result("near_duplicates_seconds", near, 20, "seconds", f"{len(hashes):,} photos, all pairs", at_most=True)


def write_photos(folder: Path, count: int) -> None:
    """Cats and dogs of one folder each; no two alike but for the exact copies among the defects.

    Each is a window of a drawing, mirrored or not, in a light of its own: drawing all of them would take minutes.
    Of 100 files 4 are defects: a copy, a half, another format by a JPEG's name, and grey.
    """
    from PIL import Image

    from core.photos.drawn import draw as drawn

    drawings = {name: [drawn.draw(name, index) for index in range(NUM_DRAWINGS // 2)] for name in ("cats", "dogs")}
    rng, before = random.Random(0), b""
    for index in range(count):
        name = ("cats", "dogs")[index % 2]
        drawing = rng.choice(drawings[name])
        width, height = (round(drawing.width * rng.uniform(0.4, 0.8)) for _ in range(2))
        left, top = rng.randrange(drawing.width - width), rng.randrange(drawing.height - height)
        photo = drawing.resize((SIDE, SIDE), Image.Resampling.BILINEAR, (left, top, left + width, top + height))
        if rng.random() < 0.5:
            photo = photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        gain = rng.uniform(0.7, 1.2)
        photo = photo.point(lambda level, gain=gain: level * gain)
        data = io.BytesIO()
        defect = index % 100
        (photo.convert("L") if defect == 3 else photo).save(data, "WEBP" if defect == 2 else "JPEG", quality=80)
        content = before if defect == 0 and before else data.getvalue()
        if defect == 1:
            content = content[: len(content) // 2]
        before = data.getvalue() if defect == 98 else before  # of the same class as the copy
        path = folder / name / f"{index}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _scanned(folder: Path) -> tuple[float, int]:
    """(seconds, most resident bytes of all its processes at once) of ``python -m core scan``."""
    command = [sys.executable, "-m", "core", "scan", str(folder), "--json"]
    began, peak = time.perf_counter(), 0
    with subprocess.Popen(
        command, cwd=PROJECT, env=child_environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        process = psutil.Process(child.pid)
        last = _Last(child)
        while not last.wait(0.05):
            peak = max(peak, _resident(process))
        seconds = time.perf_counter() - began
    if child.returncode or last.summary["left_out"] == 0:
        raise RuntimeError(f"scan ended with status {child.returncode} and said {last.summary}")
    return seconds, peak


class _Last:
    """Reads a child's lines on the side, or its pipe would fill up, and keeps the last."""

    def __init__(self, child: subprocess.Popen):
        self.summary: dict = {}
        self._child = child
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        newest = deque(self._child.stdout or (), maxlen=1)
        self.summary = json.loads(newest[0]) if newest else {}

    def wait(self, seconds: float) -> bool:
        """Whether the child has closed its output within that time."""
        self._thread.join(seconds)
        return not self._thread.is_alive()


def _resident(process: psutil.Process) -> int:
    held = 0
    try:
        for each in (process, *process.children(recursive=True)):
            held += each.memory_info().rss
    except psutil.Error:  # one ended meanwhile
        return 0
    return held


def _verify(paths: list[Path]) -> None:
    """The loop that people write: Pillow's verify reads no pixel of a JPEG, so the photo is opened again and loaded."""
    from PIL import Image

    for path in paths:
        try:
            with Image.open(path) as image:
                image.verify()
            with Image.open(path) as image:
                image.load()
        except OSError:
            continue


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
