"""The ways in, as the Photos page shows them."""

import io
from dataclasses import replace

import numpy as np
import pytest
from fake_runs import make_dataset
from PIL import Image
from visits import look_as

from core.jobs.job import find_job
from core.photos.sources import origins, own, uploads
from pages import state
from pages.parts import work
from pages.photos import sources

OWNER = "token-of-one-browser"


@pytest.fixture(autouse=True)
def browser(monkeypatch):
    look_as(monkeypatch, lambda: OWNER)


@pytest.fixture
def spawned(monkeypatch):
    calls = []
    monkeypatch.setattr(work, "spawn", lambda module, folder: calls.append((module, folder)))
    return calls


@pytest.fixture
def photos_page(open_page):
    def choose(way):
        app = open_page("photos")
        app.segmented_control(key="photo_source").set_value(way).run()
        assert not app.exception
        return app

    return choose


def send(name="pets.zip", content=b"PK" + bytes(2_000_000)):
    upload = uploads.begin(OWNER, name, len(content), 1)
    uploads.append(upload, 0, content)
    return uploads.finish(upload)


def photo(seed):
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (40, 40, 3), np.uint8)).save(file, "PNG")
    return file.getvalue()


def words_of(app):
    return " ".join(element.value for element in (*app.markdown, *app.caption, *app.error, *app.success))


def source_of_the_job(app, spawned):
    app.button(key="prepare").click().run()
    return find_job(spawned[0][1].name).request["photos"]["source"]


@pytest.mark.parametrize(
    ("way", "rule"),
    [("Folder", "Say where the folder is"), ("Zip", "Drop a zip"), ("Own classes", "at least two classes")],
)
def test_a_way_that_has_nothing_yet_says_what_is_missing(photos_page, spawned, way, rule):
    app = photos_page(way)
    app.button(key="prepare").click().run()
    assert rule in app.error[0].value and not spawned


def test_one_click_fetches_the_archive(photos_page, spawned):
    app = photos_page("Microsoft archive")
    assert "Download and prepare" in app.button(key="prepare").label and "786 MB" in words_of(app)
    assert source_of_the_job(app, spawned) == "microsoft"


def test_a_zip_that_arrived_is_chosen_and_named_as_text(photos_page, spawned):
    arrived = send("My [pets](http://x) <b>.zip")
    app = photos_page("Zip")
    assert r"\[pets\]" in words_of(app) and "2.0 MB" in words_of(app)
    assert source_of_the_job(app, spawned) == str(arrived.path)


def test_another_browsers_zip_is_not_offered(photos_page, monkeypatch):
    send()
    look_as(monkeypatch, lambda: "token-of-another-one")
    assert "has arrived" not in words_of(photos_page("Zip"))


def test_of_two_zips_one_is_chosen(photos_page, spawned):
    first, second = send("a.zip"), send("b.zip", b"PK other")
    app = photos_page("Zip")
    app.selectbox(key="photo_zip").set_value(str(first.path)).run()
    assert source_of_the_job(app, spawned) == str(first.path) != str(second.path)


def test_own_classes_are_named_filled_and_prepared(photos_page, spawned):
    app = photos_page("Own classes")
    for name in ("cups", "T-shirts & co"):
        app.text_input(key="own-class-name").set_value(name)
        app.button(key="own-add-class").click().run()
    assert "received “T\\-shirts" in app.error[0].value
    app.text_input(key="own-class-name").set_value("bottles")
    app.button(key="own-add-class").click().run()
    (made,) = own.mine(OWNER)
    assert list(made.photos) == ["bottles", "cups"]
    drop = app.file_uploader(key=f"own-drop-{made.id}-cups-0")
    for name, content in (("1.png", photo(1)), ("again.png", photo(1)), ("[bad](x).jpg", b"no photo")):
        drop.upload(name, content)
    app.run()
    assert len(made.photos["cups"]) == 1 and not app.exception
    assert "1 photo added to cups" in words_of(app) and r"\[bad\]" in words_of(app)
    assert not app.file_uploader(key=f"own-drop-{made.id}-cups-1").value  # the place is empty again
    assert source_of_the_job(app, spawned) == str(made.folder)


def test_another_set_can_be_begun_and_the_first_one_taken_up_again(photos_page, spawned):
    first = own.create(OWNER)
    own.add_class(first, "cups")
    app = photos_page("Own classes")
    app.button(key="own-another").click().run()
    (second,) = [one for one in own.mine(OWNER) if one.id != first.id]
    assert app.session_state.memory.draft.photos.source == str(second.folder)
    app.selectbox(key="own-set").set_value(str(first.folder)).run()
    assert source_of_the_job(app, spawned) == str(first.folder)


def test_a_class_is_removed_only_by_the_second_button(photos_page):
    made = own.create(OWNER)
    own.add_class(made, "cups")
    app = photos_page("Own classes")
    app.button(key=f"own-remove-yes-{made.id}-cups").click().run()
    assert made.photos == {} and not app.exception


def test_without_a_cookie_own_classes_say_why_not(photos_page, monkeypatch):
    look_as(monkeypatch, lambda: "")
    app = photos_page("Own classes")
    app.text_input(key="own-class-name").set_value("cups")
    app.button(key="own-add-class").click().run()
    assert "Allow cookies" in app.error[0].value


def test_another_browsers_classes_are_not_shown(photos_page):
    own.add_class(own.create("token-of-another-one"), "secrets")
    assert "secrets" not in words_of(photos_page("Own classes"))


def test_what_another_browser_prepared_does_not_open_its_classes(workspace):
    theirs = own.create("token-of-another-one")
    dataset = replace(make_dataset(workspace), root=theirs.folder)
    visit = state.Memory()
    sources.use_dataset(visit, dataset)
    assert visit.way == "drawn" and not visit.places
    sources.use_dataset(visit, replace(dataset, root=own.create(OWNER).folder))
    assert visit.way == "own"


def test_the_way_follows_the_photos_in_use(workspace):
    visit = state.Memory()
    visit.use_source(origins.MICROSOFT)
    assert visit.draft.photos.source == "microsoft"
    visit.use_source(origins.FOLDER, "/pets")
    visit.use_source(origins.ZIP)
    assert visit.draft.photos.source == "drawn"  # nothing dropped yet
    visit.use_source(origins.FOLDER)
    assert visit.draft.photos.source == "/pets"  # what was typed is kept
