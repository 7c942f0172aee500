import hashlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from archive_makers import BadServer, entry, pet_files, serving, write_zip, zip_bytes
from photo_makers import write_classes

from core.config import PhotosConfig, SplitConfig
from core.errors import PhotoError
from core.jobs.job import Cancelled, ask, create_job, find_job, spawn
from core.photos import dataset
from core.photos.prepare import prepare as prepare_dataset
from core.photos.sources import download, origins, uploads
from core.workspace.folders import PROJECT

ZIP = zip_bytes(pet_files())


@pytest.fixture
def microsoft(monkeypatch):
    """``microsoft(server)``: the archive's address is that server's until the test ends."""
    monkeypatch.setattr(download, "FIRST_WAIT_SECONDS", 0.01)
    open_servers = []

    def start(server):
        context = serving(server)
        monkeypatch.setenv(origins.MICROSOFT_URL, context.__enter__())
        open_servers.append(context)
        return server

    yield start
    for context in open_servers:
        context.__exit__(None, None, None)


def prepare(source):
    return prepare_dataset(PhotosConfig(source=str(source)), SplitConfig())


def left_over(workspace):
    """What an unfinished way in may have left beside the unpacked folders."""
    kept = [path.name for path in (workspace / "unpacked").iterdir() if not path.name.endswith(".lock")]
    return [name for name in kept if name.startswith(".")]


def test_a_zip_becomes_a_data_set_whose_counts_include_what_was_ignored(tmp_path, workspace):
    made = prepare(write_zip(tmp_path / "My pets.zip", pet_files()))
    assert made.name == "My pets" and made.id.startswith("my-pets-") and made.class_names == ("Cat", "Dog")
    counts = made.summary
    assert (counts["found"], counts["used"], counts["left_out"], counts["ignored"]) == (17, 12, 2, 3)
    assert counts["found"] == counts["used"] + counts["converted"] + counts["left_out"] + counts["ignored"]
    assert made.root.is_relative_to(workspace / "unpacked")
    assert (tmp_path / "My pets.zip").is_file()  # it is the person's


@pytest.mark.parametrize("inside", ["", "PetImages"], ids=["around it", "the folder itself"])
def test_microsofts_folder_is_taken_as_it_is_unpacked_by_hand(tmp_path, inside):
    for name, content in pet_files().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    counts = prepare(tmp_path / inside).summary
    assert (counts["used"], counts["left_out"], counts["ignored"]) == (12, 2, 2 if inside else 3)
    assert counts["issues"] == {"unreadable": 2}


def test_the_same_zip_is_unpacked_once_under_any_name(tmp_path):
    first = prepare(write_zip(tmp_path / "a.zip", pet_files()))
    (tmp_path / "a.zip").rename(tmp_path / "b.zip")
    assert prepare(tmp_path / "b.zip").root == first.root
    assert prepare(first.root).id == first.id  # and its folder is known by the name of the zip


def test_a_refused_zip_leaves_nothing(tmp_path, workspace):
    path = write_zip(tmp_path / "a.zip", {**pet_files(), entry("../evil.jpg"): b"x"})
    with pytest.raises(PhotoError, match="refused"):
        prepare(path)
    assert left_over(workspace) == [] and not dataset.list_datasets()


def test_damage_inside_a_zip_is_noted_and_counted(tmp_path):
    files = pet_files()
    packed = bytearray(zip_bytes(files, method=0))
    packed[packed.find(files["PetImages/Dog/3.jpg"]) + 200] ^= 0xFF
    (tmp_path / "a.zip").write_bytes(packed)
    made = prepare(tmp_path / "a.zip")
    assert made.summary["left_out"] == 3 and "“PetImages/Dog/3.jpg”" in made.summary["notes"][0]


def test_a_kill_half_way_leaves_nothing_half_used_and_the_next_try_works(tmp_path, workspace):
    path = write_zip(tmp_path / "a.zip", pet_files(40))
    code = (
        "import sys, time\nfrom core.photos.sources import origins\n"
        "def slow(stage, done, total):\n    if stage == 'unpacking' and done == 30: print('half', flush=True); time.sleep(60)\n"
        "origins.fetch(sys.argv[1], slow)"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(path)], cwd=PROJECT, stdout=subprocess.PIPE)
    assert child.stdout.readline() == b"half\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    (unfinished,) = left_over(workspace)
    assert len(list((workspace / "unpacked" / unfinished).rglob("*.jpg"))) < 82
    prepare(write_zip(tmp_path / "another.zip", pet_files(4)))  # the next zip of all clears it away
    assert left_over(workspace) == []
    assert prepare(path).summary["used"] == 80
    assert left_over(workspace) == []


def test_cancelling_removes_what_was_unpacked(tmp_path, workspace):
    def report(stage, done, total):
        if (stage, done) == ("unpacking", 5):
            raise Cancelled

    with pytest.raises(Cancelled):
        origins.fetch(str(write_zip(tmp_path / "a.zip", pet_files())), report)
    assert left_over(workspace) == []


def test_a_zip_that_was_sent_goes_once_it_is_unpacked_and_can_be_asked_for_again(workspace):
    upload = uploads.begin("token-of-a-browser", "Pets <b>.zip", len(ZIP), 0)
    uploads.append(upload, 0, ZIP)
    arrived = uploads.finish(uploads.find("token-of-a-browser", upload.id))
    made = prepare(arrived.path)
    assert made.name == "Pets <b>" and not arrived.path.exists()
    assert prepare(arrived.path).id == made.id
    assert list(uploads.uploads_folder().iterdir()) == []


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("/nowhere/pets.zip", "no file “/nowhere/pets.zip”"),
        ("/nowhere\0/pets.zip", "cannot be read"),
        ("x" * 5000 + ".zip", "cannot be read"),
    ],
    ids=["missing", "zero byte", "long"],
)
def test_a_zip_that_is_not_there_is_a_sentence(source, rule):
    with pytest.raises(PhotoError, match=rule):
        prepare(source)


def test_a_folder_is_what_it_was(tmp_path):
    made = prepare(write_classes(tmp_path / "pets"))
    assert (made.name, origins.of_root(made.root).kind, origins.source_of(made.root)) == (
        "pets",
        "folder",
        str(made.root),
    )


def test_the_archive_is_fetched_unpacked_and_removed_and_a_wrong_checksum_is_reported(workspace, microsoft):
    server = microsoft(BadServer(ZIP, drops=[3000]))
    made = prepare("microsoft")
    assert made.name == "Microsoft cats and dogs" and made.summary["used"] == 12
    assert "SHA-256 is" in made.summary["notes"][0]
    assert list((workspace / "downloads").iterdir()) == [] and origins.has_microsoft()
    assert origins.source_of(made.root) == "microsoft"
    num_asked = len(server.asked)
    assert prepare("microsoft").id == made.id and len(server.asked) == num_asked == 2


def test_the_published_archive_needs_no_note(microsoft, monkeypatch):
    monkeypatch.setattr(origins, "_ARCHIVE", replace(origins._ARCHIVE, sha256=hashlib.sha256(ZIP).hexdigest()))
    microsoft(BadServer(ZIP))
    assert prepare("microsoft").summary["notes"] == []


def test_a_corrupted_archive_is_said_and_fetched_anew_the_next_time(workspace, microsoft):
    microsoft(BadServer(ZIP, length=len(ZIP) // 2))  # it lies, and so sends half of it
    with pytest.raises(PhotoError, match=r"is damaged, or another file.*fetches it anew"):
        prepare("microsoft")
    assert list((workspace / "downloads").iterdir()) == [] and not origins.has_microsoft()


def test_the_job_downloads_can_be_cancelled_and_is_gone_on_with(workspace, microsoft):
    """In its own process, as the page starts it."""
    big = zip_bytes(pet_files(60), method=0)
    server = microsoft(BadServer(big, drops=[100_000, 0, 0, 0, 0, 0, 0, 0, 0]))
    job = create_job("prepare", {"photos": {"source": "microsoft"}, "split": {}, "cache": None})
    spawn("core.photos.job", job.folder)
    wait_for(lambda: any(event.get("stage") == "downloading" and event["done"] for event in job.events()[0]))
    ask(job.folder, "stop")
    wait_for(lambda: job.status == "stopped")
    assert [path.suffix for path in (workspace / "downloads").iterdir() if path.suffix == ".part"] == [".part"]

    server.drops.clear()
    again = create_job("prepare", job.request)
    spawn("core.photos.job", again.folder)
    wait_for(lambda: again.status in ("completed", "failed"))
    assert again.last["kind"] == "completed", again.last
    assert dataset.load(find_job(again.id).last["dataset"]).summary["used"] == 120
    assert server.asked[-1][0] == "bytes=100000-"


def wait_for(condition):
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen within half a minute")


def test_without_the_variable_the_archive_is_microsofts(monkeypatch):
    monkeypatch.delenv(origins.MICROSOFT_URL, raising=False)
    assert origins.microsoft().url.startswith("https://download.microsoft.com/")


def test_a_pipe_that_is_called_zip_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "x.zip")
    with pytest.raises(PhotoError, match="no file but a pipe"):
        origins.fetch(str(tmp_path / "x.zip"))
