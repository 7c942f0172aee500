import os

import pytest

from core.jobs import way


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """What is asked of the system; nothing reaches it."""
    nice = []
    monkeypatch.setattr(way.os, "nice", lambda more: nice.append(more) or sum(nice))
    monkeypatch.setattr(way, "AUTOGROUP", tmp_path / "autogroup")
    return nice


def test_a_worker_in_a_session_of_its_own_gives_way_with_its_session(asked, monkeypatch):
    monkeypatch.setattr(way.os, "getsid", lambda pid: os.getpid())
    way.give_way()
    way.give_way()
    assert sum(asked) == 10
    assert way.AUTOGROUP.read_text() == "10"


def test_somebody_elses_session_is_left_as_it_is(asked, monkeypatch):
    monkeypatch.setattr(way.os, "getsid", lambda pid: os.getpid() + 1)
    way.give_way()
    assert not way.AUTOGROUP.exists()


def test_where_there_are_no_autogroups_only_the_process_gives_way(asked, monkeypatch, tmp_path):
    monkeypatch.setattr(way.os, "getsid", lambda pid: os.getpid())
    monkeypatch.setattr(way, "AUTOGROUP", tmp_path / "nowhere" / "autogroup")
    way.give_way()
    assert sum(asked) == 10
