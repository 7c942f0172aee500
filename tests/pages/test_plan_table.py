"""The list of files that are not simply used, and what a person decides about them."""

import shutil

import pytest
from photo_makers import encoded, picture, write_classes
from streamlit.testing.v1 import AppTest
from visits import go, open_link

from core.config import PhotosConfig, SplitConfig
from core.jobs.job import find_job
from core.network import presets
from core.photos import dataset
from core.photos.checks import overrules
from core.photos.checks.overrules import LEAVE_OUT, USE_ANYWAY
from core.photos.checks.scan import Issue
from core.photos.prepare import prepare as prepare_dataset
from core.photos.sources import own
from core.runs.store import create_run, find_run
from pages.parts import work
from pages.photos import plan_table

pytestmark = pytest.mark.slow


@pytest.fixture
def made(tmp_path):
    """A prepared folder with a copy, a picture under two names, a broken file and a grey one."""
    root = write_classes(tmp_path / "pets", 8)
    shutil.copy(root / "cats/3.jpg", root / "cats/3 <b>copy.jpg")
    shutil.copy(root / "cats/5.jpg", root / "dogs/mixed.jpg")
    (root / "cats/broken.jpg").write_bytes((root / "cats/0.jpg").read_bytes()[:900])
    (root / "dogs/gray.png").write_bytes(encoded(picture(51)[..., 0], "PNG"))
    (root / "note.txt").write_text("hello")
    return prepare(root)


def prepare(root):
    return prepare_dataset(PhotosConfig(source=str(root), fit="crop"), SplitConfig(seed=4), name="Pets")


@pytest.fixture
def photos_page(workspace):
    def opened(**link) -> AppTest:
        return go(open_link(**link), "photos")

    return opened


def choose(app, kind):
    app.session_state["plan_kind"] = kind
    return app.run()


def texts(app):
    return " ".join(element.value for name in ("text", "caption", "markdown") for element in app.get(name)).replace(
        "\\", ""
    )


def button(app, label):
    return next(one for one in app.button if one.label == label)


def test_each_kind_shows_its_files_as_text_with_the_reason_and_what_happens(photos_page, made):
    app = photos_page()
    shown = texts(choose(app, "truncated"))
    assert "cats/broken.jpg" in shown and "left out" in shown and "1 file: 1 left out." in shown
    shown = texts(choose(app, "exact duplicate"))
    assert "cats/3 <b>copy.jpg" in [element.value for element in app.text] and "same bytes" in shown
    assert "note.txt" in texts(choose(app, plan_table.NOT_A_FILE_NAME))


def test_a_row_can_be_overruled_and_undone(photos_page, made):
    app = choose(photos_page(), "exact duplicate")
    button(app, "Use it").click().run()
    assert overrules.load(made.root).files["cats/3 <b>copy.jpg"][1] == "use"
    assert "left out now; **used once applied**" in texts(app)
    assert button(app, "Apply 1 change")
    app.button(key=f"plan-undo-{made.id}-cats/3 <b>copy.jpg").click().run()
    assert not overrules.load(made.root) and not [one for one in app.button if one.label.startswith("Apply")]


def test_a_kind_can_be_overruled_and_undone(photos_page, made):
    app = choose(photos_page(), "needs conversion")
    button(app, "Leave all of them out").click().run()
    assert overrules.load(made.root).kinds == {Issue.NEEDS_CONVERSION: LEAVE_OUT}
    assert "Once applied: all left out" in texts(app)
    button(app, "Undo for all").click().run()
    assert not overrules.load(made.root)


def test_what_has_no_pixels_offers_nothing(photos_page, made):
    app = choose(photos_page(), "truncated")
    assert not [one for one in app.button if one.key and one.key.startswith("plan-")]


def test_which_of_two_labels_is_right_is_asked(photos_page, made):
    app = choose(photos_page(), "duplicate in another class")
    button(app, "Use it as cats").click().run()
    assert "left out now; **used once applied**" in texts(app)
    button(app, "Use it as dogs").click().run()
    assert list(overrules.load(made.root).files) == ["dogs/mixed.jpg"]
    button(app, "Use both").click().run()
    assert {action for _, action in overrules.load(made.root).files.values()} == {USE_ANYWAY}


def test_a_good_photo_left_out_elsewhere_is_listed_and_can_be_taken_back(photos_page, made):
    example = made.examples[0]
    overrules.leave_out(made.root, example.path, example.sha256)
    app = choose(photos_page(), plan_table.BY_HAND)
    assert "used now; **left out once applied**" in texts(app)
    app.button(key=f"plan-undo-{made.id}-{example.path}").click().run()
    assert not overrules.load(made.root) and not app.exception


def test_applying_prepares_the_same_folder_with_the_same_settings(photos_page, made, monkeypatch):
    started = []
    monkeypatch.setattr(work, "spawn", lambda module, folder: started.append(folder))
    overrules.set_kind(made.root, Issue.EXACT_DUPLICATE, "use")
    app = photos_page()
    button(app, "Apply 1 change").click().run()
    request = find_job(started[0].name).request
    assert request["photos"]["source"] == str(made.root) and request["photos"]["fit"] == "crop"
    assert request["split"]["seed"] == 4
    assert button(app, "Apply 1 change").disabled


def test_runs_on_the_photos_of_before_keep_them(made, workspace):
    run = create_run(presets.experiment("narrow"), made)
    overrules.set_kind(made.root, Issue.EXACT_DUPLICATE, "use")
    changed = prepare(made.root)
    assert changed.id != made.id and find_run(run.id).dataset["id"] == made.id
    assert dataset.load(made.id).examples == made.examples


def test_the_changes_can_be_dropped_and_the_rules_restored(photos_page, made):
    overrules.set_kind(made.root, Issue.EXACT_DUPLICATE, "use")
    app = photos_page()
    app.button(key="plan-undo").click().run()
    assert not overrules.load(made.root)
    overrules.set_kind(made.root, Issue.EXACT_DUPLICATE, "use")
    prepare(made.root)
    app = photos_page()
    button(app, "Back to the rules alone").click().run()
    assert not overrules.load(made.root) and button(app, "Apply 1 change")


def test_another_browsers_classes_cannot_be_overruled(photos_page, workspace):
    theirs = own.create("token-of-another-one")
    write_classes(theirs.folder, 8)
    shutil.copy(theirs.folder / "cats/3.jpg", theirs.folder / "cats/copy.jpg")
    made = prepare(theirs.folder)
    app = photos_page(dataset=made.id)
    assert "cats/copy.jpg" in texts(app)
    assert not [one for one in app.button if one.key and one.key.startswith("plan-")]


def test_at_most_a_page_of_many_files_is_drawn(photos_page, tmp_path):
    root = write_classes(tmp_path / "pets", 8)
    for number in range(40):
        (root / f"cats/broken {number}.jpg").write_text("no photo")
    made = prepare(root)
    app = photos_page(dataset=made.id)
    assert len([one for one in app.text if "broken" in one.value]) == plan_table.ROWS


def test_what_copies_would_do_is_said_also_where_it_is_nothing(photos_page, made, tmp_path):
    assert "among its training photos" in texts(photos_page())
    clean = prepare(write_classes(tmp_path / "clean", 8))
    shown = texts(photos_page(dataset=clean.id))
    assert "nothing leaks into its test" in shown and "has no duplicates" in shown


def test_the_numbers_that_were_used_are_shown(photos_page, made):
    app = photos_page()
    assert "Dealt 0.5 : 0.25 : 0.25 by split seed 4" in texts(app)


def test_one_photo_can_be_decided_about_elsewhere(workspace, made):
    def elsewhere(dataset_id, path):
        from core.photos.dataset import load
        from pages.photos.plan_table import show_decision

        show_decision(load(dataset_id), path, "gallery")

    path = made.examples[0].path
    app = AppTest.from_function(elsewhere, args=(made.id, path), default_timeout=60).run()
    assert "What happens: used." in texts(app)
    button(app, "Leave it out").click().run()
    assert list(overrules.load(made.root).files) == [path] and "left out once applied" in texts(app)
    assert not AppTest.from_function(elsewhere, args=(made.id, "note.txt"), default_timeout=60).run().button
