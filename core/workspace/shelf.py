"""What a folder of folders holds, read once for everybody who asks.

Sixty browsers that open a page at once ask for the same runs and data sets. A look at names and times of change, a millisecond
for hundreds of entries, tells what has changed; only that is read again, by one thread while the others wait for it.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Stamp = tuple[int, int, int]


def stamp_of(path: Path | str) -> Stamp | None:
    """What changes whenever a file is written: (time of change in ns, bytes, inode); None where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


@dataclass
class _Content(Generic[T]):
    stamps: dict[str, Stamp] = field(default_factory=dict[str, Stamp])
    values: dict[str, T | None] = field(default_factory=dict[str, T | None])
    listed: tuple[T, ...] = ()


class Shelf(Generic[T]):
    """The readable entries of a folder.

    Args:
        file: what an entry's folder must hold to be one; it is written anew whenever the entry changes.
        read: an entry's folder -> what it is, or None where it cannot be read. All who ask share what it returns.
        order: sorts what is listed.
    """

    def __init__(self, file: str, read: Callable[[Path], T | None], order: Callable[[T], Any]):
        self._file, self._read, self._order = file, read, order
        self._folder, self._content = Path(), _Content[T]()
        self._guard = threading.Lock()

    def look(self, folder: Path) -> tuple[T, ...]:
        """All entries, sorted downwards; the same tuple as before where nothing has changed."""
        return self._current(folder).listed

    def find(self, folder: Path, name: str) -> T | None:
        """One entry by its folder's name, without looking at the others; None where there is none that can be read."""
        stamp = stamp_of(folder / name / self._file)
        with self._guard:
            if stamp is not None and folder == self._folder and self._content.stamps.get(name) == stamp:
                return self._content.values[name]
        return None if stamp is None else self._read(folder / name)

    def _current(self, folder: Path) -> _Content[T]:
        with self._guard:  # whoever comes meanwhile finds all of it read
            stamps = self._stamps(folder)
            before = self._content if folder == self._folder else _Content[T]()
            if stamps != before.stamps or folder != self._folder:
                values = {
                    name: before.values[name] if before.stamps.get(name) == stamp else self._read(folder / name)
                    for name, stamp in stamps.items()
                }
                readable = (value for value in values.values() if value is not None)
                listed = tuple(sorted(readable, key=self._order, reverse=True))
                self._folder, self._content = folder, _Content(stamps, values, listed)
            return self._content

    def _stamps(self, folder: Path) -> dict[str, Stamp]:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if not entry.name.startswith(".")]
        found = ((name, stamp_of(folder / name / self._file)) for name in names)
        return {name: stamp for name, stamp in found if stamp is not None}
