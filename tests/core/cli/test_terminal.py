"""Progress in a log: a line now and then, also where nobody knows how much there is to do."""

import pytest

from core.cli.parts import terminal
from core.cli.parts.terminal import Bar


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(terminal.time, "monotonic", lambda: now[0])
    return now


def test_a_stage_without_a_total_adds_a_line_every_five_seconds_only(clock, capsys):
    bar = Bar()
    for _ in range(240):
        bar("starting", 0, 0)
        clock[0] += 0.05
    assert capsys.readouterr().err.count("starting") == 2


def test_the_last_of_a_stage_is_always_said(clock, capsys):
    bar = Bar()
    for done in range(5):
        bar("caching", done, 4)
    assert capsys.readouterr().err.splitlines() == ["caching 4/4 " + "▓" * terminal.WIDTH]
