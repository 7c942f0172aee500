"""Zips that a browser sends, piece by piece: what has arrived survives a broken connection, a reload and the server.

``workspace/uploads/`` holds ``<id>.part`` while a zip arrives and ``<key>.zip`` once it is whole, each with a ``.json``
beside it (name, size, owner). The key is made of the zip's own bytes; nothing that the browser says becomes a path. A zip that
several people have sent is kept once and is each one's own: its ``.json`` has their names for it under ``senders``.
"""

import hashlib
import json
import os
import shutil
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import PhotoError
from core.jobs.job import check_id
from core.text import printable
from core.workspace.disk import saying_why_not
from core.workspace.files import DAMAGED, MOST_JSON_BYTES, open_file, read_file, read_json, sync_folder, write_atomic
from core.workspace.folders import workspace
from core.workspace.owners import mark_of, mark_of_hash

MAX_BYTES = 5 * 10**9
MAX_NAME_LETTERS = 200
SPARE_BYTES = 10**9  # of disk, left for what others do
RESERVED_SECONDS, RESERVED_BYTES, RESERVED_TIMES = (
    60.0,
    50 * 10**6,
    9,
)  # of disk, for who has sent something this minute
MOST_PARTS = 4  # zips that one browser may have on their way
PART_SECONDS, ZIP_SECONDS = 24 * 3600.0, 7 * 24 * 3600.0  # what nobody went on with is removed after that


@dataclass(frozen=True)
class Upload:
    """A zip on its way.

    Args:
        id: the same for the same file of the same browser, so that dropping it again goes on.
        num_bytes: of the whole.
        arrived: bytes that are on the disk.
    """

    id: str
    num_bytes: int
    arrived: int


@dataclass(frozen=True)
class Arrived:
    """A zip that is whole.

    Args:
        key: of its bytes.
        path: where it lies; it moves into a folder when it is unpacked.
        name: as the person's file is called; text, never a path.
        num_bytes: its size.
        time: seconds since 1970.
    """

    key: str
    path: Path
    name: str
    num_bytes: int
    time: float


def uploads_folder() -> Path:
    """``workspace/uploads``, made if missing."""
    folder = workspace() / "uploads"
    folder.mkdir(exist_ok=True)
    return folder


def owner_of(owner: str) -> str:
    """The mark of a browser that brings something.

    Raises:
        PhotoError: it keeps no cookie.
    """
    if not owner:
        raise PhotoError(
            "What you bring needs a cookie to belong to, and your browser keeps none. Allow cookies for this page, or use a folder."
        )
    return mark_of(owner)


def begin(owner: str, name: str, num_bytes: int, changed: int) -> Upload:
    """Announces a zip; one that was interrupted goes on.

    Args:
        owner: the browser's mark.
        name: of the file on the person's computer.
        num_bytes: its size.
        changed: when it was last changed there, to tell one file from another of its name.

    Raises:
        PhotoError: no cookie, not a zip by its name, empty, too large, or no room on the disk.
    """
    mark, name = owner_of(owner), printable(name)
    if not name.lower().endswith(".zip"):
        raise PhotoError(
            f"A zip file is taken here, with a name that ends in .zip; received “{name[:MAX_NAME_LETTERS]}”. Zip the folder of photos first."
        )
    if num_bytes <= 0:
        raise PhotoError("The zip is empty (0 bytes). Make it again.")
    if num_bytes > MAX_BYTES:
        raise PhotoError(
            f"A zip may have {MAX_BYTES / 1e9:g} GB; this one has {min(num_bytes, 10**18) / 1e9:,.1f} GB. Copy the photos to the server and choose "
            "Folder, or zip fewer of them."
        )
    _sweep()
    upload_id = hashlib.sha256(json.dumps([mark, name, num_bytes, changed]).encode()).hexdigest()[:24]
    arrived = _size(_part(upload_id))
    _make_place(mark, upload_id)
    _check_room(num_bytes - arrived, upload_id)
    about = {"name": name[:MAX_NAME_LETTERS], "num_bytes": num_bytes, "owner": mark, "time": time.time()}
    with saying_why_not(uploads_folder(), PhotoError):
        write_atomic(_part(upload_id).with_suffix(".json"), json.dumps(about))
        _part(upload_id).touch()
    return Upload(upload_id, num_bytes, arrived)


def find(owner: str, upload_id: str) -> Upload:
    """A zip on its way. Raises PhotoError: there is none of that id, or it is another browser's."""
    part = _part(check_id(upload_id))
    try:
        about = read_json(part.with_suffix(".json"))
        if mark_of_hash(about["owner"]) != owner_of(owner):
            raise FileNotFoundError
        return Upload(upload_id, about["num_bytes"], part.stat().st_size)
    except (OSError, *DAMAGED) as error:
        raise PhotoError("This upload is not known here any more. Drop the zip again.") from error


def append(upload: Upload, offset: int, piece: bytes) -> int:
    """Writes bytes at their place; returns how many have arrived. Raises PhotoError: too many, or the disk is full."""
    if offset + len(piece) > upload.num_bytes:
        raise PhotoError(
            f"The zip was announced with {upload.num_bytes:,} bytes, and more came. Drop it again; it may have changed meanwhile."
        )
    if shutil.disk_usage(uploads_folder()).free < SPARE_BYTES // 2:
        raise PhotoError(
            "The server's disk has become too full to take the rest. What has come is kept for a day: make room there, then drop the zip again."
        )
    with saying_why_not(uploads_folder(), PhotoError):
        descriptor = os.open(_part(upload.id), os.O_WRONLY)
        try:
            left, at = memoryview(piece), offset
            while left:
                written = os.pwrite(descriptor, left, at)
                left, at = left[written:], at + written
        finally:
            os.close(descriptor)
    return offset + len(piece)


def finish(upload: Upload) -> Arrived:
    """Makes an upload of which every byte has arrived a zip that can be prepared.

    Raises:
        PhotoError: bytes are missing, or the disk is full.
    """
    part = _part(upload.id)
    if _size(part) != upload.num_bytes:
        raise PhotoError(
            f"{_size(part):,} of {upload.num_bytes:,} bytes have arrived. Drop the zip again; it goes on from there."
        )
    with open_file(part) as file:
        key = hashlib.file_digest(file, "sha256").hexdigest()[:24]
        os.fsync(file.fileno())
    path = uploads_folder() / f"{key}.zip"
    with _one_at_a_time, saying_why_not(uploads_folder(), PhotoError):
        about = read_json(part.with_suffix(".json"))
        known = _about(path)
        senders = _senders(known) | {mark_of_hash(about["owner"]): about["name"]}
        write_atomic(path.with_suffix(".json"), json.dumps(about | known | {"senders": senders}))
        part.replace(path)
        os.utime(path)
        part.with_suffix(".json").unlink(missing_ok=True)
        sync_folder(uploads_folder())
    return _arrived(path, mark_of_hash(about["owner"]))


def cancel(upload: Upload) -> None:
    """Forgets what has arrived."""
    for path in (_part(upload.id), _part(upload.id).with_suffix(".json")):
        path.unlink(missing_ok=True)


def mine(owner: str) -> list[Arrived]:
    """The whole zips of a browser that are not unpacked yet, the newest first."""
    if not owner:
        return []
    mark, found = owner_of(owner), []
    for path in uploads_folder().glob("*.zip"):
        with suppress(OSError, *DAMAGED):
            if mark in _senders(_about(path)):
                found.append(_arrived(path, mark))
    return sorted(found, key=lambda zip_file: zip_file.time, reverse=True)


def name_of(path: Path) -> str:
    """What a person calls a zip: the name that it was sent under, without its ending."""
    with suppress(OSError, *DAMAGED):
        if path.parent == uploads_folder():
            return Path(printable(_read(path.with_suffix(".json"))["name"]).replace("/", " ")).stem
    return path.stem


def forget(path: Path) -> None:
    """Removes a zip that was sent, once it is unpacked; a zip elsewhere is the person's own and stays."""
    if path.parent == uploads_folder():
        path.unlink(missing_ok=True)
        path.with_suffix(".json").unlink(missing_ok=True)


def _arrived(path: Path, mark: str) -> Arrived:
    about = _about(path)
    return Arrived(path.stem, path, printable(_senders(about)[mark]), about["num_bytes"], path.stat().st_mtime)


def _about(path: Path) -> dict:
    """What is known of a whole zip; nothing where it is gone or damaged."""
    try:
        about = _read(path.with_suffix(".json"))
    except (OSError, ValueError):
        return {}
    return about if isinstance(about, dict) and path.is_file() else {}


def _read(path: Path) -> Any:
    """As ``read_json``, but names that an earlier version wrote may hold half a letter, which ``printable`` replaces."""
    try:
        return json.loads(read_file(path, MOST_JSON_BYTES).decode("utf-8", "surrogateescape"))
    except RecursionError:
        raise ValueError("it holds lists in lists without end") from None


def _senders(about: dict) -> dict[str, str]:
    """{mark: what that person's file is called}; one of the first release has one sender."""
    if isinstance(about.get("senders"), dict):
        return {str(mark): str(name) for mark, name in about["senders"].items()}
    return (
        {mark_of_hash(about["owner"]): about["name"]} if isinstance(about.get("owner"), str) and "name" in about else {}
    )


def _part(upload_id: str) -> Path:
    return uploads_folder() / f"{upload_id}.part"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _make_place(mark: str, upload_id: str) -> None:
    """Forgets the oldest of one browser's zips on their way, so that there are never many."""
    found = []
    for path in uploads_folder().glob("*.part"):
        with suppress(OSError, *DAMAGED):
            if path.stem != upload_id and mark_of_hash(read_json(path.with_suffix(".json"))["owner"]) == mark:
                found.append((path.stat().st_mtime, path))
    for _, path in sorted(found)[: max(0, len(found) - MOST_PARTS + 1)]:
        path.unlink(missing_ok=True)
        path.with_suffix(".json").unlink(missing_ok=True)


def _check_room(needed: int, upload_id: str) -> None:
    """What others are sending counts as taken, in proportion to what of it has come: who only announces holds nothing for long."""
    announced, now = 0, time.time()
    for path in uploads_folder().glob("*.part"):
        with suppress(OSError, *DAMAGED):
            status = path.stat()
            if path.stem != upload_id and now - status.st_mtime < RESERVED_SECONDS:
                left = read_json(path.with_suffix(".json"))["num_bytes"] - status.st_size
                announced += min(left, RESERVED_BYTES + RESERVED_TIMES * status.st_size)
    free = shutil.disk_usage(uploads_folder()).free - announced
    # twice: the zip, and the photos that are unpacked from it
    if free < 2 * needed + SPARE_BYTES:
        raise PhotoError(
            f"The zip and its photos need {2 * needed / 1e6:,.0f} MB of disk, and {SPARE_BYTES / 1e6:,.0f} MB must stay free; the server has "
            f"{max(0, free) / 1e6:,.0f} MB. Zip fewer photos, or free some space there."
        )


def _sweep() -> None:
    now = time.time()
    for pattern, seconds in (("*.part", PART_SECONDS), ("*.zip", ZIP_SECONDS)):
        for path in uploads_folder().glob(pattern):
            with suppress(FileNotFoundError):
                if now - path.stat().st_mtime > seconds:
                    path.unlink()
                    path.with_suffix(".json").unlink(missing_ok=True)


_one_at_a_time = threading.Lock()  # two who send the same zip at once
