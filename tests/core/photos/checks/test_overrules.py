import json
import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from photo_makers import encoded, picture, write_classes, write_photo

from core.config import PhotosConfig, SplitConfig
from core.errors import PhotoError
from core.photos import dataset
from core.photos.checks import clean, overrules, scan
from core.photos.checks.overrules import LEAVE_OUT, USE, USE_ANYWAY, Overrules
from core.photos.checks.scan import Issue
from core.photos.prepare import prepare as prepare_dataset


@pytest.fixture
def folder(tmp_path):
    """Two classes of twelve, and one file of every kind that can be argued about."""
    root = write_classes(tmp_path / "pets", 12)
    shutil.copy(root / "cats/3.jpg", root / "cats/3 copy.jpg")
    shutil.copy(root / "cats/5.jpg", root / "dogs/mixed up.jpg")
    (root / "cats/broken.jpg").write_bytes((root / "cats/0.jpg").read_bytes()[:900])
    (root / "dogs/tiny.png").write_bytes(encoded(picture(50, 20, 20), "PNG"))
    (root / "dogs/gray.png").write_bytes(encoded(picture(51)[..., 0], "PNG"))
    (root / "note.txt").write_text("hello")
    return root


def planned(root, decided=None):
    report = scan.scan(root)
    return {step.path: step for step in clean.plan(report, decided or overrules.load(report.folder)).steps}


def decide(root, path, action):
    step = planned(root)[path]
    return overrules.set_file(root, path, step.sha256, action)


def prepare(root):
    return prepare_dataset(PhotosConfig(source=str(root)), SplitConfig())


def test_a_photo_can_be_left_out_and_taken_back(folder):
    before = planned(folder)
    decide(folder, "cats/7.jpg", LEAVE_OUT)
    step = planned(folder)["cats/7.jpg"]
    assert (step.action, step.rule, step.issue, step.reason) == (LEAVE_OUT, USE, None, "You left it out.")
    overrules.undo_files(folder, ["cats/7.jpg"])
    assert planned(folder) == before


def test_what_has_no_pixels_stays_out_and_what_is_ignored_stays_ignored(folder):
    steps = planned(folder)
    for path in ("cats/broken.jpg", "note.txt"):
        overrules.set_file(folder, path, steps[path].sha256, USE)
    overrules.set_kind(folder, Issue.TRUNCATED, USE)
    assert planned(folder) == steps
    assert clean.choices(Issue.TRUNCATED) == ()


def test_a_whole_kind_can_be_overruled_and_one_photo_of_it_excepted(folder):
    overrules.set_kind(folder, Issue.NEEDS_CONVERSION, LEAVE_OUT)
    assert planned(folder)["dogs/gray.png"].action == LEAVE_OUT
    assert planned(folder)["dogs/gray.png"].rule == "convert"
    decide(folder, "dogs/gray.png", USE)
    assert planned(folder)["dogs/gray.png"].action == "convert"
    overrules.undo_files(folder, ["dogs/gray.png"])
    overrules.undo_kind(folder, Issue.NEEDS_CONVERSION)
    assert planned(folder)["dogs/gray.png"].rule == ""


def test_a_photo_that_is_used_after_all_is_converted_if_it_needs_it(folder):
    (folder / "dogs/tiny gray.png").write_bytes(encoded(picture(52, 20, 20)[..., 0], "PNG"))
    overrules.set_kind(folder, Issue.TOO_SMALL, USE)
    steps = planned(folder)
    assert (steps["dogs/tiny.png"].action, steps["dogs/tiny gray.png"].action) == ("use", "convert")
    assert steps["dogs/tiny.png"].reason.startswith("You chose to use it. The rules would leave it out: Both sides")


def test_a_copy_used_after_all_shares_the_split_of_its_twin(folder):
    overrules.set_kind(folder, Issue.EXACT_DUPLICATE, USE)
    steps = planned(folder)
    assert steps["cats/3.jpg"].group == steps["cats/3 copy.jpg"].group != ""
    splits = {example.path: example.split for example in prepare(folder).examples}
    assert splits["cats/3.jpg"] == splits["cats/3 copy.jpg"]


def test_a_copy_that_was_used_after_all_joins_the_near_duplicates_of_its_twin(folder):
    write_photo(folder / "cats/3 large.jpg", seed=3, height=96, width=128)
    overrules.set_kind(folder, Issue.EXACT_DUPLICATE, USE)
    steps = planned(folder)
    assert len({steps[f"cats/{name}.jpg"].group for name in ("3", "3 copy", "3 large")}) == 1


def test_one_of_two_labels_can_be_chosen_and_the_other_stays_out(folder):
    decide(folder, "cats/5.jpg", USE)
    steps = planned(folder)
    assert (steps["cats/5.jpg"].action, steps["dogs/mixed up.jpg"].action) == (USE, LEAVE_OUT)
    assert "is used as “cats/5.jpg” in class “cats”, as you chose" in steps["dogs/mixed up.jpg"].reason


def test_of_two_labels_the_one_chosen_last_is_used(folder):
    decide(folder, "cats/5.jpg", USE)
    decide(folder, "dogs/mixed up.jpg", USE)
    steps = planned(folder)
    assert (steps["cats/5.jpg"].action, steps["dogs/mixed up.jpg"].action) == (LEAVE_OUT, USE)
    assert "is used as “dogs/mixed up.jpg” in class “dogs”" in steps["cats/5.jpg"].reason


def test_both_labels_are_used_only_if_a_person_insists_and_then_in_one_split(folder):
    decide(folder, "cats/5.jpg", USE)
    decide(folder, "dogs/mixed up.jpg", USE_ANYWAY)
    assert planned(folder)["cats/5.jpg"].action == LEAVE_OUT
    decide(folder, "cats/5.jpg", USE_ANYWAY)
    splits = {example.path: example.split for example in prepare(folder).examples}
    assert splits["cats/5.jpg"] == splits["dogs/mixed up.jpg"]


def test_copies_of_a_photo_left_out_by_hand_stay_out_and_say_so(folder):
    decide(folder, "cats/3.jpg", LEAVE_OUT)
    step = planned(folder)["cats/3 copy.jpg"]
    assert (step.action, step.reason) == (LEAVE_OUT, "It has the same bytes as “cats/3.jpg”, which you left out.")


def test_a_decision_holds_for_the_bytes_that_were_seen(folder):
    decide(folder, "cats/7.jpg", LEAVE_OUT)
    write_photo(folder / "cats/7.jpg", seed=777)
    assert planned(folder)["cats/7.jpg"].action == USE


def test_decisions_take_effect_when_the_folder_is_prepared_and_old_data_sets_stay(folder):
    first = prepare(folder)
    originals = {path: path.read_bytes() for path in folder.rglob("*.*")}
    decide(folder, "cats/7.jpg", LEAVE_OUT)
    overrules.set_kind(folder, Issue.TOO_SMALL, USE)
    second = prepare(folder)
    assert second.id != first.id and dataset.load(first.id) == first
    assert "cats/7.jpg" not in {example.path for example in second.examples}
    places = {example.path: example.split for example in first.examples}
    assert all(places.get(e.path, e.split) == e.split for e in second.examples)
    assert second.overrules.num_changes_from(first.overrules) == 2 and second.overrules == overrules.load(folder)
    for made in (first, second):
        counts = Counter(step.action for step in made.steps())
        assert made.summary["found"] == sum(counts.values()) == 30
        assert made.summary["used"] == counts["use"] and made.summary["left_out"] == counts["leave out"]
    overrules.put(folder, Overrules())
    assert prepare(folder).id == first.id
    assert {path: path.read_bytes() for path in folder.rglob("*.*")} == originals


def test_a_data_set_remembers_how_it_was_made(folder):
    photos, split = PhotosConfig(source=str(folder), fit="crop"), SplitConfig(train=0.6, val=0.2, test=0.2, seed=3)
    made = dataset.load(prepare_dataset(photos, split).id)
    assert (made.photos, made.split) == (photos, split)


def test_a_data_set_of_an_older_version_is_read_without_its_settings(folder):
    made = prepare(folder)
    about = json.loads((made.folder / "dataset.json").read_text())
    for name in ("photos", "split", "overrules"):
        del about[name]
    (made.folder / "dataset.json").write_text(json.dumps(about))
    old = dataset.load(made.id)
    assert (old.photos, old.split, old.overrules) == (None, None, Overrules())
    assert prepare(folder).split == made.split and dataset.load(made.id).overrules == made.overrules


def test_photos_added_later_leave_the_old_ones_where_they_are(folder):
    places = {example.sha256: example.split for example in prepare(folder).examples}
    for number in range(20, 40):
        write_photo(folder / f"cats/a{number}.jpg", seed=number)
    grown = {example.sha256: example.split for example in prepare(folder).examples}
    assert places.items() <= grown.items() and len(grown) == len(places) + 20


def test_an_unknown_action_is_refused(folder):
    with pytest.raises(PhotoError, match="received “delete”"):
        overrules.set_file(folder, "cats/1.jpg", "", "delete")


@pytest.mark.parametrize("text", ["[]", "{", '{"files": [], "kinds": {"odd": "use"}}', '{"files": 3, "kinds": {}}'])
def test_damaged_decisions_are_said_and_never_lost_in_silence(folder, text):
    overrules.path_of(folder).write_text(text)
    with pytest.raises(PhotoError, match="cannot be read"):
        overrules.load(folder)


def test_decisions_made_at_the_same_time_are_all_kept(folder):
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: overrules.leave_out(folder, f"cats/{number}.jpg", "00"), range(24)))
    assert len(overrules.load(folder).files) == 24
