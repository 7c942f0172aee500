"""What everybody asks for is read once, and again only where it was written anew."""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from core.jobs import events
from core.jobs.events import EventLog, last_event
from core.workspace.shelf import Shelf


@pytest.fixture
def folder(tmp_path):
    for name in ("a", "b", "c"):
        write(tmp_path, name, name.upper())
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "empty").mkdir()
    return tmp_path


def write(folder, name, text):
    (folder / name).mkdir(exist_ok=True)
    path = folder / name / "it.json"
    path.write_text(json.dumps(text))
    os.utime(path, ns=(time.time_ns(), time.time_ns()))


def shelf_that_counts(seconds=0.0):
    reads = []

    def read(entry):
        reads.append(entry.name)
        time.sleep(seconds)
        try:
            return json.loads((entry / "it.json").read_text())
        except ValueError:
            return None

    return Shelf("it.json", read, lambda text: text), reads


def test_thirty_who_come_at_once_cost_one_reading(folder):
    shelf, reads = shelf_that_counts(seconds=0.01)
    together = Barrier(30)

    def visit(_):
        together.wait()
        return shelf.look(folder)

    with ThreadPoolExecutor(30) as threads:
        seen = list(threads.map(visit, range(30)))
    assert sorted(reads) == ["a", "b", "c"]
    assert set(seen) == {("C", "B", "A")}


def test_only_what_was_written_anew_is_read_again(folder):
    shelf, reads = shelf_that_counts()
    first = shelf.look(folder)
    assert shelf.look(folder) is first
    write(folder, "b", "Z")
    write(folder, "d", "D")
    assert shelf.look(folder) == ("Z", "D", "C", "A")
    assert sorted(reads[3:]) == ["b", "d"]


def test_what_was_removed_or_cannot_be_read_is_not_listed(folder):
    shelf, reads = shelf_that_counts()
    (folder / "a" / "it.json").write_text("{")
    assert shelf.look(folder) == ("C", "B")
    (folder / "b" / "it.json").unlink()
    assert shelf.look(folder) == ("C",)
    assert len(reads) == 3


def test_one_entry_is_found_without_reading_it_again(folder):
    shelf, reads = shelf_that_counts()
    shelf.look(folder)
    assert shelf.find(folder, "a") == "A"
    assert len(reads) == 3
    write(folder, "a", "new")
    assert shelf.find(folder, "a") == "new"
    assert shelf.find(folder, "nobody") is None


def test_another_workspace_has_a_shelf_of_its_own(folder, tmp_path_factory):
    shelf, _ = shelf_that_counts()
    other = tmp_path_factory.mktemp("other")
    write(other, "a", "another A")
    assert shelf.look(folder) == ("C", "B", "A")
    assert shelf.look(other) == ("another A",)
    assert shelf.look(folder) == ("C", "B", "A")


def test_the_last_event_is_read_once_for_all_until_one_more_is_written(tmp_path, monkeypatch):
    reads = []
    real = events._read_last
    monkeypatch.setattr(events, "_read_last", lambda path: reads.append(path) or real(path))
    log = EventLog(tmp_path / "events.jsonl")
    log.append("started", step=1)
    for _ in range(30):
        assert last_event(log.path)["kind"] == "started"
    assert len(reads) == 1
    log.append("batch", step=2)
    assert last_event(log.path)["step"] == 2
    last_event(log.path)["step"] = "somebody's own copy"
    assert last_event(log.path)["step"] == 2
    log.close()
    log.path.unlink()
    assert last_event(log.path) is None
