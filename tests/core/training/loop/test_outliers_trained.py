"""From photos of neither class to a network that says so."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from core.bench.faults import differences
from core.config import ExperimentConfig, PhotosConfig, SplitConfig, overlay, put_all
from core.jobs.events import EventLog
from core.jobs.job import Cancelled
from core.machine import prepare_environment
from core.photos.prepare import prepare
from core.runs.calibration import Calibration
from core.runs.store import create_run, find_run
from core.training.recipe import made

prepare_environment()

from core.answers.classify import Classifier  # noqa: E402  (TensorFlow reads the environment while it is imported)
from core.answers.evaluate import evaluate_run  # noqa: E402
from core.answers.network import load_network  # noqa: E402
from core.photos.files.decode import decode  # noqa: E402
from core.training.loop import checkpoint  # noqa: E402
from core.training.loop import train as training  # noqa: E402
from core.training.loop.judge import chosen  # noqa: E402

SMALL = overlay(
    ExperimentConfig(),
    {
        "network": {
            "input_size": 32,
            "blocks": [{"filters": 8, "strides": 2, "pool_size": 2}, {"filters": 8}],
            "dense": [{"units": 16, "dropout_rate": 0.3}],
            "head": "average",
        },
        "training": {"batch_size": 8, "learning_rate": 0.01, "checkpoint_seconds": 0},
    },
)
SETTINGS = [
    "training.epochs=10",
    "training.outlier_fraction=0.5",
    "training.made_outlier_fraction=0.25",
    "training.class_weights=true",
    "photos.outliers=plain",
]


def train(run):
    saved = checkpoint.latest(run.folder / "checkpoints")
    log = EventLog(run.events_path, at=saved.state["events_offset"] if saved else 0)
    training.train(run, log)
    log.close()
    return find_run(run.id)


@pytest.fixture
def stripes_dots_and_plain(stripes_and_dots, tmp_path, monkeypatch):
    """The data set of stripes and dots, and plain pictures, which are neither."""
    monkeypatch.setattr(made, "PER_KIND", 2)
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("cats", "dogs"):
        shutil.copytree(stripes_and_dots.root / name, folder / name)
    (folder / "plain").mkdir()
    rng = np.random.default_rng(1)
    for index in range(24):
        plain = np.clip(rng.integers(60, 255, 3) + rng.normal(0, 4, (40, 40, 3)), 0, 255)
        Image.fromarray(plain.astype(np.uint8)).save(folder / "plain" / f"{index}.png")
    return prepare(PhotosConfig(source=str(folder), outliers="plain"), SplitConfig())


@pytest.fixture
def interrupted_after(monkeypatch):
    """interrupted_after(9, run) -> the run, trained to its end and paused before its 9th step."""
    whole = training.Training.step

    def interrupted_after(place, run):
        steps = []

        def step(self, batch):
            steps.append(batch)
            if len(steps) == place:
                raise Cancelled("pause")
            return whole(self, batch)

        with monkeypatch.context() as patched:
            patched.setattr(training.Training, "step", step)
            return train(train(run))

    return interrupted_after


def test_a_class_of_outliers_is_an_output_and_no_answer(stripes_dots_and_plain, interrupted_after):
    dataset = stripes_dots_and_plain
    assert dataset.class_names == ("cats", "dogs") and len(dataset.outliers) == 24
    run = train(create_run(put_all(SMALL, SETTINGS), dataset))
    assert run.status == "completed" and run.class_names == ("cats", "dogs")
    assert run.history.epochs[-1]["loss"] < run.history.epochs[0]["loss"]
    assert run.evaluation.probabilities.shape == (24, 2) and run.evaluation.accuracy > 0.8
    again = evaluate_run(find_run(run.id))
    np.testing.assert_array_equal(again.probabilities, run.evaluation.probabilities)
    found = run.calibration
    assert found is not None and found.has_output and found.detector == "max_p"
    assert found.found["outliers"][1] == 12 and found.found_fraction > 0.8
    classifier = Classifier(load_network(run))
    plain = [decode(dataset.root / e.path) for e in dataset.outliers if e.split == "test"]
    pets = [decode(dataset.root / e.path) for e in dataset.examples if e.split == "test"]
    assert sum(answer.is_neither for answer in classifier.classify(plain)) >= 5
    assert sum(answer.is_neither for answer in classifier.classify(pets)) <= 6
    assert all(set(answer.probabilities) == {"cats", "dogs"} for answer in classifier.classify(plain))

    taught = [*SETTINGS, "training.epochs=2", f"training.teachers={run.id}", "training.teacher_share=0.9"]
    student = train(create_run(put_all(SMALL, taught), dataset))
    same = interrupted_after(9, create_run(put_all(SMALL, taught), dataset))
    assert differences(student, same) == []
    assert json.loads((same.folder / "calibration.json").read_text()) == student.calibration.as_json()


def test_a_detector_is_chosen_by_made_pictures_and_never_by_the_photos_that_judge_it():
    def candidate(detector: str, made_found: int, photos_found: int) -> tuple[Calibration, dict]:
        found = {"noise": (made_found, 9), "wall": (1, 9), "outliers": (photos_found, 12)}
        return Calibration(detector=detector, found=found), {}

    best = candidate("knn", 6, 0)
    assert chosen([candidate("max_p", 3, 12), best, candidate("mahalanobis", 5, 12)], ["noise", "wall"]) == best
    first = candidate("max_p", 6, 0)
    assert chosen([first, candidate("knn", 6, 12)], ["noise", "wall"]) == first


def test_a_run_without_outliers_has_a_detector_of_its_own(stripes_and_dots):
    run = train(create_run(put_all(SMALL, ["training.epochs=2"]), stripes_and_dots))
    found = run.calibration
    assert found is not None and not found.has_output and "outliers" not in found.found
    assert found.temperature > 0 and 0 <= found.error <= 1
    network = load_network(find_run(run.id))
    assert network.calibration == found and network.num_targets == 2
    val = [e for e in stripes_and_dots.examples if e.split == "val"]
    answers = Classifier(network).classify([decode(stripes_and_dots.root / e.path) for e in val])
    assert sum(answer.is_neither for answer in answers) <= 2  # of 24, by whose scores the threshold was set
