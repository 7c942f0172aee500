import pytest

from core.config import from_json, to_json
from core.errors import ConfigError
from core.network.presets import PRESETS, experiment


def test_the_presets_are_those_that_the_app_promises():
    assert list(PRESETS) == [
        "narrow",
        "modern",
        "first",
        "alexnet-2012",
        "alexnet-2012-ungrouped",
        "one-weird-trick",
        "tf-slim-alexnet-v2",
        "lenet-5",
        "basic-cnn-150",
    ]


@pytest.mark.parametrize("preset_id", PRESETS)
def test_a_preset_is_a_valid_experiment_that_survives_json_and_knows_its_name(preset_id):
    config = experiment(preset_id)
    assert config.preset == PRESETS[preset_id].id == preset_id
    assert from_json(to_json(config)) == config


@pytest.mark.parametrize("preset_id", PRESETS)
def test_a_preset_says_in_two_sentences_what_it_is_and_names_its_source(preset_id):
    preset = PRESETS[preset_id]
    assert preset.summary.endswith(".") and preset.summary.count(". ") == 1
    assert preset.title and preset.source


def test_narrow_has_nothing_that_was_learned_since():
    config = experiment("narrow")
    assert {block.normalization for block in (*config.network.blocks, *config.network.dense)} == {"none"}
    assert (config.training.optimizer, config.training.schedule, config.training.weight_decay) == (
        "adam",
        "constant",
        0,
    )
    assert (config.training.label_smoothing, config.training.ema_fraction, config.training.warmup_fraction) == (0, 0, 0)


def test_an_unknown_preset_names_the_nearest():
    with pytest.raises(ConfigError, match="Did you mean “alexnet-2012”") as error:
        experiment("alexnet2012")
    assert (error.value.path, error.value.suggestion) == ("preset", "alexnet-2012")


def test_a_preset_like_no_other_gets_the_list():
    with pytest.raises(ConfigError, match="Use one of narrow, modern"):
        experiment("###")
