"""A zip of photos -> a folder, without believing anything that the zip says of itself.

Photos are written out; every other file becomes an empty one of the same name, so that the scan finds and counts it as
it would in a folder, and nothing else of a stranger reaches the disk.
"""

import errno
import re
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.errors import PhotoError
from core.jobs.job import Report, no_report
from core.photos.files.decode import EXTENSIONS_OF, SIGNATURE_BYTES, signature
from core.photos.sources.walk import is_archive, is_visible, may_be_photo
from core.text import printable
from core.workspace.files import open_file

MAX_ENTRIES = 200_000
MAX_FOLDERS = 20_000  # made for the files, listed or not; a data set has some hundred
MAX_DIRECTORY_BYTES = 40 * 10**6  # of the table of contents; of 25,000 photos it takes 2 MB
MAX_BYTES = 50 * 10**9  # of all photos, unpacked
MAX_PHOTO_BYTES = 10**9
MAX_RATIO = 50  # unpacked bytes to packed ones; photos barely shrink
RATIO_FROM_BYTES = 200 * 10**6  # below, nothing bursts, and a few flat drawings shrink a lot
SPARE_BYTES = 200 * 10**6  # of disk, left for others
MAX_PATH_BYTES, MAX_NAME_BYTES, MAX_DEPTH = 1000, 255, 16

_PIECE = 2**20
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others are rare, and LZMA takes what memory the zip asks for
_TAIL_BYTES = 22 + 2**16  # the record at a zip's end and the longest comment
_UTF8_FLAG, _ENCRYPTED_FLAGS = 0x800, 0x2041
_UNREADABLE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError)


@dataclass(frozen=True)
class _Entry:
    info: zipfile.ZipInfo
    path: str  # checked, relative, with "/"
    kind: str  # "photo", "other", "folder"


def unpack(archive: Path, folder: Path, report: Report = no_report) -> tuple[str, ...]:
    """Writes the photos of a zip into a folder, under their names in the zip.

    A photo whose packed data is damaged becomes an empty file, so that it costs only itself.

    Args:
        archive: the zip.
        folder: an empty one. When this raises, what was written is left for the caller to remove.
        report: called with stage "unpacking", in files.

    Returns:
        Paths of the damaged photos.

    Raises:
        PhotoError: it is no whole zip, it is refused, or the disk has no room; the sentence says which.
        Cancelled: by ``report``.
    """
    damaged: list[str] = []
    with open_file(archive) as file, _opened(file, archive.name) as source:
        entries = _checked(source)
        packed, unpacked = archive.stat().st_size, 0
        _check_room(folder, sum(entry.info.file_size for entry in entries if entry.kind == "photo"))
        report("unpacking", 0, len(entries))
        for done, entry in enumerate(entries, 1):
            with _made(folder, entry) as target:
                try:
                    for piece in _content(source, entry):
                        unpacked += len(piece)
                        _check_size(entry, target.tell() + len(piece), unpacked, packed)
                        target.write(piece)
                        report("unpacking", done - 1, len(entries))
                except _UNREADABLE:
                    target.seek(0)
                    target.truncate()
                    damaged.append(entry.path)
            report("unpacking", done, len(entries))
    return tuple(damaged)


def _made(folder: Path, entry: _Entry) -> AbstractContextManager:
    """The new file of an entry, open; a folder is made and nothing opened."""
    target = folder / entry.path
    try:
        if entry.kind == "folder":
            target.mkdir(parents=True, exist_ok=True)
            return nullcontext()
        target.parent.mkdir(parents=True, exist_ok=True)
        return target.open("xb")
    except (FileExistsError, NotADirectoryError) as error:
        raise _refused(entry.path, "has the name of another file or folder in it", "the name is there twice") from error


def _content(source: zipfile.ZipFile, entry: _Entry) -> Iterator[bytes]:
    if entry.kind != "photo":
        return
    try:
        content = source.open(entry.info)
    except OSError as error:
        if error.errno != errno.EINVAL:  # what a place before the file's beginning gives
            raise
        raise zipfile.BadZipFile("its place is not in the file") from error
    with content:
        while piece := content.read(_PIECE):
            yield piece


def _opened(file: BinaryIO, name: str) -> zipfile.ZipFile:
    """Raises PhotoError where the file is no whole zip or its table of contents is out of all measure."""
    try:
        _check_directory(file)
        return zipfile.ZipFile(file)
    except (*_UNREADABLE, OSError) as error:
        raise PhotoError(
            f"Photos come in a whole zip file; “{name}” is not one, or its end is missing ({error}). Make or fetch it again."
        ) from error


def _check_directory(file: BinaryIO) -> None:
    """Looks at the table of contents before ``zipfile`` reads it whole into memory."""
    size = file.seek(0, 2)
    start = max(0, size - _TAIL_BYTES)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < 22:
        raise zipfile.BadZipFile("it has no table of contents")
    length, end = struct.unpack_from("<L", tail, at + 12)[0], start + at
    file.seek(max(0, end - 76))
    before = file.read(min(76, end))  # where archives beyond 4 GB or 65,535 files keep the true numbers
    if before[56:60] == b"PK\6\7" and before[:4] == b"PK\6\6":
        length, end = struct.unpack_from("<Q", before, 40)[0], end - 76
    if length > MAX_DIRECTORY_BYTES:
        raise PhotoError(
            f"A zip's table of contents may take {MAX_DIRECTORY_BYTES / 1e6:.0f} MB; this one takes {length / 1e6:,.0f} MB. Zip the "
            "photos alone, or use a folder."
        )
    file.seek(max(0, end - length))
    _check_count(file.read(length).count(b"PK\1\2"))


def _check_count(number: int) -> None:
    if number > MAX_ENTRIES:
        raise PhotoError(
            f"A zip may hold {MAX_ENTRIES:,} files; this one holds {number:,}. Zip fewer photos, or use a folder."
        )


def _checked(source: zipfile.ZipFile) -> list[_Entry]:
    """The files of a zip, each with a path that stays inside the folder. Raises PhotoError: the zip is refused."""
    entries, declared, folders = [], 0, set()
    for info in source.infolist():
        path, is_folder = _path_of(info)
        if not path:
            continue
        _check_kind(info, path, is_folder)
        kind = "folder" if is_folder else _kind_of(source, info, path)
        declared += info.file_size if kind == "photo" else 0
        entries.append(_Entry(info, path, kind))
        folders.update(_folders_of(path, is_folder))
        if len(folders) > MAX_FOLDERS:
            raise PhotoError(
                f"A zip may make {MAX_FOLDERS:,} folders; this one makes more, for instance around “{path[:120]}”. Zip one folder of "
                "photos a class."
            )
    if declared > MAX_BYTES:
        raise _too_large(declared)
    if not any(entry.kind == "photo" for entry in entries):
        archive = next((entry.path for entry in entries if is_visible(entry.path) and is_archive(entry.path)), None)
        if archive:
            raise PhotoError(
                f"The zip holds another archive, “{archive}”, and photos inside that would not be seen. Unpack it, and zip the folder "
                "of photos itself."
            )
        raise PhotoError(
            f"A data set needs photos; this zip has none among its {len(entries):,} files. Zip a folder with one sub-folder of "
            "photos a class."
        )
    return entries


def _folders_of(path: str, is_folder: bool) -> Iterator[str]:
    """Every folder that an entry needs: ``a`` and ``a/b`` for ``a/b/c.jpg``."""
    yield from (path[:at] for at, letter in enumerate(path) if letter == "/")
    if is_folder:
        yield path


def _kind_of(source: zipfile.ZipFile, info: zipfile.ZipInfo, path: str) -> str:
    if not is_visible(path):
        return "other"
    named = may_be_photo(path)
    if named is None:  # its ending says nothing; as in a folder, its first bytes do
        with suppress(*_UNREADABLE, OSError), source.open(info) as content:
            named = signature(content.read(SIGNATURE_BYTES)) in EXTENSIONS_OF
    return "photo" if named else "other"


def _path_of(info: zipfile.ZipInfo) -> tuple[str, bool]:
    """(the entry's path in the folder, "" for the folder itself; whether it is a folder)."""
    name = info.orig_filename
    if not info.flag_bits & _UTF8_FLAG:
        with suppress(UnicodeError):  # macOS writes UTF-8 without saying so
            name = name.encode("cp437").decode()
    name = name.replace("\\", "/")  # some programs of Windows write it so
    try:
        name.encode()
    except UnicodeEncodeError:
        raise _refused(printable(name), "has a name that is no text", "half a letter") from None
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        raise _refused(name, "names a place on a disk of its own", "starts")
    if ".." in parts:
        raise _refused(name, "leads out of the folder that it is unpacked to", "contains ..")
    if "\0" in name:
        raise _refused(name.replace("\0", "␀"), "has a name that ends in the middle", "contains a zero byte")
    too_long = any(len(part.encode()) > MAX_NAME_BYTES for part in parts) or len(name.encode()) > MAX_PATH_BYTES
    if too_long or len(parts) > MAX_DEPTH:
        raise _refused(
            name, "has a longer name than disks take, or lies too deep", f"{len(name):,} letters, {len(parts)} levels"
        )
    return "/".join(parts), name.endswith("/")


def _refused(name: str, why: str, received: str) -> PhotoError:
    return PhotoError(
        f"The zip is refused, and nothing of it was kept: its file “{name[:120]}” {why} ({received}). Zip the folder of photos "
        "anew, with the program of your system."
    )


def _check_kind(info: zipfile.ZipInfo, path: str, is_folder: bool) -> None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFDIR if is_folder else stat.S_IFREG):
        what = "a link to another place" if kind == stat.S_IFLNK else "no plain file"
        raise _refused(path, f"is {what}", "only files and folders are taken")
    if info.flag_bits & _ENCRYPTED_FLAGS:
        raise PhotoError(f"The zip is locked with a password (“{path}”). Make one without a password.")
    if info.compress_type not in _METHODS:
        raise PhotoError(
            f"Zips packed in the usual way (deflate) are read; “{path}” is packed in another (number {info.compress_type}). Make "
            "the zip with the program of your system."
        )


def _check_size(entry: _Entry, photo_bytes: int, unpacked: int, packed: int) -> None:
    """Sizes as they are counted, not as the zip gives them."""
    if photo_bytes > MAX_PHOTO_BYTES:
        raise PhotoError(
            f"A photo may have {MAX_PHOTO_BYTES / 1e9:g} GB; “{entry.path}” has more. Take it out of the zip."
        )
    if unpacked > MAX_BYTES:
        raise _too_large(unpacked)
    if unpacked > max(RATIO_FROM_BYTES, MAX_RATIO * packed):
        raise PhotoError(
            f"Photos barely shrink in a zip, at most {MAX_RATIO} times here; this one of {packed / 1e6:,.1f} MB has unpacked to more "
            f"than {unpacked / 1e6:,.0f} MB, as zips do that are made to fill a disk. It is refused, and nothing of it was kept."
        )


def _too_large(num_bytes: int) -> PhotoError:
    return PhotoError(
        f"A zip's photos may take {MAX_BYTES / 1e9:g} GB unpacked; these take {num_bytes / 1e9:,.1f} GB or more. Zip fewer of them, or "
        "use a folder."
    )


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed + SPARE_BYTES:
        raise PhotoError(
            f"The photos take {needed / 1e6:,.0f} MB unpacked, and {SPARE_BYTES / 1e6:,.0f} MB must stay free; the disk has "
            f"{free / 1e6:,.0f} MB. Free some space, or set ALEXNET_HOME to a folder on another disk."
        )
