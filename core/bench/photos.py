"""Rows about the scan: 25,000 photos of 200 pixels, mixed with defects, by the command that a person types."""

import io
import json
import random
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
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
NUM_DECODED = 2_000  # of the photos, for the references
NUM_COMPARED = 500  # hashes that are compared with all others, for the reference
# What any program has to do that lists a folder: a process, a look at each file, a line for each.
_LIST = """
import json, os, sys
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        path = os.path.join(folder, name)
        status = os.stat(path)
        print(json.dumps({"path": path, "bytes": status.st_size, "mtime": status.st_mtime_ns}))
"""


def scan(world: World) -> Iterator[Result]:
    """Speed on one core beside libjpeg's and Pillow's, memory beside that of a fifth of the photos, the second scan beside a list of the
    files, near-duplicates beside one look at a time."""
    from core.photos.checks import likeness, scan

    folder, few = world.folder / "many", world.folder / "few"
    write_photos(folder, NUM_PHOTOS)
    write_photos(few, NUM_FEW)
    _, few_memory = _scanned(few)
    seconds, memory = _scanned(folder)
    _scanned(folder)  # keeps what the next ones find
    report = scan.scan(folder)  # from what the two before it have kept
    hashes = [check.perceptual_hash for check in report.checks if check.perceptual_hash]
    words = likeness.hash_words(hashes)
    looks = len(hashes) / 2 / min(NUM_COMPARED, len(hashes))  # each pair once
    took = best_of(
        {
            "again": lambda: _scanned(folder)[0],
            "list": lambda: _seconds(lambda: _list(folder)),
            "near": lambda: _seconds(lambda: likeness.near_pairs(hashes)),
            "one by one": lambda: (
                looks * _seconds(lambda: [likeness.near(one, words) for one in hashes[:NUM_COMPARED]])
            ),
        },
        largest=False,
    )

    one_core = len(report.checks) / seconds / num_cores()
    some = [folder / check.path for check in report.checks[:: max(1, NUM_PHOTOS // NUM_DECODED)]]
    contents = [path.read_bytes() for path in some]
    speeds = best_of(
        {
            "libjpeg": lambda: len(some) / _seconds(lambda: _decode(contents)),
            "verify": lambda: len(some) / _seconds(lambda: _verify(some)),
        }
    )
    found = (
        f"{one_core:,.0f} photos/s a core: {NUM_PHOTOS:,} of {SIDE} pixels in {seconds:.1f} s on {num_cores()} cores, start "
        f"included; libjpeg alone {speeds['libjpeg']:,.0f}"
    )
    share = one_core / speeds["libjpeg"]
    yield Result("scan_photos_per_core", share, 0.16, "x", found, measured=(one_core, "photos/s"))
    yield Result(
        "scan_vs_pillow_verify",
        one_core / speeds["verify"],
        0.2,
        "x",
        f"Pillow's verify, then load: {speeds['verify']:,.0f} photos/s a core",
    )
    yield Result(
        "scan_memory",
        memory / few_memory,
        1.5,
        "x",
        f"all processes: {memory / 1e6:.0f} MB; {few_memory / 1e6:.0f} MB for {NUM_FEW:,} photos",
        at_most=True,
    )
    detail = (
        f"the unchanged folder in {took['again']:.2f} s, start included; a process that lists it {took['list']:.2f} s"
    )
    yield Result(
        "rescan_seconds",
        took["again"] / took["list"],
        25,
        "x",
        detail,
        at_most=True,
        measured=(took["again"], "seconds"),
    )
    detail = f"{len(hashes):,} photos, all pairs in {took['near']:.2f} s; one photo at a time on one core {took['one by one']:.2f} s"
    yield Result(
        "near_duplicates_seconds",
        took["near"] / took["one by one"],
        0.5,
        "x",
        detail,
        at_most=True,
        measured=(took["near"], "seconds"),
    )


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


def _list(folder: Path) -> None:
    command = [sys.executable, "-c", _LIST, str(folder)]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, env=child_environment())


def _decode(contents: list[bytes]) -> None:
    """Pixels of JPEGs that are in memory already, and nothing else: what libjpeg takes alone."""
    from PIL import Image

    for content in contents:
        with suppress(OSError), Image.open(io.BytesIO(content)) as image:
            image.load()


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
