import re
import tomllib
from pathlib import Path

import pytest

from core import palette
from core.palette import CAT, DOG, class_colours

PROJECT = Path(__file__).resolve().parents[2]
HEX_COLOUR = re.compile(r"(?<![&\w])#(?:[0-9a-fA-F]{8}|[0-9a-fA-F]{6}|[0-9a-fA-F]{3,4})\b")


def test_cats_and_dogs_have_their_own_colours_wherever_they_stand():
    assert class_colours(["dog", "cat"]) == {"dog": DOG, "cat": CAT}
    many = class_colours(["birds", "cats", "dogs", "rabbits"])
    assert (many["cats"], many["dogs"]) == (CAT, DOG)
    assert len(set(many.values())) == 4
    assert len(class_colours([str(i) for i in range(30)])) == 30


def test_colours_stand_in_one_file():
    files = [path for room in ("core", "pages") for path in (PROJECT / room).rglob("*") if path.is_file()]
    texts = {path: path.read_text() for path in files if path.suffix in (".py", ".js", ".css", ".html")}
    assert [path.name for path, text in texts.items() if HEX_COLOUR.search(text)] == ["palette.py"]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_theme_of_widgets_is_of_the_same_colours(dark):
    config = tomllib.loads((PROJECT / ".streamlit" / "config.toml").read_text())
    theme, colours = config["theme"]["dark" if dark else "light"], palette.mode(dark)
    assert theme["chartCategoricalColors"][:4] == [colours.training, colours.validation, CAT, DOG]
    assert (theme["blueColor"], theme["textColor"], theme["redColor"]) == (colours.training, colours.ink, colours.error)
    assert theme["chartCategoricalColors"][-1] == colours.neutral
