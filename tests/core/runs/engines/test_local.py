"""Queue, cancel, start again: with real workers that never come to train."""

import time
from types import SimpleNamespace

import pytest

from core.config import ExperimentConfig
from core.errors import RunError
from core.jobs.events import EventLog
from core.jobs.job import ask
from core.runs.engines.local import extend_run, pause_run, revive_waiting, start_run, stop_run
from core.runs.store import create_run, find_run
from core.workspace.folders import slots_folder
from core.workspace.lock import Lock, is_held

PETS = SimpleNamespace(id="pets", name="pets", class_names=("cats", "dogs"), counts=dict, checksum="0")
RESULTS = {"best_epoch": 2, "val_accuracy": 0.75, "test_accuracy": 0.5}


def run_that_ended(kind: str):
    run = create_run(ExperimentConfig(), PETS)
    log = EventLog(run.events_path)
    log.append("queued", position=0)
    log.append(kind, **RESULTS)
    log.close()
    return run


@pytest.fixture
def slot(workspace):
    """The machine's one training slot, taken by somebody else."""
    with Lock(slots_folder() / "slot-0.lock") as lock:
        yield lock


def wait_for(run, status):
    deadline = time.monotonic() + 60
    while run.status != status or is_held(run.folder / "lock"):
        assert time.monotonic() < deadline, (run.status, (run.folder / "worker.log").read_text())
        time.sleep(0.05)


@pytest.mark.parametrize(("change", "status"), [(stop_run, "stopped"), (pause_run, "paused")])
def test_a_run_that_waits_can_be_struck_off_and_keeps_the_figures_it_had(slot, change, status):
    run = run_that_ended("stopped")
    start_run(run)
    while run.history.position != 1:
        time.sleep(0.05)
    change(run)
    wait_for(run, status)
    assert run.history.results == RESULTS


def test_a_run_struck_off_while_nobody_waits_for_it_starts_no_training_in_the_free_slot(workspace):
    run = create_run(ExperimentConfig(), PETS)
    stop_run(run)
    wait_for(run, "stopped")
    assert "progress" not in run.events_path.read_text()
    with pytest.raises(RunError, match="stopped"):
        pause_run(run)


def test_after_a_restart_of_the_computer_waiting_runs_wait_again_and_a_request_still_counts(slot):
    run = create_run(ExperimentConfig(), PETS)
    ask(run.folder, "pause")
    assert [each.id for each in revive_waiting()] == [run.id]
    wait_for(run, "paused")
    assert revive_waiting() == []


def test_a_completed_run_is_left_alone_unless_it_gets_more_epochs(slot):
    run = run_that_ended("completed")
    start_run(run)
    assert run.status == "completed"
    epochs = run.config.training.epochs + 1
    longer = extend_run(run, epochs)
    assert longer.config.training.epochs == find_run(run.id).config.training.epochs == epochs
    assert longer.is_active
    with pytest.raises(RunError, match="at work"):
        extend_run(longer, epochs + 1)
    stop_run(longer)
    wait_for(run, "stopped")


def test_a_run_whose_disk_takes_nothing_is_not_started_and_stays_what_it_was(workspace, monkeypatch):
    run = run_that_ended("paused")

    def full(*_arguments, **_fields):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(EventLog, "append", full)
    with pytest.raises(RunError, match="takes no more"):
        start_run(run)
    assert run.status == "paused"
