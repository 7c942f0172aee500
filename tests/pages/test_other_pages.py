"""Home, Photos, Results, Classify."""

import dataclasses
import io
import re
from types import SimpleNamespace

import numpy as np
import pytest
from fake_runs import FakeRun, finished_run, make_dataset
from PIL import Image
from streamlit.testing.v1 import AppTest
from visits import go, look_as, open_link, words_of

from core.errors import ModelError
from core.jobs.events import EventLog
from core.jobs.job import create_job, find_job
from core.network import presets
from core.runs.evaluation import Answer
from core.workspace.lock import Lock
from pages.home import first
from pages.parts import answers, work


def picture(colour=(200, 90, 30)) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (90, 60), colour).save(data, "JPEG")
    return data.getvalue()


@pytest.fixture
def spawned(monkeypatch) -> list:
    """Job folders whose processes would have been started."""
    folders = []
    monkeypatch.setattr(work, "spawn", lambda module, folder: folders.append((module, folder)))
    return folders


@pytest.fixture
def predictor(monkeypatch):
    """Calls everything a cat with 80 %."""

    class Predictor:
        asked = 0

        def warm(self):
            pass

        def classify(self, run_id, images):
            self.asked += len(images)
            return [Answer({"cats": 0.8, "dogs": 0.2}, np.zeros((32, 32, 3), np.uint8)) for _ in images]

    fake = Predictor()
    monkeypatch.setattr(answers, "get_predictor", lambda: fake)
    monkeypatch.setattr("core.answers.predictor.get_predictor", lambda: fake)
    return fake


@pytest.mark.parametrize("name", ["photos", "network", "augmentation", "training", "results", "classify"])
def test_every_page_of_an_empty_workspace_says_what_to_do(open_page, name):
    app = open_page(name)
    assert app.title[0].value
    assert not app.error
    if name in ("results", "classify"):
        assert "Train one first" in words_of(app)


def test_home_of_an_empty_workspace_offers_one_thing():
    app = open_link()
    assert not app.exception
    assert [button.key for button in app.button if button.proto.type == "primary"] == ["train-first"]


def test_what_the_first_network_is_said_to_take_follows_from_this_machine(monkeypatch):
    monkeypatch.setattr(first, "seconds_to_prepare", lambda num_drawings, size: num_drawings / 100)
    monkeypatch.setattr(
        first, "forecast", lambda config, counts: SimpleNamespace(total_seconds=sum(counts.values()) / 100)
    )
    assert re.search(r"2,500 drawn pets, about 50\ss on this computer", words_of(open_link()))
    monkeypatch.setattr(first, "seconds_to_prepare", lambda num_drawings, size: 20 * num_drawings / 100)
    assert re.search(r"about 9\smin on this computer", words_of(open_link()))


def test_train_my_first_network_draws_pets_and_goes_to_training(spawned):
    app = open_link()
    app.button(key="train-first").click().run()
    assert not app.exception
    ((module, folder),) = spawned
    request = find_job(folder.name).request
    assert module == "core.runs.engines.from_photos" and request["photos"]["source"] == "drawn"
    asked = request["then_train"]["config"]
    assert (asked["preset"], asked["name"]) == ("first", "My first network")
    assert asked["photos"] == request["photos"]
    assert app.title[0].value == "Training"


def test_home_lists_recent_runs_and_ticks_what_is_done(workspace):
    finished_run(make_dataset(workspace))
    app = open_link()
    assert "Recent runs" in words_of(app) and "on test photos" in words_of(app)


def test_home_asks_the_better_of_two_runs_not_the_later_one(workspace):
    dataset = make_dataset(workspace, num_per_split=10)
    better = dataclasses.replace(presets.experiment("modern"), name="Better one")
    FakeRun(dataset, "261123-120000-modern-aaaa", better).started().finish(accuracy=0.9)
    FakeRun(dataset, "261123-130000-modern-bbbb").started().finish(accuracy=0.55)
    assert (
        "**Better one** answers: Modern AlexNet trained on Two colours; 90.0 % of its 20 test photos named rightly (guessing 50.0 %)."
        in words_of(open_link())
    )


def test_home_says_who_will_answer_while_the_first_network_trains(workspace):
    run = FakeRun(make_dataset(workspace)).started()
    run.epoch(3)
    with Lock(run.folder / "lock"):
        said = words_of(open_link())
    assert "is being trained (epoch 3 of 20). It answers once it is done." in said
    assert "Nobody can answer" not in said


def test_a_network_that_nobody_touched_is_no_step_done(workspace):
    finished_run(make_dataset(workspace))
    captions = {caption.value for caption in open_link().caption}
    assert "Filters, kernels, layers." in captions and "Watch loss and accuracy move. Done." in captions
    touched = open_link(**{"network.blocks.0.filters": "20"})
    assert "Filters, kernels, layers. Done." in {caption.value for caption in touched.caption}


def test_counts_of_a_prepared_folder_add_up(open_page, workspace):
    dataset = make_dataset(workspace)
    app = open_page("photos")
    shown = {metric.label: int(metric.value.replace(",", "")) for metric in app.metric}
    assert shown["Files found"] == sum(number for label, number in shown.items() if label != "Files found")
    assert shown["Used as they are"] == len(dataset.examples)


def test_the_gallery_shows_at_most_24_photos_a_page(open_page, workspace):
    make_dataset(workspace, num_per_split=10)
    app = open_page("photos")
    assert len(app.get("image")) == 24 + 7  # and two colours, three splits, what leaks, and a broken file in the plan


def test_a_gallery_photo_that_is_gone_does_not_break_the_page(open_page, workspace):
    dataset = make_dataset(workspace)
    (dataset.root / dataset.examples[0].path).unlink()
    assert "This file is gone" in words_of(open_page("photos"))


def test_photos_prepared_earlier_can_be_taken_up_again(open_page, workspace):
    first = make_dataset(workspace, num_per_split=4)
    second = make_dataset(workspace, num_per_split=5, name="More of them")
    app = open_page("photos", dataset=first.id).run()
    assert app.selectbox(key="picked_dataset").value == first.id
    app.selectbox(key="picked_dataset").set_value(second.id).run()
    assert app.session_state.memory.dataset == second.id
    assert "30 photos" in app.selectbox(key="picked_dataset").options[0]
    assert app.session_state.memory.draft.photos.source == str(second.root)


def test_preparing_a_folder_starts_a_job_with_these_settings(open_page, workspace, spawned):
    app = open_page("photos")
    app.segmented_control(key="photo_source").set_value("Folder").run()
    app.text_input(key="photo_folder").set_value("/somewhere/pets").run()
    app.number_input(key="split.train").set_value(0.6).run()
    app.number_input(key="split.test").set_value(0.15).run()
    app.button(key="prepare").click().run()
    request = find_job(spawned[0][1].name).request
    assert request["photos"]["source"] == "/somewhere/pets"
    assert (request["split"]["train"], request["cache"]["size"]) == (0.6, 224)
    assert app.button(key="prepare").disabled


def test_a_folder_must_be_named(open_page, spawned):
    app = open_page("photos")
    app.segmented_control(key="photo_source").set_value("Folder").run()
    app.button(key="prepare").click().run()
    assert "Say where the folder is" in app.error[0].value
    assert not spawned


def test_splits_that_add_up_to_more_than_all_get_the_rule(open_page, spawned):
    app = open_page("photos")
    app.number_input(key="split.train").set_value(0.9).run()
    assert "may add up to 1" in app.error[0].value
    assert app.button(key="prepare").disabled and not spawned


def test_a_failed_job_says_why_and_can_be_tried_again(open_page, workspace, spawned):
    job = create_job("prepare", {"photos": {"source": "/nowhere"}, "split": {}, "cache": None})
    EventLog(job.folder / "events.jsonl").append("failed", message="There is no folder “/nowhere”. Check the name.")
    app = open_page("photos", job=job.id)
    assert "There is no folder" in app.error[0].value
    app.button(key="again-job").click().run()
    assert find_job(spawned[0][1].name).request == job.request


def test_a_running_job_shows_how_far_it_is_and_can_be_cancelled(open_page, workspace):
    job = create_job("prepare", {"photos": {"source": "/pets"}, "split": {}, "cache": None})
    log = EventLog(job.folder / "events.jsonl")
    log.append("started")
    log.append("progress", stage="scanning", done=250, total=1000)
    with Lock(job.folder / "lock"):
        app = open_page("photos", job=job.id)
        assert "Looking at every photo: 250 of 1,000" in app.get("progress")[0].text
        assert app.button(key="prepare").disabled
        app.button(key="cancel-job").click().run()
        assert (job.folder / "request").read_text() == "stop"
    log.append("stopped")
    assert not app.run().button(key="prepare").disabled


@pytest.mark.parametrize(("last_word", "key"), [("progress", "cancel-job"), ("failed", "again-job")])
def test_only_its_owner_and_the_administrator_touch_a_preparation_that_a_training_follows(
    open_page, workspace, monkeypatch, spawned, last_word, key
):
    monkeypatch.setenv("ALEXNET_ADMIN_KEY", "open sesame")
    follows = {"config": {}, "owner": "annas-token-0123456789"}
    job = create_job("prepare", {"photos": {"source": "/pets"}, "split": {}, "cache": None, "then_train": follows})
    log = EventLog(job.folder / "events.jsonl")
    log.append("started")
    log.append(last_word, stage="scanning", done=250, total=1000, message="There is no such folder.")
    with Lock(job.folder / "lock"):
        app = open_page("photos", job=job.id)
        assert key not in {button.key for button in app.button}
        app.session_state.memory.admin_key = "open sesame"
        app.run()
        app.session_state.memory.admin_key = ""  # the button is still in sight
        app.button(key=key).click().run()
        assert not (job.folder / "request").exists() and spawned == []
        look_as(monkeypatch, lambda: "annas-token-0123456789")
        app.run()
        app.button(key=key).click().run()
        assert (job.folder / "request").exists() or len(spawned) == 1


def test_finished_photos_are_chosen_wherever_the_visitor_is(open_page, workspace):
    dataset = make_dataset(workspace)
    make_dataset(workspace, num_per_split=5, name="Newer ones")
    job = create_job("prepare", {"photos": {"source": "/pets"}, "split": {}, "cache": None})
    EventLog(job.folder / "events.jsonl").append("completed", dataset=dataset.id)
    app = open_page("network", job=job.id)
    assert app.session_state.memory.dataset == dataset.id
    assert dict(app.query_params) == {"dataset": dataset.id}


def test_a_bug_of_ours_gets_a_calm_sentence_and_no_traceback(capsys):
    def page():
        from pages.parts.problems import explain

        try:
            raise ZeroDivisionError("secret detail")
        except ZeroDivisionError as error:
            assert explain(error)

    app = AppTest.from_function(page).run(timeout=30)
    assert "not your doing" in app.error[0].value
    assert "secret detail" not in app.error[0].value
    assert "secret detail" in capsys.readouterr().err


def test_results_show_accuracy_interval_and_loss(open_page, workspace):
    run = finished_run(make_dataset(workspace, num_per_split=10))
    app = open_page("results", run=run.id)
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Test accuracy"] == "90.0 %"
    assert shown["Likely between"] == "69.9 – 97.2 %"
    assert shown["Best epoch"] == "5 of 5"
    assert len(app.get("plotly_chart")) == 1


def test_results_of_an_unknown_run_say_so_and_show_another(open_page, workspace):
    run = finished_run(make_dataset(workspace))
    app = open_page("results", run="261123-000000-modern-zzzz")
    assert "There is no run" in app.error[0].value.replace("\\", "")
    assert app.selectbox(key="picked_run").value == run.id


def test_a_dropped_photo_is_answered_and_a_broken_one_costs_only_itself(open_page, workspace, predictor):
    run = finished_run(make_dataset(workspace))
    app = open_page("classify", run=run.id)
    app.file_uploader(key="photos-to-classify").upload("[pet](x).jpg", picture())
    app.file_uploader(key="photos-to-classify").upload("broken.jpg", picture()[:200])
    app.file_uploader(key="photos-to-classify").upload("not.png", b"no picture at all")
    app.run()
    assert not app.exception
    assert len(app.error) == 2
    assert "cats" in [header.value for header in app.header] and "cats: **80.0 %**" in words_of(app)
    assert "[pet](x).jpg" in [text.value for text in app.text]
    assert "What the network saw: 32 × 32 pixels" in words_of(app)
    assert predictor.asked == 1


def test_a_predictor_that_fails_gets_its_sentence(open_page, workspace, predictor, monkeypatch):
    run = finished_run(make_dataset(workspace))
    app = open_page("classify", run=run.id)

    def fail(run_id, images):
        raise ModelError("The weights of this run cannot be read. Train it again.")

    monkeypatch.setattr(predictor, "classify", fail)
    app.file_uploader(key="photos-to-classify").upload("pet.jpg", picture())
    app.run()
    assert "Train it again" in app.error[0].value


def test_the_header_names_photos_network_and_run_on_every_page(workspace):
    run = finished_run(make_dataset(workspace))
    app = open_link(preset="narrow")
    for name in ("photos", "network", "augmentation", "training", "results"):
        links = [link.label.replace("\\", "") for link in go(app, name).get("page_link")]
        assert "Two colours · 24 photos" in links
        assert "Narrow AlexNet · 1.68 M parameters" in links
        assert any("narrow on Two colours" in label or "modern on Two colours" in label for label in links), (
            run.id,
            links,
        )


def guessing_run(workspace, kind: str = "completed"):
    """A run whose kept network names every second of its 40 test photos rightly."""
    run = FakeRun(make_dataset(workspace, num_per_split=20), num_epochs=2).started()
    run.epoch(1)
    run.epoch(2)
    return run.finish(kind, accuracy=0.5)


def test_a_network_no_better_than_guessing_gives_no_class_as_its_answer(open_page, workspace, predictor):
    app = open_page("classify", run=guessing_run(workspace).id)
    app.file_uploader(key="photos-to-classify").upload("pet.jpg", picture())
    app.run()
    headings = [header.value for header in app.header]
    assert "No better than guessing" in headings and not {"cats", "dogs"} & set(headings)
    said = " ".join(caption.value for caption in app.caption)
    assert "50\\.0 % of the 40 photos" in said and "means nothing, however sure it is" in said


def test_results_of_a_network_no_better_than_guessing_say_so_beside_the_accuracy(open_page, workspace):
    app = open_page("results", run=guessing_run(workspace).id)
    assert any("No better than guessing" in warning.value for warning in app.warning)


@pytest.mark.parametrize("name", ["results", "classify"])
def test_beside_an_accuracy_stands_what_one_class_always_would_earn(open_page, workspace, name):
    run = FakeRun(make_dataset(workspace, num_per_split=20), num_epochs=1).started()
    run.epoch(1)
    app = open_page(name, run=run.finish(accuracy=0.9).id)
    assert any("Always saying one class would earn 50\\.0 %" in caption.value for caption in app.caption)


def test_where_pictures_grow_every_page_names_one_best_epoch_and_says_why_it_is_not_the_highest(open_page, workspace):
    run = FakeRun(make_dataset(workspace, num_per_split=20), num_epochs=3).started()
    row = {
        "loss": 0.6,
        "accuracy": 0.6,
        "val_loss": 0.6,
        "learning_rate": 0.002,
        "seconds": 2.0,
        "photos_per_second": 9.0,
    }
    for number, (size, accuracy) in enumerate(((96, 0.655), (224, 0.6), (224, 0.636)), 1):
        run.log.append("epoch", epoch=number, image_size=size, val_accuracy=accuracy, best=True, **row)
    run.log.append("stopped", best_epoch=3, val_accuracy=0.636)
    for name in ("training", "results"):
        app = open_page(name, run=run.id)
        said = words_of(app) + " ".join(caption.value for caption in app.caption)
        assert "Epoch 3 is the best of those on pictures of 224 pixels, from epoch 2 on" in said
        assert "65\\.5 % of epoch 1" in said
    assert "63.6 % on validation" in words_of(open_link())
