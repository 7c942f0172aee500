"""Runs as processes of this machine."""

from core.errors import RunError
from core.jobs import EventLog, Lock, ask, clear_request, is_held, spawn
from core.runs.store import ACTIVE, Run, list_runs

WORKER = "core.training.worker"


def start_run(run: Run) -> None:
    """Starts the run's worker, detached. Harmless where one is at work already: the lock tells.

    A run that was stopped, paused or interrupted, or that failed, goes on from its last checkpoint. A completed one is left alone.
    """
    lock = Lock(run.folder / "lock")
    if run.status == "completed" or not lock.acquire(timeout_seconds=0.1):
        return
    try:  # whoever holds the lock may write events: from here on the run is queued, not what it was before
        clear_request(run.folder)
        log = EventLog(run.events_path)
        log.append("queued", position=0)
        log.close()
    finally:
        lock.release()
    spawn(WORKER, run.folder)


def stop_run(run: Run) -> None:
    """Asks a run to stop at the next step, to keep its best epoch and to test it.

    Raises:
        RunError: it neither waits nor trains.
    """
    if run.status not in ACTIVE:
        raise RunError(f"The run “{run.id}” is {run.status}; only a run that waits or trains can be stopped.")
    ask(run.folder, "stop")
    if not is_held(run.folder / "lock"):  # waiting without a worker, after a reboot: one comes to strike it off
        spawn(WORKER, run.folder)


def revive_waiting() -> list[Run]:
    """Starts again the workers of runs that wait in the queue without one (after a reboot). Returns them.

    Interrupted runs are not started: they are offered for resume, never resumed unasked.
    """
    revived = [run for run in list_runs() if run.status == "queued" and not is_held(run.folder / "lock")]
    for run in reversed(revived):
        spawn(WORKER, run.folder)
    return revived
