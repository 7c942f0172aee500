"""Classes and splits from the names of folders: every way that people lay them out, and the best one for a folder."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.photos.layouts.names import MIN_PHOTOS_PER_CLASS, class_key, is_soft, is_split_name, parsed_name, splits_for
from core.photos.layouts.tree import Folder
from core.photos.layouts.words import lies_beside, no_classes_in, some_of

Labels = dict[str, tuple[str, str | None]]  # path -> (class name, split)

_FLAT_NAME = re.compile(r"(?P<class>[^\W\d][^.]*)\.\d+(\.[^.]+)?", re.DOTALL)
_MAX_DEPTH = 24  # folders around a layout; what lies deeper is not looked for
_STRAY_SHARE = 0.1  # photos beside a folder that has a layout of its own, to those in it


@dataclass
class Reading:
    """One way to read a folder.

    Args:
        layout: as in ``Layout``.
        labels: of the photos that get a class.
        asides: {folder, or photo: why its photos, or it, get none}.
        notes: sentences about what a person would not expect.
        basis: what the classes were read from, where it is not folders: "labels of labels.csv".
        tables: paths of those that labels were read from.
    """

    layout: str
    labels: Labels
    asides: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    basis: str = ""
    tables: tuple[str, ...] = ()

    def per_class(self) -> Counter:
        return Counter(class_key(name) for name, _ in self.labels.values())

    @property
    def is_usable(self) -> bool:
        counts = self.per_class()
        return len(counts) > 1 and min(counts.values()) >= MIN_PHOTOS_PER_CLASS


NOTHING = Reading("none", {})


class Reader:
    def __init__(self) -> None:
        self._known: dict[tuple[int, bool], Reading] = {}

    def read(self, folder: Folder, splits: bool = True, depth: int = 0) -> Reading:
        """The best reading of a folder; without splits for what lies inside one."""
        key = (id(folder), splits)
        if key not in self._known:
            self._known[key] = self._best(folder, splits, depth)
        return self._known[key]

    def _best(self, folder: Folder, splits: bool, depth: int) -> Reading:
        if depth > _MAX_DEPTH:
            return NOTHING
        here = [self._classes(folder, depth), _flat(folder)]
        if splits:
            here = [self._splits(folder, depth), self._splits_below(folder, depth), _splits_in_names(folder), *here]
        best = best_of([reading for reading in here if reading is not None] or [NOTHING])
        inside = [self.read(child, splits, depth + 1) for child in folder.folders.values()]
        deeper = best_of(inside) if inside else NOTHING
        if not deeper.labels:
            return best
        num_beside = len(best.labels) - len(deeper.labels)
        is_stray = best.layout == "classes" and 0 <= num_beside <= _STRAY_SHARE * len(deeper.labels)
        if deeper.is_usable and is_stray and deeper is not best:
            has_folders = [child for child in folder.folders.values() if child.folders]
            if len(has_folders) == 1:
                return self._with_asides(folder, deeper)
        return self._with_asides(folder, deeper) if score(deeper) > score(best) else best

    def _with_asides(self, folder: Folder, deeper: Reading) -> Reading:
        asides = dict(deeper.asides)
        used = {
            path[: len(child.path)]
            for child in folder.folders.values()
            for path in deeper.labels
            if path.startswith(child.path + "/")
        }
        for child in folder.folders.values():
            if child.path not in used:
                asides[child.path] = lies_beside(child)
        return Reading(deeper.layout, deeper.labels, asides, deeper.notes)

    def _splits(self, folder: Folder, depth: int) -> Reading | None:
        """train/cats, test/cats."""
        inner: dict[str, Reading] = {}
        roles: dict[str, str] = {}
        for child in folder.folders.values():
            name = parsed_name(child.name)
            if name.role and not name.is_helper:
                roles[child.name] = name.role
                reading = self.read(child, False, depth + 1)
                if not name.rest or len(reading.per_class()) > 1:
                    inner[child.name] = reading
        rests = {parsed_name(name).rest for name in inner} - {""}
        if len(rests) > 1:  # a class in each name, or unrelated folders
            inner = {name: reading for name, reading in inner.items() if not parsed_name(name).rest}
        with_classes = {name: reading for name, reading in inner.items() if reading.labels}
        if not with_classes:
            return None
        split_of = splits_for(roles[name] for name in with_classes)
        labels: Labels = {}
        asides: dict[str, str] = {}
        for name, reading in with_classes.items():
            split = split_of[roles[name]]
            labels |= {path: (class_name, split) for path, (class_name, _) in reading.labels.items()}
            asides |= reading.asides
        known = {class_key(class_name) for class_name, _ in labels.values()}
        beside = {child.name: child for child in folder.folders.values() if child.name not in inner}
        as_train = [child for child in beside.values() if class_key(child.name) in known]
        if "train" not in split_of.values() and len(as_train) > 1:  # cats, dogs, test/cats, test/dogs
            labels |= {path: (child.name, "train") for child in as_train for path in child.all_files()}
            beside = {name: child for name, child in beside.items() if child not in as_train}
        for child in beside.values():
            asides[child.path] = (
                f"“{child.name}” lies beside the folders of splits, and nothing says what its photos show."
            )
        for name in inner.keys() - with_classes.keys():
            asides[folder.folders[name].path] = no_classes_in(name)
        return Reading("splits", labels, asides)

    def _classes(self, folder: Folder, depth: int) -> Reading | None:
        """cats, dogs; also cats, dogs, more/cats, more/dogs."""
        children = list(folder.folders.values())
        roles = [child for child in children if self._is_split(child, children)]
        classes = [child for child in children if child not in roles]
        firm = [child for child in classes if not is_soft(child.name)]
        if len(roles) == 1 and firm and self._may_be_class(roles[0], depth):  # car, bus, train
            firm, classes, roles = [*firm, roles[0]], [*classes, roles[0]], []
        if len(firm) > 1 or not firm:
            classes = firm
        if not classes:
            return None
        labels: Labels = {}
        keys = Counter(class_key(child.name) for child in classes)
        for child in classes:
            inner = {class_key(name): below for name, below in child.folders.items()}
            others = keys - Counter([class_key(child.name)]) if len(inner) + 1 >= len(keys) else keys
            if len(others) > 1 and others.keys() <= inner.keys():  # the whole once more, in a folder of its own
                labels |= {path: (below.name, None) for below in inner.values() for path in below.all_files()}
            else:
                labels |= dict.fromkeys(child.all_files(), (child.name, None))
        asides = {
            child.path: no_classes_in(child.name) if child in roles else lies_beside(child)
            for child in children
            if child not in classes
        }
        torn = [child for child in classes if _role_folders(child)]
        notes = []
        if torn and len(classes) > 1:
            named = some_of(sorted({name for child in torn for name in _role_folders(child)}))
            notes.append(
                f"{named} inside {some_of([child.name for child in torn])}: not kept, because not every class has such folders."
            )
        return Reading("classes", labels, asides, notes)

    def _splits_below(self, folder: Folder, depth: int) -> Reading | None:
        """cats/train, cats/test, dogs/train, dogs/test."""
        classes = [child for child in folder.folders.values() if not (is_split_name(child.name) or is_soft(child.name))]
        if len(classes) < 2 or not all(_role_folders(child) for child in classes):
            return None
        if any(
            len(self.read(below, False, depth + 1).per_class()) > 1
            for child in classes
            for below in child.folders.values()
        ):
            return None  # whole data sets side by side
        split_of = splits_for(role for child in classes for role in _role_folders(child).values())
        labels: Labels = {}
        asides: dict[str, str] = {}
        for child in classes:
            roles = _role_folders(child)
            for name, below in child.folders.items():
                if name in roles:
                    labels |= dict.fromkeys(below.all_files(), (child.name, split_of[roles[name]]))
                else:
                    asides[below.path] = f"“{child.name}” has folders of splits, and “{name}” is none of them."
        for child in folder.folders.values():
            if child not in classes:
                asides[child.path] = lies_beside(child)
        return Reading("splits", labels, asides)

    def _may_be_class(self, folder: Folder, depth: int) -> bool:
        name = parsed_name(folder.name)
        return name.is_bare and name.role == "train" and not self.read(folder, False, depth + 1).labels

    def _is_split(self, child: Folder, siblings: Sequence[Folder]) -> bool:
        name = parsed_name(child.name)
        if name.role is None or not name.rest:
            return name.role is not None
        others = [parsed_name(other.name) for other in siblings if other is not child]  # seg_train beside seg_test
        return any(other.rest == name.rest and other.role not in (None, name.role) for other in others)


def _role_folders(folder: Folder) -> dict[str, str]:
    """{folder name: role} of the splits in a class's folder."""
    parsed = {name: parsed_name(name) for name in folder.folders}
    return {name: each.role for name, each in parsed.items() if each.role and not each.is_helper}


def _splits_in_names(folder: Folder) -> Reading | None:
    """cat-train, cat-test, dog-train, dog-test."""
    children = [child for child in folder.folders.values() if not is_soft(child.name)]
    names = {child.name: parsed_name(child.name) for child in children}
    roles = {child: name.role for child, name in names.items() if name.role and name.rest}
    if not names or len(roles) < len(names):
        return None
    if min(len({name.rest for name in names.values()}), len(set(roles.values()))) < 2:
        return None
    split_of = splits_for(roles.values())
    labels: Labels = {
        path: (names[child.name].spelling, split_of[roles[child.name]])
        for child in children
        for path in child.all_files()
    }
    asides = {child.path: lies_beside(child) for child in folder.folders.values() if child not in children}
    return Reading("splits", labels, asides)


def _flat(folder: Folder) -> Reading | None:
    """cat.0.jpg, dog.0.jpg."""
    labels: Labels = {path: (name, None) for path in folder.files if (name := _flat_class(path))}
    if not labels or 2 * len(labels) < len(folder.files):
        return None
    return Reading("flat", labels, {child.path: lies_beside(child) for child in folder.folders.values()})


def _flat_class(path: str) -> str | None:
    match = _FLAT_NAME.fullmatch(path.rsplit("/", 1)[-1])
    return match["class"] if match else None


def score(reading: Reading) -> tuple[bool, bool, int]:
    return reading.is_usable, len(reading.per_class()) > 1, len(reading.labels)


def best_of(readings: Sequence[Reading]) -> Reading:
    return max(readings, key=score)  # of equals the first
