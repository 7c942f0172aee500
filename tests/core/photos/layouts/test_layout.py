import unicodedata
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.photos.layouts import layout
from core.photos.layouts.names import SPLITS, class_key
from core.photos.layouts.tables import Table


def files(*groups):
    """``("train/cats", 5)`` -> five paths in that folder; ``("train/cat.#.jpg", 5)`` -> five with numbers in the name."""
    paths = []
    for folder, number in groups:
        names = folder if "#" in folder else f"{folder}/#.jpg"
        paths += [names.replace("#", str(index)) for index in range(number)]
    return paths


def read(*groups, **options):
    return layout.read(files(*groups), **options)


def counted(shape):
    counts = Counter(shape.labels.values())
    return {f"{split} {name}" if split else name: number for (name, split), number in counts.items()}


def both(*folders, number=10, names=("cats", "dogs")):
    return [(f"{folder}/{name}" if folder else name, number) for folder in folders for name in names]


@pytest.mark.parametrize(
    ("train", "val", "test"),
    [
        ("train", "val", "test"),
        ("Train", "Valid", "TEST"),
        ("training", "validation", "testing"),
        ("training_set", "validation_set", "test_set"),
        ("training_set/training_set", "val_set/val_set", "test_set/test_set"),
        ("seg_train/seg_train", "seg_val/seg_val", "seg_test/seg_test"),
        ("archive (2)/train", "archive (2)/valid", "archive (2)/test"),
        ("Train_data", "Valid_data", "Test_data"),
        ("trainData", "valData", "testData"),
        ("trainset", "valset", "testset"),
        ("train_images", "val_images", "test_images"),
        ("images_train", "images_val", "images_test"),
        ("cats_and_dogs_train", "cats_and_dogs_validation", "cats_and_dogs_test"),
        ("1. train", "2. val", "3. test"),
        ("train2017", "val2017", "test2017"),
        ("train/images", "val/images", "test/images"),
        ("train", "dev", "test"),
        ("train", "dev", "eval"),
        ("train", "eval", "holdout"),
        ("train", "eval", "test"),
        ("train", "validation", "hold-out"),
        ("dev", "eval", "holdout"),
        ("train", "val", "test_stg1"),
        ("data/train-small", "data/validation-small", "data/test-small"),
    ],
)
def test_splits_are_known_by_the_names_that_people_use(train, val, test):
    shape = read(*both(train), *both(val, number=6), *both(test, number=5))
    assert shape.layout == "splits"
    assert counted(shape) == {
        "train cats": 10,
        "train dogs": 10,
        "val cats": 6,
        "val dogs": 6,
        "test cats": 5,
        "test dogs": 5,
    }


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([("train/cat.#.jpg", 9), ("train/dog.#.jpg", 9), ("test1/#.jpg", 40)], {"train cat": 9, "train dog": 9}),
        (
            [("train/train/cat.#.jpg", 9), ("train/train/dog.#.jpg", 9), ("test1/test1", 40)],
            {"train cat": 9, "train dog": 9},
        ),
        (
            [("dogs-vs-cats/train/cat.#.jpg", 9), ("dogs-vs-cats/train/dog.#.jpg", 9), ("dogs-vs-cats/test1/#.jpg", 9)],
            {"train cat": 9, "train dog": 9},
        ),
        (both("val", "test"), {"val cats": 10, "val dogs": 10, "test cats": 10, "test dogs": 10}),
        (both("PetImages", names=("Cat", "Dog")), {"Cat": 10, "Dog": 10}),
        ([*both("PetImages", number=60), ("stuff", 5)], {"cats": 60, "dogs": 60}),
        (
            [*both("dataset/training_set"), *both("dataset/test_set"), ("single_prediction", 5)],
            {"train cats": 10, "train dogs": 10, "test cats": 10, "test dogs": 10},
        ),
        (
            [*both("seg_train/seg_train"), *both("seg_test/seg_test"), ("seg_pred/seg_pred", 70)],
            {"train cats": 10, "train dogs": 10, "test cats": 10, "test dogs": 10},
        ),
        ([*both("train"), *both("samples"), ("annotations", 30)], {"train cats": 10, "train dogs": 10}),
        ([*both(""), ("test1", 50)], {"cats": 10, "dogs": 10}),
        ([*both(""), ("samples", 50), ("annotations", 50)], {"cats": 10, "dogs": 10}),
        ([*both(""), *both("more", number=4)], {"cats": 14, "dogs": 14}),
        ([*both("flowers"), *both("flowers/flowers")], {"cats": 20, "dogs": 20}),
        ([*both("", number=20), *both("test")], {"train cats": 20, "train dogs": 20, "test cats": 10, "test dogs": 10}),
        (
            both("cats_and_dogs_filtered/train", "cats_and_dogs_filtered/validation"),
            {"train cats": 10, "train dogs": 10, "val cats": 10, "val dogs": 10},
        ),
        (
            [("images/Images/n02085-Chihuahua", 9), ("images/Images/n02086-pug", 9), ("annotations/Annotation", 0)],
            {"n02085-Chihuahua": 9, "n02086-pug": 9},
        ),
        (
            both("cats", "dogs", names=("train", "val", "test")),
            {"train cats": 10, "val cats": 10, "test cats": 10, "train dogs": 10, "val dogs": 10, "test dogs": 10},
        ),
        (
            [(f"{pet}-{split}", 8) for pet in ("cat", "dog") for split in ("train", "test")],
            {"train cat": 8, "test cat": 8, "train dog": 8, "test dog": 8},
        ),
        (
            [(f"{split}_{pet}", 8) for pet in ("cat", "dog") for split in ("train", "test")],
            {"train cat": 8, "test cat": 8, "train dog": 8, "test dog": 8},
        ),
        (both("train1", "train2", "test"), {"train cats": 20, "train dogs": 20, "test cats": 10, "test dogs": 10}),
        (
            [*both("Training"), *both("Test"), ("test-multiple_fruits/apple_#.jpg", 9)],
            {"train cats": 10, "train dogs": 10, "test cats": 10, "test dogs": 10},
        ),
        ([("cats/persian", 9), ("cats/siamese", 9), ("dogs/pug", 9), ("dogs/beagle", 9)], {"cats": 18, "dogs": 18}),
        ([("Test Tubes", 9), ("Beakers", 9)], {"Test Tubes": 9, "Beakers": 9}),
        ([("train", 9), ("car", 9), ("bus", 9)], {"train": 9, "car": 9, "bus": 9}),
        ([("photos", 9), ("drawings", 9)], {"photos": 9, "drawings": 9}),
        ([("young", 9), ("old", 9)], {"young": 9, "old": 9}),
        ([("0", 9), ("1", 9)], {"0": 9, "1": 9}),
    ],
    ids=[
        "Kaggle",
        "doubled, flat",
        "with a folder around",
        "no train",
        "PetImages",
        "a stray folder",
        "single prediction",
        "seg_pred",
        "samples and annotations beside splits",
        "test1 beside classes",
        "samples beside classes",
        "more of the same",
        "the whole twice",
        "a test folder beside classes",
        "filtered",
        "Stanford dogs",
        "splits below classes",
        "class and split in a name",
        "split and class in a name",
        "two trains",
        "an unrelated test",
        "breeds below",
        "test tubes",
        "vehicles",
        "photos and drawings",
        "young and old",
        "numbers",
    ],
)
def test_layouts_that_people_have(groups, expected):
    assert counted(read(*groups)) == expected


@pytest.mark.parametrize(
    "groups",
    [
        [("train", 12), ("test", 12)],
        [("training_set", 12), ("test_set", 12)],
        [("seg_train", 12), ("seg_test", 12)],
        [("data/train1", 12), ("data/train2", 12)],
        [("val", 12), ("test", 12)],
        [("train/train", 12), ("test1/test1", 12)],
        [("train", 12), ("samples", 12)],
        [("train/images", 12), ("valid/images", 12), ("test/images", 12)],
    ],
    ids=lambda groups: " ".join(folder for folder, _ in groups),
)
def test_splits_without_classes_are_no_classes_and_it_is_said(groups):
    shape = read(*groups)
    assert (shape.layout, shape.class_names) == ("none", ())
    assert "not taken for classes, and no folders of classes are in" in " ".join(shape.notes)


@pytest.mark.parametrize("groups", [[("images", 12), ("annotations/trimaps", 12)], [("images", 12), ("masks", 12)]])
def test_what_lies_beside_photos_is_no_class(groups):
    assert read(*groups).class_names == ()


def test_a_folder_that_gets_no_class_says_why():
    shape = read(*both("train"), ("test1", 2), ("extra", 1))
    assert shape.asides.keys() == {"test1/0.jpg", "test1/1.jpg", "extra/0.jpg"}
    assert "“test1” is named as a split is" in shape.asides["test1/0.jpg"]
    assert "“extra” lies beside the folders of splits" in shape.asides["extra/0.jpg"]


def test_splits_that_only_one_class_has_are_not_kept_and_it_is_said():
    shape = read(("cats/train", 9), ("cats/test", 9), ("dogs", 9))
    assert counted(shape) == {"cats": 18, "dogs": 9}
    assert shape.notes == ("test and train inside cats: not kept, because not every class has such folders.",)


def test_a_table_is_named_where_folders_leave_photos_without_a_class():
    table = Table("labels.csv", lambda: pytest.fail("a table is opened though folders say it all"))
    assert read(*both(""), tables=[table]).notes == ()
    assert "“labels.csv” may say what photos show" in " ".join(read(*both(""), ("test1", 9), tables=[table]).notes)


def test_empty_folders_are_no_classes_and_are_said():
    shape = read(*both(""), folders=["cats", "dogs", "New folder", "New folder/more"])
    assert shape.class_names == ("cats", "dogs") and shape.notes == ("No photos are in “New folder”.",)


NFD = unicodedata.normalize("NFD", "Kätzchen")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Kätzchen", NFD),
        ("Cat", "cat"),
        ("cats", "cats "),
        ("STRASSE", "straße"),
        ("a\u200bb", "ab"),
        ("a b", "a\xa0b"),
    ],
    ids=["decomposed", "capitals", "space", "sharp s", "zero width", "no-break space"],
)
def test_names_that_look_equal_are_one_class(first, second):
    shape = read((f"train/{first}", 5), ("train/dogs", 5), (f"test/{second}", 5), ("test/dogs", 5))
    assert len(shape.class_names) == 2 and len(shape.labels) == 20
    assert class_key(first) == class_key(second)
    assert "look equal and are one class" in " ".join(shape.notes)
    assert len(read((first, 5), (second, 5), ("dogs", 5)).class_names) == 2
    assert len(read((f"{first}.#.jpg", 5), (f"{second}.#.jpg", 5), ("dog.#.jpg", 5)).class_names) == 2


def test_the_spelling_of_the_training_photos_is_shown():
    shape = read(*both("TEST", names=("cat", "dog")), *both("Train", names=("Cat", "Dog")))
    assert shape.class_names == ("Cat", "Dog")


NAMES = st.sampled_from(
    [
        "train",
        "Test",
        "val",
        "cats",
        "dogs",
        "Cat",
        "images",
        "samples",
        "test1",
        "seg_train",
        "cat-train",
        "dev",
        "eval",
        "a\ufe0f",
        "",
        " ",
    ]
) | st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=6)
FILES = st.sampled_from(["1.jpg", "cat.0.jpg", "dog.1.jpg", "Bengal_3.jpg"]) | NAMES
PATHS = st.lists(st.tuples(st.lists(NAMES.filter(bool), max_size=4), FILES.filter(bool)), max_size=30)


@given(PATHS)
def test_any_folder_is_read_without_losing_a_photo(drawn):
    paths = sorted({"/".join([*folders, name]) for folders, name in drawn})
    shape = layout.read(paths)
    if shape.layout == "none":
        assert (shape.labels, shape.asides, shape.class_names) == ({}, {}, ())
        return
    assert shape.labels.keys() | shape.asides.keys() == set(paths) and not shape.labels.keys() & shape.asides.keys()
    names = {name for name, _ in shape.labels.values()}
    assert shape.class_names == tuple(sorted(names))
    assert len({class_key(name) for name in names}) == len(names)
    assert all(reason.endswith(".") for reason in shape.asides.values())
    assert {split for _, split in shape.labels.values()} <= {None, *SPLITS}


def test_a_thousand_folders_in_one_another_are_no_trouble():
    assert layout.read(["x/" * 1500 + "1.jpg"]).class_names in ((), ("x",))
