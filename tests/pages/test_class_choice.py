"""Classes that are chosen and joined on the Photos page, before a folder is prepared."""

import pytest
from visits import look_as, words_of

from core.jobs.job import find_job
from pages.parts import work

BREEDS = ("Abyssinian", "Bengal", "beagle", "pug", "a[b](c)*")


@pytest.fixture
def spawned(monkeypatch):
    look_as(monkeypatch, lambda: "token-of-one-browser")
    calls = []
    monkeypatch.setattr(work, "spawn", lambda module, folder: calls.append(folder))
    return calls


@pytest.fixture
def page(open_page, tmp_path, spawned):
    for breed in BREEDS:
        for index in range(4):
            (tmp_path / "pets").mkdir(exist_ok=True)
            (tmp_path / "pets" / f"{breed}_{index}.jpg").touch()
    app = open_page("photos")
    app.segmented_control(key="photo_source").set_value("Folder").run()
    app.session_state["class-choice"] = True
    app.text_input(key="photo_folder").set_value(str(tmp_path / "pets")).run()
    assert not app.exception
    return app


def asked(app, spawned):
    app.button(key="prepare").click().run()
    return find_job(spawned[-1].name).request["photos"]["classes"]


def classes_of(app):
    return app.session_state["memory"].draft.photos.classes


def test_all_classes_are_prepared_unless_some_are_chosen(page, spawned):
    assert "5 classes will be prepared" in words_of(page).replace("*", "") and "Abyssinian (4)" in words_of(page)
    assert asked(page, spawned) == []


def test_classes_are_joined_by_name_taken_apart_and_brought_back(page, spawned):
    page.multiselect(key="classes-members").set_value(["Abyssinian", "Bengal"])
    page.text_input(key="classes-name").set_value("cats")
    page.button(key="classes-join-button").click().run()
    assert not page.exception and "cats (8)" in words_of(page)
    assert asked(page, spawned) == ["cats/Abyssinian", "cats/Bengal", "a[b](c)*", "beagle", "pug"]
    page.button(key="classes-apart-cats").click().run()
    assert classes_of(page) == ()
    page.button(key="classes-undo").click().run()
    assert "cats/Bengal" in classes_of(page)
    page.button(key="classes-all").click().run()
    assert classes_of(page) == ()


def test_only_some_are_used(page, spawned):
    page.multiselect(key="classes-kept").set_value(["pug", "a[b](c)*"]).run()
    assert not page.exception and "3 classes of the folder are left out" in words_of(page)
    assert asked(page, spawned) == ["a[b](c)*", "pug"]


def test_what_cannot_be_joined_is_said_there(page):
    page.text_input(key="classes-name").set_value("cats")
    page.button(key="classes-join-button").click().run()
    assert "joins no class" in page.error[0].value and classes_of(page) == ()


def test_another_folder_begins_with_all_its_classes(page, tmp_path):
    page.multiselect(key="classes-kept").set_value(["pug", "beagle"]).run()
    (tmp_path / "other").mkdir()
    page.text_input(key="photo_folder").set_value(str(tmp_path / "other")).run()
    assert classes_of(page) == () and "nothing to choose or to join" in words_of(page)


def test_what_names_suggest_is_one_click(open_page, tmp_path, spawned):
    for breed in BREEDS[:4]:
        for index in range(4):
            (tmp_path / f"{breed}_{index}.jpg").touch()
    app = open_page("photos")
    app.segmented_control(key="photo_source").set_value("Folder").run()
    app.session_state["class-choice"] = True
    app.text_input(key="photo_folder").set_value(str(tmp_path)).run()
    app.button(key="classes-suggested-0").click().run()
    assert asked(app, spawned) == ["cats/Abyssinian", "cats/Bengal", "dogs/beagle", "dogs/pug"]
