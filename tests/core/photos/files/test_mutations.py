"""Thousands of broken files: each gets a verdict, none takes a decoder, the time or the memory with it."""

import io
import random
import threading
from collections import Counter
from pathlib import Path

import numpy as np
import psutil
import pytest
from photo_makers import encoded, picture
from PIL import Image

from core.photos.checks import clean, scan
from core.photos.checks.scan import Issue
from core.photos.files.decode import PHOTO_EXTENSIONS

NUM_MUTATIONS = 2000


def whole_files() -> dict[str, bytes]:
    """One small file of every kind that the scan meets: extension and number -> bytes."""
    image, other = (Image.fromarray(picture(seed, 96, 128)) for seed in (1, 2))
    frames = {"save_all": True, "append_images": [other]}
    pages = io.BytesIO()  # before any JPEG: Pillow remembers its options and stumbles over them here
    image.save(pages, "TIFF", **frames)
    exif = Image.Exif()
    exif[274] = 6
    sixteen = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    return {
        "0.jpg": encoded(image, "JPEG", exif=exif),
        "1.jpg": encoded(image, "JPEG", progressive=True),
        "2.jpg": encoded(image.convert("CMYK"), "JPEG"),
        "3.mpo": encoded(image, "MPO", **frames),
        "4.png": encoded(image, "PNG", exif=exif),
        "5.png": encoded(image.convert("P"), "PNG", transparency=3),
        "6.png": encoded(sixteen, "PNG"),
        "7.png": encoded(image, "PNG", **frames),
        "8.gif": encoded(image, "GIF", **frames),
        "9.bmp": encoded(image, "BMP"),
        "10.bmp": encoded(image.convert("P"), "BMP"),
        "11.webp": encoded(image, "WEBP", exif=exif),
        "12.webp": encoded(image, "WEBP", **frames),
        "13.tiff": encoded(image, "TIFF", compression="tiff_lzw"),
        "14.tif": encoded(image, "TIFF", compression="jpeg"),
        "15.tif": encoded(Image.fromarray(np.asarray(sixteen, np.float32)), "TIFF"),
        "16.tif": pages.getvalue(),
        "17.avif": encoded(image, "AVIF"),
        "18.avif": encoded(image, "AVIF", **frames),
    }


def mutated(rng: random.Random, files: list[bytes]) -> bytes:
    """A file with flipped bytes, without its end, with a hole, or with a piece of another."""
    data = bytearray(rng.choice(files))
    kind = rng.choice(("flip", "flip", "flip the header", "truncate", "splice", "cut out", "repeat"))
    start = rng.randrange(len(data))
    if kind == "flip":
        for _ in range(rng.choice((1, 4, 30))):
            data[rng.randrange(len(data))] = rng.randrange(256)
    elif kind == "flip the header":
        for _ in range(rng.choice((1, 2, 6))):
            data[rng.randrange(min(len(data), 300))] = rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))
    elif kind == "truncate":
        del data[start:]
    elif kind == "splice":
        other = rng.choice(files)
        begin = rng.randrange(len(other))
        data[start : start + rng.randrange(1, 400)] = other[begin : begin + rng.randrange(1, 400)]
    elif kind == "cut out":
        del data[start : start + rng.randrange(1, 400)]
    else:
        data[start:start] = data[start : start + 400]
    return bytes(data)


def write_mutations(folder: Path, files: dict[str, bytes], count: int, seed: int = 0) -> None:
    """Files whose names end as their origins' do."""
    rng = random.Random(seed)
    for index in range(count):
        name = rng.choice(sorted(files))
        mine = [files[name]] if rng.random() < 0.8 else list(files.values())
        (folder / f"{index}.{name.rpartition('.')[2]}").write_bytes(mutated(rng, mine))


class Memory:
    """The most memory that a scan took, in bytes (resident set), looked at every 20 ms: its children's, and what this process grew by.

    What earlier tests have left in this process (TensorFlow), and children of theirs that still live, are not the scan's.
    """

    def __enter__(self):
        self.peak, self._done = 0, threading.Event()
        me = psutil.Process()
        self._before, self._others = me.memory_info().rss, {child.pid for child in me.children(recursive=True)}
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()

    def _watch(self):
        parent = psutil.Process()
        while not self._done.wait(0.02):
            held = max(0, parent.memory_info().rss - self._before)
            for process in parent.children(recursive=True):
                try:
                    held += 0 if process.pid in self._others else process.memory_info().rss
                except psutil.Error:
                    continue
            self.peak = max(self.peak, held)


def scanned(folder: Path, monkeypatch) -> Counter:
    """How often each issue came, after everything that must hold of any folder."""
    lost = []
    monkeypatch.setattr(scan, "_lost", lambda answer, lost_of=scan._lost: lost.append(str(answer)) or lost_of(answer))
    with Memory() as memory:
        report = scan.scan(folder)
    counts = Counter(str(check.issue or "no issue") for check in report.checks)
    print(dict(counts), f"{memory.peak / 1e6:.0f} MB")
    assert lost == []  # no decoder died or hung
    assert memory.peak < 0.9e9  # a process that does nothing but scan holds 0.1 GB before it begins
    plan = clean.plan(report).counts()
    assert plan["used"] + plan["converted"] + plan["left_out"] + plan["ignored"] == plan["found"] == counts.total()
    return counts


@pytest.mark.slow
def test_two_thousand_mutations_get_a_verdict_each_and_all_processes_stay_below_a_gigabyte(tmp_path, monkeypatch):
    write_mutations(tmp_path, whole_files(), NUM_MUTATIONS)
    counts = scanned(tmp_path, monkeypatch)
    assert counts.total() == NUM_MUTATIONS
    assert counts[Issue.TRUNCATED] > 100 and counts[Issue.UNREADABLE] > 100 and counts[Issue.NOT_A_PHOTO] > 5


@pytest.mark.photos
def test_mutations_of_files_as_people_have_them_get_a_verdict_each(tmp_path, monkeypatch, real_photos):
    photos = [path for path in (real_photos / "awkward").iterdir() if path.suffix[1:].lower() in PHOTO_EXTENSIONS]
    files = {f"{index}{path.suffix}": path.read_bytes() for index, path in enumerate(sorted(photos))}
    write_mutations(tmp_path, {name: data for name, data in files.items() if data}, 500)
    assert scanned(tmp_path, monkeypatch).total() == 500


@pytest.mark.parametrize("name", whole_files())
def test_the_files_before_their_mutation_are_fine(tmp_path, name):
    (tmp_path / name).write_bytes(whole_files()[name])
    (check,) = scan.scan(tmp_path).checks
    assert check.issue in (None, Issue.NEEDS_CONVERSION)
