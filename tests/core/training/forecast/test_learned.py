"""What a finished run teaches the next forecast, with runs whose every time is made up."""

import time
from pathlib import Path

import pytest

from core.config import put_all
from core.jobs.events import EventLog
from core.network import presets
from core.photos.dataset import Dataset
from core.photos.split import Example
from core.runs.store import create_run
from core.training.forecast import learned, measured
from core.training.forecast.forecast import about_epochs, forecast

CONFIG = put_all(
    presets.experiment("narrow"),
    ["network.head=average", "training.epochs=4", "training.batch_size=32", "training.precision=float32"],
)
NUMBERS = {"train": 320, "val": 64, "test": 64}


def dataset():
    examples = tuple(
        Example(f"{split}-{number}.jpg", name, index, split, "0" * 64)
        for split, many in NUMBERS.items()
        for index, name in enumerate(("cats", "dogs"))
        for number in range(many // 2)
    )
    return Dataset("made-up-0", "Made up", Path("/nowhere"), ("cats", "dogs"), examples, {}, "0", 0.0)


def finished(photos_per_second=100.0, epochs=4, kind="completed", epoch_seconds=4.0, config=CONFIG):
    """A run of ten steps an epoch, all its events written."""
    run = create_run(config, dataset())
    log = EventLog(run.events_path)
    log.append("queued", position=0)
    log.append("progress", stage="starting", done=0, total=0)
    log.append(
        "started",
        device="CPU, 2 cores",
        precision="float32",
        num_epochs=config.training.epochs,
        steps_per_epoch=10,
        num_train=320,
    )
    for epoch in range(1, epochs + 1):
        size = config.network.input_size
        log.append(
            "epoch",
            epoch=epoch,
            loss=0.5,
            accuracy=0.7,
            val_loss=0.5,
            val_accuracy=0.7,
            learning_rate=0.001,
            image_size=size,
            seconds=epoch_seconds,
            photos_per_second=photos_per_second,
            memory_bytes=7e8,
            best=True,
        )
    if kind:
        log.append(kind, best_epoch=epochs)
    log.close()
    return run


def test_a_finished_run_is_a_measurement():
    assert forecast(CONFIG, NUMBERS).basis == "guessed"
    run = finished()
    learned.learn(run, promised_seconds=16.0, took_seconds=17.0, own_share=1.0)
    found = forecast(CONFIG, NUMBERS)
    assert (found.basis, found.is_sure) == ("measured", True)
    assert found.total_seconds == pytest.approx(22, abs=1.5)
    assert "promised" not in found.sentence


def test_other_networks_are_reckoned_from_it():
    learned.learn(finished(), 16.0, 17.0, 1.0)
    found = forecast(put_all(CONFIG, ["network.blocks.0.filters=48"]), NUMBERS)
    assert found.basis == "scaled"
    assert "nothing was measured" not in found.sentence


@pytest.mark.parametrize(("promised", "took"), [(8.0, 17.0), (40.0, 17.0)], ids=["too short", "too long"])
def test_a_promise_that_was_wrong_by_half_is_owned_up_to(promised, took):
    learned.learn(finished(), promised, took, own_share=0.5)
    found = forecast(CONFIG, NUMBERS)
    assert f"took 17 seconds where {promised:.1f} seconds had been promised".replace("40.0", "40") in found.sentence
    assert found.total_seconds == pytest.approx(22, abs=1.5)
    scaled = forecast(put_all(CONFIG, ["network.blocks.0.filters=48"]), NUMBERS)
    assert "had been promised" in scaled.sentence


def test_what_a_busy_run_took_counts_where_a_sure_measurement_had_promised_wrongly():
    learned.learn(finished(photos_per_second=1000, epoch_seconds=0.4), 2.0, 2.0, own_share=1.0)
    learned.learn(finished(), promised_seconds=2.0, took_seconds=17.0, own_share=0.4)
    assert forecast(CONFIG, NUMBERS).total_seconds > 15
    learned.learn(finished(), promised_seconds=17.0, took_seconds=17.0, own_share=0.4)
    assert "had been promised" not in forecast(CONFIG, NUMBERS).sentence


def test_what_a_busy_run_took_does_not_replace_a_sure_promise_that_held():
    learned.learn(finished(), 16.0, 17.0, own_share=1.0)
    before = measured.find(CONFIG, 2)
    learned.learn(finished(epoch_seconds=4.5), 17.0, 19.0, own_share=0.4)
    assert measured.find(CONFIG, 2) == before


@pytest.mark.parametrize("kind", ["paused", "failed", ""], ids=["paused", "failed", "killed"])
def test_a_run_that_did_not_finish_teaches_nothing(kind):
    learned.learn(finished(kind=kind), 16.0, 17.0, 1.0)
    assert measured.measurements() == {}


def test_a_run_that_was_stopped_tells_its_pace_but_not_that_the_promise_was_wrong():
    learned.learn(finished(epochs=1, kind="stopped"), 16.0, 5.0, 1.0)
    found = forecast(CONFIG, NUMBERS)
    assert found.basis == "measured"
    assert "promised" not in found.sentence


def test_sizes_that_a_stopped_run_did_not_reach_are_as_far_off_as_those_it_did():
    growing = put_all(CONFIG, ["training.start_size_fraction=0.5", "training.epochs=12"])
    sizes = measured.used_sizes(growing)
    run = create_run(growing, dataset())
    events = [
        {"kind": "started", "time": 1.0},
        {"kind": "epoch", "time": 5.0, "image_size": sizes[0], "seconds": 4.0, "photos_per_second": 100.0},
        {"kind": "stopped", "time": 6.0},
    ]
    log = EventLog(run.events_path)
    log.append("started", device="CPU", precision="float32", num_epochs=12, steps_per_epoch=10, num_train=320)
    found = learned.measurement(run, events, 0.0, 0.0, 1.0)
    assert list(found.train) == sizes
    assert found.train[sizes[-1]].photo_seconds > found.train[sizes[0]].photo_seconds


def test_photos_that_had_to_be_cached_first_are_no_part_of_what_a_run_took():
    run = create_run(CONFIG, dataset())
    now = time.time()
    events = [
        {"kind": "progress", "stage": "starting", "time": now},
        {"kind": "progress", "stage": "caching", "time": now + 5},
        {"kind": "progress", "stage": "caching", "time": now + 65},
        {"kind": "started", "time": now + 66},
        *(
            {"kind": "epoch", "time": now + 70, "image_size": 224, "seconds": 4.0, "photos_per_second": 100.0}
            for _ in range(4)
        ),
        {"kind": "completed", "time": now + 90},
    ]
    log = EventLog(run.events_path)
    log.append("started", device="CPU", precision="float32", num_epochs=4, steps_per_epoch=10, num_train=320)
    found = learned.measurement(run, events, 22.0, 82.0, 1.0)
    assert (found.took_seconds, found.start_seconds) == (pytest.approx(22), pytest.approx(6))
    assert not found.was_a_surprise


def test_damaged_events_cost_the_lesson_and_not_the_run(capsys):
    run = finished()
    with run.events_path.open("a") as file:
        file.write('{"kind": "epoch", "time": 1, "photos_per_second": "many"}\n')
        file.write('{"kind": "completed", "time": 2}\n')
    learned.learn(run, 16.0, 17.0, 1.0)
    assert measured.measurements() == {}


def test_beside_few_photos_so_many_epochs_are_explained():
    modern = presets.experiment("modern")
    said = about_epochs(modern, {"train": 111, "val": 55, "test": 55})
    assert "111 photos" in said
    assert f"{modern.training.epochs} epochs" in said
    assert about_epochs(modern, {"train": 2000, "val": 1000, "test": 1000}) == ""
