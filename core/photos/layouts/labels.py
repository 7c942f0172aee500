"""Classes from a table beside the photos: one row a photo, its file name or id in one column, its label in another or one-hot.

    id,breed                        image;label                  filename,cat,dog
    000bec18,boston_bull            train/1.jpg;cat              1.jpg,1,0

Which columns these are is told by what they hold: file names are those that photos have, labels those that repeat.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

from core import parse
from core.errors import PhotoError
from core.photos.layouts.names import class_key, is_split_name, parsed_name, shown, splits_for
from core.photos.layouts.photo_index import PhotoIndex, role_of_path
from core.photos.layouts.readings import Labels, Reading
from core.photos.layouts.tables import Table
from core.photos.layouts.words import some_of
from core.text import printable

MOST_CLASSES = 1_000
MOST_LETTERS = 100  # of a label

_LABEL_COLUMNS = (
    *("classname", "labelname", "breedname", "categoryname", "breed", "species", "label", "labels", "class", "classes"),
    *("category", "target", "tag", "type", "y", "classid", "labelid", "breedid", "categoryid"),
)
"""What a column of labels may be called, letters only; of several the first in this order."""

_NO_ANSWERS = frozenset(("sample", "submission", "example", "pred", "preds", "prediction", "predictions"))
"""Words in a table's name: it shows how to answer, or answers."""

_NUM_SAMPLED = 1_000  # rows that the column of file names is looked for in
_NUM_COLUMNS_SEARCHED = 24  # columns with file names are among the first


@dataclass(frozen=True)
class _Columns:
    """Which columns hold what.

    Args:
        photo: of file names or ids.
        labels: of labels: one, or those of a one-hot table.
        names: of the columns in ``labels``, as the header calls them; "" without one.
        is_one_hot: whether a label is the name of the column that holds 1.
        has_header: whether the first row names the columns.
    """

    photo: int
    labels: tuple[int, ...]
    names: tuple[str, ...]
    is_one_hot: bool
    has_header: bool


@dataclass
class _Found:
    """What one table says.

    Args:
        label_of: {path of a photo: its label}.
        torn: {path of a photo that has two labels: both}.
        bare: paths of photos whose row has no label, or several in a one-hot table.
        strangers, unclear: cells that mean no photo here, or several.
    """

    table: Table
    columns: _Columns
    label_of: dict[str, str] = field(default_factory=dict)
    torn: dict[str, tuple[str, str]] = field(default_factory=dict)
    bare: set[str] = field(default_factory=set)
    strangers: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)

    def put(self, path: str, label: str) -> None:
        before = self.label_of.setdefault(path, label)
        if class_key(before) != class_key(label):
            self.torn.setdefault(path, (before, label))

    @property
    def name(self) -> str:
        return f"“{printable(self.table.path)}”"


def read_labels(tables: Sequence[Table], paths: Sequence[str]) -> Reading:
    """What tables say about photos: of several that name the same kind of label, all; else the one that labels most photos.

    Args:
        tables: those beside the photos.
        paths: of the photos.

    Returns:
        A reading whose ``asides`` say why a photo has no label. Without labels its notes say why no table gives any.
    """
    photos, found, faults = PhotoIndex(paths), [], []
    for table in tables:
        if _shows_how_to_answer(table.path):
            continue
        try:
            found.append(_read(table, photos))
        except PhotoError as error:
            faults.append(str(error))
    if not found:
        return Reading("none", {}, {}, faults)
    first = max(found, key=lambda said: len(said.label_of))
    used = [said for said in found if _name_the_same(said, first)]
    return _together(used, paths, [*faults, *_unused(said for said in found if said not in used)])


def _shows_how_to_answer(path: str) -> bool:
    words = re.findall(r"[^\W\d_]+", path.rsplit("/", 1)[-1].casefold())
    return any(word in _NO_ANSWERS for word in words)


def _name_the_same(said: _Found, first: _Found) -> bool:
    if said is first:
        return True
    return said.columns.has_header and [*map(class_key, said.columns.names)] == [*map(class_key, first.columns.names)]


def _unused(others) -> list[str]:
    named = [said.name for said in others]
    return (
        [f"{some_of(named, 3)} {'has' if len(named) == 1 else 'have'} labels of another kind, not used."]
        if named
        else []
    )


def _read(table: Table, photos: PhotoIndex) -> _Found:
    """What a table says. Raises PhotoError: it cannot be read, or says nothing of these photos."""
    columns = _columns_of(table, photos)
    found, rows = _Found(table, columns), table.rows()
    if columns.has_header:
        next(rows)
    for row in rows:
        cell = row[columns.photo] if columns.photo < len(row) else ""
        meant = photos.find(cell, table.path)
        if len(meant) != 1:
            (found.unclear if meant else found.strangers).append(cell)
            continue
        label = _label_of(row, columns)
        if label:
            found.put(meant[0], label)
        else:
            found.bare.add(meant[0])
    found.bare -= found.label_of.keys()
    return found


def _label_of(row: Sequence[str], columns: _Columns) -> str:
    """The label of a row, "" where it has none or several, or one that is no name."""
    if columns.is_one_hot:
        ones = [name for place, name in zip(columns.labels, columns.names, strict=True) if _is_one(row, place)]
        label = ones[0] if len(ones) == 1 else ""
    else:
        (place,) = columns.labels
        label = row[place] if place < len(row) else ""
    label = as_class_name(label)
    return label if len(label) <= MOST_LETTERS else ""


def as_class_name(text: str) -> str:
    """A label as the name of a class: on one line, and with a division slash for one that would cut a path."""
    return shown(printable(text)).replace("/", "\u2215")


def _is_one(row: Sequence[str], place: int) -> bool:
    return place < len(row) and _switch(row[place]) == 1


@lru_cache(256)
def _switch(cell: str) -> int | None:
    """0 or 1, also as 0.0 and 1.0; None for anything else."""
    try:
        return int(value) if (value := parse.real(cell.strip())) in (0, 1) else None
    except ValueError:
        return None


def _columns_of(table: Table, photos: PhotoIndex) -> _Columns:
    """Raises PhotoError: it names no photo here, or its labels cannot be told."""
    named = f"“{printable(table.path)}”"
    sample = list(islice(table.rows(), _NUM_SAMPLED))
    photo = _photo_column(sample, photos, table)
    if photo is None and len(sample) == _NUM_SAMPLED:  # the photos here may be few of many
        photo = _photo_column(table.rows(), photos, table)
    if photo is None:
        raise PhotoError(f"{named} {'names none of the photos here' if len(sample) > 1 else 'has no rows of labels'}.")
    head, values, num_rows = _values(table, photo)
    if not num_rows:
        raise PhotoError(f"{named} has no rows of labels.")
    starts_with_photo = bool(photos.find(head[photo], table.path)) if photo < len(head) else False
    kinds = {place: seen for place, seen in values.items() if seen and not _is_split_column(seen)}
    names = {place: re.sub(r"[\W\d_]+", "", head[place].casefold()) if place < len(head) else "" for place in kinds}
    called = [place for place in kinds if names[place] in _LABEL_COLUMNS]
    headed = [place for place in kinds if place < len(head)]  # rows may be longer than the first one
    switches = [place for place in headed if {_switch(value) for value in kinds[place]} <= {0, 1}]
    if called and not starts_with_photo:
        chosen = min(called, key=lambda place: (_LABEL_COLUMNS.index(names[place]), place))
    elif len(switches) > 1 and not starts_with_photo:
        return _Columns(photo, tuple(switches), tuple(head[place] for place in switches), True, True)
    else:
        repeated = [place for place in kinds if 2 <= len(kinds[place]) <= max(2, num_rows // 2)]
        worded = [place for place in repeated if not all(_is_number(value) for value in kinds[place])]
        possible = worded or repeated
        if len(possible) != 1:
            heads = [f"“{printable(head[place])[:40]}”" for place in possible if place < len(head)]
            which = f" It may be {some_of(heads, 6)}." if heads and not starts_with_photo else ""
            raise PhotoError(
                f"{named} names the photos here, but which of its columns is the label is not clear.{which} Call that one “label”."
            )
        chosen = possible[0]
    label = head[chosen] if chosen < len(head) else ""
    has_header = not starts_with_photo and label.strip() not in kinds[chosen]
    return _Columns(photo, (chosen,), (label if has_header else "",), False, has_header)


def _photo_column(rows, photos: PhotoIndex, table: Table) -> int | None:
    """The column whose cells mean most photos; None where none does."""
    meant: dict[int, set[str]] = defaultdict(set)
    for row in rows:
        for place, cell in enumerate(row[:_NUM_COLUMNS_SEARCHED]):
            meant[place].update(photos.find(cell, table.path)[:2])
    return max((place for place in meant if meant[place]), key=lambda place: (len(meant[place]), -place), default=None)


def _values(table: Table, photo: int) -> tuple[list[str], dict[int, set[str]], int]:
    """(first row, {column: the values below it, of columns that may be labels}, number of rows below the first)."""
    rows = table.rows()
    head = next(rows, [])
    values: dict[int, set[str]] = {}
    dropped: set[int] = {photo}
    num_rows = 0
    for row in rows:
        num_rows += 1
        for place, cell in enumerate(row):
            if place in dropped:
                continue
            seen = values.setdefault(place, set())
            if cell not in seen and (cell := cell.strip()):
                seen.add(cell)
                if len(seen) > MOST_CLASSES:
                    dropped.add(place)
                    del values[place]
    return head, values, num_rows


def _is_split_column(values: set[str]) -> bool:
    return all(is_split_name(value) for value in values)


def _is_number(value: str) -> bool:
    try:
        parse.real(value)
    except ValueError:
        return False
    return True


def _together(used: Sequence[_Found], paths: Sequence[str], faults: list[str]) -> Reading:
    said: dict[str, str] = {}
    asides: dict[str, str] = {}
    for found in used:
        for path, label in found.label_of.items():
            before = said.setdefault(path, label)
            if class_key(before) != class_key(label):
                asides[path] = f"Tables give it two labels, “{before}” and “{label}”."
        for path, both in found.torn.items():
            asides[path] = f"{found.name} gives it two labels, “{both[0]}” and “{both[1]}”."
    names = some_of([found.name for found in used], 3)
    bare = set().union(*(found.bare for found in used))
    named = {role_or_top(path) for path in said}
    for path in paths:
        if path in said:
            continue
        top = role_or_top(path)
        if path in bare:
            asides[path] = f"Its row in {names} has no label, or more than one."
        elif top and top not in named:
            asides[path] = f"“{top}” has no rows in {names}, so nobody knows what its photos show."
        else:
            asides[path] = f"It has no row in {names}, so nobody knows what it shows."
    labelled = {path: label for path, label in said.items() if path not in asides}
    split_of = _splits_of(used, labelled)
    labels: Labels = {path: (label, split_of.get(path)) for path, label in labelled.items()}
    notes = [note for found in used for note in _notes_of(found)]
    basis = f"labels of {some_of([printable(found.table.path) for found in used], 3)}"
    return Reading(
        "splits" if split_of else "labels",
        labels,
        asides,
        [*notes, *faults],
        basis,
        tuple(found.table.path for found in used),
    )


def role_or_top(path: str) -> str:
    """The topmost folder on a photo's path that is named as a split, else the topmost one; "" for a photo in none."""
    folders = path.split("/")[:-1]
    return next((folder for folder in folders if is_split_name(folder)), folders[0] if folders else "")


def _splits_of(used: Sequence[_Found], labelled: dict[str, str]) -> dict[str, str]:
    """{path: split} from the folders that photos lie in, else from the names of the tables; {} unless every photo has one."""
    return splits_of_folders(labelled) or _splits_of_tables(used, labelled)


def splits_of_folders(paths) -> dict[str, str]:
    """{path: split} from the topmost folder that is named as one; {} unless every photo lies in such a folder."""
    roles = {path: role_of_path(path) for path in paths}
    if not roles or None in roles.values():
        return {}
    split_of = splits_for(role for role in roles.values() if role)
    return {path: split_of[role] for path, role in roles.items() if role}


def _splits_of_tables(used: Sequence[_Found], labelled: dict[str, str]) -> dict[str, str]:
    """train.csv and test.csv."""
    roles = {
        found.table.path: parsed_name(found.table.path.rsplit("/", 1)[-1].rsplit(".", 1)[0]).role for found in used
    }
    if len({*roles.values()}) < max(2, len(used)) or None in roles.values():
        return {}
    split_of = splits_for(role for role in roles.values() if role)
    return {
        path: split_of[role]
        for found in reversed(used)
        if (role := roles[found.table.path])
        for path in found.label_of
        if path in labelled
    }


def _notes_of(found: _Found) -> list[str]:
    notes = []
    for cells, means in ((found.strangers, "no photo here"), (found.unclear, "more than one photo")):
        if cells:
            example = next((cell for cell in cells if cell.strip()), "")
            number = f"{len(cells):,} rows" if len(cells) > 1 else "1 row"
            shown_cell = f", “{printable(example.strip())[:60]}” for instance" if example else ""
            notes.append(f"{number} of {found.name} {'mean' if len(cells) > 1 else 'means'} {means}{shown_cell}.")
    return notes
