"""The spare worker, seen from outside: a process that has imported Keras and waits, so that Start feels instant. No TensorFlow.

``core.training.process.spare`` is that process. It reads a named pipe in the slots folder; the kernel says at once whether anybody does. Who hands a
run over waits until its lock is taken, and starts a fresh worker otherwise. If both should come, the lock lets one of them work.
"""

import errno
import hashlib
import json
import os
import sys
import time
from pathlib import Path

from core.jobs.children import child_environment
from core.jobs.job import spawn
from core.jobs.queue import has_free_slot
from core.machine import ENVIRONMENT, available_memory
from core.workspace.files import read_json
from core.workspace.folders import PROJECT, slots_folder
from core.workspace.lock import is_held

SPARE = "core.training.process.spare"
PICK_UP_SECONDS = 0.3
# An idle spare holds 0.23 GB (measured), and its run more. It is started where that is no matter, and goes when others need it.
START_BYTES, FEWEST_BYTES = 3 * 2**30, 1 * 2**30
_SETTINGS = ("ALEXNET_", "CUDA_", "JAX_", "KERAS_", "LD_", "OMP_", "PYTHON", "TF_", "XLA_")


def ensure_spare() -> bool:
    """Starts a spare if none waits; returns at once, whether one was started. Call it when somebody may soon press Start.

    None is started while a run trains, which it would slow down and whose successor waits anyway; where memory is short; or
    with ``ALEXNET_SPARE=0``.
    """
    if os.environ.get("ALEXNET_SPARE") == "0" or is_held(lock_path()):
        return False
    if not has_free_slot() or available_memory() < START_BYTES:
        return False
    spawn(SPARE, slots_folder())
    return True


def hand_over(folder: Path) -> bool:
    """Gives a run to the spare. True once it has taken the run's lock; False if there is none, it does not suit or is too slow."""
    if not has_free_slot():  # it would hold its memory while it waits in the queue
        return False
    try:
        if read_json(about_path()) != surroundings():
            return False
        pipe = os.open(pipe_path(), os.O_WRONLY | os.O_NONBLOCK)
    except (OSError, ValueError):  # no pipe, or nobody reads it
        return False
    try:
        os.write(pipe, json.dumps(str(folder)).encode() + b"\n")
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.EAGAIN):
            raise
        return False
    finally:
        os.close(pipe)
    deadline = time.monotonic() + PICK_UP_SECONDS
    while time.monotonic() < deadline:
        if is_held(folder / "lock"):
            return True
        time.sleep(0.01)
    return False


def surroundings() -> dict[str, str | int]:
    """What a worker must share with whoever starts it: the program as it stands on disk, and every setting that changes the work."""
    settings = {name: value for name, value in child_environment().items() if name.startswith(_SETTINGS)}
    settings.pop("ALEXNET_SPARE", None)
    changed = max(path.stat().st_mtime_ns for path in (PROJECT / "core").rglob("*.py"))
    # only ever compared, so their hash is enough: an address of a mirror may hold a password too
    hashed = hashlib.sha256(json.dumps(ENVIRONMENT | settings, sort_keys=True).encode()).hexdigest()
    return {"python": sys.executable, "changed": changed, "settings": hashed}


def pipe_path() -> Path:
    return slots_folder() / "spare.pipe"


def lock_path() -> Path:
    return slots_folder() / "spare.lock"


def about_path() -> Path:
    return slots_folder() / "spare.json"
