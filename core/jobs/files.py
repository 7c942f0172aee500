"""Where things lie on disk, and how a file is replaced without ever being half there."""

import csv
import errno
import json
import os
import secrets
import shutil
import stat
import tempfile
import time
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

PROJECT = Path(__file__).resolve().parents[2]
ALMOST_FULL_BYTES = 2**20
MOST_JSON_BYTES = 64 * 2**20
DAMAGED = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, csv.Error)
"""What making sense of a file may raise whose content is not what we wrote, whoever wrote it. ``OSError`` is not of them."""
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def workspace() -> Path:
    """The folder that holds data sets, runs and jobs: ``ALEXNET_HOME``, else ``workspace/`` in the project."""
    return _made(_resolved(os.environ.get("ALEXNET_HOME") or str(PROJECT / "workspace"), os.getcwd()))


@lru_cache(maxsize=8)
def _resolved(folder: str, here: str) -> Path:
    """A page asks for the workspace dozens of times a run; following its links anew each time was a fifth of some runs."""
    return Path(here, Path(folder).expanduser()).resolve()


def _made(folder: Path) -> Path:
    if not folder.is_dir():  # a look is cheaper than a try, which locks the folder around it
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _inside(name: str) -> Path:
    return _made(workspace() / name)


def datasets_folder() -> Path:
    """``workspace/datasets``, made if missing."""
    return _inside("datasets")


def runs_folder() -> Path:
    """``workspace/runs``, made if missing."""
    return _inside("runs")


def jobs_folder() -> Path:
    """``workspace/jobs``, made if missing."""
    return _inside("jobs")


def slots_folder() -> Path:
    """``workspace/slots``, made if missing."""
    return _inside("slots")


def sync_folder(folder: Path) -> None:
    """Makes renames inside ``folder`` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomic(path: Path, content: str | bytes) -> None:
    """Writes a file so that a reader, or a crash at any instant, sees the old content or the new, never a part.

    Args:
        path: the file; its folder exists.
        content: text (UTF-8; surrogate escapes of undecodable file names are kept) or bytes.

    Raises:
        OSError: disk full, read-only. The old file is untouched and nothing is left beside it.
    """
    data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def open_file(path: Path | str) -> BinaryIO:
    """Opens a file to read its bytes, and nothing else: a named pipe of that name would be waited for without end, and a device
    has no end. Links are followed.

    Raises:
        OSError: there is none, it may not be read, or it is no file (with ``strerror`` in words).
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # of a pipe, that returns at once
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is no file but a folder, a pipe or a device", str(path))
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_file(path: Path | str, most_bytes: int | None = None) -> bytes:
    """All bytes of a file. Raises OSError as ``open_file``, ValueError for more than ``most_bytes``."""
    with open_file(path) as file:
        data = file.read() if most_bytes is None else file.read(most_bytes + 1)
    if most_bytes is not None and len(data) > most_bytes:
        raise ValueError(f"it has more than {most_bytes:,} bytes")
    return data


def parse_json(data: bytes) -> Any:
    """The values of JSON that we wrote, with surrogate escapes for bytes that are no text. Raises ValueError for anything else,
    numbers that JSON lacks and lists in lists without end among it."""
    try:
        values = json.loads(data.decode("utf-8", "surrogateescape"), parse_constant=_no_number)
        if b"\\ud" in data.lower():  # half a letter, which no screen and no file takes, unless it stands for a byte
            json.dumps(values, ensure_ascii=False).encode("utf-8", "surrogateescape")
    except RecursionError:
        raise ValueError("it holds lists in lists without end") from None
    return values


def _no_number(word: str):
    raise ValueError(f"it holds {word}, which is no number")


def read_json(path: Path) -> Any:
    """The content of a JSON file. Raises OSError (FileNotFoundError where there is none) or ValueError."""
    return parse_json(read_file(path, MOST_JSON_BYTES))


def sweep(folder: Path, older_than_seconds: float = 0) -> None:
    """Removes temporary files (hidden, ``.tmp``) that a crash left in a folder.

    Args:
        folder: one that nobody else writes to now, or
        older_than_seconds: only files of that age, so that what another process writes this moment stays.
    """
    for path in folder.glob(".*.tmp"):
        try:
            if time.time() - path.stat().st_mtime >= older_than_seconds:
                path.unlink()
        except FileNotFoundError:
            continue


def disk_trouble(error: OSError, folder: Path) -> str | None:
    """A sentence if an error means that the disk takes nothing more; None for any other.

    Args:
        error: what writing raised.
        folder: where it was written.
    """
    if error.errno in _FULL:
        return (
            f"The disk that holds “{folder}” takes no more ({os.strerror(error.errno)}; {_free_megabytes(folder)} MB are free). "
            "What was saved before is untouched. Make room, then go on."
        )
    if error.errno == errno.EROFS:
        return _read_only(folder)
    if error.errno == errno.EIO:
        return (
            f"The disk that holds “{folder}” reports an error ({os.strerror(error.errno)}). Check the disk, then go on; what "
            "cannot be read back is noticed and passed over."
        )
    return None


def why_unwritable(folder: Path) -> str | None:
    """A sentence on why nothing can be written into a folder at this moment; None if it can be.

    It tries: what a system says of a disk that it has just made read-only is not always so.
    """
    try:
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            file.write(bytes(4096))
    except OSError as error:
        reason = f"Nothing can be written into “{folder}” ({error.strerror}). Look after the folder, then go on."
        return disk_trouble(error, folder) or reason
    if shutil.disk_usage(folder).free < ALMOST_FULL_BYTES:
        return f"The disk that holds “{folder}” is full ({_free_megabytes(folder)} MB are free). Make room, then go on."
    return None


def _read_only(folder: Path) -> str:
    return (
        f"The disk that holds “{folder}” is read-only, so nothing could be written. Systems do that to a disk with errors: check "
        "it, make it writable, then go on."
    )


def _free_megabytes(folder: Path) -> str:
    try:
        return f"{shutil.disk_usage(folder).free / 1e6:.1f}"
    except OSError:
        return "unknown"


def random_letters(length: int) -> str:
    """Letters and digits that cannot be mistaken for one another when read aloud in class."""
    return "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(length))
