import random

import keras
import numpy as np
import pytest
from random_networks import random_network

from core.config import ConvBlock, DenseBlock, NetworkConfig, setting
from core.errors import ConfigError, ModelError
from core.network import build as build_module
from core.network.build import GroupedConv2D, LocalResponseNormalization, build
from core.network.plan import plan
from core.network.presets import PRESETS, experiment

SMALL = NetworkConfig(
    input_size=16,
    blocks=(
        ConvBlock(4, 3, 2, pool_size=2),
        ConvBlock(8, 3, padding=2, groups=2, normalization="local_response"),
        ConvBlock(8, 3, groups=2, normalization="none"),
    ),
    dense=(DenseBlock(8, dropout_rate=0.5), DenseBlock(8, "none")),
)


def keras_rows(model) -> list[tuple]:
    return [
        (layer.name, type(layer).__name__, tuple(layer.output.shape[1:]), layer.count_params())
        for layer in model.layers
    ]


def planned_rows(planned) -> list[tuple]:
    return [(row.name, row.kind, row.output_shape, row.parameters) for row in planned.layers]


def weights_equal(one, other) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


@pytest.mark.parametrize("preset_id", PRESETS)
def test_the_plan_of_every_preset_is_what_keras_makes(preset_id, monkeypatch):
    # Drawing 60 million weights takes seconds and counts nothing.
    monkeypatch.setattr(build_module, "_initializer", lambda *_: "zeros")
    network = experiment(preset_id).network
    for num_classes in (2, 3):
        model, planned = build(network, num_classes), plan(network, num_classes)
        assert keras_rows(model) == planned_rows(planned)
        assert model.count_params() == planned.parameters


@pytest.mark.parametrize("part", range(10))
def test_the_plan_of_random_networks_is_what_keras_makes(part):
    draw = random.Random(part)
    for _ in range(20):
        network, num_classes = random_network(draw), draw.choice([2, 2, 3])
        model, planned = build(network, num_classes), plan(network, num_classes)
        assert keras_rows(model) == planned_rows(planned), network
        assert model.count_params() == planned.parameters, network


@pytest.mark.parametrize("size", [16, 17, 19])
def test_real_feature_maps_have_the_planned_shapes(size):
    network = NetworkConfig(
        input_size=size,
        blocks=(ConvBlock(4, 4, 3, "same", pool_size=2, pool_strides=1), ConvBlock(4, 3, 2, 2, 2, "local_response")),
        dense=(),
    )
    model = build(network)
    maps = keras.Model(model.input, [layer.output for layer in model.layers])(np.zeros((2, size, size, 3), "uint8"))
    assert [tuple(m.shape[1:]) for m in maps] == [row.output_shape for row in plan(network).layers]


def test_the_same_seed_gives_bit_equal_weights_whatever_was_done_before():
    first = build(SMALL, seed=3)
    keras.utils.set_random_seed(99)
    build(NetworkConfig(input_size=16, blocks=(ConvBlock(4),), dense=()), seed=3)
    np.random.default_rng().random()
    assert weights_equal(first, build(SMALL, seed=3))
    assert not weights_equal(first, build(SMALL, seed=4))


def test_two_layers_of_one_shape_start_differently():
    blocks = (ConvBlock(4, 3), ConvBlock(4, 3), ConvBlock(4, 3))
    model = build(NetworkConfig(input_size=16, blocks=blocks, dense=()))
    kernels = [model.get_layer(name).get_weights()[0] for name in ("conv2", "conv3")]
    assert not np.array_equal(*kernels)


def test_dropping_units_of_one_layer_does_not_redraw_the_others():
    def weights(rate):
        network = NetworkConfig(
            input_size=16, blocks=(ConvBlock(4),), dense=(DenseBlock(8, dropout_rate=rate), DenseBlock(8))
        )
        return build(network)

    assert weights_equal(weights(0.0), weights(0.5))


def test_dropout_draws_the_same_masks_in_two_builds():
    photos = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3), dtype=np.uint8)
    one, other = (np.asarray(build(SMALL, seed=1)(photos, training=True)) for _ in range(2))
    assert np.array_equal(one, other)


@pytest.mark.parametrize("initializer", setting("network.initializer").limits.choices)
def test_initializers_have_the_spread_of_their_definition(initializer):
    network = NetworkConfig(
        input_size=16, blocks=(ConvBlock(64, 5), ConvBlock(128, 3)), dense=(), initializer=initializer
    )
    kernel = build(network).get_layer("conv2").get_weights()[0]  # (3, 3, 64, 128)
    fan_in, fan_out = 9 * 64, 9 * 128
    expected = {
        "he_normal": (2 / fan_in) ** 0.5,
        "he_uniform": (2 / fan_in) ** 0.5,
        "glorot_uniform": (2 / (fan_in + fan_out)) ** 0.5,
        "gaussian_0.01": 0.01,
    }
    assert kernel.std() == pytest.approx(expected[initializer], rel=0.02)
    assert abs(kernel.mean()) < 0.02 * kernel.std()


@pytest.mark.parametrize(
    ("rescaling", "low", "high"),
    [("zero_to_one", 0, 1), ("minus_one_to_one", -1, 1), ("minus_two_to_two", -2, 255 / 64 - 2), ("none", 0, 255)],
)
def test_rescaling_maps_the_pixel_range(rescaling, low, high):
    model = build(NetworkConfig(input_size=16, rescaling=rescaling, blocks=(ConvBlock(4),), dense=()))
    assert np.asarray(model.get_layer("rescaling")(np.array([0, 255], np.uint8))) == pytest.approx(
        [low, high], abs=1e-6
    )


def test_bytes_and_floats_of_the_same_photo_get_the_same_answer():
    photos = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), dtype=np.uint8)
    model = build(SMALL)
    assert np.array_equal(model(photos), model(photos.astype("float32")))
    assert model.predict_on_batch(photos).shape == (2, 1)


def test_softmax_probabilities_add_up_to_one():
    probabilities = np.asarray(build(SMALL, num_classes=3)(np.zeros((2, 16, 16, 3), "uint8")))
    assert probabilities.shape == (2, 3)
    assert probabilities.sum(axis=1) == pytest.approx([1, 1])


@pytest.fixture
def mixed_precision():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy(before)


def test_under_mixed_precision_the_output_stays_float32_and_the_rest_does_not(mixed_precision):
    model = build(SMALL)
    answer = model(np.zeros((2, 16, 16, 3), "uint8"))
    assert keras.backend.standardize_dtype(answer.dtype) == "float32"
    assert model.get_layer("conv2_norm").output.dtype == "bfloat16"
    assert {weight.dtype for weight in model.weights} == {"float32"}


def test_any_size_gives_the_same_network_at_every_size():
    network = NetworkConfig(input_size=32, blocks=SMALL.blocks, dense=SMALL.dense, head="average")
    fixed, free = build(network, seed=2), build(network, seed=2, any_size=True)
    photo = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3), dtype=np.uint8)
    assert weights_equal(fixed, free)
    assert np.allclose(fixed(photo), free(photo), atol=1e-6)
    assert free(photo[:, :24, :20]).shape == (1, 1)


def test_any_size_needs_the_average_head():
    with pytest.raises(ModelError, match="head “average”"):
        build(SMALL, any_size=True)


def test_a_network_that_collapses_is_refused_before_keras_sees_it():
    with pytest.raises(ConfigError, match="Convolution 1 looks at 31 x 31"):
        build(NetworkConfig(input_size=16, blocks=(ConvBlock(4, 31, padding="valid"),)))


def test_grouped_convolution_computes_what_keras_own_does():
    photos = np.random.default_rng(0).normal(size=(2, 9, 9, 8)).astype("float32")
    ours, theirs = (kind(12, 3, strides=2, groups=4, padding="same") for kind in (GroupedConv2D, keras.layers.Conv2D))
    expected = theirs(photos)
    ours.build(photos.shape)
    ours.set_weights(theirs.get_weights())
    assert np.allclose(ours(photos), expected, atol=1e-5)
    assert ours.count_params() == theirs.count_params()


def test_every_group_and_layer_learns_in_one_step():
    model = build(SMALL)
    model.compile("sgd", "binary_crossentropy")
    rng = np.random.default_rng(0)
    before = {layer.name: layer.get_weights() for layer in model.layers}
    model.train_on_batch(rng.integers(0, 256, (8, 16, 16, 3), dtype=np.uint8), rng.integers(0, 2, (8, 1)))
    for name in ("conv1", "conv2", "conv3", "dense1", "output"):
        kernel, changed = before[name][0], model.get_layer(name).get_weights()[0]
        moved = (kernel != changed).reshape(-1, kernel.shape[-1]).any(axis=0)
        half = len(moved) // 2
        assert moved[:half].any() or not half, name
        assert moved[half:].any(), name


def test_local_response_normalization_is_the_formula_of_the_paper():
    x = np.random.default_rng(0).normal(scale=50, size=(1, 2, 2, 7)).astype("float32")
    expected = np.empty_like(x)
    for c in range(7):
        near = x[..., max(0, c - 2) : c + 3]
        expected[..., c] = x[..., c] / (2 + 1e-4 * (near**2).sum(axis=-1)) ** 0.75
    assert np.allclose(LocalResponseNormalization()(x), expected, rtol=1e-5)
