import re

import pytest

from core import config as configs
from core.config import ExperimentConfig
from core.config.check import RULES
from core.errors import ConfigError


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


@pytest.mark.parametrize(
    ("rule", "assignments"),
    [
        ("fractions_leave_room_for_each_other", ["split.train=0.6"]),
        ("split_is_all_fractions_or_all_numbers", ["split.train=1000"]),
        ("every_split_has_photos", ["split.val=0"]),
        ("drawn_classes_differ", ["photos.drawn_classes=dogs,dogs"]),
        ("convolutions_fit_what_comes_in", ["network.blocks.0.groups=2"]),
        ("pictures_grow", ["network.head=average", "training.end_size_fraction=0.5"]),
        ("only_the_average_head_takes_growing_pictures", ["training.start_size_fraction=0.5"]),
    ],
)
def test_each_rule_finds_its_own_fault_and_its_suggestion_mends_it(rule, assignments):
    config = configs.put_all(ExperimentConfig(), assignments)
    faults = {other.__name__: fault for other in RULES if (fault := other(config)) is not None}
    assert list(faults) == [rule]
    fault = faults[rule]
    assert fault.path is not None and configs.setting(fault.path)
    if fault.suggestion is not None:
        configs.check(configs.put(config, fault.path, fault.suggestion))


def test_of_several_faults_the_first_convolution_s_is_told():
    config = configs.put_all(ExperimentConfig(), ["network.blocks.1.padding=30", "network.blocks.0.groups=5"])
    with pytest.raises(ConfigError) as caught:
        configs.check(config)
    assert caught.value.path == "network.blocks.0.groups"
