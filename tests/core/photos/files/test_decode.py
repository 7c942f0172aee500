import io
import zlib

import numpy as np
import pytest
from photo_makers import encoded, picture
from PIL import Image

from core.errors import PhotoError
from core.photos.files import decode, pixels


def close(a: np.ndarray, b: np.ndarray, levels: float = 6.0) -> bool:
    """Same size, and on average no further apart than lossy compression makes them."""
    return a.shape == b.shape and np.abs(a.astype(int) - b.astype(int)).mean() <= levels


@pytest.mark.parametrize("format", ["PNG", "BMP", "TIFF", "GIF", "WEBP", "JPEG", "AVIF"])
def test_every_format_gives_the_picture_back_upright_in_rgb(format):
    image = picture(1)
    options = {"quality": 95} if format in ("JPEG", "WEBP", "AVIF") else {}
    decoded = decode.decode(encoded(image, format, **options))
    assert decoded.dtype == np.uint8
    assert close(decoded, image, 16 if format == "GIF" else 6)  # a GIF has 256 colours


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_an_exif_turn_is_undone_as_pillow_undoes_it(orientation, format):
    from PIL import ImageOps

    exif = Image.Exif()
    exif[274] = orientation
    data = encoded(picture(2), format, exif=exif)
    photo = decode.read(data)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))
    np.testing.assert_array_equal(photo.image, expected)
    assert (photo.height, photo.width) == expected.shape[:2]
    assert ("turned by Exif" in photo.changes) == (orientation != 1)


def test_transparent_pixels_show_mid_grey():
    image = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    image.paste((10, 20, 30, 255), (0, 0, 20, 40))
    decoded = decode.decode(encoded(image, "PNG"))
    assert decoded[0, 0].tolist() == [10, 20, 30]
    assert decoded[0, 39].tolist() == [pixels.GREY] * 3


def test_a_palette_with_a_transparent_colour_shows_mid_grey():
    image = Image.new("P", (40, 40), 1)
    image.putpalette([255, 0, 0, 0, 255, 0])
    decoded = decode.decode(encoded(image, "PNG", transparency=1))
    assert (decoded == pixels.GREY).all()


def test_sixteen_bits_are_scaled_not_clipped():
    ramp = np.linspace(0, 65535, 64, dtype=np.uint16)[None].repeat(40, 0)
    for format in ("PNG", "TIFF"):
        photo = decode.read(encoded(Image.fromarray(ramp), format))
        expected = np.round(ramp / 257).astype(np.uint8)
        np.testing.assert_array_equal(photo.image[..., 0], expected)
        assert "16 bits a channel" in photo.changes


@pytest.mark.parametrize(
    ("values", "expected"),
    [([0.0, 0.5, 1.0], [0, 128, 255]), ([0.0, 100.0, 255.0], [0, 100, 255]), ([-1.0, 0.0, 1.0], [0, 128, 255])],
    ids=["zero to one", "bytes", "negative"],
)
def test_floating_point_pictures_are_scaled_by_their_range(values, expected):
    image = Image.fromarray(np.array(values, np.float32)[None].repeat(40, 0).repeat(20, 1))
    assert decode.decode(encoded(image, "TIFF"))[0, ::20, 0].tolist() == expected


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "YCbCr"])
def test_other_colour_modes_are_converted_and_named(mode):
    source = Image.fromarray(picture(3)).convert(mode)
    photo = decode.read(encoded(source, "TIFF"))
    assert photo.image.shape == (48, 64, 3)
    assert photo.changes


def test_plain_rgb_needs_no_change():
    for format in ("JPEG", "PNG", "BMP", "WEBP", "TIFF"):
        assert decode.read(encoded(picture(4), format)).changes == ()


def test_the_first_frame_of_an_animation_counts():
    first, second = Image.new("RGB", (40, 40), (200, 10, 10)), Image.new("RGB", (40, 40), (10, 200, 10))
    for format in ("GIF", "PNG", "WEBP"):
        photo = decode.read(encoded(first, format, save_all=True, append_images=[second]))
        assert close(photo.image, np.full((40, 40, 3), (200, 10, 10), np.uint8))
        assert photo.header.num_frames == 2


def test_a_file_with_a_second_picture_inside_counts_as_jpeg():
    data = encoded(Image.fromarray(picture(5)), "MPO", save_all=True, append_images=[Image.fromarray(picture(6))])
    photo = decode.read(data)
    assert (photo.header.format, photo.header.num_frames, photo.changes) == ("JPEG", 1, ())


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "RGBA", "P", "I;16"])
def test_large_photos_come_at_a_fraction_of_their_size(format):
    image = Image.fromarray(picture(7, 1030, 1600))
    if format in ("RGBA", "P"):
        image, format = image.convert(format), "PNG"
    elif format == "I;16":
        image, format = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257), "PNG"
    photo = decode.read(encoded(image, format))
    assert photo.image.shape == (515, 800, 3)
    assert (photo.height, photo.width) == (1030, 1600)
    whole = np.asarray(image.convert("RGB") if image.mode != "I;16" else image.point(lambda v: v / 257).convert("RGB"))
    assert close(pixels.fit_image(photo.image, 64, "squash"), pixels.fit_image(whole, 64, "squash"), 1.5)


def test_a_file_and_its_bytes_give_the_same_pixels(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(encoded(picture(8), quality=80))
    np.testing.assert_array_equal(decode.load(path, 32, "crop"), decode.load(path.read_bytes(), 32, "crop"))


PNG = encoded(picture(9), "PNG")
JPEG = encoded(picture(9), quality=90)
WEBP, AVIF = (encoded(picture(9, 96, 128), format) for format in ("WEBP", "AVIF"))


@pytest.mark.parametrize(
    ("data", "issue"),
    [
        (b"", "unreadable"),
        (b"just some text, longer than any header", "not a photo"),
        (b"BMW is a car, and this is no bitmap at all", "not a photo"),
        (b"\0" * 100, "not a photo"),
        (JPEG[:20], "unreadable"),
        (PNG[:20], "unreadable"),
        (JPEG[: len(JPEG) // 2], "truncated"),
        (PNG[: len(PNG) // 2], "truncated"),
        (PNG[:100] + bytes(40) + PNG[140:], "truncated"),
        (WEBP[: len(WEBP) // 2], "truncated"),
        (WEBP[:24], "unreadable"),
        (AVIF[: len(AVIF) * 2 // 3], "truncated"),
        (AVIF[:60], "unreadable"),
        (b"BM" + (150).to_bytes(4, "little") + bytes(4) + b"\x36\0\0\0\x42" + bytes(99), "unreadable"),
        (b"8BPS" + bytes(40), "unreadable"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "unreadable"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_wrong_with_a_file_is_named(data, issue):
    with pytest.raises(PhotoError) as error:
        decode.decode(data)
    assert error.value.issue == issue
    assert str(error.value).endswith(".")


@pytest.mark.parametrize("tail", [b"\0" * 65, b"hello", JPEG], ids=["zeros", "text", "another photo"])
def test_bytes_after_the_picture_do_no_harm(tail):
    np.testing.assert_array_equal(decode.decode(JPEG + tail), decode.decode(JPEG))


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("options", [{}, {"restart_marker_blocks": 4}, {"progressive": True}], ids=str)
def test_a_jpeg_with_a_hole_is_whole_to_pillow_but_truncated_to_the_scan(mode, options, capfd):
    data = encoded(Image.fromarray(picture(9, 120, 160)).convert(mode), quality=90, **options)
    holed = data[: len(data) // 2] + data[len(data) * 3 // 4 :]
    ended = data[: len(data) // 2] + b"\xff\xd9"
    assert decode.read(data, thorough=True).image.shape == (120, 160, 3)
    for broken in (holed, ended):
        assert decode.read(broken).image.shape == (120, 160, 3)
        with pytest.raises(PhotoError) as error:
            decode.read(io.BytesIO(broken), thorough=True)
        assert error.value.issue == "truncated"
    assert capfd.readouterr() == ("", "")


def test_extraneous_bytes_and_tails_are_fine_to_the_scan():
    for data in (JPEG[:-2] + b"\x55" * 65 + JPEG[-2:], JPEG + b"tail", JPEG + JPEG):
        np.testing.assert_array_equal(decode.read(data, thorough=True).image, decode.decode(JPEG))


def test_a_broken_exif_block_does_not_cost_the_picture():
    data = JPEG[:2] + b"\xff\xe1\x00\x10Exif\0\0" + b"\xde\xad\xbe\xef\xde\xad\xbe\xef" + JPEG[2:]
    np.testing.assert_array_equal(decode.decode(data), decode.decode(JPEG))


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds almost no data."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")

    size = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [10_001, 14_000, 60_000])
def test_more_than_100_megapixels_are_refused_from_the_header(side):
    with pytest.raises(PhotoError) as error:
        decode.decode(png_header(side, side))
    assert error.value.issue == "refused"
    assert f"{side * side / 1e6:,.0f} megapixels" in str(error.value)


def test_an_avif_of_3600_megapixels_is_refused_from_its_header():
    size = (96).to_bytes(4, "big"), (128).to_bytes(4, "big")
    assert (size[1] + size[0]) in AVIF
    with pytest.raises(PhotoError, match="3,600 megapixels") as error:
        decode.decode(AVIF.replace(size[1] + size[0], 2 * (60_000).to_bytes(4, "big")))
    assert error.value.issue == "refused"


def test_header_reads_size_and_format_without_pixels(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(png_header(3000, 2000))
    assert decode.header(path) == decode.Header("PNG", "RGB", 2000, 3000, 1)


def test_a_file_that_is_gone_is_a_sentence(tmp_path):
    with pytest.raises(PhotoError, match="cannot be opened"):
        decode.decode(tmp_path / "gone.jpg")


@pytest.mark.parametrize("fit", ["squash", "crop", "pad"])
@pytest.mark.parametrize("shape", [(48, 64), (300, 20), (2, 90), (32, 32)], ids=str)
@pytest.mark.parametrize("channels", [3, 1])
def test_every_fit_gives_the_square_asked_for(fit, shape, channels):
    square = pixels.fit_image(picture(10, *shape), 32, fit, channels)
    assert (square.shape, square.dtype) == ((32, 32, channels), np.uint8)
    assert square.flags.c_contiguous


def test_crop_keeps_the_middle_and_pad_adds_grey():
    image = np.zeros((32, 96, 3), np.uint8)
    image[:, 32:64] = 255
    assert (pixels.fit_image(image, 32, "crop") == 255).all()
    padded = pixels.fit_image(image, 96, "pad")
    assert (padded[:32] == pixels.GREY).all() and (padded[64:] == pixels.GREY).all()
    np.testing.assert_array_equal(padded[32:64], image)


def test_shrinking_averages_areas():
    checks = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)[:, :, None].repeat(3, 2)
    assert np.abs(pixels.fit_image(checks, 16, "squash").astype(int) - 128).max() <= 1


@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"restart_marker_rows": 1}], ids=["baseline", "progressive", "restarts"]
)
@pytest.mark.parametrize("lost", [1, 2])
def test_a_jpeg_that_lacks_only_its_end_marker_is_whole(options, lost):
    data = encoded(picture(3), "JPEG", **options)
    assert data.endswith(b"\xff\xd9")
    photo = decode.read(data[:-lost], thorough=True)
    np.testing.assert_array_equal(photo.image, decode.read(data).image)
    assert photo.changes == ()


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("lost", [12, 60, 500])
def test_a_jpeg_that_lacks_more_is_truncated(lost, progressive):
    data = encoded(picture(3), "JPEG", progressive=progressive)
    with pytest.raises(PhotoError) as error:
        decode.read(data[:-lost])
    assert error.value.issue == "truncated"


@pytest.mark.parametrize("mode", ["RGB", "L", "1"])
def test_portable_pixmaps_are_read(mode):
    image = Image.fromarray(picture(4)).convert(mode)
    data = encoded(image, "PPM")
    photo = decode.read(data)
    assert photo.header.format == "PPM"
    np.testing.assert_array_equal(photo.image, np.asarray(image.convert("RGB")))
    with pytest.raises(PhotoError) as error:
        decode.read(data[: len(data) // 2])
    assert error.value.issue == "truncated"


@pytest.mark.parametrize("text", [b"P1 is where we parked", b"P6", b"Paris 2024"])
def test_text_is_no_portable_pixmap(text):
    assert decode.signature(text) is None
