from core import config as configs
from core.config import ExperimentConfig


def test_differences_name_each_changed_setting_with_both_values():
    before = ExperimentConfig()
    after = configs.put_all(before, ["network.blocks.0.filters=48", "training.seed=3"])
    assert configs.differences(before, after) == {
        "network.blocks.0.filters": (before.network.blocks[0].filters, 48),
        "training.seed": (0, 3),
    }
