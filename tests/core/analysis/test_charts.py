"""Figures: what they hold, what they say in words, and that folder names stay text."""

import math

import numpy as np
import pytest

from core.analysis import charts
from core.analysis.evaluation import Evaluation
from core.runs import History


def evaluation(class_names=("cats", "dogs")) -> Evaluation:
    """Ten photos of each of two classes; nine and eight are right."""
    true = np.repeat([0, 1], 10)
    called = true.copy()
    called[[0, 10, 11]] ^= 1
    probabilities = np.eye(2)[called]
    return Evaluation("test", class_names, tuple(map(str, range(20))), true, probabilities)


def history(num_epochs: int = 3, best_epoch: int | None = 2) -> History:
    rows = [
        {"epoch": e, "loss": 1 / e, "accuracy": 1 - 0.5 / e, "val_loss": 1.1 / e, "val_accuracy": 1 - 0.6 / e}
        for e in range(1, num_epochs + 1)
    ]
    return History(epochs=rows, best_epoch=best_epoch)


def test_confusion_matrix_shows_counts_and_says_right_and_wrong():
    cells = charts.confusion_matrix(evaluation()).data[0]
    assert [list(row) for row in cells.text] == [
        ["9 correct<br>90.0 %", "1 wrong<br>10.0 %"],
        ["2 wrong<br>20.0 %", "8 correct<br>80.0 %"],
    ]
    assert cells.hovertext[1][0] == "2 of 10 dogs were called cats (20.0 %): wrong"
    assert [list(row) for row in cells.z] == [[0.9, 0.1], [0.2, 0.8]]


def test_a_confusion_matrix_of_many_classes_has_room_for_counts_only():
    names = tuple("abcdefgh")
    many = Evaluation("test", names, names, np.arange(8), np.eye(8))
    assert charts.confusion_matrix(many).data[0].text[0][0] == "1"


def test_confusion_matrix_in_words():
    assert charts.confusion_matrix_alt(evaluation()) == (
        "Confusion matrix of 20 photos. Of 10 cats, 9 were called cats and 1 dogs. Of 10 dogs, 8 were called dogs and 2 cats."
    )


def test_a_class_without_photos_is_no_division_by_zero():
    alone = Evaluation("test", ("cats", "dogs"), ("a",), np.array([0]), np.array([[1, 0]]))
    assert list(charts.confusion_matrix(alone).data[0].z[1]) == [0, 0]


@pytest.mark.parametrize(
    "figure", [charts.confusion_matrix, lambda e: charts.probability_bars(dict.fromkeys(e.class_names, 0.5))]
)
def test_folder_names_never_become_tags(figure):
    text = str(figure(evaluation(("<b>cats</b>", '<a href="javascript:alert(1)">dogs</a>'))).to_dict())
    assert "<b>" not in text and "<a" not in text
    assert "&lt;b&gt;cats" in text


def test_probability_bars_keep_the_order_and_the_colours_of_the_classes():
    bars = charts.probability_bars({"cats": 0.25, "dogs": 0.75}).data[0]
    assert list(bars.x) == [0.25, 0.75]
    assert list(bars.text) == ["25.0 %", "75.0 %"]
    assert list(bars.marker.color) == [charts.CAT, charts.DOG]


def test_probability_bars_in_words_begin_with_the_answer():
    assert charts.probability_bars_alt({"cats": 0.25, "dogs": 0.75}) == "Probabilities: dogs 75.0 %, cats 25.0 %."


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0, "0.0 %"), (0.9994, "99.9 %"), (0.9996, "99.96 %"), (0.9999999, "99.99 %"), (1, "100.0 %")],
)
def test_less_than_certain_is_never_shown_as_100(share, shown):
    assert charts.probability_bars_alt({"cats": share}) == f"Probabilities: cats {shown}."


def test_cats_and_dogs_have_their_own_colours_wherever_they_stand():
    assert charts.class_colours(["dog", "cat"]) == {"dog": charts.DOG, "cat": charts.CAT}
    many = charts.class_colours(["birds", "cats", "dogs", "rabbits"])
    assert (many["cats"], many["dogs"]) == (charts.CAT, charts.DOG)
    assert len(set(many.values())) == 4
    assert len(charts.class_colours([str(i) for i in range(30)])) == 30


@pytest.mark.parametrize("dark", [False, True])
def test_training_is_solid_and_validation_dashed_in_the_shade_of_the_page(dark):
    training, validation, best = charts.curves(history(), "loss", dark=dark).data
    assert (training.line.color, training.line.dash) == (charts.TRAIN[dark], "solid")
    assert (validation.line.color, validation.line.dash) == (charts.VAL[dark], "dash")
    assert (list(best.x), list(best.y)) == ([2], [0.55])


def test_accuracy_is_drawn_in_per_cent():
    training, _, _ = charts.curves(history(), "accuracy").data
    assert list(training.y) == [50, 75, pytest.approx(100 - 50 / 3)]


def test_curves_in_words():
    assert charts.curves_alt(history()) == (
        "Loss over 3 epochs: training goes from 1.000 to 0.333, validation goes from 1.100 to 0.367. "
        "The best epoch is 2, with a validation loss of 0.550."
    )
    assert charts.curves_alt(history(0, None)) == "Loss by epoch: no epoch has ended yet."


def test_broken_numbers_are_gaps():
    broken = history()
    broken.epochs[1] |= {"loss": math.nan, "val_loss": "inf"}
    training, validation, best = charts.curves(broken).data
    assert training.y[1] is None and validation.y[1] is None and best.y[0] is None
    assert "not a number" in charts.curves_alt(broken)


def test_ten_thousand_epochs_stay_small_and_keep_the_best():
    long = history(10_000, best_epoch=7_777)
    training, validation, _ = charts.curves(long).data
    assert len(training.x) <= charts.MAX_POINTS + 3
    assert 7_777 in training.x and 7_777 in validation.x


def test_thinning_keeps_ends_and_spikes():
    values = np.sin(np.arange(5000) / 50)
    values[1234], values[4321] = 9, -9
    values[10:20] = math.nan
    kept = charts.thin(values, limit=100, keep=[2000])
    assert {0, 1234, 2000, 4321, 4999} <= set(kept)
    assert kept == sorted(set(kept)) and len(kept) <= 103
    assert charts.thin([1, 2, 3], limit=100) == [0, 1, 2]


@pytest.mark.parametrize("dark", [False, True])
def test_figures_leave_ground_and_font_to_the_page(dark):
    for figure in (
        charts.confusion_matrix(evaluation(), dark),
        charts.probability_bars({"cats": 1.0}),
        charts.curves(history(), dark=dark),
    ):
        assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0, 0, 0, 0)"
        assert figure.layout.font.color is None
