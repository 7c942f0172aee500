import errno
import subprocess
import sys
import time

import pytest

from core.errors import PhotoError, RunError
from core.jobs.events import EventLog, last_event
from core.jobs.job import Cancelled, ask, check_id, conclude, create_job, find_job, new_id, run_job
from core.workspace.folders import PROJECT
from core.workspace.lock import Lock, is_held

HOLD = "import sys, time; from pathlib import Path; from core.workspace.lock import Lock; Lock(Path(sys.argv[1])).acquire(); print('held', flush=True); time.sleep(60)"


@pytest.fixture
def holder(tmp_path):
    """A process that holds tmp_path/lock until it is killed."""
    child = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / "lock")], stdout=subprocess.PIPE, cwd=PROJECT)
    child.stdout.readline()
    yield child
    child.kill()
    child.wait()


def test_a_lock_is_seen_by_others_and_free_once_its_holder_is_killed(tmp_path, holder):
    assert is_held(tmp_path / "lock")
    assert not Lock(tmp_path / "lock").acquire(timeout_seconds=0.05)
    holder.kill()
    holder.wait()
    assert not is_held(tmp_path / "lock")
    assert Lock(tmp_path / "lock").acquire()


def test_two_who_look_do_not_take_each_other_for_the_holder(tmp_path):
    (tmp_path / "lock").touch()
    looks = "from pathlib import Path; import sys; from core.workspace.lock import is_held; sys.exit(any(is_held(Path(sys.argv[1])) for _ in range(3000)))"
    lookers = [subprocess.Popen([sys.executable, "-c", looks, str(tmp_path / "lock")], cwd=PROJECT) for _ in range(2)]
    assert [looker.wait() for looker in lookers] == [0, 0]


def test_a_job_reports_and_leaves_its_result():
    job = create_job("prepare", {"a": 1})
    assert job.status == "queued"

    def work(found, report):
        assert found.request == {"a": 1}
        report("scanning", 1, 2)
        assert job.status == "running"
        report("scanning", 2, 2)
        return {"dataset": "x"}

    assert run_job(job.folder, work) == 0
    assert job.status == "completed"
    assert job.last["dataset"] == "x"
    assert [event["done"] for event in job.events()[0] if event["kind"] == "progress"][-1] == 2


def test_a_job_stops_at_its_next_report():
    job = create_job("prepare", {})

    def work(found, report):
        ask(job.folder, "stop")
        report("scanning", 1, 2)
        raise AssertionError("it went on")

    assert run_job(job.folder, work) == 0
    assert job.status == "stopped"


def test_a_person_s_error_keeps_its_sentence_and_ours_does_not_show_a_traceback(capfd):
    theirs, ours = create_job("prepare", {}), create_job("prepare", {})

    def wrong_folder(_job, _report):
        raise PhotoError("The folder is empty.")

    assert run_job(theirs.folder, wrong_folder) == 1
    assert (theirs.status, theirs.last["message"]) == ("failed", "The folder is empty.")
    assert run_job(ours.folder, lambda _job, _report: 1 / 0) == 1
    assert "ZeroDivision" not in ours.last["message"]
    assert "ZeroDivisionError" in capfd.readouterr().err


def conclude_with(folder, error, **options):
    def work():
        raise error

    return conclude(EventLog(folder / "events.jsonl"), work, **options), last_event(folder / "events.jsonl")


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (OSError(errno.ENOSPC, "full"), "paused", "takes no more"),
        (OSError(errno.EDQUOT, "quota"), "paused", "takes no more"),
        (OSError(errno.EROFS, "read-only"), "paused", "read-only"),
        (OSError(errno.EIO, "error"), "paused", "reports an error"),
        (FileNotFoundError(errno.ENOENT, "gone"), "failed", "not your doing"),
        (MemoryError(), "failed", "not enough memory"),
    ],
)
def test_a_disk_that_takes_no_more_is_told_from_our_own_mistakes(tmp_path, error, kind, words):
    status, last = conclude_with(tmp_path, error, when_full="paused")
    assert (status, last["kind"]) == (1, kind)
    assert words in last["message"]


@pytest.mark.parametrize(("word", "kind"), [("stop", "stopped"), ("pause", "paused")])
def test_a_job_that_is_cancelled_says_how_and_keeps_what_it_had(tmp_path, word, kind):
    status, last = conclude_with(tmp_path, Cancelled(word), kept={"best_epoch": 7})
    assert (status, last["kind"], last["best_epoch"]) == (0, kind, 7)


def test_a_job_whose_process_died_is_interrupted():
    job = create_job("prepare", {})
    EventLog(job.folder / "events.jsonl").append("started")
    assert job.status == "interrupted"


def test_a_second_worker_of_the_same_job_ends_at_once():
    job = create_job("prepare", {})

    def work(_job, _report):
        assert run_in_child(job.folder) == 3
        return {}

    assert run_job(job.folder, work) == 0


def run_in_child(folder) -> int:
    code = "import sys; from pathlib import Path; from core.jobs.job import run_job; sys.exit(run_job(Path(sys.argv[1]), lambda job, report: {}))"
    return subprocess.run([sys.executable, "-c", code, str(folder)], cwd=PROJECT, check=False).returncode


def test_cancelled_is_no_error_of_a_person():
    assert not issubclass(Cancelled, (RunError, PhotoError))


@pytest.mark.parametrize("text", ["", "..", "../x", "a/b", "A", "a" * 70, "a b", "-ab", "a\n", None, "<img>"])
def test_what_is_no_id_never_becomes_a_path(text):
    with pytest.raises(RunError):
        check_id(text)


def test_ids_sort_by_time_and_survive_any_word():
    first = new_id("Ünï <b> my Pets!!")
    time.sleep(1.1)
    second = new_id()
    assert first < second
    assert check_id(first) == first


def test_an_unknown_job_gets_a_sentence():
    with pytest.raises(RunError, match="no job"):
        find_job("240101-120000-abcd")
