"""Comparing trainings on the pages: asked for with one click, watched together, cancelled and deleted as a whole."""

from dataclasses import replace

import pytest
from fake_runs import FakeRun, make_dataset

from core.config import AugmentConfig
from core.network import presets
from core.runs.engines import local
from core.runs.engines.local import delete_run
from core.runs.store import find_run, list_runs
from core.runs.sweeps.sweep import list_sweeps, start_sweep
from core.runs.sweeps.variants import AUGMENTATION
from core.runs.trust import Guess
from core.workspace.lock import Lock
from pages.parts.live_chart.data import compared_data

pytestmark = pytest.mark.slow

FILTERS = "network.blocks.0.filters"


@pytest.fixture(autouse=True)
def spawned(monkeypatch) -> list[str]:
    """Ids of the runs whose workers would have been started."""
    ids = []
    monkeypatch.setattr(local, "spawn", lambda module, folder: ids.append(folder.name))
    return ids


@pytest.fixture
def dataset(workspace):
    return make_dataset(workspace, num_per_split=20)


def words_of(app) -> str:
    found = (element.value for kind in ("markdown", "caption", "subheader") for element in app.get(kind))
    return " ".join(found).replace("\\", "").replace("\u2060", "")


def keys_of(app) -> set[str]:
    return {button.key for button in app.button}


def train(run_id: str, dataset, wrong: int = 2) -> None:
    run = FakeRun.of(find_run(run_id), dataset, 3).started()
    for number in (1, 2, 3):
        run.epoch(number)
    run.finish(accuracy=1 - wrong / 40)


def open_form(open_page, **parameters):
    app = open_page("training", **parameters)
    app.session_state["sweep-form"] = True
    return app.run()


def test_one_button_queues_two_trainings_that_differ_in_augmentation_alone(open_page, dataset, spawned):
    app = open_page("augmentation")
    assert "for both" in words_of(app)
    app.number_input(key="sweep-epochs").set_value(3)
    app.button(key="start-augmentation-sweep").click().run()  # what was typed last counts
    assert not app.exception
    (sweep,) = list_sweeps()
    assert spawned == sweep.run_ids and [run.config.training.epochs for run in sweep.runs] == [3, 3]
    assert dict(app.query_params)["sweep"] == sweep.id
    assert "0 of 2 done." in words_of(app) and "2 wait for a turn" in words_of(app)


def test_where_the_draft_goes_by_the_clock_each_training_gets_its_minutes(open_page, dataset, spawned):
    app = open_page("augmentation", **{"training.minutes": "3"})
    assert "3 minutes each" in words_of(app)
    app.button(key="start-augmentation-sweep").click().run()
    (sweep,) = list_sweeps()
    assert [run.config.training.minutes for run in sweep.runs] == [3, 3]


def test_two_clicks_make_one_sweep(open_page, dataset):
    app = open_page("augmentation")
    app.button(key="start-augmentation-sweep").click().run()
    app.button(key="start-augmentation-sweep").click().run()
    assert len(list_sweeps()) == 1 and len(list_runs()) == 2


def test_without_photos_the_question_says_what_is_missing(open_page):
    app = open_page("augmentation")
    assert app.button(key="start-augmentation-sweep").disabled
    assert "needs photos" in words_of(app)


def test_with_every_augmentation_off_there_is_nothing_to_ask(open_page, dataset):
    app = open_page("augmentation")
    draft = app.session_state.memory.draft
    app.session_state.memory.draft = replace(draft, augment=AugmentConfig())
    app.run()
    assert app.button(key="start-augmentation-sweep").disabled
    assert "nothing to compare" in words_of(app)


def test_the_gap_stands_below_the_curves_when_both_are_done(open_page, dataset):
    sweep = start_sweep(presets.experiment("modern"), dataset, AUGMENTATION)
    app = open_page("augmentation")
    assert "gap" not in words_of(app).split("is what it buys.")[1]
    for run_id, wrong in zip(sweep.run_ids, (2, 4), strict=True):
        train(run_id, dataset, wrong)
    app.run()
    said = words_of(app)
    assert (
        "With augmentation 95.0 % of the 40 test photos are named rightly, without augmentation 90.0 %: a gap of 5.0 points"
        in said
    )
    assert "mean nothing" in said and "2 of 2 done." in said
    (table,) = app.dataframe
    assert list(table.value["Test accuracy"]) == ["95.0 %", "90.0 %"]


def test_several_values_of_a_setting_are_typed_and_trained(open_page, dataset, spawned):
    app = open_form(open_page, preset="narrow")
    app.text_input(key=f"values-{FILTERS}").set_value("16, 32, 64")
    app.button(key="start-sweep").click().run()
    (sweep,) = list_sweeps()
    assert sweep.values == [16, 32, 64] and len(spawned) == 3
    assert "Convolution 1: filters 16, 32, 64" in words_of(app)


def test_a_setting_with_choices_offers_them(open_page, dataset):
    app = open_form(open_page, preset="narrow")
    app.selectbox(key="swept").set_value("training.optimizer").run()
    picked = [group for group in app.get("button_group") if group.key != "how-long"]
    app.button(key="start-sweep").click().run()
    (sweep,) = list_sweeps()
    assert len(sweep.values) == len(picked[0].options) == 5 and sweep.labels[0].startswith("optimizer ")


@pytest.mark.parametrize(
    ("values", "said"),
    [("16", "received 1"), ("16, 16", "twice"), ("16, 0", "between 1 and 2,048"), ("a, b", "whole number")],
)
def test_values_that_do_not_work_are_a_sentence_and_the_button_waits(open_page, dataset, values, said):
    app = open_form(open_page, preset="narrow")
    app.text_input(key=f"values-{FILTERS}").set_value(values).run()
    assert app.button(key="start-sweep").disabled
    assert said in app.error[0].value.replace("\\", "")
    assert list_runs() == []


def test_a_sweep_is_cancelled_as_a_whole_and_then_deleted_after_a_question(open_page, dataset):
    sweep = start_sweep(presets.experiment("narrow"), dataset, FILTERS, [16, 32, 64])
    first, second, third = sweep.run_ids
    train(first, dataset)
    at_work = FakeRun.of(find_run(second), dataset, 3).started()
    with Lock(at_work.folder / "lock"):
        app = open_page("training", sweep=sweep.id)
        assert "1 of 3 done." in words_of(app)
        app.button(key="cancel-sweep").click().run()
        assert {(find_run(run_id).folder / "request").exists() for run_id in (second, third)} == {True}
        assert "stopping" in words_of(app)
        for run_id in (second, third):
            FakeRun.of(find_run(run_id), dataset).log.append("stopped", best_epoch=None)
    app.run()
    assert "cancel-sweep" not in keys_of(app)
    app.button(key="delete-sweep").click().run()
    app.button(key="delete-sweep-yes").click().run()
    assert list_sweeps() == [] == list_runs() and not app.exception


def test_others_see_a_sweep_and_cannot_touch_it(open_page, dataset):
    sweep = start_sweep(presets.experiment("narrow"), dataset, FILTERS, [16, 32], owner="annas-token-0123456789")
    app = open_page("training")
    app.button(key=f"show-{sweep.id}").click().run()
    assert dict(app.query_params)["sweep"] == sweep.id
    assert not {"cancel-sweep", "delete-sweep"} & keys_of(app)
    assert "0 of 2 done." in words_of(app)
    app.button(key="close-sweep").click().run()
    assert "sweep" not in dict(app.query_params)


@pytest.mark.parametrize("ended", [False, True])
def test_a_sweep_s_buttons_do_nothing_for_who_is_no_administrator_any_more(open_page, dataset, monkeypatch, ended):
    monkeypatch.setenv("ALEXNET_ADMIN_KEY", "open sesame")
    sweep = start_sweep(presets.experiment("narrow"), dataset, FILTERS, [16, 32], owner="annas-token-0123456789")
    if ended:
        for run_id in sweep.run_ids:
            train(run_id, dataset)
    app = open_page("training", sweep=sweep.id)
    app.session_state.memory.admin_key = "open sesame"
    app.run()
    if ended:
        app.button(key="delete-sweep").click().run()
    app.session_state.memory.admin_key = ""
    app.button(key="delete-sweep-yes" if ended else "cancel-sweep").click().run()
    assert "belongs to somebody else" in " ".join(one.value for one in app.error)
    assert list_sweeps() and len(list_runs()) == 2
    assert not any((run.folder / "request").exists() for run in sweep.runs)


@pytest.mark.parametrize("wrong", ["261123-120000-filters-zzzz", "../../etc", "x"])
def test_a_sweep_that_does_not_exist_takes_no_page_down(open_page, dataset, wrong):
    app = open_page("training", sweep=wrong)
    assert not app.exception and not app.button(key="start").disabled


def test_a_sweep_whose_runs_were_deleted_is_still_shown(open_page, dataset):
    sweep = start_sweep(presets.experiment("narrow"), dataset, FILTERS, [16, 32])
    delete_run(sweep.runs[1])
    app = open_page("training", sweep=sweep.id)
    assert list(app.dataframe[0].value["State"]) == ["queued", "deleted"]
    delete_run(sweep.runs[0])
    assert not app.run().exception


def test_the_chart_names_every_line_and_says_in_words_what_it_shows(dataset):
    sweep = start_sweep(presets.experiment("narrow"), dataset, FILTERS, [16, 32])
    train(sweep.run_ids[0], dataset)
    data = compared_data(["16", "32"], [run.history for run in sweep.runs], Guess.even(2))
    assert [(line["kind"], line["end"]) for line in data["series"]] == [("run0", "16"), ("run1", "32")]
    assert data["extent"] == 3 and data["series"][1]["x"] == []
    assert "16: 67.8 % after 3 epochs, best 67.8 % in epoch 3; 32: no epoch yet." in data["alt"]
