import errno
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from core.cli.main import main
from core.config import ExperimentConfig
from core.photos.dataset import load
from core.photos.sources import download
from core.runs.engines import local
from core.runs.store import create_run, list_runs
from core.workspace.folders import PROJECT

SMALL = [
    *("--set", "network.input_size=32", "--set", "network.blocks.0.filters=8", "--set", "training.batch_size=8"),
    *("--set", "training.start_size_fraction=1", "--set", "training.end_size_fraction=1"),
]

PETS = SimpleNamespace(id="pets", name="pets", class_names=("cats", "dogs"), counts=dict, checksum="")


def invoke(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments], prog_name="python -m core")


def command(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "core", *map(str, arguments)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that starts tests in the background lets them ignore Ctrl-C, and their children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        **options,
    )


@pytest.fixture
def pets(tmp_path):
    """Two classes of 16 pictures, dark ones and light ones, and a file that is no picture."""
    rng = np.random.default_rng(0)
    for class_name, shade in (("cats", 60), ("dogs", 190)):
        (tmp_path / "pets" / class_name).mkdir(parents=True)
        for index in range(16):
            blobs = rng.integers(-50, 50, (8, 8, 3)) + shade
            picture = Image.fromarray(blobs.astype(np.uint8)).resize((48, 48))
            picture.save(tmp_path / "pets" / class_name / f"{index}.png")
    (tmp_path / "pets" / "cats" / "<b>notes.jpg").write_text("not a picture")
    return tmp_path / "pets"


def test_help_and_plan_need_no_tensorflow():
    code = "import sys; from core.cli.main import main; main(['plan'], standalone_mode=False); sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, check=False).returncode == 0


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


def test_every_setting_is_listed_with_its_limits():
    listed = invoke("settings")
    assert listed.exit_code == 0
    for words in ("training.checkpoint_seconds = 30", "network.blocks.0.filters", "between 0 and"):
        assert words in listed.stdout
    assert "schema_version" not in listed.output


def test_a_zip_is_prepared_as_a_folder_is(pets, tmp_path):
    archive = shutil.make_archive(str(tmp_path / "My pets"), "zip", pets)
    result = invoke("prepare", archive, *SMALL, "--json")
    values = json.loads(result.stdout)
    assert result.exit_code == 0 and values["name"] == "My pets"
    assert (values["found"], values["used"], values["left_out"]) == (33, 32, 1)
    refused = invoke("prepare", tmp_path / "none.zip")
    assert refused.exit_code == 1 and "There is no file" in refused.stderr


def test_what_a_person_decides_shows_in_scan_and_holds_in_prepare(pets):
    shutil.copy(pets / "cats/1.png", pets / "cats/1 again.png")

    def row(path):
        lines = [json.loads(line) for line in invoke("scan", pets, "--json").stdout.splitlines()]
        found = next(line for line in lines if line.get("path") == path)
        assert set(found) == {"path", "action", "issue", "also", "reason"}
        return found["action"], found["issue"]

    assert row("cats/1 again.png") == ("leave out", "exact duplicate")
    assert invoke("overrule", pets, "exact duplicate", "use").exit_code == 0
    assert row("cats/1 again.png") == ("use", "exact duplicate")
    result = json.loads(invoke("overrule", pets, "dogs/3.png", "leave-out", "--json").stdout)
    assert (result["overruled"], result["used"]) == ({"files": 1, "kinds": ["exact duplicate"]}, 32)
    assert row("dogs/3.png") == ("leave out", None)
    made = json.loads(invoke("prepare", pets, *SMALL, "--json").stdout)
    assert made["used"] == 32
    assert invoke("overrule", made["dataset"], "dogs/3.png", "undo").exit_code == 0
    assert row("dogs/3.png") == ("use", None)
    invoke("overrule", pets, "all", "undo")
    assert row("cats/1 again.png") == ("leave out", "exact duplicate")


@pytest.mark.parametrize(
    ("what", "action", "sentence"),
    [
        ("cats/<b>notes.jpg", "use", "no pixels"),
        ("not a photo", "use", "no pixels"),
        ("nothing.jpg", "use", "neither a file"),
        ("duplicate in another class", "use", "photo by photo"),
        ("dogs/3.png", "use-anyway", "received “use anyway”"),
        ("readme.txt", "use", "is ignored"),
    ],
)
def test_what_cannot_be_decided_is_a_sentence(pets, what, action, sentence):
    (pets / "readme.txt").write_text("hello")
    result = invoke("overrule", pets, what, action)
    assert result.exit_code == 1 and sentence in result.stderr


def test_the_archive_that_cannot_be_reached_is_a_sentence(monkeypatch):
    monkeypatch.setenv("ALEXNET_MICROSOFT_URL", "http://127.0.0.1:9/pets.zip")
    monkeypatch.setattr(download, "FIRST_WAIT_SECONDS", 0.01)
    result = invoke("prepare", "microsoft")
    assert result.exit_code == 1 and "127.0.0.1 could not be reached" in result.stderr
    assert "microsoft" in invoke("prepare", "--help").stdout


def test_plan_prints_every_layer_for_programs():
    result = invoke("plan", "--preset", "alexnet-2012", "--num-classes", "1000", "--json")
    values = json.loads(result.stdout)
    assert result.exit_code == 0
    assert values["parameters"] == 60_965_224 == sum(layer["parameters"] for layer in values["layers"])
    assert set(values) == {"parameters", "multiply_adds", "layers"}
    assert set(values["layers"][0]) == {"name", "kind", "output_shape", "parameters", "multiply_adds"}


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["plan", "--set", "network.blocks.0.filter=3"], 1, "Did you mean"),
        (["plan", "--set", "network.blocks.0.filters=0"], 1, "between 1 and 2,048"),
        (["plan", "--preset", "moderm"], 1, "modern"),
        (["plan", "--num-classes", "1"], 2, "num-classes"),
        (["plan", "--colour"], 2, "No such option"),
        (["paint"], 2, "No such command"),
        (["scan"], 2, "FOLDER"),
        (["scan", "/no/such/folder"], 1, "/no/such/folder"),
        (["train", "/no/such/folder"], 1, "/no/such/folder"),
        (["train", "drawn", "--epochs", "0"], 1, "training.epochs"),
        (["train", "drawn", "--epochs", "x"], 2, "epochs"),
        (["train", "drawn", "--epochs", "9" * 400], 1, "For --set: training.epochs, between 1 and 100,000 epochs."),
        (["plan", "--set", f"network.input_size={'9' * 400}"], 1, "must be a whole number between 16 and 512 pixels"),
        (["plan", "--set", "network.blocks.².filters=3"], 1, "There is no setting"),
        (["plan", "--set", "network.blocks.0.padding=round"], 1, "same, valid, or between 0 and 30 pixels"),
        (["plan", "--num-classes", "9" * 400], 2, "num-classes"),
        (["sweep", "drawn", "--vary", "training.seed=1,²"], 1, "“Training seed” must be a whole number"),
        (["sweep", "drawn"], 2, "--augmentation"),
        (["sweep", "drawn", "--vary", "training.seed=1,2", "--augmentation"], 2, "either"),
        (["sweep", "drawn", "--vary", "network.blocks.0.filters=16"], 1, "2 to 5 values; received 1"),
        (["sweep", "drawn", "--vary", "network.blocks.0.filters=16,0"], 1, "between 1 and 2,048"),
        (["sweep", "drawn", "--augmentation", "--epochs", "0"], 1, "training.epochs"),
        (["stop", "240101-000000-none"], 1, "no run"),
        (["evaluate", "../../etc/passwd"], 1, "An id is"),
        (["classify", "photo.jpg"], 1, "no trained network"),
        (["classify"], 2, "PHOTO_OR_FOLDER"),
    ],
)
def test_what_is_wrong_gets_a_sentence_on_stderr_and_an_exit_status(arguments, status, words):
    result = invoke(*arguments)
    assert result.exit_code == status
    assert words in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            '{"training": {"epochs": 0}}',
            "“Epochs” must be between 1 and 100,000 epochs; received 0. Use 1. For --set: training.epochs, between 1",
        ),
        ('{"training": {"epoch": 5}}', "training.epochs"),
        ('{"training": ', "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("\xff", "not JSON"),
    ],
)
def test_a_configuration_file_out_of_limits_gets_a_sentence(tmp_path, text, words):
    (tmp_path / "config.json").write_text(text)
    result = invoke("plan", "--config", tmp_path / "config.json")
    assert result.exit_code == 1
    assert words in result.stderr


def test_a_configuration_file_stands_in_for_a_preset(tmp_path):
    (tmp_path / "config.json").write_text('{"config": {"network": {"blocks": [{"filters": 7}], "dense": []}}}')
    layers = json.loads(invoke("plan", "--config", tmp_path / "config.json", "--json").stdout)["layers"]
    assert [layer["output_shape"][-1] for layer in layers if layer["kind"] == "Conv2D"] == [7]


def test_scan_says_what_becomes_of_every_file_and_the_counts_add_up(pets):
    result = invoke("scan", pets, "--json")
    *rows, summary = map(json.loads, result.stdout.splitlines())
    assert result.exit_code == 0
    assert len(rows) == 33 == summary["found"]
    assert summary["found"] == summary["used"] + summary["converted"] + summary["left_out"] + summary["ignored"]
    (odd,) = [row for row in rows if row["action"] != "use"]
    assert (odd["path"], odd["action"], odd["issue"]) == ("cats/<b>notes.jpg", "leave out", "not a photo")
    assert set(odd) == {"path", "action", "issue", "also", "reason"}


def test_prepare_prints_an_id_that_stays_the_same(pets):
    first = invoke("prepare", pets, *SMALL)
    again = invoke("prepare", pets, *SMALL)
    assert first.exit_code == 0
    assert first.stdout == again.stdout
    assert first.stdout.startswith("pets-")


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


@pytest.mark.parametrize(("number", "words"), [(errno.EROFS, "is read-only"), (errno.ENOSPC, "takes no more")])
def test_a_disk_that_takes_nothing_gets_a_sentence_from_every_command(monkeypatch, number, words):
    def refuse(*_arguments, **_others):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("core.runs.store.list_runs", refuse)
    result = invoke("runs")
    assert (result.exit_code, result.stdout) == (1, "")
    assert words in result.stderr and "Traceback" not in result.stderr


def test_a_sweep_trains_every_value_in_turn_and_prints_one_line(pets):
    sweep = command("sweep", pets, *SMALL, "--vary", "network.blocks.0.filters=4, 8", "--epochs", "1", "--seed", "7", "--json")  # fmt: skip
    stdout, stderr = sweep.communicate(timeout=300)
    assert sweep.returncode == 0, stderr
    (line,) = map(json.loads, stdout.splitlines())
    assert set(line) == {"sweep", "runs"}
    assert set(line["runs"][0]) == {"run", "value", "status", "val_accuracy", "test_accuracy", "best_epoch"}
    assert [(run["value"], run["status"], run["best_epoch"]) for run in line["runs"]] == [
        (4, "completed", 1),
        (8, "completed", 1),
    ]
    runs = {run.id: run for run in list_runs()}
    assert {runs[run["run"]].config.training.seed for run in line["runs"]} == {7}
    assert [runs[run["run"]].evaluation.accuracy for run in line["runs"]] == [
        run["test_accuracy"] for run in line["runs"]
    ]


def test_ctrl_c_cancels_a_sweep_as_a_whole(pets):
    sweep = command("sweep", pets, *SMALL, "--augmentation", "--epochs", "100000", "--json", start_new_session=True)
    deadline = time.monotonic() + 120
    while not any(run.history.epochs for run in list_runs()):
        assert sweep.poll() is None and time.monotonic() < deadline
        time.sleep(0.2)
    sweep.send_signal(signal.SIGINT)
    stdout, stderr = sweep.communicate(timeout=120)
    assert sweep.returncode == 0, stderr
    assert [run["status"] for run in json.loads(stdout)["runs"]] == ["stopped", "stopped"]
    assert sorted(len(run.history.epochs) > 0 for run in list_runs()) == [False, True]
    assert "struck off" in stderr


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
