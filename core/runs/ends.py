"""Why a run ended without a last word, as far as one can see afterwards."""

import math

import psutil

from core.errors import NotANumberError
from core.runs.history import History
from core.runs.run import Run
from core.workspace.disk import why_unwritable

NOT_A_NUMBER = NotANumberError.code
SCARCE_FRACTION = 0.05
ROOM_FRACTION = 0.10  # of the memory that should stay free


def code_of(history: History) -> str:
    """Why a run failed, for programs; "" for any other run and for causes without a code.

    Versions that wrote no code are known by what they wrote for people; nothing else may ask a sentence.
    """
    if "code" in history.results:
        return history.results["code"]
    message = history.message
    is_old = message.startswith("The loss became") or "answers with NaN" in message
    return NOT_A_NUMBER if is_old else ""


def why_interrupted(run: Run) -> str | None:
    """A sentence on why the worker of an interrupted run is gone, and what to do; None if the run is not interrupted or nobody knows.

    In this order: its disk takes nothing more, the computer was started again, memory was scarce at its last report.
    """
    if run.status != "interrupted":
        return None
    if sentence := why_unwritable(run.folder):
        return sentence
    last = run.last
    if last and psutil.boot_time() > last.get("time", math.inf):
        return (
            "The computer was started again while this run was at work. Resume it: it goes on from its last checkpoint."
        )
    free = run.history.memory_free_fraction
    if free is not None and free < SCARCE_FRACTION:
        return _of_memory(run, free)
    return None


def batch_size_that_fits(run: Run) -> int | None:
    """For a run that ended for want of memory: the batch size to start it again with. None for any other, or if none would do."""
    if run.status == "failed":
        return run.history.results.get("batch_size_that_fits")
    free = run.history.memory_free_fraction
    if run.status != "interrupted" or free is None or free >= SCARCE_FRACTION:
        return None
    return enough_batch_size(run, psutil.virtual_memory().total)


def _of_memory(run: Run, free: float) -> str:
    batch_size = run.config.training.batch_size
    enough = enough_batch_size(run, psutil.virtual_memory().total)
    advice = (
        f"A batch size of {enough} instead of {batch_size} will do: start a new run with it, or close other programs and resume this one"
        if enough
        else "A smaller batch alone will not do: close other programs and resume it, or start a new run with smaller pictures"
    )
    return (
        f"The run died without a word, probably of memory: {free:.1%} of the computer's was free at its last report, and a "
        f"system that has none left ends the largest program. {advice}."
    )


def enough_batch_size(run: Run, total_bytes: int) -> int | None:
    """The largest halving of the batch size that leaves a tenth of the memory free; None if none does.

    What the process took since before its first step is counted as growing with the batch.

    Args:
        total_bytes: memory of the computer.
    """
    history, batch_size = run.history, run.config.training.batch_size
    taken = history.memory_bytes - history.start_memory_bytes
    missing = (ROOM_FRACTION - (history.memory_free_fraction or 0.0)) * total_bytes
    smaller = batch_size // 2
    while smaller >= 1:
        if taken * (1 - smaller / batch_size) >= missing:
            return smaller
        smaller //= 2
    return None
