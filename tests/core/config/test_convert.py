import pytest

from core import config as configs
from core.config import ExperimentConfig
from core.config.convert import converted
from core.errors import ConfigError


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


def test_limits_name_the_nearest_value_that_works():
    with pytest.raises(ConfigError) as caught:
        configs.put(ExperimentConfig(), "training.batch_size", 100_000)
    assert (caught.value.path, caught.value.suggestion) == ("training.batch_size", 4096)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("name", 3, "received 3"),
        ("augment.fill_mode", True, "received true"),
        ("training.epochs", "60", "received “60”"),
        ("augment.vertical_flip", 1, "received 1"),
        ("network.blocks.0.padding", 2.5, "received 2.5"),
        ("photos.drawn_classes", "cats", "received “cats”"),
    ],
)
def test_a_value_of_another_type_is_shown_as_it_came(path, value, words):
    with pytest.raises(ConfigError, match=words):
        converted(configs.setting(path), value)
