"""Layouts that people have, drawn, scanned and prepared: what the person is told, and what the network gets."""

import os

import pytest
from photo_makers import encoded, picture, write_photo

from core.config import PhotosConfig, SplitConfig
from core.errors import PhotoError
from core.photos.prepare import prepare as prepare_dataset
from core.photos.prepare import prepare_test


def draw(root, *folders, number=6, start=0):
    for position, folder in enumerate(folders):
        for index in range(number):
            write_photo(root / folder / f"{index}.jpg", start + 100 * position + index)
    return root


def prepare(root):
    return prepare_dataset(PhotosConfig(source=str(root)), SplitConfig())


def test_kaggles_training_and_test_set_are_kept_and_validation_is_taken_from_train(tmp_path):
    draw(
        tmp_path,
        "training_set/training_set/cats",
        "training_set/training_set/dogs",
        "test_set/test_set/cats",
        "test_set/test_set/dogs",
    )
    (tmp_path / "extra").mkdir()
    (tmp_path / "readme.txt").write_text("x")
    made = prepare(tmp_path)
    assert made.class_names == ("cats", "dogs")
    assert made.counts()["test"] == {"cats": 6, "dogs": 6}
    assert made.summary["reading"] == (
        "Read as: classes cats (12), dogs (12); train and test as given, validation taken from train. No photos are in “extra”."
    )
    assert made.summary["ignored_because"].startswith("Ignored: 1 .txt (")


def test_splits_beside_a_table_without_labels_are_refused_and_the_table_is_named(tmp_path):
    draw(tmp_path, "train", "test")
    (tmp_path / "labels.csv").write_text("id,breed\n")
    with pytest.raises(PhotoError, match=r"“test” and “train” are named as splits.*“labels.csv” has no rows of labels"):
        prepare(tmp_path)
    with pytest.raises(PhotoError, match=r"no usable photo whose class can be told.*“labels.csv” has no rows"):
        prepare_test(tmp_path)


def test_a_class_that_is_a_link_to_nothing_is_named_in_the_error(tmp_path):
    draw(tmp_path / "real", "dogs")
    (tmp_path / "set").mkdir()
    os.symlink("/mnt/unplugged/cats", tmp_path / "set" / "cats")
    os.symlink("../real/dogs", tmp_path / "set" / "dogs")
    with pytest.raises(PhotoError, match=r"at least two classes.*“cats” .It is a link to something that is not there"):
        prepare(tmp_path / "set")


def test_a_class_spelt_otherwise_in_the_test_split_is_the_same(tmp_path):
    draw(tmp_path, "Train/Kätzchen", "Train/Dog", "TEST/kätzchen", "TEST/dog ")
    made = prepare(tmp_path)
    assert made.class_names == ("Dog", "Kätzchen")
    assert made.counts()["test"] == {"Dog": 6, "Kätzchen": 6}
    assert "look equal and are one class" in made.summary["reading"]


def test_photos_with_endings_that_say_nothing_are_used_as_they_are(tmp_path):
    for position, name in enumerate(("cats", "dogs")):
        (tmp_path / name).mkdir()
        for index in range(4):
            data = encoded(picture(10 * position + index), ("JPEG", "PPM", "PNG", "JPEG")[index])
            data = data[:-2] if index == 3 else data
            (tmp_path / name / f"{index}{('.jpg_large', '.ppm', '', '.jpg')[index]}").write_bytes(data)
    assert prepare(tmp_path).summary["used"] == 8


def test_labels_of_a_table_are_used_for_train_and_the_test_without_them_is_said(tmp_path):
    draw(tmp_path, "train", "test", number=12)
    rows = "".join(f"{index},{'cat' if index % 2 else 'dog'}\n" for index in range(12))
    (tmp_path / "train_labels.csv").write_text("id,breed\n" + rows + "99,cat\n")
    made = prepare(tmp_path)
    assert made.class_names == ("cat", "dog") and {example.path[:6] for example in made.examples} == {"train/"}
    assert made.summary["reading"] == (
        "Read as: labels of train_labels.csv, 2 classes: cat (6), dog (6); train as given, validation and test taken from train. "
        "1 row of “train_labels.csv” means no photo here, “99” for instance."
    )
    assert made.summary["ignored_because"] == (
        "Ignored: 12 .jpg (“test” has no rows in “train_labels.csv”, so nobody knows what its photos show); "
        "1 .csv (It says what the photos show, and is no photo itself)."
    )
    assert prepare_test(tmp_path).counts()["test"] == {"cat": 6, "dog": 6}


def test_classes_in_file_names_are_used(tmp_path):
    for index in range(6):
        write_photo(tmp_path / f"images/Bengal_{index}.jpg", index)
        write_photo(tmp_path / f"images/great_pyrenees_{index}.jpg", 50 + index)
    assert prepare(tmp_path).summary["reading"] == (
        "Read as: names of the files, 2 classes: Bengal (6), great_pyrenees (6)."
    )
