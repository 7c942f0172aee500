import stat
import struct
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from archive_makers import entry, pet_files, write_zip, zip_bytes
from hypothesis import given
from hypothesis import strategies as st

from core.errors import PhotoError
from core.jobs.job import Cancelled
from core.photos.sources import walk as sources
from core.photos.sources import zips

JPEG = b"\xff\xd8\xff photo"


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "out"
    made.mkdir()
    return made


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def damaged_zip(changes):
    content = bytearray(GOOD)
    for place, byte in changes:
        content[place] = byte
    return bytes(content)


def writable(name):
    return "\0" not in name and not any("\ud800" <= letter <= "\udfff" for letter in name)


def refuse(path, folder):
    with pytest.raises(PhotoError) as refused:
        zips.unpack(path, folder)
    assert not any((folder.parent / name).exists() for name in ("evil.jpg", "x.jpg"))
    return str(refused.value)


def test_photos_come_out_as_they_went_in(tmp_path, folder):
    files = pet_files()
    seen = []
    damaged = zips.unpack(write_zip(tmp_path / "a.zip", files), folder, lambda *step: seen.append(step))
    assert damaged == () and names(folder) == sorted(files)
    for name, content in files.items():
        if name.endswith(".jpg"):
            assert (folder / name).read_bytes() == content
    assert seen[0] == ("unpacking", 0, len(files)) and seen[-1] == ("unpacking", len(files), len(files))


def test_what_is_no_photo_is_counted_as_ignored_and_its_content_stays_in_the_zip(tmp_path, folder):
    files = {"cats/1.jpg": JPEG, "cats/Thumbs.db": b"x" * 99, "__MACOSX/cats/._1.jpg": b"x" * 99, "run.exe": b"x" * 99}
    zips.unpack(write_zip(tmp_path / "a.zip", files), folder)
    assert sorted(path for path, _ in sources.find(folder).ignored) == [
        "__MACOSX/cats/._1.jpg",
        "cats/Thumbs.db",
        "run.exe",
    ]
    assert all((folder / name).stat().st_size == 0 for name in files if name != "cats/1.jpg")


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("../evil.jpg", "leads out"),
        ("cats/../../evil.jpg", "leads out"),
        ("cats\\..\\..\\evil.jpg", "leads out"),
        ("/evil.jpg", "a place on a disk"),
        ("\\\\server\\share\\evil.jpg", "a place on a disk"),
        ("C:\\evil.jpg", "a place on a disk"),
        ("a" * 300 + ".jpg", "longer name"),
        ("/".join("abcdefghijklmnopqrst") + ".jpg", "too deep"),
    ],
    ids=["up", "up from inside", "up with backslashes", "root", "share", "drive", "long", "deep"],
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path, folder, name, rule):
    said = refuse(write_zip(tmp_path / "a.zip", {"cats/1.jpg": JPEG, entry(name): JPEG}), folder)
    assert rule in said and "refused" in said and "anew" in said


def test_a_photo_whose_place_is_before_the_file_is_damaged(tmp_path, folder):
    packed = bytearray(GOOD)
    at = packed.rfind(b"PK\5\6") + 16
    struct.pack_into("<L", packed, at, struct.unpack_from("<L", packed, at)[0] + 50)
    (tmp_path / "a.zip").write_bytes(packed)
    with suppress(PhotoError):  # newer Pythons refuse the whole
        assert "cats/1.jpg" in zips.unpack(tmp_path / "a.zip", folder)


def test_folders_are_counted_as_they_are_made_not_as_they_are_listed(tmp_path, folder):
    nested = {"/".join([f"{number}", *"abcdefghijklmn", "1.jpg"]): b"" for number in range(3000)}
    assert "20,000 folders" in refuse(write_zip(tmp_path / "a.zip", nested), folder)
    assert not any(folder.iterdir())


def test_as_many_folders_as_are_allowed_are_made(tmp_path, folder, monkeypatch):
    monkeypatch.setattr(zips, "MAX_FOLDERS", 3)
    zips.unpack(write_zip(tmp_path / "a.zip", {"a/b/1.jpg": JPEG, "a/b/2.jpg": JPEG, "a/c/": b""}), folder)
    assert "3 folders" in refuse(
        write_zip(tmp_path / "b.zip", {"a/b/1.jpg": JPEG, "a/c/": b"", "d/1.jpg": b""}), folder
    )


def test_half_a_letter_in_a_name_is_refused(tmp_path, folder, monkeypatch):
    path = write_zip(tmp_path / "a.zip", {"cats/1.jpg": JPEG})
    infolist = zipfile.ZipFile.infolist

    def damaged(archive):
        entries = infolist(archive)
        entries[0].orig_filename = "cats/\ud800.jpg"
        return entries

    monkeypatch.setattr(zipfile.ZipFile, "infolist", damaged)
    assert "no text" in refuse(path, folder)


GOOD = zip_bytes({"cats/1.jpg": JPEG, "dogs/ä.jpg": JPEG, "dogs/x/": b"", "note.txt": b"x"})


@given(
    st.one_of(
        st.binary(max_size=300),
        st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=6).map(
            damaged_zip
        ),
        st.dictionaries(st.text(min_size=1, max_size=20).filter(writable), st.just(JPEG), max_size=4).map(zip_bytes),
    )
)
def test_any_zip_is_unpacked_or_refused_in_a_sentence(content):
    with tempfile.TemporaryDirectory() as name, suppress(PhotoError):
        place = Path(name)
        (place / "a.zip").write_bytes(content)
        (place / "out").mkdir()
        zips.unpack(place / "a.zip", place / "out")
        assert sorted(path.name for path in place.iterdir()) == ["a.zip", "out"]


def test_a_name_with_a_zero_byte_is_refused(tmp_path, folder):
    packed = zip_bytes({"cats/1.jpg": JPEG, "evil.exe_.jpg": JPEG}).replace(b"evil.exe_", b"evil.exe\0")
    (tmp_path / "a.zip").write_bytes(packed)
    assert "ends in the middle" in refuse(tmp_path / "a.zip", folder)


@pytest.mark.parametrize(
    ("mode", "rule"), [(stat.S_IFLNK, "a link"), (stat.S_IFIFO, "no plain file")], ids=["link", "pipe"]
)
def test_links_and_devices_are_refused(tmp_path, folder, mode, rule):
    said = refuse(
        write_zip(tmp_path / "a.zip", {"1.jpg": JPEG, entry("evil.jpg", mode | 0o777): b"/etc/passwd"}), folder
    )
    assert rule in said
    assert not (folder / "evil.jpg").is_symlink()


def test_a_locked_zip_is_refused_before_anything_is_written(tmp_path, folder):
    packed = bytearray(zip_bytes({"1.jpg": JPEG}))
    at = packed.rfind(b"PK\1\2")
    packed[at + 8] |= 1
    (tmp_path / "a.zip").write_bytes(packed)
    assert "password" in refuse(tmp_path / "a.zip", folder)
    assert names(folder) == []


def test_an_archive_in_an_archive_is_named(tmp_path, folder):
    said = refuse(write_zip(tmp_path / "a.zip", {"sampleSubmission.csv": b"", "train.zip": b"PK"}), folder)
    assert "“train.zip”" in said and "Unpack it" in said


def test_an_archive_beside_photos_costs_only_itself_and_is_said(tmp_path, folder):
    zips.unpack(write_zip(tmp_path / "a.zip", {"cats/1.jpg": JPEG, "train.zip": b"PK", "more.tar.gz": b"x"}), folder)
    found = sources.find(folder)
    assert [file.path for file in found.files] == ["cats/1.jpg"]
    reasons = dict(found.ignored)
    assert all("It is an archive" in reasons[name] for name in ("train.zip", "more.tar.gz"))


def test_where_an_ending_says_nothing_the_first_bytes_do_in_a_zip_too(tmp_path, folder):
    files = {"cats/1.jpg_large": JPEG, "cats/2": JPEG, "cats/3": b"text", "cats/4.jpg.txt": JPEG}
    zips.unpack(write_zip(tmp_path / "a.zip", files), folder)
    assert {file.path for file in sources.walk(folder).files} == {"cats/1.jpg_large", "cats/2"}
    assert (folder / "cats/3").read_bytes() == (folder / "cats/4.jpg.txt").read_bytes() == b""


def test_two_entries_of_one_name_are_refused(tmp_path, folder):
    packed = zip_bytes({"a.jpg": JPEG, "b.jpg": JPEG}).replace(b"b.jpg", b"a.jpg")
    (tmp_path / "a.zip").write_bytes(packed)
    assert "twice" in refuse(tmp_path / "a.zip", folder)


def test_a_rare_way_of_packing_is_refused(tmp_path, folder):
    said = refuse(write_zip(tmp_path / "a.zip", {"1.jpg": JPEG}, method=zipfile.ZIP_LZMA), folder)
    assert "deflate" in said and "number 14" in said


def test_a_bomb_is_stopped_by_what_is_counted(tmp_path, folder, monkeypatch):
    monkeypatch.setattr(zips, "RATIO_FROM_BYTES", 10**6)
    path = write_zip(tmp_path / "a.zip", {f"{number}.bmp": bytes(10**6) for number in range(20)})
    assert path.stat().st_size < 30_000
    assert "barely shrink" in refuse(path, folder)
    assert sum(file.stat().st_size for file in folder.iterdir()) < 3 * 10**6


def test_a_bomb_that_lies_about_its_size_writes_no_more_than_it_admits(tmp_path, folder):
    packed = bytearray(zip_bytes({"1.bmp": bytes(10**7), "2.jpg": JPEG}))
    at = packed.find(b"PK\1\2")
    packed[at + 24 : at + 28] = struct.pack("<L", 1000)  # the size that the table of contents gives
    (tmp_path / "a.zip").write_bytes(packed)
    assert zips.unpack(tmp_path / "a.zip", folder) == ("1.bmp",)
    assert (folder / "1.bmp").stat().st_size == 0 and (folder / "2.jpg").read_bytes() == JPEG


@pytest.mark.parametrize(
    ("limit", "value", "rule"),
    [
        ("MAX_ENTRIES", 3, "may hold 3 files"),
        ("MAX_BYTES", 2000, "unpacked"),
        ("MAX_PHOTO_BYTES", 800, "A photo may have"),
        ("MAX_DIRECTORY_BYTES", 100, "table of contents"),
        ("SPARE_BYTES", 10**18, "Free some space"),
    ],
)
def test_every_limit_says_itself(tmp_path, folder, monkeypatch, limit, value, rule):
    monkeypatch.setattr(zips, limit, value)
    files = {f"{number}.jpg": JPEG * 100 for number in range(5)}
    assert rule in refuse(write_zip(tmp_path / "a.zip", files), folder)


@pytest.mark.parametrize(
    "spoil",
    [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b"<html>404</html>" * 99, lambda b: b[-10:]],
    ids=["half", "empty", "page", "end"],
)
def test_what_is_no_whole_zip_is_refused(tmp_path, folder, spoil):
    (tmp_path / "a.zip").write_bytes(spoil(zip_bytes(pet_files())))
    assert "whole zip file" in refuse(tmp_path / "a.zip", folder)


def test_a_zip_without_photos_says_so(tmp_path, folder):
    assert "has none among its 1 files" in refuse(write_zip(tmp_path / "a.zip", {"notes.txt": b"x"}), folder)


def test_a_damaged_photo_costs_only_itself(tmp_path, folder):
    files = pet_files()
    packed = bytearray(zip_bytes(files, method=zipfile.ZIP_STORED))
    at = packed.find(files["PetImages/Dog/3.jpg"])
    packed[at + 200] ^= 0xFF
    (tmp_path / "a.zip").write_bytes(packed)
    assert zips.unpack(tmp_path / "a.zip", folder) == ("PetImages/Dog/3.jpg",)
    assert (folder / "PetImages/Dog/3.jpg").stat().st_size == 0
    assert (folder / "PetImages/Dog/4.jpg").read_bytes() == files["PetImages/Dog/4.jpg"]


def test_names_as_windows_and_macos_write_them(tmp_path, folder):
    odd = entry("kätzchen/猫.jpg")
    packed = zip_bytes({"dogs\\1.jpg": JPEG, "./dogs//2.jpg": JPEG, odd: JPEG, "empty class/": b""})
    without_flag = packed.replace(b"\x14\0\0\x08", b"\x14\0\0\0").replace(
        b"\x14\x03\x14\0\0\x08", b"\x14\x03\x14\0\0\0"
    )
    assert without_flag != packed
    (tmp_path / "a.zip").write_bytes(without_flag)
    zips.unpack(tmp_path / "a.zip", folder)
    assert names(folder) == ["dogs/1.jpg", "dogs/2.jpg", "kätzchen/猫.jpg"]
    assert (folder / "empty class").is_dir()


def test_it_can_be_cancelled_inside_a_large_photo(tmp_path, folder):
    path = write_zip(tmp_path / "a.zip", {"1.bmp": bytes(5 * 2**20)})
    calls = []

    def report(*step):
        calls.append(step)
        if len(calls) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        zips.unpack(path, folder, report)
    assert (folder / "1.bmp").stat().st_size < 5 * 2**20
