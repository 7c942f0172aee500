"""``python -m core.training.worker RUN_FOLDER``: takes the run's lock, waits its turn, trains, leaves the last word.

TensorFlow is imported only once a training slot is held, so that a class of thirty waiting runs costs little.
"""

import os
import sys
from pathlib import Path

from core.jobs import Cancelled, EventLog, Lock, conclude, requested, sweep, wait_for_slot
from core.runs import Run
from core.training.device import prepare_environment

ALREADY_RUNNING = 3
AN_HOUR = 3600.0


def main(folder: Path) -> int:
    """Does the work of one run folder.

    Returns:
        Exit status: 0 done, stopped or paused, 1 failed or out of disk, 3 already at work elsewhere.
    """
    run = Run(folder.name, folder)
    lock = Lock(folder / "lock")
    if not lock.acquire():
        return ALREADY_RUNNING
    if run.status == "completed":
        return 0
    os.nice(10)  # the server and the person's own programs come first
    log = EventLog(run.events_path)
    try:
        # A run that is struck off before it goes on keeps the figures that it had.
        return conclude(log, lambda: _train_in_turn(run, log), kept=run.history.results, when_full="paused")
    finally:
        lock.release()


def _train_in_turn(run: Run, log: EventLog) -> None:
    log.append("queued", position=0)
    log.take_ballast()
    sweep(run.folder, older_than_seconds=AN_HOUR)
    slot = wait_for_slot(
        run.id,
        on_position=lambda position: log.append("queued", position=position),
        give_up=lambda: requested(run.folder) is not None,
    )
    if slot is None:
        raise Cancelled(requested(run.folder) or "stop")
    try:
        log.append("progress", stage="starting", done=0, total=0)
        prepare_environment()
        from core.training.train import train  # imports TensorFlow

        train(run, log)
    finally:
        slot.release()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
