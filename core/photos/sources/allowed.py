"""What of this computer's disk a person may have read as photos.

Whoever started the app for themselves reads what they like. Where others come to it, a folder is taken from the administrator,
or below the folders that ``ALEXNET_FOLDERS`` names: every picture in a folder is shown to all, so any folder would mean the whole
disk. What lies in the workspace follows its own rules, wherever those folders are.
"""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from core.errors import PhotoError
from core.photos.sources import uploads
from core.photos.sources.origins import ABOUT, DRAWN, MICROSOFT
from core.photos.sources.walk import located
from core.workspace.files import read_json
from core.workspace.folders import workspace
from core.workspace.owners import mark_of, mark_of_hash

FOLDERS = "ALEXNET_FOLDERS"
"""Environment variable: folders that everybody may choose from, with ":" between them."""

_NOT_HERE = "On this server, folders are taken from its administrator alone{roots}. Drop a zip of your photos, or ask for the folder to be prepared."


def allowed_folders() -> tuple[Path, ...]:
    """What ``ALEXNET_FOLDERS`` names, with links resolved."""
    named = os.environ.get(FOLDERS, "").split(os.pathsep)
    return tuple(path for name in named if name.strip() and (path := _resolved(name)) is not None)


def check_source(source: str, owner: str, roots: Sequence[Path] | None) -> str:
    """What may be fetched in place of a source: the same, with links and dots resolved where it is a path.

    Args:
        source: as ``PhotosConfig.source``.
        owner: mark of the browser that asks.
        roots: folders below which everybody may read; None for a person who may read everything.

    Raises:
        PhotoError: it lies elsewhere. The sentence does not tell whether there is anything.
    """
    if roots is None or source in (DRAWN, MICROSOFT):
        return source
    path = _resolved(source)
    if path is None or not _may_read(path, mark_of(owner), roots):
        among = f" or from below {' or '.join(f'“{root}”' for root in roots)}" if roots else ""
        raise PhotoError(_NOT_HERE.format(roots=among))
    return str(path)


def check_links(folder: Path, roots: Sequence[Path] | None) -> None:
    """Raises PhotoError if a link in a folder, or in a folder that a link leads to, leads out of it and of the roots."""
    if roots is None:
        return
    within, seen, waiting = (folder, *roots), {folder}, [folder]
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                path = Path(entry.path)
                if entry.is_symlink():
                    path = _resolved(entry.path)
                    if (
                        path is None
                        or not _is_below(path, within)
                        or (_is_below(path, (workspace(),)) and not _is_below(path, (folder,)))
                    ):
                        raise PhotoError(
                            f"“{entry.name}” in that folder is a link that leads elsewhere, and on this server only what lies in the folder "
                            "itself is taken from it. Put the photos in its place, or zip them."
                        )
                if path not in seen and path.is_dir():
                    seen.add(path)
                    waiting.append(path)


def check_file(path: Path, folder: Path) -> None:
    """Raises PhotoError if a photo of a folder that was looked at is a link that leads out of it and of the allowed folders."""
    where = _resolved(str(path))
    if where is None or not _is_below(where, (folder.resolve(), *allowed_folders())):
        raise PhotoError("This photo has become a link that leads elsewhere. Prepare its folder again.")


def _may_read(path: Path, owner: str, roots: Iterable[Path]) -> bool:
    home = workspace()
    if not _is_below(path, (home,)):
        return _is_below(path, roots)
    place = path.relative_to(home).parts
    if len(place) == 3 and place[0] == "own" and place[2] == "photos":
        with suppress(OSError, ValueError, KeyError, TypeError):
            return bool(owner) and mark_of_hash(read_json(path.parent / ABOUT)["owner"]) == owner
        return False
    if len(place) == 2 and place[0] == "uploads" and path.suffix == ".zip":
        is_mine = any(one.path == path for one in uploads.mine(owner))
        return is_mine or not path.exists()  # once unpacked its photos are everybody's to see, and the zip is gone
    return (len(place) == 2 and place[0] == "drawn") or (
        len(place) == 3 and place[0] == "unpacked" and place[2] == "photos"
    )


def _is_below(path: Path, roots: Iterable[Path]) -> bool:
    return any(path == root or path.is_relative_to(root) for root in roots)


def _resolved(text: str) -> Path | None:
    """As a scan resolves it; None for what can be no path."""
    try:
        return located(text).resolve()
    except (PhotoError, OSError, ValueError, RuntimeError):
        return None
