"""Classes that are joined or chosen before preparing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from photo_makers import write_photo

from core.config import PhotosConfig, SplitConfig, from_dict, put, to_dict
from core.errors import ConfigError, PhotoError
from core.photos import dataset
from core.photos.layouts import layout
from core.photos.layouts.chosen import applied, choice_of, joins_of, suggestions
from core.photos.layouts.names import class_key
from core.photos.prepare import prepare, prepare_test

BREEDS = ("Abyssinian", "Bengal", "beagle", "great_pyrenees", "pug")
SHAPE = layout.read([f"{breed}/{index}.jpg" for breed in BREEDS for index in range(4)])


def counted(shape):
    names = [name for name, _ in shape.labels.values()]
    return {name: names.count(name) for name in shape.class_names}


def test_without_a_choice_all_stay_as_they_are():
    assert applied(SHAPE, ()) is SHAPE
    assert choice_of({}, [], BREEDS) == () and choice_of({}, BREEDS, BREEDS) == ()


def test_breeds_become_cats_and_dogs():
    choice = choice_of({"cats": ["Abyssinian", "bengal"], "dogs": ["beagle", "pug"]}, ["cats", "dogs"], BREEDS)
    assert choice == ("cats/Abyssinian", "cats/Bengal", "dogs/beagle", "dogs/pug")
    shape = applied(SHAPE, choice)
    assert counted(shape) == {"cats": 8, "dogs": 8} and len(shape.asides) == 4
    assert shape.notes == (
        "“cats” joins “Abyssinian” and “Bengal”.",
        "“dogs” joins “beagle” and “pug”.",
        "Not chosen: “great_pyrenees”.",
    )


def test_what_is_not_joined_stays_unless_some_are_chosen():
    assert choice_of({"cats": ["Bengal"]}, [], BREEDS) == (
        "Abyssinian",
        "cats/Bengal",
        "beagle",
        "great_pyrenees",
        "pug",
    )
    assert choice_of({}, ["pug", "Bengal"], BREEDS) == ("Bengal", "pug")
    assert choice_of({"pug": ["beagle"]}, ["pug"], BREEDS) == ("pug/beagle", "pug")


@pytest.mark.parametrize(
    ("joins", "only", "words"),
    [
        ({"cats": ["Bengl"]}, [], "no class “Bengl”. Did you mean “Bengal”?"),
        ({}, ["zebra"], "no class “zebra”"),
        ({"cats": ["Bengal"], "dogs": ["Bengal"]}, [], "“Bengal” is joined into “cats” and into “dogs”"),
        ({"cats": []}, [], "joins no class"),
        ({"": ["Bengal"]}, [], "has a name of up to 100 letters"),
        ({"a/b": ["Bengal"]}, [], "without “/”"),
        ({"x" * 101: ["Bengal"]}, [], "up to 100 letters"),
    ],
)
def test_what_cannot_be_chosen_is_a_sentence(joins, only, words):
    with pytest.raises(PhotoError, match=words.replace("?", "[?]")):
        choice_of(joins, only, BREEDS)


def test_a_choice_that_the_folder_has_not_is_an_error_but_not_for_a_test():
    choice = ("cats/Siamese", "cats/Bengal", "pug")
    with pytest.raises(PhotoError, match="no class “Siamese”"):
        applied(SHAPE, choice)
    assert counted(applied(SHAPE, choice, must_fit=False)) == {"cats": 4, "pug": 4}
    coarse = layout.read([f"{name}/{index}.jpg" for name in ("cats", "pug") for index in range(4)])
    assert counted(applied(coarse, choice, must_fit=False)) == {"cats": 4, "pug": 4}


def test_oxfords_capitals_and_first_words_suggest_joins():
    (suggestion,) = suggestions(BREEDS)
    assert suggestion.joins == {"cats": ("Abyssinian", "Bengal"), "dogs": ("beagle", "great_pyrenees", "pug")}
    (suggestion,) = suggestions(("cat_black", "cat_white", "dog_black", "dog_white"))
    assert suggestion.joins == {"cat": ("cat_black", "cat_white"), "dog": ("dog_black", "dog_white")}
    assert suggestions(("Rose", "Tulip", "daisy", "violet")) == suggestions(("cats", "dogs")) == []


NAMES = st.lists(st.sampled_from(BREEDS), max_size=4)
GROUPS = st.dictionaries(st.sampled_from(["cats", "dogs", "PUG", "Bengal", "a=b", "x,y"]), NAMES, max_size=3)


@given(GROUPS, NAMES)
def test_no_photo_is_lost_whatever_is_chosen(joins, only):
    try:
        choice = choice_of(joins, only, BREEDS)
    except PhotoError:
        return
    shape = applied(SHAPE, choice)
    assert shape.labels.keys() | shape.asides.keys() == SHAPE.labels.keys()
    assert set(joins_of(choice)) <= set(BREEDS)
    assert {class_key(name) for name in shape.class_names} == {
        class_key(to) for to in joins_of(choice).values()
    } or not choice
    assert from_dict(to_dict(put(from_dict({}), "photos.classes", choice))).photos.classes == choice


def test_a_list_of_classes_is_checked_at_the_door():
    assert put(from_dict({}), "photos.classes", "cats/Bengal, pug").photos.classes == ("cats/Bengal", "pug")
    for wrong in ("Bengal", [3], [""], ["x"] * 1001, None, {"a": "b"}):
        with pytest.raises(ConfigError):
            from_dict({"photos": {"classes": wrong}})


def test_a_joined_data_set_is_another_one_and_its_test_photos_stay(tmp_path):
    for position, breed in enumerate(BREEDS):
        for index in range(8):
            write_photo(tmp_path / f"{breed}_{index}.jpg", 10 * position + index)
    whole = prepare(PhotosConfig(source=str(tmp_path)), SplitConfig())
    choice = choice_of(
        {"cats": ["Abyssinian", "Bengal"], "dogs": ["beagle", "pug"]}, ["cats", "dogs"], whole.class_names
    )
    joined = prepare(PhotosConfig(source=str(tmp_path), classes=choice), SplitConfig())
    assert joined.id != whole.id and joined.class_names == ("cats", "dogs") and len(joined.examples) == 32
    assert dataset.load(joined.id).photos.classes == choice
    assert "Not chosen: “great_pyrenees”." in joined.summary["reading"]
    before = {example.path: example.split for example in whole.examples}
    assert all(before[example.path] == example.split for example in joined.examples)
    tested = prepare_test(tmp_path, classes=choice)
    assert tested.class_names == ("cats", "dogs") and len(tested.examples) == 32
