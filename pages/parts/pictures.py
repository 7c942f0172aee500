"""Photos as the browser gets them: decoded by the one decoder, small, encoded once, kept as bytes."""

import base64
import io
import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import streamlit as st
from PIL import Image

from core.errors import PhotoError
from core.palette import GREY, VERMILION, class_colours
from core.photos.dataset import Dataset
from core.photos.files.decode import decode, load
from core.photos.sources import allowed
from pages.parts.work import is_class
from pages.state.current import dataset_of

THUMBNAIL_PIXELS = 320
LARGE_PIXELS = 720, 470  # width and height; a dialog with a photo of these fits a laptop's window
_EDGE = 150  # grey level: seen on the light page and on the dark one
MOST_COLOURS = 7


def encode(image: np.ndarray, quality: int = 88) -> bytes:
    """(H, W, 3) or (H, W, 1) uint8 RGB -> JPEG bytes."""
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.shape[2] == 3 else image
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def encode_exact(image: np.ndarray) -> bytes:
    """(H, W, 3) or (H, W, 1) uint8 RGB -> PNG bytes, every pixel as it is: for what the network saw."""
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.shape[2] == 3 else image
    return cv2.imencode(".png", bgr)[1].tobytes()


def edged(image: np.ndarray, pixels: int = 1) -> np.ndarray:
    """The picture in a thin grey frame around it, (H + 2 pixels, W + 2 pixels, channels): white on a white page has no edge."""
    grey = (_EDGE,) * image.shape[2]
    framed = cv2.copyMakeBorder(image, pixels, pixels, pixels, pixels, cv2.BORDER_CONSTANT, value=grey)
    return framed.reshape(*framed.shape[:2], image.shape[2])


def inline(picture: bytes) -> str:
    """A JPEG or PNG as an address that holds it: for what is soon replaced. A file of its own would be gone from the server
    before a slower browser has asked for it."""
    kind = "png" if picture.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"


def shrink(image: np.ndarray, side: int = THUMBNAIL_PIXELS) -> np.ndarray:
    """The whole photo with its longer side at most ``side``; proportions stay."""
    height, width = image.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return image
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).reshape(size[1], size[0], image.shape[2])


def thumbnail(dataset_id: str, path: str) -> bytes | None:
    """One photo of a data set's folder, used or not: small, upright, in its own proportions; None where it is gone."""
    return _small(dataset_id, _key(path))


def width_within(picture: bytes, side: int) -> int:
    """The width at which an encoded picture fits a square, in pixels."""
    with Image.open(io.BytesIO(picture)) as image:  # reads the header alone
        width, height = image.size
    return max(1, round(side * min(1, width / height)))


@dataclass(frozen=True)
class Shown:
    """Args: data: the file for the browser; width: in pixels, at which it is sharp and fits."""

    data: bytes
    width: int


def large(dataset_id: str, path: str) -> Shown | None:
    """The same, as large as a dialog shows it: whole, never larger than the photo is."""
    return _large(dataset_id, _key(path))


def seen(dataset_id: str, path: str, size: int, fit: str, channels: int) -> bytes | None:
    """What the network gets of it before augmentation, every pixel as it is, in a frame; None where the file is gone."""
    return _seen(dataset_id, _key(path), size, fit, channels)


@st.cache_data(max_entries=1000, show_spinner=False)
def _small(dataset_id: str, key: bytes) -> bytes | None:
    try:
        return encode(edged(shrink(decode(_file(dataset_id, key))), 2), 82)
    except (PhotoError, OSError):
        return None


@st.cache_data(max_entries=32, show_spinner=False)
def _large(dataset_id: str, key: bytes) -> Shown | None:
    try:
        image = decode(_file(dataset_id, key))
    except (PhotoError, OSError):
        return None
    height, width = image.shape[:2]
    scale = min(1, LARGE_PIXELS[0] / width, LARGE_PIXELS[1] / height)
    # twice as many pixels as the page's own, for screens that have them
    image = edged(shrink(image, round(2 * scale * max(height, width))), 2)
    return Shown(encode(image), max(1, round(scale * width)) + 2)


@st.cache_data(max_entries=32, show_spinner=False)
def _seen(dataset_id: str, key: bytes, size: int, fit: str, channels: int) -> bytes | None:
    try:
        return encode_exact(edged(load(_file(dataset_id, key), size, fit, channels)))
    except (PhotoError, OSError):
        return None


def _key(path: str) -> bytes:
    """A path that Streamlit can hash: it encodes text, which fails for names with bytes that are no text."""
    return path.encode("utf-8", "surrogateescape")


def _file(dataset_id: str, key: bytes) -> Path:
    """Where a photo lies. Raises PhotoError for a link that leads out of its folder, put there after the folder was looked at."""
    dataset = dataset_of(dataset_id)
    path = dataset.root / key.decode("utf-8", "surrogateescape")
    if is_class() and "" not in dataset.owners:  # what the administrator has prepared is theirs to vouch for
        allowed.check_file(path, dataset.root)
    return path


def square(dataset: Dataset, index: int, size: int, fit: str, channels: int) -> np.ndarray:
    """One photo as the network gets it before augmentation: (size, size, channels) uint8."""
    return load(_file(dataset.id, _key(dataset.examples[index].path)), size, fit, channels)


def bar(share: float, colour: str) -> str:
    """A share of 0..1 as SVG: a filled part of a grey track."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 16">'
        f'<rect width="400" height="16" fill="{GREY}" fill-opacity="0.18"/>'
        f'<rect width="{400 * share:.1f}" height="16" fill="{colour}"/></svg>'
    )


def split_bar(classes: dict[str, int], most: int) -> str:
    """The photos of one split as SVG: a piece a class, as long as there are photos; the longest split fills the width.

    Args:
        classes: {class name: number}.
        most: photos of the longest split.
    """
    x, pieces = 0.0, []
    for name, colour in colours_of(tuple(classes)).items():
        length = 1000 * classes[name] / max(1, most)
        pieces.append(f'<rect x="{x:.1f}" y="0" width="{length:.1f}" height="20" fill="{colour}"/>')
        x += length
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 20">{"".join(pieces)}</svg>'


def swatch(colour: str) -> str:
    """A square of a colour as SVG, for a legend."""
    square = f'<rect width="14" height="14" fill="{colour}"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 14 14">{square}</svg>'


def colours_of(class_names: tuple[str, ...]) -> dict[str, str]:
    """The classes' colours, or grey where there are more classes than colours that can be told apart."""
    return class_colours(class_names) if len(class_names) <= MOST_COLOURS else dict.fromkeys(class_names, GREY)


def sparkline(values: list, width: int = 110, height: int = 24) -> str:
    """A line without axes as SVG, in validation's colour.

    Args:
        values: numbers in order; what is no finite number is left out. At most some hundred are drawn.
    """
    numbers = [float(value) for value in values if isinstance(value, (int, float)) and math.isfinite(value)]
    numbers = numbers[:: max(1, len(numbers) // 100)]
    low, high = min(numbers, default=0), max(numbers, default=1)
    x_step, y_scale = (width - 4) / max(1, len(numbers) - 1), (height - 6) / ((high - low) or 1)
    points = " ".join(
        f"{2 + x_step * index:.1f},{height - 3 - y_scale * (value - low):.1f}" for index, value in enumerate(numbers)
    )
    line = f'<polyline points="{points}" fill="none" stroke="{VERMILION}" stroke-width="2" stroke-linejoin="round"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">{line}</svg>'
