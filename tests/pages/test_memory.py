"""What a visit remembers, without a browser."""

from dataclasses import dataclass, field

from pages.state import Memory


@dataclass
class ThisPage:
    """What one page might keep."""

    opened: list[str] = field(default_factory=list)


@dataclass
class AnotherPage:
    """What another might."""

    opened: str = "nothing"


def test_a_page_s_own_state_is_one_for_a_visit_and_another_for_the_next():
    visit, other = Memory(), Memory()
    visit.of(ThisPage).opened.append("first")
    assert visit.of(ThisPage).opened == ["first"]
    assert visit.of(AnotherPage).opened == "nothing"
    assert other.of(ThisPage).opened == []
