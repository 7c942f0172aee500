"""A run whose process does not answer: said where it is shown, with a way to end it, on the page and on the command line."""

import shutil

import pytest
from fake_runs import FakeRun, make_dataset
from visits import go, open_link

from core.cli.parts.follow import wait
from core.errors import AppError
from core.runs.engines import local
from core.runs.store import find_run
from core.workspace.lock import Lock

REASON = "its process is held still, by a signal or a debugger"


@pytest.fixture
def run(workspace):
    """One that trains: the test holds its lock."""
    fake = FakeRun(make_dataset(workspace)).started()
    fake.batch(1)
    lock = Lock(fake.folder / "lock")
    assert lock.acquire()
    yield fake
    lock.release()


@pytest.fixture
def ended(monkeypatch) -> list:
    """Folders whose process was ended; every worker is silent until it is."""
    folders = []
    monkeypatch.setattr(local, "why_silent", lambda folder, is_fresh=False: None if folder in folders else REASON)
    monkeypatch.setattr(local, "end_holder", folders.append)
    return folders


def test_the_page_says_that_a_run_does_not_answer_and_ends_it(run, ended):
    app = go(open_link(run=run.id), "training")
    assert any("does not answer" in warning.value and "held still" in warning.value for warning in app.warning)
    app.button(key=f"end-{run.id}").click().run()
    assert not app.exception
    assert ended == [run.folder]
    assert not app.warning


def test_a_run_that_came_back_to_life_before_the_click_is_left_alone(run, ended, monkeypatch):
    app = go(open_link(run=run.id), "training")
    monkeypatch.setattr(local, "why_silent", lambda folder, is_fresh=False: None)
    app.button(key=f"end-{run.id}").click().run()
    assert ended == []


def test_a_run_that_answers_shows_no_way_to_end_it(run):
    app = go(open_link(run=run.id), "training")
    assert not [button for button in app.button if button.key == f"end-{run.id}"]


def test_a_command_that_has_asked_a_silent_run_says_so_and_does_not_wait_for_it(run, ended):
    with pytest.raises(AppError, match=r"does not answer.*python -m core end"):
        wait(find_run(run.id), as_json=False, has_asked=True)


def test_who_waits_behind_a_silent_run_hears_which(run, ended, workspace, capsys):
    waits = FakeRun(run.dataset, "261123-130000-modern-wait")
    waits.log.append("queued", position=2)
    with pytest.raises(AppError, match=waits.id):
        wait(find_run(waits.id), as_json=False, has_asked=True)
    local.end_holder(waits.folder)
    with pytest.raises(AppError, match=run.id):
        wait(find_run(waits.id), as_json=False, has_asked=True)


def test_a_command_does_not_wait_for_a_run_whose_folder_has_vanished(workspace):
    fake = FakeRun(make_dataset(workspace)).started()
    run = find_run(fake.id)
    assert run.config
    shutil.rmtree(run.folder)
    with pytest.raises(AppError, match="is gone"):
        wait(run, as_json=False)
