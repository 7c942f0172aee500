import json

from core.jobs import EventLog, last_event, read_events


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


def test_no_file_means_no_events(tmp_path):
    assert read_events(tmp_path / "none") == ([], 0)
    assert last_event(tmp_path / "none") is None
