"""What readers see of a run whose worker left no last word. No worker here: its events are written by hand."""

import errno
import os
from types import SimpleNamespace

import psutil
import pytest

from core.config import ExperimentConfig, put
from core.errors import ConfigError, RunError
from core.jobs.events import EventLog
from core.runs.ends import enough_batch_size, why_interrupted
from core.runs.engines.local import extend_run
from core.runs.run import Run
from core.runs.store import create_run, find_run, may_control, more_epochs, more_minutes
from core.workspace import disk
from core.workspace.owners import mark_of

GB = 10**9
STARTED = {"num_epochs": 3, "steps_per_epoch": 4, "num_train": 32, "device": "CPU", "precision": "float32"}
PETS = SimpleNamespace(id="pets", name="pets", class_names=("cats", "dogs"), counts=dict, checksum="0")


@pytest.fixture
def run(workspace) -> Run:
    return create_run(ExperimentConfig(), PETS, owner="browser-1")


def tell(run, *events) -> None:
    log = EventLog(run.events_path)
    for kind, fields in events:
        log.append(kind, **fields)
    log.close()


def batch(free: float, taken: int) -> tuple:
    values = {"epoch": 1, "step": 2, "loss": 0.5, "accuracy": 0.5, "photos_per_second": 9.0, "eta_seconds": 1.0}
    return "batch", values | {"memory_bytes": taken, "memory_free_fraction": free}


def test_a_run_that_died_when_memory_was_scarce_died_of_memory_and_hears_of_a_batch_size_that_will_do(run, monkeypatch):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=16 * GB))
    tell(run, ("started", STARTED | {"memory_bytes": 1 * GB}), batch(0.03, 9 * GB))
    # 7 % of 16 GB are missing to a tenth free; of 8 GB that grow with a batch of 32, 16 photos give back 4
    assert run.config.training.batch_size == 32
    assert enough_batch_size(run, 16 * GB) == 16
    assert "probably of memory" in why_interrupted(run)
    assert "batch size of 16 instead of 32" in why_interrupted(run)


def test_where_a_smaller_batch_cannot_help_none_is_named(run):
    tell(run, ("started", STARTED | {"memory_bytes": 1 * GB}), batch(0.01, 1 * GB + 1000))
    assert enough_batch_size(run, 16 * GB) is None
    assert "smaller pictures" in why_interrupted(run)


def test_a_run_that_died_with_memory_to_spare_has_no_reason_that_anybody_knows(run):
    tell(run, ("started", STARTED), batch(0.06, GB))
    assert run.status == "interrupted"
    assert why_interrupted(run) is None


def test_a_disk_that_became_read_only_or_full_is_seen_by_readers(run, monkeypatch):
    tell(run, ("started", STARTED))

    def read_only(**_options):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    with monkeypatch.context() as patch:
        patch.setattr(disk.tempfile, "TemporaryFile", read_only)
        assert "read-only" in why_interrupted(run)
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda _folder: SimpleNamespace(free=1000))
    assert "is full" in why_interrupted(run)


def test_a_restart_of_the_computer_is_seen(run, monkeypatch):
    tell(run, ("started", STARTED))
    monkeypatch.setattr(psutil, "boot_time", lambda: run.last["time"] + 1)
    assert "started again" in why_interrupted(run)


def test_a_run_that_ended_with_a_word_needs_no_reason(run):
    tell(run, ("started", STARTED), batch(0.01, GB), ("stopped", {}))
    assert why_interrupted(run) is None


@pytest.mark.parametrize(
    ("owner", "key", "token", "given", "may"),
    [
        ("me", "", "me", "", True),
        ("me", "", "you", "", False),
        ("me", "", "", "", False),
        ("me", "secret", "you", "secret", True),
        ("me", "secret", "you", "wrong", False),
        ("me", "secret", "me", "", True),
        ("me", "", "you", "anything", False),
        ("", "", "you", "", True),
        ("", "secret", "you", "", False),
        ("", "secret", "", "", False),
        ("", "secret", "you", "secret", True),
        ("me", "schlüssel", "you", "schlüssel", True),
        ("me", "secret", "ü\udcff", "ü\udcff", False),
    ],
)
def test_owner_and_administrator_may_control_a_run_and_nobody_else(
    workspace, monkeypatch, owner, key, token, given, may
):
    monkeypatch.setenv("ALEXNET_ADMIN_KEY", key)
    assert may_control(create_run(ExperimentConfig(), PETS, owner), token, given) is may


def test_more_epochs_are_written_into_the_config_with_what_it_was_before(run):
    planned = run.config.training.epochs
    longer = more_epochs(run, planned + 5)
    assert longer.config.training.epochs == find_run(run.id).config.training.epochs == planned + 5
    (step,) = find_run(run.id).asked["extended"]
    assert (step["from_epochs"], step["to_epochs"], step["done_epochs"]) == (planned, planned + 5, 0)
    assert longer.owner == mark_of("browser-1")


def test_minutes_are_added_to_a_run_by_the_clock_and_to_no_other(run):
    with pytest.raises(RunError, match="goes by epochs"):
        more_minutes(run, 20)
    timed = create_run(put(run.config, "training.minutes", 10.0), PETS)
    with pytest.raises(RunError, match=r"was given 10 minutes; received 10. Give more than 10"):
        more_minutes(timed, 10)
    longer = more_minutes(timed, 12.5)
    assert longer.config.training.minutes == find_run(timed.id).config.training.minutes == 12.5
    assert (longer.asked["extended"][0]["from_minutes"], longer.asked["extended"][0]["to_minutes"]) == (10, 12.5)
    by_epochs = more_epochs(longer, 1000)
    assert (by_epochs.config.training.minutes, by_epochs.config.training.epochs) == (0, 1000)


def test_a_run_can_only_be_made_longer_within_the_limit_and_while_nobody_works_on_it(run):
    tell(run, ("started", STARTED), ("paused", {}))
    with pytest.raises(RunError, match=r"only be made longer.*received 3"):
        extend_run(run, 3)
    with pytest.raises(ConfigError, match=r"“Epochs” must be"):
        extend_run(run, 10**9)
    assert run.status == "paused"
    tell(run, ("queued", {"position": 0}))
    with pytest.raises(RunError, match="at work"):
        extend_run(run, 9)
