"""Muon turns the steps of convolutions, and is AdamW elsewhere."""

from dataclasses import replace

import numpy as np
import pytest

from core.config import ConvBlock, DenseBlock, NetworkConfig, TrainingConfig
from core.network.build import build
from core.training.loop.compiled import compile_model

NETWORK = NetworkConfig(
    input_size=16, blocks=(ConvBlock(4, 3), ConvBlock(8, 3), ConvBlock(40, 1)), dense=(DenseBlock(6),)
)
RATE = 0.01


@pytest.fixture(scope="module")
def steps() -> dict[str, dict[str, np.ndarray]]:
    """{optimizer: {weight: how the first step changed it}} from the same weights and photos."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (6, 16, 16, 3)).astype(np.uint8)
    targets = np.array([[0], [1]] * 3, np.float32)
    found = {}
    for optimizer in ("muon", "adamw"):
        model = build(NETWORK, seed=1)
        compile_model(model, replace(TrainingConfig(), optimizer=optimizer, learning_rate=RATE, weight_decay=0.1))
        before = {weight.path: np.array(weight) for weight in model.trainable_variables}
        model.train_on_batch(images, targets)
        found[optimizer] = {weight.path: np.array(weight) - before[weight.path] for weight in model.trainable_variables}
        found[f"{optimizer} before"] = before
    return found


@pytest.mark.parametrize("layer", ["conv2", "conv3"])
def test_a_kernels_step_changes_all_directions_alike(steps, layer):
    name = f"{layer}/kernel"
    kernel = steps["muon before"][name]
    step = steps["muon"][name] + RATE * 0.1 * kernel  # without the decay
    matrix = step.reshape(-1, kernel.shape[-1])
    strengths = np.linalg.svd(matrix, compute_uv=False) / (RATE * 0.2 * np.sqrt(max(matrix.shape)))
    assert strengths.min() > 0.5
    assert strengths.max() < 1.3


def test_all_that_is_no_hidden_convolution_is_adamws(steps):
    muon, adamw = steps["muon"], steps["adamw"]
    others = [name for name in muon if name not in ("conv2/kernel", "conv3/kernel")]
    assert {"conv1/kernel", "dense1/kernel", "output/kernel", "conv2_norm/gamma"} <= set(others)
    for name in others:
        np.testing.assert_allclose(muon[name], adamw[name], rtol=2e-3, atol=2e-6, err_msg=name)


def test_what_is_left_to_adamw_are_names_that_the_network_has():
    from core.training.loop.compiled import LEFT_TO_ADAMW

    paths = [weight.path for weight in build(NETWORK).trainable_variables]
    assert all(any(part in path for path in paths) for part in LEFT_TO_ADAMW)
