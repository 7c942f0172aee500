"""Finds the photo that a cell of a table means: with or without its ending, with or without folders."""

import unicodedata
from collections import defaultdict
from collections.abc import Sequence

from core.photos.files.decode import PHOTO_EXTENSIONS
from core.photos.layouts.names import is_split_name, parsed_name

_MOST_FOLDERS = 3  # of a path that photos of the same name are told apart by
_MOST_SAME = 64  # photos of one name that are looked at one by one


def role_of_path(path: str) -> str | None:
    """The role ("train", "test") of the topmost folder on a photo's path that is named as a split; None where none is."""
    for folder in path.split("/")[:-1]:
        if is_split_name(folder):
            return parsed_name(folder).role
    return None


class PhotoIndex:
    """The photos of a folder, by name. A cell costs the same however many there are."""

    def __init__(self, paths: Sequence[str]) -> None:
        """Args: paths: of the photos, relative to the folder, with "/"."""
        by_name: dict[str, list[str]] = defaultdict(list)
        by_stem: dict[str, list[str]] = defaultdict(list)
        for path in paths:
            name = _normal(path.rsplit("/", 1)[-1])
            by_name[name].append(path)
            by_stem[_stem(name)].append(path)
        self._by_name, self._by_stem = dict(by_name), dict(by_stem)
        self._by_tail: dict[str, list[str]] = defaultdict(list)
        repeated = {path for same in (by_name, by_stem) for found in same.values() if len(found) > 1 for path in found}
        for path in sorted(repeated):
            *folders, name = _normal(path).split("/")
            for start in range(len(folders) - 1, max(-1, len(folders) - 1 - _MOST_FOLDERS), -1):
                above = "/".join(folders[start:])
                for key in {f"{above}/{name}", f"{above}/{_stem(name)}"}:
                    self._by_tail[key].append(path)

    def find(self, cell: str, table: str = "") -> list[str]:
        """The photos that a cell may mean: none, one, or several that it does not tell apart.

        A photo in a folder of another split than the cell speaks of is not meant: every split may have its 1.jpg.

        Args:
            cell: as it stands in the table.
            table: path of the table: of photos of the same name, those of the split that it is called after and those below its
                own folder go first.
        """
        parts = [part for part in _normal(cell.strip().replace("\\", "/")).split("/") if part not in ("", ".", "..")]
        if not parts:
            return []
        name = parts[-1]
        found = self._by_name.get(name) or self._by_stem.get(name) or []
        if not found and _stem(name) != name:  # the photo was saved in another format
            found = self._by_stem.get(_stem(name), [])
        if len(found) > 1:
            for start in range(max(0, len(parts) - 1 - _MOST_FOLDERS), len(parts) - 1):
                if tail := self._by_tail.get("/".join(parts[start:])):
                    found = tail
                    break
        if len(found) > _MOST_SAME:
            return found[:2]
        role = role_of_path("/".join(parts))
        if role is not None:
            found = [path for path in found if role_of_path(path) in (None, role)]
        elif len(found) > 1 and (role := parsed_name(_stem_of_table(table)).role) is not None:
            found = [path for path in found if role_of_path(path) == role] or found
        beside = table.rpartition("/")[0]
        if len(found) > 1 and beside:
            found = [path for path in found if path.startswith(f"{beside}/")] or found
        return found


def _normal(path: str) -> str:
    """Composed, the ending in small letters."""
    path = unicodedata.normalize("NFC", path)
    start, dot, ending = path.rpartition(".")
    return f"{start}.{ending.lower()}" if dot and ending.lower() in PHOTO_EXTENSIONS else path


def _stem(name: str) -> str:
    """Without the ending, if it is one of photos."""
    start, dot, ending = name.rpartition(".")
    return start if dot and start and ending in PHOTO_EXTENSIONS else name


def _stem_of_table(path: str) -> str:
    return path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
