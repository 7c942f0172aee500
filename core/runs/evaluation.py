"""What a network answered, and the figures that follow from it. No TensorFlow.

Only answers are stored: accuracy, loss, confusion matrix and interval are derived from them, so that no two of them
can ever disagree.
"""

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from core import parse
from core.errors import ModelError
from core.workspace.files import DAMAGED, read_file, read_json, write_atomic

EPSILON = 1e-7  # keras.config.epsilon(): its cross entropies clip probabilities to [1e-7, 1 - 1e-7]
EVEN = 1.1  # of the smallest class's photos the largest has at most so many times
_Z_95 = 1.959963984540054  # 97.5 % quantile of the normal distribution


@dataclass(frozen=True)
class Answer:
    """What a network says about one photo.

    Args:
        probabilities: class name -> probability in 0..1, in the order of the data set; they add up to 1.
        seen: (size, size, C) uint8, the very picture that went into the network.
        is_neither: whether the network takes it for something of no class (``core.runs.calibration``). The probabilities then say
            which class it would be if it were of one, and nothing about whether it is.
    """

    probabilities: dict[str, float]
    seen: np.ndarray
    is_neither: bool = False

    @property
    def class_name(self) -> str:
        """The most probable class."""
        return max(self.probabilities, key=self.probabilities.__getitem__)


@dataclass(frozen=True)
class Score:
    """How many photos of each class were named rightly, and what that is worth beside answers that look at no photo.

    Args:
        class_names: in the order of class_index.
        right: of each class, how many of its photos were named rightly.
        counts: of each class, how many photos were asked about; at least one photo in all.
    """

    class_names: tuple[str, ...]
    right: tuple[int, ...]
    counts: tuple[int, ...]

    @property
    def num_photos(self) -> int:
        return sum(self.counts)

    @property
    def accuracy(self) -> float:
        """Share of the photos named rightly, 0..1."""
        return sum(self.right) / self.num_photos

    @property
    def interval(self) -> tuple[float, float]:
        """Where the accuracy on endless photos of this kind lies with 95 % confidence: (low, high) in 0..1."""
        return wilson_interval(sum(self.right), self.num_photos)

    @property
    def largest(self) -> str:
        """The class with the most photos, the first of them if several have as many."""
        return self.class_names[max(range(len(self.counts)), key=self.counts.__getitem__)]

    @property
    def guess_accuracy(self) -> float:
        """What always saying the largest class would earn, 0..1; at least 1/num_classes."""
        return max(max(self.counts) / self.num_photos, 1 / len(self.class_names))

    @property
    def recalls(self) -> tuple[float, ...]:
        """Of each class that has photos here, the share named rightly."""
        return tuple(right / count for right, count in zip(self.right, self.counts, strict=True) if count)

    @property
    def balanced_accuracy(self) -> float:
        """The mean of ``recalls``, 0..1: every class counts alike, however many photos it has. Guessing earns 1/num_classes."""
        return sum(self.recalls) / len(self.recalls)

    @property
    def balanced_interval(self) -> tuple[float, float]:
        """95 % interval of the balanced accuracy: Wilson's intervals of the classes, added as independent (Newcombe 1998, method 10)."""
        below = above = 0.0
        pairs = [(right, count) for right, count in zip(self.right, self.counts, strict=True) if count]
        for right, count in pairs:
            low, high = wilson_interval(right, count)
            below, above = below + (right / count - low) ** 2, above + (high - right / count) ** 2
        middle = self.balanced_accuracy
        return middle - math.sqrt(below) / len(pairs), middle + math.sqrt(above) / len(pairs)

    @property
    def is_even(self) -> bool:
        """Whether the classes have about as many photos, so that balanced accuracy says nothing new."""
        return max(self.counts) <= EVEN * min(self.counts)

    @property
    def beats_guessing(self) -> bool:
        """Whether the photos show, with 95 % confidence, that it is better than saying one class always.

        Where classes differ, it may also show in the balanced accuracy: a network that finds most of a rare class tells them
        apart, though always saying the frequent one would be right more often. That takes photos of two classes.
        """
        if self.interval[0] > self.guess_accuracy:
            return True
        return len(self.recalls) > 1 and self.balanced_interval[0] > 1 / len(self.recalls)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A network's answers on one split.

    Args:
        split: "train", "val" or "test".
        class_names: in the order of class_index.
        paths: of the N photos, relative to the data set's root.
        true: (N,) int32 class indices.
        probabilities: (N, num_classes) float32, 0..1; one sigmoid p is stored as [1 - p, p].

    Raises:
        ValueError: the parts do not have the same length, or there is no photo.
    """

    split: str
    class_names: tuple[str, ...]
    paths: tuple[str, ...]
    true: np.ndarray
    probabilities: np.ndarray

    def __post_init__(self):
        object.__setattr__(self, "class_names", tuple(self.class_names))
        object.__setattr__(self, "paths", tuple(self.paths))
        object.__setattr__(self, "true", np.asarray(self.true, np.int32))
        object.__setattr__(self, "probabilities", np.asarray(self.probabilities, np.float32))
        num_photos, num_classes = len(self.paths), len(self.class_names)
        if self.true.shape != (num_photos,) or self.probabilities.shape != (num_photos, num_classes):
            raise ValueError(
                f"{num_photos} paths of {num_classes} classes need true ({num_photos},) and probabilities ({num_photos}, {num_classes}); "
                f"received {self.true.shape} and {self.probabilities.shape}"
            )
        if num_photos == 0:
            raise ValueError("an evaluation needs at least one photo; received none")
        if self.true.min() < 0 or self.true.max() >= num_classes:
            raise ValueError(f"true must be in 0..{num_classes - 1}; received {self.true.min()} to {self.true.max()}")

    @property
    def num_photos(self) -> int:
        return len(self.paths)

    @cached_property
    def predicted(self) -> np.ndarray:
        """(N,) int32, the most probable class of each photo. One sigmoid at exactly 0.5 is the first class, as in Keras."""
        return self.probabilities.argmax(axis=1).astype(np.int32)

    @cached_property
    def correct(self) -> np.ndarray:
        """(N,) bool."""
        return self.predicted == self.true

    @property
    def accuracy(self) -> float:
        """Share of photos whose most probable class is the true one, 0..1."""
        return float(self.correct.mean())

    @cached_property
    def losses(self) -> np.ndarray:
        """(N,) float64 cross entropies in nats, of probabilities clipped as Keras clips them. Guessing costs ln(num_classes)."""
        given = self.probabilities[np.arange(self.num_photos), self.true]
        clipped = np.clip(given, np.float32(EPSILON), np.float32(1 - EPSILON))
        return -np.log(clipped.astype(np.float64))

    @property
    def loss(self) -> float:
        """Mean cross entropy in nats."""
        return float(self.losses.mean())

    @cached_property
    def score(self) -> Score:
        """What was named rightly, by class, beside what guessing would earn."""
        return score_of(self.class_names, self.confusion_matrix)

    @cached_property
    def confusion_matrix(self) -> np.ndarray:
        """(num_classes, num_classes) int64; [i, j] counts photos of class i that were called j."""
        num_classes = len(self.class_names)
        cells = self.true * num_classes + self.predicted
        return np.bincount(cells, minlength=num_classes**2).reshape(num_classes, num_classes)

    @property
    def interval(self) -> tuple[float, float]:
        """Where the accuracy on endless photos of this kind lies with 95 % confidence: (low, high) in 0..1."""
        return wilson_interval(int(self.correct.sum()), self.num_photos)

    def summary(self) -> dict[str, Any]:
        """The figures as JSON types: accuracy, guess_accuracy, balanced_accuracy, loss, interval, num_photos, confusion_matrix."""
        return {
            "accuracy": self.accuracy,
            "guess_accuracy": self.score.guess_accuracy,
            "balanced_accuracy": self.score.balanced_accuracy,
            "loss": self.loss,
            "interval": list(self.interval),
            "num_photos": self.num_photos,
            "confusion_matrix": self.confusion_matrix.tolist(),
        }

    def save(self, folder: Path) -> None:
        """Writes predictions.csv (one line a photo: the truth) and evaluation.json (split, classes, figures to read).

        File names may hold any byte but zero: undecodable ones are kept as surrogate escapes.

        Raises:
            OSError: disk full or read-only; what was there before is untouched.
        """
        table = io.StringIO(newline="")
        writer = csv.writer(table)
        writer.writerow(["path", "true", "predicted", *(f"probability of {name}" for name in self.class_names)])
        for path, true, predicted, row in zip(self.paths, self.true, self.predicted, self.probabilities, strict=True):
            numbers = [f"{p:.9g}" for p in row]  # 9 digits bring every float32 back exactly
            writer.writerow([path, self.class_names[true], self.class_names[predicted], *numbers])
        write_atomic(folder / "predictions.csv", table.getvalue())
        meaning = {"split": self.split, "class_names": self.class_names, **self.summary()}
        write_atomic(folder / "evaluation.json", json.dumps(meaning, indent=2, ensure_ascii=False) + "\n")

    @classmethod
    def load(cls, folder: Path) -> "Evaluation":
        """Reads what ``save`` wrote.

        Raises:
            FileNotFoundError: there is no evaluation in this folder.
            ModelError: the files cannot be read as an evaluation.
        """
        try:
            meaning = read_json(folder / "evaluation.json")
            class_names = tuple(meaning["class_names"])
            text = read_file(folder / "predictions.csv").decode("utf-8", "surrogateescape")
            _, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
            class_indices = {name: index for index, name in enumerate(class_names)}
            if not all(isinstance(text, str) for text in (meaning["split"], *class_names)):
                raise ValueError("they are not in the form that the app writes")
            return cls(
                meaning["split"],
                class_names,
                tuple(row[0] for row in rows),
                np.array([class_indices[row[1]] for row in rows], np.int32),
                np.array([[_share(text) for text in row[3:]] for row in rows], np.float32).reshape(len(rows), -1),
            )
        except FileNotFoundError:
            raise
        except (OSError, *DAMAGED) as error:
            raise ModelError(
                f"The stored test figures of {folder.name} cannot be read: {error}. Evaluate the run again to write new ones."
            ) from error


def _share(text: str) -> float:
    return parse.real(text, 0, 1.001)  # rounding takes a sum of float32 a little over 1


def score_of(class_names: Sequence[str], confusion_matrix: Sequence[Sequence[int]] | np.ndarray) -> Score:
    """The score behind a confusion matrix; [i][j] counts photos of class i that were called j."""
    right = tuple(int(row[index]) for index, row in enumerate(confusion_matrix))
    return Score(tuple(class_names), right, tuple(int(sum(row)) for row in confusion_matrix))


def wilson_interval(num_correct: int, num_photos: int) -> tuple[float, float]:
    """95 % interval of a share: (low, high) in 0..1 (Wilson 1927). Unlike p ± 1.96 s it also holds near 0 and 1."""
    if num_photos == 0:
        return 0.0, 1.0
    share, z2 = num_correct / num_photos, _Z_95**2
    centre = (share + z2 / (2 * num_photos)) / (1 + z2 / num_photos)
    half = _Z_95 * math.sqrt(share * (1 - share) / num_photos + z2 / (4 * num_photos**2)) / (1 + z2 / num_photos)
    return max(0.0, centre - half), min(1.0, centre + half)


def difference_interval(first: Evaluation, second: Evaluation) -> tuple[float, float]:
    """95 % interval of how much more often one network is right than another: (low, high) in -1..1.

    Asked about the same photos, two networks mostly agree, and only photos on which one alone is right count (Agresti & Min 2005: Wald's
    interval of matched pairs with half a photo added to each of the four cells, so that it also holds for few photos). Where the photos
    differ, the shares are taken as independent.
    """
    if first.paths != second.paths:
        return shares_gap(first.accuracy, first.num_photos, second.accuracy, second.num_photos)
    ahead = float((first.correct & ~second.correct).sum()) + 0.5
    behind = float((second.correct & ~first.correct).sum()) + 0.5
    total = first.num_photos + 2
    middle = (ahead - behind) / total
    half = _Z_95 * math.sqrt(max(0.0, ahead + behind - (ahead - behind) ** 2 / total)) / total
    return max(-1.0, middle - half), min(1.0, middle + half)


def shares_gap(first: float, num_first: int, second: float, num_second: int) -> tuple[float, float]:
    """95 % interval of first - second, two shares of which only the sizes are known: (low, high) in -1..1.

    They are taken as independent, which on the same photos is wider than need be.
    """
    intervals = (
        wilson_interval(round(first * num_first), num_first),
        wilson_interval(round(second * num_second), num_second),
    )
    half = math.hypot(*((high - low) / 2 for low, high in intervals))
    return max(-1.0, first - second - half), min(1.0, first - second + half)
