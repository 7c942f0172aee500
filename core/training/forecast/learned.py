"""What a finished run tells about this machine, so that the next forecast knows better. No TensorFlow.

Every run that ends after at least one epoch is a measurement: what its own epochs took, and how that compares with what had been
promised before its start.
"""

import math
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import replace
from statistics import median

from core.errors import AppError
from core.jobs.events import read_events
from core.runs.run import Run
from core.training.forecast import measured
from core.training.forecast.forecast import forecast, guessed
from core.training.forecast.measured import Measurement, Timing
from core.training.recipe.schedule import judged_size

_FINISHED = ("completed", "stopped")


def promise(run: Run) -> float:
    """Seconds that the forecast gives a run, to be asked before its start; 0 where there is none."""
    try:
        return forecast(run.config, run.split_sizes, len(run.class_names)).total_seconds
    except AppError:
        return 0.0


def learn(run: Run, promised_seconds: float, took_seconds: float, own_share: float) -> None:
    """Keeps what a run took in ``core.training.forecast.measured``, if it has finished. Never raises: the run itself is whole.

    Args:
        run: after its last word.
        promised_seconds: as ``promise`` gave them.
        took_seconds: from its first import to its last word.
        own_share: of that time, what it would have taken alone.
    """
    try:
        events, _ = read_events(run.events_path, 0)
        found = measurement(run, events, promised_seconds, took_seconds, own_share)
        if found is not None:
            measured.keep(run.config, len(run.class_names), found)
    except Exception:  # a forecast is worth less than a finished run
        traceback.print_exc()


def measurement(
    run: Run, events: list[dict], promised_seconds: float, took_seconds: float, own_share: float
) -> Measurement | None:
    """What a finished run's events say about its machine; None where it has not finished, or has no epoch.

    Args: as ``learn``; events: all of the run.
    """
    rows = [event for event in events if event["kind"] == "epoch" and event.get("photos_per_second")]
    if not rows or not events or events[-1]["kind"] not in _FINISHED:
        return None
    config, split_sizes, history = run.config, run.split_sizes, run.history
    whole = [row for row in rows if row.get("epoch", 0) * history.steps_per_epoch <= history.num_steps]
    if not whole:  # by the clock: cut short within its first epoch
        return None
    photos = history.num_train / history.steps_per_epoch
    guess = guessed(config, len(run.class_names), photos)
    train, judge = {}, {}
    for size, of_size in _by(whole, lambda row: row["image_size"]).items():
        in_steps = [history.num_train / row["photos_per_second"] for row in of_size]
        usual = median(in_steps[1:] or in_steps)
        train[size] = Timing(usual / history.steps_per_epoch, photos, max(0.0, in_steps[0] - usual))
        judged = judged_size(config.training, config.network.input_size, size)
        beside = [row["seconds"] - steps - guess.best_seconds for row, steps in zip(of_size, in_steps, strict=True)]
        judge[judged] = Timing(max(1e-4, median(beside[1:] or beside)), max(1, split_sizes["val"]), 0.0)
    begun = [event for event in events if event["kind"] == "started"]
    caching = _seconds_of_stage(events, "caching")
    is_whole = len(begun) == 1 and events[-1]["kind"] == "completed" and len(rows) == history.num_epochs
    return replace(
        guess,
        train=_filled(train, guess.train),
        judge=_filled(judge, guess.judge),
        start_seconds=_start_seconds(events, caching) or guess.start_seconds,
        memory_bytes=max((row.get("memory_bytes", 0) for row in rows), default=0) or guess.memory_bytes,
        device=history.device,
        precision=history.precision,
        lost_fraction=1 - own_share,
        time=time.time(),
        promised_seconds=promised_seconds if is_whole else 0.0,
        took_seconds=max(0.0, took_seconds - caching) if is_whole else 0.0,
    )


def _by(rows: Iterable[dict], key: Callable[[dict], int]) -> dict[int, list[dict]]:
    groups: dict[int, list[dict]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def _filled(known: dict[int, Timing], guesses: dict[int, Timing]) -> dict[int, Timing]:
    """The timings that are known; sizes that the run did not reach are guessed, as far off as the nearest one was."""
    filled = {}
    for size, guess in guesses.items():
        nearest = min(known, key=lambda other: abs(math.log(other / size)))
        if nearest == size or nearest not in guesses:
            filled[size] = known[nearest]
            continue
        off = known[nearest].photo_seconds / guesses[nearest].photo_seconds
        filled[size] = replace(guess, seconds=off * guess.seconds)
    return filled


def _start_seconds(events: list[dict], caching: float) -> float:
    """From the start of the work to the first step, photos that had to be cached left out; 0 where it cannot be told."""
    starting = next((event["time"] for event in reversed(events) if event.get("stage") == "starting"), None)
    started = next((event["time"] for event in reversed(events) if event["kind"] == "started"), None)
    return max(0.0, started - starting - caching) if starting and started else 0.0


def _seconds_of_stage(events: list[dict], stage: str) -> float:
    times = [event["time"] for event in events if event.get("stage") == stage]
    return times[-1] - times[0] if times else 0.0
