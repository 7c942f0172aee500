import random

import numpy as np

from core.photos.checks import likeness
from core.photos.checks.likeness import NEAR_BITS, hash_words, joined, near, near_pairs


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


def test_pairs_are_found_across_blocks_and_tiles_at_the_very_limit_and_not_beyond(monkeypatch):
    monkeypatch.setattr(likeness, "_BLOCK", 4)
    monkeypatch.setattr(likeness, "_TILE", 8)
    rng = np.random.default_rng(1)
    photos = rng.integers(0, 2, (60, 256), dtype=np.uint8)
    for copy, num_bits in zip(range(30, 60), (0, 1, 30, 63, 64, 65, 66) * 5, strict=False):
        photos[copy] = photos[copy - 30]
        photos[copy, rng.choice(256, num_bits, replace=False)] ^= 1
    distances = (photos[:, None] != photos[None]).sum(2)
    expected = [(i, j) for i in range(60) for j in range(i + 1, 60) if distances[i, j] <= NEAR_BITS]
    assert len(expected) == 22  # all but the 8 that differ in 65 or 66 bits
    assert sorted(near_pairs([row.tobytes().hex() for row in np.packbits(photos, axis=1)])) == expected
