"""Disks that take nothing more, in words. Whoever writes for a person says it in these."""

import errno
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from core.errors import AppError

ALMOST_FULL_BYTES = 2**20
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def disk_trouble(error: OSError, folder: Path) -> str | None:
    """A sentence if an error means that the disk takes nothing more; None for any other.

    Args:
        error: what writing raised.
        folder: where it was written.
    """
    if is_full(error):
        return (
            f"The disk that holds “{folder}” takes no more ({_reason(error)}; {_free_megabytes(folder)} MB are free). "
            "What was saved before is untouched. Make room, then go on."
        )
    if error.errno == errno.EROFS:
        return _read_only(folder)
    if error.errno == errno.EIO:
        return (
            f"The disk that holds “{folder}” reports an error ({_reason(error)}). Check the disk, then go on; what "
            "cannot be read back is noticed and passed over."
        )
    return None


def is_full(error: OSError) -> bool:
    """Whether an error means that the disk, or somebody's share of it, has no room."""
    return error.errno in _FULL


def why_not_written(error: OSError, place: Path) -> str:
    """A sentence on why writing raised, whatever it was.

    Args:
        error: what writing raised.
        place: the folder or file that was written.
    """
    sentence = f"“{place}” cannot be written ({_reason(error)}). Check who may write there, then try again."
    return disk_trouble(error, place) or sentence


@contextmanager
def saying_why_not(place: Path, kind: type[AppError], before: str = "") -> Generator[None, None, None]:
    """Turns an OSError of what is written here into its sentence.

    Args:
        place: as ``why_not_written`` has it.
        kind: of the error that is raised instead.
        before: a sentence that stands before it, on what is not done now.
    """
    try:
        yield
    except OSError as error:
        raise kind(f"{before} {why_not_written(error, place)}".strip()) from error


def why_unwritable(folder: Path) -> str | None:
    """A sentence on why nothing can be written into a folder at this moment; None if it can be.

    It tries: what a system says of a disk that it has just made read-only is not always so.
    """
    try:
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            file.write(bytes(4096))
    except OSError as error:
        return why_not_written(error, folder)
    if shutil.disk_usage(folder).free < ALMOST_FULL_BYTES:
        return f"The disk that holds “{folder}” is full ({_free_megabytes(folder)} MB are free). Make room, then go on."
    return None


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


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
