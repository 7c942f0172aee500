"""Every photo of a split is asked about once, in order, as training left the network."""

import math

import numpy as np
import pytest
from tiny_run import keep, random_model

from core.answers.classify import Classifier, model_of
from core.answers.evaluate import evaluate_run
from core.answers.network import load_network
from core.config import PhotosConfig, SplitConfig
from core.errors import ModelError
from core.jobs.job import Cancelled
from core.photos.files import decode
from core.photos.prepare import prepare
from core.runs.store import create_run
from core.training.loop.judge import evaluate_model, predict
from core.training.recipe.augment import resize


def pictures(num: int, size: int = 16) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (num, size, size, 3), np.uint8)


def test_all_photos_are_asked_about_in_order_whatever_the_batch_size(make_run):
    model = model_of(load_network(make_run()))
    images = pictures(12)
    indices = np.array([11, 3, 4, 0, 7, 8, 9])
    labels = np.array([0, 1, 1, 0, 0, 1, 0])
    paths = [f"photo {index}" for index in indices]
    seen = []
    for batch_size in (1, 3, 7, 64):  # 7 = 3 + 3 + 1: the last batch is smaller
        evaluation = evaluate_model(
            model,
            images,
            indices,
            labels,
            ("cats", "dogs"),
            paths,
            "val",
            16,
            batch_size,
            lambda *said: seen.append(said),
        )
        assert evaluation.paths == tuple(paths)
        assert evaluation.true.tolist() == labels.tolist()
        assert evaluation.probabilities == pytest.approx(predict(model, images[indices]), abs=1e-6)
    assert seen[7:10] == [("testing", 3, 7), ("testing", 6, 7), ("testing", 7, 7)]


def test_a_smaller_network_is_shown_smaller_pictures(make_run):
    network = load_network(make_run(image_size=8))
    model, size = model_of(network), network.image_size
    images = pictures(5)
    evaluation = evaluate_model(model, images, np.arange(5), np.zeros(5), ("cats", "dogs"), list("abcde"), "test", size)
    small = np.stack([resize(image, 8) for image in images])
    assert evaluation.probabilities == pytest.approx(predict(model, small), abs=1e-6)


def test_a_stop_is_let_through(make_run):
    def stop(*_):
        raise Cancelled

    model = model_of(load_network(make_run()))
    with pytest.raises(Cancelled):
        evaluate_model(model, pictures(3), np.arange(3), np.zeros(3), ("a", "b"), list("abc"), "val", 16, 1, stop)


def test_a_network_that_broke_down_says_so(make_run):
    model = model_of(load_network(make_run()))
    model.get_layer("output").bias.assign([math.nan])
    with pytest.raises(ModelError, match="NaN"):
        evaluate_model(model, pictures(2), np.arange(2), np.zeros(2), ("a", "b"), ["a", "b"], "test", 16)


@pytest.fixture
def drawn():
    """Sixteen drawn pets: eight to train, four to validate, four to test."""
    return prepare(PhotosConfig(num_drawn=8), SplitConfig())


def test_a_run_is_tested_on_its_own_photos_as_classify_sees_them(make_run, drawn):
    tiny = make_run()
    run = create_run(tiny.config, drawn)
    keep(run, random_model(run))
    evaluation = evaluate_run(run)
    indices = drawn.of_split("test")
    assert evaluation.split == "test"
    assert evaluation.paths == tuple(drawn.examples[index].path for index in indices)
    assert evaluation.true.tolist() == drawn.labels[indices].tolist()
    answers = Classifier(load_network(run)).classify([decode.decode(drawn.root / path) for path in evaluation.paths])
    shown = np.array([list(answer.probabilities.values()) for answer in answers])
    assert evaluation.probabilities == pytest.approx(shown, abs=1e-6)

    assert evaluate_run(tiny, drawn, split="train").num_photos == 8

    other = make_run(("cat", "dog"))
    with pytest.raises(ModelError, match="knows cat, dog; received cats, dogs"):
        evaluate_run(other, drawn)


@pytest.mark.photos
def test_a_run_is_tested_on_real_photos(make_run, real_photos, tmp_path):
    folder = tmp_path / "real"
    for class_name in ("cats", "dogs"):
        (folder / class_name).mkdir(parents=True)
        for photo in sorted((real_photos / "cats_vs_dogs_4000" / "test" / class_name).iterdir())[:8]:
            (folder / class_name / photo.name).write_bytes(photo.read_bytes())
    dataset = prepare(PhotosConfig(source=str(folder)), SplitConfig())
    run = make_run()
    evaluation = evaluate_run(run, dataset, split="train")
    answers = Classifier(load_network(run)).classify([decode.decode(folder / path) for path in evaluation.paths])
    assert evaluation.num_photos == 8
    assert [answer.probabilities["dogs"] for answer in answers] == pytest.approx(
        evaluation.probabilities[:, 1], abs=1e-6
    )
