"""Temperature, calibration error and thresholds, against what is known by construction."""

import numpy as np
import pytest

from core.runs import calibration
from core.runs.calibration import KNN, MAHALANOBIS, MAX_P, Calibration

RNG = np.random.default_rng(0)


def answers(sureness: float, num_photos: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of a network that is right as often as it says, its logits then multiplied by ``sureness``; and the truth."""
    logits = RNG.normal(size=(num_photos, 3)) * 2
    honest = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    true = (RNG.random((num_photos, 1)) > honest.cumsum(axis=1)).sum(axis=1)
    return calibration.tempered(honest.astype(np.float32), 1 / sureness), true


@pytest.mark.parametrize("sureness", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_what_made_a_network_too_sure_or_too_modest(sureness):
    probabilities, true = answers(sureness)
    temperature = calibration.fitted_temperature(probabilities, true)
    assert temperature == pytest.approx(sureness, rel=0.1)
    before, after = (
        calibration.calibration_error(p, true)
        for p in (probabilities, calibration.tempered(probabilities, temperature))
    )
    assert after < 0.03 and (before > 0.08 or sureness == 1)
    assert (calibration.tempered(probabilities, temperature).argmax(1) == probabilities.argmax(1)).all()


def test_the_calibration_error_is_the_mean_gap_of_bins_of_equally_many_photos():
    probabilities = np.array([[0.6, 0.4]] * 5 + [[0.9, 0.1]] * 5)
    true = np.array([0, 0, 0, 1, 1] + [0, 0, 0, 0, 1])  # right 60 % where 60 % sure, 80 % where 90 % sure
    assert calibration.calibration_error(probabilities, true, num_bins=2) == pytest.approx(0.05)


@pytest.mark.parametrize("count", [1, 19, 20, 100, 1013])
def test_at_most_one_photo_in_twenty_lies_below_the_threshold(count):
    scores = RNG.random(count)
    threshold = calibration.threshold_of(scores)
    assert (scores < threshold).sum() == int(0.05 * count)


def test_probabilities_of_classes_leave_the_outliers_out():
    outputs = np.array([[0.3, 0.1, 0.6], [0, 0, 1]], np.float32)
    np.testing.assert_allclose(calibration.of_classes(outputs, 2), [[0.75, 0.25], [0.5, 0.5]], rtol=1e-6)
    assert calibration.of_classes(outputs, 3) is outputs


def test_every_detector_tells_far_features_from_near_ones():
    middle = np.eye(2, 8)  # two classes, far apart
    photos = np.concatenate([place + RNG.normal(0, 0.05, (50, 8)) for place in middle])
    strangers = np.eye(8)[3] + RNG.normal(0, 0.05, (50, 8))
    memory = calibration.memory_of(photos, np.repeat([0, 1], 50))
    for detector in (KNN, MAHALANOBIS):
        near, far = (
            calibration.scores(detector, np.empty((50, 2)), 2, features, memory[detector])
            for features in (middle.repeat(25, axis=0) + RNG.normal(0, 0.05, (50, 8)), strangers)
        )
        assert near.min() > far.max()
    outputs = np.array([[0.5, 0.1, 0.4], [0.3, 0.3, 0.4]])
    np.testing.assert_array_equal(calibration.scores(MAX_P, outputs, 2, np.empty((2, 0)), {}), [0.5, 0.3])


def test_what_is_stored_comes_back_and_what_is_damaged_counts_as_none():
    stored = Calibration(1.5, 0.01, 0.03, KNN, 0.8, 0.04, {"page": (5, 6), "outliers": (3, 4)}, True)
    assert calibration.from_json(stored.as_json()) == stored
    assert stored.found_fraction == 0.75
    for damage in ({"temperature": 0}, {"threshold": "x"}, {"found": []}, {"lost": None}, {"error": float("nan")}):
        assert calibration.from_json(stored.as_json() | damage) is None
    assert calibration.from_json(None) is None
