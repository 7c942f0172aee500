import errno
import json
import resource
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.jobs.events import BALLAST_BYTES, EventLog, last_event, read_events


def test_events_are_read_on_from_an_offset(tmp_path):
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    log.append("a", x=1)
    events, offset = read_events(path)
    assert [event["kind"] for event in events] == ["a"]
    log.append("b", x=2)
    events, offset = read_events(path, offset)
    assert [(event["kind"], event["x"]) for event in events] == [("b", 2)]
    assert read_events(path, offset) == ([], offset)


def test_an_unfinished_last_line_is_left_for_later_by_a_reader_and_cut_by_the_next_writer(tmp_path):
    path = tmp_path / "events.jsonl"
    EventLog(path).append("a")
    with open(path, "ab") as file:
        file.write(b'{"kind": "b", "ti')
    events, offset = read_events(path)
    assert [event["kind"] for event in events] == ["a"]
    assert last_event(path)["kind"] == "a"
    EventLog(path).append("c")
    assert [event["kind"] for event in read_events(path, offset)[0]] == ["c"]


def test_a_log_is_cut_at_the_offset_of_a_checkpoint(tmp_path):
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    log.append("a")
    at = log.offset
    log.append("b")
    log.close()
    EventLog(path, at=at).append("c")
    assert [event["kind"] for event in read_events(path)[0]] == ["a", "c"]


def test_a_loss_that_is_no_number_stays_json(tmp_path):
    log = EventLog(tmp_path / "events.jsonl")
    log.append("batch", loss=float("nan"), accuracy=0.5)
    line = (tmp_path / "events.jsonl").read_text()
    assert json.loads(line, parse_constant=lambda word: (_ for _ in ()).throw(ValueError(word)))["loss"] == "nan"


def test_a_line_that_is_not_json_is_passed_over(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"kind": "a"}\n\x00\x00\x00\n[]\n{"kind": "b"}\n')
    assert [event["kind"] for event in read_events(path)[0]] == ["a", "b"]


EVENTS = st.dictionaries(
    st.sampled_from(["kind", "time", "loss", "x"]),
    st.sampled_from(["a", "\r", 1.5, -1, 10**400, None, [], float("nan")]),
)


@given(st.lists(st.one_of(st.binary(max_size=20), st.just(b"\n"), EVENTS.map(json.dumps).map(str.encode)), max_size=12))
def test_bytes_that_come_in_pieces_are_the_events_of_the_whole(pieces):
    with TemporaryDirectory() as folder:
        path, events, offset = Path(folder) / "events.jsonl", [], 0
        for piece in pieces:
            with open(path, "ab") as file:
                file.write(piece)
            found, offset = read_events(path, offset)
            events += found
        assert repr(events) == repr(read_events(path)[0])  # by repr, since no NaN equals another
        assert all(isinstance(event["kind"], str) and abs(event.get("time", 0)) < 1e15 for event in events)


def test_no_file_means_no_events(tmp_path):
    assert read_events(tmp_path / "none") == ([], 0)
    assert last_event(tmp_path / "none") is None


@contextmanager
def no_file_grows_beyond(num_bytes):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_an_event_that_the_disk_does_not_take_leaves_no_part_behind(tmp_path):
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    log.append("started")
    whole = path.read_bytes()
    with no_file_grows_beyond(len(whole) + 10), pytest.raises(OSError, match="too large"):
        log.append("batch", loss=0.5)
    assert path.read_bytes() == whole
    log.append("batch", loss=0.25)
    log.close()
    assert [event["kind"] for event in read_events(path)[0]] == ["started", "batch"]


def test_a_last_word_finds_the_room_that_was_kept_for_it(tmp_path, monkeypatch):
    path, ballast = tmp_path / "events.jsonl", tmp_path / "ballast"
    log = EventLog(path)
    log.take_ballast()
    assert ballast.stat().st_size == BALLAST_BYTES
    append, refused = EventLog._append, []

    def full_while_there_is_ballast(self, event):
        if ballast.exists():
            refused.append(event["kind"])
            raise OSError(errno.ENOSPC, "full")
        append(self, event)

    monkeypatch.setattr(EventLog, "_append", full_while_there_is_ballast)
    log.last_word("paused", message="full")
    log.close()
    assert refused == ["paused"]
    assert last_event(path)["message"] == "full"


def test_a_log_gives_its_ballast_back_at_the_end_and_leaves_none_on_a_full_disk(tmp_path):
    log = EventLog(tmp_path / "events.jsonl")
    with no_file_grows_beyond(BALLAST_BYTES // 2), pytest.raises(OSError):
        log.take_ballast()
    assert not (tmp_path / "ballast").exists()
    log.take_ballast()
    log.close()
    assert not (tmp_path / "ballast").exists()
