"""Progress on stderr, for a person who waits at a terminal."""

import sys
import time

from core.text import BYTE_STAGES, duration

WIDTH = 24


class Bar:
    """A ``core.jobs.Report`` that draws ``caching 1,204/4,000 ▓▓▓░░░ ETA 12 s``.

    On a terminal the line is redrawn; in a file a line is added every five seconds, so that a log stays readable.
    """

    def __init__(self, quiet: bool = False):
        self._quiet, self._live = quiet, sys.stderr.isatty()
        self._stage, self._began, self._shown, self._length = "", 0.0, 0.0, 0

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if stage != self._stage:
            self.end()
            self._stage, self._began, self._shown = stage, now, -1e9 if self._live else now
        is_last = 0 < total <= done
        if not is_last and now - self._shown < (0.1 if self._live else 5.0):
            return
        self._shown = now
        left = (now - self._began) / done * (total - done) if done else None
        counts = f"{done:,}/{total:,}" if total else ""
        if stage in BYTE_STAGES:
            counts = f"{done / 1e6:,.1f}/{total / 1e6:,.1f} MB"
        self.show(f"{stage} {counts} {bar(done / total if total else 0)} {eta(left) if done < total else ''}".rstrip())

    def show(self, line: str) -> None:
        """Replaces the line."""
        if self._quiet:
            return
        if self._live:
            sys.stderr.write("\r" + line.ljust(self._length))
            self._length = len(line)
        else:
            sys.stderr.write(line + "\n")
        sys.stderr.flush()

    def every(self, line: str) -> None:
        """Replaces the line; in a file only every five seconds."""
        now = time.monotonic()
        if self._live or now - self._shown >= 5.0:
            self._shown = now
            self.show(line)

    def end(self) -> None:
        """Leaves the last line standing."""
        if self._live and self._length:
            sys.stderr.write("\n")
        self._length, self._stage = 0, ""


def bar(fraction: float) -> str:
    """``▓▓▓▓░░░░`` for 0..1."""
    full = round(WIDTH * min(1.0, max(0.0, fraction)))
    return "▓" * full + "░" * (WIDTH - full)


def eta(seconds: float | None) -> str:
    """``ETA 12 s``, ``ETA 4 min``, ``ETA 2.5 h``; empty if nobody knows yet."""
    return f"ETA {duration(seconds)}" if seconds is not None else ""
