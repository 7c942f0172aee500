"""Finds the photos in a folder. What its shape says about their classes and splits is read by ``core.photos.layouts.layout``."""

import errno
import os
import re
import stat
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from core.errors import PhotoError
from core.photos.files.decode import EXTENSIONS_OF, PHOTO_EXTENSIONS, SIGNATURE_BYTES, signature
from core.photos.layouts import chosen, layout
from core.photos.layouts.chosen import Choice
from core.photos.layouts.tables import MOST_BYTES, Table
from core.workspace.files import read_file


@dataclass(frozen=True)
class SourceFile:
    """A file with a photo's name.

    Args:
        path: relative to the folder, with "/"; bytes that are not UTF-8 are surrogate escapes.
        class_name, split: what the layout says, or None.
        size: in bytes.
        mtime_ns: time of the last change.
    """

    path: str
    class_name: str | None
    split: str | None
    size: int
    mtime_ns: int


@dataclass(frozen=True)
class Source:
    """Everything under a folder.

    Args:
        root: the resolved folder.
        layout, class_names, notes, basis: as in ``core.photos.layouts.layout``.
        files: the photos, by path; those that have a class, if any has.
        ignored: (path, reason) of every other file.
    """

    root: Path
    layout: str
    class_names: tuple[str, ...]
    files: tuple[SourceFile, ...]
    ignored: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()
    basis: str = ""


def find(folder: Path | str, classes: Choice = (), must_fit: bool = True) -> Source:
    """Lists a folder and reads its layout; opens only files whose ending says nothing, and tables where folders say nothing.

    Args:
        folder: where the photos are.
        classes, must_fit: which classes are used, and how strictly, see ``core.photos.layouts.chosen``.

    Raises:
        PhotoError: it does not exist, is no folder, or may not be read; or a class that is chosen is not there.
    """
    root = resolved(folder)
    seen = walk(root)
    tables = [
        Table(path, partial(read_file, root / path, MOST_BYTES))
        for path, _ in seen.ignored
        if is_visible(path) and extension_of(path) in ("csv", "tsv")
    ]
    shape = layout.read([file.path for file in seen.files], seen.folders, tables)
    shape = chosen.applied(shape, classes, must_fit)
    files = tuple(
        SourceFile(file.path, *shape.labels.get(file.path, (None, None)), file.size, file.mtime_ns)
        for file in seen.files
        if file.path not in shape.asides
    )
    others = [(path, _IS_READ if path in shape.tables else reason) for path, reason in seen.ignored]
    ignored = (*others, *seen.unreachable, *shape.asides.items())
    return Source(root, shape.layout, shape.class_names, files, tuple(sorted(ignored)), shape.notes, shape.basis)


_IS_READ = "It says what the photos show, and is no photo itself."


def located(text: Path | str) -> Path:
    """What a person means by a path: as it is where there is such a file, else without the quotes, ``file://`` or backslashes
    that a terminal, a browser or Windows puts around it. Nothing need be there.

    Raises:
        PhotoError: it is empty, no path at all, or lies on another computer.
    """
    text = str(text).strip()
    if not text:
        raise PhotoError("Photos come from a folder; received no name. Give the folder's path.")
    try:
        if os.path.lexists(os.path.expanduser(text)):
            return Path(os.path.expanduser(text))
        for start, end in ('""', "''", "“”", "‘’"):
            if len(text) > 2 and text.startswith(start) and text.endswith(end):
                text = text[1:-1].strip()
        if re.match(r"file:/", text, re.IGNORECASE):
            text = _of_url(text)
        if re.match(r"[A-Za-z]:([\\/]|$)|\\\\", text):
            return _of_windows(text)
        unescaped = re.sub(r"\\(.)", r"\1", text)  # a terminal writes My\ photos
        if not os.path.lexists(os.path.expanduser(text)) and os.path.lexists(os.path.expanduser(unescaped)):
            text = unescaped
        return Path(os.path.expanduser(text))
    except ValueError as error:
        raise PhotoError(
            f"Photos come from a folder on this computer; “{text[:200]}” cannot be one ({error}). Check the path."
        ) from error


def _of_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.netloc not in ("", "localhost"):
        raise PhotoError(
            f"Photos come from a folder on this computer; “{text[:200]}” lies on “{parts.netloc}”. Copy it here first."
        )
    path = unquote(text.split("?")[0].split("#")[0].split(":", 1)[1], errors="surrogateescape")
    path = path.removeprefix("//localhost")
    path = "/" + path.lstrip("/")
    return path[1:] if re.match(r"/[A-Za-z]:[\\/]", path) else path


def _of_windows(text: str) -> Path:
    """A path of Windows, where this computer sees that disk (WSL shows it below /mnt)."""
    seen = Path("/mnt", text[0].lower(), *re.split(r"[\\/]+", text[2:].strip("\\/"))) if text[1:2] == ":" else None
    if os.name == "nt":
        return Path(text)
    if seen is not None and os.path.lexists(seen):
        return seen
    raise PhotoError(
        f"“{text[:200]}” is a path of Windows, and the app runs on a computer that has no such disk. Give the path as this computer "
        "knows it, or send the photos as a zip."
    )


def resolved(folder: Path | str) -> Path:
    """A folder that is there, with links and dots resolved. Raises PhotoError."""
    text, path = str(folder).strip(), located(folder)
    try:
        root = path.resolve()
        exists, is_folder, is_link = root.exists(), root.is_dir(), path.is_symlink()
    except (OSError, ValueError, RuntimeError) as error:
        raise PhotoError(
            f"Photos come from a folder on this computer; “{text[:200]}” cannot be one ({error}). Check the path."
        ) from error
    if is_link and not exists:
        raise PhotoError(f"“{text}” is a link to something that is not there. Put that back, or give another folder.")
    if not exists:
        raise PhotoError(f"The folder “{text}” does not exist on this computer. Check how it is spelt.")
    if not is_folder:
        raise PhotoError(f"Photos come from a folder; “{text}” is a file. Give the folder that it lies in, or a zip.")
    return root


@dataclass(frozen=True)
class WalkedFile:
    """A file with a photo's name or a photo's first bytes; ``path``, ``size`` and ``mtime_ns`` as in ``SourceFile``."""

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True)
class Walk:
    """What lies below a folder.

    Args:
        files: the photos, by path.
        folders: paths of the visible folders.
        ignored: (path, reason) of every other file.
        unreachable: (path, reason) of the folders and links that cannot be followed.
    """

    files: tuple[WalkedFile, ...]
    folders: tuple[str, ...]
    ignored: tuple[tuple[str, str], ...]
    unreachable: tuple[tuple[str, str], ...]


def walk(root: Path) -> Walk:
    """The only walk through a person's folder: whoever lists photos sees the same ones.

    Links are followed, each folder once: a folder itself goes before links to it. What cannot be looked at costs only
    itself and is ignored with the reason. Pipes, sockets and devices are never opened.

    Args:
        root: a folder, resolved.

    Raises:
        PhotoError: the folder itself may not be read.
    """
    files: list[WalkedFile] = []
    ignored: list[tuple[str, str]] = []
    unreachable: list[tuple[str, str]] = []
    place = root.stat()
    seen = {(place.st_dev, place.st_ino): ""}
    waiting, links = [""], []
    while waiting or links:
        if not waiting:
            path, identity = links.pop(0)
            if identity in seen:
                unreachable.append((path, _REPEATED.format(seen[identity] or root.name)))
                continue
            seen[identity] = path
            waiting.append(path)
        inside = waiting.pop()
        try:
            entries = _entries(root / inside)
        except OSError as error:
            if not inside:
                raise _unreadable(root, error) from error
            del seen[next(key for key, path in seen.items() if path == inside)]
            unreachable.append((inside, f"The app cannot look into this folder ({_words(error)})."))
            continue
        for entry in entries:
            path = f"{inside}/{entry.name}" if inside else entry.name
            try:
                status = entry.stat()
            except OSError as error:
                unreachable.append((path, _why_not(entry, error)))
                continue
            identity = (status.st_dev, status.st_ino)
            if not stat.S_ISDIR(status.st_mode):
                reason = _reason_to_ignore(path, entry, status)
                if reason:
                    ignored.append((path, reason))
                else:
                    files.append(WalkedFile(path, status.st_size, status.st_mtime_ns))
            elif entry.is_symlink():
                links.append((path, identity))
            elif identity in seen:  # mounted a second time
                unreachable.append((path, _REPEATED.format(seen[identity] or root.name)))
            else:
                seen[identity] = path
                waiting.append(path)
    folders = sorted(path for path in seen.values() if path and is_visible(path))
    files.sort(key=lambda file: file.path)
    return Walk(tuple(files), tuple(folders), tuple(sorted(ignored)), tuple(sorted(unreachable)))


_REPEATED = "It leads to the folder “{}”, which is looked at already."


def _entries(folder: Path) -> list[os.DirEntry]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _unreadable(folder: Path, error: OSError) -> PhotoError:
    if isinstance(error, PermissionError):
        return PhotoError(
            f"The folder “{folder}” may not be read by the app. Give it the right to read, or choose another folder."
        )
    return PhotoError(f"The folder “{folder}” cannot be read ({error.strerror}). Check its disk and try again.")


def _words(error: OSError) -> str:
    return "it has no right to read it" if isinstance(error, PermissionError) else (error.strerror or str(error))


def _why_not(entry: os.DirEntry, error: OSError) -> str:
    """Why an entry cannot even be asked what it is."""
    if not entry.is_symlink():
        return f"The app cannot look at it ({_words(error)})."
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        try:
            target = f" (“{os.readlink(entry.path)}”)"
        except OSError:  # removed in this very moment
            target = ""
        return f"It is a link to something that is not there{target}."
    if error.errno == errno.ELOOP:
        return "It is a link that leads back to itself."
    return f"It is a link to something that the app cannot look at ({_words(error)})."


_SHADOWS = frozenset({"__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information", "lost+found"})


def is_visible(path: str) -> bool:
    """Whether neither a file nor a folder on its path is hidden, or what macOS, Windows or a disk station keeps beside files."""
    return not any(part.startswith(".") or part in _SHADOWS for part in path.split("/"))


def is_archive(path: str) -> bool:
    """Whether a file's name is that of an archive, in which photos would not be seen."""
    return extension_of(path) in _ARCHIVES


def may_be_photo(path: str) -> bool | None:
    """Whether a file is a photo by its name; None where its ending says nothing, so that its first bytes decide."""
    extension = extension_of(path)
    if extension in PHOTO_EXTENSIONS:
        return True
    return False if extension in _OTHER_ENDINGS or extension in _ARCHIVES else None


def _reason_to_ignore(path: str, entry: os.DirEntry, status: os.stat_result) -> str | None:
    if not is_visible(path):
        return "Hidden files are not photos of yours."
    if not stat.S_ISREG(status.st_mode):
        return "It is no file at all but a pipe, a socket or a device."
    named = may_be_photo(path)
    if named:
        return None
    if named is None:
        try:
            with open(entry.path, "rb") as file:
                head = file.read(SIGNATURE_BYTES)
        except OSError as error:
            return f"Its name does not end as a photo's does, and the app cannot look into it ({_words(error)})."
        if signature(head) in EXTENSIONS_OF:
            return None
    if is_archive(path):
        return "It is an archive, and photos inside it are not seen. Unpack it."
    return "Its name does not end as a photo's does, for example in .jpg, .png or .heic."


_ARCHIVES = frozenset({"zip", "rar", "7z", "tar", "gz", "tgz", "bz2", "xz", "zst"})
_THAT_ARE_OTHER = """
    txt md rst rtf pdf doc docx odt xls xlsx ods ppt pptx csv tsv json jsonl xml html htm url yaml yml toml ini cfg
    log db sqlite py ipynb js ts css sh bat exe dll so m mat h5 hdf5 npy npz pkl pickle pt pth onnx tflite tfrecord
    parquet safetensors mp4 mov avi mkv webm m4v mp3 wav flac ogg m4a svg eps ps ai psd xcf lnk tmp part crdownload
"""
_OTHER_ENDINGS = frozenset(_THAT_ARE_OTHER.split())
"""Endings that say what a file is, and that it is no photo: such a file is not opened."""


def extension_of(path: str) -> str:
    """ "jpg" of "a/b.JPG"; "" where there is none."""
    name = path.rsplit("/", 1)[-1]
    return name.rsplit(".", 1)[-1].lower() if "." in name else ""
