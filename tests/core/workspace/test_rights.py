"""The one rule of who may change what, as a table."""

import pytest

from core.errors import RunError
from core.workspace import rights
from core.workspace.owners import mark_of
from core.workspace.rights import Person, has_part, is_admin, may_change, try_key

ANNA, BEN, CARLA = "annas-token-0123456789", "bens-token-0123456789", "carlas-token-0123456789"
PERSONS = {"Anna": Person(ANNA), "Ben": Person(BEN), "no cookie": Person(""), "admin": Person(CARLA, is_admin=True)}
THINGS = {
    "Anna's": (ANNA,),
    "Anna's and Ben's": (ANNA, BEN),
    "command line's": ("",),
    "command line's and Anna's": ("", ANNA),
    "nobody's": (),
}

#                              Anna   Ben    no cookie
ALONE_AT_HOME = {
    "Anna's": (True, False, False),
    "Anna's and Ben's": (False, False, False),
    "command line's": (True, True, True),
    "command line's and Anna's": (True, False, False),
    "nobody's": (True, True, True),
}
ALONE_IN_CLASS = {
    "Anna's": (True, False, False),
    "Anna's and Ben's": (False, False, False),
    "command line's": (False, False, False),
    "command line's and Anna's": (False, False, False),
    "nobody's": (False, False, False),
}
PART_IN_CLASS = {
    "Anna's": (True, False, False),
    "Anna's and Ben's": (True, True, False),
    "command line's": (False, False, False),
    "command line's and Anna's": (True, False, False),
    "nobody's": (False, False, False),
}


def table(rule) -> dict[str, tuple]:
    return {
        thing: tuple(rule(PERSONS[name], owners) for name in ("Anna", "Ben", "no cookie"))
        for thing, owners in THINGS.items()
    }


def test_without_an_administrator(workspace):
    assert table(may_change) == ALONE_AT_HOME


def test_in_a_class(workspace, monkeypatch):
    monkeypatch.setenv("ALEXNET_ADMIN_KEY", "open sesame")
    assert table(may_change) == ALONE_IN_CLASS
    assert table(has_part) == PART_IN_CLASS


@pytest.mark.parametrize("thing", THINGS)
def test_the_administrator_may_everything(workspace, monkeypatch, thing):
    monkeypatch.setenv("ALEXNET_ADMIN_KEY", "open sesame")
    assert may_change(PERSONS["admin"], THINGS[thing]) and has_part(PERSONS["admin"], THINGS[thing])


def test_a_token_and_its_mark_are_one_person(workspace):
    assert may_change(Person(mark_of(ANNA)), (ANNA,)) and may_change(Person(ANNA), (mark_of(ANNA),))


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass when a test says so."""
    now = [1000.0]
    monkeypatch.setattr(rights.time, "monotonic", lambda: now[0])
    rights._tries.clear()
    yield now
    rights._tries.clear()


def test_the_key_is_asked_for_five_times_a_minute_at_most(workspace, monkeypatch, clock):
    monkeypatch.setenv("ALEXNET_ADMIN_KEY", "open sesame")
    assert [try_key(f"guess {number}") for number in range(5)] == [False] * 5
    with pytest.raises(RunError, match=r"at most 5 times a minute.*Try again in 60 s"):
        try_key("open sesame")
    clock[0] += 61
    assert try_key("open sesame")


def test_a_key_that_was_not_set_is_nobodys(workspace, monkeypatch):
    monkeypatch.delenv("ALEXNET_ADMIN_KEY", raising=False)
    assert not is_admin("") and not is_admin("anything")
