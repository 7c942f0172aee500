import json
import re
from dataclasses import replace

import pytest

from core import config as configs
from core.config import ConvBlock, ExperimentConfig, TrainingConfig
from core.errors import ConfigError


def test_the_defaults_are_valid_and_survive_json():
    config = ExperimentConfig()
    configs.check(config)
    assert configs.from_json(configs.to_json(config)) == config


def test_every_setting_explains_itself_in_a_sentence_and_has_a_valid_default():
    config = ExperimentConfig()
    for path, _ in configs.leaves(config):
        if path == "schema_version":
            continue
        declared = configs.setting(path)
        assert declared.label, path
        assert declared.help.endswith("."), path
        configs.put(config, path, configs.get(config, path))


def test_a_typed_text_becomes_the_setting_s_type():
    config = configs.put_all(
        ExperimentConfig(),
        [
            "network.blocks.0.filters=32",
            "training.learning_rate=1e-3",
            "augment.vertical_flip=yes",
            "network.blocks.1.padding=2",
            "network.blocks.2.padding=valid",
            "photos.drawn_classes=cats, dogs, rabbits",
            "name=a = b",
        ],
    )
    assert config.network.blocks[0].filters == 32
    assert config.training.learning_rate == 0.001
    assert config.augment.vertical_flip is True
    assert (config.network.blocks[1].padding, config.network.blocks[2].padding) == (2, "valid")
    assert config.photos.drawn_classes == ("cats", "dogs", "rabbits")
    assert config.name == "a = b"


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


def test_limits_name_the_nearest_value_that_works():
    with pytest.raises(ConfigError) as caught:
        configs.put(ExperimentConfig(), "training.batch_size", 100_000)
    assert (caught.value.path, caught.value.suggestion) == ("training.batch_size", 4096)


def test_an_unknown_key_in_a_file_names_the_nearest_known_key():
    values = configs.to_dict(ExperimentConfig())
    values["training"]["bach_size"] = values["training"].pop("batch_size")
    with pytest.raises(ConfigError, match=r"“bach_size” in “Training”\. Did you mean “Batch size”"):
        configs.from_dict(values)


@pytest.mark.parametrize(
    "text", ["", "[]", "3", '"x"', '{"network": 3}', '{"network": {"blocks": 5}}', '{"training": {"epochs": true}}']
)
def test_broken_json_gives_a_sentence_not_a_traceback(text):
    with pytest.raises(ConfigError):
        configs.from_json(text)


def test_a_file_of_a_later_schema_is_refused():
    with pytest.raises(ConfigError, match="schema 99"):
        configs.from_json(json.dumps({"schema_version": 99}))


@pytest.mark.parametrize(
    ("assignments", "words"),
    [
        (["split.train=0.6", "split.val=0.5"], "add up"),
        (["split.train=1000", "split.val=0.5", "split.test=500"], "either all fractions"),
        (["split.test=0"], "above 0"),
        (["network.blocks.1.groups=5"], "must divide"),
        (["network.blocks.0.padding=22"], "one less than its kernel"),
        (["network.blocks.0.padding=round"], "same, valid"),
        (["network.head=flatten", "training.start_size_fraction=0.5"], "head “average”"),
        (["photos.drawn_classes=cats,cats"], "once"),
    ],
)
def test_rules_that_span_fields_are_checked(assignments, words):
    with pytest.raises(ConfigError, match=words):
        configs.check(configs.put_all(ExperimentConfig(), assignments))


def test_the_article_s_numbers_a_class_are_a_valid_split():
    configs.check(configs.put_all(ExperimentConfig(), ["split.train=1000", "split.val=500", "split.test=500"]))


@pytest.mark.parametrize(("groups", "nearest"), [(5, 4), (6, 4), (7, 8), (64, 8)])
def test_groups_that_do_not_divide_suggest_the_nearest_that_do(groups, nearest):
    config = configs.put_all(
        ExperimentConfig(),
        ["network.blocks.0.filters=24", "network.blocks.1.filters=64", f"network.blocks.1.groups={groups}"],
    )
    with pytest.raises(ConfigError) as caught:
        configs.check(config)
    assert caught.value.suggestion == nearest


def test_an_overlay_replaces_lists_whole_and_keeps_everything_else():
    before = replace(ExperimentConfig(), training=TrainingConfig(epochs=7))
    after = configs.overlay(before, {"network": {"blocks": [{"filters": 8}]}})
    assert after.network.blocks == (ConvBlock(filters=8),)
    assert after.training.epochs == 7


def test_differences_name_each_changed_setting_with_both_values():
    before = ExperimentConfig()
    after = configs.put_all(before, ["network.blocks.0.filters=48", "training.seed=3"])
    assert configs.differences(before, after) == {
        "network.blocks.0.filters": (before.network.blocks[0].filters, 48),
        "training.seed": (0, 3),
    }


@pytest.mark.parametrize(
    "assignments",
    [
        ["split.train=0.6", "split.val=0.5"],
        ["split.train=1000", "split.val=0.5", "split.test=500"],
        ["split.test=0"],
        ["network.blocks.1.groups=5"],
        ["network.blocks.0.groups=2"],
        ["network.blocks.0.padding=22"],
        ["network.head=flatten", "training.start_size_fraction=0.5"],
        ["network.head=average", "training.start_size_fraction=0.9", "training.end_size_fraction=0.5"],
        ["photos.drawn_classes=cats,cats"],
    ],
)
def test_no_rule_that_spans_fields_speaks_in_names_of_our_code(assignments):
    with pytest.raises(ConfigError) as caught:
        configs.check(configs.put_all(ExperimentConfig(), assignments))
    assert not re.search(r"[A-Za-z]\w*\.\w|_", str(caught.value))
