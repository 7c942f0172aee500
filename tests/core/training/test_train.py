"""Real, small trainings: 16 x 16 pictures of stripes and dots."""

import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from core.config import ExperimentConfig, overlay, put_all
from core.errors import RunError
from core.jobs import PROJECT, EventLog, ask, clear_request
from core.runs import create_run, start_run, stop_run
from core.training import checkpoint
from core.training.device import prepare_environment

prepare_environment()

from core.training import train as training  # noqa: E402  (TensorFlow reads the environment while it is imported)

SMALL = overlay(
    ExperimentConfig(),
    {
        "network": {
            "input_size": 32,
            "blocks": [{"filters": 8, "strides": 2, "pool_size": 2}, {"filters": 8}],
            "dense": [{"units": 16, "dropout_rate": 0.3}],
            "head": "average",
        },
        "training": {"epochs": 3, "batch_size": 8, "learning_rate": 0.01, "checkpoint_seconds": 0},
        "augment": {"horizontal_flip": True, "rotation_degrees": 10, "zoom_in_fraction": 0.2},
    },
)
# Everything that has a state between steps.
STATEFUL = ["training.ema_fraction=0.2", "training.mixup_alpha=0.2", "training.label_smoothing=0.05"]


def run_of(dataset, *assignments):
    return create_run(put_all(SMALL, list(assignments)), dataset)


def train(run):
    saved = checkpoint.latest(run.folder / "checkpoints")
    log = EventLog(run.events_path, at=saved.state["events_offset"] if saved else 0)
    training.train(run, log)
    log.close()
    return run


def epochs_of(run):
    """The curve, time and speed excluded."""
    return [
        {k: v for k, v in row.items() if k not in ("seconds", "photos_per_second", "memory_bytes")}
        for row in run.history.epochs
    ]


def last_weights(run):
    found = checkpoint.latest(run.folder / "checkpoints")
    return found.arrays(), {k: v for k, v in found.state.items() if "seconds" not in k and k != "events_offset"}


def assert_same_training(run, other):
    assert epochs_of(run) == epochs_of(other)
    (arrays, state), (other_arrays, other_state) = last_weights(run), last_weights(other)
    assert state == other_state
    assert arrays.keys() == other_arrays.keys()
    for name, array in arrays.items():
        assert np.array_equal(array, other_arrays[name]), name
    best, other_best = (checkpoint.read(r.checkpoint).arrays() for r in (run, other))
    assert all(np.array_equal(best[name], other_best[name]) for name in best)


def test_a_run_learns_keeps_its_best_epoch_and_is_tested(stripes_and_dots):
    run = train(
        run_of(stripes_and_dots, "training.epochs=12", "augment.rotation_degrees=0", "augment.zoom_in_fraction=0")
    )
    history, evaluation = run.history, run.evaluation
    assert run.status == "completed"
    assert [row["epoch"] for row in history.epochs] == list(range(1, 13))
    assert history.epochs[-1]["loss"] < history.epochs[0]["loss"]
    best = max(history.epochs, key=lambda row: (row["val_accuracy"], -row["val_loss"]))
    assert history.best_epoch == best["epoch"]
    assert history.results["test_accuracy"] == evaluation.accuracy > 0.8
    assert evaluation.num_photos == len(stripes_and_dots.of_split("test"))
    summary = run.summary()
    assert summary["checkpoint"].endswith("best.safetensors")
    assert summary["photos_per_second"] > 0
    assert history.batches["step"][-1] == 12 * history.steps_per_epoch


def test_the_same_seed_gives_the_same_network_and_another_seed_another(stripes_and_dots):
    first, again, other = (train(run_of(stripes_and_dots, *STATEFUL, f"training.seed={seed}")) for seed in (1, 1, 2))
    assert_same_training(first, again)
    assert epochs_of(first) != epochs_of(other)


def test_a_run_that_is_paused_after_every_few_steps_ends_bit_for_bit_like_one_that_was_not(
    stripes_and_dots, monkeypatch
):
    whole = train(run_of(stripes_and_dots, *STATEFUL))
    pieces = run_of(stripes_and_dots, *STATEFUL)
    looks = [0]

    def pause_at_every_fifth_look(_folder):
        looks[0] += 1
        return "pause" if looks[0] % 5 == 0 else None

    monkeypatch.setattr(training, "requested", pause_at_every_fifth_look)
    num_pauses = 0
    while train(pieces).status != "completed":
        assert pieces.status == "paused"
        num_pauses += 1
        assert num_pauses < 50
    assert num_pauses >= 4
    assert_same_training(whole, pieces)


def test_a_run_that_was_killed_goes_on_bit_for_bit(stripes_and_dots):
    whole = train(run_of(stripes_and_dots, *STATEFUL))
    killed = run_of(stripes_and_dots, *STATEFUL)
    worker = subprocess.Popen([sys.executable, "-m", "core.training.worker", str(killed.folder)], cwd=PROJECT)
    while killed.history.step < 4:
        assert worker.poll() is None
        time.sleep(0.01)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    assert killed.status == "interrupted"
    assert last_weights(killed)[1]["epoch"] >= 1
    start_run(killed)
    wait_until(lambda: killed.status == "completed", killed)
    assert_same_training(whole, killed)


def test_a_run_that_is_started_twice_trains_once_and_stops_on_request_with_test_figures(stripes_and_dots):
    run = run_of(stripes_and_dots, "training.epochs=100000")
    start_run(run)
    start_run(run)
    wait_until(lambda: run.history.epochs, run)
    assert run.status == "running"
    stop_run(run)
    wait_until(lambda: run.status == "stopped", run)
    kinds = [line.split('"')[3] for line in run.events_path.read_text().splitlines()]
    assert kinds.count("started") == 1
    assert run.summary()["test_accuracy"] is not None
    assert run.summary()["best_epoch"] == run.history.best_epoch
    with pytest.raises(RunError, match="stopped"):
        stop_run(run)


def wait_until(condition, run, seconds=90):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, (run.status, (run.folder / "worker.log").read_text()[-3000:])
        time.sleep(0.1)


def test_a_run_stopped_within_its_first_epoch_still_has_weights_and_test_figures_and_can_go_on(stripes_and_dots):
    run = run_of(stripes_and_dots)
    ask(run.folder, "stop")
    train(run)
    assert (run.status, run.history.step) == ("stopped", run.history.steps_per_epoch)
    assert run.evaluation is not None
    assert run.checkpoint is not None
    clear_request(run.folder)
    assert train(run).status == "completed"
    assert [row["epoch"] for row in run.history.epochs] == [1, 2, 3]


def test_a_loss_that_explodes_stops_the_run_and_names_the_steps(stripes_and_dots):
    wild = [
        "training.optimizer=sgd",
        "training.learning_rate=10",
        "training.schedule=constant",
        "training.warmup_fraction=0",
    ]
    plain = [f"network.blocks.{i}.normalization=none" for i in range(2)] + ["network.dense.0.normalization=none"]
    run = run_of(
        stripes_and_dots,
        *wild,
        *plain,
        "training.epochs=200",
        "network.rescaling=none",
        "network.blocks.0.activation=linear",
        "network.blocks.1.activation=linear",
        "network.dense.0.activation=linear",
    )
    with pytest.raises(RunError, match=r"between step \d+ and step \d+.*learning rate"):
        train(run)


def test_patience_ends_a_run_that_no_longer_improves(stripes_and_dots):
    run = train(
        run_of(stripes_and_dots, "training.epochs=60", "training.patience_epochs=2", "training.learning_rate=1e-7")
    )
    rows = run.history.epochs
    assert len(rows) < 60
    lowest = min(rows, key=lambda row: row["val_loss"])["epoch"]
    assert len(rows) == lowest + 2
    assert any("Stopped early" in notice for notice in run.history.notices)


def test_pictures_grow_over_the_run_and_the_best_epoch_saw_them_at_full_size(stripes_and_dots):
    run = train(
        run_of(stripes_and_dots, "network.input_size=64", "training.start_size_fraction=0.5", "training.epochs=5")
    )
    sizes = [row["image_size"] for row in run.history.epochs]
    assert (sizes[0], sizes[-1]) == (32, 64)
    assert run.history.best["image_size"] == 64


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd", "rmsprop"])
def test_every_optimizer_takes_decay_clip_softmax_and_class_weights(stripes_and_dots, optimizer):
    run = train(
        run_of(
            stripes_and_dots,
            f"training.optimizer={optimizer}",
            "training.gradient_clip=1",
            "training.epochs=1",
            "training.class_weights=true",
            "network.output=softmax",
        )
    )
    assert run.evaluation.probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_photos_that_changed_since_the_run_was_made_are_noticed(stripes_and_dots):
    run = run_of(stripes_and_dots)
    path = run.folder / "dataset.json"
    path.write_text(path.read_text().replace(stripes_and_dots.checksum, "0" * 64))
    with pytest.raises(RunError, match="changed"):
        train(run)
