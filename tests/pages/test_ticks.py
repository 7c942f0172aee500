import pytest

from pages.parts import ticks
from pages.parts.ticks import should_renew, tick_seconds
from pages.state import Memory


@pytest.fixture(autouse=True)
def nobody(monkeypatch):
    monkeypatch.setattr(ticks, "_seen", {})
    monkeypatch.setattr(ticks, "_renewed", -1.0)


def test_one_viewer_ticks_every_second_and_a_class_of_forty_eight_times_a_second_together():
    visits = [Memory() for _ in range(40)]
    assert tick_seconds(visits[0], 1.0, now=0) == 1.0
    for visit in visits:
        tick_seconds(visit, 1.0, now=1)
    assert tick_seconds(visits[0], 1.0, now=2) == 5.0


def test_viewers_who_left_are_not_counted():
    visits = [Memory() for _ in range(30)]
    for visit in visits:
        tick_seconds(visit, 1.0, now=0)
    assert tick_seconds(visits[0], 1.0, now=60) == 1.0


@pytest.mark.parametrize("seconds, wanted, wrong", [(1, 1, False), (1, 2, False), (1, 2.1, True), (3, 1, True)])
def test_an_interval_is_renewed_once_it_is_off_by_more_than_two(seconds, wanted, wrong):
    assert should_renew(seconds, wanted, now=50) is wrong


def test_a_class_that_comes_at_once_is_renewed_one_page_a_second():
    assert [should_renew(1, 4, now=50 + tenth / 10) for tenth in range(20)] == [tenth % 10 == 0 for tenth in range(20)]
