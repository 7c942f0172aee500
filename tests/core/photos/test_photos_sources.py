import os

import pytest

from core.errors import PhotoError
from core.photos import sources


def touch(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"x")
    return root


def labels(source):
    return {file.path: (file.class_name, file.split) for file in source.files}


def test_one_sub_folder_a_class(tmp_path):
    source = sources.find(touch(tmp_path, "dogs/1.jpg", "cats/1.jpg", "cats/persian/2.PNG"))
    assert (source.layout, source.class_names) == ("classes", ("cats", "dogs"))
    assert labels(source) == {
        "cats/1.jpg": ("cats", None),
        "cats/persian/2.PNG": ("cats", None),
        "dogs/1.jpg": ("dogs", None),
    }


def test_petimages_lies_one_folder_deeper(tmp_path):
    source = sources.find(
        touch(tmp_path, "readme[1].txt", "PetImages/Cat/0.jpg", "PetImages/Dog/0.jpg", "PetImages/Cat/Thumbs.db")
    )
    assert (source.layout, source.class_names) == ("classes", ("Cat", "Dog"))
    assert labels(source)["PetImages/Cat/0.jpg"] == ("Cat", None)
    assert [path for path, _ in source.ignored] == ["PetImages/Cat/Thumbs.db", "readme[1].txt"]


@pytest.mark.parametrize("val", ["val", "valid", "validation", "Validation"])
@pytest.mark.parametrize("top", ["", "archive/"])
def test_keras_layout_keeps_its_splits(tmp_path, val, top):
    source = sources.find(
        touch(
            tmp_path, *(f"{top}{split}/{name}/1.jpg" for split in ("train", val, "test") for name in ("cats", "dogs"))
        )
    )
    assert (source.layout, source.class_names) == ("splits", ("cats", "dogs"))
    assert labels(source)[f"{top}{val}/dogs/1.jpg"] == ("dogs", "val")


def test_kaggle_flat_layout_reads_the_class_from_the_name(tmp_path):
    source = sources.find(touch(tmp_path, "cat.0.jpg", "cat.1.jpg", "dog.0.jpg", "note.txt"))
    assert (source.layout, source.class_names) == ("flat", ("cat", "dog"))
    assert labels(source)["dog.0.jpg"] == ("dog", None)


def test_kaggle_train_folder_with_unlabelled_test_photos(tmp_path):
    source = sources.find(touch(tmp_path, "train/cat.0.jpg", "train/dog.0.jpg", "test1/1.jpg"))
    assert (source.layout, source.class_names) == ("splits", ("cat", "dog"))
    assert labels(source) == {
        "train/cat.0.jpg": ("cat", "train"),
        "train/dog.0.jpg": ("dog", "train"),
        "test1/1.jpg": (None, None),
    }


def test_a_class_may_be_called_train(tmp_path):
    source = sources.find(touch(tmp_path, "train/1.jpg", "car/1.jpg"))
    assert (source.layout, source.class_names) == ("classes", ("car", "train"))


def test_a_single_class_folder_is_not_looked_into(tmp_path):
    assert sources.find(touch(tmp_path, "cats/cat.1.jpg", "cats/cat.2.jpg")).class_names == ("cats",)


def test_an_empty_class_folder_is_still_a_class(tmp_path):
    (tmp_path / "dogs").mkdir()
    assert sources.find(touch(tmp_path, "cats/1.jpg")).class_names == ("cats", "dogs")


def test_a_folder_without_shape_has_no_classes(tmp_path):
    source = sources.find(touch(tmp_path, "holiday.jpg", "IMG 0001.HEIC"))
    assert (source.layout, source.class_names, len(source.files)) == ("none", (), 2)


def test_photos_beside_class_folders_have_no_class(tmp_path):
    assert labels(sources.find(touch(tmp_path, "stray.jpg", "cats/1.jpg", "dogs/1.jpg")))["stray.jpg"] == (None, None)


def test_hidden_files_and_other_extensions_are_ignored_with_a_reason(tmp_path):
    source = sources.find(
        touch(
            tmp_path,
            "cats/.a.jpg",
            "cats/b.jpg.txt",
            "cats/noextension",
            "__MACOSX/cats/c.jpg",
            ".git/d.jpg",
            "cats/e.jpg",
        )
    )
    assert [file.path for file in source.files] == ["cats/e.jpg"]
    assert source.class_names == ("cats",)
    assert len(source.ignored) == 5 and all(reason.endswith(".") for _, reason in source.ignored)


def test_links_are_followed_once_and_pipes_are_not_opened(tmp_path):
    elsewhere = touch(tmp_path / "elsewhere", "1.jpg")
    root = touch(tmp_path / "root", "cats/2.jpg")
    (root / "dogs").symlink_to(elsewhere)
    (root / "cats" / "loop").symlink_to(root)
    os.mkfifo(root / "cats" / "pipe.jpg")
    (root / "cats" / "dead.jpg").symlink_to(root / "nowhere")
    source = sources.find(root)
    assert "dogs/1.jpg" in labels(source)
    assert {path for path, _ in source.ignored} == {"cats/pipe.jpg", "cats/dead.jpg"}


@pytest.mark.parametrize(
    "name",
    [
        b"<b onclick=x>.jpg",
        b"two\nlines.jpg",
        b"not utf-8 \xff\xfe.jpg",
        b"x" * 251 + b".jpg",
        "🐈‍⬛ \u202egpj.jpg".encode(),
    ],
    ids=["markup", "newline", "bytes", "long", "right to left"],
)
def test_hostile_names_are_names(tmp_path, name):
    folder = tmp_path / "cats"
    folder.mkdir()
    with open(os.fsencode(folder) + b"/" + name, "wb") as file:
        file.write(b"x")
    (found,) = sources.find(tmp_path).files
    assert os.fsencode(found.path) == b"cats/" + name


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("", "no name"),
        ("nowhere", "does not exist"),
        ("x" * 300, "cannot be|does not exist"),
        ("a\0b", "cannot be one"),
    ],
    ids=["empty", "missing", "too long", "null byte"],
)
def test_a_wrong_path_is_a_sentence(tmp_path, folder, words):
    with pytest.raises(PhotoError, match=words):
        sources.find(str(tmp_path / folder) if folder else "")


def test_a_file_is_no_folder(tmp_path):
    touch(tmp_path, "cat.jpg")
    with pytest.raises(PhotoError, match="is a file"):
        sources.find(tmp_path / "cat.jpg")


def test_a_folder_that_may_not_be_read_is_a_sentence(tmp_path, monkeypatch):
    def refuse(folder):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(PhotoError, match="may not be read"):
        sources.find(tmp_path)
