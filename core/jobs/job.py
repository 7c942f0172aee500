"""A job: long work in a process outside the server, with a folder of plain files that says all about it."""

import json
import re
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from core.errors import AppError, RunError
from core.jobs.children import child_environment, reap
from core.jobs.digest import Digest
from core.jobs.events import EventLog, last_event, read_events
from core.jobs.kinds import Event
from core.parse import is_number
from core.workspace.disk import disk_trouble, saying_why_not, why_not_written
from core.workspace.files import DAMAGED, random_letters, read_file, read_json, write_atomic
from core.workspace.folders import PROJECT, jobs_folder
from core.workspace.lock import Lock, is_held

Report = Callable[[str, int, int], None]
ENDED = ("completed", "stopped", "failed")
_REPORT_SECONDS = 0.25
_ID = re.compile(r"[a-z0-9][a-z0-9-]{2,63}")


class Cancelled(Exception):
    """Raised when the person asked for the work to end. Long functions clean up and let it through.

    Args:
        word: what was asked for: ``stop`` or ``pause``.
    """

    def __init__(self, word: str = "stop"):
        super().__init__(word)
        self.word = word


def no_report(stage: str, done: int, total: int) -> None:
    """The ``Report`` of somebody who is not looking."""


def new_id(word: str = "") -> str:
    """A short, sortable, URL-safe name: date, time, an optional word of [a-z0-9-], four random letters."""
    stamp = datetime.now().strftime("%y%m%d-%H%M%S")
    word = re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-")[:24]
    return "-".join(part for part in (stamp, word, random_letters(4)) if part)


def check_id(text: object) -> str:
    """``text`` if it has the form of an id. Raises RunError otherwise, so that nothing a person typed becomes a path."""
    if not isinstance(text, str) or not _ID.fullmatch(text):
        raise RunError(
            f"An id is 3 to 64 small letters, digits and hyphens; received “{str(text)[:80]}”. Choose one that is listed."
        )
    return text


@dataclass(frozen=True)
class Progress:
    """How far a job is in what it does now.

    Args:
        stage: what that is; "" before the first report.
        done, total: in the stage's own unit.
        time: of the report, seconds since 1970.
        first_done, first_time: of the stage's first report.
    """

    stage: str = ""
    done: float = 0
    total: float = 0
    time: float = 0.0
    first_done: float = 0
    first_time: float = 0.0


@dataclass(frozen=True)
class Job:
    """A folder with job.json, events.jsonl, request, lock and worker.log. Its status is derived, never stored."""

    id: str
    folder: Path
    kind: str

    @property
    def request(self) -> dict[str, Any]:
        """What was asked for when the job was made. Raises RunError if its file is damaged or gone."""
        try:
            return _asked(self.folder)[1]
        except (OSError, *DAMAGED) as error:
            raise RunError(
                f"What the job “{self.id}” was asked for cannot be read any more ({error}). Start it again."
            ) from error

    @property
    def last(self) -> Event | None:
        """The last event, or None before the first."""
        return last_event(self.folder / "events.jsonl")

    @property
    def status(self) -> str:
        """queued, running, paused, stopped, completed, failed, interrupted or damaged."""
        return status_of(self.folder)

    @property
    def progress(self) -> Progress:
        """Its last report; read once for all who look."""
        return _progress.of(self.folder / "events.jsonl")

    def events(self, offset: int = 0) -> tuple[list[Event], int]:
        """Events from a byte offset on, and the offset to go on from."""
        return read_events(self.folder / "events.jsonl", offset)


def status_of(folder: Path) -> str:
    """The state of a job folder: its last event, and whether a living process holds its lock.

    Queued is what an event says to be queued. Where the events are lost, or begin anew beside the checkpoints of a work that they
    do not tell of, the job is "damaged": it may have been completed, and nobody does it again unasked.
    """
    last = last_event(folder / "events.jsonl")
    if last is None or last["kind"] == "queued":
        return (
            "queued" if is_held(folder / "lock") or (last is not None and not _has_lost_events(folder)) else "damaged"
        )
    if last["kind"] in (*ENDED, "paused"):
        return last["kind"]
    return "running" if is_held(folder / "lock") else _after_death(folder)


def _has_lost_events(folder: Path) -> bool:
    """Whether there are results of a work whose beginning no event tells."""
    try:
        has_worked = any((folder / "checkpoints").iterdir()) or (folder / "evaluation.json").exists()
        return has_worked and b'"started"' not in read_file(folder / "events.jsonl")
    except OSError:
        return False


def _after_death(folder: Path) -> str:
    """A worker that ended between two looks has left a last word; one that was killed has not."""
    last = last_event(folder / "events.jsonl")
    return last["kind"] if last and last["kind"] in (*ENDED, "paused") else "interrupted"


def create_job(kind: str, request: dict[str, Any]) -> Job:
    """A new job folder under workspace/jobs; nothing runs yet.

    Args:
        kind: what to do, known to the module that will run it (``scan``, ``prepare``).
        request: JSON types, kept in job.json.
    """
    job_id = new_id(kind)
    folder = jobs_folder() / job_id
    folder.mkdir()
    write_atomic(folder / "job.json", _json({"id": job_id, "kind": kind, "request": request, "created": time.time()}))
    log = EventLog(folder / "events.jsonl")
    log.append("queued")
    log.close()
    return Job(job_id, folder, kind)


def find_job(job_id: str) -> Job:
    """The job of that id. Raises RunError if there is none, or its file is damaged."""
    return _job_in(jobs_folder() / check_id(job_id))


def _job_in(folder: Path) -> Job:
    try:
        return Job(folder.name, folder, _asked(folder)[0])
    except FileNotFoundError:
        raise RunError(
            f"There is no job “{folder.name}” on this computer. It may have been cleared; start it again."
        ) from None
    except (OSError, *DAMAGED) as error:
        raise RunError(
            f"What the job “{folder.name}” was asked for cannot be read any more ({error}). Start it again."
        ) from error


def _asked(folder: Path) -> tuple[str, dict[str, Any]]:
    """(kind, request) of a job. Raises OSError, or one of DAMAGED."""
    about: dict[str, Any] = read_json(folder / "job.json")
    kind, request = about["kind"], about["request"]
    then = request.get("then_train", {"config": {}, "owner": ""})
    if not isinstance(kind, str) or not isinstance(then["owner"], str) or not isinstance(then["config"], dict):
        raise ValueError("it is not in the form that the app writes")
    return kind, request


def spawn(module: str, folder: Path, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Starts ``python -m module folder`` in a session of its own: it outlives the server, a closed browser, a closed terminal.

    Its output goes to worker.log in the folder. Starting twice is harmless: the second finds the lock taken and ends.
    """
    with open(folder / "worker.log", "ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", module, str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=PROJECT,
            env=child_environment(**(environment or {})),
        )
    reap(child)
    return child


def ask(folder: Path, what: str) -> None:
    """Leaves a request (``stop`` or ``pause``) for the worker; it is read at the next step. Stop wins over pause.

    Raises:
        RunError: the disk is full or read-only.
    """
    if what == "pause" and requested(folder) == "stop":
        return
    with saying_why_not(folder, RunError):
        write_atomic(folder / "request", what)


def requested(folder: Path) -> str | None:
    """The pending request, ``stop`` or ``pause``, or None. Work whose folder is gone is to stop: nobody will see its end."""
    try:
        word = read_file(folder / "request", 100).strip()
    except FileNotFoundError:
        return None if folder.is_dir() else "stop"
    except (OSError, ValueError):
        return None
    return {b"stop": "stop", b"pause": "pause"}.get(word)


def clear_request(folder: Path) -> None:
    (folder / "request").unlink(missing_ok=True)


def run_job(folder: Path, work: Callable[[Job, Report], dict[str, Any]]) -> int:
    """Inside the job's process: holds the lock, does the work, and leaves the last word whatever happens.

    Args:
        folder: the job folder.
        work: gets the job and a ``Report`` that writes progress events (at most 4 a second) and raises ``Cancelled``
            once a stop was asked for; returns the fields of the ``completed`` event.

    Returns:
        Exit status: 0 done or stopped, 1 failed, 3 already running elsewhere.
    """
    lock = Lock(folder / "lock")
    if not lock.acquire():
        return 3
    log = EventLog(folder / "events.jsonl")
    told_at, told_stage = 0.0, ""

    def report(stage: str, done: int, total: int) -> None:
        nonlocal told_at, told_stage
        if requested(folder) == "stop":
            raise Cancelled
        now = time.monotonic()
        if now - told_at >= _REPORT_SECONDS or stage != told_stage or done == total:
            told_at, told_stage = now, stage
            log.append("progress", stage=stage, done=done, total=total)

    def whole() -> dict[str, Any]:
        log.append("started")
        return work(_job_in(folder), report)

    try:
        return conclude(log, whole)
    finally:
        lock.release()


def conclude(
    log: EventLog,
    work: Callable[[], dict[str, Any] | None],
    kept: Mapping[str, Any] | None = None,
    when_full: str = "failed",
) -> int:
    """Does the work of a job and leaves the last word, whatever happens. Closes the log.

    Args:
        log: the job's events.
        work: returns the fields of the ``completed`` event, or None if it has left a last word itself.
        kept: fields of the last word of a job that was cancelled.
        when_full: what a job is whose disk takes no more: ``failed``, or ``paused`` where it can go on later.

    Returns:
        Exit status: 0 done, stopped or paused by a person, 1 otherwise.
    """
    try:
        end = _End("completed", work(), 0)
    except BaseException as error:
        end = _end_of(error, kept or {}, when_full, log.path.parent)
    status = end.status
    try:
        if end.fields is not None:
            log.last_word(end.kind, **end.fields)
    except OSError as error:  # the job is then found interrupted, and readers see for themselves what the disk is like
        print(why_not_written(error, log.path.parent), file=sys.stderr)
        status = 1
    finally:
        log.close()
    return status


@dataclass(frozen=True)
class _End:
    """The kind and fields of a job's last event (None: it has left one), and its process's exit status."""

    kind: str
    fields: Mapping[str, Any] | None
    status: int


def _end_of(error: BaseException, kept: Mapping[str, Any], when_full: str, folder: Path) -> _End:
    """The end of work that raised."""
    if isinstance(error, Cancelled):
        return _End("paused" if error.word == "pause" else "stopped", kept, 0)
    if isinstance(error, AppError):
        return _End("failed", {"message": str(error)} | ({"code": error.code} if error.code else {}), 1)
    if isinstance(error, OSError) and (sentence := disk_trouble(error, folder)):
        return _End(when_full, {"message": sentence}, 1)
    traceback.print_exception(error)
    return _End("failed", {"message": NO_MEMORY if isinstance(error, MemoryError) else BUG}, 1)


BUG = "Something went wrong that is not your doing. The details are in worker.log in the job's folder; please report them."
NO_MEMORY = (
    "There was not enough memory. Close other programs, or lower the batch size or the picture size, and start again."
)


def _grown(progress: Progress, events: list[Event | None]) -> Progress:
    for event in events:
        if event is not None and event["kind"] == "progress":
            progress = _after_report(progress, event)
    return progress


def _after_report(progress: Progress, event: Event) -> Progress:
    stage, time_told = event.get("stage"), event.get("time")
    done, total = event.get("done"), event.get("total")
    if not isinstance(stage, str) or not (is_number(done) and is_number(total) and is_number(time_told)):
        return progress
    if stage != progress.stage:
        return Progress(stage, done, total, time_told, first_done=done, first_time=time_told)
    return replace(progress, done=done, total=total, time=time_told)


_progress = Digest(Progress(), _grown, weight=lambda _: 1, most_values=1000)


def _json(values: dict[str, Any]) -> str:
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"
