"""A worker that holds its lock and does nothing: how that is seen, and how it is ended.

Which process it is, the system is asked, which knows who has the lock's file open; a number in a file could be anybody's by now.
"""

import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil

from core.errors import RunError
from core.jobs.events import last_event
from core.jobs.job import requested
from core.workspace.lock import is_held

ASKED_SECONDS = 60.0  # a request is read at every step; the largest networks take seconds for one
SILENT_SECONDS = 900.0  # no stage of a training is without a word for so long
_LOOK_SECONDS = 3.0  # pages of a whole class ask; the system's table is read once for all
_END_SECONDS = 10.0

_guard = threading.Lock()
_seen: dict[Path, tuple[float, str | None]] = {}


def why_silent(folder: Path, is_fresh: bool = False) -> str | None:
    """Half a sentence on why the worker of a job does not answer; None if it does, or there is none.

    Args:
        folder: the job's.
        is_fresh: whether to look now, whatever was seen in the last seconds.
    """
    with _guard:
        now = time.monotonic()
        seen_at, answer = _seen.get(folder, (float("-inf"), None))
        if is_fresh or now - seen_at > _LOOK_SECONDS:
            if len(_seen) > 1000:
                _seen.clear()
            answer = _look(folder)
            _seen[folder] = (now, answer)
        return answer


def _look(folder: Path) -> str | None:
    if not is_held(folder / "lock"):
        return None
    process = holder(folder / "lock")
    with suppress(psutil.Error):
        if process is not None and process.status() in (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP):
            return "its process is held still, by a signal or a debugger"
    last = last_event(folder / "events.jsonl") or {}
    word, now = requested(folder), time.time()
    spoke_at: float = last.get("time", now)
    if word is not None:
        with suppress(OSError):
            since = now - max(spoke_at, (folder / "request").stat().st_mtime)
            if since > ASKED_SECONDS:
                return f"it was asked to {word} and has said nothing for {since:.0f} seconds"
    if last.get("kind") not in (None, "queued") and now - spoke_at > SILENT_SECONDS:  # who waits has nothing to say
        return f"it has said nothing for {(now - spoke_at) / 60:.0f} minutes"
    return None


def holder(path: Path) -> psutil.Process | None:
    """The process of ours that holds a lock; None if there is none, or another user's, of whom one cannot see that."""
    wanted = str(path.resolve())
    for process in psutil.process_iter(["cmdline"]):
        with suppress(psutil.Error, OSError):
            if "core." in " ".join(process.info["cmdline"] or ()) and any(
                file.path == wanted for file in process.open_files()
            ):
                return process
    return None


def end_holder(folder: Path) -> None:
    """Ends the process that holds a job's lock, at once, as a power cut would: what its last checkpoint holds is kept.

    Raises:
        RunError: it cannot be found, or does not end.
    """
    lock = folder / "lock"
    process = holder(lock) if is_held(lock) else None
    if process is not None:
        with suppress(psutil.Error):
            process.kill()
    deadline = time.monotonic() + _END_SECONDS
    while is_held(lock):
        if process is None or time.monotonic() > deadline:
            raise RunError(
                f"The process of “{folder.name}” could not be ended: it belongs to another user, or the system does not let it go. End it "
                "by hand, or start the computer again."
            )
        time.sleep(0.02)
