"""A child process and its owner: what is said arrives, and whatever ends it is told apart."""

import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from core.errors import ConfigError, PhotoError
from core.jobs.children import Answerer, Closed, Died, Late, NotYourTurn, Program
from core.jobs.messages import Inbox, Message, send
from core.jobs.serving import Reply, serve


def answering(question: Message) -> Reply:
    """In the child: does what the question says."""
    match question.header["do"]:
        case "echo":
            return question.header, [question.body]
        case "refuse":
            raise PhotoError("It is no photo.", "unreadable")
        case "refuse a setting":
            raise ConfigError("It is too large.", "training.epochs", 7)
        case "fail":
            raise KeyError("a bug of ours")
        case "print":
            print("noise", flush=True)
            os.system("echo noise")
        case "hang":
            time.sleep(600)
        case "end":
            os._exit(7)
    return {}, ()


@pytest.fixture
def child():
    made = Answerer(Program(__name__))
    yield made
    made.close()


def say(child: Answerer, do: str, parts=(), **more) -> Message:
    return child.ask({"do": do}, parts, timeout_seconds=60, **more)


def test_bytes_of_any_length_come_back_as_they_went(child):
    for content in (b"", b"\x00\n\xff", os.urandom(3_000_001)):
        reply = child.ask({"do": "echo", "text": "ü\udcff\n"}, [memoryview(content)], timeout_seconds=60)
        assert bytes(reply.body) == content and reply.header["text"] == "ü\udcff\n"


def test_a_message_that_arrives_in_pieces_is_taken_once_it_is_whole():
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    inbox = Inbox(reading)
    send(writing, {"number": 1}, [memoryview(b"one")])
    send(writing, {"number": 2})
    whole = os.read(reading, 1000)
    taken = []
    for position in range(len(whole)):
        os.write(writing, whole[position : position + 1])
        if (message := inbox.take()) is not None:
            taken.append((message.header["number"], bytes(message.body)))
    assert taken == [(1, b"one"), (2, b"")]
    os.write(writing, whole)
    assert [inbox.take().header["number"] for _ in range(2)] == [1, 2] and inbox.take() is None
    os.close(writing)
    with pytest.raises(EOFError):
        inbox.take()
    os.close(reading)


def test_an_answer_may_have_fields_of_any_name(child):
    for name in ("error", "bug", "ready", "answer"):
        reply = child.ask({"do": "echo", name: "fine"}, timeout_seconds=60)
        assert reply.header == {"do": "echo", name: "fine"}


def test_errors_for_people_arrive_with_all_that_they_say(child):
    with pytest.raises(PhotoError, match="no photo") as refused:
        say(child, "refuse")
    assert refused.value.issue == "unreadable"
    with pytest.raises(ConfigError) as refused:
        say(child, "refuse a setting")
    assert (refused.value.path, refused.value.suggestion) == ("training.epochs", 7)
    with pytest.raises(RuntimeError, match="a bug of ours"):
        say(child, "fail")


def test_what_a_child_prints_is_no_answer(child):
    assert say(child, "print").header == {}
    assert say(child, "echo").header == {"do": "echo"}


def test_a_child_that_dies_twice_over_a_question_says_how_and_the_next_is_answered(child):
    with pytest.raises(Died) as died:
        say(child, "end")
    assert died.value.status in (7, -signal.SIGKILL)  # it is ended for good measure, maybe before it is quite gone
    assert say(child, "echo").header == {"do": "echo"}


def test_a_child_that_hangs_is_ended(child):
    say(child, "echo")
    pid = child.pid
    with pytest.raises(Late):
        child.ask({"do": "hang"}, timeout_seconds=0.2)
    assert not psutil.pid_exists(pid)


def test_one_is_answered_at_a_time(child):
    with child.turn, pytest.raises(NotYourTurn):
        say(child, "echo", turn_seconds=0.05)


def test_a_closed_one_lets_go_of_who_waits_and_starts_no_child(child):
    say(child, "echo")
    pid = child.pid
    with ThreadPoolExecutor(1) as other:
        asked = other.submit(say, child, "hang")
        while not child.turn.locked():
            time.sleep(0.01)
        child.close()
        with pytest.raises(Closed):
            asked.result()
    assert not psutil.pid_exists(pid)
    with pytest.raises(Closed):
        say(child, "echo")


def test_a_child_finds_the_program_and_not_what_lies_where_its_owner_stands(tmp_path, monkeypatch):
    (tmp_path / "json.py").write_text("raise ImportError('a stranger')")
    monkeypatch.chdir(tmp_path)
    child = Answerer(Program(__name__))
    try:
        assert say(child, "echo").header == {"do": "echo"}
    finally:
        child.close()


if __name__ == "__main__":
    serve(lambda: answering, idle_seconds=float(sys.argv[1]) if sys.argv[1:] else None)
