import shutil
from pathlib import Path

import pytest
from fake_runs import FakeRun, finished_run, make_dataset
from visits import go, look_as

from core.config import put
from core.network import presets
from core.runs.engines import local
from core.runs.store import find_run, list_runs
from core.training.cards import Seen
from core.training.forecast import forecast, measured
from core.training.process import calibrate
from core.workspace import people
from core.workspace.lock import Lock
from pages.parts.runs import start
from pages.parts.words import NO_BREAK

RECORDED = Path(__file__).parents[1] / "core" / "advice" / "histories"


@pytest.fixture
def started(monkeypatch) -> list[str]:
    """Ids of the runs whose workers would have been started."""
    ids = []
    monkeypatch.setattr(start, "start_run", lambda run: ids.append(run.id))
    return ids


def words_of(app) -> str:
    return " ".join(element.value for kind in ("markdown", "caption", "text") for element in app.get(kind))


def test_nothing_can_be_started_without_photos(open_page):
    app = open_page("training")
    assert app.button(key="start").disabled
    assert "Prepare drawn pets" in words_of(app)


def test_start_makes_one_run_with_the_settings_in_sight(open_page, workspace, started):
    dataset = make_dataset(workspace)
    app = open_page("training")
    app.number_input(key="training.epochs").set_value(3).run()
    app.button(key="start").click().run()
    (run,) = list_runs()
    assert (run.config.training.epochs, run.dataset["id"]) == (3, dataset.id)
    assert run.config.photos.source == str(dataset.root)
    assert started == [run.id]
    assert dict(app.query_params)["run"] == run.id


def test_before_the_start_the_device_is_said_and_why_it_is_no_card(open_page, workspace):
    make_dataset(workspace)
    assert "Trains on CPU" in words_of(open_page("training")).replace(NO_BREAK, " ")
    measured.keep_seen(Seen("tensorflow 2.21.0", "GPU: NVIDIA H100", (9, 0)))
    assert "NVIDIA H100, in bfloat16" in words_of(open_page("training")).replace("mixed ", "")


def test_what_was_typed_right_before_the_click_on_start_counts(open_page, workspace, started):
    make_dataset(workspace)
    app = open_page("training")
    app.number_input(key="training.epochs").set_value(3)
    app.button(key="start").click().run()  # both reach the server together
    (run,) = list_runs()
    assert run.config.training.epochs == 3


def test_start_pressed_twice_makes_one_run(open_page, workspace, started):
    make_dataset(workspace)
    app, other_tab = open_page("training"), open_page("training")
    app.button(key="start").click().run()
    app.button(key="start").click().run()
    other_tab.button(key="start").click().run()
    assert len(list_runs()) == 1
    assert set(started) == {list_runs()[0].id}


def test_other_settings_make_another_run(open_page, workspace, started):
    make_dataset(workspace)
    app = open_page("training")
    app.button(key="start").click().run()
    app.number_input(key="training.seed").set_value(1).run()
    app.button(key="start").click().run()
    assert len(list_runs()) == 2


def test_a_running_run_shows_where_it_is_and_can_be_stopped(open_page, workspace):
    run = FakeRun(make_dataset(workspace), num_epochs=40).started()
    run.epoch(1)
    with Lock(run.folder / "lock"):
        app = open_page("training", run=run.id)
        assert "Epoch 1 of 40" in words_of(app)
        assert "512 photos/s" in app.get("progress")[-1].text
        app.button(key="stop").click().run()
        assert (run.folder / "request").read_text() == "stop"
        assert "Stopping" in words_of(app)


def test_a_stopped_run_shows_its_whole_curve_to_who_comes_back(open_page, workspace):
    run = finished_run(make_dataset(workspace), num_epochs=7)
    app = open_page("training", run=run.id)
    app.expander(key=f"table-{run.id}")
    assert "7 epochs, best epoch 7" in words_of(app)


def test_start_again_makes_a_new_run_of_the_same_settings(open_page, workspace, started):
    old = finished_run(make_dataset(workspace))
    app = open_page("training", run=old.id)
    app.button(key="again").click().run()
    new = find_run(started[0])
    assert new.id != old.id
    before, after = find_run(old.id).config, new.config
    assert (after.network, after.augment, after.training) == (before.network, before.augment, before.training)
    assert new.dataset["id"] == find_run(old.id).dataset["id"]


@pytest.mark.parametrize("wrong", ["261123-120000-modern-zzzz", "../../etc", "x"])
def test_a_run_that_does_not_exist_gets_a_sentence_and_the_page_goes_on(open_page, workspace, wrong):
    make_dataset(workspace)
    app = open_page("training", run=wrong)
    assert not app.button(key="start").disabled
    if len(wrong) > 10 and "/" not in wrong:
        assert "There is no run" in app.error[0].value.replace("\\", "")


def test_settings_that_do_not_work_together_disable_start_and_say_why(open_page, workspace):
    make_dataset(workspace)
    app = open_page("training", preset="narrow", **{"training.start_size_fraction": "0.5"})
    assert app.button(key="start").disabled
    assert "“Start size” below 1" in app.error[0].value


def test_a_failed_run_says_why_in_its_own_words(open_page, workspace):
    run = FakeRun(make_dataset(workspace)).started()
    run.log.append("failed", message="The loss became infinite between steps 12 and 13. Lower the learning rate.")
    app = open_page("training", run=run.id)
    assert "between steps 12 and 13" in words_of(app).replace("\\", "")


def test_more_settings_reach_the_draft(open_page, workspace):
    make_dataset(workspace)
    app = open_page("training")
    app.selectbox(key="training.optimizer").set_value("sgd").run()
    assert app.session_state.memory.draft.training.optimizer == "sgd"
    assert dict(go(app, "network").query_params) == {"training.optimizer": "sgd"}


def test_a_run_of_another_version_takes_no_page_down(open_page, workspace):
    dataset = make_dataset(workspace)
    good = finished_run(dataset, run_id="261122-120000-modern-good")
    odd = finished_run(dataset, run_id="261123-120000-modern-oddd")
    asked = (odd.folder / "config.json").read_text()
    (odd.folder / "config.json").write_text(asked.replace('"ema_fraction"', '"gone_setting"'))
    app = open_page("training")
    app.expander(key=f"table-{good.id}")
    assert "5 epochs" in words_of(app)
    app = open_page("training", run=odd.id)
    assert "another version" in app.error[0].value
    assert not go(app, "results").exception


@pytest.fixture
def spawned(monkeypatch) -> list:
    """Folders of the runs whose workers would have been started."""
    folders = []
    monkeypatch.setattr(local, "spawn", lambda module, folder: folders.append(folder))
    return folders


def keys_of(app) -> set[str]:
    return {button.key for button in app.button}


def test_a_run_is_paused_and_goes_on_from_the_page(open_page, workspace, spawned):
    run = FakeRun(make_dataset(workspace), num_epochs=40).started()
    run.epoch(1)
    with Lock(run.folder / "lock"):
        app = open_page("training", run=run.id)
        app.button(key="pause").click().run()
        assert (run.folder / "request").read_text() == "pause"
        assert "Pausing: everything is kept." in words_of(app)
        run.log.append("paused", best_epoch=1)
    app.run()
    assert "pause" not in keys_of(app)
    app.button(key="go-on").click().run()
    assert spawned == [run.folder]
    assert find_run(run.id).status == "queued" and not (run.folder / "request").exists()


def test_a_completed_run_is_given_more_epochs(open_page, workspace, spawned):
    run = finished_run(make_dataset(workspace), config=presets.experiment("narrow"), num_epochs=5)
    app = open_page("training", run=run.id)
    assert "go-on" not in keys_of(app)
    app.session_state["longer"] = True
    app.run()
    (field,) = [one for one in app.number_input if one.label == "Epochs in all"]
    planned = find_run(run.id).config.training.epochs
    field.set_value(planned + 3).run()
    app.button(key="go-on-longer").click().run()
    assert spawned == [run.folder]
    assert find_run(run.id).config.training.epochs == planned + 3


def test_how_long_is_asked_in_epochs_or_in_minutes(open_page, workspace, started):
    make_dataset(workspace)
    app = open_page("training")
    lengths = lambda: [one.key for one in app.number_input if one.key in ("training.epochs", "training.minutes")]  # noqa: E731
    assert lengths() == ["training.epochs"]
    app.segmented_control(key="how-long").set_value("minutes").run()
    assert lengths() == ["training.minutes"]
    app.number_input(key="training.minutes").set_value(7.5).run()
    assert dict(app.query_params)["training.minutes"] == "7.5"
    assert "450 seconds" not in words_of(app) and "minutes, about" in words_of(app).replace(NO_BREAK, " ")
    app.button(key="start").click().run()
    (run,) = list_runs()
    assert run.config.training.minutes == 7.5
    app.segmented_control(key="how-long").set_value("epochs").run()
    assert lengths() == ["training.epochs"] and "training.minutes" not in dict(app.query_params)


def test_a_run_by_the_clock_says_how_much_of_its_time_is_gone_and_is_given_more(open_page, workspace, spawned):
    run = FakeRun(make_dataset(workspace), config=put(presets.experiment("narrow"), "training.minutes", 10.0)).started()
    plan = {"step": 0, "num_steps": 900, "num_epochs": 9, "minutes": 10.0, "seconds_spent": 20, "seconds_left": 580}
    run.log.append("plan", **plan, is_first=True)
    run.epoch(1)
    with Lock(run.folder / "lock"):
        app = open_page("training", run=run.id)
        said = words_of(app).replace(NO_BREAK, " ")
        assert "of about 9" in said
        assert any("6 of about 10 minutes" in str(bar.proto) for bar in app.get("progress"))
        run.log.append("paused", best_epoch=1)
    app.session_state["longer"] = True
    app.run()
    (field,) = [one for one in app.number_input if one.label == "Minutes in all"]
    field.set_value(25.0).run()
    app.button(key="go-on-longer").click().run()
    assert spawned == [run.folder]
    assert find_run(run.id).config.training.minutes == 25


def test_only_its_owner_and_the_administrator_touch_a_run(open_page, workspace, monkeypatch):
    people.set_name("annas-token-0123456789", "Anna <b>")
    run = finished_run(make_dataset(workspace), owner="annas-token-0123456789")
    touching = {"go-on", "stop", "pause", "delete"}
    app = open_page("training", run=run.id)
    assert not touching & keys_of(app)
    assert "Started by Anna <b>" in words_of(app).replace("\\", "")
    monkeypatch.setenv("ALEXNET_ADMIN_KEY", "open sesame")
    app.session_state.memory.admin_key = "guessed"
    assert not touching & keys_of(app.run())
    app.session_state.memory.admin_key = "open sesame"
    assert touching & keys_of(app.run()) == {"delete"}


def test_a_button_that_was_drawn_before_the_key_was_taken_back_does_nothing(open_page, workspace, monkeypatch):
    run = FakeRun(make_dataset(workspace), owner="annas-token-0123456789").started()
    run.batch(1)
    monkeypatch.setenv("ALEXNET_ADMIN_KEY", "open sesame")
    with Lock(run.folder / "lock"):
        app = open_page("training", run=run.id)
        app.session_state.memory.admin_key = "open sesame"
        app.run()
        monkeypatch.setenv("ALEXNET_ADMIN_KEY", "another")
        app.button(key="stop").click().run()
        assert not (run.folder / "request").exists()
        assert "belongs to somebody else" in " ".join(box.value for box in app.error)
    assert not app.exception


def test_a_run_is_deleted_only_after_a_question(open_page, workspace):
    run = finished_run(make_dataset(workspace))
    app = open_page("training", run=run.id)
    app.button(key="delete").click().run()
    assert run.folder.is_dir()
    app.button(key="delete-yes").click().run()
    assert not run.folder.exists() and list_runs() == []
    assert not app.exception


def test_an_interrupted_run_says_why_and_offers_to_go_on(open_page, workspace):
    run = FakeRun(make_dataset(workspace)).started()
    run.epoch(1)
    app = open_page("training", run=run.id)
    assert "Nothing of it is lost" in words_of(app).replace("\\", "")
    assert "go-on" in keys_of(app)


def test_everybody_sees_the_line_and_cancels_only_their_own(open_page, workspace):
    dataset = make_dataset(workspace)
    first = FakeRun(dataset, "261123-120000-modern-aaaa", owner="annas-token-0123456789").started()
    first.batch(1)
    second = FakeRun(dataset, "261123-120100-modern-bbbb")
    people.set_name("annas-token-0123456789", "Anna")
    with Lock(first.folder / "lock"), Lock(second.folder / "lock"):
        app = open_page("training", run=first.id)
        said = words_of(app)
        assert "Anna · trains now, about 4 min left" in said
        assert "command line · number 1, starts in about 4 min" in said
        assert f"cancel-{first.id}" not in keys_of(app)
        app.button(key=f"cancel-{second.id}").click().run()
        assert (second.folder / "request").read_text() == "stop"


def test_advice_is_taken_with_one_click(open_page, workspace):
    run = FakeRun(make_dataset(workspace), config=presets.experiment("narrow"), num_epochs=4)
    shutil.copy(RECORDED / "narrow.jsonl", run.folder / "events.jsonl")
    app = open_page("training", run=run.id)
    advice = [button for button in app.button if button.key.startswith("advice-")]
    assert advice, words_of(app)
    advice[0].click().run()
    draft = app.session_state.memory.draft
    assert draft != presets.experiment("narrow") and draft.preset == "narrow"
    assert any("Press Start" in one.value for one in app.success)


def test_a_person_names_themselves(open_page, monkeypatch):
    look_as(monkeypatch, lambda: "bens-token-0123456789")
    app = open_page("home")
    app.session_state["person"] = True
    app.run()
    app.text_input(key="person-name").set_value("Ben").run()
    assert people.name_of("bens-token-0123456789") == "Ben"


def test_a_run_that_met_the_end_of_the_memory_is_started_again_smaller_with_one_button(open_page, workspace, started):
    run = FakeRun(make_dataset(workspace)).started()
    run.log.append("failed", message="The memory was not enough.", batch_size_that_fits=4)
    app = open_page("training", run=run.id)
    app.button(key="again-smaller").click().run()
    assert [find_run(run_id).config.training.batch_size for run_id in started] == [4]


def test_before_start_the_page_says_what_a_run_will_need(open_page, workspace, monkeypatch):
    make_dataset(workspace)
    asked = []
    monkeypatch.setattr(calibrate, "spawn", lambda module, folder: asked.append(folder))
    app = open_page("training")
    assert "an epoch" in words_of(app) and "GB of memory" in words_of(app)
    app.button(key="measure").click().run()
    assert len(asked) == 1
    app.button(key="cancel-measuring").click().run()
    assert (asked[0] / "request").read_text() == "stop"


def test_a_batch_that_does_not_fit_is_made_smaller_with_one_button(open_page, workspace, monkeypatch):
    make_dataset(workspace, num_per_split=400)
    monkeypatch.setattr(forecast, "available_memory", lambda: 2 * 10**9)
    app = open_page("training", preset="alexnet-2012", **{"training.batch_size": "512"})
    button = app.button(key="batch-that-fits")
    button.click().run()
    size = app.session_state.memory.draft.training.batch_size
    assert size < 512 and f"batch size to {size}" in button.label
