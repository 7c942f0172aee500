import random
from dataclasses import replace

import pytest

from core.config import ConvBlock, DenseBlock, NetworkConfig
from core.errors import ConfigError
from core.network.edit import WIDTHS, add_layer, duplicate_layer, move_layer, remove_layer, scale_width, width_of
from core.network.plan import plan
from core.network.presets import PRESETS, experiment

NARROW = experiment("narrow").network


def filters(network: NetworkConfig) -> list[int]:
    return [block.filters for block in network.blocks]


@pytest.mark.parametrize("preset_id", PRESETS)
@pytest.mark.parametrize("kind", ["blocks", "dense"])
def test_a_new_layer_anywhere_leaves_a_network_that_works(preset_id, kind):
    network = experiment(preset_id).network
    for index in range(len(getattr(network, kind)) + 1):
        longer = add_layer(network, kind, index)
        plan(longer)
        assert remove_layer(longer, kind, index) == network


def test_a_new_layer_takes_after_the_one_before_it():
    network = replace(
        NARROW, blocks=(ConvBlock(7, 5, 2, normalization="local_response", activation="tanh", pool_size=3),)
    )
    new = add_layer(network, "blocks", 1).blocks[1]
    assert (new.filters, new.normalization, new.activation) == (7, "local_response", "tanh")
    assert (new.kernel_size, new.strides, new.pool_size, new.groups) == (3, 1, 0, 1)
    assert add_layer(replace(NARROW, dense=()), "dense", 0).dense == (DenseBlock(128),)


def test_layers_move_within_their_list_and_stop_at_its_ends():
    assert filters(move_layer(NARROW, "blocks", 0, 1)) == [64, 24, 96, 96, 64]
    assert filters(move_layer(NARROW, "blocks", 4, -4)) == [64, 24, 64, 96, 96]
    assert move_layer(NARROW, "blocks", 0, -1) == NARROW == move_layer(NARROW, "blocks", 4, 1)


def test_a_copy_stands_after_its_original():
    assert filters(duplicate_layer(NARROW, "blocks", 0)) == [24, 24, 64, 96, 96, 64]


def test_there_is_always_one_convolution_and_never_a_ninth_dense_layer():
    with pytest.raises(ConfigError, match="between 1 and 16 convolutions; this would make 0"):
        remove_layer(NetworkConfig(blocks=(ConvBlock(),)), "blocks", 0)
    with pytest.raises(ConfigError, match="between 0 and 8 dense layers; this would make 9"):
        add_layer(NetworkConfig(dense=(DenseBlock(),) * 8), "dense", 3)


def test_a_quarter_of_alexnet_has_the_narrow_ones_filters():
    quarter = scale_width(experiment("alexnet-2012").network, 25)
    assert filters(quarter) == filters(NARROW)
    assert [block.units for block in quarter.dense] == [1024, 1024]


@pytest.mark.parametrize("percent", WIDTHS)
@pytest.mark.parametrize("preset_id", PRESETS)
def test_every_width_of_every_preset_works_and_is_recognised(preset_id, percent):
    network = experiment(preset_id).network
    scaled = scale_width(network, percent)
    plan(scaled)
    assert scale_width(network, width_of(scaled, network)) == scaled
    if percent >= 25:
        assert width_of(scaled, network) == percent
    assert [replace(block, filters=1) for block in scaled.blocks] == [replace(b, filters=1) for b in network.blocks]


def test_groups_that_work_go_on_to_work_at_every_width():
    draw = random.Random(3)
    for _ in range(40):
        groups = [1, *(draw.choice([1, 2, 3, 4, 6]) for _ in range(3))]
        count = draw.choice([12, 24, 36])
        network = NetworkConfig(blocks=tuple(ConvBlock(count, groups=group) for group in groups))
        for percent in WIDTHS:
            plan(scale_width(network, percent))


def test_a_network_of_another_shape_is_no_width_of_this_one():
    assert width_of(experiment("lenet-5").network, NARROW) is None
    assert width_of(NARROW, NARROW) == 100
