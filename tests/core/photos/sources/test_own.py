import pytest
from photo_makers import encoded, picture

from core.config import PhotosConfig, SplitConfig
from core.errors import PhotoError
from core.photos.prepare import prepare
from core.photos.sources import origins, own

ME, YOU = "token-of-one-browser", "token-of-another-one"


@pytest.fixture
def cups():
    made = own.create(ME, "Kitchen")
    for name in ("cups", "bottles"):
        own.add_class(made, name)
    return made


def photo(seed, format="JPEG"):
    return encoded(picture(seed), format)


def test_photos_added_by_hand_become_a_data_set_that_can_grow(cups):
    for index in range(5):
        assert own.add_photo(cups, "cups", photo(index)) and own.add_photo(cups, "bottles", photo(100 + index, "PNG"))
    first = prepare(PhotosConfig(source=str(cups.folder)), SplitConfig())
    assert (first.name, first.class_names, first.summary["used"]) == ("Kitchen", ("bottles", "cups"), 10)
    assert origins.of_root(first.root).kind == "own"
    own.add_photo(cups, "cups", photo(50))
    second = prepare(PhotosConfig(source=str(cups.folder)), SplitConfig())
    assert len(second.examples) == 11 and second.id != first.id


def test_files_bear_names_of_ours(cups):
    own.add_photo(cups, "cups", photo(1, "PNG"))
    (name,) = cups.photos["cups"]
    assert name.endswith(".png") and len(name) == 36 and int(name[:32], 16)


def test_a_photo_is_in_the_set_once(cups):
    assert own.add_photo(cups, "cups", photo(1))
    assert own.add_photo(cups, "cups", photo(1)) is False
    with pytest.raises(PhotoError, match="in class “cups” already"):
        own.add_photo(cups, "bottles", photo(1))
    assert cups.photos["bottles"] == []


@pytest.mark.parametrize("content", [b"", b"no photo", photo(1)[:300]], ids=["empty", "text", "half"])
def test_what_cannot_be_decoded_is_not_kept(cups, content):
    with pytest.raises(PhotoError):
        own.add_photo(cups, "cups", content)
    assert cups.photos["cups"] == []


@pytest.mark.parametrize(
    "name",
    [
        "",
        "  ",
        "..",
        ".hidden",
        "a/b",
        "a\\b",
        "../../etc",
        "<b>cups</b>",
        "train",
        "Validation",
        "__MACOSX",
        "c" * 41,
        "a\0b",
        "CUPS",
        "-cups",
    ],
)
def test_a_class_name_that_could_be_a_path_or_a_split_is_refused(cups, name):
    with pytest.raises(PhotoError):
        own.add_class(cups, name)
    assert sorted(cups.photos) == ["bottles", "cups"]


@pytest.mark.parametrize("name", ["Tassen", "my cat", "kätzchen", "猫", "T-shirt_2"])
def test_a_class_may_be_called_what_people_call_things(cups, name):
    assert own.add_class(cups, f" {name} ") == name
    assert own.add_photo(cups, name, photo(1))


def test_a_set_belongs_to_its_browser(cups):
    assert [one.id for one in own.mine(ME)] == [cups.id] and own.mine(YOU) == own.mine("") == []
    with pytest.raises(PhotoError, match="is not yours"):
        own.find(YOU, cups.id)
    with pytest.raises(PhotoError, match="needs a cookie"):
        own.create("")


def test_photos_and_classes_can_be_taken_out(cups):
    own.add_photo(cups, "cups", photo(1))
    own.remove_photo(cups, "cups", cups.photos["cups"][0])
    own.remove_photo(cups, "cups", "../../about.json")
    assert cups.photos["cups"] == []
    own.remove_class(cups, "cups")
    assert list(cups.photos) == ["bottles"]
    with pytest.raises(PhotoError, match="no class “cups” any more"):
        own.add_photo(cups, "cups", photo(2))
