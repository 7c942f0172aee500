"""Which photos of a test a run has learned from: by their bytes, and by what they show. No TensorFlow."""

from dataclasses import dataclass

import numpy as np

from core.errors import AppError
from core.photos.checks.likeness import NEAR_BITS
from core.photos.dataset import Dataset, load
from core.runs.run import Run


@dataclass(frozen=True)
class Overlap:
    """Photos of a test that the run knows already.

    Args:
        num_photos: of the test.
        same_bytes, same_picture: how many of them are training photos of the run, to the byte; and how many more show
            nearly the same picture as one.
        chosen_by: how many others are among its validation photos, by bytes or picture, by which its best epoch was chosen.
        is_known: False where the photos of the run are gone from this computer, so that nobody can say.
        has_pictures: False where pictures could not be compared, since one of the data sets was made by an older version.
    """

    num_photos: int
    same_bytes: int = 0
    same_picture: int = 0
    chosen_by: int = 0
    is_known: bool = True
    has_pictures: bool = True

    @property
    def learned_from(self) -> int:
        """Photos that the network was trained on."""
        return self.same_bytes + self.same_picture

    def __str__(self) -> str:
        """In a sentence."""
        if not self.is_known:
            return "The photos that this run learned from are gone, so nobody can say whether some of these are among them."
        parts = [
            f"It learned from {self.learned_from:,} of these {self.num_photos:,} photos"
            + (
                f" ({self.same_bytes:,} the same file, {self.same_picture:,} the same picture)"
                if self.learned_from
                else ""
            )
            + (f", and its best epoch was chosen by {self.chosen_by:,} others" if self.chosen_by else "")
            + "."
        ]
        if self.learned_from or self.chosen_by:
            parts.append("For those the figures say nothing about photos it never saw.")
        if not self.has_pictures:
            parts.append("Pictures that were saved anew could not be compared: prepare the photos again for that.")
        return " ".join(parts)


def overlap(run: Run, dataset: Dataset) -> Overlap:
    """How many photos of ``dataset`` the run was trained on, or chosen by."""
    num_photos = len(dataset.examples)
    try:
        own = load(run.dataset["id"])
    except AppError:
        return Overlap(num_photos, is_known=False)
    places = {
        split: {example.sha256 for example in own.examples if example.split == split} for split in ("train", "val")
    }
    hashes, own_hashes = _hashes(dataset), _hashes(own)
    words = {
        split: _words([own_hashes[e.path] for e in own.examples if e.split == split and e.path in own_hashes])
        for split in ("train", "val")
    }
    same_bytes = same_picture = chosen_by = 0
    for example in dataset.examples:
        word = _words([hashes[example.path]] if example.path in hashes else [])
        if example.sha256 in places["train"]:
            same_bytes += 1
        elif _is_near(word, words["train"]):
            same_picture += 1
        elif example.sha256 in places["val"] or _is_near(word, words["val"]):
            chosen_by += 1
    return Overlap(num_photos, same_bytes, same_picture, chosen_by, has_pictures=bool(hashes and own_hashes))


def _hashes(dataset: Dataset) -> dict[str, str]:
    return {path: check.perceptual_hash for path, check in dataset.facts().items() if check.perceptual_hash}


def _words(hashes: list[str]) -> np.ndarray:
    """(N, 4) uint64 of 64 hexadecimal digits each."""
    return np.frombuffer(bytes.fromhex("".join(hashes)), np.uint64).reshape(-1, 4)


def _is_near(word: np.ndarray, others: np.ndarray) -> bool:
    """Whether one picture, (1, 4) or (0, 4) if nobody knows it, is nearly one of the others, (N, 4)."""
    if not len(word) or not len(others):
        return False
    return bool((np.bitwise_count(others ^ word).sum(axis=1, dtype=np.uint16) <= NEAR_BITS).any())
