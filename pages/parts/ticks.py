"""How often a page looks anew: every second for a few viewers, less often for a class.

Nine tenths of a tick are Streamlit's own work, about 8 ms of a core on the machine of docs/measurements.md, and the server comes
before the training. The chart of thirty viewers, drawn every second, would take a quarter of one core from it; at eight
ticks a second for all of them together it takes a fifteenth. The header and the line at the machine tick at a half and a
third of the chart's pace.
"""

import threading
import time

from pages import state
from pages.state import Memory

TICKS_A_SECOND = 8
_GONE_SECONDS = 20.0  # a viewer who has not ticked for so long has left, or is on another page
_guard = threading.Lock()
_seen: dict[int, float] = {}
_renewed = -1.0


def tick_seconds(visit: Memory, least: float, now: float | None = None) -> float:
    """Seconds between two ticks of this visit, as many as watch now; to be called at every tick and draw.

    Args:
        least: for a few viewers.
        now: seconds of a clock that only moves forward. Defaults to the system's.
    """
    now = time.monotonic() if now is None else now
    with _guard:
        _seen[id(visit)] = now
        for viewer in [viewer for viewer, at in _seen.items() if now - at > _GONE_SECONDS]:
            del _seen[viewer]
        return max(least, len(_seen) / TICKS_A_SECOND)


def should_renew(seconds: float, wanted: float, now: float | None = None) -> bool:
    """Whether this page is to be drawn anew because its interval, which only a full run can change, is off by more than two.

    One page a second: a full run costs as much as twenty ticks, and a class comes all at once.

    Args:
        seconds, wanted: the interval as it is, and as ``tick_seconds`` gives it.
        now: as there.
    """
    global _renewed
    now = time.monotonic() if now is None else now
    with _guard:
        if wanted / 2 <= seconds <= wanted * 2 or now - _renewed < 1:
            return False
        _renewed = now
        return True


def redraw_if(changed: bool) -> None:
    """For a ticking fragment, as its last line: what stands around it was drawn for another state, so all is drawn anew."""
    if changed:
        state.redraw()
