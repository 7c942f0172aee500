"""The only decoder of the project: a file of any common picture format -> upright 8-bit RGB pixels.

Scanning, caching and a photo dropped into the page all come through ``read``, so the pixels that the network
learned from and the pixels it is asked about are made the same way.
"""

import fcntl
import io
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from core.errors import PhotoError
from core.photos.files import cut_short, jpeg_data, pixels, profiles
from core.workspace.files import open_file, read_file

EXTENSIONS_OF = {
    "JPEG": ("jpg", "jpeg", "jpe", "jfif", "mpo"),
    "PNG": ("png",),
    "GIF": ("gif",),
    "BMP": ("bmp",),
    "WEBP": ("webp",),
    "TIFF": ("tif", "tiff"),
    "HEIF": ("heic", "heif"),
    "AVIF": ("avif",),
    "PPM": ("ppm", "pgm", "pbm", "pnm"),
}
"""Format, as Pillow names it -> the extensions that such a file may bear. MPO counts as JPEG."""

PHOTO_EXTENSIONS = tuple(extension for extensions in EXTENSIONS_OF.values() for extension in extensions)


def may_bear(extension: str, format: str) -> bool:
    """Whether a file of a format may have a name that ends so; an ending that is no picture's claims nothing."""
    return extension in EXTENSIONS_OF.get(format, ()) or extension not in PHOTO_EXTENSIONS


READABLE = "JPEG, PNG, GIF, BMP, WebP, TIFF, PPM, HEIC or AVIF"

MAX_PIXELS = 100_000_000

_GIANT_PIXELS = 25_000_000  # two photos of this size are not decoded at once, which bounds the memory
# The check against MAX_PIXELS below is ours; Pillow's own comes first only for what it opens in passing.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
ImageFile.LOAD_TRUNCATED_IMAGES = False

_PLUGINS = (  # imported by name, or Pillow would load all forty at the first odd file
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")

_OTHER_PICTURES = (
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"8BPS", "Photoshop"),
    (b"icns", "Apple icon"),
    (b"\x00\x00\x01\x00", "icon"),
    (b"DDS ", "DirectDraw"),
    (b"gimp xcf", "GIMP"),
    (b"qoif", "QOI"),
    (b"v/1\x01", "OpenEXR"),
)


@dataclass(frozen=True)
class Header:
    """What a file says about its picture before any pixel is decoded.

    Args:
        format: a key of ``EXTENSIONS_OF``.
        mode: Pillow's word for how pixels are stored: "RGB", "L", "CMYK", "P", "RGBA", "I;16" ...
        height, width: in pixels as stored, before an Exif turn.
        num_frames: more than 1 for animations and files of several pages.
    """

    format: str
    mode: str
    height: int
    width: int
    num_frames: int


@dataclass(frozen=True)
class Photo:
    """A decoded photo.

    Args:
        header: what the file said.
        image: (H, W, 3) uint8 upright RGB; smaller than the header says if the photo is much larger than any
            network's input (see ``pixels.WORKING_SIDE``).
        height, width: in pixels of the whole photo, upright.
        changes: what had to be done to get there, in words, e.g. ``("CMYK colours", "turned by Exif")``.
    """

    header: Header
    image: np.ndarray
    height: int
    width: int
    changes: tuple[str, ...]


SIGNATURE_BYTES = 64


def signature(head: bytes) -> str | None:
    """The format that a file's first ``SIGNATURE_BYTES`` announce, or None if they announce no picture.

    Pictures that this app does not read give the name of their format, which is no key of ``EXTENSIONS_OF``.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG"):
        return "PNG"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WEBP"
    if head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "TIFF"
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        # A file may name its brand only among the compatible ones, which follow from byte 16.
        if brand in (b"avif", b"avis") or (brand in (b"mif1", b"msf1") and b"avif" in head[16:]):
            return "AVIF"
        return "HEIF" if brand in _HEIF_BRANDS else None
    if re.match(rb"P[1-6]\s+(#[^\n]*\n\s*)*\d", head):
        return "PPM"
    # "BM" alone begins many a text; in a bitmap bytes 6-9 are reserved, and 14-17 hold the size of its second header.
    if head.startswith(b"BM") and (len(head) < 18 or head[14:18] in _BITMAP_HEADERS or head[6:10] == bytes(4)):
        return "BMP"
    return next((name for start, name in _OTHER_PICTURES if head.startswith(start)), None)


_BITMAP_HEADERS = tuple(size.to_bytes(4, "little") for size in (12, 16, 40, 52, 56, 64, 108, 124))


def header(path: Path) -> Header:
    """Format, mode and size of a photo, without decoding it.

    Raises:
        PhotoError: issue "not a photo", "unreadable" or "refused".
    """
    with _opened(path) as (format, image):
        return Header(format, image.mode, image.height, image.width, _num_frames(image))


def has_profile(source: Path | bytes) -> bool:
    """Whether a photo's colour profile changes its pixels, without decoding them. Raises PhotoError."""
    with _opened(source) as (_, image):
        return _profile_of(image) is not None


def decode(source: Path | bytes) -> np.ndarray:
    """Pixels of a photo, (H, W, 3) uint8, upright RGB in 0..255.

    The first frame of an animation; transparent pixels on mid grey; 16 bits scaled to 8; grey repeated over three
    channels; colours of a profile brought to sRGB (``profiles``). Photos with a shorter side of 1,024 pixels or more
    come smaller, see ``pixels.WORKING_SIDE``.

    Args:
        source: a file, or its bytes.

    Raises:
        PhotoError: its ``issue`` is "not a photo", "unreadable", "refused" or "truncated".
    """
    return read(source).image


def load(source: Path | bytes, size: int, fit: str, channels: int = 3) -> np.ndarray:
    """``decode``, then ``pixels.fit_image``: (size, size, channels) uint8. Raises PhotoError."""
    return pixels.fit_image(decode(source), size, fit, channels)


def read(source: Path | bytes | BinaryIO, thorough: bool = False) -> Photo:
    """Decodes a photo and says what it was. ``decode`` for those who want more than pixels. Raises PhotoError.

    Args:
        source: a file, its bytes, or an open file.
        thorough: whether a JPEG with a hole in its data, which decodes to grey from there on, counts as truncated.
            Only in a child process (``jpeg_data.is_broken``).
    """
    try:
        return _read(source, thorough)
    except PhotoError as error:
        ended = jpeg_data.with_its_end(_all_bytes(source)) if error.issue == "truncated" else None
        if ended is None:
            raise
        return _read(ended, thorough)


def _read(source: Path | bytes | BinaryIO, thorough: bool) -> Photo:
    with _opened(source) as (format, image), _giants_one_by_one(image):
        mode, stored = image.mode, (image.height, image.width)
        orientation = _orientation(image) if format != "PNG" else 1  # a PNG would decode all pixels to answer
        changes = []
        try:
            if format == "JPEG" and min(stored) >= 2 * pixels.WORKING_SIDE:
                # libjpeg halves the size while decoding, down to an eighth.
                shrink = pixels.WORKING_SIDE / min(stored)
                image.draft(None, (int(image.width * shrink), int(image.height * shrink)))
            changes += pixels.stored_as(format, image)
            rawmode = pixels.raw_mode(image)
            image.load()
            bits = _bits_in_use(image, source, rawmode)
            if bits < 16:
                changes = [
                    f"{word}, of which {bits} are in use" if word == pixels.SIXTEEN else word for word in changes
                ]
            if pixels.is_negative(image):
                changes.append("white stored as 0")
            if format == "PNG":
                orientation = _orientation(image)
            to_srgb = _profile_of(image)
            if to_srgb is not None:
                changes.append("colours of its own profile")
            rgb = pixels.eight_bit_rgb(image, bits, to_srgb)
            if thorough and format == "JPEG" and jpeg_data.is_broken(_all_bytes(source)):
                raise ValueError("libjpeg filled a hole in the data with grey")
        except MemoryError as error:
            raise PhotoError(
                "This photo needs more memory than there is to be decoded. Make a smaller copy of it.", "refused"
            ) from error
        except Exception as error:
            raise _truncated() from error
        num_frames = _num_frames(image)
        head = Header(format, mode, *stored, num_frames)
    if num_frames > 1:
        changes.append(f"{num_frames} frames, of which the first counts")
    if format != "TIFF" and orientation != 1:
        rgb = pixels.TURNS[orientation](rgb)  # Pillow turns a TIFF, and its size, by itself
    if orientation != 1:
        changes.append("turned by Exif")
    height, width = stored[::-1] if orientation >= 5 and format != "TIFF" else stored
    return Photo(head, np.ascontiguousarray(rgb), height, width, tuple(changes))


def _all_bytes(source: Path | bytes | BinaryIO) -> bytes:
    if isinstance(source, bytes):
        return source
    if isinstance(source, Path):
        return read_file(source)
    source.seek(0)
    return source.read()


@contextmanager
def _opened(source: Path | bytes | BinaryIO) -> Iterator[tuple[str, ImageFile.ImageFile]]:
    """(format, Pillow image with its header read and its size checked)."""
    if isinstance(source, bytes):
        file = io.BytesIO(source)
    elif isinstance(source, Path):
        try:
            file = open_file(source)
        except OSError as error:
            raise PhotoError(
                f"A photo must be a file that may be read; this one cannot be opened ({error.strerror}). "
                "Check that it is still there and who may read it.",
                "unreadable",
            ) from error
    else:
        file = source
    with file if isinstance(source, (bytes, Path)) else nullcontext():
        try:
            head = file.read(SIGNATURE_BYTES)
            file.seek(0)
        except OSError as error:
            raise PhotoError(
                f"A photo must be a file that may be read; this one gave an error ({error.strerror}). Check its disk.",
                "unreadable",
            ) from error
        format = _announced(head)
        try:
            if format in ("HEIF", "AVIF"):
                _check_boxes(file)
            if format == "HEIF":
                _register_heif()
            image = Image.open(file, formats=(format,))
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            claimed = re.search(r"\d+", str(error))
            raise PhotoError(_too_large(int(claimed[0]) if claimed else None), "refused") from error
        except PhotoError:
            raise
        except Exception as error:
            if cut_short.is_cut_short(format, file):
                raise _truncated() from error
            raise PhotoError(
                f"A {pixels.NAMES.get(format, format)} file must begin with a whole header; the header of this one is broken. "
                "Copy the photo again from where it came from.",
                "unreadable",
            ) from error
        with image:
            if image.width * image.height > MAX_PIXELS:
                raise PhotoError(_too_large(image.width * image.height), "refused")
            yield format, image


def _announced(head: bytes) -> str:
    if not head:
        raise PhotoError(
            "A photo must hold a picture; this file is empty. Copy it again from where it came from.", "unreadable"
        )
    format = signature(head)
    if format in EXTENSIONS_OF:
        return format
    if format is not None:
        raise PhotoError(
            f"Photos may be {READABLE}; this one is a {format} picture. Save it as JPEG or PNG.", "unreadable"
        )
    start = head[:12].decode("ascii", "replace")
    shown = f"“{start.strip()}”" if start.isprintable() and start.strip() else head[:8].hex(" ")
    raise PhotoError(
        f"A photo must be {READABLE}; this file begins with {shown}, as no picture does. "
        "Save the picture itself in its place.",
        "not a photo",
    )


_SIZE_BOX = b"\0\0\0\x14ispe\0\0\0\0"  # ISO 23008-12, section 6.5.3: width and height follow
_META_BYTES = 1 << 18  # what describes the picture lies at the front; few kilobytes, with a thousand tiles at most this


def _check_boxes(file: BinaryIO) -> None:
    """Refuses a HEIC or AVIF by the sizes that it announces: their libraries have limits and words of their own."""
    front = file.read(_META_BYTES)
    file.seek(0)
    for size in front.split(_SIZE_BOX)[1:]:
        num_pixels = int.from_bytes(size[:4], "big") * int.from_bytes(size[4:8], "big")
        if num_pixels > MAX_PIXELS:
            raise PhotoError(_too_large(num_pixels), "refused")


def _truncated() -> PhotoError:
    return PhotoError(
        "A photo must be whole; the data of this one ends early or is broken. Copy it again from where it came from.",
        "truncated",
    )


def _too_large(num_pixels: int | None) -> str:
    claim = f"{num_pixels / 1e6:,.0f} megapixels" if num_pixels else "more"
    return (
        f"A photo may have up to {MAX_PIXELS // 1_000_000} megapixels; the header of this one claims {claim}. "
        "Make a smaller copy of it."
    )


_heif_registered = threading.Lock(), []


def _register_heif() -> None:
    lock, done = _heif_registered
    with lock:
        if not done:
            import pi_heif  # 0.1 s, and most people have no HEIC

            pi_heif.register_heif_opener(thumbnails=False)
            done.append(True)


@contextmanager
def _giants_one_by_one(image: Image.Image) -> Iterator[None]:
    """Waits while another process on this machine decodes a giant, so that two never fill the memory together."""
    if image.width * image.height < _GIANT_PIXELS:
        yield
        return
    with open(__file__, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # freed by the kernel, however this process ends
        yield


def _num_frames(image: Image.Image) -> int:
    """Counted after the pixels are out: a broken later frame must not cost the first. An MPO is no animation."""
    if image.format in ("JPEG", "MPO", "BMP", "HEIF"):
        return 1
    try:
        return max(1, int(getattr(image, "n_frames", 1)))
    except Exception:
        return 1


def _profile_of(image: Image.Image) -> profiles.ToSrgb | None:
    return profiles.to_srgb(image.info.get("icc_profile"), pixels.own_mode(image))


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(274, 1)
    except Exception:  # a broken Exif block says nothing about the picture
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _bits_in_use(image: Image.Image, source: Path | bytes | BinaryIO, rawmode: str) -> int:
    """How many bits of a loaded picture's 16 are in use; 16 for all pictures that have not 16. Colours are scaled in place."""
    said = pixels.tagged(image)
    if image.mode.startswith("I;16"):
        return pixels.in_use((np.asarray(image.crop(box)) for box in pixels.bands(image)), said)
    other = pixels.low_rawmode(rawmode)
    if other is None or not pixels.may_be_dim(image):
        return 16
    whole = source if isinstance(source, (Path, bytes)) else _all_bytes(source)
    with _opened(whole) as (_, low):  # Pillow keeps one byte of each value, so the other one is read by itself
        low.tile = [tile._replace(args=_with_rawmode(tile.args, other)) for tile in low.tile]
        low.load()
        return pixels.scale_colours(image, low, rawmode, said)


def _with_rawmode(arguments: str | tuple | None, rawmode: str) -> str | tuple:
    return (rawmode, *arguments[1:]) if isinstance(arguments, tuple) else rawmode
