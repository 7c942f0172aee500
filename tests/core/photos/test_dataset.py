import json
import re
import shutil

import numpy as np
import pytest
from photo_makers import encoded, picture, write_classes, write_photo

from core.config import PhotosConfig, SplitConfig
from core.errors import PhotoError, RunError
from core.jobs.job import Cancelled, create_job, no_report, run_job
from core.photos import cache, dataset, job
from core.photos.drawn import draw as drawn
from core.photos.prepare import prepare as prepare_dataset
from core.photos.prepare import prepare_test


def prepare(folder, report=no_report, name="", **split):
    return prepare_dataset(PhotosConfig(source=str(folder)), SplitConfig(**split), report, name)


def test_a_folder_becomes_a_data_set_that_can_be_loaded_again(tmp_path):
    folder = write_classes(tmp_path / "My Pets", 8)
    made = prepare(folder)
    assert re.fullmatch(r"my-pets-[0-9a-f]{8}", made.id)
    assert made.counts() == {
        "train": {"cats": 4, "dogs": 4},
        "val": {"cats": 2, "dogs": 2},
        "test": {"cats": 2, "dogs": 2},
    }
    assert (made.name, made.root, made.class_names) == ("My Pets", folder, ("cats", "dogs"))
    assert dataset.load(made.id) == made
    assert dataset.list_datasets() == [made]
    positions = np.concatenate([made.of_split(split) for split in dataset.SPLITS])
    np.testing.assert_array_equal(positions, np.arange(16))
    assert made.labels.dtype == np.int32 and made.labels.tolist() == [e.class_index for e in made.examples]


def test_counts_add_up_and_every_file_has_its_step(tmp_path):
    folder = write_classes(tmp_path, 8)
    (folder / "cats" / "text.jpg").write_text("no photo")
    (folder / "cats" / "gray.png").write_bytes(encoded(picture(70)[..., 0], "PNG"))
    (folder / "note.txt").write_text("hello")
    made = prepare(folder)
    summary = made.summary
    assert (summary["found"], summary["used"], summary["converted"], summary["left_out"], summary["ignored"]) == (
        19,
        16,
        1,
        1,
        1,
    )
    assert summary["issues"] == {"not a photo": 1, "needs conversion": 1}
    actions = {step.path: (step.action, step.issue) for step in made.steps()}
    assert len(actions) == 19
    assert actions["cats/text.jpg"] == ("leave out", "not a photo")
    assert actions["note.txt"] == ("ignore", None)


def test_preparing_twice_gives_the_same_id_and_writes_nothing(tmp_path):
    folder = write_classes(tmp_path, 8)
    made = prepare(folder)
    before = {path.name: path.stat().st_mtime_ns for path in made.folder.iterdir()}
    assert prepare(folder) == made
    assert {path.name: path.stat().st_mtime_ns for path in made.folder.iterdir()} == before


def test_another_seed_or_another_photo_is_another_data_set(tmp_path):
    folder = write_classes(tmp_path, 8)
    ids = {prepare(folder).id, prepare(folder, seed=1).id}
    write_photo(folder / "cats" / "new.jpg", seed=900)
    assert len({*ids, prepare(folder).id}) == 3
    assert len(dataset.list_datasets()) == 3


def test_a_folder_that_moved_keeps_its_id_and_cache(tmp_path):
    folder = write_classes(tmp_path / "a" / "pets", 8)
    made = prepare(folder)
    moved = tmp_path / "b" / "pets"
    moved.parent.mkdir()
    shutil.move(folder, moved)
    again = prepare(moved)
    assert (again.id, again.root, again.created) == (made.id, moved, made.created)
    assert dataset.load(made.id).root == moved


def test_a_name_is_shown_and_never_a_path(tmp_path):
    made = prepare(write_classes(tmp_path / "猫 ..<b>", 8), name="../../etc <b>")
    assert re.fullmatch(r"b-[0-9a-f]{8}", made.id)
    assert dataset.load(made.id).name == "../../etc <b>"


@pytest.mark.parametrize("wrong", ["../x", "", "A b", "x" * 99])
def test_a_wrong_id_is_a_sentence(wrong):
    with pytest.raises(RunError):
        dataset.load(wrong)


def test_an_unknown_id_is_a_sentence():
    with pytest.raises(PhotoError, match="no data set “pets-12345678”"):
        dataset.load("pets-12345678")


def test_a_damaged_data_set_is_a_sentence_and_can_be_made_again(tmp_path):
    folder = write_classes(tmp_path, 8)
    made = prepare(folder)
    (made.folder / "dataset.csv").write_text("path\n")
    with pytest.raises(PhotoError, match="damaged"):
        dataset.load(made.id)
    assert dataset.list_datasets() == []
    assert dataset.load(prepare(folder).id).examples == made.examples


def test_cancel_leaves_no_data_set(tmp_path):
    folder = write_classes(tmp_path, 8)

    def stop(stage, done, total):
        if stage == "comparing":
            raise Cancelled

    with pytest.raises(Cancelled):
        prepare(folder, stop)
    assert list(dataset.datasets_folder().iterdir()) == []


def test_a_full_disk_is_a_sentence_and_leaves_nothing(tmp_path, monkeypatch):
    folder = write_classes(tmp_path, 8)

    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(dataset, "write_atomic", full)
    with pytest.raises(PhotoError, match="No space left"):
        prepare(folder)
    assert list(dataset.datasets_folder().iterdir()) == []


def test_drawn_pets_are_drawn_from_the_split_seed(monkeypatch):
    asked = []

    def draw_folder(folder, animals, num_per_class, seed, report, size):
        asked.append((animals, num_per_class, seed, size))
        return write_classes(folder, num_per_class, animals)

    monkeypatch.setattr(drawn, "draw_folder", draw_folder)
    made = prepare_dataset(PhotosConfig(num_drawn=8, drawn_classes=("dogs", "cats")), SplitConfig(seed=5))
    small = prepare_dataset(PhotosConfig(num_drawn=8, drawn_size=64), SplitConfig(seed=5))
    assert asked == [(("cats", "dogs"), 8, 5, 256), (("cats", "dogs"), 8, 5, 64)]
    assert made.root != small.root  # else one would refuse the other's drawings
    assert (made.id[:6], made.name) == ("drawn-", "Drawn cats and dogs")


@pytest.mark.photos
def test_the_real_photos_keep_their_split(real_photos):
    made = prepare(real_photos / "cats_vs_dogs_4000")
    assert {split: sum(counts.values()) for split, counts in made.counts().items()} == {
        "train": 2000,
        "val": 1000,
        "test": 1000,
    }
    assert all(example.path.startswith(example.split) for example in made.examples)
    assert (made.summary["found"], made.summary["used"]) == (4000, 4000)


def test_the_job_prepares_and_caches_and_names_the_data_set(tmp_path):
    folder = write_classes(tmp_path / "pets", 8)
    request = {"photos": {"source": str(folder)}, "split": {}, "cache": {"size": 16, "fit": "squash", "channels": 3}}
    prepared = create_job("prepare", request)
    assert run_job(prepared.folder, job.work) == 0
    assert prepared.status == "completed"
    made = dataset.load(prepared.last["dataset"])
    assert (made.folder / "cache-16x16x3-squash.npy").is_file()
    assert {event["stage"] for event in prepared.events()[0] if event["kind"] == "progress"} >= {"scanning", "caching"}


def test_the_scan_job_ends_with_counts(tmp_path):
    scanned = create_job(
        "scan", {"photos": {"source": str(write_classes(tmp_path / "pets", 2))}, "split": {}, "cache": None}
    )
    assert run_job(scanned.folder, job.work) == 0
    assert (scanned.last["found"], scanned.last["used"]) == (4, 4)


def test_a_job_on_a_missing_folder_fails_with_the_sentence(tmp_path):
    failed = create_job("prepare", {"photos": {"source": str(tmp_path / "nowhere")}, "split": {}, "cache": None})
    assert run_job(failed.folder, job.work) == 1
    assert "does not exist" in failed.last["message"]
    assert json.dumps(failed.last)


def test_files_are_listed_as_people_count_also_those_of_a_data_set_that_was_stored_otherwise(tmp_path):
    made = prepare(write_classes(tmp_path / "pets", 12))
    of_cats = [step.path for step in made.steps() if step.class_name == "cats"]
    assert of_cats == [f"cats/{number}.jpg" for number in range(12)]
    made.save(sorted(made.steps(), key=lambda step: step.path))  # as a version before wrote it
    assert [step.path for step in dataset.load(made.id).steps() if step.class_name == "cats"] == of_cats


def test_rows_of_the_cache_follow_the_examples(tmp_path):
    from core.photos.files import decode

    made = prepare(write_classes(tmp_path, 8))
    rows = cache.open_cache(made, 32, "crop")
    for row, example in zip(rows, made.examples, strict=True):
        np.testing.assert_array_equal(row, decode.load(made.root / example.path, 32, "crop"))


def test_photos_to_judge_by_are_all_of_a_folder_or_its_test_split_and_are_not_offered_for_training(tmp_path):
    plain = write_classes(tmp_path / "plain", 2)
    made = prepare_test(plain)
    assert made.counts()["test"] == {"cats": 2, "dogs": 2}
    assert prepare_test(plain).id == made.id
    assert dataset.list_datasets() == []
    shutil.copytree(plain, tmp_path / "split" / "test")
    write_photo(tmp_path / "split" / "train" / "cats" / "new.jpg", seed=99)
    of_split = prepare_test(tmp_path / "split")
    assert [example.path for example in of_split.examples] == [
        f"test/{name}/{index}.jpg" for name in ("cats", "dogs") for index in range(2)
    ]


def test_a_folder_without_a_usable_photo_cannot_judge(tmp_path):
    (tmp_path / "cats").mkdir()
    (tmp_path / "cats" / "a.jpg").write_text("not a photo")
    with pytest.raises(PhotoError, match="no usable photo"):
        prepare_test(tmp_path)


def test_a_newcomer_between_two_photos_of_different_splits_is_left_out_and_counted(tmp_path):
    """Windows onto one picture, six pixels apart: neighbours are near-duplicates, the first and the third are not."""
    folder, wide = write_classes(tmp_path, 12), picture(7, 240, 320)

    def window(name, left):
        (folder / "cats" / name).write_bytes(encoded(wide[:, left : left + 240], quality=95))

    window("left.jpg", 0)
    window("right.jpg", 12)
    for seed in range(20):
        before = prepare(folder, seed=seed)
        places = {example.path: example.split for example in before.examples}
        if places["cats/left.jpg"] != places["cats/right.jpg"]:
            break
    window("middle.jpg", 6)
    after = prepare(folder, seed=seed)
    assert after.examples == before.examples and after.id == before.id
    step = next(step for step in after.steps() if step.path == "cats/middle.jpg")
    assert step.action == "leave out" and step.reason.startswith("Copies of it are in ")
    assert after.summary["left_out"] == 1
    assert (
        after.summary["found"] == 27 == sum(after.summary[key] for key in ("used", "converted", "left_out", "ignored"))
    )
    assert prepare(folder, seed=seed).examples == before.examples


def test_one_class_of_the_photos_may_be_outliers(tmp_path):
    folder = write_classes(tmp_path / "pets", 8, ("cats", "dogs", "other"))
    made = prepare_dataset(PhotosConfig(source=str(folder), outliers="other"), SplitConfig())
    assert made.class_names == ("cats", "dogs") and set(made.labels) == {0, 1}
    assert {example.class_index for example in made.outliers} == {2}
    assert (len(made.examples), len(made.outliers), made.split_sizes["train"]) == (16, 8, 8)
    assert "8 photos of “other” are outliers" in made.summary["notes"][0]
    again = dataset.load(made.id)
    assert (again.examples, again.outliers) == (made.examples, made.outliers)
    rows = cache.open_cache(made, 16, "squash")
    assert len(rows) == 24 and made.outliers_of_split("val").tolist() == [20, 21]
    assert prepare(folder).id != made.id


@pytest.mark.parametrize("outliers, names", [("birds", ("cats", "dogs", "other")), ("dogs", ("cats", "dogs"))])
def test_outliers_that_are_no_class_or_leave_but_one_are_refused(tmp_path, outliers, names):
    folder = write_classes(tmp_path / "pets", 8, names)
    with pytest.raises(PhotoError, match=r"received “birds”|there must be two classes"):
        prepare_dataset(PhotosConfig(source=str(folder), outliers=outliers), SplitConfig())
