"""Classes in the names of files."""

from collections import Counter

import pytest

from core.photos.layouts import layout
from core.photos.layouts.file_names import class_in_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Abyssinian_1.jpg", "Abyssinian"),
        ("american_pit_bull_terrier_191.jpg", "american_pit_bull_terrier"),
        ("images/Breed name 12.JPG", "Breed name"),
        ("cat (1).jpg", "cat"),
        ("cat.0.jpg", "cat"),
        ("cat12.png", "cat"),
        ("n02085620_10074.JPEG", "n02085620"),
        ("IMG_1234.jpg", None),
        ("DSC00012.jpg", None),
        ("image (3).jpg", None),
        ("WhatsApp Image 12.jpg", None),
        ("1.jpg", None),
        ("cat.jpg", None),
        ("0a1b2c.jpg", None),
    ],
)
def test_the_class_is_what_stands_before_the_number(name, expected):
    assert class_in_name(name) == expected


def pets(*groups):
    return [name.replace("#", str(index)) for name, number in groups for index in range(number)]


def test_oxfords_pets_are_read():
    shape = layout.read(
        pets(("images/Abyssinian_#.jpg", 9), ("images/great_pyrenees_#.jpg", 9), ("annotations/trimaps/x#.png", 1))
    )
    assert (shape.layout, shape.basis) == ("names", "names of the files")
    assert Counter(name for name, _ in shape.labels.values()) == {"Abyssinian": 9, "great_pyrenees": 9}


def test_a_folder_around_them_is_no_class():
    assert layout.read(pets(("pets/cat (#).jpg", 9), ("pets/dog (#).jpg", 9))).class_names == ("cat", "dog")


def test_splits_around_names_are_kept():
    shape = layout.read(pets(*[(f"{split}/{pet}_#.jpg", 9) for split in ("train", "test") for pet in ("cat", "dog")]))
    assert shape.layout == "splits" and {split for _, split in shape.labels.values()} == {"train", "test"}


def test_a_few_that_are_named_otherwise_are_set_aside_and_say_why():
    shape = layout.read(
        [*pets(("images/cat_#.jpg", 30), ("images/dog_#.jpg", 30), ("images/sunset_#.jpg", 2)), "images/readme.png"]
    )
    assert shape.class_names == ("cat", "dog")
    assert shape.asides["images/sunset_0.jpg"] == "Only 2 photos are named as it is, too few for a class."
    assert "does not say a class before a number" in shape.asides["images/readme.png"]


def test_what_cameras_call_photos_is_no_class():
    assert layout.read(pets(("x/IMG_#.jpg", 9), ("x/DSC#.jpg", 9))).layout == "classes"
    assert layout.read(pets(("IMG_#.jpg", 9), ("DSC#.jpg", 9))).layout == "none"


def test_names_that_too_few_photos_bear_are_said():
    shape = layout.read(pets(("cat_#.jpg", 9), ("dog_#.jpg", 9), ("#.jpg", 9)))
    assert shape.layout == "none" and "look as if they said it (cat and dog)" in " ".join(shape.notes)


def test_folders_of_classes_go_before_names():
    shape = layout.read(pets(("cats/Bengal_#.jpg", 9), ("dogs/pug_#.jpg", 9)))
    assert (shape.layout, shape.class_names) == ("classes", ("cats", "dogs"))
