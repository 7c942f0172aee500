"""A workspace of the first release opens, whole, in every release to come.

``data/workspace_first_release.zip`` was written by the commit a62f5fb, its command line and the functions behind its pages: photos of drawn
pets that a browser named Ada sent, as classes of its own (48 pixels) and as a zip; on them a finished run of two epochs and a sweep of two
values from the command line; and a job that prepared the photos for Ada and then trained, paused after one epoch. Its networks have one
convolution and see 32 pixels. Nothing in it is changed but the workspace's own folder, which stands as ``/the/workspace``.
"""

import json
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from core.jobs.job import find_job
from core.photos import dataset as datasets
from core.photos import disk
from core.photos.files.decode import decode
from core.photos.prepare import prepare
from core.photos.sources import own, uploads
from core.runs.engines.local import extend_run, revive_waiting, start_run
from core.runs.run import Run
from core.runs.store import find_run, list_runs, may_control, newest_completed
from core.runs.sweeps.sweep import list_sweeps
from core.runs.sweeps.verdict import verdict
from core.workspace.owners import mark_of
from core.workspace.people import name_of

SAMPLE = Path(__file__).with_name("data") / "workspace_first_release.zip"
ADA = "the-first-releases-token-of-one-browser"
FINISHED, FIRST_OF_SWEEP, SECOND_OF_SWEEP, PAUSED = (
    "261125-145728-modern-55cy",
    "261125-145751-modern-56g6",
    "261125-145751-modern-936a",
    "261125-145832-modern-627y",
)
PHOTOS = "our-pets-f5244d67"


@pytest.fixture
def home(workspace) -> Path:
    """The workspace of the first release, unpacked where this test's workspace is."""
    with zipfile.ZipFile(SAMPLE) as packed:
        for name in packed.namelist():
            path = workspace / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(packed.read(name).replace(b"/the/workspace", str(workspace).encode()))
    return workspace


def text_under(home: Path) -> str:
    return "".join(path.read_text("utf-8", "replace") for path in home.rglob("*.json"))


def wait_for(run: Run) -> Run:
    deadline = time.monotonic() + 1200  # beside others' work a start alone takes minutes
    while run.is_active:
        assert time.monotonic() < deadline, run.history.stage
        time.sleep(0.1)
    return run


def test_the_sample_is_small_and_names_no_machine(home):
    assert SAMPLE.stat().st_size < 300_000
    assert "/the/workspace" not in text_under(home)


def test_every_run_is_listed_with_its_state_and_its_curve(home):
    runs = {run.id: run for run in list_runs()}
    assert {run_id: (run.status, len(run.history.epochs)) for run_id, run in runs.items()} == {
        FINISHED: ("completed", 2),
        FIRST_OF_SWEEP: ("completed", 1),
        SECOND_OF_SWEEP: ("completed", 1),
        PAUSED: ("paused", 1),
    }
    assert not any(run.damage or run.evaluation_damage or run.history.notices for run in runs.values())
    for run in runs.values():
        assert {"loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds"} <= set(
            run.history.epochs[0]
        )
        assert run.split_sizes == {"train": 8, "val": 4, "test": 4}
        assert run.summary()["best_epoch"] == run.history.best_epoch
    assert newest_completed().id == SECOND_OF_SWEEP
    assert (runs[FINISHED].name, runs[PAUSED].name) == ("First run", "Ada's")


def test_the_stored_answers_are_read_and_say_what_they_said(home):
    run = find_run(FINISHED)
    said = json.loads((run.folder / "evaluation.json").read_text())
    assert run.evaluation.num_photos == said["num_photos"] == 4
    assert run.evaluation.confusion_matrix.tolist() == said["confusion_matrix"]
    assert run.evaluation.accuracy == run.history.results["test_accuracy"] == said["accuracy"]


@pytest.mark.tensorflow
def test_the_network_answers_as_it_did(home):
    from core.answers.classify import Classifier
    from core.answers.network import load_network

    run = find_run(FINISHED)
    root = datasets.load(PHOTOS).root
    answers = Classifier(load_network(run)).classify([decode(root / path) for path in run.evaluation.paths])
    now = np.array([list(answer.probabilities.values()) for answer in answers])
    np.testing.assert_allclose(now, run.evaluation.probabilities, atol=0.005)  # it was computed on another machine


def test_the_photos_open_and_preparing_them_again_gives_the_same(home):
    (stored,) = datasets.list_datasets()
    assert (stored.id, stored.split_sizes) == (PHOTOS, {"train": 8, "val": 4, "test": 4})
    assert (len(stored.steps()), len(stored.facts())) == (16, 16)
    again = prepare(stored.photos, stored.split)
    assert (again.id, again.examples, again.checksum) == (stored.id, stored.examples, stored.checksum)
    assert [one.id for one in disk.look().datasets] == [PHOTOS]


def test_the_sweep_opens_and_says_who_was_better(home):
    (sweep,) = list_sweeps()
    assert (sweep.labels, sweep.values) == (["2 filters", "4 filters"], [2, 4])
    assert [row.status for row in sweep.rows()] == ["completed", "completed"]
    assert verdict(sweep)[-1].startswith("Each was trained once.")
    assert sweep.base.network.blocks[0].filters == 4


def test_the_job_tells_what_it_did(home):
    (folder,) = (home / "jobs").iterdir()
    job = find_job(folder.name)
    assert (job.status, job.kind, job.last["run"]) == ("completed", "prepare", PAUSED)


def test_what_was_adas_is_adas_and_no_file_holds_her_token(home):
    assert ADA in text_under(home)
    assert revive_waiting() == []  # what the start of the app does
    assert ADA not in text_under(home)
    run = find_run(PAUSED)
    assert run.owner == mark_of(ADA) and may_control(run, ADA) and not may_control(run, "another browser's token")
    assert name_of(run.owner) == "Ada"
    (mine,) = own.mine(run.owner)
    assert {name: len(photos) for name, photos in mine.photos.items()} == {"cats": 8, "dogs": 8}
    (sent,) = uploads.mine(run.owner)
    assert uploads.name_of(sent.path) == "pets"


@pytest.mark.tensorflow
def test_a_paused_run_goes_on_from_its_checkpoint(home):
    run = find_run(PAUSED)
    first = dict(run.history.epochs[0])
    start_run(run)
    assert wait_for(run).status == "completed", (run.folder / "worker.log").read_text()
    assert [row["epoch"] for row in run.history.epochs] == list(range(1, run.history.num_epochs + 1))
    assert {name: run.history.epochs[0][name] for name in first} == first
    assert run.evaluation.num_photos == 4


@pytest.mark.tensorflow
def test_a_finished_run_is_trained_longer(home):
    run = extend_run(find_run(FINISHED), 3)
    assert wait_for(run).status == "completed", (run.folder / "worker.log").read_text()
    assert [row["epoch"] for row in run.history.epochs] == [1, 2, 3]
