"""A lock file that the kernel frees however its holder dies. A process id in a file is never trusted.

Ours beside ``filelock``, which cannot say whether a lock is held without taking it: readers ask that of every job, all the time.
"""

import fcntl
import os
import time
from pathlib import Path


class Lock:
    """An exclusive hold on a file, for as long as the process lives or until ``release``.

    Readers look with ``is_held``, a shared try that may briefly stand in the way, so taking it tries for a second.
    """

    def __init__(self, path: Path):
        self.path = path
        self._descriptor: int | None = None

    def acquire(self, timeout_seconds: float = 1.0) -> bool:
        """True once held; False if another process holds it for the whole time."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC, 0o644)
        deadline = time.monotonic() + timeout_seconds
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    os.close(descriptor)
                    return False
                time.sleep(0.02)
                continue
            self._descriptor = descriptor
            return True

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> "Lock":
        if self._descriptor is None and not self.acquire():
            raise BlockingIOError(f"{self.path} is held by another process")
        return self

    def __exit__(self, *_exception: object) -> None:
        self.release()


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock. Two who look do not take each other for the holder.

    What lies there but cannot be opened is no lock that anybody holds.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
