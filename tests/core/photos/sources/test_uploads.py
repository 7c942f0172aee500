import os
import time
from types import SimpleNamespace

import pytest

from core.errors import PhotoError, RunError
from core.photos.sources import uploads

ME, YOU = "token-of-one-browser", "token-of-another-one"


def send(content=b"PK" + bytes(5000), owner=ME, name="pets.zip"):
    upload = uploads.begin(owner, name, len(content), 1)
    uploads.append(upload, 0, content)
    return uploads.finish(uploads.find(owner, upload.id))


def test_a_zip_arrives_piece_by_piece_under_a_name_of_ours():
    content = os.urandom(3000)
    upload = uploads.begin(ME, "../../<b>pets</b>.zip", 3000, 1)
    at = uploads.append(upload, 0, content[:1000])
    assert uploads.append(upload, at, content[1000:]) == 3000
    arrived = uploads.finish(upload)
    assert arrived.path.read_bytes() == content and arrived.name == "../../<b>pets</b>.zip"
    assert arrived.path.parent == uploads.uploads_folder() and arrived.path.name == f"{arrived.key}.zip"
    assert uploads.mine(ME) == [arrived]


def test_the_same_file_again_goes_on_and_another_one_begins():
    first = uploads.begin(ME, "pets.zip", 3000, 1)
    uploads.append(first, 0, bytes(1200))
    assert uploads.begin(ME, "pets.zip", 3000, 1) == uploads.Upload(first.id, 3000, 1200)
    assert uploads.begin(ME, "pets.zip", 3000, 2).arrived == 0
    assert uploads.begin(YOU, "pets.zip", 3000, 1).arrived == 0


def test_an_upload_belongs_to_its_browser():
    upload = uploads.begin(ME, "pets.zip", 3000, 1)
    with pytest.raises(PhotoError, match="not known here"):
        uploads.find(YOU, upload.id)
    with pytest.raises(RunError, match="An id is"):
        uploads.find(ME, "../../etc/passwd")
    send()
    assert len(uploads.mine(ME)) == 1 and uploads.mine(YOU) == uploads.mine("") == []
    assert ME not in "".join(path.read_text() for path in uploads.uploads_folder().glob("*.json"))


@pytest.mark.parametrize(
    ("owner", "name", "size", "rule"),
    [
        ("", "pets.zip", 10, "keeps none"),
        (ME, "pets.rar", 10, "received “pets.rar”"),
        (ME, "pets.zip", 0, "empty"),
        (ME, "pets.zip", uploads.MAX_BYTES + 1, "A zip may have 5 GB"),
    ],
    ids=["no cookie", "no zip", "empty", "large"],
)
def test_what_cannot_be_taken_is_said_before_a_byte_is_sent(owner, name, size, rule):
    with pytest.raises(PhotoError, match=rule):
        uploads.begin(owner, name, size, 1)
    assert list(uploads.uploads_folder().iterdir()) == []


def test_room_is_looked_at_and_what_others_announced_counts(monkeypatch):
    free = uploads.shutil.disk_usage(uploads.uploads_folder()).free
    monkeypatch.setattr(uploads, "SPARE_BYTES", free - 10**7)
    uploads.begin(ME, "pets.zip", 4 * 10**6, 1)
    with pytest.raises(PhotoError, match="free some space there"):
        uploads.begin(YOU, "pets.zip", 4 * 10**6, 1)


def test_more_than_was_announced_is_refused_and_less_is_not_a_zip():
    upload = uploads.begin(ME, "pets.zip", 1000, 1)
    with pytest.raises(PhotoError, match="more came"):
        uploads.append(upload, 0, bytes(1001))
    uploads.append(upload, 0, bytes(400))
    with pytest.raises(PhotoError, match="400 of 1,000 bytes"):
        uploads.finish(upload)


def test_a_full_disk_is_a_sentence(monkeypatch):
    upload = uploads.begin(ME, "pets.zip", 1000, 1)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(uploads.os, "pwrite", full)
    with pytest.raises(PhotoError, match="takes no more"):
        uploads.append(upload, 0, bytes(10))


def test_cancelling_leaves_nothing():
    upload = uploads.begin(ME, "pets.zip", 1000, 1)
    uploads.cancel(upload)
    assert list(uploads.uploads_folder().iterdir()) == []


def test_what_nobody_goes_on_with_is_removed_by_the_next_one():
    old, whole = uploads.begin(ME, "old.zip", 1000, 1), send()
    long_ago = time.time() - uploads.ZIP_SECONDS - 10
    os.utime(uploads.uploads_folder() / f"{old.id}.part", (long_ago, long_ago))
    os.utime(whole.path, (long_ago, long_ago))
    new = uploads.begin(ME, "new.zip", 1000, 1)
    assert {path.stem for path in uploads.uploads_folder().iterdir()} == {new.id}


def test_half_a_letter_in_a_name_reaches_no_page_also_not_from_a_file_written_before():
    arrived = send(name="pe\ud800ts.zip")
    assert arrived.name == "pe\ufffdts.zip"
    about = arrived.path.with_suffix(".json")
    about.write_text(about.read_text().replace("\\ufffd", "\\ud800"))
    assert uploads.mine(ME)[0].name == "pe\ufffdts.zip"
    assert uploads.name_of(arrived.path) == "pe\ufffdts"


def test_the_same_zip_sent_by_two_people_is_each_ones_own():
    mine = send()
    yours = send(owner=YOU, name="holiday.zip")
    assert mine.path == yours.path and len(list(uploads.uploads_folder().glob("*.zip"))) == 1
    assert [one.name for one in uploads.mine(ME)] == ["pets.zip"]
    assert [one.name for one in uploads.mine(YOU)] == ["holiday.zip"]
    assert send(name="again.zip").name == "again.zip" and [one.name for one in uploads.mine(YOU)] == ["holiday.zip"]


def test_who_announces_and_never_sends_holds_little_of_the_disk_and_not_for_long(monkeypatch):
    free = 100 * 10**9
    monkeypatch.setattr(uploads.shutil, "disk_usage", lambda folder: SimpleNamespace(free=free))
    for number in range(30):
        uploads.begin(f"a-browser-that-announces-{number}", "huge.zip", 5 * 10**9, number)
    free = 11 * 10**9 + uploads.SPARE_BYTES
    assert uploads.begin(ME, "pets.zip", 4 * 10**9, 1)
    with pytest.raises(PhotoError, match="free some space"):
        uploads.begin(YOU, "pets.zip", 5 * 10**9, 1)
    for part in uploads.uploads_folder().glob("*.part"):
        os.utime(part, (time.time() - uploads.RESERVED_SECONDS - 1,) * 2)
    assert uploads.begin(YOU, "pets.zip", 5 * 10**9, 1)


def test_a_disk_that_fills_up_meanwhile_stops_what_is_on_its_way(monkeypatch):
    upload = uploads.begin(ME, "pets.zip", 1000, 1)
    monkeypatch.setattr(uploads.shutil, "disk_usage", lambda folder: SimpleNamespace(free=uploads.SPARE_BYTES // 3))
    with pytest.raises(PhotoError, match="kept for a day"):
        uploads.append(upload, 0, bytes(10))


def test_one_browser_has_few_zips_on_their_way():
    first = uploads.begin(ME, "0.zip", 1000, 0)
    yours = uploads.begin(YOU, "0.zip", 1000, 0)
    os.utime(uploads.uploads_folder() / f"{first.id}.part", (1e9, 1e9))
    for number in range(1, uploads.MOST_PARTS + 1):
        uploads.begin(ME, f"{number}.zip", 1000, number)
    assert len(list(uploads.uploads_folder().glob("*.part"))) == uploads.MOST_PARTS + 1
    assert uploads.find(YOU, yours.id)
    with pytest.raises(PhotoError, match="not known here"):
        uploads.find(ME, first.id)
