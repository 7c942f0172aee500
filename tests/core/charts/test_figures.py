"""Figures: what they hold, what they say in words, and that folder names stay text."""

import numpy as np
import pytest

from core import palette
from core.charts import figures as charts
from core.runs.evaluation import Evaluation


def evaluation(class_names=("cats", "dogs")) -> Evaluation:
    """Ten photos of each of two classes; nine and eight are right."""
    true = np.repeat([0, 1], 10)
    called = true.copy()
    called[[0, 10, 11]] ^= 1
    probabilities = np.eye(2)[called]
    return Evaluation("test", class_names, tuple(map(str, range(20))), true, probabilities)


def test_confusion_matrix_shows_counts_and_says_right_and_wrong():
    cells = charts.confusion_matrix(evaluation()).data[0]
    assert [list(row) for row in cells.text] == [
        ["9 correct<br>90.0 %", "1 wrong<br>10.0 %"],
        ["2 wrong<br>20.0 %", "8 correct<br>80.0 %"],
    ]
    assert cells.hovertext[1][0] == "2 of 10 dogs were called cats (20.0 %): wrong"


def test_what_is_wrong_has_another_colour_than_what_is_right():
    cells = charts.confusion_matrix(evaluation()).data[0]
    assert [list(row) for row in cells.z] == [[0.9, -0.1], [-0.2, 0.8]]
    (_, wrong), _, (_, right) = cells.colorscale
    assert (cells.zmin, cells.zmax) == (-1, 1) and wrong != right


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.8, 1.0])
def test_what_stands_in_a_cell_can_be_read_on_its_colour(dark, share):
    true = np.repeat([0, 1], 10)
    called = np.where(np.arange(20) % 10 < 10 * share, true, 1 - true)
    names = ("cats", "dogs")
    figure = charts.confusion_matrix(
        Evaluation("test", names, tuple(map(str, range(20))), true, np.eye(2)[called]), dark
    )
    cells, written = figure.data
    scale = dict(cells.colorscale)
    for x, y, text, ink in zip(written.x, written.y, written.text, written.textfont.color, strict=True):
        value = cells.z[y][x]
        assert text == cells.text[y][x] and value == pytest.approx(share if x == y else share - 1)
        ground = palette.mixed(scale[0.5], scale[1.0 if value > 0 else 0.0], abs(value))
        assert palette.contrast(ink, ground) >= 4.5


def test_contrast_is_that_of_the_standard():
    assert palette.contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert palette.contrast("#FFFFFF", "#767676") == pytest.approx(4.54, abs=0.01)
    assert palette.mixed("#000000", "#FF8000", 0.5) == "#804000"


def test_a_confusion_matrix_of_many_classes_has_room_for_counts_only():
    names = tuple("abcdefgh")
    many = Evaluation("test", names, names, np.arange(8), np.eye(8))
    assert charts.confusion_matrix(many).data[0].text[0][0] == "1"


def test_a_confusion_matrix_of_120_classes_is_drawn_without_120_times_120_texts():
    names = tuple(f"breed {index}" for index in range(120))
    figure = charts.confusion_matrix(Evaluation("test", names, names, np.arange(120), np.eye(120)))
    cells = figure.data[0]
    assert len(figure.data) == 1 and "were called breed 1" in cells.hovertext[1][1]
    assert not figure.layout.xaxis.showticklabels and len(figure.to_json()) < 3_000_000


def test_confusion_matrix_in_words():
    assert charts.confusion_matrix_alt(evaluation()) == (
        "Confusion matrix of 20 photos. Of 10 cats, 9 were called cats and 1 dogs. Of 10 dogs, 8 were called dogs and 2 cats."
    )


def test_a_class_without_photos_is_no_division_by_zero():
    alone = Evaluation("test", ("cats", "dogs"), ("a",), np.array([0]), np.array([[1, 0]]))
    assert list(charts.confusion_matrix(alone).data[0].z[1]) == [0, 0]


def test_folder_names_never_become_tags():
    named = evaluation(("<b>cats</b>", '<a href="javascript:alert(1)">dogs</a>'))
    text = str(charts.confusion_matrix(named).to_dict())
    assert "<b>" not in text and "<a" not in text
    assert "&lt;b&gt;cats" in text


@pytest.mark.parametrize("dark", [False, True])
def test_figures_leave_ground_and_font_to_the_page(dark):
    figure = charts.confusion_matrix(evaluation(), dark)
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0, 0, 0, 0)"
    assert figure.layout.font.color is None
