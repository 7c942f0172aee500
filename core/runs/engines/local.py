"""Runs as processes of this machine."""

from collections.abc import Callable
from contextlib import suppress

from core.errors import AppError, RunError
from core.jobs.events import EventLog
from core.jobs.job import ask, clear_request, spawn
from core.jobs.silence import end_holder, why_silent
from core.runs.engines import warm
from core.runs.run import ACTIVE, Run
from core.runs.store import list_runs, more_epochs, more_minutes, remove_run
from core.workspace.disk import why_not_written
from core.workspace.lock import Lock, is_held
from core.workspace.owners import migrate

WORKER = "core.training.process.worker"


def start_run(run: Run) -> None:
    """Starts the run's worker, detached; a spare that waits becomes it. Harmless where one is at work already: the lock tells.

    A run that was stopped, paused or interrupted, or that failed, goes on from its last checkpoint. A completed one is left alone.

    Raises:
        RunError: the disk is full or read-only, so nothing could be kept; the run is what it was.
    """
    _queue(run)


def extend_run(run: Run, epochs: int | None = None, minutes: float | None = None) -> Run:
    """Goes on with a run that has ended or paused, to more epochs than it was planned for. Its config.json says so afterwards.

    The learning rate and all else that follows the length of a run go on as in a run of ``epochs`` epochs from the start: a
    learning rate that had come down rises again. A notice of the run says what that means in figures.

    Args:
        run: not at work.
        epochs: of the whole run, those that are done included.
        minutes: instead, for a run by the clock: of the whole run, those that are gone included.

    Returns:
        The run, with its new config.

    Raises:
        RunError: it waits or trains, or is not made longer, or the disk takes nothing.
        ConfigError: ``epochs`` or ``minutes`` are over the limit.
    """
    more = (lambda: more_epochs(run, epochs)) if epochs is not None else (lambda: more_minutes(run, minutes or 0.0))
    if run.is_active or not _queue(run, more):
        raise RunError(f"The run “{run.name}” is at work. Pause or stop it first, then make it longer.")
    return Run(run.id, run.folder)


def stop_run(run: Run) -> None:
    """Asks a run to stop at the next step, to keep its best epoch and to test it.

    Raises:
        RunError: it neither waits nor trains.
    """
    _ask(run, "stop", "stopped")


def pause_run(run: Run) -> None:
    """Asks a run to write a checkpoint at the next step, to end its process and to free its memory.

    Raises:
        RunError: it neither waits nor trains.
    """
    _ask(run, "pause", "paused")


def end_run(run: Run) -> None:
    """Ends the process of a run that does not answer, at once. Its last checkpoint is kept: a run that trained is then interrupted, and
    one that waited gets a process anew, which takes its place at the end of the line or, where it was asked to, strikes it off.

    Raises:
        RunError: it has no process, or one that cannot be ended.
    """
    if not is_held(run.folder / "lock"):
        raise RunError(f"The run “{run.name}” has no process that could be ended; it is {run.status}.")
    end_holder(run.folder)
    if run.status == "queued":
        spawn(WORKER, run.folder)


def delete_run(run: Run) -> None:
    """Removes a run for good. Raises RunError while its worker lives, or where it has gone already."""
    if is_held(run.folder / "lock"):
        raise RunError(f"The run “{run.name}” is at work. Stop it first, then delete it.")
    remove_run(run)


def why_run_is_silent(run: Run, is_fresh: bool = False) -> str | None:
    """A sentence if the process of a run does not answer, so that it, and all who wait behind it, wait without end; else None."""
    reason = why_silent(run.folder, is_fresh)
    return f"This run does not answer: {reason}. Nobody's turn comes until it goes on or is ended." if reason else None


def revive_waiting() -> list[Run]:
    """Starts again the workers of runs that wait in the queue without one (after a reboot). Returns them.

    Files of the first release are brought up to date before: those runs write them no more.

    Interrupted runs are not started: they are offered for resume, never resumed unasked.
    """
    with suppress(AppError):  # a disk that takes nothing; readers make the marks themselves
        migrate()
    revived = [run for run in list_runs() if run.status == "queued" and not is_held(run.folder / "lock")]
    for run in reversed(revived):
        spawn(WORKER, run.folder)
    return revived


def _queue(run: Run, make_longer: Callable[[], object] | None = None) -> bool:
    """Puts a run into the queue, longer if asked. False if it is at work or, where it is not to be longer, completed."""
    if run.damage:
        raise RunError(run.damage)
    if run.status == "completed" and make_longer is None:
        return False
    try:
        lock = Lock(run.folder / "lock")
        if not lock.acquire(timeout_seconds=0.1):
            return False
        try:  # whoever holds the lock may write events: from here on the run is queued, not what it was before
            if make_longer is not None:
                make_longer()
            clear_request(run.folder)
            log = EventLog(run.events_path)
            log.append("queued", position=0)
            log.close()
        finally:
            lock.release()
        if not warm.hand_over(run.folder):
            spawn(WORKER, run.folder)
    except OSError as error:
        reason = why_not_written(error, run.folder)
        raise RunError(f"The run “{run.name}” was not started. {reason}") from error
    return True


def _ask(run: Run, what: str, done: str) -> None:
    if run.status not in ACTIVE and not is_held(run.folder / "lock"):
        raise RunError(f"The run “{run.name}” is {run.status}; only a run that waits or trains can be {done}.")
    ask(run.folder, what)
    if not is_held(run.folder / "lock"):  # waiting without a worker, after a reboot: one comes to strike it off
        spawn(WORKER, run.folder)
