import hashlib

import pytest
from archive_makers import BadServer, pet_files, serving, zip_bytes

from core.errors import PhotoError
from core.jobs.job import Cancelled
from core.photos.sources import download
from core.photos.sources.download import Archive

ZIP = zip_bytes(pet_files(40), method=0)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(download, "FIRST_WAIT_SECONDS", 0.01)
    monkeypatch.setattr(download, "LONGEST_WAIT_SECONDS", 0.01)
    monkeypatch.setattr(download, "_PIECE", 8192)


def archive(url):
    return Archive("Pets", url, hashlib.sha256(ZIP).hexdigest(), len(ZIP))


def fetch(server, tmp_path, report=download.no_report):
    with serving(server) as url:
        return download.fetch(archive(url), tmp_path / "pets.zip", report)


def test_a_whole_answer_becomes_the_file_and_leaves_nothing_beside_it(tmp_path):
    seen = []
    path = fetch(BadServer(ZIP), tmp_path, lambda *step: seen.append(step))
    assert path.read_bytes() == ZIP and [one.name for one in tmp_path.iterdir()] == ["pets.zip"]
    assert seen[-1] == ("downloading", len(ZIP), len(ZIP)) and len(seen) > 10


def test_what_is_there_is_not_fetched_again(tmp_path):
    server = BadServer(ZIP)
    (tmp_path / "pets.zip").write_bytes(ZIP)
    fetch(server, tmp_path)
    assert server.asked == []


def test_a_dropped_connection_goes_on_where_it_stopped(tmp_path):
    server = BadServer(ZIP, drops=[30_000, 20_000])
    assert fetch(server, tmp_path).read_bytes() == ZIP
    assert server.asked == [(None, None), ("bytes=30000-", '"1"'), ("bytes=50000-", '"1"')]
    assert server.sent == len(ZIP)


def test_a_cancelled_download_is_gone_on_with_by_the_next(tmp_path):
    def cancel_half_way(stage, done, total):
        if done > total / 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        fetch(BadServer(ZIP), tmp_path, cancel_half_way)
    assert not (tmp_path / "pets.zip").exists()
    server = BadServer(ZIP)
    assert fetch(server, tmp_path).read_bytes() == ZIP
    assert server.asked[0][0].startswith("bytes=") and server.sent < len(ZIP) / 2


def test_a_file_that_changed_meanwhile_is_fetched_from_the_start(tmp_path):
    with pytest.raises(Cancelled):
        fetch(BadServer(bytes(ZIP), tag='"old"'), tmp_path, stop_after(40_000))
    server = BadServer(ZIP, tag='"new"')
    assert fetch(server, tmp_path).read_bytes() == ZIP
    assert server.asked[0][1] == '"old"' and server.sent == len(ZIP)


def stop_after(num_bytes):
    def report(stage, done, total):
        if done > num_bytes:
            raise Cancelled

    return report


@pytest.mark.parametrize("trouble", [{"ranges": False}, {"tag": None}], ids=["ignores ranges", "no tag"])
def test_a_server_that_cannot_go_on_starts_again(tmp_path, trouble):
    server = BadServer(ZIP, drops=[30_000], **trouble)
    assert fetch(server, tmp_path).read_bytes() == ZIP
    assert server.sent == 30_000 + len(ZIP)


def test_a_range_that_was_not_asked_for_is_not_believed(tmp_path):
    server = BadServer(ZIP, drops=[30_000], skew=7)
    assert fetch(server, tmp_path).read_bytes() == ZIP


def test_a_length_larger_than_the_file_ends_well(tmp_path):
    """The rest never comes; asked for it, the server says that there is none."""
    assert fetch(BadServer(ZIP, length=len(ZIP) + 5000), tmp_path).read_bytes() == ZIP


def test_a_length_smaller_than_the_file_gives_half_a_zip_that_unpacking_refuses(tmp_path):
    assert fetch(BadServer(ZIP, length=20_000), tmp_path).stat().st_size == 20_000


def test_no_length_at_all_is_no_trouble(tmp_path):
    assert fetch(BadServer(ZIP, length=None), tmp_path).read_bytes() == ZIP


def test_far_more_than_was_published_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(download, "MAX_BYTES", 50_000)
    for length in ("true", None):
        with pytest.raises(PhotoError, match="which is not it"):
            fetch(BadServer(ZIP, length=length), tmp_path)


@pytest.mark.parametrize(
    ("status", "rule", "num_asked"), [(404, "status 404", 1), (403, "status 403", 1), (503, "status 503", 3)]
)
def test_an_error_status_is_said(tmp_path, status, rule, num_asked):
    server = BadServer(ZIP, status=status, page=b"<html>sorry</html>")
    with pytest.raises(PhotoError, match=rule):
        fetch(server, tmp_path)
    assert len(server.asked) == num_asked


def test_an_error_page_that_calls_itself_fine_is_not_taken_for_a_zip(tmp_path):
    with pytest.raises(PhotoError, match="begins with “<html><body>Sign in"):
        fetch(BadServer(ZIP, page=b"<html><body>Sign in to this network"), tmp_path)
    assert fetch(BadServer(ZIP), tmp_path).read_bytes() == ZIP


def test_offline_is_a_sentence_with_the_next_step(tmp_path):
    with pytest.raises(PhotoError) as said:
        download.fetch(archive("http://127.0.0.1:9/pets.zip"), tmp_path / "pets.zip")
    assert "could not be reached" in str(said.value) and "try again" in str(said.value) and "refused" in str(said.value)


def test_a_connection_that_breaks_for_good_keeps_what_has_arrived(tmp_path):
    with pytest.raises(PhotoError, match="MB have arrived and are kept"):
        fetch(BadServer(ZIP, drops=[30_000] + [0] * 20), tmp_path)
    assert (tmp_path / "pets.part").stat().st_size == 30_000


def test_the_disk_is_looked_at_first(tmp_path, monkeypatch):
    monkeypatch.setattr(download, "SPARE_BYTES", 10**18)
    server = BadServer(ZIP)
    with pytest.raises(PhotoError, match="Free some space"):
        fetch(server, tmp_path)
    assert not (tmp_path / "pets.part").exists()


@pytest.mark.parametrize(
    ("header", "first", "total"),
    [
        ("bytes 5-9/10", 5, 10),
        ("bytes ٥-9/١٠", None, None),
        (f"bytes {'9' * 5000}-9/{'9' * 5000}", None, None),
        ("bytes */10", None, 10),
        ("pages", None, None),
        (None, None, None),
    ],
    ids=["a range", "other digits", "without an end", "refused", "words", "nothing"],
)
def test_where_a_server_s_range_begins_is_a_number_or_not_known(header, first, total):
    assert (download._first_in(header), download._total_in(header)) == (first, total)
