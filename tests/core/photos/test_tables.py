"""The tables of a data set, whatever stands in them."""

import hashlib
import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import AppError, PhotoError
from core.photos import dataset
from core.photos.checks.clean import CleaningStep
from core.photos.checks.scan import ImageCheck
from core.photos.dataset import Dataset
from core.photos.layouts.names import SPLITS
from core.photos.split import Example

FIELDS = st.one_of(
    st.text(max_size=12),
    st.text("0123456789²-.e", max_size=12),
    st.sampled_from(["", "nan", "1e999", "9" * 500, "\x00", "train", "cats", "use"]),
)


@pytest.fixture
def prepared(tmp_path):
    """Two photos and what is known of them, as a scan leaves it."""
    names = ("cats", "dogs")
    photos = [(f"{name}/{number}.jpg", name, split) for name in names for number, split in enumerate(SPLITS)]
    checks = [
        ImageCheck(path, name, None, 9, 1, "JPEG", "RGB", 60, 80, "ab" * 32, "cd" * 32, 99.5, 40.0, 0.5)
        for path, name, _ in photos
    ]
    steps = [CleaningStep(path, name, None, "use", None, "", "ab" * 32, "") for path, name, _ in photos]
    examples = tuple(Example(path, name, names.index(name), split, "ab" * 32) for path, name, split in photos)
    made = Dataset("pets-12345678", "Pets", tmp_path, names, examples, {}, "", 1.0)
    made.save(steps, checks)
    put(made, "dataset.csv", (made.folder / "dataset.csv").read_bytes())
    assert dataset.load(made.id).examples == examples
    assert list(made.steps()) == steps
    assert list(made.facts().values()) == checks
    return made


def put(made, name: str, content: bytes) -> None:
    """The table replaced, and where there is a checksum, that too: a program may have written both."""
    (made.folder / name).write_bytes(content)
    about = json.loads((made.folder / "dataset.json").read_text())
    about["checksum"] = hashlib.sha256((made.folder / "dataset.csv").read_bytes()).hexdigest()
    (made.folder / "dataset.json").write_text(json.dumps(about))


def read(made) -> None:
    with suppress(AppError):
        dataset.load(made.id)
    with suppress(AppError):
        made.steps()
    made.facts()


@pytest.mark.parametrize("name", ["dataset.csv", "scan.csv", "facts.csv"])
def test_any_table_is_read_or_said_to_be_damaged(prepared, name):
    lines = (prepared.folder / name).read_text().splitlines()
    width = lines[0].count(",") + 1

    @given(
        st.one_of(
            st.binary(max_size=200),
            st.lists(st.lists(FIELDS, min_size=width - 1, max_size=width + 1).map(",".join), max_size=3).map(
                lambda rows: "\n".join([lines[0], *rows]).encode("utf-8", "surrogatepass")
            ),
            st.tuples(st.integers(0, width - 1), FIELDS).map(lambda change: changed(lines, *change)),
        )
    )
    def check(content):
        put(prepared, name, content)
        read(prepared)

    check()


def changed(lines: list[str], column: int, text: str) -> bytes:
    row = lines[1].split(",")
    row[column] = text
    return "\n".join([lines[0], ",".join(row), *lines[2:]]).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize(("column", "text"), [(1, "birds"), (2, "²"), (2, "7"), (2, "-1"), (2, "1.0"), (3, "holdout")])
def test_a_class_or_split_that_the_data_set_has_not_is_damage(prepared, column, text):
    lines = (prepared.folder / "dataset.csv").read_text().splitlines()
    put(prepared, "dataset.csv", changed(lines, column, text))
    with pytest.raises(PhotoError, match="damaged"):
        dataset.load(prepared.id)


def test_a_lost_table_of_steps_is_a_sentence(prepared):
    (prepared.folder / "scan.csv").unlink()
    with pytest.raises(PhotoError, match="cannot be read"):
        prepared.steps()
