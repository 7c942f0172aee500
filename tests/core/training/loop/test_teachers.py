"""Distillation: what teachers say comes into the targets, and a run that has some resumes to the same bits."""

import numpy as np
import pytest
from tiny_run import random_model

from core.config import TrainingConfig
from core.errors import RunError
from core.training.loop.equipment import Teachers
from core.training.loop.judge import predict

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 3), dtype=np.uint8)
TARGETS = np.eye(3, dtype=np.float32)[[0, 1, 0, 1, 2, 2]]  # the last two are outliers


def taught_by(runs, targets, **settings):
    training = TrainingConfig(teachers=tuple(run.id for run in runs), **settings)
    return Teachers(training, ("cats", "dogs"), 3).taught(IMAGES, targets)


def test_targets_are_the_share_asked_for_of_the_mean_of_what_teachers_say(make_run):
    runs = [make_run(seed=1), make_run(seed=2, output="softmax")]
    said = np.mean([predict(random_model(run, seed), IMAGES) for run, seed in zip(runs, (1, 2), strict=True)], axis=0)
    targets = TARGETS[:4, :2]
    targets = np.concatenate([targets, targets[:2]])
    np.testing.assert_allclose(taught_by(runs, targets, teacher_share=0.25), 0.75 * targets + 0.25 * said, atol=1e-6)
    np.testing.assert_allclose(taught_by(runs, targets, teacher_share=0.0), targets, atol=1e-6)
    soft = taught_by(runs, targets, teacher_share=1.0, teacher_temperature=4.0)
    assert (soft.argmax(1) == said.argmax(1)).all() and soft.max() < said.max()


def test_a_teacher_that_knows_no_outliers_says_nothing_about_them(make_run):
    targets = taught_by([make_run(seed=1)], TARGETS, teacher_share=0.5, teacher_temperature=2.0)
    np.testing.assert_array_equal(targets[4:], TARGETS[4:])
    assert (targets[:4, 2] == 0).all() and (targets[:4] != TARGETS[:4]).any()
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-5)


def test_a_teacher_of_other_classes_or_without_weights_is_refused(make_run):
    for run in (make_run(("cats", "rabbits")), make_run(input_channels=1), make_run(kept=False)):
        with pytest.raises(RunError, match="A teacher must"):
            taught_by([run], TARGETS)
