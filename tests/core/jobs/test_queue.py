import subprocess
import sys
import time

from core.jobs.queue import wait_for_slot, waiting
from core.workspace.folders import PROJECT

WAIT = """
import sys, time
from core.jobs.queue import wait_for_slot
slot = wait_for_slot(sys.argv[1], lambda position: print(position, flush=True), lambda: False)
print("slot", flush=True)
time.sleep(float(sys.argv[2]))
"""


def waiter(job_id: str, hold_seconds: float = 60):
    return subprocess.Popen(
        [sys.executable, "-c", WAIT, job_id, str(hold_seconds)], stdout=subprocess.PIPE, text=True, cwd=PROJECT
    )


def test_first_come_first_served_and_a_dead_holder_s_slot_is_free_again():
    first = waiter("first")
    assert first.stdout.readline() == "slot\n"
    second = waiter("second")
    assert second.stdout.readline() == "1\n"
    third = waiter("third")
    assert third.stdout.readline() == "2\n"
    assert waiting() == ["second", "third"]
    first.kill()
    assert second.stdout.readline() == "slot\n"
    assert third.stdout.readline() == "1\n"
    second.kill()
    assert third.stdout.readline() == "slot\n"
    assert waiting() == []
    third.kill()
    for child in (first, second, third):
        child.wait()


def test_a_waiter_that_dies_does_not_hold_up_those_behind_it():
    first = waiter("first", hold_seconds=2)
    assert first.stdout.readline() == "slot\n"
    second = waiter("second")
    assert second.stdout.readline() == "1\n"
    second.kill()
    second.wait()
    assert wait_for_slot("third", lambda _position: None, lambda: False) is not None
    first.wait()


def test_a_wait_can_be_given_up():
    first = waiter("first")
    assert first.stdout.readline() == "slot\n"
    until = time.monotonic() + 0.6
    assert wait_for_slot("second", lambda _position: None, lambda: time.monotonic() > until) is None
    assert waiting() == []
    first.kill()
    first.wait()
