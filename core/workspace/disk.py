"""Disks that take nothing more, in words."""

import errno
import os
import shutil
import tempfile
from pathlib import Path

ALMOST_FULL_BYTES = 2**20


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


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
