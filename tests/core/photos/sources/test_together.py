"""Folders put together are one data set in which the first one's validation and test are what they were."""

import pytest
from photo_makers import encoded, picture, write_classes, write_photo

from core.config import PhotosConfig, SplitConfig
from core.errors import PhotoError
from core.photos.prepare import prepare
from core.photos.sources.together import OUTLIERS, put_together


@pytest.fixture
def base(tmp_path):
    """train, val and test with 4, 2 and 2 photos of each class."""
    for split, first, number in (("train", 0, 4), ("val", 10, 2), ("test", 20, 2)):
        for place, name in enumerate(("cats", "dogs")):
            for index in range(number):
                write_photo(tmp_path / "base" / split / name / f"{index}.jpg", 300 + 100 * place + first + index)
    return tmp_path / "base"


def test_others_are_learned_from_and_judge_nothing(base, tmp_path):
    more = write_classes(tmp_path / "more", 5, ("Cats", "Dogs"))
    write_photo(more / "Cats" / "a.jpg", 310)  # the very file is in the first one's validation
    (more / "Cats" / "b.jpg").write_bytes(encoded(picture(320), quality=70))  # and this picture in its test
    for index in range(40):
        write_photo(tmp_path / "rooms" / "kitchen" / f"{index}.jpg", 5000 + index)
    folder = put_together(base, [more], tmp_path / "rooms")
    alone = prepare(PhotosConfig(source=str(base)), SplitConfig())
    made = prepare(PhotosConfig(source=str(folder), outliers=OUTLIERS), SplitConfig())
    assert made.class_names == ("cats", "dogs")
    assert made.counts()["train"] == {"cats": 9, "dogs": 9}
    assert any("1 training photos are copies" in note for note in made.summary["notes"])
    for split in ("val", "test"):
        hashes = [{e.sha256 for e in dataset.examples if e.split == split} for dataset in (alone, made)]
        assert hashes[0] == hashes[1]
    assert len(made.outliers) == 40 and {e.split for e in made.outliers} == {"train", "val", "test"}
    assert put_together(base, [more], tmp_path / "rooms") == folder
    assert put_together(base, [more]) != folder


def test_what_does_not_fit_together_is_said(base, tmp_path):
    with pytest.raises(PhotoError, match="lacks train, val and test"):
        put_together(write_classes(tmp_path / "plain", 4), [base])
    with pytest.raises(PhotoError, match="has rabbits too"):
        put_together(base, [write_classes(tmp_path / "more", 4, ("cats", "rabbits"))])
