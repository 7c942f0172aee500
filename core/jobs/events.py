"""events.jsonl: what a job has to tell, one JSON object a line, appended by its one worker, read by anybody.

What each kind of event holds is declared in ``core.jobs.kinds``.
"""

import json
import os
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, Unpack, cast, overload

from core.jobs.kinds import Batch, Epoch, Event, LastWord, Noticed, Planned, Progressed, Queued, Started
from core.parse import is_number
from core.workspace.files import open_file, parse_json
from core.workspace.shelf import Stamp, stamp_of

BALLAST_BYTES = 2**16
_TAIL_BYTES = 2**16


class EventLog:
    """The writing end. One process holds it at a time (it also holds the job's lock).

    Args:
        path: the file; an unfinished last line left by a crash is cut off first.
        at: byte offset to cut the file at, as stored in a checkpoint; None keeps everything.
    """

    def __init__(self, path: Path, at: int | None = None):
        self.path = path
        self._ballast = path.with_name("ballast")
        self._file = open(path, "ab+", buffering=0)  # noqa: SIM115 (kept open while the worker lives)
        if at is not None:
            self.cut(at)
        self._cut_unfinished_line(self.offset)

    def _cut_unfinished_line(self, size: int) -> None:
        end = size
        while end:
            start = max(0, end - _TAIL_BYTES)
            self._file.seek(start)
            found = self._file.read(end - start).rfind(b"\n")
            end = start if found < 0 else start + found + 1
            if found >= 0:
                break
        if end < size:
            self._file.truncate(end)

    def cut(self, at: int, keep: Sequence[Event] = ()) -> None:
        """Forgets what was written after byte ``at``: a run goes on from the checkpoint that remembers it.

        Args:
            keep: of the events after it, those that stay; a kill in between loses none of them.
        """
        if at >= self.offset:
            return
        kept = b"".join(_line_of(event) for event in keep)
        if kept:
            with open(self.path, "r+b") as file:
                file.seek(at)
                file.write(kept)
        self._file.truncate(at + len(kept))

    @property
    def offset(self) -> int:
        """Bytes written so far; what a checkpoint remembers."""
        return self._file.seek(0, os.SEEK_END)

    @overload
    def append(self, kind: Literal["queued"], **fields: Unpack[Queued]) -> None: ...
    @overload
    def append(self, kind: Literal["started"]) -> None: ...
    @overload
    def append(self, kind: Literal["started"], **fields: Unpack[Started]) -> None: ...
    @overload
    def append(self, kind: Literal["progress"], **fields: Unpack[Progressed]) -> None: ...
    @overload
    def append(self, kind: Literal["notice"], **fields: Unpack[Noticed]) -> None: ...
    @overload
    def append(self, kind: Literal["plan"], **fields: Unpack[Planned]) -> None: ...
    @overload
    def append(self, kind: Literal["batch"], **fields: Unpack[Batch]) -> None: ...
    @overload
    def append(self, kind: Literal["epoch"], **fields: Unpack[Epoch]) -> None: ...
    def append(self, kind: str, **fields: Any) -> None:
        """Adds one event with the present time (seconds since 1970). Numbers that JSON lacks (NaN, inf) become text.

        Raises:
            OSError: disk full or read-only; the file ends with the event before.
        """
        self._append({"kind": kind, "time": round(time.time(), 3), **fields})

    def _append(self, event: Event) -> None:
        before, left = self.offset, _line_of(event)
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError:
            with suppress(OSError):
                self._file.truncate(before)
            raise

    def take_ballast(self) -> None:
        """Takes a little of the disk, to be given back for the last word when the disk is full. ``close`` gives it back.

        Raises:
            OSError: the disk is full already, or read-only.
        """
        try:
            with open(self._ballast, "wb") as file:
                file.write(os.urandom(BALLAST_BYTES))  # random: some file systems store zeros in no room at all
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):
                self._ballast.unlink(missing_ok=True)
            raise

    def last_word(self, kind: str, **fields: Unpack[LastWord]) -> None:
        """Adds the event that a job ends with, on a full disk too, and makes it survive a power cut.

        Raises:
            OSError: the disk is read-only, or full in spite of the ballast.
        """
        event: Event = {"kind": kind, "time": round(time.time(), 3), **fields}
        try:
            self._append(event)
        except OSError:
            self._ballast.unlink(missing_ok=True)
            self._append(event)
        self.sync()

    def sync(self) -> None:
        """Makes what was appended survive a power cut."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        with suppress(OSError):  # a disk that became read-only keeps it
            self._ballast.unlink(missing_ok=True)
        self._file.close()


def _line_of(event: Event) -> bytes:
    try:
        return json.dumps(event, allow_nan=False).encode() + b"\n"
    except ValueError:
        return json.dumps({key: _plain(value) for key, value in event.items()}).encode() + b"\n"


def _plain(value: Any) -> Any:
    return (
        repr(value)
        if isinstance(value, float) and (value != value or value in (float("inf"), -float("inf")))
        else value
    )


def read_events(path: Path, offset: int = 0) -> tuple[list[Event], int]:
    """Events from a byte offset on.

    Args:
        path: an events.jsonl; may be missing.
        offset: where the last call stopped; 0 for the beginning.

    Returns:
        (events, the offset to go on from). An unfinished last line is left for the next call; a line that is no event
        (a disk that filled up in the middle of it) is passed over.
    """
    lines, end = read_lines(path, offset)
    return [event for line in lines if (event := parse_event(line))], end


def read_lines(path: Path, offset: int = 0) -> tuple[list[bytes], int]:
    """The finished lines from a byte offset on, and the offset to go on from; none and 0 where there is no file to read."""
    try:
        with open_file(path) as file:
            file.seek(offset)
            data = file.read()
    except OSError:
        return [], 0
    end = data.rfind(b"\n") + 1
    return data[:end].splitlines(), offset + end


def parse_event(line: bytes) -> Event | None:
    """The event of a line: a JSON object with a kind and, if it tells one, a time. None for anything else."""
    try:
        values: object = parse_json(line)
    except ValueError:
        return None
    if not isinstance(values, dict):
        return None
    event = cast(Event, values)
    if not isinstance(event.get("kind"), str) or not is_number(event.get("time", 0)):
        return None
    # the names of fields are kept once, not once an event
    return {sys.intern(name): value for name, value in event.items()}


_last: OrderedDict[Path, tuple[Stamp, Event | None]] = OrderedDict()
_last_guard = threading.Lock()
_MOST_KEPT = 2000


def last_event(path: Path) -> Event | None:
    """The last whole event; None if there is none. The file is read only when it has changed since anybody asked."""
    stamp = stamp_of(path)
    if stamp is None:
        return None
    with _last_guard:
        known, event = _last.get(path, (None, None))
        if known == stamp:
            return event and dict(event)
    event = _read_last(path)
    with _last_guard:
        _last[path] = (stamp, event)  # the stamp is older than what was read, so a change in between is seen next time
        _last.move_to_end(path)
        while len(_last) > _MOST_KEPT:
            _last.popitem(last=False)
    return event and dict(event)


def _read_last(path: Path) -> Event | None:
    """From the end of the file. Damaged lines behind the event are passed over."""
    try:
        with open_file(path) as file:
            size = file.seek(0, os.SEEK_END)
            for length in (_TAIL_BYTES, 16 * _TAIL_BYTES, size):
                start = max(0, size - length)
                file.seek(start)
                lines = file.read(size - start).splitlines(keepends=True)
                for line in reversed(lines[1:] if start else lines):  # the first may have lost its beginning
                    if line.endswith(b"\n") and (event := parse_event(line)):
                        return event
                if not start:
                    break
    except OSError:
        pass
    return None
