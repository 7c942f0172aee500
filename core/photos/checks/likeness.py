"""What near copies are found by: a hash that hardly changes where the picture hardly does, and who is joined by being alike."""

from collections.abc import Hashable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

import cv2
import numpy as np

from core.machine import num_cores

NEAR_BITS = 64
"""Two photos are near-duplicates if their 256-bit hashes differ in at most so many bits. Among 19,000 real photos
(180 million pairs) that finds 20 pairs, all of the same picture; the next pair differs in 72 bits. Copies of 500 of
them at half size, at JPEG quality 30 and cropped by 2 % a side differed in at most 58."""

_BLOCK, _TILE = 64, 4096  # hashes compared with how many others at a time: 2 MB a thread, which a processor keeps close
_SURE = 6.0  # standard deviations
Item = TypeVar("Item", bound=Hashable)


def perceptual_hash(grey: np.ndarray) -> str:
    """256 bits that hardly change when a picture is resized, recompressed or slightly cropped.

    Signs of the low frequencies against their median (pHash, Zauner 2010, section 3.2.1, with 16 x 16 coefficients in
    place of 8 x 8: at 64 bits no threshold finds cropped copies without pairing strangers).

    Args:
        grey: (H, W) uint8.

    Returns:
        64 hexadecimal digits.
    """
    small = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
    waves = _cosines()  # (16, 32)
    frequencies = waves @ small @ waves.T  # (16, 16)
    return np.packbits(frequencies > np.median(frequencies)).tobytes().hex()


@lru_cache(1)
def _cosines() -> np.ndarray:
    """Rows 1 to 16 of the 32-point discrete cosine transform (DCT-II); row 0 would be the mean brightness."""
    x, k = np.arange(32), np.arange(1, 17)
    return np.cos(np.pi * (2 * x + 1) * k[:, None] / 64).astype(np.float32)


def hash_words(hashes: Iterable[str]) -> np.ndarray:
    """(N, 4) uint64 of perceptual hashes (64 hexadecimal digits each)."""
    return np.frombuffer(bytes.fromhex("".join(hashes)), np.uint64).reshape(-1, 4)


def near(digits: str, words: np.ndarray) -> list[int]:
    """Which of many pictures show the same as one, exactly or nearly: their positions, ascending.

    Args:
        digits: the perceptual hash of the one.
        words: (N, 4) uint64 of the many, from ``hash_words``.
    """
    bits = np.bitwise_count(words ^ hash_words([digits])).sum(1, dtype=np.uint16)
    return np.flatnonzero(bits <= NEAR_BITS).tolist()


def near_pairs(hashes: Sequence[str], max_bits: int = NEAR_BITS) -> list[tuple[int, int]]:
    """All pairs (i, j), i < j, of hashes (64 hexadecimal digits each) that differ in at most ``max_bits`` bits.

    Every pair is looked at, and most at half price: of strangers a half of the bits, chosen by lot, tells already that they are none. A pair
    of ``max_bits`` differences is lost by that once in a billion times (6 standard deviations of the hypergeometric distribution).
    """
    if len(hashes) < 2:
        return []
    words = _by_lot(hashes)  # (4, N)
    most_in_half = int(max_bits / 2 + _SURE * (max_bits * (256 - max_bits) / 1020) ** 0.5)

    def pairs_of_block(start: int) -> list[tuple[int, int]]:
        block, found = words[:, start : start + _BLOCK], []
        for left in range(start, len(hashes), _TILE):
            tile = words[:, left : left + _TILE]
            bits = np.bitwise_count(block[0][:, None] ^ tile[0])  # (B, T) uint8, which holds two counts of up to 64
            bits += np.bitwise_count(block[1][:, None] ^ tile[1])
            rows, columns = np.divmod(np.flatnonzero(bits <= most_in_half), tile.shape[1])
            rest = [np.bitwise_count(block[k][rows] ^ tile[k][columns]) for k in (2, 3)]
            near = bits[rows, columns].astype(np.uint16) + rest[0] + rest[1] <= max_bits
            for i, j in zip((rows[near] + start).tolist(), (columns[near] + left).tolist(), strict=True):
                if i < j:
                    found.append((i, j))
        return found

    with ThreadPoolExecutor(num_cores()) as threads:  # numpy lets go of the interpreter lock in here
        return [pair for block in threads.map(pairs_of_block, range(0, len(hashes), _BLOCK)) for pair in block]


def _by_lot(hashes: Sequence[str]) -> np.ndarray:
    """(4, N) uint64 of perceptual hashes, their bits in another order, the same for all: frequencies that lie together are far apart."""
    bits = np.unpackbits(np.frombuffer(bytes.fromhex("".join(hashes)), np.uint8).reshape(-1, 32), axis=1)  # (N, 256)
    lot = np.random.default_rng(0).permutation(256)
    return np.ascontiguousarray(np.packbits(bits[:, lot], axis=1)).view(np.uint64).T.copy()


def joined(pairs: Iterable[tuple[Item, Item]]) -> list[list[Item]]:
    """Who belongs together if both of every pair do, however far round: the groups, each item in one of them."""
    group_of: dict[Item, list[Item]] = {}
    for one, other in pairs:
        smaller, larger = sorted((group_of.setdefault(one, [one]), group_of.setdefault(other, [other])), key=len)
        if smaller is not larger:
            larger.extend(smaller)
            group_of |= dict.fromkeys(smaller, larger)
    return list({id(group): group for group in group_of.values()}.values())
