"""Colour profiles: pixels in the colours of a camera, a screen or a press -> sRGB, as browsers show them.

A phone stores Display P3, a camera may store Adobe RGB, a press CMYK. Read as sRGB the same numbers are other colours, paler as a
rule. Little CMS, which Pillow brings along, does the sums (``PIL.ImageCms``).

A profile comes from a stranger, as the photo does: one that is broken, too large, or meant for other pixels counts as none.
"""

import io
from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from typing import cast

import numpy as np
from PIL import Image

ToSrgb = Callable[[Image.Image], Image.Image]
"""A picture in the mode that was asked about -> the same in mode RGB."""

MOST_BYTES = 4 * 2**20  # those of presses have up to three million
LIKE_SRGB_LEVELS = 2  # a profile that moves no colour by more is one of the many spellings of sRGB
NUM_KEPT = 16

_MODES = {"GRAY": "L", "RGB ": "RGB", "CMYK": "CMYK"}  # ICC.1:2022, section 7.2.6: the colours that a profile is about

_known: OrderedDict[bytes, tuple[str, ToSrgb | None]] = OrderedDict()  # digest -> mode that it is for, what it does


def to_srgb(profile: object, mode: str) -> ToSrgb | None:
    """What brings the pixels of a photo to sRGB; None where they are sRGB, or nobody can say.

    A profile is looked at once in a process; the one of the next photo is mostly the same.

    Args:
        profile: ``image.info.get("icc_profile")``, as the file has it.
        mode: of the pixels: "L", "RGB" or "CMYK".
    """
    if not isinstance(profile, bytes) or not 128 <= len(profile) <= MOST_BYTES:  # 128: its header alone
        return None
    digest = blake2b(profile, digest_size=16).digest()
    if digest not in _known:
        _known[digest] = _looked_at(profile)
        while len(_known) > NUM_KEPT:
            _known.popitem(last=False)
    _known.move_to_end(digest)
    own_mode, convert = _known[digest]
    return convert if own_mode == mode else None


def _looked_at(profile: bytes) -> tuple[str, ToSrgb | None]:
    mode = _MODES.get(profile[16:20].decode("latin-1"), "")
    if not mode:
        return "", None
    from PIL import ImageCms  # most photos have no profile, and need none of it

    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            # As Photoshop does: colours that sRGB has stay as they are, and the darkest ink is black.
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )

        def convert(picture: Image.Image) -> Image.Image:
            return cast(Image.Image, ImageCms.applyTransform(picture, transform))  # None only where it works in place

        is_like = mode != "CMYK" and _is_like_srgb(convert, mode)
    except Exception:  # Little CMS' words for what is wrong with it help nobody
        return "", None
    return mode, None if is_like else convert


def _is_like_srgb(convert: ToSrgb, mode: str) -> bool:
    """Whether colours all over the cube, or all greys, stay nearly what they are."""
    if mode == "L":
        levels = np.arange(256, dtype=np.uint8)[None]  # (1, 256)
        before = np.repeat(levels[..., None], 3, axis=2)
    else:
        steps = np.linspace(0, 255, 9).astype(np.uint8)
        before = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)  # (1, 729, 3)
        levels = before
    after = np.asarray(convert(Image.fromarray(levels)))
    return int(np.abs(after.astype(int) - before).max()) <= LIKE_SRGB_LEVELS
