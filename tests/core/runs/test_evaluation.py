"""Figures against counting by hand, and files that bring every name back."""

import json
import math

import numpy as np
import pytest

from core.errors import ModelError
from core.runs.evaluation import Answer, Evaluation, wilson_interval

HOSTILE = (
    "test/cats/plain.jpg",
    "test/cats/a,b;c.jpg",
    'test/cats/say "meow".jpg',
    "test/cats/two\nlines.jpg",
    "test/cats/carriage\rreturn.jpg",
    "test/cats/both\r\n.jpg",
    "test/cats/kätzchen 猫 🐈.jpg",
    "test/cats/latin1 \udce9.jpg",
    "test/cats/<img src=x onerror=alert(1)>.jpg",
    "=1+1.jpg",
    " leading and trailing ",
    "\ttab",
    "'quote",
    "#hash",
    "",
)


def three_classes() -> Evaluation:
    """Six photos: true 0 0 0 1 1 2, called 0 0 2 1 0 2."""
    rows = [[0.7, 0.2, 0.1], [0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.2, 0.6, 0.2], [0.5, 0.4, 0.1], [0.0, 0.25, 0.75]]
    return Evaluation(
        "test", ("cats", "dogs", "rabbits"), tuple("abcdef"), np.array([0, 0, 0, 1, 1, 2]), np.array(rows)
    )


def test_accuracy_and_confusion_matrix_equal_counting_by_hand():
    evaluation = three_classes()
    assert evaluation.predicted.tolist() == [0, 0, 2, 1, 0, 2]
    assert evaluation.correct.tolist() == [True, True, False, True, False, True]
    assert evaluation.accuracy == 4 / 6
    assert evaluation.confusion_matrix.tolist() == [[2, 0, 1], [1, 1, 0], [0, 0, 1]]
    assert evaluation.num_photos == 6


def test_loss_is_the_mean_logarithm_of_the_true_class():
    by_hand = -sum(math.log(p) for p in (0.7, 0.5, 0.1, 0.6, 0.4, 0.75)) / 6
    assert three_classes().loss == pytest.approx(by_hand, rel=1e-6)


def test_loss_of_sure_and_wrong_answers_is_finite():
    evaluation = Evaluation("test", ("cats", "dogs"), ("a", "b"), np.array([0, 1]), np.array([[1, 0], [1, 0]]))
    assert evaluation.loss == pytest.approx((-math.log(1e-7) - math.log(1 - 1e-7)) / 2, rel=1e-6)


@pytest.mark.tensorflow
@pytest.mark.parametrize("num_classes", [2, 3])
def test_loss_equals_that_of_keras(num_classes):
    import keras

    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(num_classes), 200).astype(np.float32)
    true = rng.integers(0, num_classes, 200)
    evaluation = Evaluation("val", tuple("abc"[:num_classes]), tuple(map(str, range(200))), true, probabilities)
    if num_classes == 2:
        p = probabilities[:, 1:]
        evaluation = Evaluation("val", ("a", "b"), evaluation.paths, true, np.concatenate([1 - p, p], axis=1))
        theirs = keras.losses.BinaryCrossentropy()(true[:, None].astype(np.float32), p)
    else:
        theirs = keras.losses.SparseCategoricalCrossentropy()(true, probabilities)
    assert evaluation.loss == pytest.approx(float(theirs), rel=1e-5)


def test_one_sigmoid_at_exactly_half_is_the_first_class():
    evaluation = Evaluation("test", ("cats", "dogs"), ("a",), np.array([0]), np.array([[0.5, 0.5]]))
    assert evaluation.accuracy == 1


@pytest.mark.parametrize(
    ("num_correct", "num_photos", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17, table I, method 3 (Wilson without continuity correction)
        pytest.param(81, 263, 0.2553, 0.3662, id="81 of 263"),
        pytest.param(15, 148, 0.0624, 0.1605, id="15 of 148"),
        pytest.param(0, 20, 0.0000, 0.1611, id="0 of 20"),
        pytest.param(1, 29, 0.0061, 0.1718, id="1 of 29"),
    ],
)
def test_interval_equals_published_values(num_correct, num_photos, low, high):
    assert wilson_interval(num_correct, num_photos) == pytest.approx((low, high), abs=5e-5)


def test_interval_equals_scipy():
    from scipy.stats import binomtest

    for num_correct, num_photos in ((0, 1), (1, 1), (450, 500), (906, 1000), (1000, 1000)):
        theirs = binomtest(num_correct, num_photos).proportion_ci(method="wilson")
        assert wilson_interval(num_correct, num_photos) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_interval_of_nothing_says_nothing():
    assert wilson_interval(0, 0) == (0, 1)


def test_saved_answers_come_back_bit_for_bit_whatever_the_files_are_called(tmp_path):
    rng = np.random.default_rng(1)
    p = np.concatenate([rng.random(len(HOSTILE) - 3), [0, 1, 1e-30]]).astype(np.float32)
    true = rng.integers(0, 2, len(p))
    class_names = ('cats, "big"\n', "döggs \udcff")
    before = Evaluation("test", class_names, HOSTILE, true, np.stack([1 - p, p], axis=1))
    before.save(tmp_path)
    after = Evaluation.load(tmp_path)
    assert (after.split, after.class_names, after.paths) == ("test", class_names, HOSTILE)
    assert after.true.tolist() == true.tolist()
    assert np.array_equal(after.probabilities, before.probabilities)
    assert after.summary() == before.summary()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["evaluation.json", "predictions.csv"]


def test_evaluation_json_can_be_read_without_us(tmp_path):
    three_classes().save(tmp_path)
    figures = json.loads((tmp_path / "evaluation.json").read_text())
    assert figures["accuracy"] == 4 / 6
    assert figures["num_photos"] == 6
    assert figures["confusion_matrix"] == [[2, 0, 1], [1, 1, 0], [0, 0, 1]]
    assert figures["class_names"] == ["cats", "dogs", "rabbits"]


def test_a_folder_without_an_evaluation_is_no_evaluation(tmp_path):
    with pytest.raises(FileNotFoundError):
        Evaluation.load(tmp_path)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        pytest.param("predictions.csv", "", id="empty table"),
        pytest.param("predictions.csv", "path,true,predicted,a,b\r\nx,wolves,cats,0.5,0.5\r\n", id="unknown class"),
        pytest.param("predictions.csv", "path,true,predicted,a,b\r\nx,cats,cats,many,0.5,0.5\r\n", id="no number"),
        pytest.param("predictions.csv", "path,true,predicted,a,b\r\nx,cats\r\n", id="short line"),
        pytest.param("predictions.csv", "path,true,predicted,a,b\r\nx,cats,cats,nan,0.5,0.5\r\n", id="not a number"),
        pytest.param("predictions.csv", "path,true,predicted,a,b\r\nx,cats,cats,7,0.5,0.5\r\n", id="more than sure"),
        pytest.param("predictions.csv", "path,true,predicted,a,b\r\nx,cats,cats,٣,0.5,0.5\r\n", id="other digits"),
        pytest.param("evaluation.json", "{", id="half a json"),
        pytest.param("evaluation.json", "[]", id="another json"),
    ],
)
def test_damaged_files_are_said_to_be_damaged(tmp_path, file, content):
    three_classes().save(tmp_path)
    (tmp_path / file).write_text(content)
    with pytest.raises(ModelError, match="Evaluate the run again"):
        Evaluation.load(tmp_path)


@pytest.mark.parametrize(
    ("paths", "true", "probabilities"),
    [
        pytest.param((), np.empty(0), np.empty((0, 2)), id="no photo"),
        pytest.param(("a",), np.array([0, 1]), np.ones((1, 2)), id="too many labels"),
        pytest.param(("a",), np.array([0]), np.ones((1, 1)), id="one sigmoid column"),
        pytest.param(("a",), np.array([2]), np.ones((1, 2)), id="a class that is not there"),
    ],
)
def test_parts_that_do_not_fit_are_refused(paths, true, probabilities):
    with pytest.raises(ValueError, match="received"):
        Evaluation("test", ("cats", "dogs"), paths, true, probabilities)


def test_an_answer_names_its_most_probable_class():
    assert Answer({"cats": 0.2, "dogs": 0.8}, np.zeros((2, 2, 3), np.uint8)).class_name == "dogs"
