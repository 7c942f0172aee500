import os

import pytest

from core.errors import PhotoError
from core.photos.sources import walk as sources


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
    }
    assert "“test1” is named as a split is" in dict(source.ignored)["test1/1.jpg"]


def test_a_class_may_be_called_train(tmp_path):
    source = sources.find(touch(tmp_path, "train/1.jpg", "car/1.jpg"))
    assert (source.layout, source.class_names) == ("classes", ("car", "train"))


def test_a_single_class_folder_is_not_looked_into(tmp_path):
    assert sources.find(touch(tmp_path, "cats/cat.1.jpg", "cats/cat.2.jpg")).class_names == ("cats",)


def test_an_empty_folder_is_no_class_and_is_said(tmp_path):
    (tmp_path / "dogs").mkdir()
    source = sources.find(touch(tmp_path, "cats/1.jpg"))
    assert (source.class_names, source.notes) == (("cats",), ("No photos are in “dogs”.",))


def test_a_link_from_one_split_to_another_is_said(tmp_path):
    root = touch(tmp_path, *(f"{split}/{name}/1.jpg" for split in ("train", "valid") for name in ("cats", "dogs")))
    (root / "test").symlink_to("valid")
    source = sources.find(root)
    assert {split for _, split in labels(source).values()} == {"train", "val"}
    assert dict(source.ignored)["test"] == "It leads to the folder “valid”, which is looked at already."


def test_a_folder_without_shape_has_no_classes(tmp_path):
    source = sources.find(touch(tmp_path, "holiday.jpg", "IMG 0001.HEIC"))
    assert (source.layout, source.class_names, len(source.files)) == ("none", (), 2)


def test_photos_beside_class_folders_have_no_class(tmp_path):
    source = sources.find(touch(tmp_path, "stray.jpg", "cats/1.jpg", "dogs/1.jpg"))
    assert labels(source).keys() == {"cats/1.jpg", "dogs/1.jpg"}
    assert "nobody knows its class" in dict(source.ignored)["stray.jpg"]


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
    reasons = dict(source.ignored)
    assert reasons.keys() == {"cats/pipe.jpg", "cats/dead.jpg", "cats/loop"}
    assert "a pipe" in reasons["cats/pipe.jpg"]
    assert f"a link to something that is not there (“{root / 'nowhere'}”)" in reasons["cats/dead.jpg"]
    assert "leads to the folder “root”, which is looked at already" in reasons["cats/loop"]


def test_a_folder_goes_before_links_to_it_and_the_link_is_said(tmp_path):
    root = touch(tmp_path, "z_real/1.jpg")
    (root / "a_link").symlink_to("z_real")
    found = sources.walk(root)
    assert [file.path for file in found.files] == ["z_real/1.jpg"]
    assert found.unreachable == (("a_link", "It leads to the folder “z_real”, which is looked at already."),)


def test_what_cannot_be_looked_at_costs_only_itself(tmp_path, monkeypatch):
    root = touch(tmp_path, "cats/1.jpg", "closed/2.jpg")
    (root / "self").symlink_to("self")
    (root / "far.jpg").symlink_to("x" * 300)
    scandir = os.scandir

    def refuse_closed(folder):
        if str(folder).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse_closed)
    found = sources.walk(root)
    assert [file.path for file in found.files] == ["cats/1.jpg"] and found.folders == ("cats",)
    reasons = dict(found.unreachable)
    assert reasons.keys() == {"closed", "self", "far.jpg"}
    assert "leads back to itself" in reasons["self"] and "no right to read" in reasons["closed"]


def test_a_link_into_a_closed_folder_costs_only_itself(tmp_path, monkeypatch):
    root = touch(tmp_path, "cats/1.jpg")
    (root / "inside").symlink_to("/closed/photos")
    real = os.scandir

    class Closed:
        """An entry as the system gives it to who may not enter the folder that it leads to."""

        def __init__(self, entry):
            self.name, self.path, self.is_symlink = entry.name, entry.path, entry.is_symlink
            self._entry = entry

        def stat(self):
            if self.name == "inside":
                raise PermissionError(13, "Permission denied")
            return self._entry.stat()

    class Listing:
        def __init__(self, folder):
            self._entries = real(folder)

        def __enter__(self):
            return (Closed(entry) for entry in self._entries)

        def __exit__(self, *error):
            self._entries.close()

    monkeypatch.setattr(os, "scandir", Listing)
    found = sources.walk(root)
    assert [file.path for file in found.files] == ["cats/1.jpg"]
    assert found.unreachable == (
        ("inside", "It is a link to something that the app cannot look at (it has no right to read it)."),
    )


PNG = b"\x89PNG\r\n\x1a\n more"


@pytest.mark.parametrize("name", ["1.jpg_large", "1", "1.jpg~orig", "1.dib2", "photo.jpg?w=200"])
def test_where_an_ending_says_nothing_the_first_bytes_do(tmp_path, name):
    (tmp_path / name).write_bytes(PNG)
    (tmp_path / f"no {name}").write_bytes(b"text")
    found = sources.walk(tmp_path)
    assert [file.path for file in found.files] == [name]
    assert [path for path, _ in found.ignored] == [f"no {name}"]


def test_an_ending_that_says_what_a_file_is_keeps_it_closed(tmp_path):
    (tmp_path / "1.jpg.txt").write_bytes(PNG)
    (tmp_path / "more.zip").write_bytes(PNG)
    found = sources.walk(tmp_path)
    assert found.files == ()
    assert "is an archive" in dict(found.ignored)["more.zip"]


@pytest.mark.parametrize(
    "written",
    ['"{}"', "'{}'", "“{}”", "file://{}", "file://localhost{}", "FILE:{}", "  {}\n", "{}/", '"file://{}"'],
)
def test_a_path_is_taken_as_terminals_and_browsers_write_it(tmp_path, written, monkeypatch):
    monkeypatch.chdir("/")
    root = touch(tmp_path / "my pets ä", "cats/1.jpg").resolve()
    assert sources.resolved(written.format(root)) == root
    escaped = written.format(str(root).replace(" ", "%20").replace("ä", "%C3%A4"))
    if "file:" in written.lower():
        assert sources.resolved(escaped) == root


def test_a_path_with_escaped_spaces_or_quotes_that_are_its_own(tmp_path):
    spaced, quoted = touch(tmp_path / "my pets", "1.jpg"), touch(tmp_path / '"', "1.jpg")
    assert sources.located(str(spaced).replace(" ", "\\ ")) == spaced
    assert sources.located(str(quoted)) == quoted


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("C:\\Users\\me\\pets", "a path of Windows"),
        ('"C:\\pets"', "a path of Windows"),
        ("d:/pets", "a path of Windows"),
        ("\\\\server\\share", "a path of Windows"),
        ("file:///C:/pets", "a path of Windows"),
        ("file://server/pets", "lies on “server”"),
    ],
)
def test_a_path_of_another_computer_is_said_to_be_one(written, words):
    with pytest.raises(PhotoError, match=words):
        sources.resolved(written)


def test_a_link_to_nothing_is_said_to_be_one(tmp_path):
    (tmp_path / "pets").symlink_to("/mnt/unplugged")
    with pytest.raises(PhotoError, match="a link to something that is not there"):
        sources.resolved(tmp_path / "pets")


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
