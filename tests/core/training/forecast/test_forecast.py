"""Arithmetic over measurements that are made up, so that every figure can be added up by hand."""

from dataclasses import replace

import pytest

from core.config import ExperimentConfig, put_all
from core.network import presets
from core.training.device import choose_precision
from core.training.forecast import measured
from core.training.forecast.forecast import (
    GROWTH,
    USABLE_FRACTION,
    forecast,
    guessed,
    out_of_memory,
    smaller_batch_size,
)
from core.training.forecast.measured import Timing, epochs_by_size, judged_sizes, used_sizes
from core.training.recipe.schedule import image_size_at, judged_size

COUNTS = {"train": 320, "val": 128, "test": 64}
MODERN = presets.experiment("modern")
GIB = 2**30


def measurement(config: ExperimentConfig, slower: float = 1.0, **changes):
    """As the formula has it, times a factor."""
    guess = guessed(config, 2, min(config.training.batch_size, COUNTS["train"]))
    parts = {
        part: {
            size: replace(timing, seconds=slower * timing.seconds, first_seconds=slower * timing.first_seconds)
            for size, timing in getattr(guess, part).items()
        }
        for part in ("train", "judge")
    }
    seconds = {
        name: slower * getattr(guess, name)
        for name in ("start_seconds", "save_seconds", "best_seconds", "average_seconds")
    }
    about = {"device": "CPU, 2 cores", "precision": choose_precision("auto", "CPU"), "time": 1.0}
    return replace(guess, **(about | parts | seconds | changes))


def test_every_epoch_of_growing_pictures_costs_what_its_own_size_was_measured_to_cost():
    config = put_all(MODERN, ["training.epochs=12", "training.ema_fraction=0", "training.checkpoint_seconds=3600"])
    sizes, judged = used_sizes(config), judged_sizes(config)
    assert len(sizes) > 1
    made = measurement(
        config,
        train={size: Timing(size / 100, 32, 7.0) for size in sizes},
        judge={size: Timing(size / 200, 64, 2.0) for size in judged},
        start_seconds=11.0,
        save_seconds=0.25,
        best_seconds=0.5,
        average_seconds=0.0,
    )
    measured.keep(config, 2, made)

    by_hand = 11.0 + 7.0 * len(sizes) + 2.0 * len(judged)
    for epoch in range(1, 13):
        size = image_size_at(config.training, 224, epoch)
        by_hand += 320 / 32 * size / 100 + 128 / 64 * judged_size(config.training, 224, size) / 200 + 0.25 + 0.5
    by_hand += 64 / 64 * 224 / 200
    found = forecast(config, COUNTS)
    assert found.basis == "measured"
    assert found.total_seconds == pytest.approx(by_hand)
    assert found.epoch_seconds == pytest.approx((by_hand - 11.0 - 224 / 200) / 12)
    assert "measured on this machine" in found.sentence


@pytest.mark.parametrize("epochs", [1, 2, 7, 140])
def test_epochs_are_grouped_by_size_as_the_schedule_has_them_one_by_one(epochs):
    config = put_all(MODERN, [f"training.epochs={epochs}"])
    one_by_one = [image_size_at(config.training, 224, epoch) for epoch in range(1, epochs + 1)]
    grouped = [size for size, group in epochs_by_size(config).items() for _ in group]
    assert grouped == one_by_one


def test_twice_the_photos_take_twice_the_epoch_and_long_epochs_write_more_checkpoints():
    config = put_all(presets.experiment("narrow"), ["training.epochs=1", "training.checkpoint_seconds=0"])
    measured.keep(config, 2, measurement(config, save_seconds=1.0, best_seconds=0.0))
    steps = measurement(config).train[224].seconds
    judged = measurement(config).judge[224].photo_seconds * 128
    first = measurement(config).train[224].first_seconds + measurement(config).judge[224].first_seconds
    assert forecast(config, COUNTS).epoch_seconds == pytest.approx(10 * (steps + 1.0) + judged + first)
    assert forecast(config, COUNTS | {"train": 640}).epoch_seconds == pytest.approx(20 * (steps + 1.0) + judged + first)


def test_before_anything_was_measured_the_sentence_says_that_it_is_a_guess():
    found = forecast(MODERN, COUNTS)
    assert found.basis == "guessed"
    assert "guess" in found.sentence


def test_a_network_that_was_not_measured_is_scaled_by_those_that_were():
    narrow = presets.experiment("narrow")
    wider = put_all(narrow, ["network.blocks.4.filters=96"])
    guess = forecast(wider, COUNTS)
    measured.keep(narrow, 2, measurement(narrow, slower=3.0, memory_bytes=2 * guess.memory_bytes))
    found = forecast(wider, COUNTS)
    assert found.basis == "scaled"
    assert found.total_seconds == pytest.approx(3 * guess.total_seconds, rel=0.01)
    assert found.memory_bytes == pytest.approx(2 * guess.memory_bytes, rel=0.05)


def test_the_most_alike_network_counts_most():
    narrow, large = presets.experiment("narrow"), presets.experiment("alexnet-2012")
    wider = put_all(narrow, ["network.blocks.4.filters=80"])
    guess = forecast(wider, COUNTS)
    measured.keep(narrow, 2, measurement(narrow, slower=2.0))
    measured.keep(large, 2, measurement(large, slower=8.0))
    assert forecast(wider, COUNTS).total_seconds == pytest.approx(2 * guess.total_seconds, rel=0.1)


def test_what_was_measured_in_another_precision_does_not_count():
    narrow = presets.experiment("narrow")
    wider = put_all(narrow, ["network.blocks.4.filters=80"])
    guess = forecast(wider, COUNTS)
    measured.keep(narrow, 2, measurement(narrow, slower=2.0))
    other = put_all(narrow, ["training.precision=mixed_float16"])
    measured.keep(other, 2, measurement(other, slower=50.0, precision="mixed_float16"))
    assert forecast(wider, COUNTS).total_seconds == pytest.approx(2 * guess.total_seconds, rel=0.01)


def test_steps_of_far_fewer_photos_than_were_measured_are_no_measurement():
    config = put_all(MODERN, ["training.epochs=2"])
    measured.keep(config, 2, measurement(config))
    assert forecast(config, COUNTS).basis == "measured"
    assert forecast(config, COUNTS | {"train": 12}).basis == "scaled"


def test_a_measurement_of_other_versions_or_settings_is_not_found(monkeypatch):
    measured.keep(MODERN, 2, measurement(MODERN))
    assert measured.find(MODERN, 2) is not None
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert measured.find(MODERN, 2) is None


@pytest.mark.parametrize(
    ("change", "is_the_same"),
    [
        ("training.epochs=139", True),
        ("training.learning_rate=0.001", True),
        ("training.seed=7", True),
        ("training.batch_size=16", False),
        ("training.precision=float32", False),
        ("augment.erase_probability=0", False),
        ("network.blocks.0.filters=32", False),
    ],
)
def test_only_what_changes_the_work_asks_for_another_measurement(change, is_the_same):
    assert (measured.key_of(put_all(MODERN, [change]), 2) == measured.key_of(MODERN, 2)) is is_the_same


@pytest.mark.parametrize("busy", [{"is_beside_training": True}, {"lost_fraction": 0.5}], ids=["training", "others"])
def test_what_was_measured_while_much_else_went_on_says_so_and_never_replaces_what_was_measured_alone(busy):
    measured.keep(MODERN, 2, measurement(MODERN, slower=9.0, **busy))
    beside = forecast(MODERN, COUNTS)
    assert not beside.is_sure
    assert "busy with something else" in beside.sentence
    measured.keep(MODERN, 2, measurement(MODERN))
    measured.keep(MODERN, 2, measurement(MODERN, slower=9.0, **busy))
    alone = forecast(MODERN, COUNTS)
    assert alone.is_sure
    assert alone.total_seconds < beside.total_seconds


@pytest.mark.parametrize("content", ["", "{", "[]", '{"x": 1}'], ids=["empty", "cut", "list", "strange"])
def test_a_damaged_calibration_file_is_as_none(workspace, content):
    (workspace / "calibration.json").write_text(content)
    assert forecast(MODERN, COUNTS).basis == "guessed"
    measured.keep(MODERN, 2, measurement(MODERN))
    assert forecast(MODERN, COUNTS).basis == "measured"


def test_too_large_a_batch_gets_a_smaller_one_that_really_fits():
    config = put_all(presets.experiment("alexnet-2012"), ["training.batch_size=1024"])
    counts = COUNTS | {"train": 4096}
    assert forecast(config, counts, available_bytes=64 * GIB).fits
    tight = forecast(config, counts, available_bytes=4 * GIB)
    assert not tight.fits
    assert tight.batch_size_that_fits < 1024
    assert f"A batch size of {tight.batch_size_that_fits}" in tight.sentence
    smaller = put_all(config, [f"training.batch_size={tight.batch_size_that_fits}"])
    assert forecast(smaller, counts, available_bytes=4 * GIB).fits
    doubled = put_all(config, [f"training.batch_size={2 * tight.batch_size_that_fits}"])
    assert not forecast(doubled, counts, available_bytes=4 * GIB).fits


def test_memory_as_measured_is_what_counts_and_shrinks_with_the_batch():
    config = put_all(presets.experiment("narrow"), ["training.batch_size=256"])
    measured.keep(config, 2, measurement(config, memory_bytes=round(3 * GIB / GROWTH)))
    counts = COUNTS | {"train": 1024}
    assert forecast(config, counts).memory_bytes == pytest.approx(3 * GIB)
    enough = int(3 * GIB / USABLE_FRACTION) + 1
    assert forecast(config, counts, available_bytes=enough).fits
    assert forecast(config, counts, available_bytes=enough - GIB // 4).batch_size_that_fits == 128


def test_small_validation_pictures_that_a_run_keeps_are_counted():
    config = put_all(MODERN, ["training.epochs=20"])
    few, many = (forecast(config, COUNTS | {"val": count}).memory_bytes for count in (100, 1100))
    assert many - few == 1000 * max(size for size in judged_sizes(config) if size < 224) ** 2 * 3


def test_a_network_that_is_too_large_for_any_batch_is_told_so():
    found = forecast(presets.experiment("alexnet-2012"), COUNTS, available_bytes=GIB // 4)
    assert found.batch_size_that_fits is None
    assert "lower the image size" in found.sentence


def test_after_the_memory_has_run_out_at_most_half_the_batch_is_offered_even_where_more_should_fit():
    assert smaller_batch_size(MODERN, COUNTS) == 16
    sentence, batch_size = out_of_memory(MODERN, COUNTS)
    assert batch_size == 16
    assert "A batch size of 16 will do" in sentence
    assert out_of_memory(put_all(MODERN, ["training.batch_size=1"]), COUNTS)[1] is None
