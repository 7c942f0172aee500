import random

from core.photos.checks.likeness import NEAR_BITS, hash_words, joined, near


def test_who_is_joined_is_joined_however_far_round():
    """Against the plainest way: give two groups one number, over and over, until nothing changes."""
    for seed in range(200):
        rng = random.Random(seed)
        pairs = [(rng.randrange(30), rng.randrange(30)) for _ in range(rng.randrange(40))]
        number = {item: item for pair in pairs for item in pair}
        for _ in range(30):
            for one, other in pairs:
                number[one] = number[other] = min(number[one], number[other])
        groups = joined(pairs)
        assert sorted(item for group in groups for item in group) == sorted(number)  # each in one group
        assert {frozenset(group) for group in groups} == {
            frozenset(item for item in number if number[item] == first) for first in number.values()
        }


def test_near_counts_bits_and_takes_none_of_none():
    same, edge, beyond = "0" * 64, f"{(1 << NEAR_BITS) - 1:064x}", f"{(1 << NEAR_BITS + 1) - 1:064x}"
    assert near(same, hash_words([beyond, same, edge])) == [1, 2]
    assert near(same, hash_words([])) == []
