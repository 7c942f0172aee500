"""AugmentConfig -> one warp and one colour change per photo.

Every setting that moves pixels is composed into one affine matrix, so a photo is interpolated once however many
settings are on; every setting that colours them into one affine map of (red, green, blue). Training and the preview
call the same `augment_batch`.

    numbers  24 uniform random numbers a photo, always all of them
    Draw     what they mean under this config: sides of the window, angles, factors
    matrix   output pixel -> source pixel
    picture  warp, colour, erase

Everything random is in the Draw; everything after it is plain arithmetic. OpenCV releases the interpreter lock, so the
functions work beside training in a thread; how many threads OpenCV itself takes is the caller's choice.
"""

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from core.config import AugmentConfig

NUMBERS_PER_PHOTO = 24

# Where a moved photo leaves a gap. The words mean what they mean to Keras and scipy.ndimage, here for a row a b c d:
_BORDERS = {
    "reflect": cv2.BORDER_REFLECT,  #    d c b a | a b c d | d c b a   scipy: reflect
    "nearest": cv2.BORDER_REPLICATE,  #  a a a a | a b c d | d d d d   scipy: nearest
    "wrap": cv2.BORDER_WRAP,  #          a b c d | a b c d | a b c d   scipy: grid-wrap
    "constant": cv2.BORDER_CONSTANT,  #  k k k k | a b c d | k k k k   scipy: grid-constant
}
_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as Pillow and OpenCV turn colour into grey
_MIDDLE = 128.0
_ERASED = 128


@dataclass(frozen=True, slots=True)
class Draw:
    """Everything random about one photo, free of any image size. The defaults change nothing.

    Args:
        side_x, side_y: sides of the window that is shown, as shares of the photo's side; below 1 zooms in.
        center_x, center_y: where in the photo the middle of the window lies; 0.5 is the photo's middle.
        shear_degrees, rotation_degrees: how the window is slanted and turned.
        flip_x, flip_y: mirrored left and right; upside down.
        brightness, contrast, saturation: factors about black, about grey 128, about the pixel's own grey.
        channel_gains: factors of red, green and blue about grey 128.
        channel_shifts: grey levels added to red, green and blue.
        gray: shown without colour.
        erase: None, or (side, x, y): side as a share of the picture's side; x and y, 0 to 1, shares of the room beside it. It
            is filled with grey 128 after the colours, the middle of what the network sees.
    """

    side_x: float = 1.0
    side_y: float = 1.0
    center_x: float = 0.5
    center_y: float = 0.5
    shear_degrees: float = 0.0
    rotation_degrees: float = 0.0
    flip_x: bool = False
    flip_y: bool = False
    brightness: float = 1.0
    contrast: float = 1.0
    saturation: float = 1.0
    channel_gains: tuple[float, float, float] = (1.0, 1.0, 1.0)
    channel_shifts: tuple[float, float, float] = (0.0, 0.0, 0.0)
    gray: bool = False
    erase: tuple[float, float, float] | None = None


def rng_for(seed: int, epoch: int, step: int, stream: int = 0) -> np.random.Generator:
    """A generator that depends on nothing but its arguments, so a resumed run draws what the first one would have.

    Philox counts instead of stepping (Salmon et al. 2011): epoch and step are the upper half of its 256-bit counter,
    so no two of them ever share a number.

    Args:
        seed, epoch, step: 0 or above.
        stream: keeps uses of the same position apart (augmentation, order of photos, mixup).
    """
    return np.random.Generator(np.random.Philox(key=[seed, stream], counter=[0, 0, step, epoch]))


def draw(config: AugmentConfig, rng: np.random.Generator) -> Draw:
    """The next photo's Draw. Takes `NUMBERS_PER_PHOTO` numbers from ``rng`` whatever the config, so that switching one
    setting on leaves all others as they were."""
    return draw_from(config, rng.random(NUMBERS_PER_PHOTO))


def draw_from(config: AugmentConfig, numbers: Sequence[float] | np.ndarray) -> Draw:
    """What ``numbers`` mean under ``config``: 0 is one extreme of a setting, 0.5 its middle, 1 the other extreme.

    The window is drawn uniformly in area, from (1 - zoom_in)² to (1 + zoom_out)²: uniform in side, small windows would
    be more frequent than their share of possible views. Brightness, contrast, saturation and channel gains are uniform
    in 1 ± fraction; width against height is uniform in its logarithm, up to 1 + aspect_fraction either way.

    Args:
        numbers: `NUMBERS_PER_PHOTO` of them, 0 to 1.
    """
    u = [float(number) for number in numbers]
    area, aspect, place_x, place_y, shift_x, shift_y, shear, rotation, flip_x, flip_y = u[:10]
    brightness, contrast, saturation = u[10:13]
    gains, shifts, (gray, erase, erase_side, erase_x, erase_y) = u[13:16], u[16:19], u[19:24]

    smallest, largest = (1 - config.zoom_in_fraction) ** 2, (1 + config.zoom_out_fraction) ** 2
    side = math.sqrt(smallest + (largest - smallest) * area)
    stretch = math.sqrt((1 + config.aspect_fraction) ** _both_ways(aspect))
    side_x, side_y = side * stretch, side / stretch
    # A window smaller than the photo stays inside it; a larger one keeps all of the photo inside itself.
    room = 0.5 if config.crop_anywhere else 0.0
    gain = config.channel_gain_fraction
    erased = erase < config.erase_probability and config.erase_fraction > 0
    return Draw(
        side_x=side_x,
        side_y=side_y,
        center_x=0.5 + room * abs(1 - side_x) * _both_ways(place_x) + config.width_shift_fraction * _both_ways(shift_x),
        center_y=0.5
        + room * abs(1 - side_y) * _both_ways(place_y)
        + config.height_shift_fraction * _both_ways(shift_y),
        shear_degrees=config.shear_degrees * _both_ways(shear),
        rotation_degrees=config.rotation_degrees * _both_ways(rotation),
        flip_x=config.horizontal_flip and flip_x < 0.5,
        flip_y=config.vertical_flip and flip_y < 0.5,
        brightness=1 + config.brightness_fraction * _both_ways(brightness),
        contrast=1 + config.contrast_fraction * _both_ways(contrast),
        saturation=1 + config.saturation_fraction * _both_ways(saturation),
        channel_gains=(
            1 + gain * _both_ways(gains[0]),
            1 + gain * _both_ways(gains[1]),
            1 + gain * _both_ways(gains[2]),
        ),
        channel_shifts=(
            config.channel_shift * _both_ways(shifts[0]),
            config.channel_shift * _both_ways(shifts[1]),
            config.channel_shift * _both_ways(shifts[2]),
        ),
        gray=gray < config.gray_probability,
        # The smallest square has 3/8 of the largest's side: .15 to .4 of the picture at the default erase_fraction.
        erase=(config.erase_fraction * (0.375 + 0.625 * erase_side), erase_x, erase_y) if erased else None,
    )


def matrix(draw: Draw, source_size: int, size: int) -> np.ndarray:
    """The whole geometry of a Draw as one map from output pixel to source pixel, ``source = matrix @ (x, y, 1)``.

    Coordinates are of pixel centres, (0, 0) the middle of the upper left pixel. An output pixel is seen from the
    picture's middle, then flipped and scaled to the window, sheared, turned, and moved to the window's place. A default
    Draw at equal sizes gives exactly the identity, and flips exactly whole numbers.

    Args:
        source_size, size: sides of the square photo and of the square output, in pixels.

    Returns:
        (2, 3) float64, to be used with ``cv2.WARP_INVERSE_MAP``.
    """
    scale = source_size / size
    width, height = draw.side_x * scale, draw.side_y * scale
    if draw.flip_x:
        width = -width
    if draw.flip_y:
        height = -height
    slope = math.tan(math.radians(draw.shear_degrees))
    cos, sin = math.cos(math.radians(draw.rotation_degrees)), math.sin(math.radians(draw.rotation_degrees))
    # [[cos, -sin], [sin, cos]] @ [[1, slope], [0, 1]] @ [[width, 0], [0, height]]
    a, b = cos * width, (cos * slope - sin) * height
    c, d = sin * width, (sin * slope + cos) * height
    middle = (size - 1) / 2
    x = draw.center_x * source_size - 0.5 - (a + b) * middle
    y = draw.center_y * source_size - 0.5 - (c + d) * middle
    return np.array([[a, b, x], [c, d, y]])


def colour_matrix(draw: Draw, channels: int = 3) -> np.ndarray | None:
    """All colour changes of a Draw as one affine map of a pixel, ``colour = matrix @ (red, green, blue, 1)``.

    Order: brightness, contrast about 128, saturation, channel gains about 128, channel shifts, grey. Composed, they
    are rounded and cut to 0..255 once, at the end.

    Args:
        channels: 3, or 1 for grey photos, which take the first gain and shift and have no saturation.

    Returns:
        (channels, channels + 1) float64, or None where nothing changes.
    """
    if _keeps_colours(draw):
        return None
    gain, offset = draw.brightness * draw.contrast, _MIDDLE * (1 - draw.contrast)
    luma, saturation = (_LUMA, draw.saturation) if channels == 3 else ((1.0,), 1.0)
    rows = []
    for i, (channel_gain, shift) in enumerate(zip(draw.channel_gains[:channels], draw.channel_shifts, strict=False)):
        row = [channel_gain * gain * (1 - saturation) * weight for weight in luma]
        row[i] += channel_gain * gain * saturation
        rows.append([*row, channel_gain * (offset - _MIDDLE) + _MIDDLE + shift])
    if draw.gray and channels == 3:
        rows = [
            [
                sum(weight * value for weight, value in zip(luma, column, strict=True))
                for column in zip(*rows, strict=True)
            ]
        ] * 3
    same = [[float(i == j) for j in range(channels + 1)] for i in range(channels)]
    return None if rows == same else np.array(rows)


def _keeps_colours(draw: Draw) -> bool:
    """The usual way to None, in a twentieth of a matrix's time."""
    return (
        draw.brightness == draw.contrast == draw.saturation == 1
        and draw.channel_gains == (1, 1, 1)
        and draw.channel_shifts == (0, 0, 0)
        and not draw.gray
    )


def augment(
    image: np.ndarray, draw: Draw, config: AugmentConfig, size: int | None = None, out: np.ndarray | None = None
) -> np.ndarray:
    """One photo as its Draw says. ``config`` gives the fill only.

    Args:
        image: (S, S, 3) or (S, S, 1) uint8; square, as the cache has it. It is not changed.
        size: side of the result in pixels. Defaults to the photo's own.
        out: (size, size, C) uint8, contiguous, to write into. Defaults to a new array.

    Returns:
        (size, size, C) uint8.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[0] != image.shape[1] or image.shape[2] not in (1, 3):
        raise ValueError(f"image must be (S, S, 3) or (S, S, 1) uint8; received {image.shape} {image.dtype}.")
    side, channels = size or image.shape[0], image.shape[2]
    if out is None:
        out = np.empty((side, side, channels), np.uint8)
    _warp(image, draw, config, out)
    colour = colour_matrix(draw, channels)
    if colour is not None:
        cv2.transform(out, colour, dst=out)
    if draw.erase is not None:
        share, x, y = draw.erase
        erased = round(share * side)
        left, top = round(x * (side - erased)), round(y * (side - erased))
        out[top : top + erased, left : left + erased] = _ERASED
    return out


def augment_batch(
    images: Sequence[np.ndarray] | np.ndarray,
    config: AugmentConfig,
    rng: np.random.Generator,
    size: int | None = None,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """The training pictures of one batch: what the network is shown, and what the preview shows.

    Args:
        images: (B, S, S, C) uint8, or B images (S, S, C) uint8, which need not be copied together first.
        rng: gives `NUMBERS_PER_PHOTO` numbers a photo, photo after photo; see `rng_for`.
        size: side of the result in pixels. Defaults to the photos' own.
        out: (B, size, size, C) uint8 to write into. Defaults to a new array.

    Returns:
        (B, size, size, C) uint8.
    """
    side = size or images[0].shape[0]
    if out is None:
        out = np.empty((len(images), side, side, images[0].shape[2]), np.uint8)
    for picture, image in zip(out, images, strict=True):
        augment(image, draw(config, rng), config, side, out=picture)
    return out


def resize(image: np.ndarray, size: int) -> np.ndarray:
    """The whole photo at another size, as validation and test see it: averaged when shrunk, interpolated when enlarged.

    Args:
        image: (S, S, C) uint8.

    Returns:
        (size, size, C) uint8; ``image`` itself where it has that size.
    """
    if image.shape[0] == size:
        return image
    how = cv2.INTER_AREA if size < image.shape[0] else cv2.INTER_LINEAR
    return cv2.resize(image, (size, size), interpolation=how).reshape(size, size, image.shape[2])


def _both_ways(number: float) -> float:
    """0..1 -> -1..1"""
    return 2 * number - 1


def _warp(image: np.ndarray, draw: Draw, config: AugmentConfig, out: np.ndarray) -> None:
    source_size, size, channels = image.shape[0], out.shape[0], image.shape[2]
    transform = matrix(draw, source_size, source_size)
    if transform.tolist() == [[1, 0, 0], [0, 1, 0]]:
        out[...] = resize(image, size)  # the very picture that validation sees
        return
    fine = size * _fineness(draw, source_size, size)
    if fine != source_size:
        transform = matrix(draw, source_size, fine)
    # OpenCV 5 gathers pixels of four bytes more than twice as fast as those of three, for the same result to the bit.
    wide = cv2.cvtColor(image, cv2.COLOR_RGB2RGBA, dst=_room("source", source_size)) if channels == 3 else image
    warped = cv2.warpAffine(
        wide,
        transform,
        (fine, fine),
        dst=_room("warped", fine) if channels == 3 else None,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=_BORDERS[config.fill_mode],
        borderValue=(config.fill_value,) * 4,
    )
    if fine > size:
        warped = cv2.resize(warped, (size, size), interpolation=cv2.INTER_AREA)
    if channels == 3:
        cv2.cvtColor(warped, cv2.COLOR_RGBA2RGB, dst=out)
    else:
        out[..., 0] = warped


_rooms = threading.local()


def _room(name: str, side: int) -> np.ndarray:
    """(side, side, 4) uint8 of this thread, used again for every photo: new memory costs as much as a flip."""
    room = getattr(_rooms, name, None)
    if room is None or room.shape[0] != side:
        room = np.empty((side, side, 4), np.uint8)
        setattr(_rooms, name, room)
    return room


def _fineness(draw: Draw, source_size: int, size: int) -> int:
    """How many warped pixels a side are averaged into one of the output.

    One at equal sizes: there the warp is one interpolation and nothing else. Where the output is smaller than the photo
    (training begins small and grows), one interpolation would step over pixels, so it is warped finer and averaged:
    against 8 x 8 samples a pixel, 224 -> 128 is off by .4 grey levels so, by .9 without, and by .9 with a photo shrunk
    first, which also costs more (the modern recipe's draws on 64 real photos).
    """
    step = source_size / size * math.sqrt(draw.side_x * draw.side_y)
    return max(1, math.ceil(step - 0.25)) if size < source_size else 1
