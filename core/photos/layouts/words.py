"""Sentences for people about how a folder was read."""

import re
from collections import Counter
from collections.abc import Sequence

from core.photos.layouts.names import is_split_name, parsed_name
from core.photos.layouts.tree import Folder

_NUMBERED = re.compile(r"(?P<class>[^\W\d_][^.]*?)[ _-]*\(?\d+\)?\.[^.]+", re.DOTALL)


def no_classes_in(name: str) -> str:
    return (
        f"“{name}” is named as a split is, and no folders of classes are in it, so nobody knows what its photos show."
    )


def lies_beside(folder: Folder) -> str:
    if is_split_name(folder.name):
        return no_classes_in(folder.name)
    return f"“{folder.name}” lies beside the classes, and by its name it is none of them."


def without_photos(paths: Sequence[str], folders: Sequence[str]) -> list[str]:
    """The topmost folders without photos."""
    filled = {""}
    for path in paths:
        while (path := path.rpartition("/")[0]) not in filled:
            filled.add(path)
    bare = [path for path in folders if path not in filled and path.rpartition("/")[0] in filled]
    return [f"No photos are in {some_of([f'“{path}”' for path in bare], 3)}."] if bare else []


def why_none(root: Folder) -> list[str]:
    """Which folders could have been taken for classes and are none."""
    folder = root
    while not folder.files and len(folder.folders) == 1:
        folder = next(iter(folder.folders.values()))
    splits = [f"“{name}”" for name in folder.folders if parsed_name(name).role and not parsed_name(name).is_helper]
    if not splits and is_split_name(folder.name):
        splits = [f"“{folder.name}”"]
    if not splits:
        return []
    is_one = len(splits) == 1
    return [
        f"{some_of(splits)} {'is' if is_one else 'are'} named as splits are, so {'it is' if is_one else 'they are'} not taken for classes, "
        f"and no folders of classes are in {'it' if is_one else 'them'}."
    ]


def elsewhere(without: Sequence[str], tables: Sequence[str]) -> list[str]:
    """Where the classes of photos without one may stand instead."""
    if not without:
        return []
    notes = []
    if tables:
        notes.append(
            f"{some_of([f'“{path}”' for path in tables], 3)} may say what photos show; tables are not read. Put the photos of each class into "
            "a folder of its own."
        )
    counts = Counter(
        match["class"] for path in without if (match := _NUMBERED.fullmatch(path.rsplit("/", 1)[-1])) is not None
    )
    names = sorted(name for name, number in counts.items() if number > 1)
    if len(names) > 1:
        notes.append(
            f"The names of the files look as if they said it ({some_of(names, 3)}); that is not read. Put the photos of each class into a "
            "folder of its own, or name them as Kaggle does (cat.0.jpg)."
        )
    return notes


def some_of(words: Sequence[str], most: int = 8) -> str:
    words = list(words)
    if len(words) > most:
        words = [*words[:most], f"{len(words) - most:,} more"]
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)
