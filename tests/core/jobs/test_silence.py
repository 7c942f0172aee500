"""A worker that holds its lock and does nothing is seen, said and ended; children that have ended leave nothing behind."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from core.errors import RunError
from core.jobs import silence
from core.jobs.children import reap
from core.jobs.events import EventLog
from core.jobs.job import ask, requested
from core.jobs.silence import end_holder, why_silent
from core.workspace.folders import PROJECT
from core.workspace.lock import Lock, is_held

HOLD = "import sys, time; from pathlib import Path; from core.workspace.lock import Lock; Lock(Path(sys.argv[1])).acquire(); print('held', flush=True); time.sleep(600)"


@pytest.fixture
def worker(tmp_path):
    """A process that holds tmp_path/lock."""
    child = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / "lock")], stdout=subprocess.PIPE, cwd=PROJECT)
    child.stdout.readline()
    log = EventLog(tmp_path / "events.jsonl")
    log.append("started")
    log.close()
    yield child
    child.kill()
    child.wait()
    child.stdout.close()


def test_a_worker_at_work_answers_and_one_that_is_held_still_does_not(tmp_path, worker):
    assert silence.holder(tmp_path / "lock").pid == worker.pid
    assert why_silent(tmp_path, is_fresh=True) is None
    worker.send_signal(signal.SIGSTOP)
    while psutil.Process(worker.pid).status() != psutil.STATUS_STOPPED:
        time.sleep(0.01)
    assert "held still" in why_silent(tmp_path, is_fresh=True)
    worker.send_signal(signal.SIGCONT)
    while psutil.Process(worker.pid).status() == psutil.STATUS_STOPPED:
        time.sleep(0.01)
    assert why_silent(tmp_path, is_fresh=True) is None


def test_a_worker_that_does_not_hear_a_request_is_silent_after_a_minute_and_one_without_a_word_after_long(
    tmp_path, worker, monkeypatch
):
    ask(tmp_path, "stop")
    assert why_silent(tmp_path, is_fresh=True) is None
    monkeypatch.setattr(silence, "ASKED_SECONDS", -1.0)
    assert "asked to stop" in why_silent(tmp_path, is_fresh=True)
    (tmp_path / "request").unlink()
    assert why_silent(tmp_path, is_fresh=True) is None
    monkeypatch.setattr(silence, "SILENT_SECONDS", -1.0)
    assert "said nothing" in why_silent(tmp_path, is_fresh=True)


def test_a_stopped_worker_is_ended_and_its_lock_is_free(tmp_path, worker):
    worker.send_signal(signal.SIGSTOP)
    end_holder(tmp_path)
    assert not is_held(tmp_path / "lock")
    assert worker.wait(10) == -signal.SIGKILL


def test_a_lock_that_nobody_of_ours_holds_is_never_answered_by_ending_something_else(tmp_path, monkeypatch):
    lock = Lock(tmp_path / "lock")
    lock.acquire()
    monkeypatch.setattr(silence, "holder", lambda _: None)
    with pytest.raises(RunError, match="another user"):
        end_holder(tmp_path)


def test_nobody_at_work_is_not_silent(tmp_path):
    assert why_silent(tmp_path, is_fresh=True) is None


def test_a_child_that_has_ended_is_reaped_though_nobody_asks_for_it():
    child = subprocess.Popen([sys.executable, "-c", ""])
    reap(child)
    deadline = time.monotonic() + 60
    while os.path.exists(f"/proc/{child.pid}") and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not psutil.pid_exists(child.pid)
    assert child.wait() == 0


def test_work_whose_folder_is_gone_is_to_stop(tmp_path):
    (tmp_path / "job").mkdir()
    assert requested(tmp_path / "job") is None
    (tmp_path / "job").rmdir()
    assert requested(tmp_path / "job") == "stop"


@pytest.mark.parametrize("word", [b"", b"\xff\xfe", b"go on", b"stop" * 1000])
def test_a_damaged_request_asks_for_nothing(tmp_path, word):
    (tmp_path / "request").write_bytes(word)
    assert requested(tmp_path) is None
