"""Labels in tables beside the photos, in every spelling that spreadsheets and data sets have."""

import csv
import io
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.photos.layouts import layout, tables
from core.photos.layouts.tables import Table
from core.text import printable

PETS = {f"{index:04x}": ("cat", "dog")[index % 2] for index in range(12)}
PHOTOS = [f"train/{name}.jpg" for name in PETS]


def rows_of(*, end="", head="id,breed", folder="", delimiter=","):
    rows = [f"{folder}{name}{end}{delimiter}{label}" for name, label in PETS.items()]
    return "\n".join(([head.replace(",", delimiter)] if head else []) + rows) + "\n"


def read(text, paths=PHOTOS, path="labels.csv"):
    data = text if isinstance(text, bytes) else text.encode()
    return layout.read(paths, (), [Table(path, lambda: data)])


def counted(shape):
    counts = Counter(shape.labels.values())
    return {f"{split} {name}" if split else name: number for (name, split), number in counts.items()}


ONE_HOT = "id,cat,dog\n" + "".join(
    f"{name},{int(label == 'cat')},{int(label == 'dog')}.0\n" for name, label in PETS.items()
)
MORE = "n,file,label,width,height\n" + "".join(
    f"{n},{name}.jpg,{label},{300 + n % 3},200\n" for n, (name, label) in enumerate(PETS.items())
)


@pytest.mark.parametrize(
    "text",
    [
        rows_of(),
        rows_of(end=".jpg"),
        rows_of(end=".JPG"),
        rows_of(end=".png"),
        rows_of(folder="train/"),
        rows_of(folder="/kaggle/input/pets/train/", end=".jpg"),
        rows_of(folder="train\\", end=".jpg"),
        rows_of(folder="./../train/", end=".jpg"),
        rows_of(head=""),
        rows_of(head="", end=".jpg"),
        rows_of(delimiter=";"),
        rows_of(delimiter="\t"),
        rows_of(delimiter="|"),
        "sep=;\n" + rows_of(delimiter=";"),
        "\ufeff" + rows_of(),
        rows_of().encode("utf-16"),
        rows_of().encode("utf-16-le"),
        rows_of().encode("utf-16-be"),
        rows_of().replace("\n", "\r\n"),
        rows_of().replace("\n", "\n\n"),
        rows_of().replace("cat", '"cat"').replace("id,", '"id",'),
        rows_of().replace(",", " , ").replace(" , ", ", "),
        "\n".join(",".join(reversed(row.split(","))) for row in rows_of().split("\n")),
        ONE_HOT,
        MORE,
    ],
    ids=[
        *(
            "ids",
            "file names",
            "capital endings",
            "another format",
            "with a folder",
            "with folders of elsewhere",
            "backslashes",
        ),
        *(
            "dots",
            "no header",
            "no header, file names",
            "semicolons",
            "tabs",
            "bars",
            "Excel's first line",
            "a mark",
            "UTF-16",
        ),
        *(
            "UTF-16 without a mark",
            "the other UTF-16",
            "Windows' lines",
            "empty rows",
            "quoted",
            "spaces",
            "label first",
        ),
        *("one-hot", "more columns"),
    ],
)
def test_labels_are_read_however_they_are_written(text):
    shape = read(text)
    assert counted(shape) == {"train cat": 6, "train dog": 6}
    assert (shape.layout, shape.basis, shape.notes) == ("splits", "labels of labels.csv", ())


def test_photos_in_no_split_are_dealt():
    shape = read(rows_of(), [f"images/{name}.jpg" for name in PETS])
    assert shape.layout == "labels" and counted(shape) == {"cat": 6, "dog": 6}


def test_photos_without_a_row_and_rows_without_a_photo_are_counted_and_said():
    shape = read(rows_of() + "beef,cat\n../../etc/passwd,dog\n", [*PHOTOS, "train/new.jpg", "test/1.jpg", "test/2.jpg"])
    assert shape.notes == ("2 rows of “labels.csv” mean no photo here, “beef” for instance.",)
    assert shape.asides == {
        "train/new.jpg": "It has no row in “labels.csv”, so nobody knows what it shows.",
        "test/1.jpg": "“test” has no rows in “labels.csv”, so nobody knows what its photos show.",
        "test/2.jpg": "“test” has no rows in “labels.csv”, so nobody knows what its photos show.",
    }


def test_a_photo_with_two_labels_or_none_has_none():
    shape = read(rows_of() + "0000,dog\n0001,dog\nspare,\n", [*PHOTOS, "train/spare.jpg"])
    assert shape.asides["train/0000.jpg"] == "“labels.csv” gives it two labels, “cat” and “dog”."
    assert shape.asides["train/spare.jpg"] == "Its row in “labels.csv” has no label, or more than one."
    assert counted(shape) == {"train cat": 5, "train dog": 6}


def test_a_photo_of_the_same_name_in_another_split_is_not_meant():
    photos = [f"{split}/{name}.jpg" for split in ("train", "test") for name in PETS]
    assert counted(read(rows_of(), photos, "train.csv")) == {"train cat": 6, "train dog": 6}
    assert counted(read(rows_of(folder="test/"), photos)) == {"test cat": 6, "test dog": 6}
    unclear = read(rows_of(), photos)
    assert unclear.layout == "none" and "12 rows of “labels.csv” mean more than one photo" in " ".join(unclear.notes)


def test_a_table_for_each_split_gives_the_splits():
    text = rows_of().split("\n")
    parts = {"train.csv": text[:9], "test.csv": [text[0], *text[9:]]}
    given = [Table(path, "\n".join(rows).encode) for path, rows in parts.items()]
    shape = layout.read([f"images/{name}.jpg" for name in PETS], (), given)
    assert counted(shape) == {"train cat": 4, "train dog": 4, "test cat": 2, "test dog": 2}
    assert shape.basis == "labels of train.csv and test.csv"


def test_an_example_of_an_answer_is_no_table_of_labels():
    assert read(rows_of(), path="sample_submission.csv").layout == "none"


def test_columns_that_may_all_be_labels_are_named():
    text = "id,fur,size\n" + "".join(
        f"{name},{label},{'ab'[n % 4 > 1]}\n" for n, (name, label) in enumerate(PETS.items())
    )
    assert "It may be “fur” and “size”. Call that one “label”." in " ".join(read(text).notes)


def test_what_a_cell_holds_stays_text():
    text = rows_of().replace("cat", "=HYPERLINK(1)").replace("dog", "../../dog")
    assert read(text).class_names == ("..\u2215..\u2215dog", "=HYPERLINK(1)")
    assert read(rows_of().replace("cat", "0x1F").replace("dog", "1_000")).class_names == ("0x1F", "1_000")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"id," + b"x" * 200_000 + b"\n0000,cat\n", "is no table that can be read"),
        (b",".join(b"%d" % n for n in range(10_000)) + b"\n", "at most 2,000 columns"),
        (b"\0\x01\xff" * 999, "names none of the photos|has no rows"),
        (b"", "has no rows of labels"),
        (b"a,b\n1,2\n", "names none of the photos"),
        (
            b"id\n" + b"".join(b"%s,%d,%d\n" % (n.encode(), i % 2, 1 - i % 2) for i, n in enumerate(PETS)),
            "is not clear",
        ),
        (rows_of().replace("cat", "x" * 101).replace("dog", "y" * 101).encode(), ""),
    ],
    ids=[
        "a huge field",
        "10,000 columns",
        "no text",
        "empty",
        "of other photos",
        "rows longer than their head",
        "labels that are texts",
    ],
)
def test_a_table_that_gives_no_labels_says_why(data, words):
    shape = read(data)
    assert shape.layout == "none" and shape.labels == {}
    assert any(word in " ".join(shape.notes) for word in words.split("|"))


def test_a_table_that_cannot_be_read_costs_only_itself():
    def fail():
        raise PermissionError(13, "Permission denied")

    def too_large():
        raise ValueError

    given = [Table("a.csv", fail), Table("b.csv", too_large), Table("labels.csv", rows_of().encode)]
    shape = layout.read(PHOTOS, (), given)
    assert counted(shape) == {"train cat": 6, "train dog": 6}
    assert "“a.csv” cannot be read (Permission denied)" in shape.notes[0] and "larger than 64 MB" in shape.notes[1]


@pytest.mark.slow
def test_a_hundred_thousand_rows_cost_what_they_are():
    def seconds(number):
        photos = [f"train/{index:08x}.jpg" for index in range(number)]
        data = ("id,breed\n" + "".join(f"{index:08x},breed {index % 120}\n" for index in range(number))).encode()
        started = time.process_time()
        shape = layout.read(photos, (), [Table("labels.csv", lambda: data)])
        assert len(shape.labels) == number and len(shape.class_names) == 120
        return time.process_time() - started

    assert seconds(100_000) < 12 * max(seconds(20_000), 0.1)


CELLS = st.sampled_from(
    ["id", "label", "cat", "dog", "0000", "train/0001.jpg", "0002.JPG", "..", "/", "", "1", "0", '"', "=1+1", "\ufeff"]
) | st.text(max_size=5)


@given(
    st.lists(st.lists(CELLS, max_size=5), max_size=20),
    st.sampled_from(",;\t|"),
    st.sampled_from(["utf-8", "utf-16", "utf-8-sig"]),
)
def test_any_table_is_read_without_losing_a_photo(drawn, delimiter, encoding):
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter).writerows(drawn)
    shape = read(written.getvalue().encode(encoding, "replace"))
    _nothing_is_lost(shape)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_say_why_not(data):
    _nothing_is_lost(read(data))


def _nothing_is_lost(shape):
    if shape.layout == "none":
        assert shape.labels == {} and shape.class_names == () and all(note.endswith(".") for note in shape.notes)
        return
    assert shape.labels.keys() | shape.asides.keys() == set(PHOTOS) and not shape.labels.keys() & shape.asides.keys()
    # not isprintable(), which refuses letters of Unicode's newest edition and the joiners that Persian and emoji are written with
    assert all(name and "/" not in name and name == printable(name) for name in shape.class_names)


def test_the_limit_of_columns_leaves_room_for_the_most_classes():
    assert tables.MOST_COLUMNS > 1_000
