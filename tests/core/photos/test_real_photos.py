"""What the doctor promises about real photos, on a part of them."""

import io
import json
import random
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image, ImageFilter

from core.cli.main import main
from core.photos.checks import likeness, scan
from core.photos.files import decode

pytestmark = pytest.mark.photos
NUM_PHOTOS = 250


@lru_cache(2)
def some(folder: Path) -> tuple[np.ndarray, ...]:
    paths = random.Random(0).sample(sorted(folder.rglob("*.jpg")), NUM_PHOTOS)
    return tuple(decode.decode(path) for path in paths)


@pytest.fixture(params=["cats_vs_dogs_200px", "cats_vs_dogs_4000"])
def photos(request, real_photos) -> tuple[np.ndarray, ...]:
    return some(real_photos / request.param)


def saved(image: np.ndarray, format: str = "JPEG", **options) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(image).save(file, format, **options)
    return decode.decode(file.getvalue())


def grey(image: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


def half(image: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(image).resize((image.shape[1] // 2, image.shape[0] // 2)))


def cropped(image: np.ndarray) -> np.ndarray:
    rows, columns = (round(0.02 * side) for side in image.shape[:2])
    return np.ascontiguousarray(image[rows:-rows, columns:-columns])


def darkened(image: np.ndarray) -> np.ndarray:
    return (image * (24 / grey(image).mean())).clip(0, 255).astype(np.uint8)


def blurred(image: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(4)))


@pytest.mark.parametrize(
    "change",
    [half, lambda image: saved(image, quality=30), lambda image: saved(cropped(image), quality=90)],
    ids=["half the size", "quality 30", "cropped by 2 %"],
)
def test_at_least_99_of_100_copies_are_near_duplicates(photos, change: Callable):
    pairs = [[likeness.perceptual_hash(grey(each)) for each in (image, change(image))] for image in photos]
    assert sum(bool(likeness.near_pairs(pair)) for pair in pairs) >= 0.99 * len(photos)


def test_photos_of_different_animals_are_no_near_duplicates(photos):
    assert likeness.near_pairs([likeness.perceptual_hash(grey(image)) for image in photos]) == []


@pytest.mark.parametrize("saving", [{"format": "BMP"}, {"quality": 75}, {"quality": 50}], ids=str)
def test_darkened_and_blurred_photos_are_found(photos, saving):
    dark = [grey(saved(darkened(image), **saving)).mean() < scan.DARK_MEAN for image in photos]
    soft = [scan.sharpness(grey(saved(blurred(image), **saving))) < scan.BLURRED_SHARPNESS for image in photos]
    assert np.mean(dark) >= 0.95 and np.mean(soft) >= 0.95


def test_untouched_photos_are_neither_dark_nor_blurred(photos):
    named = [
        grey(image).mean() < scan.DARK_MEAN or scan.sharpness(grey(image)) < scan.BLURRED_SHARPNESS for image in photos
    ]
    assert np.mean(named) <= 0.02


def test_the_command_line_says_of_every_awkward_file_what_it_should_and_the_summary_last(real_photos):
    folder = real_photos / "awkward"
    expected = json.loads((folder / "expected.json").read_text())
    result = CliRunner().invoke(main, ["scan", str(folder), "--json"])
    assert result.exit_code == 0
    *rows, summary = map(json.loads, result.stdout.splitlines())
    assert all(set(row) == {"path", "action", "issue", "also", "reason"} for row in rows)
    said = {row["path"]: (row["action"], row["issue"]) for row in rows}
    assert {name: said[name] for name in expected} == {
        name: (verdict["action"], verdict["issue"]) for name, verdict in expected.items()
    }
    parts = ("used", "converted", "left_out", "ignored")
    assert summary["found"] == len(rows) == len(list(folder.iterdir())) == sum(summary[part] for part in parts)
