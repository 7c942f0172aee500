"""Sentences for people about how a folder was read."""

from collections.abc import Mapping, Sequence

from core.photos.layouts.names import is_split_name, parsed_name
from core.photos.layouts.tree import Folder


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


def elsewhere(tables: Sequence[str]) -> list[str]:
    """Where the classes of photos in folders without one may stand instead."""
    if not tables:
        return []
    return [
        f"{some_of([f'“{path}”' for path in tables], 3)} may say what photos show; where folders are classes, tables are not read. Put "
        "the photos of each class into a folder of its own."
    ]


def in_names(counts: Mapping[str, int]) -> list[str]:
    """That names of files look as if they said a class. Args: counts: {what is said before the number: photos}."""
    names = sorted(name for name, number in counts.items() if number > 1)
    if len(names) < 2:
        return []
    return [
        f"The names of some files look as if they said it ({some_of(names, 3)}); that is read where nearly all are named so. Put the photos "
        "of each class into a folder of its own, or name them all as Kaggle does (cat.0.jpg)."
    ]


def some_of(words: Sequence[str], most: int = 8) -> str:
    words = list(words)
    if len(words) > most:
        words = [*words[:most], f"{len(words) - most:,} more"]
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)
