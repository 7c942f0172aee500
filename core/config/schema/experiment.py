"""A whole experiment: all parts in one.

``num_classes`` is never a setting: it comes from the data set.
"""

from dataclasses import dataclass, field

from core.config.schema.augment import AugmentConfig
from core.config.schema.limits import option
from core.config.schema.network import NetworkConfig
from core.config.schema.photos import PhotosConfig, SplitConfig
from core.config.schema.training import TrainingConfig

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class ExperimentConfig:
    """Everything that makes a run, apart from the photos themselves."""

    name: str = option(
        "", "Name", "What the run is called in lists. Empty is named by its preset and date.", maximum=80
    )
    preset: str = option("modern", "Preset", "The experiment this one started from.", maximum=80)
    photos: PhotosConfig = field(default_factory=PhotosConfig)
    split: SplitConfig = field(default_factory=SplitConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    schema_version: int = SCHEMA_VERSION
