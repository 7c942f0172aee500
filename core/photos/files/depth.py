"""Pictures of more than 8 bits a channel: how many of the bits are in use, and where black and white lie.

Cameras and scanners keep 10, 12 or 14 bits in files of 16. Read as 16 bits, such a picture is nearly black. A TIFF's tags
say what its values mean; elsewhere the largest value tells.
"""

import sys
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from PIL import Image

DEPTHS = (8, 10, 12, 14, 16)
_BITS_PER_SAMPLE, _PHOTOMETRIC, _MAX_SAMPLE, _LARGEST_SAMPLE = 258, 262, 281, 341  # TIFF 6.0, sections 8 and 19
_BAND_PIXELS = 1_000_000  # a picture of 100 megapixels is never held a second time
_SWAPPED = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}


def tagged(image: Image.Image) -> int | None:
    """Bits in use as a TIFF's own tags say, 9..16; None where they say nothing."""
    tags = getattr(image, "tag_v2", None) or {}
    depth = _first(tags.get(_BITS_PER_SAMPLE))
    if depth is not None and 8 < depth < 16:
        return depth
    largest = _first(tags.get(_LARGEST_SAMPLE)) or _first(tags.get(_MAX_SAMPLE))
    return largest.bit_length() if largest is not None and 255 < largest < 65536 else None


def is_negative(image: Image.Image) -> bool:
    """Whether 0 is white, which Pillow does not look at in TIFFs of 16 bits."""
    tags = getattr(image, "tag_v2", None) or {}
    return image.mode.startswith("I;16") and _first(tags.get(_PHOTOMETRIC)) == 0


def in_use(values: Iterable[np.ndarray], said: int | None = None) -> int:
    """How many bits are in use of 16: 8, 10, 12, 14 or 16, or what was said.

    Args:
        values: parts of the picture, unsigned integers.
        said: by the file's tags; counts unless a value is larger.
    """
    top, is_widened = 0, [True, True]
    for part in values:
        top = max(top, int(part.max()))
        is_widened[0] = is_widened[0] and not (part % 257).any()
        is_widened[1] = is_widened[1] and not (part % 256).any()
    if said is not None and top < 1 << said:
        return said
    if any(is_widened):  # 8 bits that were spread over all 16: what is dark there is dark
        return 16
    return holding(top)


def holding(top: float) -> int:
    """The smallest usual depth whose values reach ``top``."""
    return next((depth for depth in DEPTHS if top < 1 << depth), DEPTHS[-1])


def bands(image: Image.Image) -> Iterator[tuple[int, int, int, int]]:
    """Boxes that cover a picture from top to bottom, as ``Image.crop`` takes them."""
    rows = max(1, _BAND_PIXELS // image.width)
    for top in range(0, image.height, rows):
        yield 0, top, image.width, min(top + rows, image.height)


def to_eight(values: np.ndarray, depth: int) -> np.ndarray:
    """Values of so many bits as uint8, rounded."""
    white = (1 << depth) - 1
    return ((values.astype(np.uint32) * 255 + white // 2) // white).astype(np.uint8)


def low_rawmode(rawmode: str) -> str | None:
    """Where Pillow keeps only the high byte of each channel: the raw mode with which it keeps the low one; None elsewhere."""
    if rawmode == "LA;16B":
        return "RGBA"  # its four bytes as they lie
    channels, _, order = rawmode.partition(";16")
    return f"{channels};16{_SWAPPED[order]}" if channels in ("RGB", "RGBA", "RGBX") and order in _SWAPPED else None


def may_be_dim(image: Image.Image) -> bool:
    """Whether the high bytes of a colour picture leave room for fewer bits than 16."""
    return max(high for _, high in image.getextrema()[:3]) < 1 << (DEPTHS[-2] - 8)


def scale_colours(image: Image.Image, low: Image.Image, rawmode: str, said: int | None) -> int:
    """Brings a colour picture of 16 bits, of which fewer are in use, to 8 bits, in place.

    Args:
        image: the high bytes, mode RGB or RGBA.
        low: the low bytes, as ``low_rawmode`` reads them.
        rawmode: of the file.
        said: as ``in_use``.

    Returns:
        The bits in use.
    """

    def whole(box: tuple[int, int, int, int]) -> np.ndarray:
        """(h, w, 3 or 4) uint16"""
        highs, lows = np.asarray(image.crop(box)), np.asarray(low.crop(box))
        if rawmode == "LA;16B":
            lows = lows[:, :, (1, 1, 1, 3)]
        return highs.astype(np.uint16) << 8 | lows

    depth = in_use((whole(box)[:, :, :3] for box in bands(image)), said)
    if depth == 16:
        return depth
    alpha = in_use(whole(box)[:, :, 3:] for box in bands(image)) if image.mode == "RGBA" else 16
    for box in bands(image):
        values = whole(box)
        eight = to_eight(np.minimum(values, (1 << depth) - 1), depth)
        if image.mode == "RGBA":
            eight[:, :, 3:] = to_eight(values[:, :, 3:], alpha)
        image.paste(Image.fromarray(eight), box)
    return depth


def grey_to_eight(image: Image.Image, depth: int) -> Callable[[Image.Image], Image.Image]:
    """A grey picture of 16 bits, or a band of it -> the same in mode L."""
    is_negative_, white = is_negative(image), (1 << depth) - 1

    def scaled(part: Image.Image) -> Image.Image:
        eight = to_eight(np.minimum(np.asarray(part), white), depth)
        return Image.fromarray(255 - eight if is_negative_ else eight)

    return scaled


def _first(value) -> int | None:
    """A TIFF tag holds one value or one a channel."""
    value = value[0] if isinstance(value, tuple) and value else value
    return int(value) if isinstance(value, (int, float)) and value == value and abs(value) < 1 << 32 else None
