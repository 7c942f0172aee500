"""Where things lie on disk, and how a file is replaced without ever being half there."""

import csv
import errno
import json
import os
import secrets
import stat
import tempfile
import time
from io import BufferedReader
from pathlib import Path
from typing import Any

MOST_JSON_BYTES = 64 * 2**20
DAMAGED = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, csv.Error)
"""What making sense of a file may raise whose content is not what we wrote, whoever wrote it. ``OSError`` is not of them."""


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


def open_file(path: Path | str) -> BufferedReader:
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


def random_letters(length: int) -> str:
    """Letters and digits that cannot be mistaken for one another when read aloud in class."""
    return "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(length))
