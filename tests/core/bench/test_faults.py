"""Real workers, really killed, on a full disk, beside a dead server: what was learned is never lost."""

import os
import signal
import subprocess
import sys
import time

import pytest

from core.bench.faults import EVERYTHING, INTERVAL_STEPS, chain, differences, start
from core.config import PhotosConfig, SplitConfig, put_all
from core.photos.prepare import prepare
from core.runs.engines.local import start_run
from core.runs.store import create_run
from core.training.loop import checkpoint
from core.workspace.folders import PROJECT

pytestmark = pytest.mark.tensorflow


@pytest.fixture
def drawn_pets(workspace):
    return prepare(PhotosConfig(source="drawn", num_drawn=40), SplitConfig())


def small_run(dataset, epochs=2):
    return create_run(put_all(EVERYTHING, [f"training.epochs={epochs}"]), dataset)


def test_a_run_killed_twenty_times_ends_bit_for_bit_like_one_that_never_was(drawn_pets, capsys):
    row = chain(drawn_pets, EVERYTHING, kills=20)
    with capsys.disabled():
        print(f"\n{row.tried} kills, {row.inside_save} of them inside a save, at most {row.most_steps_lost} steps lost")
    assert (row.tried, row.resumed) == (20, 20)
    assert row.inside_save >= 5
    assert row.most_steps_lost <= INTERVAL_STEPS
    assert row.bit_equal


def test_on_a_disk_that_takes_no_more_a_run_pauses_says_so_and_goes_on_when_there_is_room(drawn_pets):
    whole, short = small_run(drawn_pets), small_run(drawn_pets)
    assert start(whole).finish() == 0
    worker = start(short, full_at=6, full_bytes=8192)
    assert worker.finish() == 1
    steps_per_epoch = short.history.steps_per_epoch
    assert worker.reached == steps_per_epoch + INTERVAL_STEPS == 9  # to the first save on the full disk
    assert short.status == "paused"
    assert "takes no more" in short.history.message
    state = checkpoint.latest(short.folder / "checkpoints").state
    assert (state["epoch"], state["step"]) == (2, 0)
    assert not list(short.folder.rglob(".*")) + list(short.folder.glob("ballast"))
    assert start(short).finish() == 0
    assert differences(whole, short) == []


def test_a_run_outlives_the_server_that_started_it(drawn_pets):
    run = small_run(drawn_pets, epochs=30)
    code = "import sys, time; from core.runs.store import find_run; from core.runs.engines.local import start_run; start_run(find_run(sys.argv[1])); time.sleep(600)"
    server = subprocess.Popen([sys.executable, "-c", code, run.id], cwd=PROJECT, start_new_session=True)
    wait_until(lambda: run.history.step)
    assert run.status == "running"
    os.killpg(server.pid, signal.SIGKILL)
    server.wait()
    seen = run.history.step
    wait_until(lambda: run.history.step > seen)
    wait_until(lambda: run.status == "completed")


def test_the_slot_of_a_killed_worker_goes_to_the_run_that_waits(drawn_pets, record_property):
    first, second = small_run(drawn_pets, epochs=10_000), small_run(drawn_pets)
    worker = start(first)
    wait_until(lambda: first.history.step)
    start_run(second)
    wait_until(lambda: second.history.position == 1)
    os.kill(worker.pid, signal.SIGKILL)
    died = time.monotonic()
    wait_until(lambda: second.history.stage == "starting", pause_seconds=0.02)
    record_property("seconds until the slot was taken", round(time.monotonic() - died, 2))
    assert first.status == "interrupted"
    wait_until(lambda: second.status == "completed")


def wait_until(condition, seconds=120, pause_seconds=0.1):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(pause_seconds)
