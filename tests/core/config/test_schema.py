from core import config as configs
from core.config import ExperimentConfig


def test_the_defaults_are_valid():
    configs.check(ExperimentConfig())


def test_every_setting_explains_itself_in_a_sentence_and_has_a_valid_default():
    config = ExperimentConfig()
    for path, _ in configs.leaves(config):
        if path == "schema_version":
            continue
        declared = configs.setting(path)
        assert declared.label, path
        assert declared.help.endswith("."), path
        configs.put(config, path, configs.get(config, path))
