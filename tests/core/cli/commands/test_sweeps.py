"""Several trainings from the command line."""

import json
import signal
import time

import pytest
from command_line import SMALL, command

from core.runs.store import list_runs


@pytest.mark.tensorflow
def test_a_sweep_trains_every_value_in_turn_and_prints_one_line(pets):
    varied = ("--vary", "network.blocks.0.filters=4, 8")
    sweep = command("sweep", pets, *SMALL, *varied, "--epochs", "1", "--seed", "7", "--json")
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


@pytest.mark.tensorflow
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
