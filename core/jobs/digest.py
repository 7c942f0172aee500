"""What a growing file of events adds up to, computed once for all who look at it."""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from core.jobs.events import parse_event, read_lines
from core.jobs.kinds import Event
from core.workspace.files import open_file
from core.workspace.shelf import Stamp, stamp_of

Picture = TypeVar("Picture")
_MARK = 512  # several events: their times and figures tell a rewritten file from an appended one


class Digest(Generic[Picture]):
    """Pictures of files of events, each kept up to date by what was appended to its file. Safe to share between threads.

    A picture that was handed out never changes: what is appended later makes another one. Where nothing was appended, a look costs
    one question to the disk.

    Args:
        empty: the picture of no events.
        grow: (picture, events) -> a new picture, the old one left as it is; an event is None where a line of the file is damaged.
        weight: how many values a picture holds.
        most_values: in all pictures together; those that were looked at longest ago go first.
    """

    def __init__(
        self,
        empty: Picture,
        grow: Callable[[Picture, list[Event | None]], Picture],
        weight: Callable[[Picture], int],
        most_values: int,
    ):
        self._empty, self._grow, self._weight, self._most_values = empty, grow, weight, most_values
        self._entries: OrderedDict[Path, _Entry[Picture]] = OrderedDict()
        self._guard = threading.Lock()  # of _entries and _num_values, never held while a file is read
        self._num_values = 0

    def of(self, path: Path) -> Picture:
        """The picture of a file as it is now; the empty one where there is none to read."""
        with self._guard:
            entry = self._entries.setdefault(path, _Entry(self._empty))
            self._entries.move_to_end(path)
        with entry.lock:
            if self._read(path, entry):
                self._weigh(path, entry)
            return entry.picture

    def _read(self, path: Path, entry: "_Entry[Picture]") -> bool:
        """Brings an entry up to date. Whether its picture is another one."""
        stamp = stamp_of(path)
        if stamp == entry.stamp:
            return False
        picture, offset = entry.picture, entry.offset
        if offset and _bytes_before(path, offset) != entry.mark:  # a resumed run cuts its events back to a checkpoint
            picture, offset = self._empty, 0
        lines, end = read_lines(path, offset)
        if lines:
            picture = self._grow(picture, [parse_event(line) for line in lines])
        has_changed = picture is not entry.picture
        entry.picture, entry.offset, entry.mark, entry.stamp = picture, end, _bytes_before(path, end), stamp
        return has_changed

    def _weigh(self, path: Path, entry: "_Entry[Picture]") -> None:
        with self._guard:
            if self._entries.get(path) is not entry:  # it had to go meanwhile
                return
            weight = self._weight(entry.picture)
            self._num_values += weight - entry.weight
            entry.weight = weight
            while self._num_values > self._most_values and len(self._entries) > 1:
                self._num_values -= self._entries.popitem(last=False)[1].weight


@dataclass
class _Entry(Generic[Picture]):
    picture: Picture
    lock: threading.Lock = field(default_factory=threading.Lock)
    stamp: Stamp | None = None
    offset: int = 0
    mark: bytes = b""
    weight: int = 0


def _bytes_before(path: Path, offset: int) -> bytes:
    try:
        with open_file(path) as file:
            if file.seek(0, os.SEEK_END) < offset:
                return b""
            file.seek(max(0, offset - _MARK))
            return file.read(min(_MARK, offset))
    except OSError:
        return b""
