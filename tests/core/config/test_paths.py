from dataclasses import replace

import pytest

from core import config as configs
from core.config import ConvBlock, ExperimentConfig, TrainingConfig
from core.errors import ConfigError


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("network.blocks.0.filter=3", ["network.blocks.0.filter", "Did you mean", "“Filters” of convolution 1"]),
        ("training.epochz=3", ["Did you mean", "“Epochs”"]),
        ("network.blocks.0.filters=0", ["between 1 and 2,048 filters", "received 0", "Use 1"]),
        ("training.epochs=many", ["whole number", "many"]),
        ("training.epochs=2.5", ["whole number", "2.5"]),
        ("training.learning_rate=nan", ["number", "nan"]),
        ("augment.fill_mode=reflct", ["reflect, nearest, wrap, constant", "Use reflect"]),
        ("augment.horizontal_flip=maybe", ["true or false", "maybe"]),
        ("photos.drawn_classes=cats", ["between 2 and 3", "received 1"]),
        ("network=3", ["group of settings"]),
        ("epochs", ["path=value"]),
    ],
)
def test_a_wrong_setting_gets_rule_received_value_and_next_step(assignment, words):
    with pytest.raises(ConfigError) as caught:
        configs.put_all(ExperimentConfig(), [assignment])
    for word in words:
        assert word in str(caught.value)


def test_an_overlay_replaces_lists_whole_and_keeps_everything_else():
    before = replace(ExperimentConfig(), training=TrainingConfig(epochs=7))
    after = configs.overlay(before, {"network": {"blocks": [{"filters": 8}]}})
    assert after.network.blocks == (ConvBlock(filters=8),)
    assert after.training.epochs == 7


@pytest.mark.parametrize("path", ["network.blocks", "network.dense"])
@pytest.mark.parametrize("value", ["3", 3, [], None], ids=repr)
def test_a_list_of_layers_is_not_one_setting(path, value):
    with pytest.raises(ConfigError, match="is a list of layers, not one setting"):
        configs.put(ExperimentConfig(), path, value)
