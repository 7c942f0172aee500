"""``python -m core.training.worker RUN_FOLDER``: takes the run's lock, waits its turn, trains, leaves the last word.

TensorFlow is imported only once a training slot is held, so that a class of thirty waiting runs costs little.
"""

import os
import sys
import traceback
from pathlib import Path

from core.errors import AppError
from core.jobs import BUG, Cancelled, EventLog, Lock, requested, wait_for_slot
from core.runs import Run
from core.training import checkpoint
from core.training.device import prepare_environment

ALREADY_RUNNING = 3


def main(folder: Path) -> int:
    """Does the work of one run folder. Returns an exit status: 0 done or stopped, 1 failed, 3 already at work elsewhere."""
    run = Run(folder.name, folder)
    lock = Lock(folder / "lock")
    if not lock.acquire():
        return ALREADY_RUNNING
    if run.status == "completed":
        return 0
    os.nice(10)  # the server and the person's own programs come first
    saved = checkpoint.latest(folder / "checkpoints")
    log = EventLog(run.events_path, at=saved.state["events_offset"] if saved else 0)
    try:
        log.append("queued", position=0)
        slot = wait_for_slot(
            run.id,
            on_position=lambda position: log.append("queued", position=position),
            give_up=lambda: requested(folder) is not None,
        )
        if slot is None:
            raise Cancelled
        log.append("progress", stage="starting", done=0, total=0)
        prepare_environment()
        from core.training.train import train  # imports TensorFlow

        train(run, log)
    except Cancelled:
        log.append("paused" if requested(folder) == "pause" else "stopped")
    except AppError as error:
        log.append("failed", message=str(error))
        return 1
    except BaseException:
        traceback.print_exc()
        log.append("failed", message=BUG)
        return 1
    finally:
        log.close()
        lock.release()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
