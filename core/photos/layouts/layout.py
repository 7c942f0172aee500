"""Reads what the photos of a folder show: from the names of its folders, from tables beside them, from the names of files.

Folders, of which the reading that can be learned from and has most labelled photos wins (``readings``):

    splits    train/cats/1.jpg test/...          also training_set/training_set/cats, seg_train, Train_data, dev, holdout
    classes   cats/1.jpg dogs/2.jpg              one sub-folder a class
              cats/train/1.jpg cats/test/2.jpg   splits below the classes
              cat-train/1.jpg cat-test/2.jpg     both in one name
    flat      cat.0.jpg dog.0.jpg                Kaggle's; the class is the word before the number
    deeper    PetImages/Cat/1.jpg                any of these, one folder further in

Where folders say nothing that can be learned from:

    labels    labels.csv: 1.jpg,cat              a row a photo (``labels``)
    names     images/Bengal_1.jpg                the words before a number (``file_names``)

Class names that look equal are one class (``class_key``), everywhere.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from core.photos.layouts.file_names import class_in_name, read_names
from core.photos.layouts.labels import read_labels
from core.photos.layouts.names import SPLITS, class_key, is_split_name, shown
from core.photos.layouts.readings import Labels, Reader, Reading
from core.photos.layouts.tables import Table
from core.photos.layouts.tree import tree_of
from core.photos.layouts.words import elsewhere, in_names, some_of, why_none, without_photos


@dataclass(frozen=True)
class Layout:
    """What a folder's shape says.

    Args:
        layout: "classes", "splits", "flat", "labels", "names" or "none"; "splits" wherever splits are given.
        class_names: sorted; of names that look equal the spelling that comes first, train before val before test.
        labels: {path: (class name, split or None)} of the photos that have a class.
        asides: {path: why it has none} of the others; empty for layout "none".
        notes: sentences about what a person would not expect.
        basis: what the classes were read from, where it is not folders: "labels of labels.csv", "names of the files".
        tables: paths of those that labels were read from.
    """

    layout: str
    class_names: tuple[str, ...]
    labels: Labels
    asides: dict[str, str]
    notes: tuple[str, ...]
    basis: str = ""
    tables: tuple[str, ...] = ()


def read(paths: Sequence[str], folders: Sequence[str] = (), tables: Sequence[Table] = ()) -> Layout:
    """The layout of a folder. Opens tables where folders say nothing that can be learned from, and nothing else.

    Args:
        paths: of its photos, relative to it, with "/".
        folders: of its folders, those without photos included.
        tables: its CSV files, which may hold labels.
    """
    root = tree_of(paths)
    reading = Reader().read(root)
    is_firm = _is_firm(reading)
    notes = []
    if paths and not is_firm:
        reading, notes = _beside_folders(reading, paths, tables)
    spelling, merged = _spellings(reading.labels)
    labels = {path: (spelling[class_key(name)], split) for path, (name, split) in reading.labels.items()}
    names = tuple(sorted(set(spelling.values())))
    without = [path for path in paths if path not in labels]
    notes = [*reading.notes, *merged, *without_photos(paths, folders), *notes]
    if not names:
        counts = Counter(name for path in paths if (name := class_in_name(path)))
        return Layout("none", (), {}, {}, (*why_none(root), *notes, *in_names(counts)))
    beside = "It lies beside the folders of classes, so nobody knows its class. Move it into one of them."
    if reading.layout == "flat":
        beside = "Its name does not begin with a class and a number, as cat.12.jpg does. Rename it."
    asides = {path: _aside_of(path, reading.asides) or beside for path in without}
    in_folders = [path for path in without if "/" in path and _aside_of(path, reading.asides)]
    if in_folders and is_firm:
        notes += elsewhere([table.path for table in tables])
    return Layout(reading.layout, names, labels, asides, tuple(notes), reading.basis, reading.tables)


def _is_firm(reading: Reading) -> bool:
    """Whether folders alone decide: there are classes to learn from, and none of them is called as a split is."""
    return reading.is_usable and not any(is_split_name(name) for name in reading.per_class())


def _beside_folders(reading: Reading, paths: Sequence[str], tables: Sequence[Table]) -> tuple[Reading, list[str]]:
    """(the reading of tables or file names where it is better than that of folders, why tables say nothing)."""
    by_table = read_labels(tables, paths)
    if by_table.is_usable:
        return by_table, []
    by_name = read_names(paths)
    if by_name.is_usable and len(reading.per_class()) < 2:
        return by_name, []
    if 2 * len(by_table.labels) >= len(paths) and not reading.is_usable:
        return by_table, []
    if not reading.labels and by_name.labels:
        return by_name, []
    return reading, by_table.notes


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
    if path in asides:
        return asides[path]
    end = len(path)
    while (end := path.rfind("/", 0, end)) >= 0:
        if path[:end] in asides:
            return asides[path[:end]]
    return None
