import pytest

from core.errors import RunError
from core.runs import people

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
