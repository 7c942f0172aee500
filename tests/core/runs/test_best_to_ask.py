"""Whom to ask about a photo."""

import dataclasses

import pytest
from fake_runs import FakeRun, make_dataset

from core.config import PhotosConfig
from core.network import presets
from core.runs.store import list_runs
from core.runs.trust import best_to_ask
from core.workspace.lock import Lock


@pytest.fixture
def dataset(workspace):
    return make_dataset(workspace, num_per_split=20)


def trained(dataset, number: int, accuracy: float, source: str = "/pets") -> str:
    config = dataclasses.replace(presets.experiment("modern"), photos=PhotosConfig(source=source))
    return FakeRun(dataset, f"261123-12000{number}-modern-aaaa", config).started().finish(accuracy=accuracy).id


def test_the_better_run_is_asked_and_of_equal_ones_the_newer(dataset):
    trained(dataset, 1, 0.9)
    better = trained(dataset, 2, 0.9)
    trained(dataset, 3, 0.7)
    assert best_to_ask(list_runs()).id == better


def test_nine_of_ten_photos_do_not_outweigh_many(workspace, dataset):
    FakeRun(make_dataset(workspace, num_per_split=5), "261123-130000-modern-aaaa").started().finish(accuracy=0.9)
    many = trained(dataset, 1, 0.875)
    assert best_to_ask(list_runs()).id == many


def test_who_learned_from_photos_is_asked_before_who_learned_from_drawings_but_nobody_who_guesses(dataset):
    drawn = trained(dataset, 1, 1.0, "drawn")
    guesses = trained(dataset, 2, 0.5)
    assert best_to_ask(list_runs()).id == drawn
    photos = trained(dataset, 3, 0.8)
    assert best_to_ask(list_runs()).id == photos != guesses


def test_who_is_at_work_or_has_no_weights_is_not_asked(dataset):
    FakeRun(dataset, "261123-120001-modern-aaaa").started().epoch(1)
    at_work = FakeRun(dataset, "261123-120002-modern-aaaa").started()
    (at_work.folder / "checkpoints" / "best.safetensors").write_bytes(b"stand-in")
    with Lock(at_work.folder / "lock"):
        assert best_to_ask(list_runs()) is None
