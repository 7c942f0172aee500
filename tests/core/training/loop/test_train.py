"""Real, small trainings: 16 x 16 pictures of stripes and dots."""

import shutil
import signal
import subprocess
import sys
import time

import pytest

from core.bench.faults import differences
from core.config import ExperimentConfig, overlay, put_all
from core.errors import NotANumberError, RunError
from core.jobs.events import EventLog
from core.jobs.job import ask, clear_request
from core.machine import prepare_environment
from core.photos.dataset import load
from core.runs.engines.local import start_run, stop_run
from core.runs.store import create_run, more_epochs
from core.training.forecast import measured
from core.training.loop import checkpoint
from core.training.process import worker
from core.workspace.folders import PROJECT

prepare_environment()

from core.training.loop import train as training  # noqa: E402  (TensorFlow reads the environment while it is imported)

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


def assert_same_training(run, other):
    assert differences(run, other) == []


@pytest.fixture(scope="module")
def whole(home_of_stripes_and_dots, tmp_path_factory):
    """A run that nothing interrupted, trained once for all that compare themselves with it; it is read only."""
    home = tmp_path_factory.mktemp("whole") / "workspace"
    shutil.copytree(home_of_stripes_and_dots, home)
    (folder,) = (home / "datasets").glob("[!.]*")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ALEXNET_HOME", str(home))
        return train(run_of(load(folder.name), *STATEFUL))


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


def test_the_same_seed_gives_the_same_network_and_another_seed_another(whole, stripes_and_dots):
    assert_same_training(whole, train(run_of(stripes_and_dots, *STATEFUL)))
    other = train(run_of(stripes_and_dots, *STATEFUL, f"training.seed={whole.config.training.seed + 1}"))
    assert {"history", "last weight.0000", "best weight.0000"} <= set(differences(whole, other))


def test_a_run_that_is_paused_after_every_few_steps_ends_bit_for_bit_like_one_that_was_not(
    whole, stripes_and_dots, monkeypatch
):
    pieces = run_of(stripes_and_dots, *STATEFUL)
    assert in_pieces(pieces, monkeypatch) >= 4
    assert_same_training(whole, pieces)


def test_a_paused_run_with_growing_pictures_and_uneven_batches_ends_bit_for_bit_like_one_that_was_not(
    stripes_and_dots, monkeypatch
):
    growing = [
        *("network.input_size=64", "training.start_size_fraction=0.5", "training.epochs=2", "training.batch_size=10"),
        "network.blocks.0.normalization=batch",
    ]
    whole, pieces = train(run_of(stripes_and_dots, *STATEFUL, *growing)), run_of(stripes_and_dots, *STATEFUL, *growing)
    assert in_pieces(pieces, monkeypatch, every=5) >= 2
    assert_same_training(whole, pieces)


@pytest.mark.parametrize("word", ["pause", "stop"])
def test_a_request_is_heard_after_the_step_in_which_it_comes(stripes_and_dots, monkeypatch, word):
    run = run_of(stripes_and_dots, "training.checkpoint_seconds=3600")
    step = training.Training.step

    def ask_in_fourth_step(self, batch):
        if self._num_steps_done == 3:
            ask(run.folder, word)
        return step(self, batch)

    monkeypatch.setattr(training.Training, "step", ask_in_fourth_step)
    train(run)
    state = checkpoint.latest(run.folder / "checkpoints").state
    assert (state["epoch"], state["step"]) == (1, 4)
    assert run.status == {"pause": "paused", "stop": "stopped"}[word]


def test_a_pause_within_the_last_test_is_heard_at_once_and_the_run_goes_on_to_the_same_end(
    whole, stripes_and_dots, monkeypatch
):
    paused = run_of(stripes_and_dots, *STATEFUL)
    with monkeypatch.context() as meanwhile:
        ask_while(meanwhile, "test", paused, "pause")
        train(paused)
    assert (paused.status, paused.evaluation) == ("paused", None)
    clear_request(paused.folder)
    train(paused)
    assert paused.status == "completed"
    assert_same_training(whole, paused)


def test_a_stop_within_the_last_test_changes_nothing_about_a_completed_run(stripes_and_dots, monkeypatch):
    run = run_of(stripes_and_dots)
    ask_while(monkeypatch, "test", run, "stop")
    assert train(run).status == "completed"
    assert run.evaluation


def test_a_stop_within_validation_is_heard_at_once_and_what_was_learned_is_tested(stripes_and_dots, monkeypatch):
    run = run_of(stripes_and_dots)
    ask_while(monkeypatch, "val", run, "stop")
    assert train(run).status == "stopped"
    assert [row["epoch"] for row in run.history.epochs] == [1]
    assert run.evaluation


def ask_while(monkeypatch, split, run, word):
    """Leaves a request when the photos of a split are about to be judged."""
    evaluate = training.evaluate_model

    def evaluate_and_ask(*args, **others):
        if any(isinstance(arg, str) and arg == split for arg in args):
            ask(run.folder, word)
        return evaluate(*args, **others)

    monkeypatch.setattr(training, "evaluate_model", evaluate_and_ask)


def test_a_damaged_checkpoint_is_passed_over_with_a_word_and_the_run_ends_as_if_it_had_been_whole(
    whole, stripes_and_dots, monkeypatch
):
    hurt = run_of(stripes_and_dots, *STATEFUL)
    paused_at_look(12, hurt, monkeypatch)
    newest = checkpoint.latest(hurt.folder / "checkpoints").path
    newest.write_bytes(newest.read_bytes()[:-1])
    (newest.parent / ".step-000001-000009.tmp").write_bytes(b"what a crash left")
    train(hurt)
    assert hurt.status == "completed"
    assert not list(newest.parent.glob(".*"))
    assert any("not as it was written" in notice and ": 1 step." in notice for notice in hurt.history.notices)
    assert_same_training(whole, hurt)


def test_a_run_all_of_whose_checkpoints_are_damaged_begins_again_and_says_so(stripes_and_dots, monkeypatch):
    run = run_of(stripes_and_dots, "training.epochs=1")
    paused_at_look(4, run, monkeypatch)
    for path in (run.folder / "checkpoints").glob("step-*.safetensors"):
        path.write_bytes(b"")
    train(run)
    assert run.status == "completed"
    assert any("begins again" in notice for notice in run.history.notices)
    assert [row["epoch"] for row in run.history.epochs] == [1]


def test_weights_of_the_best_epoch_that_were_damaged_are_said_and_replaced(stripes_and_dots, monkeypatch):
    run = run_of(stripes_and_dots)
    trained_but_not_tested(run, monkeypatch)
    run.checkpoint.write_bytes(run.checkpoint.read_bytes()[:-1])
    before = run.folder / "checkpoints" / "best-before.safetensors"
    before.unlink(missing_ok=True)
    train(run)
    assert run.status == "completed"
    assert any("best epoch so far" in notice for notice in run.history.notices)
    assert run.history.best_epoch == 3
    assert checkpoint.read(run.checkpoint).state["val_accuracy"] == run.history.results["val_accuracy"]


def test_the_best_epoch_of_a_checkpoint_comes_back_when_a_later_one_has_to_be_done_again(stripes_and_dots, monkeypatch):
    run = run_of(stripes_and_dots, "training.epochs=12", "training.checkpoint_seconds=3600")
    saves = []

    class Killed(BaseException):
        pass

    def die_after_the_second_best(folder, arrays, state):
        checkpoint_save_best(folder, arrays, state)
        saves.append(state["epoch"])
        if len(saves) == 2:
            raise Killed

    checkpoint_save_best = checkpoint.save_best
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(checkpoint, "save_best", die_after_the_second_best)
        train(run)
    assert checkpoint.read(run.checkpoint).state["epoch"] == saves[1]
    ask(run.folder, "stop")
    train(run)
    assert run.history.results["best_epoch"] == checkpoint.read(run.checkpoint).state["epoch"] == saves[0]


def test_a_completed_run_gets_more_epochs_and_says_what_that_means_for_its_schedules(stripes_and_dots, monkeypatch):
    whole, pieces = (train(run_of(stripes_and_dots, *STATEFUL, "training.patience_epochs=3")) for _ in range(2))
    for run in (whole, pieces):
        run.events_path.write_text(run.events_path.read_text() + '{"kind": "queued", "time": 0}\n')
    whole, pieces = more_epochs(whole, 5), more_epochs(pieces, 5)
    train(whole)
    assert whole.status == "completed"
    assert [row["epoch"] for row in whole.history.epochs] == [1, 2, 3, 4, 5]
    rates = [row["learning_rate"] for row in whole.history.epochs]
    assert rates[2] < 0.001 < rates[3] > rates[4]  # had come down, rises, comes down again
    (notice,) = [text for text in whole.history.notices if "planned for 3 epochs and got 5" in text]
    assert "learning rate goes on at" in notice
    assert in_pieces(pieces, monkeypatch) >= 2
    assert_same_training(whole, pieces)


def test_other_circumstances_are_named_when_a_run_goes_on(stripes_and_dots, monkeypatch):
    run = run_of(stripes_and_dots, "training.precision=float32")  # a processor with bfloat16 would choose that
    paused_at_look(2, run, monkeypatch)
    assert run.history.circumstances["precision"] == "float32"
    known = training.circumstances
    monkeypatch.setattr(training, "circumstances", lambda *given: known(*given) | {"threads": "64"})
    train(run)
    (notice,) = [text for text in run.history.notices if "other circumstances" in text]
    assert "threads 64 instead of" in notice
    assert "precision" not in notice


def test_a_run_in_half_precision_goes_on_to_the_bit_and_on_a_device_without_it_too(stripes_and_dots, monkeypatch):
    half = [*STATEFUL, "training.epochs=1", "training.precision=mixed_float16"]
    whole, pieces, elsewhere = train(run_of(stripes_and_dots, *half)), *(run_of(stripes_and_dots, *half) for _ in "ab")
    for run in (pieces, elsewhere):
        paused_at_look(3, run, monkeypatch)
    assert_same_training(whole, train(pieces))
    monkeypatch.setattr(training, "choose_precision", lambda *_given: "float32")
    assert train(elsewhere).status == "completed"
    assert any("precision float32 instead of mixed_float16" in notice for notice in elsewhere.history.notices)


def test_patience_that_ran_out_before_a_kill_has_still_run_out_after_it(stripes_and_dots, monkeypatch):
    run = run_of(stripes_and_dots, "training.epochs=60", "training.patience_epochs=2", "training.learning_rate=1e-7")
    num_epochs = len(trained_but_not_tested(run, monkeypatch).history.epochs)
    assert train(run).status == "completed"
    assert len(run.history.epochs) == num_epochs < 60


def test_a_run_that_was_killed_goes_on_bit_for_bit(whole, stripes_and_dots):
    killed = run_of(stripes_and_dots, *STATEFUL)
    worker = subprocess.Popen([sys.executable, "-m", "core.training.process.worker", str(killed.folder)], cwd=PROJECT)
    while killed.history.step < 4:
        assert worker.poll() is None
        time.sleep(0.01)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    assert killed.status == "interrupted"
    assert checkpoint.latest(killed.folder / "checkpoints") is not None
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


def in_pieces(run, monkeypatch, every=5):
    """Trains a run that is asked to pause at every fifth look; returns how often it was."""
    looks = [0]

    def pause_at_every_fifth_look(_folder):
        looks[0] += 1
        return "pause" if looks[0] % every == 0 else None

    num_pauses = 0
    with monkeypatch.context() as patch:
        patch.setattr(training, "requested", pause_at_every_fifth_look)
        while train(run).status != "completed":
            assert run.status == "paused"
            num_pauses += 1
            assert num_pauses < 50
    return num_pauses


def paused_at_look(number, run, monkeypatch):
    """Trains a run to the look for requests at which it is asked to pause: one a step, and some in validation."""
    looks = iter(range(1, 1000))
    with monkeypatch.context() as patch:
        patch.setattr(training, "requested", lambda _folder: "pause" if next(looks) == number else None)
        assert train(run).status == "paused"


def trained_but_not_tested(run, monkeypatch):
    """As if killed between the last epoch and the last word."""
    with monkeypatch.context() as patch:
        patch.setattr(training.Training, "_test", lambda *_arguments: None)
        return train(run)


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
    with pytest.raises(NotANumberError, match=r"between step \d+ and step \d+.*learning rate"):
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


@pytest.mark.parametrize("optimizer", ["adamw", "muon", "adam", "sgd", "rmsprop"])
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


def test_a_device_without_memory_is_told_from_our_own_mistakes(stripes_and_dots, monkeypatch):
    from tensorflow.errors import ResourceExhaustedError

    def too_large(*_arguments):
        raise ResourceExhaustedError(None, None, "OOM when allocating tensor")

    monkeypatch.setattr(training.Training, "step", too_large)
    with pytest.raises(MemoryError):
        train(run_of(stripes_and_dots))


def test_photos_that_changed_since_the_run_was_made_are_noticed(stripes_and_dots):
    run = run_of(stripes_and_dots)
    path = run.folder / "dataset.json"
    path.write_text(path.read_text().replace(stripes_and_dots.checksum, "0" * 64))
    with pytest.raises(RunError, match="changed"):
        train(run)


def test_a_run_that_finds_no_memory_fails_with_a_batch_size_that_will_do(stripes_and_dots, monkeypatch):
    import tensorflow as tf

    def no_memory(training, batch):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    monkeypatch.setattr(training.Training, "step", no_memory)
    monkeypatch.setattr(worker, "give_way", lambda: None)
    run = run_of(stripes_and_dots)
    worker.main(run.folder)
    assert run.status == "failed"
    assert run.history.results["batch_size_that_fits"] == 4
    assert "A batch size of 4 will do" in run.history.message


def test_a_run_that_its_worker_has_finished_has_measured_this_machine(stripes_and_dots):
    run = run_of(stripes_and_dots, "training.epochs=2")
    assert measured.find(run.config, 2) is None
    subprocess.run(
        [sys.executable, "-m", "core.training.process.worker", run.folder], cwd=PROJECT, check=True, timeout=240
    )
    found = measured.find(run.config, 2)
    assert found.took_seconds > 0
    assert found.promised_seconds > 0
    assert set(found.train) == {32}
