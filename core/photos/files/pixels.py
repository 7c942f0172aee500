"""From a picture as Pillow loads it to upright 8-bit RGB pixels (grey, palettes, CMYK, transparency, and more than 8 bits a
channel), and from those to the square that a network takes.

Cameras and scanners keep 10, 12 or 14 bits in files of 16. Read as 16 bits, such a picture is nearly black. A TIFF's tags
say what its values mean; elsewhere the largest value tells.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import cast

import cv2
import numpy as np
from PIL import Image

from core.photos.files.profiles import ToSrgb

STATISTICS_SIDE = 320  # brightness and sharpness are measured at this longest side, so that they compare
WORKING_SIDE = 512
"""The largest input size of a network. A photo whose shorter side is at least twice this is decoded at a whole
fraction of its size, which for a phone's 12 megapixels is several times faster. The rule does not look at the
size asked for, so that every caller gets the same pixels."""

SIXTEEN = "16 bits a channel"

GREY = 128
"""What shows through transparent pixels and fills the borders of "pad": on mid grey a white pet and a black pet
that were cut out of their background both stay visible."""

NAMES = {"WEBP": "WebP", "HEIF": "HEIC"}
DEPTHS = (8, 10, 12, 14, 16)
_BITS_PER_SAMPLE, _PHOTOMETRIC, _MAX_SAMPLE, _LARGEST_SAMPLE = 258, 262, 281, 341  # TIFF 6.0, sections 8 and 19
_BAND_PIXELS = 1_000_000  # a picture of 100 megapixels is never held a second time
_SWAPPED = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}

TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {  # Exif 2.32, tag 274
    2: np.fliplr,
    3: lambda image: np.rot90(image, 2),
    4: np.flipud,
    5: lambda image: image.transpose(1, 0, 2),
    6: lambda image: np.rot90(image, -1),
    7: lambda image: np.rot90(image, 2).transpose(1, 0, 2),
    8: lambda image: np.rot90(image, 1),
}


def stored_as(format: str, image: Image.Image) -> list[str]:
    """What has to be converted, seen from the header, in words."""
    words = []
    if format in ("HEIF", "AVIF"):
        words.append(f"{NAMES.get(format, format)} file")
    mode = image.mode
    if mode in ("1", "L", "LA", "La"):
        words.append("grayscale")
    elif mode in ("P", "PA"):
        words.append("palette colours")
    elif mode == "CMYK":
        words.append("CMYK colours")
    elif mode in ("YCbCr", "LAB", "HSV"):
        words.append(f"{mode} colours")
    if mode in ("I", "F"):
        words.append("32 bits a channel")
    elif mode.startswith("I;16") or "16" in str(raw_mode(image)):
        words.append(SIXTEEN)
    if _has_alpha(image):
        words.append("transparency")
    return words


def raw_mode(image: Image.Image) -> str:
    """How bytes lie in the file, e.g. "RGB;16B" where Pillow's mode only says "RGB"."""
    tiles = getattr(image, "tile", None)
    if not tiles:
        return ""
    arguments = tiles[0][3]
    first = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
    return first if isinstance(first, str) else ""


def _has_alpha(image: Image.Image) -> bool:
    return image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info


def own_mode(image: Image.Image) -> str:
    """The colours that a picture's numbers are, whatever lies beside them: "L", "RGB" or "CMYK"; "" for others."""
    if image.mode in ("L", "LA", "La", "I", "F") or image.mode.startswith("I;16"):
        return "L"
    return image.mode if image.mode == "CMYK" else "RGB" if image.mode in _RGB_MODES else ""


_RGB_MODES = ("RGB", "RGBA", "RGBa", "RGBX", "P", "PA", "YCbCr")


def eight_bit_rgb(image: Image.Image, bits: int, to_srgb: ToSrgb | None = None) -> np.ndarray:
    """(H, W, 3) uint8 of a loaded Pillow image; (H / k, W / k, 3) if it is k times larger than we ever need.

    A large one is converted in bands: a copy of 100 megapixels in another mode costs 400 MB.

    Args:
        bits: in use of a grey picture's 16.
        to_srgb: of its colour profile, from ``own_mode``; done when it is small, for it is ten times the work of the rest.
    """
    is_opaque = not _has_alpha(image)
    convert = _converter(image, bits, to_srgb)
    finish = to_srgb if to_srgb and is_opaque else _as_it_is
    factor = min(image.size) // WORKING_SIDE
    if factor < 2:
        return np.asarray(finish(convert(image)))
    rows = factor * max(1, 1_000_000 // (image.width * factor))
    bands = []
    for top in range(0, image.height, rows):
        band = convert(image.crop((0, top, image.width, min(top + rows, image.height))))
        bands.append(np.asarray(finish(band.reduce(factor))))
    return np.concatenate(bands)


def _as_it_is(part: Image.Image) -> Image.Image:
    return part


def _converter(image: Image.Image, bits: int, to_srgb: ToSrgb | None) -> Callable[[Image.Image], Image.Image]:
    """Image or a band of it -> the same in mode RGB; with a profile, an opaque one in its ``own_mode``."""
    mode = own_mode(image) if to_srgb else "RGB"
    if image.mode.startswith("I;16"):
        to_grey = grey_to_eight(image, bits)
        return lambda part: to_grey(part).convert(mode)
    if image.mode in ("I", "F"):
        low, high = _range_of(image)

        def scaled(part: Image.Image) -> Image.Image:
            values = np.nan_to_num(np.asarray(part, np.float32), posinf=high, neginf=low)
            return Image.fromarray(
                np.clip((values - low) * (255 / (high - low)) + 0.5, 0, 255).astype(np.uint8)
            ).convert(mode)

        return scaled
    if _has_alpha(image):

        def on_grey(part: Image.Image) -> Image.Image:
            part = part.convert("LA") if part.mode == "La" else part
            part = part.convert("RGBA")
            if to_srgb:
                alpha, part = part.getchannel("A"), to_srgb(part.convert(mode))
                part.putalpha(alpha)
            return Image.alpha_composite(Image.new("RGBA", part.size, (GREY, GREY, GREY, 255)), part).convert("RGB")

        return on_grey
    return lambda part: part if part.mode == mode else part.convert(mode)


def _range_of(image: Image.Image) -> tuple[float, float]:
    """What black and white are in a picture of 32-bit numbers: the usual ranges, else what occurs."""
    low, high = (float(value) for value in cast(tuple[float, float], image.getextrema()))
    if np.isfinite((low, high)).all() and low >= 0:
        if image.mode == "F" and high <= 1:
            return 0.0, 1.0
        if high <= 65535:
            return 0.0, float((1 << holding(high)) - 1)
    low, high = (value if np.isfinite(value) else 0.0 for value in (low, high))
    return low, max(high, low + 1)


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
    return max(high for _, high in cast(tuple[tuple[int, int], ...], image.getextrema())[:3]) < 1 << (DEPTHS[-2] - 8)


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


def fit_image(image: np.ndarray, size: int, fit: str, channels: int = 3) -> np.ndarray:
    """Makes the square that a network takes.

    Args:
        image: (H, W, 3) uint8.
        size: side of the square in pixels.
        fit: "squash" changes proportions, "crop" keeps the middle square, "pad" adds grey borders.
        channels: 3, or 1 for luminance (ITU-R BT.601).

    Returns:
        (size, size, channels) uint8. Shrinking averages over areas, so that fine fur does not turn into moire.
    """
    height, width = image.shape[:2]
    if fit == "crop":
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        square = _resize(image[top : top + side, left : left + side], size, size)
    elif fit == "pad":
        scale = size / max(height, width)
        inner = _resize(image, max(1, round(height * scale)), max(1, round(width * scale)))
        top, left = (size - inner.shape[0]) // 2, (size - inner.shape[1]) // 2
        square = np.full((size, size, 3), GREY, np.uint8)
        square[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
    elif fit == "squash":
        square = _resize(image, size, size)
    else:
        raise ValueError(f"fit must be squash, crop or pad; received {fit!r}")
    if channels == 1:
        return cv2.cvtColor(square, cv2.COLOR_RGB2GRAY)[:, :, None]
    return square


def _resize(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Shrinks by area and enlarges linearly, each axis by itself: cv2's area filter does not enlarge well."""
    smaller = (min(width, image.shape[1]), min(height, image.shape[0]))
    if smaller != (image.shape[1], image.shape[0]):
        image = cv2.resize(image, smaller, interpolation=cv2.INTER_AREA)
    if smaller != (width, height):
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(image)


def sharpness(grey: np.ndarray) -> float:
    """How much of a picture's contrast lies in its finest detail; a blurred photo has next to none.

    Args:
        grey: (H, W) uint8.
    """
    longest = max(grey.shape)
    if longest > STATISTICS_SIDE:
        scale = STATISTICS_SIDE / longest
        size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    contrast, detail = (cv2.meanStdDev(values)[1].item() for values in (grey, cv2.Laplacian(grey, cv2.CV_16S)))
    return detail / (contrast + 1)
