"""Photos whose colours are a phone's, a camera's or a press's look as they should: known patches within two levels."""

import io
import struct

import numpy as np
import pytest
from photo_makers import encoded, picture, write_classes
from PIL import Image, ImageCms

from core.config import PhotosConfig, SplitConfig
from core.photos import cache
from core.photos.files import decode, profiles
from core.photos.prepare import prepare

SRGB_TO_XYZ = np.array(
    [[0.4360747, 0.3850649, 0.1430804], [0.2225045, 0.7168786, 0.0606169], [0.0139322, 0.0971045, 0.7141733]]
)
P3_TO_XYZ = np.array(
    [[0.5151187, 0.2919778, 0.1571035], [0.2411892, 0.6922441, 0.0665668], [-0.0010505, 0.0418791, 0.7840713]]
)
ADOBE_TO_XYZ = np.array(
    [[0.6097559, 0.2052401, 0.1492240], [0.3111242, 0.6256560, 0.0632197], [0.0194811, 0.0608902, 0.7448387]]
)
D50 = (0.9642, 1.0, 0.8249)
"""Red, green and blue of each as columns of CIE XYZ under D50, as profiles have them (Bruce Lindbloom's tables)."""


def fixed(*numbers: float) -> bytes:
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)


def icc(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """The bytes of a profile for a display, a scanner or a press (ICC.1:2001-04, version 2)."""
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(78),
        b"wtpt": b"XYZ " + bytes(4) + fixed(*D50),
    } | tags
    table, data, start = b"", b"", 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += name + struct.pack(">II", start + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    kind = b"prtr" if space == b"CMYK" else b"mntr"
    connection = b"Lab " if space == b"CMYK" else b"XYZ "
    head = struct.pack(">I4sI4s4s4s", start + len(data), b"test", 0x02400000, kind, space, connection)
    head += bytes(12) + b"acsp" + bytes(28) + fixed(*D50)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + data


def gamma(value: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(value * 256))


def matrix_profile(to_xyz: np.ndarray, value: float) -> bytes:
    columns = {
        name: b"XYZ " + bytes(4) + fixed(*column)
        for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), to_xyz.T, strict=True)
    }
    return icc(b"RGB ", columns | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), gamma(value)))


def grey_profile(value: float) -> bytes:
    return icc(b"GRAY", {b"kTRC": gamma(value)})


def press_profile() -> bytes:
    """A press whose light is (1 - ink)(1 - black): a table of 9 points an ink, with Lab as 16 bits (section 6.5.9)."""
    steps = 1 - np.linspace(0, 1, 9)
    cyan, magenta, yellow, black = np.meshgrid(steps, steps, steps, steps, indexing="ij")
    linear = np.stack([cyan, magenta, yellow], axis=-1) * black[..., None]  # (9, 9, 9, 9, 3)
    xyz = linear @ SRGB_TO_XYZ.T / D50
    root = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    lab = np.stack(
        [116 * root[..., 1] - 16, 500 * (root[..., 0] - root[..., 1]), 200 * (root[..., 1] - root[..., 2])], -1
    )
    numbers = np.round((lab * (1, 1, 1) + (0, 128, 128)) * (65280 / 100, 256, 256)).clip(0, 65535).astype(">u2")
    ramp = np.array([0, 65535], ">u2").tobytes()
    table = b"mft2" + bytes(4) + bytes([4, 3, 9, 0]) + fixed(1, 0, 0, 0, 1, 0, 0, 0, 1) + struct.pack(">HH", 2, 2)
    return icc(b"CMYK", {b"A2B0": table + ramp * 4 + numbers.tobytes() + ramp * 3})


def srgb_of(linear: np.ndarray) -> np.ndarray:
    """Light 0..1 -> levels 0..255 (IEC 61966-2-1)."""
    linear = np.clip(linear, 0, 1)
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


PATCHES = np.array(
    [[200, 60, 60], [110, 150, 90], [60, 80, 180], [128, 128, 128], [230, 220, 60], [20, 30, 40], [255, 255, 255]]
)
"""Colours of which all are within sRGB whichever of the profiles they are of."""


def as_photo(colours: np.ndarray, mode: str = "RGB") -> Image.Image:
    """(N, C) levels -> a picture with a stripe of 16 pixels a colour, all of whose pixels survive JPEG."""
    stripes = np.repeat(np.repeat(colours.astype(np.uint8)[:, None], 16, axis=0), 32, axis=1)
    return Image.fromarray(stripes if stripes.shape[2] > 1 else stripes[..., 0], mode)


def patches_of(image: np.ndarray, number: int) -> np.ndarray:
    return image.reshape(number, 16, 32, 3)[:, 4:-4, 8:-8].reshape(number, -1, 3).mean(axis=1)


@pytest.mark.parametrize(
    "format, options",
    [
        ("JPEG", {"quality": 100, "subsampling": 0}),
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("TIFF", {}),
        ("AVIF", {"quality": 100, "subsampling": "4:4:4"}),
    ],
)
@pytest.mark.parametrize(
    "to_xyz, value", [(P3_TO_XYZ, 2.2), (ADOBE_TO_XYZ, 563 / 256)], ids=["Display P3", "Adobe RGB"]
)
def test_colours_of_a_wide_profile_are_those_that_were_photographed(to_xyz, value, format, options):
    expected = srgb_of((PATCHES / 255) ** value @ to_xyz.T @ np.linalg.inv(SRGB_TO_XYZ).T)
    assert np.abs(expected - PATCHES).max() > 8  # they would be seen to be wrong
    photo = decode.read(encoded(as_photo(PATCHES), format, icc_profile=matrix_profile(to_xyz, value), **options))
    np.testing.assert_allclose(
        patches_of(photo.image, len(PATCHES)), expected, atol=5 if format == "AVIF" else 2
    )  # AVIF itself is off by 4
    assert "colours of its own profile" in photo.changes


def test_a_grey_photo_follows_its_gamma():
    levels = np.array([[10], [60], [128], [200], [250]])
    expected = np.repeat(srgb_of((levels / 255) ** 1.0), 3, axis=1)
    for picture_ in (as_photo(levels, "L"), Image.merge("LA", [as_photo(levels, "L"), Image.new("L", (32, 80), 255)])):
        photo = decode.read(encoded(picture_, "PNG", icc_profile=grey_profile(1.0)))
        np.testing.assert_allclose(patches_of(photo.image, len(levels)), expected, atol=2)


def test_inks_are_the_colours_of_their_press():
    inks = np.array([[0, 0, 0, 0], [255, 0, 0, 0], [0, 128, 255, 0], [100, 50, 0, 64], [0, 0, 0, 255]])
    linear = (1 - inks[:, :3] / 255) * (1 - inks[:, 3:] / 255)
    file = encoded(as_photo(inks, "CMYK"), "TIFF", icc_profile=press_profile())
    np.testing.assert_allclose(
        patches_of(decode.decode(file), len(inks)), srgb_of(linear), atol=3
    )  # a table of 9 steps


def test_transparent_pixels_of_a_wide_profile_show_mid_grey():
    cut_out = as_photo(PATCHES)
    cut_out.putalpha(0)
    file = encoded(cut_out, "PNG", icc_profile=matrix_profile(ADOBE_TO_XYZ, 1.8))
    assert (decode.decode(file) == 128).all()


def test_a_large_photo_is_reduced_first_and_has_the_same_colours():
    profile, image = matrix_profile(P3_TO_XYZ, 2.2), Image.new("RGB", (1200, 1100), (200, 60, 60))
    large, small = (
        decode.decode(encoded(size, "PNG", icc_profile=profile)) for size in (image, image.resize((600, 550)))
    )
    assert large.shape == small.shape == (550, 600, 3)
    np.testing.assert_array_equal(large, small)


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
P3 = matrix_profile(P3_TO_XYZ, 2.2)


@pytest.mark.parametrize(
    "profile",
    [
        SRGB,
        P3[:100],
        P3[:300],
        P3[:128] + bytes(range(256)) * 2,
        b"\xff" * 4000,
        grey_profile(1.0),
        press_profile(),
        P3 + bytes(profiles.MOST_BYTES),
    ],
    ids=["sRGB", "a piece", "cut off", "rubbish behind its header", "rubbish", "for grey", "for a press", "too large"],
)
def test_srgb_and_what_is_no_profile_of_this_photo_change_no_pixel(profile):
    file = encoded(picture(3), "TIFF", icc_profile=profile)
    photo = decode.read(file)
    np.testing.assert_array_equal(photo.image, picture(3))
    assert not photo.changes and not decode.has_profile(file)


def test_lab_is_read_as_pillow_reads_it():
    image = ImageCms.profileToProfile(
        as_photo(PATCHES), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    np.testing.assert_allclose(
        patches_of(decode.decode(encoded(image, "TIFF")), len(PATCHES)), PATCHES, atol=6
    )  # its numbers are whole steps of Lab


def test_a_profile_is_looked_at_once(monkeypatch):
    profiles._known.clear()
    looked_at = []
    monkeypatch.setattr(
        profiles, "_looked_at", lambda profile, look=profiles._looked_at: (looked_at.append(1), look(profile))[1]
    )
    for seed in range(3):
        decode.decode(encoded(picture(seed), "PNG", icc_profile=P3))
    decode.decode(encoded(picture(0), "PNG"))
    assert len(looked_at) == 1
    for number in range(2 * profiles.NUM_KEPT):
        profiles.to_srgb(bytes([number]) * 200, "RGB")
    assert len(profiles._known) == profiles.NUM_KEPT


def test_a_cache_of_before_is_made_anew_where_photos_have_profiles(tmp_path):
    folder = write_classes(tmp_path / "pets", 4)
    (folder / "cats" / "0.jpg").write_bytes(encoded(picture(0), "JPEG", quality=95, icc_profile=P3))
    pets = prepare(PhotosConfig(source=str(folder)), SplitConfig())
    path = cache.build(pets, 16, "squash")
    now, header = np.load(path), io.BytesIO()
    before = np.full_like(now, 7)  # stands for pixels of the release before
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": now.shape})
    path.write_bytes(header.getvalue() + before.tobytes())
    gone = next(example for example in pets.examples if example.path == "dogs/0.jpg")
    (folder / gone.path).unlink()  # a run has learned from it: its pixels are all there is
    renewed = cache.open_cache(pets, 16, "squash")
    for example, row, new in zip(pets.examples, renewed, now, strict=True):
        np.testing.assert_array_equal(row, new if example.path == "cats/0.jpg" else before[0])
    assert cache.build(pets, 16, "squash") == path and path.read_bytes()[6] == 2
