import pytest

from pages.parts import words


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (512, "512"),
        (9_999, "9,999"),
        (61_706, "61.7 k"),
        (1_688_865, "1.69 M"),
        (60_965_224, "61.0 M"),
        (724e6, "724 M"),
        (1.135e9, "1.14 G"),
    ],
)
def test_large_numbers_have_three_figures(number, said):
    assert words.quantity(number) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, "–"), (7.6, "8 s"), (240, "4 min"), (4800, "80 min"), (7260, "2 h 01 min"), (float("nan"), "–")],
)
def test_durations_are_said_as_people_say_them(seconds, said):
    assert words.duration(seconds) == said


@pytest.mark.parametrize(
    "hostile",
    [
        "[a](http://b.c)",
        "<script>",
        "**bold**",
        "`x`",
        ":smile:",
        ":red[x]",
        "$x$",
        "# h",
        "a_b_c",
        "![i](j)",
        "www.x.org",
    ],
)
def test_text_from_outside_keeps_no_markdown(hostile):
    shown = words.plain(hostile)
    assert all(shown[i - 1] == "\\" for i, sign in enumerate(shown) if sign in "[]()<>*`_#$!")
    assert ":smile" not in shown and "://" not in shown and "www" not in shown


def test_a_file_name_that_is_no_text_can_be_shown():
    assert words.plain(b"caf\xe9.jpg".decode("utf-8", "surrogateescape")).encode()


@pytest.mark.parametrize(
    ("said", "whole"),
    [
        (lambda: words.percent(0.519), "51.9~%"),
        (lambda: words.duration(7260), "2~h~01~min"),
        (lambda: words.quantity(1_688_865), "1.69~M"),
        (
            lambda: words.plain("good to ± 3 points (50 % of 12 s, 224 pixels)"),
            r"good to ±~3~points \(50~% of 12~s, 224~pixels\)",
        ),
        (lambda: words.plain("12 sheep, 3 hens and 5 mice"), "12 sheep, 3 hens and 5 mice"),
    ],
)
def test_no_line_breaks_between_a_number_and_its_unit(monkeypatch, said, whole):
    monkeypatch.setattr(words, "NO_BREAK", "\u00a0")
    assert said() == whole.replace("~", "\u00a0")
