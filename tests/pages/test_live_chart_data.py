import json
import math

import pytest

from core.jobs.events import EventLog
from core.runs.history import History, read_history
from core.runs.trust import Guess
from pages.parts.live_chart.data import MAX_POINTS, chart_data, thin


def history_of(num_epochs: int, best_epoch: int) -> History:
    history = History(num_epochs=num_epochs, steps_per_epoch=10, best_epoch=best_epoch)
    for epoch in range(1, num_epochs + 1):
        wave = math.sin(epoch / 7)
        history.epochs.append(
            {"epoch": epoch, "loss": 1 + wave, "val_loss": 1.5 + wave, "accuracy": 0.5, "val_accuracy": 0.5}
        )
        history.batches["step"].append(epoch * 10)
        history.batches["epoch"].append(epoch)
        history.batches["loss"].append(1 + wave)
        history.batches["accuracy"].append(0.5)
    return history


@pytest.mark.parametrize("best_epoch", [1, 4_321, 10_000])
def test_ten_thousand_epochs_are_thinned_and_the_best_one_stays(best_epoch):
    data = chart_data(history_of(10_000, best_epoch), "loss", Guess.even(2))
    for series in data["series"]:
        assert len(series["x"]) == len(series["y"]) <= MAX_POINTS
    validation = data["series"][2]
    assert best_epoch in validation["x"] and 10_000 in validation["x"]
    assert data["best"]["x"] == best_epoch
    assert len(json.dumps(data)) < 40_000


@pytest.mark.slow
def test_ten_thousand_epochs_of_batch_events_fold_to_a_bounded_message_with_the_best_epoch(tmp_path):
    log = EventLog(tmp_path / "events.jsonl")
    log.append("started", num_epochs=10_000, steps_per_epoch=30, num_train=960, device="CPU", precision="float32")
    figures = {"loss": 0.6, "accuracy": 0.6}
    for epoch in range(1, 10_001):
        for step in (10, 20, 30):
            log.append(
                "batch", epoch=epoch, step=(epoch - 1) * 30 + step, photos_per_second=9, eta_seconds=9, **figures
            )
        log.append("epoch", epoch=epoch, best=epoch in (1, 1_234), val_loss=0.5, val_accuracy=0.7, **figures)
    history = read_history(tmp_path / "events.jsonl")
    assert history.best["epoch"] == 1_234
    for what in ("loss", "accuracy"):
        data = chart_data(history, what, Guess.even(2))
        assert len(json.dumps(data)) < 40_000
        assert data["best"]["x"] == 1_234 and 1_234 in data["series"][2]["x"]
        assert data["series"][0]["x"][-1] == 10_000
        assert all(len(series["x"]) <= MAX_POINTS for series in data["series"])


def test_a_short_run_is_drawn_whole():
    data = chart_data(history_of(12, 9), "accuracy", Guess.even(2))
    assert data["series"][1]["x"] == list(range(1, 13))


def test_no_spike_is_lost_by_thinning():
    values = [0.5] * 5_000
    values[1_234], values[4_000] = 9.0, -3.0
    thinned = thin(list(range(5_000)), values)
    assert (1_234, 9.0) in zip(thinned["x"], thinned["y"], strict=True)
    assert (4_000, -3.0) in zip(thinned["x"], thinned["y"], strict=True)


def test_points_that_are_drawn_stay_when_more_arrive():
    values = [math.sin(i / 50) for i in range(900)]
    before = thin(list(range(800)), values[:800])
    after = thin(list(range(900)), values)
    assert after["x"][: len(before["x"]) - 2] == before["x"][:-2]


def test_numbers_that_are_none_become_gaps():
    history = history_of(3, 2)
    history.epochs[1]["loss"] = "nan"
    history.epochs[2]["val_loss"] = float("inf")
    data = chart_data(history, "loss", Guess.even(2))
    assert data["series"][1]["y"][1] is None and data["series"][2]["y"][2] is None
    json.dumps(data, allow_nan=False)


def test_an_empty_history_draws_empty_axes():
    data = chart_data(History(), "loss", Guess.even(3))
    assert all(series["x"] == [] for series in data["series"])
    assert data["best"] is None and data["reference"]["y"] == round(math.log(3), 4)


def test_the_chart_says_in_words_what_it_shows():
    alt = chart_data(history_of(12, 9), "loss", Guess.even(2))["alt"]
    assert "after 12 of 12 epochs" in alt and "Best epoch 9" in alt
