"""The evidence beside the curve, against networks whose answer is known by construction."""

import numpy as np
import pytest

from core.advice.diagnosis.diagnose import diagnose_run
from core.config import ExperimentConfig, overlay, put_all
from core.errors import NotANumberError
from core.jobs.events import EventLog
from core.machine import prepare_environment
from core.runs.evaluation import Evaluation
from core.runs.store import create_run

prepare_environment()

from core.network.build import build  # noqa: E402
from core.training.loop import train as training  # noqa: E402
from core.training.loop.evidence import Watcher, answers, kernels, step_fraction  # noqa: E402
from core.training.loop.judge import predict  # noqa: E402  (TensorFlow reads the environment while it is imported)

TINY = overlay(
    ExperimentConfig(),
    {
        "network": {
            "input_size": 32,
            "blocks": [{"filters": 4, "strides": 2, "normalization": "none"}],
            "dense": [{"units": 8, "normalization": "none"}],
            "rescaling": "none",
        },
        "training": {"epochs": 3, "batch_size": 16, "warmup_fraction": 0.0},
    },
)


def train(run):
    log = EventLog(run.events_path)
    try:
        training.train(run, log)
    finally:
        log.close()
    return run


@pytest.fixture
def model():
    network = {
        "input_size": 32,
        "blocks": [{"filters": 4, "pool_size": 2}, {"filters": 6, "normalization": "none", "activation": "tanh"}],
        "dense": [{"units": 5, "normalization": "none"}],
        "head": "average",
    }
    return build(overlay(ExperimentConfig(), {"network": network}).network)


def pictures(num: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (num, 32, 32, 3)).astype(np.uint8)


def test_a_watched_model_gives_its_own_answers(model):
    assert np.allclose(predict(Watcher(model), pictures(8)), predict(model, pictures(8)), atol=1e-6)


def test_a_unit_is_dead_if_it_is_zero_in_every_photo_of_every_batch(model):
    # batch normalisation gives beta where gamma is 0: filters 0 and 2 are 0 behind the ReLU, 1 and 3 answer with .5
    model.get_layer("conv1_norm").gamma.assign(np.zeros(4))
    model.get_layer("conv1_norm").beta.assign([-1.0, 0.5, 0.0, 0.5])
    dense = model.get_layer("dense1")
    dense.kernel.assign(np.zeros((6, 5)))
    dense.bias.assign([1.0, -1.0, 1.0, 1.0, 1.0])
    watcher = Watcher(model)
    predict(watcher, pictures(4))
    assert watcher.dead_units() == {"conv1": 2, "dense1": 1}  # tanh has no dead units


def test_a_network_without_relu_is_watched_too():
    network = {"input_size": 32, "blocks": [{"filters": 2, "activation": "tanh"}], "dense": [], "head": "average"}
    watcher = Watcher(build(overlay(ExperimentConfig(), {"network": network}).network))
    assert predict(watcher, pictures(3)).shape == (3, 2)
    assert watcher.dead_units() == {}


def test_one_answer_in_one_batch_brings_a_unit_to_life_until_it_is_forgotten(model):
    watcher = Watcher(model)
    dense = model.get_layer("dense1")
    dense.kernel.assign(np.zeros((6, 5)))
    dense.bias.assign(np.full(5, -1.0))
    predict(watcher, pictures(2))
    assert watcher.dead_units()["dense1"] == 5
    dense.bias.assign([-1.0, -1.0, -1.0, -1.0, 2.0])
    predict(watcher, pictures(2))
    dense.bias.assign(np.full(5, -1.0))
    predict(watcher, pictures(2))
    assert watcher.dead_units()["dense1"] == 4
    watcher.forget()
    predict(watcher, pictures(2))
    assert watcher.dead_units()["dense1"] == 5


def test_answers_are_counted_by_class_and_their_spread_is_that_of_the_probabilities():
    sure = np.array([0.9, 0.6, 0.7, 0.2], np.float32)
    validation = Evaluation("val", ("cats", "dogs"), tuple("abcd"), [0, 0, 1, 1], np.stack([1 - sure, sure], axis=1))
    found = answers(validation)
    assert (found["val_top_class"], found["val_top_share"]) == (1, 0.75)
    assert found["val_spread"] == pytest.approx(np.std([0.9, 0.6, 0.7, 0.2]), rel=1e-5)


def test_a_step_is_measured_against_the_weights_it_moves(model):
    before = kernels(model)
    assert [array.size for array in before] == [3 * 3 * 3 * 4, 3 * 3 * 4 * 6, 6 * 5, 5]  # no biases
    assert step_fraction(before, [1.01 * array for array in before]) == pytest.approx(0.01, rel=1e-6)
    assert step_fraction(before, before) == 0.0


def test_a_training_leaves_evidence_in_every_epoch(stripes_and_dots):
    run = train(create_run(put_all(TINY, ["training.epochs=2"]), stripes_and_dots))
    for row in run.history.epochs:
        assert 0.5 <= row["val_top_share"] <= 1 and 0 <= row["val_spread"] <= 0.5
        assert 0 < row["step_fraction"] < 1
        assert set(row["dead_units"]) <= {"conv1", "dense1"}


def test_a_training_whose_loss_blows_up_is_diagnosed_by_its_last_word(stripes_and_dots):
    wild = ["training.learning_rate=10", "training.optimizer=sgd"]
    wild += ["network.blocks.0.activation=linear", "network.dense.0.activation=linear"]  # a ReLU would die first
    run = create_run(put_all(TINY, wild), stripes_and_dots)
    with pytest.raises(NotANumberError) as failed:
        train(run)
    log = EventLog(run.events_path)
    log.append("failed", message="In words that nobody reads.", code=failed.value.code)
    log.close()
    (finding,) = diagnose_run(run)
    assert finding.kind == "not_a_number"
    assert str(failed.value).startswith("The loss became ") and "between step" in str(failed.value)
    assert finding.changes == (("training.learning_rate", 0.01),)
