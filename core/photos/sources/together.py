"""Several folders of photos as one: one gives the splits, others lend it photos to learn from, and one may hold outliers.

The result is a folder of links in the workspace, ``together/<name>-<key>/<split>/<class>/``, read like any other. No photo is copied or
changed; where one folder's photos come or go, putting together again says so by another key.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from core.errors import PhotoError
from core.photos.layouts.names import SPLITS, class_key
from core.photos.sources.walk import Source, find, is_visible, resolved, walk
from core.text import listed
from core.workspace.folders import workspace

OUTLIERS = "neither"  # what the class of the photos of a folder of outliers is called
_SHARES = (("train", 70), ("val", 85), ("test", 100))  # of outliers, in percent, added up


def put_together(base: Path | str, to_train: Sequence[Path | str] = (), outliers: Path | str | None = None) -> Path:
    """The folder of links.

    Args:
        base: a folder with a split for training, validation and test; its photos stay in them.
        to_train: folders whose photos are all learned from; their classes are among those of ``base``, and splits of theirs
            do not count.
        outliers: a folder of photos of neither class, whatever its folders are called. Which split a photo goes to follows from
            its path.

    Raises:
        PhotoError: a folder cannot be read, ``base`` lacks a split, or another has a class that ``base`` has not.
    """
    first = find(base)
    splits = {file.split for file in first.files}
    if missing := [split for split in SPLITS if split not in splits]:
        raise PhotoError(
            f"Photos are added to a folder that has train, val and test; “{first.root.name}” lacks {listed(missing)}. "
            "Sort its photos into such folders, or prepare it alone."
        )
    if any(class_key(name) == OUTLIERS for name in first.class_names) and outliers:
        raise PhotoError(f"“{first.root.name}” has a class “{OUTLIERS}” already. Name it with --outliers instead.")
    links = {_place(file.split, file.class_name, 0, file.path): first.root / file.path for file in first.files}
    for number, folder in enumerate(to_train, 1):
        other = find(folder)
        spelling = _spelling(first, other)
        links |= {
            _place("train", spelling[file.class_name], number, file.path): other.root / file.path
            for file in other.files
            if file.class_name is not None
        }
    if outliers:
        root = resolved(outliers)
        for file in walk(root).files:
            if is_visible(file.path):
                links[_place(_dealt(file.path), OUTLIERS, 0, file.path)] = root / file.path
    return _linked(first.root.name, links)


def is_together(root: Path) -> bool:
    """Whether a folder is one that ``put_together`` made."""
    return root.parent == workspace() / "together"


def _spelling(first: Source, other: Source) -> dict[str | None, str]:
    """{a class of the other folder: how the first one spells it}"""
    known = {class_key(name): name for name in first.class_names}
    if strangers := [name for name in other.class_names if class_key(name) not in known]:
        raise PhotoError(
            f"Photos to learn from must be of the classes of “{first.root.name}” ({', '.join(first.class_names)}); "
            f"“{other.root.name}” has {', '.join(strangers[:5])} too. Take them away, or join classes first."
        )
    return {name: known[class_key(name)] for name in other.class_names}


def _place(split: str | None, class_name: str | None, number: int, path: str) -> str:
    """Where a link lies: its name tells the folder that it leads to, and is no other's.

    Of two files with the same bytes the shorter path is used: names are long where photos are lent, so that the first folder's stay.
    """
    name = path.rsplit("/", 1)[-1][-40:]
    start = hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[: 64 if number else 12]
    return f"{split}/{class_name}/{number}-{start}-{name}"


def _dealt(path: str) -> str:
    draw = int.from_bytes(hashlib.sha256(path.encode("utf-8", "surrogateescape")).digest()[:4], "big") % 100
    return next(split for split, limit in _SHARES if draw < limit)


def _linked(name: str, links: dict[str, Path]) -> Path:
    """A folder with these links, whole or not at all; the same links make the same folder."""
    text = "\n".join(f"{place}\0{target}" for place, target in sorted(links.items()))
    key = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    shelf = workspace() / "together"
    shelf.mkdir(exist_ok=True)
    folder = shelf / f"{name}-{key}"
    if folder.is_dir():
        return folder
    unfinished = Path(tempfile.mkdtemp(dir=shelf, prefix="."))
    try:
        for place, target in links.items():
            link = unfinished / place
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(target)
        unfinished.chmod(0o755)
        os.rename(unfinished, folder)
    except OSError as error:
        if not folder.is_dir():  # else another process was first
            raise PhotoError(
                f"The photos could not be put together ({error.strerror}). Is the disk full? Free some space, then try again."
            ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder
