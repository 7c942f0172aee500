"""All pixels of a data set in one file that training maps into memory: (N, H, W, C) uint8, upright.

Built once for a size and a fit, by child processes that each write their own rows. The file has its final name only
once it is whole and on the disk, so a kill half way leaves no cache rather than a broken one.

The version of its NumPy header tells who made it: 2.0 since colour profiles are applied, 1.0 before. In one of before, the rows of
photos with profiles are written anew, all others stay: photos may be gone that a run learned from.
"""

import hashlib
import io
import os
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import PhotoError
from core.jobs import pool
from core.jobs.job import Report, no_report
from core.photos.dataset import Dataset
from core.photos.files import decode
from core.workspace.disk import is_full, why_not_written
from core.workspace.files import open_file, read_file, sync_folder
from core.workspace.lock import Lock


def open_cache(dataset: Dataset, size: int, fit: str, channels: int = 3, report: Report = no_report) -> np.ndarray:
    """(N, size, size, channels) uint8 read-only memory map; row i is ``dataset.all_examples[i]``. Builds it if missing.

    Args: as ``build``. Raises: as ``build``.
    """
    path = build(dataset, size, fit, channels, report)
    return np.load(path, mmap_mode="r")


def build(dataset: Dataset, size: int, fit: str, channels: int = 3, report: Report = no_report) -> Path:
    """The cache file of a data set, made if it is not there.

    Args:
        dataset: prepared.
        size: side of the square in pixels.
        fit: "squash", "crop" or "pad", see ``pixels.fit_image``.
        channels: 3 or 1.
        report: called with stage "caching" after each photo; "waiting" while another process builds the same cache.

    Raises:
        PhotoError: a photo was changed, removed or broken since the scan; the disk has no room.
        Cancelled: by ``report``; nothing is left on the disk.
    """
    path = dataset.folder / f"cache-{size}x{size}x{channels}-{fit}.npy"
    shape = (len(dataset.all_examples), size, size, channels)
    if _is_whole(path, shape):
        return path
    with _lock(path, report):
        if _is_whole(path, shape):  # the other process built it
            return path
        if _is_whole(path, shape, _BEFORE_PROFILES):
            _renew(dataset, path, shape, fit, report)
            return path
        unfinished = path.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)  # left by a builder that was killed: nobody else has the lock
        try:
            _check_room(dataset.folder, _num_bytes(shape))
            _write(dataset, unfinished, shape, fit, report)
            os.replace(unfinished, path)
            sync_folder(dataset.folder)
        except OSError as error:
            if is_full(error):
                raise _no_room(dataset.folder, _num_bytes(shape)) from error
            raise PhotoError(f"The pixel cache was not made. {why_not_written(error, dataset.folder)}") from error
        finally:
            unfinished.unlink(missing_ok=True)
    return path


def write_row(task: dict) -> dict:
    """Decodes one photo into its row. Runs in a child process.

    Args:
        task: ``{"photo", "sha256", "size", "fit", "channels", "cache", "offset"}``.

    Returns:
        ``{}``; ``{"problem": half a sentence}`` for a photo that cannot be used any more; ``{"errno"}`` if writing failed.
    """
    try:
        content = read_file(task["photo"])
    except OSError as error:
        return {"problem": f"cannot be read any more ({error.strerror})"}
    if task["sha256"] and hashlib.sha256(content).hexdigest() != task["sha256"]:
        return {"problem": "has changed since the folder was scanned"}
    try:
        row = decode.load(content, task["size"], task["fit"], task["channels"])
    except PhotoError as error:
        return {"problem": f"cannot be decoded any more ({error.issue})"}
    try:
        file = os.open(task["cache"], os.O_WRONLY)
        try:
            left, offset = memoryview(row.tobytes()), task["offset"]
            while left:
                written = os.pwrite(file, left, offset)
                left, offset = left[written:], offset + written
        finally:
            os.close(file)
    except OSError as error:
        return {"errno": error.errno}
    return {}


def renew_row(task: dict) -> dict:
    """``write_row`` for a photo whose colour profile counts; one that has none, or is no longer what it was, keeps its row."""
    try:
        is_needed = decode.has_profile(Path(task["photo"]))
    except PhotoError:
        return {}
    return write_row(task) if is_needed else {}


def _renew(dataset: Dataset, path: Path, shape: tuple[int, ...], fit: str, report: Report) -> None:
    """Brings a cache from before colour profiles up to date, where it lies: what is left undone by a kill is done again."""
    try:
        _fill(dataset, path, shape, fit, report, "core.photos.cache:renew_row", may_lack=True)
        with path.open("rb+") as file:
            os.fsync(file.fileno())
            file.write(_npy_header(shape))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise PhotoError(f"The pixel cache was not renewed. {why_not_written(error, dataset.folder)}") from error


def _write(dataset: Dataset, path: Path, shape: tuple[int, ...], fit: str, report: Report) -> None:
    with path.open("wb") as file:
        file.write(_npy_header(shape))
        file.flush()
        _take_room(file.fileno(), _num_bytes(shape))
        _fill(dataset, path, shape, fit, report, "core.photos.cache:write_row")
        os.fsync(file.fileno())


def _fill(
    dataset: Dataset,
    path: Path,
    shape: tuple[int, ...],
    fit: str,
    report: Report,
    function: str,
    may_lack: bool = False,
) -> None:
    """Has child processes write the rows of a file that is there in its full length.

    Args:
        function: what they call, as "module:function".
        may_lack: whether rows of photos that cannot be read stay as they are.
    """
    offset, row_bytes = len(_npy_header(shape)), int(np.prod(shape[1:]))
    tasks = [
        {
            "photo": str(dataset.root / example.path),
            "sha256": example.sha256,
            "size": shape[1],
            "fit": fit,
            "channels": shape[3],
            "cache": str(path),
            "offset": offset + index * row_bytes,
        }
        for index, example in enumerate(dataset.all_examples)
    ]
    done = 0
    report("caching", 0, len(tasks))
    with closing(pool.run(function, tasks)) as answers:
        for index, answer in answers:
            if not may_lack or (isinstance(answer, dict) and "errno" in answer):
                _check_answer(dataset.all_examples[index].path, answer)
            done += 1
            report("caching", done, len(tasks))


def _check_answer(photo: str, answer: dict[str, Any] | pool.Lost) -> None:
    reply: dict[str, Any] = {"problem": f"could not be read: {answer}"} if isinstance(answer, pool.Lost) else answer
    if problem := reply.get("problem"):
        raise PhotoError(
            f"The photo “{photo}” {problem}. Nothing else is lost: prepare the folder again, which leaves out what "
            "cannot be used."
        )
    if "errno" in reply:
        raise OSError(reply["errno"], os.strerror(reply["errno"]))


def _take_room(file: int, num_bytes: int) -> None:
    """Takes the disk's room now where the system can, so that a full disk is met before the work is done."""
    os.ftruncate(file, num_bytes)
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(file, 0, num_bytes)
        except OSError as error:
            if is_full(error):
                raise


_BEFORE_PROFILES, _NOW = (1, 0), (2, 0)


def _npy_header(shape: tuple[int, ...], version: tuple[int, int] = _NOW) -> bytes:
    text = io.BytesIO()
    write = np.lib.format.write_array_header_2_0 if version == _NOW else np.lib.format.write_array_header_1_0
    write(text, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return text.getvalue()  # both have as many bytes, for they are filled up to a multiple of 64


def _num_bytes(shape: tuple[int, ...]) -> int:
    return len(_npy_header(shape)) + int(np.prod(shape, dtype=np.int64))


def _is_whole(path: Path, shape: tuple[int, ...], version: tuple[int, int] = _NOW) -> bool:
    try:
        if path.stat().st_size != _num_bytes(shape):
            return False
        with open_file(path) as file:
            header = _npy_header(shape, version)
            return file.read(len(header)) == header
    except OSError:
        return False


def _lock(path: Path, report: Report) -> Lock:
    lock = Lock(path.with_suffix(".lock"))
    while not lock.acquire(0.25):
        report("waiting", 0, 1)
    return lock


def _check_room(folder: Path, needed: int) -> None:
    if shutil.disk_usage(folder).free < needed:
        raise _no_room(folder, needed)


def _no_room(folder: Path, needed: int) -> PhotoError:
    free = shutil.disk_usage(folder).free
    return PhotoError(
        f"The pixel cache needs {needed:,} bytes ({_in_words(needed)}) of disk; “{folder}” has {free:,} free "
        f"({_in_words(free)}). Free some space, lower the image size, or set ALEXNET_HOME to a folder on another disk."
    )


def _in_words(num_bytes: int) -> str:
    return f"{num_bytes / 1e9:.1f} GB" if num_bytes >= 1e9 else f"{num_bytes / 1e6:.1f} MB"
