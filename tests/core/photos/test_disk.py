import json
import threading

import numpy as np
import pytest
from click.testing import CliRunner
from photo_makers import write_classes

from core.cli.main import main
from core.config import PhotosConfig, SplitConfig
from core.errors import PhotoError, RunError
from core.jobs.events import EventLog
from core.jobs.job import create_job
from core.photos import cache, dataset, disk
from core.photos.prepare import prepare
from core.workspace.folders import runs_folder
from core.workspace.lock import Lock


@pytest.fixture
def made(tmp_path):
    prepared = prepare(PhotosConfig(str(write_classes(tmp_path / "pets", 8))), SplitConfig())
    cache.build(prepared, 64, "squash")
    cache.build(prepared, 32, "squash")
    return prepared


def make_run(made, *kinds, run_id="261125-120000-modern-abcd"):
    folder = runs_folder() / run_id
    folder.mkdir()
    (folder / "dataset.json").write_text(json.dumps({"id": made.id}))
    log = EventLog(folder / "events.jsonl")
    for kind in kinds:
        log.append(kind)
    return folder


def only(made):
    (found,) = disk.look().datasets
    assert found.id == made.id
    return found


def test_every_cache_is_counted_by_its_size_and_the_total_is_the_sum(made):
    found, whole = only(made), disk.look()
    assert list(found.caches) == ["cache-64x64x3-squash.npy", "cache-32x32x3-squash.npy"]
    assert found.caches["cache-64x64x3-squash.npy"] >= 16 * 64 * 64 * 3
    assert found.files_bytes > 0 and not found.busy and whole.free_bytes > 0
    assert whole.total_bytes == found.cache_bytes + found.files_bytes + sum(f.num_bytes for f in whole.folders)


def test_cleared_pixels_are_gone_and_made_again_as_they_were(made):
    before = np.array(cache.open_cache(made, 32, "squash"))
    freed = only(made).cache_bytes
    assert disk.clear_caches(made.id) == freed > 0
    assert only(made).cache_bytes == 0 and dataset.load(made.id) == made
    np.testing.assert_array_equal(cache.open_cache(made, 32, "squash"), before)


def test_a_reader_keeps_the_pixels_that_it_has_open(made):
    rows = cache.open_cache(made, 32, "squash")
    before = np.array(rows)
    disk.clear_caches(made.id)
    np.testing.assert_array_equal(rows, before)


def test_a_whole_data_set_goes_and_its_photos_stay(made):
    photos = {path: path.read_bytes() for path in made.root.rglob("*.jpg")}
    assert disk.clear_dataset(made.id) > 0
    assert list(dataset.datasets_folder().iterdir()) == []
    assert {path: path.read_bytes() for path in made.root.rglob("*.jpg")} == photos
    assert prepare(PhotosConfig(str(made.root)), SplitConfig()).id == made.id


@pytest.mark.parametrize("clear", [disk.clear_caches, disk.clear_dataset])
@pytest.mark.parametrize("kinds", [(), ("queued",)], ids=["just made", "queued"])
def test_photos_of_a_run_that_waits_are_not_cleared(made, clear, kinds):
    make_run(made, *kinds)
    with pytest.raises(PhotoError, match="waits for it"):
        clear(made.id)
    assert only(made).busy and only(made).cache_bytes


@pytest.mark.parametrize("clear", [disk.clear_caches, disk.clear_dataset])
def test_photos_of_a_run_that_trains_are_not_cleared(made, clear):
    folder = make_run(made, "queued", "started")
    with Lock(folder / "lock"), pytest.raises(PhotoError, match="trains on it"):
        clear(made.id)
    assert clear(made.id) > 0  # its worker is gone


@pytest.mark.parametrize("clear", [disk.clear_caches, disk.clear_dataset])
def test_a_cache_that_is_being_made_is_not_cleared(made, clear):
    with Lock(made.folder / "cache-64x64x3-squash.lock"), pytest.raises(PhotoError, match="being made"):
        clear(made.id)
    assert only(made).cache_bytes


def test_no_data_set_is_removed_while_photos_are_prepared_but_pixels_of_others_are(made):
    create_job("prepare", {"photos": {"source": "drawn"}})
    with pytest.raises(PhotoError, match="being prepared"):
        disk.clear_dataset(made.id)
    assert disk.clear_caches(made.id) > 0


def test_what_is_being_measured_is_not_cleared(made):
    create_job("calibrate", {"config": {}, "dataset": made.id})
    with pytest.raises(PhotoError, match="measured"):
        disk.clear_caches(made.id)


def test_a_run_that_begins_in_the_last_moment_brings_its_photos_back(made, monkeypatch):
    asked = []

    def busy(dataset_id):
        asked.append(dataset_id)
        if len(asked) == 2:
            raise PhotoError("in use")

    monkeypatch.setattr(disk, "_refuse_busy", busy)
    with pytest.raises(PhotoError, match="in use"):
        disk.clear_dataset(made.id)
    assert dataset.load(made.id) == made and only(made).cache_bytes


def test_two_who_clear_at_once_do_no_harm(made):
    freed, faults = [], []

    def clear():
        try:
            freed.append(disk.clear_caches(made.id))
        except PhotoError as error:
            faults.append(error)

    threads = [threading.Thread(target=clear) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(bool(num_bytes) for num_bytes in freed) == 1 and only(made).cache_bytes == 0


@pytest.mark.parametrize("wrong", ["../runs", "", ".", "a/b", "A b", "..", "x" * 99])
def test_no_text_becomes_a_path(made, wrong):
    for clear in (disk.clear_caches, disk.clear_dataset):
        with pytest.raises(RunError):
            clear(wrong)
    with pytest.raises(PhotoError, match="nothing that can be cleared"):
        disk.clear_folder(wrong)


def test_unpacked_and_drawn_photos_go_once_no_data_set_needs_them(workspace):
    photos = write_classes(workspace / "unpacked" / ("a" * 24) / "photos", 8)
    (photos.parent / "about.json").write_text(json.dumps({"name": "My <b>zip</b>", "kind": "zip"}))
    made = prepare(PhotosConfig(str(photos)), SplitConfig())
    found = next(one for one in disk.look().folders if one.id.startswith("unpacked/"))
    assert "My <b>zip</b>" in found.title and made.id in found.kept
    with pytest.raises(PhotoError, match="is kept"):
        disk.clear_folder(found.id)
    disk.clear_dataset(made.id)
    assert disk.clear_folder(found.id) > 0
    assert not photos.parent.exists()


def test_what_scans_remember_goes_and_links_are_not_followed(made, tmp_path, workspace):
    (workspace / "drawn").mkdir()
    (workspace / "drawn" / "elsewhere").symlink_to(tmp_path / "pets")
    assert disk.clear_folder(disk.SCANS) > 0
    assert not list((workspace / "scans").iterdir())
    assert all("elsewhere" not in one.id or one.num_bytes == 0 for one in disk.look().folders)


def test_runs_and_own_photos_are_shown_and_never_cleared(made, workspace):
    (make_run(made, "queued", "completed") / "weights").write_bytes(bytes(5000))
    (workspace / "own" / "x").mkdir(parents=True)
    (workspace / "own" / "x" / "a.jpg").write_bytes(bytes(5000))
    shown = [one for one in disk.look().folders if one.title.startswith(("Runs", "Own"))]
    assert len(shown) == 2 and all(one.id == "" and one.kept for one in shown)


def test_the_command_line_lists_and_clears(made):
    def invoke(*arguments):
        return CliRunner().invoke(main, arguments, prog_name="python -m core")

    listed = [json.loads(line) for line in invoke("disk", "--json").stdout.splitlines()]
    assert {row["id"] for row in listed} >= {made.id, disk.SCANS}
    assert invoke("clear", made.id).exit_code == 2  # what to clear is said
    cleared = json.loads(invoke("clear", made.id, "--caches", "--json").stdout)
    assert cleared["cleared"] == made.id and cleared["freed_bytes"] > 0
    assert invoke("clear", made.id, "--all").exit_code == 0
    assert invoke("clear", disk.SCANS).exit_code == 0
    missing = invoke("clear", made.id, "--caches")
    assert missing.exit_code == 1 and "no data set" in missing.stderr
