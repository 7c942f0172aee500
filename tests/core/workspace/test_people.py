import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RunError
from core.workspace import people
from core.workspace.owners import mark_of

ANNA, BEN = "a-token-of-annas-browser", "a-token-of-bens-browser"


def test_a_browser_is_a_guest_until_it_has_a_name_and_its_token_is_never_part_of_it(workspace):
    assert people.name_of("") == "command line"
    guest = people.name_of(ANNA)
    assert guest.startswith("guest ") and guest == people.name_of(ANNA) != people.name_of(BEN)
    people.set_name(ANNA, "  Anna\n\u202e<b>K.</b> ")
    assert people.name_of(ANNA) == "Anna <b>K.</b>"
    assert people.name_of(BEN).startswith("guest ")
    assert not any(ANNA in str(path) or ANNA in path.read_text() for path in (workspace / "people").iterdir())
    people.set_name(ANNA, " ")
    assert people.name_of(ANNA) == guest


def test_names_that_cannot_be_kept_are_refused_in_words(workspace):
    with pytest.raises(RunError, match="at most 40 letters; received 41"):
        people.set_name(ANNA, "x" * 41)
    with pytest.raises(RunError, match="cookie"):
        people.set_name("", "Anna")


OURS = [
    "command line",
    "Command  Line",
    "COMMAND-LINE",
    "cоmmand line",
    "guest 1a2b",
    "Guest 1A2B",
    "guest",
    "ｇｕｅｓｔ 1a2b",
    "gu\u200best 1a2b",
    "yours",
    "You",
    "Administrator",
    "c0mmand line",
]


@pytest.mark.parametrize("name", OURS)
def test_nobody_is_called_what_the_app_says_itself(workspace, name):
    with pytest.raises(RunError, match=r"of your own|several alphabets"):
        people.set_name(ANNA, name)
    assert people.name_of(ANNA).startswith("guest ") and len(people.name_of(ANNA)) == 10


@pytest.mark.parametrize("name", ["Anna", "anna", " ANNA ", "A n n a", "Anna.", "Аnna", "Ａｎｎａ", "An-na"])
def test_nobody_is_called_what_somebody_else_is_or_looks_like(workspace, name):
    people.set_name(ANNA, "Anna")
    with pytest.raises(RunError, match=r"is called|several alphabets"):
        people.set_name(BEN, name)
    assert people.name_of(BEN).startswith("guest ")
    people.set_name(ANNA, "ANNA")
    assert people.name_of(ANNA) == "ANNA"


@pytest.mark.parametrize("name", ["Anna 2", "Ännchen", "Анна", "李", "🐱", "O'Neill", "Zoë", "Änna"])
def test_people_are_called_what_people_are_called(workspace, name):
    people.set_name(BEN, "Anna")
    people.set_name(ANNA, name)
    assert people.name_of(ANNA) == name


def test_a_name_that_was_let_go_can_be_taken(workspace):
    people.set_name(ANNA, "Anna")
    people.set_name(ANNA, "")
    people.set_name(BEN, "Anna")
    assert people.name_of(BEN) == "Anna"


def test_a_name_that_an_older_version_took_does_not_pass_for_the_apps_own(workspace):
    people.set_name(ANNA, "Anna")
    (workspace / "people" / mark_of(ANNA)).write_text("command line")
    assert people.name_of(ANNA).startswith("guest ")


@given(st.text(max_size=45))
def test_every_text_is_a_name_or_refused_in_words(name):
    try:
        people.set_name(ANNA, name)
    except RunError as error:
        assert str(error)
    else:
        assert people.name_of(ANNA)
