import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from core.config import ConvBlock, DenseBlock, ExperimentConfig, NetworkConfig, put
from core.errors import ConfigError
from core.network.plan import num_outputs, plan
from core.network.presets import experiment

PUBLISHED = {  # (preset, classes): parameters, millions of multiply-adds
    ("alexnet-2012", 1000): (60_965_224, 724),
    ("alexnet-2012-ungrouped", 1000): (62_378_344, 1135),
    ("one-weird-trick", 1000): (61_100_840, 714),
    ("tf-slim-alexnet-v2", 1000): (50_303_912, 737),
    ("tf-slim-alexnet-v2", 2): (46_211_009, 732),
    ("lenet-5", 10): (61_706, 0.42),
    ("basic-cnn-150", 2): (9_494_561, 64),
    ("narrow", 2): (1_684_321, 89),
}
MAPS = {
    "alexnet-2012": [55, 27, 27, 13, 13, 13, 13, 6],
    "one-weird-trick": [55, 27, 27, 13, 13, 13, 13, 6],
    "tf-slim-alexnet-v2": [54, 26, 26, 12, 12, 12, 12, 5],
    "lenet-5": [28, 14, 10, 5],
    "basic-cnn-150": [148, 74, 72, 36, 34, 17],
    "narrow": [56, 27, 27, 13, 13, 13, 13, 6],
}


@pytest.mark.parametrize(("preset", "num_classes"), PUBLISHED)
def test_published_parameters_and_multiply_adds_come_out(preset, num_classes):
    parameters, millions = PUBLISHED[preset, num_classes]
    planned = plan(experiment(preset).network, num_classes)
    assert planned.parameters == parameters
    assert round(planned.multiply_adds / 1e6, 2 if millions < 1 else 0) == pytest.approx(millions)


@pytest.mark.parametrize("preset", MAPS)
def test_published_map_sizes_come_out(preset):
    rows = plan(experiment(preset).network).layers
    assert [row.output_shape[0] for row in rows if row.kind in ("Conv2D", "GroupedConv2D", "MaxPooling2D")] == MAPS[
        preset
    ]


def test_rows_stand_in_the_order_of_the_layers_and_have_stable_names():
    network = NetworkConfig(
        blocks=(
            ConvBlock(8, 5, 2, padding=2, normalization="local_response", pool_size=3),
            ConvBlock(8, 3, groups=2, normalization="batch"),
        ),
        dense=(DenseBlock(16, "batch", dropout_rate=0.5),),
    )
    assert [(row.name, row.kind) for row in plan(network).layers] == [
        ("image", "InputLayer"),
        ("rescaling", "Rescaling"),
        ("conv1_padding", "ZeroPadding2D"),
        ("conv1", "Conv2D"),
        ("conv1_activation", "Activation"),
        ("conv1_norm", "LocalResponseNormalization"),
        ("conv1_pool", "MaxPooling2D"),
        ("conv2", "GroupedConv2D"),
        ("conv2_norm", "BatchNormalization"),
        ("conv2_activation", "Activation"),
        ("flatten", "Flatten"),
        ("dense1", "Dense"),
        ("dense1_norm", "BatchNormalization"),
        ("dense1_activation", "Activation"),
        ("dense1_dropout", "Dropout"),
        ("output", "Dense"),
    ]


def test_receptive_fields_of_alexnet_are_the_known_ones():
    rows = {row.name: row for row in plan(experiment("alexnet-2012").network).layers}
    seen = {name: (rows[name].receptive_field, rows[name].receptive_stride) for name in rows if "conv" in name}
    assert [seen[f"conv{n}"] for n in range(1, 6)] == [(11, 4), (51, 8), (99, 16), (131, 16), (163, 16)]
    assert seen["conv5_pool"] == (195, 32)
    assert (rows["flatten"].receptive_field, rows["output"].receptive_stride) == (355, 0)


def test_memory_figures_count_every_kept_number_once():
    network = NetworkConfig(
        input_size=16, input_channels=1, blocks=(ConvBlock(2, 3, normalization="none", pool_size=2),), dense=()
    )
    planned = plan(network)
    rescaled, conv, activation, pooled, output = 16 * 16, 16 * 16 * 2, 16 * 16 * 2, 8 * 8 * 2, 1
    assert planned.activations == rescaled + conv + activation + pooled + output
    assert planned.weight_bytes == 4 * (2 * 9 + 2 + 128 + 1)


@pytest.mark.parametrize(
    ("num_classes", "output", "expected"),
    [(2, "sigmoid", 1), (2, "softmax", 2), (3, "sigmoid", 3), (10, "softmax", 10)],
)
def test_two_classes_may_share_one_sigmoid_and_more_take_a_softmax(num_classes, output, expected):
    network = NetworkConfig(output=output)
    assert num_outputs(network, num_classes) == expected
    assert plan(network, num_classes).layers[-1].output_shape == (expected,)


def test_a_kernel_larger_than_its_map_is_named_with_the_nearest_that_fits():
    network = NetworkConfig(input_size=16, blocks=(ConvBlock(4, 3, 2), ConvBlock(4, 11, padding=1)))
    with pytest.raises(
        ConfigError, match=r"Convolution 2 looks at 11 x 11 .* received 8 x 8, 10 x 10 with its padding"
    ) as error:
        plan(network)
    assert (error.value.path, error.value.suggestion) == ("network.blocks.1.kernel_size", 10)


def test_a_pool_larger_than_its_map_is_named_with_the_nearest_that_fits():
    network = NetworkConfig(input_size=16, blocks=(ConvBlock(4, 3, 8, pool_size=3),))
    with pytest.raises(
        ConfigError, match=r"The pooling of convolution 1 looks at 3 x 3 .* received 2 x 2.*“Image size” to 17"
    ) as error:
        plan(network)
    assert (error.value.path, error.value.suggestion) == ("network.blocks.0.pool_size", 2)


def test_a_pool_over_a_single_pixel_is_better_left_out():
    with pytest.raises(ConfigError) as error:
        plan(NetworkConfig(input_size=16, blocks=(ConvBlock(4, 3, 16, pool_size=2),)))
    assert (error.value.path, error.value.suggestion) == ("network.blocks.0.pool_size", 0)


def test_a_smaller_kernel_also_leaves_enough_for_the_layers_after_it():
    blocks = experiment("narrow").network.blocks
    third = replace(blocks[2], kernel_size=31, padding="valid")  # on 13 x 13; a pool of 3 stands at the end
    network = replace(experiment("narrow").network, blocks=(*blocks[:2], third, *blocks[3:]))
    with pytest.raises(ConfigError) as error:
        plan(network)
    assert (error.value.path, error.value.suggestion) == ("network.blocks.2.kernel_size", 11)


def test_where_one_block_cannot_help_a_larger_image_is_the_nearest_value():
    network = replace(experiment("narrow").network, input_size=16)
    with pytest.raises(ConfigError) as error:
        plan(network)
    assert error.value.path == "network.input_size"
    plan(replace(network, input_size=error.value.suggestion))
    with pytest.raises(ConfigError):
        plan(replace(network, input_size=error.value.suggestion - 1))


def test_where_no_single_setting_helps_the_sentence_still_says_what_to_do():
    blocks = (ConvBlock(4, 3, 16, "valid"),) * 4
    with pytest.raises(ConfigError, match="Lower the strides") as error:
        plan(NetworkConfig(blocks=blocks))
    assert error.value.suggestion is None


def test_suggestions_for_random_collapsing_networks_make_the_network_work():
    draw = random.Random(5)
    helped = 0
    for _ in range(300):
        blocks = tuple(
            ConvBlock(
                4,
                draw.randint(1, 9),
                draw.randint(1, 3),
                draw.choice(["same", "valid", 0]),
                pool_size=draw.randint(0, 4),
            )
            for _ in range(draw.randint(1, 4))
        )
        config = ExperimentConfig(network=NetworkConfig(input_size=draw.randint(16, 40), blocks=blocks))
        try:
            plan(config.network)
        except ConfigError as error:
            if error.suggestion is not None:
                plan(put(config, error.path, error.suggestion).network)
                helped += 1
    assert helped > 50


def test_groups_that_do_not_divide_are_refused_although_no_single_field_is_out_of_limits():
    with pytest.raises(ConfigError) as error:
        plan(NetworkConfig(blocks=(ConvBlock(6, groups=2),)))
    assert (error.value.path, error.value.suggestion) == ("network.blocks.0.groups", 1)


@pytest.mark.parametrize("module", ["core.network.plan", "core.network.presets"])
def test_importing_it_leaves_tensorflow_and_keras_alone(module):
    code = f"import sys, {module}; sys.exit(bool({{'tensorflow', 'keras'}} & set(sys.modules)))"
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
