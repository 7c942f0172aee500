import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import namedtuple
from pathlib import Path

import numpy as np
import psutil
import pytest
from photo_makers import write_classes, write_photo

from core.config import PhotosConfig, SplitConfig
from core.errors import PhotoError
from core.jobs.job import Cancelled
from core.photos import cache
from core.photos.prepare import prepare
from core.workspace.lock import Lock


@pytest.fixture
def pets(tmp_path):
    return prepare(PhotosConfig(source=str(write_classes(tmp_path / "pets", 8))), SplitConfig())


def left_behind(pets) -> set[str]:
    return {path.name for path in pets.folder.iterdir()} - {"dataset.json", "dataset.csv", "scan.csv", "facts.csv"}


@pytest.mark.parametrize("channels", [3, 1])
@pytest.mark.parametrize("fit", ["squash", "crop", "pad"])
def test_a_cache_is_a_read_only_map_of_all_examples(pets, fit, channels):
    rows = cache.open_cache(pets, 16, fit, channels)
    assert (rows.shape, rows.dtype) == ((16, 16, 16, channels), np.uint8)
    assert isinstance(rows, np.memmap) and not rows.flags.writeable
    assert (pets.folder / f"cache-16x16x{channels}-{fit}.npy").is_file()


def test_it_is_built_once(pets, monkeypatch):
    first = cache.build(pets, 16, "squash")
    monkeypatch.setattr(cache.pool, "run", None)
    assert cache.build(pets, 16, "squash") == first


def test_a_file_of_the_wrong_length_is_built_anew(pets):
    path = cache.build(pets, 16, "squash")
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    assert cache.build(pets, 16, "squash").read_bytes() == whole


def test_progress_counts_every_photo(pets):
    told = []
    cache.build(pets, 16, "squash", report=lambda *event: told.append(event))
    assert told == [("caching", done, 16) for done in range(17)]


def test_cancel_leaves_nothing_and_ends_the_children(pets):
    before = set(psutil.Process().children())

    def stop(stage, done, total):
        if done >= 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        cache.build(pets, 16, "squash", report=stop)
    assert left_behind(pets) == {"cache-16x16x3-squash.lock"}
    assert set(psutil.Process().children()) <= before
    assert cache.open_cache(pets, 16, "squash").shape[0] == 16


@pytest.mark.parametrize("harm", ["removed", "changed", "broken"])
def test_a_photo_that_breaks_after_the_scan_is_named_and_the_next_scan_mends_it(pets, harm):
    example = pets.examples[5]
    photo = pets.root / example.path
    if harm == "removed":
        photo.unlink()
    elif harm == "changed":
        write_photo(photo, seed=700)
    else:
        photo.write_bytes(photo.read_bytes()[:200])
    with pytest.raises(PhotoError, match="prepare the folder again") as error:
        cache.build(pets, 16, "squash")
    assert f"“{example.path}”" in str(error.value)
    assert left_behind(pets) == {"cache-16x16x3-squash.lock"}
    again = prepare(PhotosConfig(source=str(pets.root)), SplitConfig())
    assert cache.open_cache(again, 16, "squash").shape[0] == (16 if harm == "changed" else 15)


def test_too_little_room_is_said_in_bytes_before_any_work(pets, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(10, 10, 1000))
    monkeypatch.setattr(cache.pool, "run", None)
    with pytest.raises(PhotoError, match=r"needs 12,416 bytes .* has 1,000 free"):
        cache.build(pets, 16, "squash")
    assert left_behind(pets) == {"cache-16x16x3-squash.lock"}


@pytest.mark.parametrize("where", ["taking room", "writing a row"])
def test_a_disk_that_fills_up_is_a_sentence_and_leaves_nothing(pets, monkeypatch, where):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if where == "taking room":
        monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    else:
        monkeypatch.setattr(cache.pool, "run", lambda *_: ((0, {"errno": errno.ENOSPC}) for _ in range(1)))
    with pytest.raises(PhotoError, match="needs 12,416 bytes"):
        cache.build(pets, 16, "squash")
    assert left_behind(pets) == {"cache-16x16x3-squash.lock"}


def test_a_row_that_cannot_be_written_gives_its_error_number(pets):
    task = {"photo": str(pets.root / pets.examples[0].path), "sha256": "", "size": 16, "fit": "squash", "channels": 3}
    assert cache.write_row({**task, "cache": "/dev/full", "offset": 0}) == {"errno": errno.ENOSPC}


def test_a_second_builder_waits_and_can_be_cancelled(pets):
    def stop(stage, done, total):
        assert stage == "waiting"
        raise Cancelled

    with Lock(pets.folder / "cache-16x16x3-squash.lock"), pytest.raises(Cancelled):
        cache.build(pets, 16, "squash", report=stop)


def builder(pets, slow: bool = False) -> subprocess.Popen:
    pause = "time.sleep(.3)" if slow else "None"
    code = (
        "import sys, time\nfrom core.photos import cache, dataset\n"
        f"cache.build(dataset.load({pets.id!r}), 16, 'squash', report=lambda *_: {pause})\n"
    )
    return subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[3])


@pytest.mark.slow
def test_two_builders_make_one_whole_cache(pets):
    both = [builder(pets), builder(pets)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert left_behind(pets) == {"cache-16x16x3-squash.lock", "cache-16x16x3-squash.npy"}
    assert cache.open_cache(pets, 16, "squash").any(axis=(1, 2, 3)).all()


def test_a_kill_half_way_leaves_no_cache_under_the_final_name(pets):
    process = builder(pets, slow=True)
    unfinished = pets.folder / "cache-16x16x3-squash.unfinished"
    while not unfinished.exists():
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (pets.folder / "cache-16x16x3-squash.npy").exists()
    assert cache.open_cache(pets, 16, "squash").any(axis=(1, 2, 3)).all()
    assert not unfinished.exists()
