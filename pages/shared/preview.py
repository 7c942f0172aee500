"""Twelve training photos, and what augmentation makes of them: through the function that training calls."""

import numpy as np
import streamlit as st

from core.config import AugmentConfig
from core.photos.decode import fit_image
from core.photos.drawn import draw
from core.training.augment import augment_batch, rng_for
from pages.shared import pictures
from pages.shared.current import dataset_of

NUM_PHOTOS = 12


@st.cache_data(max_entries=16, show_spinner=False)
def originals(dataset_id: str | None, fit: str, size: int, channels: int) -> np.ndarray:
    """Twelve training photos as the cache holds them, class by class in turn: (12, size, size, channels) uint8."""
    if dataset_id is None:
        photos = [np.asarray(draw(("cats", "dogs")[index % 2], index)) for index in range(NUM_PHOTOS)]
        return np.stack([fit_image(photo, size, fit, channels) for photo in photos])
    dataset = dataset_of(dataset_id)
    by_class: dict[int, list[int]] = {}
    for index in dataset.of_split("train"):
        by_class.setdefault(dataset.examples[index].class_index, []).append(int(index))
    mixed = [group[rank] for rank in range(NUM_PHOTOS) for group in by_class.values() if rank < len(group)]
    return np.stack([pictures.square(dataset, index, size, fit, channels) for index in mixed[:NUM_PHOTOS]])


@st.cache_data(max_entries=64, show_spinner=False)
def preview(
    config: AugmentConfig, dataset_id: str | None, fit: str, size: int, channels: int, seed: int, number: int
) -> list[bytes]:
    """Each photo with what training would show the network to its right, as encoded pictures."""
    before = originals(dataset_id, fit, size, channels)
    after = augment_batch(before, config, rng_for(seed, number, 0))
    between = np.full((size, max(4, size // 40), channels), 255, np.uint8)
    return [pictures.encode(np.hstack([a, between, b])) for a, b in zip(before, after, strict=True)]
