"""One number for one thing: all pages of one data set are read, and what they count alike must be alike."""

import re

import numpy as np
import pytest
from fake_runs import FakeRun
from PIL import Image
from visits import go, open_link, words_of

from core.config import PhotosConfig, SplitConfig
from core.photos.dataset import Dataset
from core.photos.prepare import prepare

PAGES = ("home", "photos", "network", "augmentation", "training", "results", "classify")


def noise(seed: int, size: tuple[int, int] = (96, 72)) -> Image.Image:
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 255, (5, 5, 3), dtype=np.uint8)).resize(size, Image.Resampling.BICUBIC)


@pytest.fixture
def dataset(workspace) -> Dataset:
    """Thirty good photos a class, and files of many kinds that are not simply used."""
    folder = workspace / "pets"
    for place, name in enumerate(("cats", "dogs")):
        (folder / name).mkdir(parents=True)
        for number in range(30):
            noise(100 * place + number).save(folder / name / f"{name}.{number}.png")
    for number in range(3):  # nearly the same as others, and one in a wrong format besides
        noise(number, (100, 75)).save(folder / "cats" / f"near {number}.jpg", "WEBP" if number == 2 else "JPEG")
    (folder / "cats" / "again.png").write_bytes((folder / "cats" / "cats.9.png").read_bytes())
    (folder / "dogs" / "a cat.png").write_bytes((folder / "cats" / "cats.7.png").read_bytes())
    (folder / "dogs" / "broken.png").write_bytes((folder / "dogs" / "dogs.7.png").read_bytes()[:900])
    (folder / "dogs" / "no photo.jpg").write_text("no photo")
    noise(999).save(folder / "dogs" / "a.jpg", "PNG")
    Image.new("RGB", (90, 60)).save(folder / "dogs" / "blank.png")
    (folder / "notes.txt").write_text("notes")
    return prepare(PhotosConfig(str(folder)), SplitConfig())


def said_on_all_pages(dataset: Dataset) -> dict[str, str]:
    run = FakeRun(dataset).started()
    for number in (1, 2, 3):
        run.epoch(number)
    run.finish()
    said, app = {}, open_link(run=run.id, dataset=dataset.id)
    for name in PAGES:
        app.session_state["statistics"] = True
        go(app, name)
        assert not app.exception
        more = [*(f"{one.label}: {one.value}" for one in app.metric), *(one.label for one in app.get("page_link"))]
        more += [option for kind in ("selectbox", "button_group") for one in app.get(kind) for option in one.options]
        said[name] = f"{words_of(app)} {' | '.join(more)}".replace("\\", "").replace("\u00a0", " ")
    return said


def test_all_pages_of_a_data_set_give_one_number_for_one_thing(dataset):
    said, sizes, summary = said_on_all_pages(dataset), dataset.split_sizes, dataset.summary
    assert summary["issues"].keys() >= {"near-duplicate", "exact duplicate", "duplicate in another class", "truncated"}
    expected = {
        r"([\d,]+) to train|[Tt]raining: ([\d,]+)|([\d,]+) training photos|([\d,]+) photos to train": sizes["train"],
        r"([\d,]+) to validate|[Vv]alidation: ([\d,]+)|([\d,]+) validation photos": sizes["val"],
        r"([\d,]+) to test|Test: ([\d,]+)|([\d,]+) (?:of its )?test photos": sizes["test"],
        r"pets · ([\d,]+) photos|([\d,]+) photos · today": len(dataset.examples),
        r"Files found: ([\d,]+)|of ([\d,]+) files found": summary["found"],
        r"Used as they are: ([\d,]+)|([\d,]+) used,": summary["used"],
        r"Converted: ([\d,]+)|([\d,]+) converted and used": summary["converted"],
        r"near-duplicate · ([\d,]+)|([\d,]+) near-duplicate": summary["issues"]["near-duplicate"],
        r"exact duplicate · ([\d,]+)|([\d,]+) exact duplicate": summary["issues"]["exact duplicate"],
        r"another class · ([\d,]+)|([\d,]+) duplicates? in another": summary["issues"]["duplicate in another class"],
        r"wrong extension · ([\d,]+)|([\d,]+) of them good photos": summary["issues"]["wrong extension"],
    }
    for pattern, number in expected.items():
        found = {
            (page, int(next(filter(None, match.groups())).replace(",", "")))
            for page, text in said.items()
            for match in re.finditer(pattern, text)
        }
        assert found, pattern
        assert {count for _, count in found} == {number}, (pattern, found)


def test_what_the_photos_page_counts_adds_up(dataset):
    text = said_on_all_pages(dataset)["photos"]
    shown, found, *actions = map(
        int,
        re.search(
            r"(\d+) of (\d+) files found have a picture: (\d+) used, (\d+) converted and used, (\d+) left out", text
        ).groups(),
    )
    assert shown == sum(actions) < found == dataset.summary["found"]
    lying, upright, square = map(
        int, re.search(r"(\d+) photos are wider than high, (\d+) higher than wide, (\d+) about square", text).groups()
    )
    assert lying + upright + square == len(dataset.examples)
    per_split = [int(number) for number in re.findall(r"(?:Training|Validation|Test): (\d+)\*\*", text)]
    assert sum(per_split) == len(dataset.examples) == dataset.summary["used"] + dataset.summary["converted"]
