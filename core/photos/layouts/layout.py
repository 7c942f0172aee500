"""Reads classes and splits from the names of folders and files. Opens nothing.

Readings that are tried at every folder; of those that can be learned from, the one with most labelled photos wins:

    splits    train/cats/1.jpg test/...          also training_set/training_set/cats, seg_train, Train_data, dev, holdout
    classes   cats/1.jpg dogs/2.jpg              one sub-folder a class
              cats/train/1.jpg cats/test/2.jpg   splits below the classes
              cat-train/1.jpg cat-test/2.jpg     both in one name
    flat      cat.0.jpg dog.0.jpg                Kaggle's; the class is the word before the number
    deeper    PetImages/Cat/1.jpg                any of these, one folder further in

Class names that look equal are one class (``class_key``), everywhere.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from core.photos.layouts.names import SPLITS, class_key, shown
from core.photos.layouts.readings import Labels, Reader
from core.photos.layouts.tree import tree_of
from core.photos.layouts.words import elsewhere, some_of, why_none, without_photos


@dataclass(frozen=True)
class Layout:
    """What a folder's shape says.

    Args:
        layout: "classes", "splits", "flat" or "none".
        class_names: sorted; of names that look equal the spelling that comes first, train before val before test.
        labels: {path: (class name, split or None)} of the photos that have a class.
        asides: {path: why it has none} of the others; empty for layout "none".
        notes: sentences about what a person would not expect.
    """

    layout: str
    class_names: tuple[str, ...]
    labels: Labels
    asides: dict[str, str]
    notes: tuple[str, ...]


def read(paths: Sequence[str], folders: Sequence[str] = (), tables: Sequence[str] = ()) -> Layout:
    """The layout of a folder.

    Args:
        paths: of its photos, relative to it, with "/".
        folders: of its folders, those without photos included.
        tables: of its CSV files, which may hold labels.
    """
    root = tree_of(paths)
    reading = Reader().read(root)
    spelling, merged = _spellings(reading.labels)
    labels = {path: (spelling[class_key(name)], split) for path, (name, split) in reading.labels.items()}
    names = tuple(sorted(set(spelling.values())))
    without = [path for path in paths if path not in labels]
    notes = [*reading.notes, *merged, *without_photos(paths, folders)]
    if not names:
        return Layout("none", (), {}, {}, (*why_none(root), *elsewhere(without, tables), *notes))
    beside = "It lies beside the folders of classes, so nobody knows its class. Move it into one of them."
    if reading.layout == "flat":
        beside = "Its name does not begin with a class and a number, as cat.12.jpg does. Rename it."
    asides = {path: _aside_of(path, reading.asides) or beside for path in without}
    in_folders = [path for path in without if _aside_of(path, reading.asides)]
    return Layout(reading.layout, names, labels, asides, (*notes, *elsewhere(in_folders, tables)))


def _spellings(labels: Labels) -> tuple[dict[str, str], list[str]]:
    """({class key: the name that is shown}, sentences about names that are one)."""
    spelling: dict[str, str] = {}
    written: dict[str, set[str]] = defaultdict(set)
    order = {None: 0, **{split: place for place, split in enumerate(SPLITS)}}
    for _, (name, _) in sorted(labels.items(), key=lambda item: (order[item[1][1]], item[0])):
        spelling.setdefault(class_key(name), shown(name) or name)
        written[class_key(name)].add(name)
    return spelling, [
        f"{some_of([f'“{name}”' for name in sorted(names)])} look equal and are one class, “{spelling[key]}”."
        for key, names in written.items()
        if len(names) > 1
    ]


def _aside_of(path: str, asides: dict[str, str]) -> str | None:
    end = len(path)
    while (end := path.rfind("/", 0, end)) >= 0:
        if path[:end] in asides:
            return asides[path[:end]]
    return None
