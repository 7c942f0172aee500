"""Where photos come from: every way in ends in a folder, and the folder knows what it is.

``PhotosConfig.source`` names the way: "drawn", "microsoft", a folder, or a zip file. A zip and the archive are unpacked
once, into ``workspace/unpacked/<key>/photos``; ``about.json`` beside the photos says what they are called.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.errors import PhotoError
from core.jobs.job import Report, no_report
from core.photos.sources import download, uploads, zips
from core.photos.sources import walk as sources
from core.photos.sources.download import Archive
from core.workspace.disk import why_not_written
from core.workspace.files import DAMAGED, open_file, read_json, sync_folder, write_atomic
from core.workspace.folders import workspace
from core.workspace.lock import Lock

DRAWN, MICROSOFT, FOLDER, ZIP, OWN = "drawn", "microsoft", "folder", "zip", "own"
ABOUT = "about.json"

MICROSOFT_URL = "ALEXNET_MICROSOFT_URL"
"""Environment variable with another address of the archive: a mirror in a school, or a test's server."""

_ARCHIVE = Archive(
    "Microsoft cats and dogs",
    "https://download.microsoft.com/download/3/E/1/3E1C3F21-ECDB-4869-8368-6DEBA77B919F/kagglecatsanddogs_5340.zip",
    "b7974bd00a84a99921f36ee4403f089853777b5ae8d151c76a86e64900334af9",
    786_000_000,
)
_NUM_NAMED = 3  # damaged photos in a note; the list of what is wrong has them all


@dataclass(frozen=True)
class Origin:
    """Photos in a folder.

    Args:
        root: the folder to scan.
        name: for the person.
        kind: "drawn", "microsoft", "folder", "zip" or "own".
        notes: sentences about what was not as expected on the way.
    """

    root: Path
    name: str
    kind: str
    notes: tuple[str, ...] = ()


def microsoft() -> Archive:
    """The archive that one click fetches: 25,000 photos."""
    return Archive(_ARCHIVE.name, os.environ.get(MICROSOFT_URL) or _ARCHIVE.url, _ARCHIVE.sha256, _ARCHIVE.num_bytes)


def fetch(source: str, report: Report = no_report) -> Origin:
    """The folder of photos that a source stands for; fetched and unpacked if it is not there yet.

    Args:
        source: "microsoft", a folder, or a zip file. Drawn pets are drawn elsewhere.
        report: called with stages "downloading" and "checking" (in bytes), "unpacking" (in files), "waiting" while
            another process does the same.

    Raises:
        PhotoError: it cannot be fetched or unpacked. Nothing half unpacked is left.
        Cancelled: by ``report``; what was downloaded is kept.
    """
    if source == MICROSOFT:
        return of_root(_fetch_microsoft(report))
    path = sources.located(source)
    if is_zip(path):
        return of_root(_fetch_zip(path, report))
    return of_root(path)


def is_zip(path: Path) -> bool:
    """Whether a path is to be unpacked: a zip by its name, there or not, or a file that begins as one."""
    if os.path.isdir(path):
        return False
    if path.suffix.lower() == ".zip":
        return True
    if not os.path.isfile(path):
        return False
    with suppress(OSError), open_file(path) as file:
        return file.read(4) == b"PK\3\4"
    return False


def check_place(source: str) -> None:
    """Looks whether there is a folder, or a zip, where a person says so; reads nothing of it. Raises PhotoError."""
    path = sources.located(source)
    if not (is_zip(path) and path.is_file()):
        sources.resolved(path)


def of_root(root: Path) -> Origin:
    """What is known of a folder of photos."""
    home = workspace()
    if root.parent == home / "drawn":
        return Origin(root, root.name, DRAWN)
    if root.name == "photos" and root.parent.parent in (home / "unpacked", home / "own"):
        try:
            about = read_json(root.parent / ABOUT)
            return Origin(root, about["name"], about["kind"], tuple(about.get("notes", ())))
        except (OSError, *DAMAGED):
            pass
    return Origin(root, root.name, FOLDER)


def source_of(root: Path) -> str:
    """What ``PhotosConfig.source`` is for photos that lie in this folder."""
    kind = of_root(root).kind
    return kind if kind in (DRAWN, MICROSOFT) else str(root)


def has_microsoft() -> bool:
    """Whether the archive has been fetched and unpacked here."""
    return (_unpacked() / _key_of(microsoft()) / ABOUT).is_file()


def unpacked_photos(source: str) -> Path | None:
    """Where the photos of a zip, or of a folder, lie by now; None if the zip has not been unpacked, or the folder is gone."""
    path = Path(source)
    root = _unpacked() / path.stem / "photos" if path.parent == uploads.uploads_folder() else sources.located(source)
    return root if root.is_dir() else None


def zip_name(source: str) -> str | None:
    """What the person calls a zip that is unpacked, by its source or by the folder of its photos; None if it is gone."""
    path = Path(source)
    origin = of_root(path if path.name == "photos" else _unpacked() / path.stem / "photos")
    return origin.name if origin.kind == ZIP else None


def _fetch_microsoft(report: Report) -> Path:
    archive = microsoft()
    key, downloads = _key_of(archive), workspace() / "downloads"
    downloads.mkdir(exist_ok=True)

    def fill(photos: Path) -> dict:
        file = download.fetch(archive, downloads / f"{key}.zip", report)
        checksum = download.checksum(file, report)
        notes = []
        if checksum != archive.sha256:
            notes.append(
                f"The archive is not, byte for byte, the one that was published: its SHA-256 is {checksum}, expected was "
                f"{archive.sha256}. Every photo in it was checked by itself."
            )
        try:
            damaged = zips.unpack(file, photos, report)
        except PhotoError as error:
            if not notes:
                raise
            file.unlink()  # it would fail the next time too
            raise PhotoError(
                f"What {archive.url} sent is damaged, or another file. {error} The next try fetches it anew."
            ) from error
        return {"name": archive.name, "kind": MICROSOFT, "notes": notes + _note_of(damaged)}

    photos = _keep(key, fill, report)
    (downloads / f"{key}.zip").unlink(missing_ok=True)
    return photos


def _fetch_zip(path: Path, report: Report) -> Path:
    if os.path.exists(path) and not os.path.isfile(path):  # a pipe would be waited for
        raise PhotoError(
            f"Photos come in a zip file; “{path}” is no file but a pipe, a socket or a device. Name another."
        )
    # a zip that was sent here bears its checksum, and is gone once it is unpacked
    key = path.stem if path.parent == uploads.uploads_folder() else _checksum_of(path, report)[:24]

    def fill(photos: Path) -> dict:
        if not path.is_file():
            raise PhotoError("This zip is not here any more. Drop it again.")
        damaged = zips.unpack(path, photos, report)
        return {"name": uploads.name_of(path) or "Photos", "kind": ZIP, "notes": _note_of(damaged)}

    photos = _keep(key, fill, report)
    uploads.forget(path)
    return photos


def _checksum_of(path: Path, report: Report) -> str:
    try:
        return download.checksum(path, report)
    except FileNotFoundError as error:
        raise PhotoError(f"There is no file “{path}” on this computer. Check how it is spelt.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise PhotoError(f"“{path}” cannot be read ({reason}). Check its name and who may read it.") from error


def _note_of(damaged: tuple[str, ...]) -> list[str]:
    if not damaged:
        return []
    named = ", ".join(f"“{path}”" for path in damaged[:_NUM_NAMED])
    more = f" and {len(damaged) - _NUM_NAMED:,} more" if len(damaged) > _NUM_NAMED else ""
    return [f"Damaged inside the zip and left out as empty files: {named}{more}."]


def _keep(key: str, fill: Callable[[Path], dict], report: Report) -> Path:
    """The photos folder of a key; filled if it is not there, whole or not at all.

    Args:
        fill: writes the photos; returns what about.json says.
    """
    folder = _unpacked() / key
    if (folder / ABOUT).is_file():
        return folder / "photos"
    lock = Lock(_unpacked() / f".{key}.lock")
    while not lock.acquire(0.25):
        report("waiting", 0, 1)
    unfinished = _unpacked() / f".{key}.unfinished"
    with lock:
        if (folder / ABOUT).is_file():  # the other process did it
            return folder / "photos"
        shutil.rmtree(unfinished, ignore_errors=True)  # left by one that was killed: nobody else has the lock
        _sweep()
        try:
            (unfinished / "photos").mkdir(parents=True)
            about = fill(unfinished / "photos")
            write_atomic(unfinished / ABOUT, json.dumps(about))
            unfinished.rename(folder)
            sync_folder(_unpacked())
        except OSError as error:
            raise PhotoError(f"The photos were not unpacked. {why_not_written(error, _unpacked())}") from error
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return folder / "photos"


def _sweep() -> None:
    """Removes what killed processes left of other zips."""
    for unfinished in _unpacked().glob(".*.unfinished"):
        lock = Lock(unfinished.with_suffix(".lock"))
        if lock.acquire(0):
            with lock:
                shutil.rmtree(unfinished, ignore_errors=True)


def _unpacked() -> Path:
    folder = workspace() / "unpacked"
    folder.mkdir(exist_ok=True)
    return folder


def _key_of(archive: Archive) -> str:
    return hashlib.sha256(archive.url.encode()).hexdigest()[:24]
