"""Photos, and what augmentation makes of them: through the functions that training calls.

Many photos go to the browser as a few sheets: twelve files cost it, and the server, more than their pixels do.
"""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from core.config import AugmentConfig
from core.photos.drawn.draw import draw
from core.photos.files.pixels import fit_image
from core.training.recipe import extremes
from core.training.recipe.augment import augment, augment_batch, rng_for
from pages.parts import pictures
from pages.state.current import dataset_of

NUM_PHOTOS = 12
NUM_SHEETS = 6  # three side by side, or two on a telephone
# A photo on the page is about 140 pixels wide; twice that is sharp on any screen, and a network may look at 512.
MOST_PIXELS = 240
LEAST_PIXELS = 96
GAP, WIDE_GAP = 4, 10
PLACES = 3  # in a strip of one operation


@dataclass(frozen=True)
class Look:
    """Which photos are looked at, and how the network gets them.

    Args:
        dataset_id: None for drawn pets.
        fit, size, channels: as ``core.photos.files.decode.load`` takes them.
        turn: which twelve of the data set, 0 for the first; after the last come the first again.
        own: fingerprint of a photo of the visitor's own, which then stands for all twelve; "" for the data set's.
    """

    dataset_id: str | None
    fit: str
    size: int
    channels: int
    turn: int = 0
    own: str = ""


@st.cache_data(max_entries=16, show_spinner=False)
def originals(dataset_id: str | None, fit: str, size: int, channels: int, turn: int = 0) -> np.ndarray:
    """Twelve training photos as the cache holds them, class by class in turn: (12, size, size, channels) uint8."""
    if dataset_id is None:
        numbers = range(turn * NUM_PHOTOS, (turn + 1) * NUM_PHOTOS)
        photos = [np.asarray(draw(("cats", "dogs")[number % 2], number)) for number in numbers]
        return np.stack([fit_image(photo, size, fit, channels) for photo in photos])
    dataset = dataset_of(dataset_id)
    by_class: dict[int, list[int]] = {}
    for index in dataset.of_split("train"):
        by_class.setdefault(dataset.examples[index].class_index, []).append(int(index))
    groups = list(by_class.values())
    mixed = [group[rank] for rank in range(max(map(len, groups))) for group in groups if rank < len(group)]
    first = turn % max(1, len(mixed) // NUM_PHOTOS) * NUM_PHOTOS
    chosen = mixed[first : first + NUM_PHOTOS]
    return np.stack([pictures.square(dataset, index, size, fit, channels) for index in chosen])


def looked_at(look: Look, own_photo: np.ndarray | None) -> np.ndarray:
    """(N, size, size, channels) uint8: twelve photos of the data set, or one's own alone.

    Args:
        own_photo: (H, W, 3) uint8, where ``look.own`` names it.
    """
    if look.own and own_photo is not None:
        return fit_image(own_photo, look.size, look.fit, look.channels)[None]
    return originals(look.dataset_id, look.fit, look.size, look.channels, look.turn)


@st.cache_data(max_entries=64, show_spinner=False)
def preview(
    config: AugmentConfig, look: Look, seed: int, number: int, dark: bool, _own_photo: np.ndarray | None
) -> list[bytes]:
    """Six sheets of photos: each original with what training would show the network to its right.

    A photo of one's own is shown twelve times changed, and nothing but the changes.

    Args:
        number: which draw; the same seed and number give the same sheets.
        dark: whether the page is; what lies between photos has its colour.
    """
    before = looked_at(look, _own_photo)
    if look.own:
        before = np.repeat(before, NUM_PHOTOS, axis=0)
    after = augment_batch(before, config, rng_for(seed, number, 0))
    rows = [[b] if look.own else [a, b] for a, b in zip(before, after, strict=True)]
    if look.own:
        rows = [rows[n] + rows[n + 1] for n in range(0, len(rows), 2)]
    each = -(-len(rows) // NUM_SHEETS)
    return [sheet(rows[first : first + each], dark) for first in range(0, len(rows), each)]


@st.cache_data(max_entries=64, show_spinner=False)
def original(look: Look, _own_photo: np.ndarray | None) -> bytes:
    """The first photo as the network gets it unchanged."""
    return pictures.encode(on_screen(looked_at(look, _own_photo)[0]))


@st.cache_data(max_entries=128, show_spinner=False)
def alone(config: AugmentConfig, name: str, look: Look, _own_photo: np.ndarray | None) -> list[tuple[bytes, str]]:
    """One photo from one extreme of a setting to the other, all others off: [(picture, what is done)]."""
    photo = looked_at(look, _own_photo)[0]
    return [
        (pictures.encode(on_screen(augment(photo, step.draw, step.config))), step.words)
        for step in extremes.steps(config, name)
    ]


@st.cache_data(max_entries=128, show_spinner=False)
def strip(config: AugmentConfig, name: str, look: Look, dark: bool, _own_photo: np.ndarray | None) -> tuple[bytes, str]:
    """The same as one picture: (picture, what is done from left to right). Three places wide, so that strips align."""
    photo = looked_at(look, _own_photo)[0]
    found = extremes.steps(config, name)
    if len(found) == 5:
        found = found[::2]
    row = [augment(photo, step.draw, step.config) for step in found]
    empty = np.empty_like(photo)
    empty[...] = paper(dark)[: photo.shape[2]]
    row += [empty] * (PLACES - len(row))
    return sheet([row], dark), " · ".join(step.words for step in found)


def sheet(rows: list[list[np.ndarray]], dark: bool) -> bytes:
    """Pictures of one size in rows, encoded as one."""
    rows = [[on_screen(picture) for picture in row] for row in rows]
    side, _, channels = rows[0][0].shape
    width, num_rows = len(rows[0]), len(rows)
    whole = np.empty((num_rows * (side + WIDE_GAP) - WIDE_GAP, width * (side + GAP) - GAP, channels), np.uint8)
    for y, row in enumerate(rows):
        top = y * (side + WIDE_GAP)
        # the gaps alone: filling all of it would cost as much as the JPEG
        whole[top + side : top + side + WIDE_GAP] = paper(dark)[:channels]
        for x, picture in enumerate(row):
            left = x * (side + GAP)
            whole[top : top + side, left : left + side] = picture
            whole[top : top + side, left + side : left + side + GAP] = paper(dark)[:channels]
    return pictures.encode(whole, 85)


def paper(dark: bool) -> np.ndarray:
    """(3,) uint8: the page's own background, as .streamlit/config.toml has it."""
    return np.array((0x12, 0x17, 0x1C) if dark else (255, 255, 255), np.uint8)


def on_screen(image: np.ndarray) -> np.ndarray:
    """A network's picture at a size for the page; one of few pixels is enlarged so that each of them is seen."""
    size = image.shape[0]
    if size >= LEAST_PIXELS:
        return pictures.shrink(image, MOST_PIXELS)
    times = -(-LEAST_PIXELS // size)
    return image.repeat(times, axis=0).repeat(times, axis=1)
