"""Pictures of 10, 12 or 14 bits in files of 16 look as they should; what is dark in all 16 stays dark."""

import struct

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from photo_makers import encoded, picture
from PIL import Image, TiffImagePlugin

from core.photos.files import decode, pixels

GREY = np.asarray(Image.fromarray(picture(4)).convert("L"))  # (48, 64) uint8
WITH_WHITE = np.where(np.arange(GREY.size).reshape(GREY.shape) == 7, 255, GREY)


def of_bits(values: np.ndarray, bits: int) -> np.ndarray:
    """uint8 -> uint16, the same picture in so many bits."""
    return np.round(values.astype(float) * ((1 << bits) - 1) / 255).astype(np.uint16)


def tiff(values: np.ndarray, order: str = "<", **tags: int) -> bytes:
    """A grey TIFF of 16 bits, or of 12 packed ones, written by hand: Pillow writes no such tags."""
    height, width = values.shape
    bits = tags.pop("bits", 16)
    if bits == 12:
        pairs = values.reshape(-1, 2).astype(np.uint32)
        packed = pairs[:, 0] << 12 | pairs[:, 1]
        data = np.stack([packed >> 16, packed >> 8 & 255, packed & 255], 1).astype(np.uint8).tobytes()
    else:
        data = values.astype(f"{order}u2").tobytes()
    numbers = {
        256: width,
        257: height,
        258: bits,
        259: 1,
        262: tags.pop("photometric", 1),
        273: 0,
        277: 1,
        278: height,
        279: len(data),
    }
    numbers |= {{"max_sample": 281, "largest_sample": 341}[name]: value for name, value in tags.items()}
    start = 8 + 2 + 12 * len(numbers) + 4
    numbers[273] = start
    entries = b"".join(struct.pack(f"{order}HHII", tag, 4, 1, value) for tag, value in sorted(numbers.items()))
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    return head + struct.pack(f"{order}H", len(numbers)) + entries + bytes(4) + data


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_a_grey_picture_of_fewer_bits_than_its_file_looks_as_it_should(bits, format):
    photo = decode.read(encoded(Image.fromarray(of_bits(WITH_WHITE, bits)), format))
    np.testing.assert_allclose(photo.image[..., 0].astype(int), WITH_WHITE, atol=1)
    assert any("16 bits a channel" in word for word in photo.changes)
    assert (f"16 bits a channel, of which {bits} are in use" in photo.changes) == (bits < 16)


@pytest.mark.parametrize("order", "<>", ids=["little endian", "big endian"])
def test_the_tags_of_a_tiff_count_before_its_values(order):
    dim = of_bits(GREY // 8, 12)  # its largest value alone would say 10 bits
    assert dim.max() < 1 << 10
    for tag in ("max_sample", "largest_sample"):
        photo = decode.read(tiff(dim, order, **{tag: 4095}))
        np.testing.assert_allclose(photo.image[..., 0].astype(int), GREY // 8, atol=1)
    wide = decode.read(tiff(dim, order, max_sample=65535))
    assert wide.image.max() <= 4


def test_a_tag_that_its_own_values_exceed_does_not_count():
    photo = decode.read(tiff(of_bits(WITH_WHITE, 16), max_sample=4095))
    np.testing.assert_allclose(photo.image[..., 0].astype(int), WITH_WHITE, atol=1)


def test_twelve_packed_bits_are_scaled_by_twelve():
    dim = of_bits(GREY // 8, 12)
    photo = decode.read(tiff(dim, bits=12))
    np.testing.assert_allclose(photo.image[..., 0].astype(int), GREY // 8, atol=1)


def test_white_that_is_stored_as_zero_is_white():
    photo = decode.read(tiff(4095 - of_bits(GREY, 12), photometric=0, max_sample=4095))
    np.testing.assert_allclose(photo.image[..., 0].astype(int), GREY, atol=1)
    assert "white stored as 0" in photo.changes


@pytest.mark.parametrize("widened_by", [256, 257], ids=["low byte zero", "low byte repeated"])
def test_a_dark_picture_that_fills_sixteen_bits_stays_dark(widened_by):
    dark = (GREY // 40).astype(np.uint16)
    photo = decode.read(encoded(Image.fromarray(dark * widened_by), "PNG"))
    np.testing.assert_allclose(photo.image[..., 0], dark, atol=1)
    assert "16 bits a channel" in photo.changes


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("ending", [".png", ".tiff"])
def test_colours_of_fewer_bits_than_their_file_look_as_they_should(bits, ending):
    colours = picture(5).copy()
    colours[0, 0] = 255
    data = cv2.imencode(ending, cv2.cvtColor(of_bits(colours, bits), cv2.COLOR_RGB2BGR))[1].tobytes()
    np.testing.assert_allclose(decode.decode(data).astype(int), colours, atol=1)


@pytest.mark.parametrize("opacity", [4095, 65535], ids=["opaque in 12 bits", "opaque in 16 bits"])
def test_transparency_of_fewer_bits_does_not_hide_the_picture(opacity):
    colours = picture(5).copy()
    colours[0, 0] = 255
    values = np.dstack([of_bits(colours, 12)[..., ::-1], np.full(colours.shape[:2], opacity, np.uint16)])
    data = cv2.imencode(".png", values)[1].tobytes()
    np.testing.assert_allclose(decode.decode(data).astype(int), colours, atol=1)


@pytest.mark.parametrize("mode", ["I", "F"])
@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_thirty_two_bits_that_hold_fewer_are_scaled_by_those(mode, bits):
    values = of_bits(WITH_WHITE, bits).astype(np.int32 if mode == "I" else np.float32)
    decoded = decode.decode(encoded(Image.fromarray(values), "TIFF"))
    np.testing.assert_allclose(decoded[..., 0].astype(int), WITH_WHITE, atol=1)


def test_every_raw_mode_that_is_swapped_is_known_to_pillow():
    """A mode that Pillow did not know would make every such photo unreadable."""
    for mode, rawmode in {values for values in TiffImagePlugin.OPEN_INFO.values() if ";16" in values[1]}:
        low = pixels.low_rawmode(rawmode)
        if low is not None:
            one = Image.new(mode, (1, 1))
            one.frombytes(bytes(4 * 2), "raw", low)


@given(st.integers(1, 65535), st.sampled_from([8, 10, 12, 14, 16, None]), st.integers(1, 9), st.integers(2, 9))
def test_no_value_is_ever_beyond_white(top, said, height, width):
    values = np.linspace(0, top, height * width).astype(np.uint16).reshape(height, width)
    bits = pixels.in_use([values], said)
    assert top < 1 << bits
    assert pixels.to_eight(values, bits).max() == round(top * 255 / ((1 << bits) - 1))
