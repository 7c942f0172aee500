import json

import pytest

from core import config as configs
from core.config import ExperimentConfig
from core.errors import ConfigError


def test_the_defaults_are_valid_and_survive_json():
    config = ExperimentConfig()
    configs.check(config)
    assert configs.from_json(configs.to_json(config)) == config


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
