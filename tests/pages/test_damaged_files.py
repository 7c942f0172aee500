"""Whatever becomes of one file of the workspace, every page and command goes on with the rest."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
import streamlit
from damage import HOSTILE, KINDS, NOT_FILES, OWNER, SWEEP, VICTIM, WHOLE, World, command, contents, make_world, put
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from visits import go, open_link

from core.answers.predictor import Predictor
from core.config import ExperimentConfig
from core.errors import AppError
from core.jobs.job import find_job
from core.jobs.queue import waiting
from core.photos.checks import overrules
from core.photos.dataset import Dataset, list_datasets, load
from core.photos.sources import own, uploads
from core.runs.engines import local, warm
from core.runs.engines.local import revive_waiting
from core.runs.store import create_run, find_run
from core.runs.sweeps.sweep import find_sweep, list_sweeps
from core.runs.sweeps.verdict import verdict
from core.training.forecast import measured
from core.training.loop import checkpoint
from core.workspace import people

pytestmark = pytest.mark.slow

MANY = settings().max_examples
EXAMPLES = settings(max_examples=MANY * 3 // 10, suppress_health_check=list(HealthCheck))
PETS = Dataset("photos-1", "Pets", Path("."), ("cats", "dogs"), (), {}, "checksum", 0.0)
PAGES = ("home", "photos", "network", "augmentation", "training", "results", "classify")


@pytest.fixture
def world(workspace, monkeypatch) -> World:
    monkeypatch.setattr(local, "spawn", lambda *_: pytest.fail("a training was started unasked"))
    monkeypatch.setattr(Predictor, "warm", lambda _: None)
    return make_world(workspace)


def ask_commands(world: World) -> None:
    """Every command that reads what is kept and needs no network; the whole run is listed as ever."""
    rows = [json.loads(line) for line in command("runs", "--json").splitlines()]
    assert [row["status"] for row in rows if row["run"] == WHOLE] == ["completed"]
    command("disk")
    command("diagnose", VICTIM)
    command("plan", "--config", str(world.files["settings of a run"]))
    assert waiting() == []
    own.mine(OWNER), uploads.mine(OWNER), people.name_of(OWNER), measured.precision_speeds(), measured.measurements()
    warm.hand_over(world.files["lock"].parent)
    for ask in (
        lambda: find_job(world.job).request,
        lambda: list_sweeps()[0].rows(),
        lambda: load(world.dataset).steps(),
        lambda: load(world.dataset).facts(),
        lambda: overrules.load(list_datasets()[0].root),
        lambda: checkpoint.read(world.files["weights"]),
        lambda: verdict(find_sweep(SWEEP)),
    ):
        with suppress(AppError, IndexError):
            ask()


def ask_page(world: World, name: str) -> None:
    streamlit.cache_data.clear()
    streamlit.cache_resource.clear()
    app = open_link(run=VICTIM, dataset=world.dataset, job=world.job, sweep=SWEEP)
    assert not app.exception, app.exception
    go(app, name)


@EXAMPLES
@given(data=st.data())
def test_commands_go_on(world, data):
    kind = data.draw(st.sampled_from(KINDS), "kind")
    before = world.files[kind].read_bytes()
    put(world.files[kind], data.draw(contents(before), "content"))
    try:
        ask_commands(world)
    finally:
        put(world.files[kind], before)


@settings(EXAMPLES, max_examples=MANY // 8)
@given(data=st.data())
def test_pages_go_on(world, data):
    kind, page = data.draw(st.sampled_from(KINDS), "kind"), data.draw(st.sampled_from(PAGES), "page")
    before = world.files[kind].read_bytes()
    put(world.files[kind], data.draw(contents(before), "content"))
    try:
        ask_page(world, page)
    finally:
        put(world.files[kind], before)


@pytest.mark.parametrize("kind", KINDS)
def test_no_command_fails_whatever_lies_in_the_place_of(world, kind):
    before = world.files[kind].read_bytes()
    for content in (*HOSTILE, *NOT_FILES):
        put(world.files[kind], content)
        ask_commands(world)
    put(world.files[kind], before)
    ask_commands(world)


@pytest.mark.parametrize("kind", ["settings of a run", "photos of a run"])
def test_a_run_that_cannot_be_read_is_listed_as_damaged_with_its_reason(world, kind):
    put(world.files[kind], b"[" * 100_000)
    row = next(row for row in map(json.loads, command("runs", "--json").splitlines()) if row["run"] == VICTIM)
    assert row["status"] == "damaged" and "lists in lists" in row["reason"]
    for page in ("home", "results"):
        app = go(open_link(), page)
        assert "Damaged runs" in [header.value for header in app.header]
        assert any("lists in lists" in text.value for text in app.markdown)


@pytest.mark.parametrize(
    ("kind", "page", "title"), [("data set", "photos", "Damaged photos"), ("sweep", "training", "Damaged sweeps")]
)
def test_photos_and_sweeps_that_cannot_be_read_are_listed_with_their_reason(world, kind, page, title):
    before = go(open_link(), page)
    assert title not in [header.value for header in before.header]
    put(world.files[kind], b"[" * 100_000)
    app = go(open_link(), page)
    assert title in [header.value for header in app.header]
    assert any("lists in lists" in text.value for text in app.markdown)


@pytest.mark.parametrize("content", [b"", b"\0" * 900, b'{"kind": "queued", "time": 1.0}\n', "nothing", "folder"])
def test_a_completed_run_whose_events_are_lost_is_damaged_and_never_trained_again_unasked(world, content):
    put(world.files["events of a run"], content)
    assert find_run(VICTIM).status == "damaged"
    assert revive_waiting() == []
    command("runs")
    app = go(open_link(run=VICTIM), "training")
    assert "go on from its last checkpoint" in " ".join(text.value for text in app.markdown)


def test_a_run_that_waits_says_so_in_its_events_from_its_first_moment(workspace):
    run = create_run(ExperimentConfig(), PETS)
    assert run.status == "queued"
    run.events_path.unlink()
    assert run.status == "damaged"


def test_damaged_figures_are_said_on_results_and_the_rest_is_shown(world):
    put(world.files["answers"], b"path,true\nx,y\n")
    app = go(open_link(run=VICTIM), "results")
    assert any("cannot be read" in warning.value for warning in app.warning)
    assert "What was set" in [header.value for header in app.header]
