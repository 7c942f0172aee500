"""What a person can take along from the Network page."""

from dataclasses import replace

from core import config
from core.config import ExperimentConfig
from core.network import picture, presets


def saved(draft: ExperimentConfig) -> str:
    """Without the folder on this computer, which belongs to nobody else."""
    return config.to_json(replace(draft, photos=replace(draft.photos, source="drawn")))


def drawn(draft: ExperimentConfig, classes: int) -> str:
    title = presets.PRESETS[draft.preset].title
    return picture.whole(picture.stages(draft.network, classes), picture.LIGHT, title)
