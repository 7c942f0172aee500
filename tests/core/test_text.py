from hypothesis import given
from hypothesis import strategies as st

from core.text import natural_key

ONES = st.text(st.characters(categories=("L", "Nd", "P", "Zs", "Cs"), include_characters="0123456789./"), max_size=20)


def test_numbers_in_names_are_sorted_as_people_count():
    names = ["cats/cat.100.jpg", "cats/cat.10.jpg", "dogs/dog.2.jpg", "cats/Cat.2.jpg", "cats/cat.1.jpg", "cats/a.jpg"]
    assert sorted(names, key=natural_key) == [
        "cats/a.jpg",
        "cats/cat.1.jpg",
        "cats/Cat.2.jpg",
        "cats/cat.10.jpg",
        "cats/cat.100.jpg",
        "dogs/dog.2.jpg",
    ]


def test_a_number_longer_than_python_reads_is_sorted_too():
    assert sorted(["9" * 5000, "1" + "0" * 5000, "7"], key=natural_key) == ["7", "9" * 5000, "1" + "0" * 5000]


@given(st.lists(ONES, max_size=8))
def test_any_names_have_one_order_whatever_order_they_come_in(names):
    assert len({natural_key(name) for name in names}) == len(set(names))


@given(st.text("abc./ _-", max_size=6), st.integers(0, 10**30), st.integers(0, 10**30))
def test_two_names_that_differ_in_a_number_are_in_the_order_of_the_numbers(name, one, other):
    before = natural_key(f"{name}{one}.jpg") < natural_key(f"{name}{other}.jpg")
    assert before == (one < other)
