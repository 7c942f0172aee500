"""Finds the photos in a folder, and what the folder's shape says about their classes and splits.

Four layouts:

    classes   cats/1.jpg dogs/2.jpg                  one sub-folder a class; also PetImages/Cat/1.jpg
    splits    train/cats/1.jpg val/... test/...      Keras' layout; "validation" and "valid" are understood
    flat      cat.0.jpg dog.0.jpg                    Kaggle's; the class is the word before the number
    none      anything else: can be looked at, not trained on
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from core.errors import PhotoError
from core.photos.decode import PHOTO_EXTENSIONS

SPLITS = ("train", "val", "test")

SPLIT_FOLDERS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}
_FLAT_NAME = re.compile(r"(?P<class>[^\W\d][^.]*)\.\d+\.[^.]+", re.DOTALL)


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
        layout: "classes", "splits", "flat" or "none".
        class_names: sorted; empty for layout "none".
        files: by path. Those that the layout gives no class are here too.
        ignored: (path, reason) of every other file.
    """

    root: Path
    layout: str
    class_names: tuple[str, ...]
    files: tuple[SourceFile, ...]
    ignored: tuple[tuple[str, str], ...]


def find(folder: Path | str) -> Source:
    """Lists a folder and reads its layout; opens no file.

    Raises:
        PhotoError: it does not exist, is no folder, or may not be read.
    """
    root = _resolved(folder)
    entries, folders = _walk(root)
    files, ignored = [], []
    for path, entry in entries:
        reason = _reason_to_ignore(path, entry)
        if reason:
            ignored.append((path, reason))
            continue
        try:
            status = entry.stat()
        except OSError:  # removed in this very moment
            continue
        files.append((path, status.st_size, status.st_mtime_ns))
    files.sort()
    layout, class_names, labels = _read_layout([path for path, _, _ in files], folders)
    found = tuple(SourceFile(path, *labels.get(path, (None, None)), size, changed) for path, size, changed in files)
    return Source(root, layout, class_names, found, tuple(sorted(ignored)))


def _resolved(folder: Path | str) -> Path:
    text = str(folder).strip()
    if not text:
        raise PhotoError("Photos come from a folder; received no name. Give the folder's path.")
    try:
        root = Path(text).expanduser().resolve()
        exists, is_folder = root.exists(), root.is_dir()
    except (OSError, ValueError, RuntimeError) as error:
        raise PhotoError(
            f"Photos come from a folder on this computer; “{text[:200]}” cannot be one ({error}). Check the path."
        ) from error
    if not exists:
        raise PhotoError(f"The folder “{text}” does not exist on this computer. Check how it is spelt.")
    if not is_folder:
        raise PhotoError(f"Photos come from a folder; “{text}” is a file. Give the folder that it lies in, or a zip.")
    return root


def _walk(root: Path) -> tuple[list[tuple[str, os.DirEntry]], list[str]]:
    """Files as (path relative to root, entry), and the paths of the visible folders.

    Links to folders are followed, each folder once.
    """
    files, folders, seen, waiting = [], [], set(), [""]
    while waiting:
        inside = waiting.pop()
        for entry in _entries(root / inside):
            path = f"{inside}/{entry.name}" if inside else entry.name
            if not entry.is_dir():
                files.append((path, entry))
                continue
            status = entry.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            waiting.append(path)
            if is_visible(path):
                folders.append(path)
    return files, sorted(folders)


def _entries(folder: Path) -> list[os.DirEntry]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except PermissionError as error:
        raise PhotoError(
            f"The folder “{folder}” may not be read by the app. Give it the right to read, or choose another folder."
        ) from error
    except OSError as error:
        raise PhotoError(
            f"The folder “{folder}” cannot be read ({error.strerror}). Check its disk and try again."
        ) from error


def is_visible(path: str) -> bool:
    """Whether neither a file nor a folder on its path is hidden, or the shadow that macOS puts into zips."""
    return not any(part.startswith(".") or part == "__MACOSX" for part in path.split("/"))


def _reason_to_ignore(path: str, entry: os.DirEntry) -> str | None:
    if not is_visible(path):
        return "Hidden files are not photos of yours."
    if extension_of(path) not in PHOTO_EXTENSIONS:
        return "Its name does not end as a photo's does, for example in .jpg, .png or .heic."
    if not entry.is_file():
        return "It is a link to nothing, or no file at all."
    return None


def extension_of(path: str) -> str:
    """ "jpg" of "a/b.JPG"; "" where there is none."""
    name = path.rsplit("/", 1)[-1]
    return name.rsplit(".", 1)[-1].lower() if "." in name else ""


Labels = dict[str, tuple[str | None, str | None]]  # path -> (class name, split)


def _read_layout(paths: list[str], folders: list[str], top: str = "") -> tuple[str, tuple[str, ...], Labels]:
    """(layout, sorted class names, labels) of what lies below ``top``."""
    inside = [path for path in paths if path.startswith(top)]
    direct = [path for path in inside if "/" not in path[len(top) :]]
    below = [path[len(top) :] for path in folders if path.startswith(top) and "/" not in path[len(top) :]]

    splits = {name: SPLIT_FOLDERS[name.lower()] for name in below if name.lower() in SPLIT_FOLDERS}
    if "train" in splits.values():
        labels = {}
        for path in inside:
            first, _, rest = path[len(top) :].partition("/")
            if first in splits:
                labels[path] = (rest.split("/", 1)[0] if "/" in rest else _flat_class(rest), splits[first])
        names = {name for name, _ in labels.values()} - {None}
        if names:
            return "splits", tuple(sorted(names)), labels

    flat = {path: (_flat_class(path), None) for path in direct if _flat_class(path)}
    if flat and 2 * len(flat) >= len(direct) and not below:
        return "flat", tuple(sorted({name for name, _ in flat.values()})), flat

    # One folder around everything (PetImages, or what a zip unpacks to) is looked into; one class folder is not.
    if not direct and len(below) == 1 and _holds_layout(f"{top}{below[0]}/", paths, folders):
        return _read_layout(paths, folders, f"{top}{below[0]}/")
    if below:
        labels = {path: (path[len(top) :].split("/", 1)[0], None) for path in set(inside) - set(direct)}
        return "classes", tuple(below), labels
    return "none", (), {}


def _flat_class(path: str) -> str | None:
    match = _FLAT_NAME.fullmatch(path.rsplit("/", 1)[-1])
    return match["class"] if match else None


def _holds_layout(top: str, paths: list[str], folders: list[str]) -> bool:
    direct = [path for path in paths if path.startswith(top) and "/" not in path[len(top) :]]
    if direct:
        return len({_flat_class(path) for path in direct} - {None}) > 1
    return any(path.startswith(top) for path in folders)
