"""Who may change what on the pages, person by thing by action; by buttons in sight, by clicks after they should have gone, by links."""

from dataclasses import replace

import pytest
from fake_runs import FakeRun, finished_run, make_dataset
from visits import look_as

from core.jobs.events import EventLog
from core.jobs.job import create_job, requested
from core.photos import disk
from core.photos.checks import overrules
from core.runs.store import list_runs
from core.workspace.lock import Lock
from core.workspace.owners import mark_of
from core.workspace.rights import Person
from pages.parts import work

pytestmark = pytest.mark.slow

ANNA, BEN, KEY = "annas-token-0123456789", "bens-token-0123456789", "open sesame"


@pytest.fixture
def become(monkeypatch):
    """``become(app, "Ben")``: from now on this visitor is somebody else, as far as the server can tell."""

    def change(app, who):
        look_as(monkeypatch, lambda: {"Anna": mark_of(ANNA), "Ben": mark_of(BEN)}.get(who, ""))
        if app is not None:
            app.session_state.memory.admin_key = KEY if who == "admin" else ""
        return app

    return change


def annas_dataset(workspace, owners=(ANNA,)):
    made = make_dataset(workspace)
    made = replace(made, owners=tuple(mark_of(owner) for owner in owners))
    made.save(made.steps())
    return made


def words_of(app):
    return " ".join(element.value for element in (*app.markdown, *app.caption, *app.error, *app.text)).replace("\\", "")


# Each thing is made as Anna's and shown on its page; its action is a button there; then it is looked whether it was done.


class Pausing:
    page, button = "training", "pause"

    def __init__(self, workspace):
        self.run = FakeRun(make_dataset(workspace), owner=ANNA).started()
        self.lock = Lock(self.run.folder / "lock")
        self.lock.acquire()
        self.link = {"run": self.run.id}

    def is_done(self):
        return requested(self.run.folder) == "pause"


class Stopping(Pausing):
    button = "stop"

    def is_done(self):
        return requested(self.run.folder) == "stop"


class Deleting:
    page, button, confirm = "training", "delete", "delete-yes"

    def __init__(self, workspace):
        self.link = {"run": finished_run(make_dataset(workspace), owner=ANNA).id}

    def is_done(self):
        return not list_runs()


class DeletingOnResults(Deleting):
    page = "results"


class Cancelling:
    page, button = "photos", "cancel-job"

    def __init__(self, workspace):
        request = {"photos": {"source": "drawn"}, "split": {}, "cache": None, "owner": mark_of(ANNA)}
        self.job = create_job("prepare", request)
        EventLog(self.job.folder / "events.jsonl").append("started")
        self.lock = Lock(self.job.folder / "lock")
        self.lock.acquire()
        self.link = {"job": self.job.id}

    def is_done(self):
        return requested(self.job.folder) == "stop"


class Deciding:
    page, button = "photos", "plan-undo-all"

    def __init__(self, workspace):
        self.made = annas_dataset(workspace)
        self.link = {"dataset": self.made.id}
        overrules.set_file(self.made.root, "cats/train-0.jpg", "0" * 64, overrules.LEAVE_OUT, Person(mark_of(ANNA)))
        self.made = replace(self.made, overrules=overrules.load(self.made.root))
        self.made.save(self.made.steps())

    def is_done(self):
        return not overrules.load(self.made.root)


class Removing:
    page, button, confirm = "photos", "clear-set", "clear-yes"

    def __init__(self, workspace):
        self.link = {"dataset": annas_dataset(workspace).id}

    def is_done(self):
        return not disk.look().datasets


ACTIONS = (Pausing, Stopping, Deleting, DeletingOnResults, Cancelling, Deciding, Removing)


def opened(open_page, thing):
    app = open_page(thing.page, **thing.link)
    if isinstance(thing, Removing):
        app.session_state["disk"] = True
        app.run()
    assert not app.exception
    return app


def press(app, thing):
    app.button(key=thing.button).click().run()
    if hasattr(thing, "confirm"):
        app.button(key=thing.confirm).click().run()
    assert not app.exception


@pytest.fixture
def school(monkeypatch):
    monkeypatch.setenv("ALEXNET_ADMIN_KEY", KEY)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.__name__)
@pytest.mark.parametrize("who", ["Anna", "admin"])
def test_who_may_does(school, open_page, workspace, become, action, who):
    become(None, "Anna")
    thing = action(workspace)
    app = opened(open_page, thing)
    become(app, who).run()
    press(app, thing)
    assert thing.is_done()


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.__name__)
@pytest.mark.parametrize("who", ["Ben", "no cookie"])
def test_who_may_not_sees_no_button_and_a_click_on_one_that_should_be_gone_does_nothing(
    school, open_page, workspace, become, action, who
):
    become(None, "Anna")
    thing = action(workspace)
    app = opened(open_page, thing)
    if hasattr(thing, "confirm"):
        app.button(key=thing.button).click().run()
    become(app, who)
    app.button(key=getattr(thing, "confirm", thing.button)).click().run()
    assert not app.exception and not thing.is_done()
    by_link = opened(open_page, thing)
    assert not any(button.key == thing.button for button in by_link.button)
    assert not thing.is_done()


def test_a_guest_is_not_shown_another_s_photos_as_their_own(open_page, workspace, become):
    made = annas_dataset(workspace)
    become(None, "Ben")
    app = open_page("photos")
    assert "What is found appears here" in words_of(app)
    app.selectbox(key="others_dataset").select(made.id).run()
    assert not app.exception and app.session_state.memory.dataset == made.id
    become(None, "Anna")
    assert "Training: 8" in words_of(open_page("photos"))


def test_names_of_files_that_are_no_photos_are_shown_to_who_prepared_them(open_page, workspace, become):
    made = annas_dataset(workspace)
    become(None, "Anna")
    mine = open_page("photos", dataset=made.id)
    mine.session_state["plan_kind"] = "not a photo file"
    assert "notes.txt" in words_of(mine.run())
    become(None, "Ben")
    theirs = open_page("photos", dataset=made.id)
    assert "notes.txt" not in words_of(theirs) and "1 file beside the photos" in words_of(theirs)


def test_a_data_set_that_two_have_prepared_is_cleared_by_neither(open_page, workspace, become):
    thing = Removing(workspace)
    annas_dataset(workspace, (ANNA, BEN))
    for who in ("Anna", "Ben"):
        become(None, who)
        assert not any(button.key == "clear-set" for button in opened(open_page, thing).button)


@pytest.fixture
def spawned(monkeypatch):
    calls = []
    monkeypatch.setattr(work, "spawn", lambda module, folder: calls.append(folder))
    return calls


def test_in_a_class_a_visitor_types_no_folder_and_a_forged_one_is_refused(
    school, open_page, workspace, become, spawned
):
    become(None, "Ben")
    app = open_page("photos")
    app.segmented_control(key="photo_source").set_value("Folder").run()
    assert not any(field.key == "photo_folder" for field in app.text_input)
    assert "taken from its administrator alone" in words_of(app)
    app.button(key="prepare").click().run()
    assert not spawned and "from its administrator alone" in app.error[0].value
    app.session_state.memory.use_source("folder", str(workspace.parent))
    app.button(key="prepare").click().run()
    assert not spawned and "from its administrator alone" in app.error[0].value
    become(app, "admin").run()
    app.text_input(key="photo_folder").set_value(str(workspace.parent)).run()
    app.button(key="prepare").click().run()
    assert len(spawned) == 1


def test_a_visitor_takes_folders_below_an_allowed_one(
    school, open_page, workspace, tmp_path, become, spawned, monkeypatch
):
    (tmp_path / "shared" / "pets").mkdir(parents=True)
    monkeypatch.setenv("ALEXNET_FOLDERS", str(tmp_path / "shared"))
    become(None, "Ben")
    app = open_page("photos")
    app.segmented_control(key="photo_source").set_value("Folder").run()
    for folder, number in ((tmp_path, 0), (tmp_path / "shared" / ".." / "shared" / "pets", 1)):
        app.text_input(key="photo_folder").set_value(str(folder)).run()
        app.button(key="prepare").click().run()
        assert len(spawned) == number


def test_an_address_for_others_makes_a_class_too(open_page, workspace, become, monkeypatch):
    become(None, "Ben")
    monkeypatch.setattr(work.st, "get_option", lambda name: "0.0.0.0" if name == "server.address" else None)
    app = open_page("photos")
    app.segmented_control(key="photo_source").set_value("Folder").run()
    assert "taken from its administrator alone" in words_of(app)
