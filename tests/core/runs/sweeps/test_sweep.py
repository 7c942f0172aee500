"""Several runs that differ in one setting: made whole or not at all, cancelled as one, and read with a sense of chance."""

import dataclasses
import json

import numpy as np
import pytest
from fake_runs import FakeRun, make_dataset

from core.config import AugmentConfig
from core.errors import AppError, ConfigError, RunError
from core.network import presets
from core.runs.engines import local
from core.runs.engines.local import delete_run, revive_waiting
from core.runs.store import find_run, list_runs
from core.runs.sweeps import sweep as sweeps
from core.runs.sweeps.sweep import cancel_sweep, delete_sweep, find_sweep, list_sweeps, start_sweep
from core.runs.sweeps.variants import AUGMENTATION, suggested_values, variable_paths, variants
from core.runs.sweeps.verdict import verdict
from core.workspace.lock import Lock
from core.workspace.owners import mark_of

FILTERS = "network.blocks.0.filters"
NARROW = presets.experiment("narrow")


@pytest.fixture
def spawned(monkeypatch) -> list[str]:
    """Ids of the runs whose workers would have been started, in order."""
    ids = []
    monkeypatch.setattr(local, "spawn", lambda module, folder: ids.append(folder.name))
    return ids


@pytest.fixture
def dataset(workspace):
    return make_dataset(workspace)


def finish(run_id: str, dataset, wrong: int, num_epochs: int = 2):
    """Writes what a worker would have: epochs, answers with so many wrong, the last word."""
    run = FakeRun.of(find_run(run_id), dataset, num_epochs).started()
    for number in range(1, num_epochs + 1):
        run.epoch(number)
    num_test = sum(example.split == "test" for example in dataset.examples)
    run.finish(accuracy=1 - wrong / num_test)


def test_each_value_becomes_one_queued_run_with_the_same_seed(dataset, spawned):
    sweep = start_sweep(NARROW, dataset, FILTERS, ["16", "32", "64"], epochs=3, owner="anna")
    runs = sweep.runs
    assert spawned == sweep.run_ids == [run.id for run in runs]
    assert [run.config.network.blocks[0].filters for run in runs] == [16, 32, 64] == sweep.values
    assert sweep.labels == ["16 filters", "32 filters", "64 filters"]
    assert [run.name for run in runs] == [f"{label} in convolution 1, narrow" for label in sweep.labels]
    assert {(run.config.training.seed, run.config.training.epochs, run.owner) for run in runs} == {
        (NARROW.training.seed, 3, mark_of("anna"))
    }
    assert [row.status for row in sweep.rows()] == ["queued"] * 3 and sweep.is_active
    assert [each.id for each in list_sweeps()] == [sweep.id] == [find_sweep(sweep.id).id]


def test_with_and_without_augmentation_differ_in_nothing_else(dataset, spawned):
    modern = presets.experiment("modern")
    with_it, without = (run.config for run in start_sweep(modern, dataset, AUGMENTATION, epochs=2).runs)
    assert with_it.augment == modern.augment and without.augment == AugmentConfig()
    assert dataclasses.replace(without, augment=with_it.augment, name=with_it.name) == with_it


@pytest.mark.parametrize(
    ("path", "values", "words"),
    [
        (FILTERS, ["16"], "2 to 5 values; received 1"),
        (FILTERS, ["1", "2", "3", "4", "5", "6"], "received 6"),
        (FILTERS, ["16", "16"], "twice"),
        (FILTERS, ["16", "016"], "twice"),
        (FILTERS, ["16", "0"], "between 1 and 2,048"),
        (FILTERS, ["16", "many"], "whole number"),
        ("network.blocks.0.filter", ["16", "32"], "Did you mean"),
        ("network.blocks.9.filters", ["16", "32"], "no setting"),
        ("photos.source", ["a", "b"], "Photos stay the same"),
        ("name", ["a", "b"], "Photos stay the same"),
        ("network.input_size", ["224", "32"], "does not work"),
        ("training.batch_size", ["8", ""], "whole number"),
    ],
)
def test_what_cannot_be_swept_is_a_sentence_and_nothing_is_made(dataset, spawned, path, values, words):
    alexnet = presets.experiment("alexnet-2012")
    with pytest.raises(AppError, match=words):
        start_sweep(alexnet, dataset, path, values)
    assert spawned == [] == list_runs() == list_sweeps()


def test_without_any_augmentation_there_is_nothing_to_compare():
    with pytest.raises(ConfigError, match="nothing to compare"):
        variants(dataclasses.replace(NARROW, augment=AugmentConfig()), AUGMENTATION, ())


def test_a_second_click_finds_the_sweep_of_the_first_and_another_person_gets_their_own(dataset, spawned):
    first = start_sweep(NARROW, dataset, FILTERS, [16, 32], epochs=3, owner="anna")
    assert start_sweep(NARROW, dataset, FILTERS, ["16", "32"], epochs=3, owner="anna").id == first.id
    assert len(list_runs()) == 2
    assert start_sweep(NARROW, dataset, FILTERS, [16, 32], epochs=3, owner="ben").id != first.id
    assert start_sweep(NARROW, dataset, FILTERS, [16, 64], epochs=3, owner="anna").id != first.id
    assert start_sweep(NARROW, dataset, AUGMENTATION, epochs=3, owner="anna").id != first.id
    assert len(list_sweeps()) == 4


def test_a_sweep_that_cannot_be_written_leaves_no_run_behind(dataset, spawned, monkeypatch):
    made = []

    def full(*arguments):
        if len(made) == 2:
            raise OSError(28, "No space left on device")
        made.append(create(*arguments))
        return made[-1]

    create = sweeps.create_run
    monkeypatch.setattr(sweeps, "create_run", full)
    with pytest.raises(OSError):
        start_sweep(NARROW, dataset, FILTERS, [16, 32, 64])
    assert spawned == [] == list_runs() == list_sweeps()


def test_cancelling_strikes_off_who_waits_before_who_trains_and_leaves_the_finished(dataset, spawned):
    sweep = start_sweep(NARROW, dataset, FILTERS, [16, 32, 64])
    done, at_work, waits = sweep.runs
    finish(done.id, dataset, wrong=0)
    FakeRun.of(at_work, dataset).started()
    with Lock(at_work.folder / "lock"):
        assert [run.id for run in cancel_sweep(sweep)] == [waits.id, at_work.id]
    assert not (done.folder / "request").exists()
    assert {(run.folder / "request").read_text() for run in (at_work, waits)} == {"stop"}


def test_deleting_waits_for_the_end_and_takes_the_runs_along(dataset, spawned):
    sweep = start_sweep(NARROW, dataset, FILTERS, [16, 32])
    with pytest.raises(RunError, match="Cancel it first"):
        delete_sweep(sweep)
    for run in sweep.runs:
        finish(run.id, dataset, wrong=1)
    delete_sweep(sweep)
    assert list_sweeps() == [] == list_runs()
    with pytest.raises(RunError, match="no sweep"):
        find_sweep(sweep.id)
    with pytest.raises(RunError, match="has been deleted already"):  # a second click, in another tab
        delete_sweep(sweep)


def test_a_run_deleted_meanwhile_is_a_row_that_says_so(dataset, spawned):
    sweep = start_sweep(NARROW, dataset, FILTERS, [16, 32, 64])
    first, second, third = sweep.runs
    for run in (first, second):
        finish(run.id, dataset, wrong=1)
    delete_run(third)
    assert [row.status for row in sweep.rows()] == ["completed", "completed", "deleted"]
    assert not sweep.is_active and cancel_sweep(sweep) == []
    assert any("1 of 3" in sentence for sentence in verdict(sweep))
    delete_sweep(sweep)


def test_a_damaged_sweep_takes_no_list_down(dataset, spawned):
    sweep = start_sweep(NARROW, dataset, FILTERS, [16, 32])
    (sweep.folder / "sweep.json").write_text('{"path": ')
    other = start_sweep(NARROW, dataset, FILTERS, [16, 32])
    assert [each.id for each in list_sweeps()] == [other.id]


def test_after_a_restart_the_runs_of_a_sweep_wait_again(dataset, spawned):
    sweep = start_sweep(NARROW, dataset, FILTERS, [16, 32])
    spawned.clear()  # their workers are gone
    assert [run.id for run in revive_waiting()] == [run.id for run in list_runs()]
    assert set(spawned) == set(sweep.run_ids)


def test_a_gap_within_chance_is_said_to_mean_nothing_and_a_large_one_who_is_better(workspace, spawned):
    dataset = make_dataset(workspace, num_per_split=50)
    sweep = start_sweep(NARROW, dataset, AUGMENTATION)
    with_it, without = sweep.run_ids
    assert verdict(sweep) == []
    finish(with_it, dataset, wrong=10)
    assert verdict(sweep) == []
    finish(without, dataset, wrong=12)
    (gap, guessing, once) = verdict(sweep)
    assert guessing == "Always saying one class would earn 50.0 %."
    assert gap.startswith(
        "With augmentation 90.0 % of the 100 test photos are named rightly, without augmentation 88.0 %: a gap of 2.0 points."
    )
    assert "mean nothing" in gap and "seed" in once
    finish(without, dataset, wrong=40)
    (gap, *_) = verdict(sweep)
    assert "gap of 30.0 points" in gap and "with augmentation is better" in gap


@pytest.mark.parametrize(
    ("accuracies", "said"),
    [
        pytest.param(
            (0.8, 0.8, 0.8),
            "Level on the validation photos: 16 filters, 32 filters and 64 filters, 80.0 % each.",
            id="all level",
        ),
        pytest.param(
            (0.78, 0.8, 0.1),
            "No winner on the validation photos: 32 filters and 16 filters lie between 78.0 % and 80.0 %, too close to tell apart with 100 photos.",
            id="within chance",
        ),
        pytest.param((0.5, 0.9, 0.6), "Best on the validation photos: 32 filters, 90.0 %.", id="further than chance"),
    ],
)
def test_a_winner_is_named_only_where_it_is_further_ahead_than_chance_takes_it(workspace, spawned, accuracies, said):
    dataset = make_dataset(workspace, num_per_split=50)
    sweep = start_sweep(NARROW, dataset, FILTERS, [16, 32, 64])
    for run_id in sweep.run_ids:
        finish(run_id, dataset, wrong=20)
    rows = [dataclasses.replace(row, val_accuracy=share) for row, share in zip(sweep.rows(), accuracies, strict=True)]
    assert verdict(sweep, rows)[0] == said


def test_networks_that_only_guess_and_trainings_cut_short_are_called_so(dataset, spawned):
    sweep = start_sweep(NARROW, dataset, FILTERS, [16, 32])
    finish(sweep.run_ids[0], dataset, wrong=4)
    run = FakeRun.of(find_run(sweep.run_ids[1]), dataset, 1).started()
    run.epoch(1)
    run.finish("stopped", accuracy=0.5)
    said = " ".join(verdict(sweep))
    assert "32 filters: stopped after 1 epoch" in said and "better than guessing" in said
    assert "ith 16 filters 50.0 %" in said and "ith 32 filters 50.0 %" in said


def test_every_setting_has_values_to_begin_with_that_work_in_limits():
    modern = presets.experiment("modern")
    for path in variable_paths(modern):
        for value in suggested_values(modern, path):
            sweeps.configs.put(modern, path, value)
    assert suggested_values(NARROW, FILTERS) == [12, 24, 48]
    assert suggested_values(NARROW, "augment.vertical_flip") == [True, False]
    assert len(suggested_values(NARROW, "augment.shear_degrees")) == 3


def test_a_sweep_can_be_read_in_a_text_editor(dataset, spawned):
    sweep = start_sweep(NARROW, dataset, FILTERS, [16, 32])
    kept = json.loads((sweep.folder / "sweep.json").read_text())
    assert kept["path"] == FILTERS
    assert [(member["value"], member["label"]) for member in kept["members"]] == [
        (16, "16 filters"),
        (32, "32 filters"),
    ]
    assert np.isclose(kept["created"], sweep.created)
