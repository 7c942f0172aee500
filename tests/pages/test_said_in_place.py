"""What cannot be done is said where it was tried, above the button that was pressed, and goes at the next touch."""

import pytest
from fake_runs import FakeRun, finished_run, make_dataset
from visits import go, look_as, open_link

from core.errors import ConfigError, PhotoError, RunError
from core.network import edit
from core.photos.checks import overrules
from core.workspace.lock import Lock
from pages.parts import work
from pages.parts.runs import controls, start
from pages.parts.runs.sweep_form import SweepForm
from pages.state import Memory

pytestmark = pytest.mark.slow

KERNEL = "network.blocks.0.kernel_size"


def drawn(app) -> list[str]:
    """Keys of what can be touched, and errors as ``error: sentence``, from the top of the page to its end."""
    order = []

    def walk(node):
        for child in getattr(node, "children", {}).values():
            if getattr(child, "type", "") == "error":
                order.append("error: " + child.value.replace("\\", ""))
            elif getattr(child, "key", None):
                order.append(child.key)
            walk(child)

    walk(app.main)
    return order


def place_of_error(app, words: str) -> int:
    """Where the one error with these words stands in what is drawn."""
    (place,) = [place for place, what in enumerate(drawn(app)) if what.startswith("error: ") and words in what]
    return place


def is_between(app, words: str, above: str, below: str) -> bool:
    """Whether the error stands after one widget and before another, with nothing to touch between it and one of the two."""
    order, place = drawn(app), place_of_error(app, words)
    return order.index(above) < place < order.index(below) and (order[place - 1] == above or order[place + 1] == below)


@pytest.fixture
def spawned(monkeypatch) -> list:
    """Jobs that would have been started."""
    started = []
    monkeypatch.setattr(work, "spawn", lambda *arguments: started.append(arguments))
    return started


def refuse(*arguments, **more):
    raise RunError("The disk takes nothing more. Free some of it and try again.")


REFUSED = "The disk takes nothing more"


def test_a_number_beyond_its_limits_is_answered_at_its_field_and_changes_nothing(open_page, workspace):
    app = open_page("network")
    before = app.session_state.memory.draft
    app.number_input(key=KERNEL).set_value(300).run()
    assert is_between(app, "300", KERNEL, "network.blocks.0.strides")
    assert "31" in app.error[0].value  # the limit is in view
    assert app.session_state.memory.draft == before
    assert app.number_input(key=KERNEL).value == before.network.blocks[0].kernel_size
    app.number_input(key=KERNEL).set_value(9).run()
    assert not app.error and app.session_state.memory.draft.network.blocks[0].kernel_size == 9


@pytest.mark.parametrize(
    ("page", "path", "value"),
    [
        ("photos", "split.seed", -1),
        ("photos", "photos.num_drawn", 10**9),
        ("network", "network.blocks.0.filters", 0),
        ("training", "training.epochs", 0),
        ("training", "training.learning_rate", 99.0),
        ("augmentation", "augment.channel_shift", 999.0),
    ],
)
def test_every_number_field_says_its_limits_right_below_it(open_page, workspace, page, path, value):
    app = open_page(page)
    if page == "augmentation":
        app.radio(key="augment-group").set_value("colour").run()
    app.number_input(key=path).set_value(value).run()
    order = drawn(app)
    assert order[order.index(path) + 1].startswith("error: ") and len(app.error) == 1


def test_a_split_that_does_not_add_up_is_said_below_its_fields_before_prepare_is_pressed(open_page, workspace):
    app = open_page("photos")
    app.number_input(key="split.train").set_value(0.9).run()
    assert is_between(app, "add up to 1", "photos.fit", "prepare")
    assert app.button(key="prepare").disabled and len(app.error) == 1
    app.number_input(key="split.train").set_value(0.5).run()
    assert not app.error and not app.button(key="prepare").disabled


@pytest.mark.parametrize("folder", ["/no/such/folder", "/etc/hostname", "x\x00y"])
def test_a_folder_that_is_none_is_said_at_its_field_as_soon_as_it_is_typed(open_page, workspace, folder):
    app = open_page("photos")
    app.segmented_control(key="photo_source").set_value("Folder").run()
    app.text_input(key="photo_folder").set_value(folder).run()
    order = drawn(app)
    assert order[order.index("photo_folder") + 1].startswith("error: ")
    app.text_input(key="photo_folder").set_value(str(workspace)).run()
    assert not app.error


def test_what_is_missing_is_said_right_above_prepare_and_goes_at_the_next_touch(open_page, workspace, spawned):
    app = open_page("photos")
    app.segmented_control(key="photo_source").set_value("Folder").run()
    app.button(key="prepare").click().run()
    order = drawn(app)
    assert order[order.index("prepare") - 1].startswith("error: ") and not spawned
    app.segmented_control(key="photo_source").set_value("Zip").run()
    assert not app.error


def test_a_layer_that_cannot_go_is_said_beside_the_buttons(open_page, workspace, monkeypatch):
    def only_one(*arguments):
        raise ConfigError("A network has at least one convolution. Add another first.")

    monkeypatch.setattr(edit, "remove_layer", only_one)
    app = open_page("network")
    app.button(key="layers-Remove").click().run()
    order = drawn(app)
    assert place_of_error(app, "at least one") == order.index("layers-Add") - 1


def test_a_start_that_fails_is_said_right_above_start(open_page, workspace, monkeypatch):
    make_dataset(workspace)
    monkeypatch.setattr(start, "create_run", refuse)
    app = open_page("training")
    app.button(key="start").click().run()
    assert drawn(app).index("start") - 1 == place_of_error(app, REFUSED)


def test_training_settings_that_do_not_go_together_are_said_below_them(open_page, workspace):
    make_dataset(workspace)
    app = open_page("training", **{"training.start_size_fraction": "0.5", "training.end_size_fraction": "0.25"})
    assert app.button(key="start").disabled
    assert drawn(app).index("start") - 1 == place_of_error(app, "pictures grow")


def test_what_cannot_be_done_to_a_run_is_said_below_its_buttons(open_page, workspace, monkeypatch):
    run = FakeRun(make_dataset(workspace)).started()
    monkeypatch.setattr(controls, "stop_run", refuse)
    with Lock(run.folder / "lock"):
        app = open_page("training", run=run.id)
        app.button(key="stop").click().run()
    order = drawn(app)
    assert order.index("stop") < place_of_error(app, REFUSED) < order.index("another")


def test_more_epochs_than_there_may_be_are_said_at_the_field(open_page, workspace):
    run = finished_run(make_dataset(workspace), num_epochs=5)
    app = open_page("training", run=run.id)
    app.session_state["longer"] = True
    app.run()
    (field,) = [widget for widget in app.number_input if widget.key.startswith("longer-")]
    field.set_value(1).run()
    order = drawn(app)
    assert order[order.index(field.key) + 1].startswith("error: ") and app.button(key="go-on-longer").disabled


def test_values_of_a_sweep_are_answered_above_its_button(open_page, workspace):
    make_dataset(workspace)
    app = open_page("training", preset="narrow")
    app.session_state["sweep-form"] = True
    app.run()
    app.text_input(key="values-network.blocks.0.filters").set_value("16, 9999").run()
    order = drawn(app)
    assert order.index("values-network.blocks.0.filters") < place_of_error(app, "2,048") < order.index("start-sweep")
    app.text_input(key="values-network.blocks.0.filters").set_value("16, 32").run()
    app.number_input(key="sweep-epochs").set_value(0).run()
    assert place_of_error(app, "received 0") < drawn(app).index("start-sweep")
    assert app.session_state.memory.of(SweepForm).epochs == 12


def test_a_class_name_that_is_none_is_said_below_its_field(open_page, workspace, monkeypatch):
    look_as(monkeypatch, lambda: "token-of-somebody")
    app = open_page("photos")
    app.segmented_control(key="photo_source").set_value("Own classes").run()
    app.text_input(key="own-class-name").set_value("a/b")
    app.button(key="own-add-class").click().run()
    order = drawn(app)
    assert order[order.index("own-add-class") + 1].startswith("error: ")


def test_a_decision_that_cannot_be_kept_is_said_at_its_photo(open_page, workspace, monkeypatch):
    make_dataset(workspace)
    app = open_page("photos")
    monkeypatch.setattr(overrules, "set_file", refuse)
    app.button(key="photo-0").click().run()
    button = next(button for button in app.button if (button.key or "").startswith("gallery-file-"))
    button.click().run()
    assert REFUSED in " ".join(one.value for one in app.error)


def test_what_has_no_place_on_the_page_stands_at_its_top(open_page, workspace):
    app = open_page("home")
    app.session_state.memory.say("error", "Something of another page.", "layers")
    app.run()
    assert place_of_error(app, "another page") < drawn(app).index("home-photos")
    app.run()
    assert not app.error


def test_a_redraw_that_nobody_asked_for_takes_no_sentence_away(workspace):
    app = open_link()
    visit = app.session_state.memory
    visit.say("error", "Not yet read.", "train-first")
    app.run()
    visit.redraws = True  # as ``state.redraw`` leaves it
    app.run()
    assert "Not yet read" in app.error[0].value
    assert not go(app, "network").error


def test_a_second_attempt_replaces_what_the_first_one_said():
    visit = Memory()
    for said in ("first", "second"):
        with visit.trying("prepare"):
            raise PhotoError(said)
    assert [sentence.text for sentence in visit.sentences] == ["second"]
    with visit.trying("prepare"):
        pass
    assert visit.sentences == []
