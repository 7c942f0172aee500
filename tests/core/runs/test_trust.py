"""An accuracy never stands alone: what guessing earns stands beside it, and no better than guessing is no answer."""

import json

import numpy as np
import pytest

from core.runs import trust
from core.runs.evaluation import Evaluation, Score


def score(*pairs: tuple[int, int]) -> Score:
    """Of (right, photos) for each class."""
    names = tuple(f"class {index}" for index in range(len(pairs)))
    return Score(names, tuple(right for right, _ in pairs), tuple(count for _, count in pairs))


@pytest.mark.parametrize(
    "pairs, accuracy, guess, balanced",
    [
        ([(15, 15), (0, 5)], 0.75, 0.75, 0.5),
        ([(15, 15), (0, 1)], 15 / 16, 15 / 16, 0.5),
        ([(40, 50), (45, 50)], 0.85, 0.5, 0.85),
        ([(2, 4), (0, 0), (1, 4)], 3 / 8, 0.5, 0.375),
    ],
    ids=["60 cats and 20 dogs", "60 and 6", "alike", "a class without photos"],
)
def test_beside_an_accuracy_stands_what_the_largest_class_would_earn(pairs, accuracy, guess, balanced):
    said = score(*pairs)
    assert (said.accuracy, said.guess_accuracy, said.balanced_accuracy) == pytest.approx((accuracy, guess, balanced))


@pytest.mark.parametrize(
    "pairs, beats",
    [
        ([(15, 15), (0, 5)], False),
        ([(15, 15), (0, 1)], False),
        ([(25, 50), (26, 50)], False),
        ([(30, 50), (29, 50)], False),  # 59 % of 100 photos: chance reaches that
        ([(35, 50), (36, 50)], True),
        ([(60, 75), (22, 25)], True),  # balanced: far better than one class always, though not above its 75 % by much
        ([(50, 75), (22, 25)], True),  # below 75 %, and yet it tells them apart
        ([(3, 3), (0, 0)], False),
        ([(0, 30), (25, 25)], False),  # everything is called the smaller class
    ],
)
def test_better_than_guessing_is_said_only_where_the_photos_show_it(pairs, beats):
    assert score(*pairs).beats_guessing == beats


def test_the_balanced_accuracy_is_said_only_where_classes_differ():
    assert trust.beside(score((40, 50), (45, 50))) == "guessing 50.0 %"
    assert trust.beside(score((15, 15), (0, 5))) == "guessing 75.0 %, balanced 50.0 %"
    assert "Balanced accuracy" in trust.sentence(score((15, 15), (0, 5)))
    assert "Photos of one class alone" in trust.sentence(score((3, 4), (0, 0)))


def evaluation(right: int, wrong: int) -> Evaluation:
    """Of cats and dogs in equal numbers; so many of each are named rightly."""
    true = np.repeat([0, 1], right + wrong)
    is_right = np.tile(np.arange(right + wrong) < right, 2)
    p_dog = np.where(true == is_right, 0.9, 0.1)
    paths = tuple(f"{number}.jpg" for number in range(len(true)))
    return Evaluation("test", ("cats", "dogs"), paths, true, np.stack([1 - p_dog, p_dog], axis=1))


@pytest.mark.tensorflow
def test_the_kept_network_is_judged_by_its_test_and_before_that_by_its_best_epoch(make_run):
    run = make_run()
    assert trust.kept_score(run) is None
    lines = [
        {"kind": "epoch", "epoch": 1, "val_right": [1, 4], "best": True},
        {"kind": "epoch", "epoch": 2, "val_right": [0, 4]},
    ]
    events = [
        {"time": 0.0, "loss": 1.0, "accuracy": 0.5, "val_loss": 1.0, "val_accuracy": 0.5} | line for line in lines
    ]
    run.events_path.write_text("".join(json.dumps(event) + "\n" for event in events))
    assert trust.kept_score(run).right == (1, 4)
    evaluation(right=9, wrong=1).save(run.folder)
    assert trust.kept_score(run).right == (9, 9)
    evaluation(right=2, wrong=8).save(run.folder)
    assert trust.kept_score(run).right == (2, 2)  # tested anew


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"class_names": [], "confusion_matrix": []}',
        '{"class_names": ["a"], "confusion_matrix": [["x"]]}',
    ],
)
@pytest.mark.tensorflow
def test_a_damaged_test_file_is_no_score(make_run, content):
    run = make_run()
    (run.folder / "evaluation.json").write_text(content)
    assert trust.test_score(run) is None


@pytest.mark.tensorflow
def test_stored_figures_hold_both_and_what_an_older_version_stored_is_read(make_run):
    run = make_run()
    evaluation(right=9, wrong=1).save(run.folder)
    about = json.loads((run.folder / "evaluation.json").read_text())
    assert (about["guess_accuracy"], about["balanced_accuracy"]) == (0.5, 0.9)
    del about["guess_accuracy"], about["balanced_accuracy"]
    (run.folder / "evaluation.json").write_text(json.dumps(about))
    assert trust.test_score(run).accuracy == 0.9
    assert Evaluation.load(run.folder).accuracy == 0.9
