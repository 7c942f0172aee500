"""A test says how many of its photos the run has learned from, by bytes and by picture."""

import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from core.answers.overlap import overlap
from core.config import PhotosConfig, SplitConfig
from core.photos.prepare import prepare, prepare_test


@pytest.fixture
def learned(tmp_path):
    """A data set of 24 pictures, and the run that has learned from it as far as overlap looks."""
    for class_name in ("cats", "dogs"):
        (tmp_path / "own" / class_name).mkdir(parents=True)
        for number in range(12):
            blobs = np.random.default_rng([number, class_name == "cats"]).integers(0, 256, (9, 9, 3), dtype=np.uint8)
            Image.fromarray(blobs).resize((90, 90)).save(tmp_path / "own" / class_name / f"{number}.png")
    dataset = prepare(PhotosConfig(source=str(tmp_path / "own")), SplitConfig())
    return dataset, SimpleNamespace(dataset={"id": dataset.id})


def of_split(dataset, split: str) -> list:
    return [dataset.root / example.path for example in dataset.examples if example.split == split]


def other_folder(tmp_path, same=(), anew=(), own: int = 3):
    """A test folder of files copied, files saved again in another size, and new pictures; all are cats."""
    folder = tmp_path / "other" / "cats"
    folder.mkdir(parents=True)
    for path in same:
        shutil.copy(path, folder / f"same-{path.parent.name}-{path.name}")
    for path in anew:
        Image.open(path).resize((120, 120)).save(folder / f"anew-{path.parent.name}-{path.stem}.jpg", quality=90)
    for number in range(own):
        blobs = np.random.default_rng(1000 + number).integers(0, 256, (9, 9, 3), dtype=np.uint8)
        Image.fromarray(blobs).resize((90, 90)).save(folder / f"own-{number}.png")
    return prepare_test(folder.parent)


def test_photos_learned_from_are_counted_by_bytes_and_by_picture(tmp_path, learned):
    dataset, run = learned
    train, val, test = (of_split(dataset, split) for split in ("train", "val", "test"))
    said = overlap(run, other_folder(tmp_path, same=[*train[:2], val[0], test[0]], anew=[train[4], val[1], test[1]]))
    assert (said.num_photos, said.same_bytes, said.same_picture, said.chosen_by) == (10, 2, 1, 2)
    assert str(said).startswith("It learned from 3 of these 10 photos (2 the same file, 1 the same picture)")


def test_photos_it_never_saw_are_said_to_be_that(tmp_path, learned):
    assert str(overlap(learned[1], other_folder(tmp_path))) == "It learned from 0 of these 3 photos."


def test_a_data_set_without_measured_pictures_is_compared_by_bytes(tmp_path, learned):
    dataset, run = learned
    train = of_split(dataset, "train")
    dataset.facts_path.unlink()
    said = overlap(run, other_folder(tmp_path, same=train[:1], anew=train[1:2]))
    assert (said.same_bytes, said.same_picture, said.has_pictures) == (1, 0, False)
    assert "could not be compared" in str(said)


def test_photos_that_are_gone_make_no_all_clear(tmp_path, learned):
    dataset, run = learned
    other = other_folder(tmp_path, same=of_split(dataset, "train")[:1])
    shutil.rmtree(dataset.folder)
    assert "nobody can say" in str(overlap(run, other))
