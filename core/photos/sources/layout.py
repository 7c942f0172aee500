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

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

SPLITS = ("train", "val", "test")
MIN_PHOTOS_PER_CLASS = 4  # two to learn from, one to validate with, one to test with

Labels = dict[str, tuple[str, str | None]]  # path -> (class name, split)

_FLAT_NAME = re.compile(r"(?P<class>[^\W\d][^.]*)\.\d+(\.[^.]+)?", re.DOTALL)
_NUMBERED = re.compile(r"(?P<class>[^\W\d_][^.]*?)[ _-]*\(?\d+\)?\.[^.]+", re.DOTALL)
_MAX_DEPTH = 24  # folders around a layout; what lies deeper is not looked for
_STRAY_SHARE = 0.1  # photos beside a folder that has a layout of its own, to those in it

# --- names ---------------------------------------------------------------------------------------------------

_ROLES = {
    "train": ("train", "training", "trn", "trainval"),
    "val": ("val", "valid", "validation", "validate", "validating"),
    "test": ("test", "testing", "tst", "holdout"),
    "dev": ("dev", "devel", "development"),
    "eval": ("eval", "evaluation", "evaluate"),
}
"""What a folder of a split may be called. "dev" and "eval" are what the other folders leave for them."""

_NOUNS = frozenset((
    "image", "images", "img", "imgs", "photo", "photos", "picture", "pictures", "pic", "pics", "data", "dataset", "datasets",
    "file", "files", "folder", "dir", "jpg", "jpeg", "jpegs", "png", "archive", "input", "set", "sets",
))  # fmt: skip
_QUALIFIERS = frozenset((
    "split", "splits", "small", "full", "new", "old", "final", "copy", "resized", "cropped", "augmented", "aug", "stg",
    "stage", "part", "batch", "fold", "version", "v", "orig", "original", "raw", "clean", "my", "the", "for", "of", "all",
    "public", "private", "labeled", "labelled", "class", "classes",
))  # fmt: skip
_HELPERS = frozenset((
    "annotation", "annotations", "annot", "annots", "anno", "label", "labels", "mask", "masks", "trimap", "trimaps", "bbox",
    "bboxes", "sample", "samples", "example", "examples", "pred", "preds", "predict", "prediction", "predictions", "single",
    "submission", "submissions", "unlabeled", "unlabelled", "unlabel", "unsup", "doc", "docs", "script", "scripts", "src",
    "code", "notebook", "notebooks", "model", "models", "weights", "output", "outputs", "result", "results", "log", "logs",
    "thumb", "thumbs", "thumbnail", "thumbnails", "cache", "tmp", "temp", "trash", "deleted", "paper", "papers", "readme",
    "figure", "figures", "screenshot", "screenshots", "xml", "json", "csv",
))  # fmt: skip
"""Folders beside photos, not classes of photos, where there are two classes without them."""

_ROLE_OF = {word: role for role, words in _ROLES.items() for word in words}


@lru_cache(1 << 16)
def class_key(name: str) -> str:
    """The same text for all class names that look equal: in Unicode's two spellings of an umlaut, in capitals or not, with a
    space too many, with letters that cannot be seen."""
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    return " ".join("".join(letter for letter in text if not _is_unseen(letter)).split())


def _is_unseen(letter: str) -> bool:
    return unicodedata.category(letter) == "Cf" or "\ufe00" <= letter <= "\ufe0f"  # variation selectors


def shown(name: str) -> str:
    """A class name as it is kept: composed, without spaces around it."""
    return " ".join(unicodedata.normalize("NFC", name).split())


@dataclass(frozen=True)
class _Name:
    """What a folder's name says.

    Args:
        role: a key of ``_ROLES``, or None.
        rest: the words that are neither a role nor say that photos are in it; keys.
        spelling: ``rest`` as it is written.
        is_helper: it lies beside photos: annotations, samples.
        is_container: it says no more than that photos are in it: images, data.
        is_bare: the role's word and nothing else.
    """

    role: str | None
    rest: str
    spelling: str
    is_helper: bool
    is_container: bool
    is_bare: bool


@lru_cache(1 << 16)
def _parsed(name: str) -> _Name:
    text = unicodedata.normalize("NFKC", name)
    text = re.sub(r"hold[\W_]*out", "holdout", text, flags=re.IGNORECASE)
    text = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])", " ", text)
    written = re.findall(r"[^\W\d_]+|\d+", text)
    roles, rest, nouns = [], [], 0
    for word in written:
        key = word.casefold()
        role = _role_of(key)
        if role:
            roles.append(role)
        elif key in _NOUNS:
            nouns += 1
        elif not (key.isdecimal() or key in _QUALIFIERS):
            rest.append(word)
    found = set(roles)
    role = "train" if found == {"train", "val"} else roles[0] if len(found) == 1 else None
    keys = [word.casefold() for word in rest]
    spelling = [word for word in written if not _role_of(word.casefold()) and word.casefold() not in _NOUNS]
    return _Name(
        role,
        " ".join(keys),
        " ".join(spelling),
        bool(keys) and all(key in _HELPERS for key in keys),
        not keys and nouns > 0 and not roles,
        len(written) == 1 and bool(role),
    )


def _role_of(word: str) -> str | None:
    if word in _ROLE_OF:
        return _ROLE_OF[word]
    for noun in _NOUNS:  # trainset, testimages
        if word.endswith(noun) and word[: -len(noun)] in _ROLE_OF:
            return _ROLE_OF[word[: -len(noun)]]
    return None


def is_split_name(name: str) -> bool:
    """Whether a folder of this name is taken for a split and for no class."""
    parsed = _parsed(name)
    return parsed.role is not None and not parsed.rest


def is_class_name(name: str) -> bool:
    """Whether a folder of this name is a class wherever it stands."""
    parsed = _parsed(name)
    return not (is_split_name(name) or parsed.is_helper or parsed.is_container)


def _is_soft(name: str) -> bool:
    parsed = _parsed(name)
    return parsed.is_helper or parsed.is_container


def _splits_for(roles: Iterable[str]) -> dict[str, str]:
    """{role: split}: without "train", "dev" beside another validation is what one develops on."""
    roles = set(roles)
    places = {role: role for role in roles if role in SPLITS}
    if "dev" in roles:
        others = roles & {"val", "eval"}
        places["dev"] = "train" if "train" not in roles and others else "val"
    if "eval" in roles:
        places["eval"] = "test" if "val" in places.values() else "val"
    return places


# --- the tree ------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class _Folder:
    name: str
    path: str
    files: list[str] = field(default_factory=list)
    folders: dict[str, "_Folder"] = field(default_factory=dict)

    def all_files(self) -> list[str]:
        """Paths of the photos in it and below."""
        found, waiting = [], [self]
        while waiting:
            folder = waiting.pop()
            found += folder.files
            waiting += folder.folders.values()
        return found


def _tree(paths: Iterable[str]) -> _Folder:
    root = _Folder("", "")
    for path in paths:
        folder, start = root, 0
        while (end := path.find("/", start)) >= 0:
            name = path[start:end]
            if name not in folder.folders:
                folder.folders[name] = _Folder(name, path[:end])
            folder, start = folder.folders[name], end + 1
        folder.files.append(path)
    return root


# --- readings ------------------------------------------------------------------------------------------------


@dataclass
class _Reading:
    """One way to read a folder.

    Args:
        layout: as in ``Layout``.
        labels: of the photos that get a class.
        asides: {folder: why its photos get none}.
    """

    layout: str
    labels: Labels
    asides: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def per_class(self) -> Counter:
        return Counter(class_key(name) for name, _ in self.labels.values())

    @property
    def is_usable(self) -> bool:
        counts = self.per_class()
        return len(counts) > 1 and min(counts.values()) >= MIN_PHOTOS_PER_CLASS


_NOTHING = _Reading("none", {})


class _Reader:
    def __init__(self) -> None:
        self._known: dict[tuple[int, bool], _Reading] = {}

    def read(self, folder: _Folder, splits: bool = True, depth: int = 0) -> _Reading:
        """The best reading of a folder; without splits for what lies inside one."""
        key = (id(folder), splits)
        if key not in self._known:
            self._known[key] = self._best(folder, splits, depth)
        return self._known[key]

    def _best(self, folder: _Folder, splits: bool, depth: int) -> _Reading:
        if depth > _MAX_DEPTH:
            return _NOTHING
        here = [self._classes(folder, depth), _flat(folder)]
        if splits:
            here = [self._splits(folder, depth), self._splits_below(folder, depth), _splits_in_names(folder), *here]
        best = _most([reading for reading in here if reading is not None] or [_NOTHING])
        inside = [self.read(child, splits, depth + 1) for child in folder.folders.values()]
        deeper = _most(inside) if inside else _NOTHING
        if not deeper.labels:
            return best
        num_beside = len(best.labels) - len(deeper.labels)
        is_stray = best.layout == "classes" and 0 <= num_beside <= _STRAY_SHARE * len(deeper.labels)
        if deeper.is_usable and is_stray and deeper is not best:
            has_folders = [child for child in folder.folders.values() if child.folders]
            if len(has_folders) == 1:
                return self._with_asides(folder, deeper)
        return self._with_asides(folder, deeper) if _score(deeper) > _score(best) else best

    def _with_asides(self, folder: _Folder, deeper: _Reading) -> _Reading:
        asides = dict(deeper.asides)
        used = {
            path[: len(child.path)]
            for child in folder.folders.values()
            for path in deeper.labels
            if path.startswith(child.path + "/")
        }
        for child in folder.folders.values():
            if child.path not in used:
                asides[child.path] = _unknown(child)
        return _Reading(deeper.layout, deeper.labels, asides, deeper.notes)

    def _splits(self, folder: _Folder, depth: int) -> _Reading | None:
        """train/cats, test/cats."""
        inner = {}
        for child in folder.folders.values():
            name = _parsed(child.name)
            if name.role and not name.is_helper:
                reading = self.read(child, False, depth + 1)
                if not name.rest or len(reading.per_class()) > 1:
                    inner[child.name] = reading
        rests = {_parsed(name).rest for name in inner} - {""}
        if len(rests) > 1:  # a class in each name, or unrelated folders
            inner = {name: reading for name, reading in inner.items() if not _parsed(name).rest}
        with_classes = {name: reading for name, reading in inner.items() if reading.labels}
        if not with_classes:
            return None
        split_of = _splits_for(_parsed(name).role for name in with_classes)
        labels: Labels = {}
        asides: dict[str, str] = {}
        for name, reading in with_classes.items():
            split = split_of[_parsed(name).role]
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
            asides[folder.folders[name].path] = _no_classes_in(name)
        return _Reading("splits", labels, asides)

    def _classes(self, folder: _Folder, depth: int) -> _Reading | None:
        """cats, dogs; also cats, dogs, more/cats, more/dogs."""
        children = list(folder.folders.values())
        roles = [child for child in children if self._is_split(child, children)]
        classes = [child for child in children if child not in roles]
        firm = [child for child in classes if not _is_soft(child.name)]
        if len(roles) == 1 and firm and self._may_be_class(roles[0], depth):  # car, bus, train
            firm, classes, roles = [*firm, roles[0]], [*classes, roles[0]], []
        if len(firm) > 1 or not firm:
            classes = firm
        if not classes:
            return None
        labels: Labels = {}
        for child in classes:
            others = {class_key(other.name) for other in classes if other is not child}
            inner = {class_key(name): below for name, below in child.folders.items()}
            if len(others) > 1 and others <= inner.keys():  # the whole once more, in a folder of its own
                labels |= {path: (below.name, None) for below in inner.values() for path in below.all_files()}
            else:
                labels |= dict.fromkeys(child.all_files(), (child.name, None))
        asides = {
            child.path: _no_classes_in(child.name) if child in roles else _unknown(child)
            for child in children
            if child not in classes
        }
        torn = [child for child in classes if _role_folders(child)]
        notes = []
        if torn and len(classes) > 1:
            named = _listed(sorted({name for child in torn for name in _role_folders(child)}))
            notes.append(
                f"{named} inside {_listed([child.name for child in torn])}: not kept, because not every class has such folders."
            )
        return _Reading("classes", labels, asides, notes)

    def _splits_below(self, folder: _Folder, depth: int) -> _Reading | None:
        """cats/train, cats/test, dogs/train, dogs/test."""
        classes = [
            child for child in folder.folders.values() if not (is_split_name(child.name) or _is_soft(child.name))
        ]
        if len(classes) < 2 or not all(_role_folders(child) for child in classes):
            return None
        if any(
            len(self.read(below, False, depth + 1).per_class()) > 1
            for child in classes
            for below in child.folders.values()
        ):
            return None  # whole data sets side by side
        split_of = _splits_for(role for child in classes for role in _role_folders(child).values())
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
                asides[child.path] = _unknown(child)
        return _Reading("splits", labels, asides)

    def _may_be_class(self, folder: _Folder, depth: int) -> bool:
        name = _parsed(folder.name)
        return name.is_bare and name.role == "train" and not self.read(folder, False, depth + 1).labels

    def _is_split(self, child: _Folder, siblings: Sequence[_Folder]) -> bool:
        name = _parsed(child.name)
        if name.role is None or not name.rest:
            return name.role is not None
        others = [_parsed(other.name) for other in siblings if other is not child]  # seg_train beside seg_test
        return any(other.rest == name.rest and other.role not in (None, name.role) for other in others)


def _role_folders(folder: _Folder) -> dict[str, str]:
    """{folder name: role} of the splits in a class's folder."""
    parsed = {name: _parsed(name) for name in folder.folders}
    return {name: each.role for name, each in parsed.items() if each.role and not each.is_helper}


def _splits_in_names(folder: _Folder) -> _Reading | None:
    """cat-train, cat-test, dog-train, dog-test."""
    children = [child for child in folder.folders.values() if not _is_soft(child.name)]
    names = {child.name: _parsed(child.name) for child in children}
    if not names or not all(name.role and name.rest for name in names.values()):
        return None
    if min(len({name.rest for name in names.values()}), len({name.role for name in names.values()})) < 2:
        return None
    split_of = _splits_for(name.role for name in names.values())
    labels = {
        path: (names[child.name].spelling, split_of[names[child.name].role])
        for child in children
        for path in child.all_files()
    }
    asides = {child.path: _unknown(child) for child in folder.folders.values() if child not in children}
    return _Reading("splits", labels, asides)


def _flat(folder: _Folder) -> _Reading | None:
    """cat.0.jpg, dog.0.jpg."""
    labels = {path: (name, None) for path in folder.files if (name := _flat_class(path))}
    if not labels or 2 * len(labels) < len(folder.files):
        return None
    return _Reading("flat", labels, {child.path: _unknown(child) for child in folder.folders.values()})


def _flat_class(path: str) -> str | None:
    match = _FLAT_NAME.fullmatch(path.rsplit("/", 1)[-1])
    return match["class"] if match else None


def _score(reading: _Reading) -> tuple[bool, bool, int]:
    return reading.is_usable, len(reading.per_class()) > 1, len(reading.labels)


def _most(readings: Sequence[_Reading]) -> _Reading:
    return max(readings, key=_score)  # of equals the first


def _no_classes_in(name: str) -> str:
    return (
        f"“{name}” is named as a split is, and no folders of classes are in it, so nobody knows what its photos show."
    )


def _unknown(folder: _Folder) -> str:
    if is_split_name(folder.name):
        return _no_classes_in(folder.name)
    return f"“{folder.name}” lies beside the classes, and by its name it is none of them."


# --- all together --------------------------------------------------------------------------------------------


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
    root = _tree(paths)
    reading = _Reader().read(root)
    spelling, merged = _spellings(reading.labels)
    labels = {path: (spelling[class_key(name)], split) for path, (name, split) in reading.labels.items()}
    names = tuple(sorted(set(spelling.values())))
    without = [path for path in paths if path not in labels]
    notes = [*reading.notes, *merged, *_empty(paths, folders)]
    if not names:
        return Layout("none", (), {}, {}, (*_why_none(root), *_elsewhere(without, tables), *notes))
    beside = "It lies beside the folders of classes, so nobody knows its class. Move it into one of them."
    if reading.layout == "flat":
        beside = "Its name does not begin with a class and a number, as cat.12.jpg does. Rename it."
    asides = {path: _aside_of(path, reading.asides) or beside for path in without}
    in_folders = [path for path in without if _aside_of(path, reading.asides)]
    return Layout(reading.layout, names, labels, asides, (*notes, *_elsewhere(in_folders, tables)))


def _spellings(labels: Labels) -> tuple[dict[str, str], list[str]]:
    """({class key: the name that is shown}, sentences about names that are one)."""
    spelling: dict[str, str] = {}
    written: dict[str, set[str]] = defaultdict(set)
    order = {None: 0, **{split: place for place, split in enumerate(SPLITS)}}
    for _, (name, _) in sorted(labels.items(), key=lambda item: (order[item[1][1]], item[0])):
        spelling.setdefault(class_key(name), shown(name) or name)
        written[class_key(name)].add(name)
    return spelling, [
        f"{_listed([f'“{name}”' for name in sorted(names)])} look equal and are one class, “{spelling[key]}”."
        for key, names in written.items()
        if len(names) > 1
    ]


def _aside_of(path: str, asides: dict[str, str]) -> str | None:
    end = len(path)
    while (end := path.rfind("/", 0, end)) >= 0:
        if path[:end] in asides:
            return asides[path[:end]]
    return None


def _empty(paths: Sequence[str], folders: Sequence[str]) -> list[str]:
    """The topmost folders without photos."""
    filled = {""}
    for path in paths:
        while (path := path.rpartition("/")[0]) not in filled:
            filled.add(path)
    bare = [path for path in folders if path not in filled and path.rpartition("/")[0] in filled]
    return [f"No photos are in {_listed([f'“{path}”' for path in bare], 3)}."] if bare else []


def _why_none(root: _Folder) -> list[str]:
    """Which folders could have been taken for classes and are none."""
    folder = root
    while not folder.files and len(folder.folders) == 1:
        folder = next(iter(folder.folders.values()))
    splits = [f"“{name}”" for name in folder.folders if _parsed(name).role and not _parsed(name).is_helper]
    if not splits and is_split_name(folder.name):
        splits = [f"“{folder.name}”"]
    if not splits:
        return []
    is_one = len(splits) == 1
    return [
        f"{_listed(splits)} {'is' if is_one else 'are'} named as splits are, so {'it is' if is_one else 'they are'} not taken for classes, "
        f"and no folders of classes are in {'it' if is_one else 'them'}."
    ]


def _elsewhere(without: Sequence[str], tables: Sequence[str]) -> list[str]:
    """Where the classes of photos without one may stand instead."""
    if not without:
        return []
    notes = []
    if tables:
        notes.append(
            f"{_listed([f'“{path}”' for path in tables], 3)} may say what photos show; tables are not read. Put the photos of each class into "
            "a folder of its own."
        )
    counts = Counter(
        match["class"] for path in without if (match := _NUMBERED.fullmatch(path.rsplit("/", 1)[-1])) is not None
    )
    names = sorted(name for name, number in counts.items() if number > 1)
    if len(names) > 1:
        notes.append(
            f"The names of the files look as if they said it ({_listed(names, 3)}); that is not read. Put the photos of each class into a "
            "folder of its own, or name them as Kaggle does (cat.0.jpg)."
        )
    return notes


def _listed(words: Sequence[str], most: int = 8) -> str:
    words = list(words)
    if len(words) > most:
        words = [*words[:most], f"{len(words) - most:,} more"]
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)
