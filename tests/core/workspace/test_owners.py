"""Tokens are secrets: files hold marks, old workspaces keep their owners, and no child gets what is none of its business."""

import ast
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from core.config import ExperimentConfig, PhotosConfig
from core.errors import RunError
from core.jobs import pool
from core.jobs.children import child_environment
from core.jobs.job import create_job, find_job, spawn
from core.photos.dataset import Dataset
from core.photos.files import isolated
from core.photos.sources import own, uploads
from core.photos.split import Example
from core.runs.engines import warm
from core.runs.store import create_run, find_run
from core.runs.sweeps.sweep import find_sweep, start_sweep
from core.workspace import people
from core.workspace.folders import PROJECT, slots_folder
from core.workspace.owners import is_mark, mark_of, migrate

ANNA, BEN = "a-token-of-annas-browser_1234567", "a-token-of-bens-browser_12345678"
KEY = "the-teachers-secret"


def dataset(home: Path) -> Dataset:
    examples = tuple(
        Example(f"{name}/{i}.jpg", name, index, "train", "0" * 64)
        for index, name in enumerate(("cats", "dogs"))
        for i in range(3)
    )
    return Dataset("pets-00000000", "Pets", home, ("cats", "dogs"), examples, {}, "0" * 64, 0.0)


def everything_under(folder: Path) -> str:
    """Names and bytes of all files."""
    return "\n".join(
        f"{path}\n{path.read_bytes().decode('latin-1') if path.is_file() and not path.is_fifo() else ''}"
        for path in folder.rglob("*")
    )


def test_a_mark_is_the_same_for_a_token_and_other_in_another_workspace(workspace, tmp_path, monkeypatch):
    mark = mark_of(ANNA)
    assert is_mark(mark) and mark == mark_of(ANNA) == mark_of(mark) != mark_of(BEN)
    assert mark_of("") == ""
    plain = hashlib.sha256(ANNA.encode()).hexdigest()
    assert plain[:8] not in mark
    assert (workspace / "key").stat().st_mode & 0o077 == 0
    monkeypatch.setenv("ALEXNET_HOME", str(tmp_path / "other"))
    assert mark_of(ANNA) != mark


@pytest.mark.parametrize("content", [b"", b"short"])
def test_a_damaged_key_is_said_and_not_replaced(workspace, content):
    (workspace / "key").write_bytes(content)
    with pytest.raises(RunError, match="is damaged"):
        mark_of(ANNA)
    assert (workspace / "key").read_bytes() == content


def test_no_token_is_written_anywhere(workspace, monkeypatch, tmp_path):
    monkeypatch.setattr("core.runs.sweeps.sweep.start_run", lambda run: None)
    pets = dataset(tmp_path)
    run = create_run(ExperimentConfig(), pets, ANNA)
    sweep = start_sweep(ExperimentConfig(), pets, "network.blocks.0.filters", [16, 32], owner=ANNA)
    upload = uploads.begin(ANNA, "pets.zip", 4, 1)
    uploads.append(upload, 0, b"PK\3\4")
    uploads.finish(upload)
    own.create(ANNA)
    people.set_name(ANNA, "Anna")
    assert {run.owner, sweep.owner} == {mark_of(ANNA)}
    found = everything_under(workspace)
    assert mark_of(ANNA) in found and ANNA not in found
    assert hashlib.sha256(ANNA.encode()).hexdigest()[:32] not in found


def first_release(home: Path) -> None:
    """What the version before wrote for Anna: tokens in clear, or their plain hash."""
    hashed = hashlib.sha256(ANNA.encode()).hexdigest()[:32]

    def put(path: str, values) -> None:
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_text(values if isinstance(values, str) else json.dumps(values, indent=2))

    put(
        "runs/261101-120000-modern-abcd/config.json",
        {"config": {"name": "Kätzchen"}, "created": 1.0, "owner": ANNA, "versions": {}},
    )
    put("runs/261101-120001-modern-abcd/config.json", {"config": {}, "created": 1.0, "owner": "", "versions": {}})
    put("runs/261101-120002-modern-abcd/config.json", "{half")
    put("runs/261101-120003-modern-abcd/config.json", "[" * 100_000)
    put("runs/261101-120004-modern-abcd/config.json", [1])
    put("runs/261101-120005-modern-abcd/config.json", {"owner": 5})
    members = [{"value": 16, "label": "16 filters", "run": "261101-120000-modern-abcd"}]
    sweep = {
        "path": "network.blocks.0.filters",
        "base": {},
        "dataset": {"id": "photos-1", "name": "Pets"},
        "created": 1.0,
    }
    put("sweeps/261101-120000-filters-abcd/sweep.json", {"owner": ANNA, "members": members, **sweep})
    then = {"owner": ANNA, "config": {}}
    put("jobs/261101-120000-prepare-abcd/job.json", {"kind": "prepare", "request": {"then_train": then}})
    put("jobs/261101-120001-prepare-abcd/job.json", {"kind": "prepare", "request": {"cache": None}})
    put("uploads/abcdef.json", {"name": "pets.zip", "num_bytes": 4, "owner": hashed})
    put("uploads/abcdef.zip", "PK\3\4")
    put("own/261101-120000-own-abcd/about.json", {"name": "Cups", "kind": "own", "owner": hashed})
    put(f"people/{hashed}", "Anna")
    put("slots/spare.json", {"changed": 0, "settings": {"ALEXNET_ADMIN_KEY": KEY}})


def owned_by(owner: str) -> dict:
    return {
        "run": find_run("261101-120000-modern-abcd").owner == mark_of(owner),
        "sweep": find_sweep("261101-120000-filters-abcd").owner == mark_of(owner),
        "job": mark_of(find_job("261101-120000-prepare-abcd").request["then_train"]["owner"]) == mark_of(owner),
        "upload": [one.name for one in uploads.mine(owner)] == ["pets.zip"],
        "own": [one.name for one in own.mine(owner)] == ["Cups"],
    }


def test_who_owned_something_in_the_first_release_owns_it_after_and_their_token_is_gone(workspace):
    first_release(workspace)
    assert all(owned_by(ANNA).values()) and not any(owned_by(BEN).values())
    assert migrate() == 7
    found = everything_under(workspace)
    assert ANNA not in found and hashlib.sha256(ANNA.encode()).hexdigest()[:32] not in found and KEY not in found
    assert all(owned_by(ANNA).values()) and not any(owned_by(BEN).values())
    assert people.name_of(mark_of(ANNA)) == "Anna"
    assert "Kätzchen" in (workspace / "runs/261101-120000-modern-abcd/config.json").read_text()
    assert (workspace / "runs/261101-120002-modern-abcd/config.json").read_text() == "{half"
    assert find_run("261101-120001-modern-abcd").owner == ""
    assert migrate() == 0


@pytest.fixture
def secrets_set(monkeypatch):
    for name in (
        "ALEXNET_ADMIN_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "GITHUB_TOKEN",
        "DB_PASSWORD",
        "STREAMLIT_SERVER_COOKIE_SECRET",
    ):
        monkeypatch.setenv(name, KEY)
    monkeypatch.setenv("ALEXNET_MICROSOFT_URL", f"https://class:{KEY}@mirror.example/pets.zip")


def test_no_child_is_given_a_secret(workspace, secrets_set, tmp_path):
    job = create_job("prepare", {"photos": {"source": "nowhere"}})
    decoder = isolated.Decoder()
    decoder.child.warm()
    children = [
        spawn("core.photos.job", job.folder),
        psutil.Process(decoder.child.pid),
        pool.program("core.photos.checks.scan:check_file").start(),
        subprocess.Popen([sys.executable, "-c", "input()"], env=child_environment(), stdin=subprocess.PIPE),
    ]
    try:
        for child in children:
            given = psutil.Process(child.pid).environ()
            assert KEY not in given.values() and "GITHUB_TOKEN" not in given
            assert given["PATH"] and given["ALEXNET_HOME"] == str(workspace)
    finally:
        for child in children:
            child.kill()
            child.wait()
        decoder.close()
        for child in children[2:]:
            child.stdin.close()
            if child.stdout:
                child.stdout.close()


def test_what_a_spare_says_of_itself_tells_no_secret(workspace, secrets_set):
    (slots_folder() / "spare.json").write_text(json.dumps(warm.surroundings()))
    assert KEY not in everything_under(workspace)


CALLS = {f"subprocess.{name}" for name in ("Popen", "run", "call", "check_call", "check_output")}


def starts_of_processes() -> list[tuple[str, ast.Call]]:
    """(file and line, call) of every ``subprocess.Popen`` and its like in the program."""
    found = []
    for path in [PROJECT / "app.py", *(PROJECT / "core").rglob("*.py"), *(PROJECT / "pages").rglob("*.py")]:
        calls = [node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Call)]
        starts = [call for call in calls if ast.unparse(call.func) in CALLS]
        found += [(f"{path.relative_to(PROJECT)}:{call.lineno}", call) for call in starts]
    return found


def test_every_start_of_a_process_says_what_environment_it_is_given():
    starts = starts_of_processes()
    assert len(starts) >= 6
    for place, call in starts:
        given = {word.arg: ast.unparse(word.value) for word in call.keywords}
        assert "child_environment(" in given.get("env", "") or given.get("env") == "environment", place


def test_nothing_is_started_by_the_systems_own_calls():
    for path in (PROJECT / "core").rglob("*.py"):
        assert not re.search(r"os\.(system|popen|exec[lv]|spawn[lv]|posix_spawn)", path.read_text()), path


def test_a_config_that_is_passed_on_has_no_token_in_it(workspace, tmp_path):
    run = create_run(ExperimentConfig(photos=PhotosConfig()), dataset(tmp_path), ANNA)
    passed_on = json.loads((run.folder / "config.json").read_text())
    assert is_mark(passed_on["owner"]) and os.fspath(workspace) not in json.dumps(passed_on)
