"""Training slots of this machine, and the numbered tickets of those who wait for one.

Ours, since every queue that one can install wants a daemon or a broker: a process that somebody must start, watch and trust to be
there after a crash. Here the queue is the waiting workers. A ticket is a file that its waiter keeps locked; the kernel frees
it however the waiter dies, and the next one to look sweeps it away. First come, first served.
"""

import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

from core import parse
from core.machine import num_cards
from core.workspace.files import read_file, write_atomic
from core.workspace.folders import slots_folder
from core.workspace.lock import Lock, is_held

LOOK_SECONDS = 0.25
_MOST_DIGITS = 7  # of what the counter holds; a ticket has one more
_TICKET = re.compile(r"[0-9]{8}-[a-z0-9-]+")


def num_slots() -> int:
    """How many runs train at once on this machine: ``ALEXNET_SLOTS``; if it is not set, one a graphics card, or one.

    A second run on the same cores or card halves both.
    """
    try:
        return max(1, parse.whole(os.environ["ALEXNET_SLOTS"], 0, 1000))
    except (KeyError, ValueError):
        return max(1, num_cards())


def waiting() -> list[str]:
    """Ids of the jobs that wait for a slot, the next one first."""
    return [path.name.partition("-")[2] for path in _tickets() if is_held(path)]


def has_free_slot() -> bool:
    """Whether a job that came now would not have to wait."""
    return not waiting() and not all(is_held(_slot_path(number)) for number in range(num_slots()))


def _slot_path(number: int) -> Path:
    return slots_folder() / f"slot-{number}.lock"


class Slot:
    """A place to train, held until ``release`` or the end of the process.

    Args:
        number: from 0; on a machine of several cards, that of the card to train on, counted round and round.
    """

    def __init__(self, lock: Lock, number: int):
        self._lock, self.number = lock, number

    def release(self) -> None:
        self._lock.release()


def wait_for_slot(job_id: str, on_position: Callable[[int], None], give_up: Callable[[], bool]) -> Slot | None:
    """Draws a ticket and waits for a training slot.

    Args:
        job_id: of the waiting job; shown to others.
        on_position: called with 1 for the next in line, 2 for the one behind it, whenever that changes.
        give_up: asked at every look (4 a second); True ends the wait.

    Returns:
        The slot, or None if the wait was given up.
    """
    ticket = _draw_ticket(job_id)
    shown = 0
    try:
        while True:
            if give_up():  # before a slot is taken: who was struck off while waiting starts nothing
                return None
            ahead = [path for path in _tickets() if path.name < ticket.path.name and _alive(path)]
            if not ahead:
                for number in range(num_slots()):
                    lock = Lock(_slot_path(number))
                    if lock.acquire(timeout_seconds=0.05):
                        return Slot(lock, number)
            if len(ahead) + 1 != shown:
                shown = len(ahead) + 1
                on_position(shown)
            time.sleep(LOOK_SECONDS)
    finally:
        ticket.path.unlink(missing_ok=True)
        ticket.release()


def _tickets() -> list[Path]:
    """Tickets in their order; what else lies there is nobody's."""
    folder = slots_folder() / "tickets"
    return sorted(path for path in folder.iterdir() if _TICKET.fullmatch(path.name)) if folder.is_dir() else []


def _alive(path: Path) -> bool:
    if is_held(path):
        return True
    with suppress(OSError):
        path.unlink(missing_ok=True)  # its waiter died
    return False


def _draw_ticket(job_id: str) -> Lock:
    folder = slots_folder() / "tickets"
    folder.mkdir(exist_ok=True)
    counter = slots_folder() / "last-ticket"
    with FileLock(slots_folder() / "desk.lock", timeout=60):
        drawn = [0, *(int(path.name.partition("-")[0]) for path in _tickets())]
        with suppress(OSError, ValueError):  # damaged: the tickets that are out say enough
            drawn.append(int(read_file(counter, _MOST_DIGITS)))
        number = max(drawn) + 1
        write_atomic(counter, str(number))
        # Made under another name and locked before it shows: nobody takes it for a dead one's.
        hidden = slots_folder() / f"new-ticket-{os.getpid()}"
        ticket = Lock(hidden)
        ticket.acquire()
        ticket.path = folder / f"{number:08d}-{job_id}"
        os.rename(hidden, ticket.path)
        return ticket
