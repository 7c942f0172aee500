"""Runs from the command line, from training to their answers."""

import hashlib
import json
import signal
import time
from types import SimpleNamespace

import pytest
from command_line import SMALL, command, invoke

from core.config import ExperimentConfig
from core.photos.dataset import load
from core.runs.engines import local
from core.runs.store import create_run, list_runs

PETS = SimpleNamespace(id="pets", name="pets", class_names=("cats", "dogs"), counts=dict, checksum="")


def test_a_look_at_the_runs_starts_those_again_that_wait_without_a_worker(workspace, monkeypatch):
    spawned = []
    monkeypatch.setattr(local, "spawn", lambda module, folder: spawned.append(folder.name))
    run = create_run(ExperimentConfig(), PETS)
    assert invoke("settings").exit_code == 0 and invoke("runs", "--help").exit_code == 0
    looked = invoke("runs")
    assert looked.exit_code == 0 and spawned[-1:] == [run.id]


def test_a_disk_that_takes_nothing_does_not_keep_the_list_of_runs_from_anybody(workspace, monkeypatch):
    def full(_module, _folder):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(local, "spawn", full)
    create_run(ExperimentConfig(), PETS)
    looked = invoke("runs")
    assert looked.exit_code == 0 and "queued" in looked.stdout and "No space left" in looked.stderr


@pytest.mark.tensorflow
def test_from_photos_to_answers_without_a_browser(pets, tmp_path, monkeypatch):
    train = command("train", pets, *SMALL, "--epochs", "3", "--seed", "1", "--json")
    stdout, stderr = train.communicate(timeout=300)
    assert train.returncode == 0, stderr
    assert len(stdout.splitlines()) == 1
    summary = json.loads(stdout)
    assert set(summary) == {
        "run",
        "status",
        "best_epoch",
        "val_accuracy",
        "test_accuracy",
        "photos_per_second",
        "checkpoint",
        "guess_accuracy",
        "balanced_accuracy",
    }
    assert summary["status"] == "completed"

    run = summary["run"]
    (listed,) = map(json.loads, invoke("runs", "--json").stdout.splitlines())
    assert (listed["run"], listed["test_accuracy"]) == (run, summary["test_accuracy"])

    result = invoke("pause", run)
    assert (result.exit_code, "completed" in result.stderr) == (1, True)
    assert "--epochs" in invoke("resume", run).stderr
    longer = json.loads(invoke("resume", run, "--epochs", "4", "--json").stdout)
    assert (longer["run"], longer["status"]) == (run, "completed")
    assert [row["epoch"] for row in list_runs()[0].history.epochs] == [1, 2, 3, 4]
    assert json.loads((list_runs()[0].folder / "config.json").read_text())["config"]["training"]["epochs"] == 4
    summary = longer

    own = json.loads(invoke("evaluate", run, "--json").stdout)
    assert own["accuracy"] == summary["test_accuracy"]
    assert sum(map(sum, own["confusion_matrix"])) == own["num_photos"] == 8
    (tmp_path / "other" / "dogs").mkdir(parents=True)
    (pets / "dogs" / "3.png").rename(tmp_path / "other" / "dogs" / "a.png")
    result = invoke("evaluate", run, tmp_path / "other", "--json")
    assert result.exit_code == 0, result.stderr
    other = json.loads(result.stdout)
    assert other["num_photos"] == 1
    assert other["confusion_matrix"][0] == [0, 0]
    learned = {example.sha256: example.split for example in load(list_runs()[0].dataset["id"]).examples}
    split = learned[hashlib.sha256((tmp_path / "other" / "dogs" / "a.png").read_bytes()).hexdigest()]
    assert (other["learned_from"], other["chosen_by"]) == (int(split == "train"), int(split == "val"))
    assert (other["left_out"], other["ignored"]) == (0, 0)
    assert "It learned from" in invoke("evaluate", run, tmp_path / "other").stdout

    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff no photo")
    result = invoke("classify", tmp_path / "other", broken, tmp_path / "missing.jpg", pets / "cats" / "0.png", "--json")
    rows = list(map(json.loads, result.stdout.splitlines()))
    assert result.exit_code == 0
    assert [row["path"] for row in rows] == [
        str(tmp_path / "other" / "dogs" / "a.png"),
        str(broken),
        str(tmp_path / "missing.jpg"),
        str(pets / "cats" / "0.png"),
    ]
    assert [row["error"] is None for row in rows] == [True, False, False, True]
    # eight test photos show little: where they cannot tell the network from guessing, no class is its answer
    assert (rows[0]["class_name"] in ("cats", "dogs")) == (rows[0]["doubt"] is None)
    assert sum(rows[0]["probabilities"].values()) == pytest.approx(1)
    assert invoke("classify", broken).exit_code == 1
    monkeypatch.chdir(tmp_path / "other")
    rows = map(json.loads, invoke("classify", ".", "./dogs", "dogs/", "--json").stdout.splitlines())
    assert [row["path"] for row in rows] == ["./dogs/a.png", "./dogs/a.png", "dogs/a.png"]


@pytest.mark.tensorflow
def test_ctrl_c_stops_a_run_cleanly_and_says_how_to_go_on(pets):
    train = command("train", pets, *SMALL, "--epochs", "100000", "--json", start_new_session=True)
    deadline = time.monotonic() + 120
    while not (list_runs() and list_runs()[0].history.epochs):
        assert train.poll() is None and time.monotonic() < deadline
        time.sleep(0.2)
    train.send_signal(signal.SIGINT)
    stdout, stderr = train.communicate(timeout=120)
    assert train.returncode == 0, stderr
    summary = json.loads(stdout)
    assert summary["status"] == "stopped"
    assert summary["test_accuracy"] is not None
    assert f"python -m core resume {summary['run']}" in stderr
