"""``python -m core.training.process.worker RUN_FOLDER``: takes the run's lock, waits its turn, trains, leaves the last word.

TensorFlow is imported only once a training slot is held, so that a class of thirty waiting runs costs little.
"""

import gc
import sys
import time
import traceback
from pathlib import Path

from core.jobs.events import EventLog
from core.jobs.job import Cancelled, conclude, requested
from core.jobs.queue import wait_for_slot
from core.jobs.way import give_way
from core.machine import available_memory, import_lighter, prepare_environment, private_memory
from core.runs.run import Run
from core.training.device import look, use_card
from core.training.forecast import learned, measured
from core.training.forecast.forecast import out_of_memory
from core.workspace.files import sweep
from core.workspace.lock import Lock

ALREADY_RUNNING = 3
AN_HOUR = 3600.0


def main(folder: Path, lock: Lock | None = None) -> int:
    """Does the work of one run folder.

    Args:
        lock: the run's, already held by this process. Defaults to taking it.

    Returns:
        Exit status: 0 done, stopped or paused, 1 failed or out of disk, 3 already at work elsewhere.
    """
    run = Run(folder.name, folder)
    if lock is None:
        lock = Lock(folder / "lock")
        if not lock.acquire():
            return ALREADY_RUNNING
    if run.status == "completed":
        return 0
    give_way()  # the server and the person's own programs come first
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
        use_card(slot.number)
        promised = learned.promise(run)
        began = time.monotonic()
        from core.training.loop.train import train  # imports TensorFlow

        measured.keep_seen(look())
        gc.freeze()
        gc.enable()
        own_share = train(run, log, began)
        learned.learn(run, promised, time.monotonic() - began, own_share)
    except MemoryError:
        traceback.print_exc()
        available = available_memory() + private_memory()  # what this run holds is free once it has ended
        sentence, batch_size = out_of_memory(run.config, run.split_sizes, len(run.class_names), available)
        log.last_word("failed", message=sentence, batch_size_that_fits=batch_size)
    finally:
        slot.release()


if __name__ == "__main__":
    import_lighter()
    sys.exit(main(Path(sys.argv[1])))
