"""How far a network's answers can be believed: probabilities that mean what they say, and when to say “neither”. No TensorFlow.

Both are fitted on the validation photos at the end of a training and kept with the weights (``Calibration``). What they are worth is
counted on photos that they were not fitted on.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, cast

import numpy as np

FILE = "calibration.json"  # in a run's folder
NUM_BINS = 15
LOST_FRACTION = 0.05  # of the validation photos may be called neither
NEIGHBOURS = 10
EPSILON = 1e-7

MAX_P, KNN, MAHALANOBIS = "max_p", "knn", "mahalanobis"


@dataclass(frozen=True)
class Calibration:
    """What stands beside a network's weights.

    Args:
        temperature: by which logits are divided before they become probabilities; above 1 is more modest.
        error, error_before: expected calibration error on the test photos, 0..1, with the temperature and without.
        detector: ``MAX_P``, ``KNN`` or ``MAHALANOBIS``: what the score of being known is.
        threshold: a photo whose score is lower is neither.
        lost: share of the test photos that are called neither, 0..1.
        found: {kind of pictures of neither class: (found, asked about)}; "outliers" are photos of validation and test, the other
            kinds are made (``core.training.recipe.outliers``).
        has_output: whether the network has an output of its own for what is neither. Without one, a detector is weak.
    """

    temperature: float = 1.0
    error: float = 0.0
    error_before: float = 0.0
    detector: str = MAX_P
    threshold: float = -1.0
    lost: float = 0.0
    found: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    has_output: bool = False

    def as_json(self) -> dict[str, Any]:
        """JSON types; ``from_json`` is its inverse."""
        return asdict(self) | {"found": {kind: list(pair) for kind, pair in self.found.items()}}

    @property
    def found_fraction(self) -> float | None:
        """Share of pictures of neither class that are found, 0..1: of photos where there were some, else of made ones."""
        pairs = [self.found["outliers"]] if "outliers" in self.found else list(self.found.values())
        total = sum(count for _, count in pairs)
        return sum(found for found, _ in pairs) / total if total else None


def from_json(stored: object) -> Calibration | None:
    """The calibration that a checkpoint's state holds; None where an older version wrote none, or it is not in that form."""
    if not isinstance(stored, dict):
        return None
    values = cast("dict[str, Any]", stored)
    try:
        found = {str(kind): (int(pair[0]), int(pair[1])) for kind, pair in values["found"].items()}
        numbers = {name: float(values[name]) for name in ("temperature", "error", "error_before", "threshold", "lost")}
        if not np.isfinite(list(numbers.values())).all() or numbers["temperature"] <= 0:
            return None
        return Calibration(
            detector=str(values["detector"]), found=found, has_output=bool(values["has_output"]), **numbers
        )
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        return None


def of_classes(outputs: np.ndarray, num_classes: int) -> np.ndarray:
    """(N, num_classes) probabilities given that it is one of the classes, of outputs (N, num_classes or one more)."""
    if outputs.shape[1] == num_classes:
        return outputs
    known = outputs[:, :num_classes]
    # Where all of it lies on the outliers, what is left says which class is nearer.
    return (known + np.float32(1e-12)) / (known + np.float32(1e-12)).sum(axis=1, keepdims=True)


def tempered(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """(N, K) probabilities whose logits are divided by the temperature."""
    if temperature == 1:
        return probabilities
    logits = np.log(np.clip(probabilities, EPSILON, 1)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


def fitted_temperature(probabilities: np.ndarray, true: np.ndarray) -> float:
    """The temperature under which the true classes are likeliest (Guo et al. 2017, section 4.2), from 1/8 to 8.

    Args:
        probabilities: (N, K), of validation photos.
        true: (N,) class indices.
    """
    logits = np.log(np.clip(probabilities.astype(np.float64), EPSILON, 1))

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        scaled -= scaled.max(axis=1, keepdims=True)
        return float((np.log(np.exp(scaled).sum(axis=1)) - scaled[np.arange(len(true)), true]).mean())

    low, high, golden = -np.log(8), np.log(8), (np.sqrt(5) - 1) / 2
    for _ in range(40):  # the loss has one valley in 1 / T
        first, second = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, second) if loss(first) < loss(second) else (first, high)
    return float(np.exp((low + high) / 2))


def calibration_error(probabilities: np.ndarray, true: np.ndarray, num_bins: int = NUM_BINS) -> float:
    """How far sureness and accuracy lie apart, 0..1: the mean over bins of equally many photos (Naeini et al. 2015; equal mass as in
    Nixon et al. 2019)."""
    sureness, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == true
    order = np.argsort(sureness, kind="stable")
    gaps = [
        abs(float(sureness[bin_].mean()) - float(right[bin_].mean())) * len(bin_)
        for bin_ in np.array_split(order, num_bins)
        if len(bin_)
    ]
    return sum(gaps) / len(true)


def threshold_of(scores: np.ndarray, lost_fraction: float = LOST_FRACTION) -> float:
    """The largest threshold below which at most that share of the scores (N,) of known photos lies."""
    return float(np.sort(scores)[int(lost_fraction * len(scores))])


def memory_of(features: np.ndarray, labels: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
    """{detector: arrays that it needs} of those that look at the last hidden layer.

    Args:
        features: (N, D) of training photos.
        labels: (N,) their classes.
    """
    unit = _unit(features)
    memory: dict[str, dict[str, np.ndarray]] = {KNN: {"detector.photos": unit.astype(np.float16)}}
    if unit.shape[1] <= MOST_UNITS:
        means = np.stack([unit[labels == label].mean(axis=0) for label in np.unique(labels)])
        rest = unit - means[np.searchsorted(np.unique(labels), labels)]
        spread = rest.T @ rest / len(unit)
        spread += np.eye(len(spread)) * (1e-3 * np.trace(spread) / len(spread) + 1e-9)
        inverse = cast("np.ndarray", np.linalg.inv(spread))
        memory[MAHALANOBIS] = {
            "detector.means": means.astype(np.float32),
            "detector.inverse": inverse.astype(np.float32),
        }
    return memory


MOST_UNITS = 1024  # of a last hidden layer whose spread is inverted: beyond, it would take as much room as the network


def scores(
    detector: str, outputs: np.ndarray, num_classes: int, features: np.ndarray, memory: Mapping[str, np.ndarray]
) -> np.ndarray:
    """(N,) how known photos look; higher is more known.

    Sources: maximum over the known classes beside an output for outliers, arXiv 2206.09880; nearest neighbours, Sun et al. 2022;
    Mahalanobis distance on features of length 1, arXiv 2505.18032.

    Args:
        outputs: (N, num_classes or one more).
        features: (N, D), the last hidden layer.
        memory: of ``memory_of``; what the detector needs.
    """
    if detector == KNN:
        photos = np.asarray(memory["detector.photos"], np.float32)
        nearness = _unit(features) @ photos.T  # (N, M) cosines
        place = min(NEIGHBOURS, nearness.shape[1])
        return np.sort(nearness, axis=1)[:, -place]
    if detector == MAHALANOBIS:
        gaps = _unit(features)[:, None] - memory["detector.means"][None]  # (N, K, D)
        return -np.einsum("nkd,de,nke->nk", gaps, memory["detector.inverse"], gaps).min(axis=1)
    return outputs[:, :num_classes].max(axis=1)


def _unit(features: np.ndarray) -> np.ndarray:
    features = features.astype(np.float32)
    return features / np.maximum(1e-9, np.linalg.norm(features, axis=1, keepdims=True))
