"""``python -m core.training.process.spare SLOTS_FOLDER``: imports Keras, then waits to become the worker of a run.

One per workspace, by a lock. It holds no training slot while it waits, and ends after ten minutes or when memory is short. How a run
comes to it stands in ``core.runs.engines.warm``.
"""

import json
import os
import select
import sys
import time
from pathlib import Path
from threading import Event, Thread

from core.jobs.way import give_way
from core.machine import available_memory, import_lighter, num_cards, prepare_environment
from core.runs.engines import warm
from core.training.device import look
from core.training.forecast import measured
from core.training.process import worker
from core.workspace.files import DAMAGED, write_atomic
from core.workspace.lock import Lock

IDLE_SECONDS = 600.0
LOOK_SECONDS = 2.0


class Spare:
    """Listens for a run from the first moment: one that is handed over while Keras is being imported is taken too."""

    def __init__(self):
        self.folder: Path | None = None
        self.lock: Lock | None = None
        self.has_run = Event()
        warm.pipe_path().unlink(missing_ok=True)
        os.mkfifo(warm.pipe_path(), 0o600)
        # Open for writing too, so that the pipe does not end when one of those who write closes it.
        self._pipe = os.open(warm.pipe_path(), os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        write_atomic(warm.about_path(), json.dumps(warm.surroundings()))
        self._thread = Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while not self.has_run.is_set():
            select.select([self._pipe], [], [])
            for line in os.read(self._pipe, 65536).splitlines():
                try:
                    folder = Path(json.loads(line))
                    lock = Lock(folder / "lock")
                    is_mine = (folder / "config.json").is_file() and lock.acquire(timeout_seconds=0.1)
                except (OSError, *DAMAGED):  # no line of ours
                    continue
                if is_mine:
                    self.folder, self.lock = folder, lock
                    self.has_run.set()
                    break

    def wait(self) -> Path | None:
        """The run to become the worker of; None when it is time to go."""
        deadline = time.monotonic() + IDLE_SECONDS
        while not self.has_run.wait(LOOK_SECONDS):
            if time.monotonic() > deadline or available_memory() < warm.FEWEST_BYTES or not warm.about_path().exists():
                self.leave()
                return self.folder if self.has_run.wait(0.05) else None  # one may have come at the last moment
        self.leave()
        return self.folder

    def leave(self) -> None:
        """From here on nobody finds this spare."""
        warm.about_path().unlink(missing_ok=True)
        warm.pipe_path().unlink(missing_ok=True)


def main() -> int:
    give_way()  # before there are threads: each keeps its own
    lock = Lock(warm.lock_path())
    if not lock.acquire(timeout_seconds=0.1):
        return worker.ALREADY_RUNNING
    spare = Spare()
    warm_up()
    folder = spare.wait()
    lock.release()
    if folder is None:
        return 0
    with open(folder / "worker.log", "ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    return worker.main(folder, spare.lock)


def warm_up() -> None:
    """Imports what a training imports, and lets a network of a few weights take a step, which loads the rest.

    Not with a graphics card: the step would take a share of its memory from those who work.
    """
    prepare_environment()
    from core.training.loop import compiled, train  # noqa: F401 (imported for those who come after)

    if num_cards() and os.environ.get("KERAS_BACKEND", "tensorflow") != "tensorflow":
        return  # only TensorFlow tells of a card without taking memory of it
    measured.keep_seen(look())
    if num_cards():
        return
    compiled.warm_up()


if __name__ == "__main__":
    import_lighter()
    sys.exit(main())
