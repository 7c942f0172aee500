"""Names of files and folders are text everywhere, whatever stands in them."""

import json
import re

import pytest
from click.testing import CliRunner
from hostile import BYTES, CLASSES, write_hostile
from visits import go, open_link

from core.cli.main import main
from core.config import PhotosConfig, SplitConfig
from core.photos.prepare import prepare
from pages.parts import words

pytestmark = pytest.mark.slow

PAGES = ("photos", "network", "augmentation", "training", "results", "classify")


@pytest.fixture
def made(tmp_path):
    folder = write_hostile(tmp_path / "<i>pets")
    return prepare(PhotosConfig(str(folder)), SplitConfig())


def test_every_photo_is_found_and_its_facts_are_kept_under_its_own_name(made):
    assert made.class_names == tuple(sorted(" ".join(name.split()) for name in CLASSES))  # a class's name is one line
    assert made.summary["found"] == 3 * 14 and made.summary["used"] == 3 * 12
    assert {example.path for example in made.examples} <= set(made.facts())


@pytest.mark.parametrize("name", PAGES)
def test_every_page_shows_such_a_data_set(made, name):
    app = go(open_link(dataset=made.id), name)
    assert not app.exception and not app.error
    for element in app.main:
        assert "<img" not in str(getattr(element, "allow_html", ""))


def test_every_photo_of_it_can_be_opened(made):
    app = go(open_link(dataset=made.id), "photos")
    for key in ("statistics", "disk"):
        app.session_state[key] = True
    app.run()
    for place in range(24):
        app.button(key=f"photo-{place}").click().run()
        assert not app.exception
        assert app.table[-1].value.iloc[0, 0] == "File"


def test_markup_in_labels_is_escaped(made):
    app = go(open_link(dataset=made.id), "photos")
    labels = [button.label for button in app.button if (button.key or "").startswith("photo-")]
    assert any("img src" in label for label in labels)
    for label in labels:
        assert not re.search(r"(?<!\\)[<\[*`$_]", label) and ":smile:" not in label and "\n" not in label


def test_the_command_line_prints_such_names(made):
    for arguments in (["scan", str(made.root), "--json"], ["scan", str(made.root)], ["disk", "--json"], ["disk"]):
        answer = CliRunner().invoke(main, arguments, prog_name="python -m core")
        assert answer.exit_code == 0, answer.exception or answer.stderr
        if "--json" in arguments:
            assert all(json.loads(line) for line in answer.stdout.split("\n") if line)
    answer = CliRunner().invoke(main, ["prepare", str(made.root), "--set", "network.input_size=32", "--json"])
    assert answer.exit_code == 0, answer.exception or answer.stderr


@pytest.mark.parametrize("name", [BYTES, "\u202egpj.exe", "a\nb", "\ud800"])
def test_shown_text_can_be_encoded_and_neither_breaks_lines_nor_turns(name):
    for shown in (words.printable(name), words.plain(name)):
        shown.encode()
        assert not set(shown) & set("\n\r\u202e\u202d")


def test_ordinary_names_of_every_script_stay_as_they_are():
    for name in ("kätzchen 猫 🐈.jpg", "👩‍👩‍👧", "שלום", "عربى"):
        assert words.printable(name) == name
