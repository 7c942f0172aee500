"""The draft: one frozen experiment, and what becomes of it when settings come from elsewhere. No Streamlit."""

from dataclasses import replace
from functools import lru_cache

from core import config
from core.config import ExperimentConfig, PhotosConfig
from core.errors import ConfigError
from core.network import presets
from core.photos.sources.origins import DRAWN, MICROSOFT

DEFAULT_PRESET = "modern"


@lru_cache
def experiment_of(preset_id: str) -> ExperimentConfig:
    """A preset's whole configuration, read once. Raises ConfigError if there is none of that id."""
    return presets.experiment(preset_id)


def with_settings_of(draft: ExperimentConfig, other: ExperimentConfig) -> ExperimentConfig:
    """Network, augmentation and training of another experiment; photos, their split and the name stay."""
    photos = replace(draft.photos, fit=other.photos.fit)
    return replace(other, photos=photos, split=draft.split, name=draft.name)


def with_source(draft: ExperimentConfig, way: str, place: str | None) -> ExperimentConfig:
    """Photos from elsewhere.

    Args:
        way: a kind of ``core.photos.sources.origins``.
        place: the folder or zip of the ways that need one; drawn pets stand in where none is chosen yet.
    """
    source = way if way in (DRAWN, MICROSOFT) else place or DRAWN
    photos = draft.photos
    if source != photos.source:  # classes of other photos say nothing of these
        photos = replace(photos, source=source, classes=(), outliers="")
    return replace(draft, photos=photos)


def with_file(draft: ExperimentConfig, text: str) -> ExperimentConfig:
    """A saved experiment. Folder and name stay: they belong to whoever saved it. Raises ConfigError."""
    new = config.from_json(text)
    if new.preset not in presets.PRESETS:
        raise ConfigError(
            f"There is no preset “{new.preset[:40]}”, from which this experiment was made. "
            "Correct the file and load it again.",
            "preset",
        )
    return replace(new, name=draft.name, photos=with_place_of(new.photos, draft.photos))


def with_place_of(photos: PhotosConfig, own: PhotosConfig) -> PhotosConfig:
    """Where the photos lie and how their classes were chosen stays a person's own."""
    return replace(photos, source=own.source, classes=own.classes, outliers=own.outliers)
