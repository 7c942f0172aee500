"""A click on Start makes one run, however often it is heard."""

import time
from concurrent.futures import ThreadPoolExecutor

from fake_runs import make_dataset

from core.runs import store
from core.runs.engines import local
from core.runs.store import list_runs
from pages.parts import work
from pages.parts.runs import start
from pages.state import Memory


def test_two_clicks_heard_at_the_same_time_make_one_run(workspace, monkeypatch):
    dataset, visit, spawned = make_dataset(workspace), Memory(), []

    def slow_create(*arguments):
        time.sleep(0.2)  # the other click looks for the run meanwhile
        return store.create_run(*arguments)

    monkeypatch.setattr(start, "create_run", slow_create)
    monkeypatch.setattr(local, "spawn", lambda module, folder: spawned.append(folder))
    with ThreadPoolExecutor(2) as clicks:
        started = list(clicks.map(lambda _: start.start_training(visit, visit.draft, dataset, "someone"), range(2)))
    assert [run.id for run in list_runs()] == [started[0].id] == [started[1].id]


def test_a_second_click_on_prepare_finds_the_job_of_the_first(workspace, monkeypatch):
    visit, spawned = Memory(), []
    monkeypatch.setattr(work, "spawn", lambda module, folder: spawned.append(folder))
    first = work.prepare_photos(visit, visit.draft)
    assert work.prepare_photos(visit, visit.draft).id == first.id
    visit.change("photos.num_drawn", 50)
    other = work.prepare_photos(visit, visit.draft)
    assert spawned == [first.folder, other.folder]
