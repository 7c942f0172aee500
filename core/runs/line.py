"""Who trains on this machine, who waits, and when they will probably start."""

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from core.jobs.queue import num_slots, waiting
from core.runs.run import Run


@dataclass(frozen=True)
class Waiter:
    """One run that waits for a slot.

    Args:
        run: the run.
        position: 1 for the next in line.
        start_seconds: from now until it probably starts; None where it cannot be said.
    """

    run: Run
    position: int
    start_seconds: float | None


def line(active: Iterable[Run], total_seconds: Callable[[Run], float | None]) -> tuple[list[Run], list[Waiter]]:
    """The runs at work and those that wait, each in its order.

    Args:
        active: runs that wait or train, in any order.
        total_seconds: how long a run takes from its start to its end; None if unknown.
    """
    runs = {run.id: run for run in active}
    tickets = {run_id: number for number, run_id in enumerate(waiting()) if run_id in runs}
    # queued without a ticket: its worker is still starting, behind those who have one
    queued = sorted(
        (run for run in runs.values() if run.id in tickets or run.status == "queued"),
        key=lambda run: (tickets.get(run.id, len(tickets)), run.created),
    )
    at_work = sorted((run for run in runs.values() if run not in queued), key=lambda run: run.created)
    left = [_seconds_left(run, total_seconds) for run in at_work]
    starts = expected_starts(left, [total_seconds(run) for run in queued], num_slots())
    waiters = zip(queued, starts, strict=True)
    return at_work, [Waiter(run, number, start) for number, (run, start) in enumerate(waiters, 1)]


def expected_starts(
    seconds_left: list[float | None], seconds_needed: list[float | None], slots: int
) -> list[float | None]:
    """When each of those who wait gets a slot, if everybody keeps to their time.

    Args:
        seconds_left: of each run at work; None if unknown.
        seconds_needed: of each that waits, the next one first; None if unknown.
        slots: how many train at once.

    Returns:
        Seconds from now for each that waits. None where that depends on a time that is unknown.
    """
    free = [0.0] * max(0, slots - len(seconds_left)) + [
        left if left is not None else float("inf") for left in seconds_left
    ]
    heapq.heapify(free)
    starts: list[float | None] = []
    for needed in seconds_needed:
        start = heapq.heappop(free)
        heapq.heappush(free, start + needed if needed is not None else float("inf"))
        starts.append(start if start < float("inf") else None)
    return starts


def _seconds_left(run: Run, total_seconds: Callable[[Run], float | None]) -> float | None:
    eta = run.history.eta_seconds
    return eta if eta is not None else total_seconds(run)
