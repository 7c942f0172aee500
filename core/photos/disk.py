"""What the workspace holds in bytes, and a way to clear what can be made again.

Nothing that work in progress uses is cleared, whoever asks: not the photos of a run that waits or trains, not a cache
that is being built, no whole data set while photos are being prepared. A reader that has a cache mapped keeps its
pixels, since a file that is removed stays until it is closed.
"""

import os
import shutil
import time
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import PhotoError
from core.jobs.job import check_id, status_of
from core.workspace.files import DAMAGED, read_json
from core.workspace.folders import datasets_folder, jobs_folder, runs_folder, workspace
from core.workspace.lock import Lock, is_held
from core.workspace.owners import mark_of

ACTIVE = ("queued", "running")
SCANS, DOWNLOADS = "scans", "downloads"
PHOTO_FOLDERS = ("drawn", "unpacked")
_JUST_MADE_SECONDS = 60.0  # a job that has not begun after that never will: its process could not start


@dataclass(frozen=True)
class DatasetDisk:
    """What one data set takes.

    Args:
        id, name: of the data set.
        caches: {file name: bytes}, the largest first.
        files_bytes: of its tables.
        root: where its photos lie.
        runs: ids of the runs that were trained on it.
        owners: marks of those who prepared it and of those whose runs these are, as ``core.workspace.rights`` takes them.
        busy: half a sentence why nothing of it can be cleared now, or "".
    """

    id: str
    name: str
    caches: dict[str, int]
    files_bytes: int
    root: str
    runs: tuple[str, ...] = ()
    busy: str = ""
    owners: tuple[str, ...] = ("",)

    @property
    def cache_bytes(self) -> int:
        return sum(self.caches.values())


@dataclass(frozen=True)
class FolderDisk:
    """What a folder of the workspace takes that belongs to no single data set.

    Args:
        id: what ``clear`` takes, e.g. "drawn/cats-dogs-1000-0"; "" for what is only shown.
        title: for the person.
        num_bytes: on the disk.
        kept: half a sentence why it is not cleared here or now, or "".
    """

    id: str
    title: str
    num_bytes: int
    kept: str = ""


@dataclass(frozen=True)
class Disk:
    """All that the workspace holds.

    Args:
        datasets: the largest first.
        folders: photos that the app has made or fetched, downloads, scans, runs.
        free_bytes: of the disk.
    """

    datasets: tuple[DatasetDisk, ...]
    folders: tuple[FolderDisk, ...]
    free_bytes: int = field(compare=False, default=0)

    @property
    def total_bytes(self) -> int:
        return sum(one.cache_bytes + one.files_bytes for one in self.datasets) + sum(f.num_bytes for f in self.folders)


def look() -> Disk:
    """Counts the workspace. Takes as long as the disk needs to name every file in it."""
    users = _users()
    sets = [_dataset(folder, users) for folder in _visible(datasets_folder())]
    sets.sort(key=lambda one: (-one.cache_bytes - one.files_bytes, one.id))
    home = workspace()
    folders = [_photos(folder, sets) for parent in PHOTO_FOLDERS for folder in _visible(home / parent)]
    folders += [
        FolderDisk(
            "", "Own classes, photos added by hand", _bytes_under(home / "own"), "they are somebody's only copy"
        ),
        FolderDisk(
            "", "Zips that were dropped in", _bytes_under(home / "uploads"), "they leave by themselves when prepared"
        ),
        FolderDisk(DOWNLOADS, "Downloads that were not finished", _bytes_under(home / DOWNLOADS), _preparing()),
        FolderDisk(SCANS, "What scans remember of folders", _bytes_under(home / SCANS)),
        FolderDisk(
            "", "Runs: weights, curves, answers", _bytes_under(runs_folder()), "a run is deleted on the Results page"
        ),
    ]
    return Disk(tuple(sets), tuple(f for f in folders if f.num_bytes), shutil.disk_usage(home).free)


def clear_caches(dataset_id: str) -> int:
    """Removes the pixels of a data set; the next training makes them again from the photos.

    Returns:
        Bytes that became free.

    Raises:
        RunError: it has not the form of an id.
        PhotoError: there is no such data set, or something uses it.
    """
    folder = _existing(dataset_id)
    _refuse_busy(dataset_id)
    with _locked(folder):
        freed = 0
        for path in _caches(folder):
            freed += _bytes_of(path)
            path.unlink(missing_ok=True)
    return freed


def clear_dataset(dataset_id: str) -> int:
    """Removes a data set and its pixels. The photos stay where they are; its runs keep their weights but cannot go on.

    Returns, raises: as ``clear_caches``; also PhotoError while photos are being prepared.
    """
    folder = _existing(dataset_id)
    if preparing := _preparing():
        raise PhotoError(f"No data set can be removed now: {preparing}. Wait until it has ended, or cancel it.")
    _refuse_busy(dataset_id)
    hidden = folder.with_name(f".{dataset_id}.cleared")
    with _locked(folder):
        shutil.rmtree(hidden, ignore_errors=True)  # left by one that was killed while clearing
        folder.rename(hidden)  # from here on no run can begin on it
        try:
            _refuse_busy(dataset_id)
        except PhotoError:  # one began between the look and the rename
            hidden.rename(folder)
            raise
        freed = _bytes_under(hidden)
        shutil.rmtree(hidden, ignore_errors=True)
    return freed


def clear_folder(folder_id: str) -> int:
    """Removes photos that the app has drawn or unpacked, unfinished downloads, or what scans remember.

    Args:
        folder_id: as ``FolderDisk.id``; compared with what is there, so that nothing typed becomes a path.

    Returns, raises: as ``clear_caches``.
    """
    known = {one.id: one for one in look().folders if one.id}
    if folder_id not in known:
        raise PhotoError(
            f"“{folder_id[:80]}” is nothing that can be cleared. python -m core disk lists what is there and what it is called."
        )
    if known[folder_id].kept:
        raise PhotoError(f"“{known[folder_id].title}” is kept: {known[folder_id].kept}.")
    folder = workspace() / folder_id
    lock = Lock(folder.with_name(f".{folder.name}.lock"))  # who unpacks holds the same
    if not lock.acquire():
        raise PhotoError(
            f"“{known[folder_id].title}” is in use by another process at this moment. Try again when it has ended."
        )
    with lock:
        freed = _bytes_under(folder)
        if folder_id in (SCANS, DOWNLOADS):
            for path in folder.iterdir():
                path.unlink(missing_ok=True)
        else:
            hidden = folder.with_name(f".{folder.name}.unfinished")  # the name that is swept up after a kill
            shutil.rmtree(hidden, ignore_errors=True)
            folder.rename(hidden)
            shutil.rmtree(hidden, ignore_errors=True)
    return freed


def owners_of(dataset_id: str) -> tuple[str, ...]:
    """Marks of those to whom it matters that a data set stays: who prepared it, and whose runs learned from it.

    Raises:
        RunError: it has not the form of an id.
        PhotoError: there is no such data set.
    """
    return _owners(_existing(dataset_id), _users().get(dataset_id, ()))


def _users() -> dict[str, list[tuple[str, str]]]:
    """{data set's id: [(run's id, its status)]}."""
    found: dict[str, list[tuple[str, str]]] = {}
    for folder in _visible(runs_folder()):
        with suppress(OSError, *DAMAGED):  # a damaged run uses nothing
            status = "queued" if _is_just_made(folder) else status_of(folder)
            found.setdefault(read_json(folder / "dataset.json")["id"], []).append((folder.name, status))
    return found


def _is_just_made(folder: Path) -> bool:
    """Whether somebody is about to write its first event, without which it would look damaged."""
    events = folder / "events.jsonl"
    with suppress(OSError):
        return (not events.exists() or events.stat().st_size == 0) and _is_recent(folder)
    return False


def _is_recent(folder: Path) -> bool:
    return time.time() - folder.stat().st_mtime < _JUST_MADE_SECONDS


def _owners(folder: Path, users: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    owners = set()
    with suppress(OSError, ValueError, TypeError, AttributeError):
        owners |= {mark_of(str(owner)) for owner in read_json(folder / "dataset.json").get("owners", [""])}
    for run_id, _ in users:
        with suppress(OSError, ValueError, AttributeError):
            owners.add(mark_of(str(read_json(runs_folder() / run_id / "config.json").get("owner") or "")))
    return tuple(sorted(owners or {""}))


def _busy(dataset_id: str, users: Iterable[tuple[str, str]]) -> str:
    """Half a sentence why nothing of a data set can be cleared now, or ""."""
    for run_id, status in users:
        if status in ACTIVE:
            return f"the run {run_id} {'trains on' if status == 'running' else 'waits for'} it"
    for folder in _active_jobs():
        with suppress(OSError, *DAMAGED):
            if read_json(folder / "job.json")["request"].get("dataset") == dataset_id:
                return "it is being measured how fast a network trains on it"
    if any(is_held(path) for path in (datasets_folder() / dataset_id).glob("*.lock")):
        return "its pixels are being made"
    return ""


def _preparing() -> str:
    """Half a sentence if photos are being prepared, else ""."""
    for folder in _active_jobs():
        with suppress(OSError, *DAMAGED):
            if read_json(folder / "job.json")["kind"] == "prepare":
                return "photos are being prepared"
    return ""


def _active_jobs() -> list[Path]:
    return [folder for folder in _visible(jobs_folder()) if _is_active(folder)]


def _is_active(folder: Path) -> bool:
    status = status_of(folder)
    if status == "queued" and not is_held(folder / "lock"):
        with suppress(OSError):
            return _is_recent(folder)
    return status in ACTIVE or _is_just_made(folder)


def _refuse_busy(dataset_id: str) -> None:
    if busy := _busy(dataset_id, _users().get(dataset_id, ())):
        name = next((one.name for one in look().datasets if one.id == dataset_id), dataset_id)
        raise PhotoError(f"The data set “{name}” is in use: {busy}. Wait until that has ended, or stop it.")


class _locked(ExitStack):
    """Holds every lock of a data set's caches, so that nobody builds one meanwhile."""

    def __init__(self, folder: Path):
        super().__init__()
        self._folder = folder

    def __enter__(self) -> "_locked":
        super().__enter__()
        names = {path.with_suffix(".lock") for path in _caches(self._folder)} | set(self._folder.glob("*.lock"))
        for path in sorted(names):
            lock = Lock(path)
            if not lock.acquire():
                self.close()
                raise PhotoError(
                    f"The pixels of “{self._folder.name}” are being made. Wait until that has ended, or cancel it."
                )
            self.enter_context(lock)
        return self


def _dataset(folder: Path, users: dict[str, list[tuple[str, str]]]) -> DatasetDisk:
    about, of_set = {}, users.get(folder.name, [])
    with suppress(OSError, *DAMAGED):
        about = read_json(folder / "dataset.json")
    if not isinstance(about, dict):
        about = {}
    caches = {path.name: _bytes_of(path) for path in _caches(folder)}
    return DatasetDisk(
        folder.name,
        str(about.get("name") or folder.name),
        dict(sorted(caches.items(), key=lambda item: (-item[1], item[0]))),
        _bytes_under(folder) - sum(caches.values()),
        str(about.get("root") or ""),
        tuple(run_id for run_id, _ in of_set),
        _busy(folder.name, of_set),
        _owners(folder, of_set),
    )


def _photos(folder: Path, sets: list[DatasetDisk]) -> FolderDisk:
    parent, name = folder.parent.name, folder.name
    title = f"Drawn pets, {name}" if parent == "drawn" else "Unpacked photos"
    with suppress(OSError, *DAMAGED):
        title = f"Unpacked photos of {read_json(folder / 'about.json')['name']}"
    roots = (str(folder), str(folder / "photos"))
    used_by = next((one.id for one in sets if one.root in roots), None)
    kept = f"the data set {used_by} needs it; clear that first" if used_by else _preparing()
    return FolderDisk(f"{parent}/{name}", title, _bytes_under(folder), kept)


def _existing(dataset_id: str) -> Path:
    folder = datasets_folder() / check_id(dataset_id)
    if not folder.is_dir():
        raise PhotoError(f"There is no data set “{dataset_id}” on this computer. python -m core disk lists them.")
    return folder


def _caches(folder: Path) -> list[Path]:
    """Pixels, whole ones and what a builder that was killed has left."""
    return sorted(path for pattern in ("cache-*.npy", "cache-*.unfinished") for path in folder.glob(pattern))


def _visible(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.is_dir() and not p.is_symlink() and not p.name.startswith("."))


def _bytes_under(folder: Path) -> int:
    """Bytes that all files under a folder take. No link is followed."""
    total = 0
    todo: list[Path | str] = [folder]
    while todo:
        try:
            with os.scandir(todo.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
        except OSError:  # removed this moment, never there, or closed to us
            continue
    return total


def _bytes_of(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_blocks * 512  # what the disk gave, which is what becomes free
    return 0
