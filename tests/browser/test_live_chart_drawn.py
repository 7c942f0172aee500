"""What the live chart draws, alone on an empty page: axes, marks, and where the words stand."""

import base64
from pathlib import Path

import pytest

from pages.parts import live_chart

HERE = Path(live_chart.__file__).parent
# Notes every text with where it stands, and draws.
DRAW = """async ([code, data]) => {
  window.said = []
  const pen = CanvasRenderingContext2D.prototype
  window.plain ??= pen.fillText
  pen.fillText = function (text, x, y) { window.said.push({ text, x, y }); window.plain.call(this, text, x, y) }
  const { default: show } = await import(`data:text/javascript;base64,${code}`)
  show({ data, parentElement: document.body })
  return window.said
}"""


@pytest.fixture
def blank(tab):
    """A page with the chart's own markup, before it has any data."""
    html, css = ((HERE / f"live_chart.{kind}").read_text() for kind in ("html", "css"))
    tab.set_content(f"<style>{css}</style>{html}")
    return tab


def drawn(page, **data) -> list[dict]:
    known = {"title": "T", "alt": "A", "percent": True, "best": None, "reference": {"name": "guessing", "y": 0.5}}
    code = base64.b64encode((HERE / "live_chart.js").read_bytes()).decode()
    return page.evaluate(DRAW, [code, known | data])


def lines(train: list, val: list) -> list[dict]:
    epochs = list(range(1, len(train) + 1))
    return [
        {"kind": "train", "name": "training", "x": epochs, "y": train},
        {"kind": "val", "name": "validation", "x": epochs, "y": val},
    ]


def values_of_axis(texts: list[dict]) -> list[str]:
    """What stands left of the curves, from bottom to top."""
    return [one["text"] for one in texts if one["x"] == 48]


def test_nothing_is_seen_before_there_is_data(blank):
    assert blank.locator("figure").inner_text().strip("\u200b\n ") == ""
    drawn(blank, series=lines([], []))
    assert blank.get_by_text("training").is_visible()


@pytest.mark.parametrize("percent", [True, False])
@pytest.mark.parametrize("values", [[], [0.5], [0.5, 0.5004], [0.9994, 0.9998, 1.0], [0.2, 0.9], [0.69314, 0.69316]])
def test_no_two_marks_of_the_axis_read_alike(blank, percent, values):
    marks = values_of_axis(drawn(blank, series=lines(values, values), percent=percent))
    assert len(marks) >= 2 and len(set(marks)) == len(marks)


def test_before_the_first_point_the_axis_is_all_that_is_possible(blank):
    marks = values_of_axis(drawn(blank, series=lines([], [])))
    assert (marks[0], marks[-1]) == ("0 %", "100 %")


def test_early_spikes_of_the_loss_do_not_rule_its_axis(blank):
    calm = [0.7 - 0.02 * epoch for epoch in range(18)]
    marks = values_of_axis(drawn(blank, series=lines([9.0, 4.0, *calm], [30.0, 2.0, *calm]), percent=False))
    assert float(marks[-1]) < 2


def test_a_loss_that_falls_as_losses_do_is_seen_whole(blank):
    falling = [2.0 * 0.93**epoch for epoch in range(40)]
    marks = values_of_axis(drawn(blank, series=lines(falling, falling), percent=False))
    assert float(marks[-1]) >= 1.5


@pytest.mark.parametrize("epoch", [1, 10, 20])
def test_the_words_of_the_best_epoch_stand_above_the_curves_and_inside_the_picture(blank, epoch):
    rising = [0.4 + 0.03 * number for number in range(20)]
    best = {"x": epoch, "y": rising[epoch - 1], "name": "best epoch, chosen among those at full size: 61.0 %"}
    blank.set_viewport_size({"width": 390, "height": 700})
    said = drawn(blank, series=lines(rising, rising), best=best)
    (label,) = [one for one in said if one["text"] == best["name"]]
    assert label["y"] < 22 and 0 < label["x"] < 390
    assert not [one for one in said if "guessing" in one["text"]]
    assert blank.get_by_text("guessing: 50.0 %").is_visible()
