"""How long drawings take on this machine, as the last folder of them took. No painter: pages ask this before anything is drawn."""

import json
from contextlib import suppress
from pathlib import Path

from core import parse
from core.machine import num_cores
from core.workspace.files import DAMAGED, read_json, write_atomic
from core.workspace.folders import workspace

FEWEST = 100  # drawings whose time says something
# Before the first folder: a fixed part of each drawing and one by its pixels, of one core.
SECONDS, SECONDS_PER_PIXEL = 0.0055, 1.3e-7
STARTING_SECONDS = 2.0  # of the processes that draw, look and cache
SCAN_AND_CACHE_SECONDS = 0.0025  # a drawing, of one core


def seconds_to_prepare(num_drawings: int, size: int) -> float:
    """From nothing to a data set of drawings: drawing, looking at each, caching. Takes no time to find out.

    Args:
        num_drawings: of all classes together.
        size: side in pixels.
    """
    each = _measured().get(size) or (SECONDS + SECONDS_PER_PIXEL * size**2) / num_cores()
    return STARTING_SECONDS + num_drawings * (each + SCAN_AND_CACHE_SECONDS / num_cores())


def keep(size: int, num_drawings: int, seconds: float) -> None:
    """Stores what so many drawings took on all cores; few say too little."""
    if num_drawings < FEWEST or seconds <= 0:
        return
    paces = _measured() | {size: seconds / num_drawings}
    with suppress(OSError):  # a disk that is full must not cost the drawings
        _path().parent.mkdir(exist_ok=True)
        write_atomic(_path(), json.dumps({str(side): pace for side, pace in paces.items()}) + "\n")


def _measured() -> dict[int, float]:
    """{side in pixels: seconds a drawing, all cores at work}."""
    try:
        values = read_json(_path())
        return {parse.whole(side): pace for side, pace in values.items() if parse.is_number(pace) and pace > 0}
    except (OSError, *DAMAGED):
        return {}


def _path() -> Path:
    return workspace() / "drawn" / ".pace.json"
