"""What a checkpoint says about a run that goes on. No training."""

import math

import numpy as np

from core.training.loop import checkpoint
from core.training.loop.state import State


def test_a_state_before_the_first_validation_is_read_back_from_the_disk(tmp_path):
    state = vars(State(step=2))
    checkpoint.save(tmp_path, checkpoint.name_of(1, 2), {"weight.0000": np.zeros(3, np.float32)}, state)
    assert "Infinity" not in (tmp_path / "step-000001-000002.json").read_text()
    assert checkpoint.latest(tmp_path).state == state


def test_a_state_that_an_earlier_version_wrote_before_the_first_validation_counts(tmp_path):
    state = vars(State(step=2)) | {"best_loss": math.inf}
    checkpoint.save(tmp_path, checkpoint.name_of(1, 2), {"weight.0000": np.zeros(3, np.float32)}, state)
    assert "Infinity" in (tmp_path / "step-000001-000002.json").read_text()
    assert State(**checkpoint.latest(tmp_path).state).best_loss == math.inf
