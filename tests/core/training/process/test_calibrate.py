"""A real, short measurement of a small network."""

from dataclasses import replace

import pytest

from core.config import ExperimentConfig, overlay
from core.jobs.job import Cancelled, ask, create_job, run_job
from core.machine import prepare_environment
from core.runs.run import Run
from core.runs.store import create_run
from core.training.forecast import measured
from core.training.forecast.forecast import forecast
from core.training.process import calibrate
from core.workspace.folders import runs_folder

pytestmark = pytest.mark.tensorflow

prepare_environment()

GROWING = overlay(
    ExperimentConfig(),
    {
        "network": {
            "input_size": 64,
            "blocks": [{"filters": 4, "strides": 2, "pool_size": 2}],
            "dense": [{"units": 8, "dropout_rate": 0.3}],
            "head": "average",
        },
        "training": {"epochs": 4, "batch_size": 10, "start_size_fraction": 0.5, "ema_fraction": 0.1},
        "augment": {"horizontal_flip": True},
    },
)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(calibrate, "SECONDS", 0.05)


def job_of(config, dataset):
    return create_job("calibrate", {"config": calibrate.to_dict(config), "dataset": dataset.id})


def test_a_measured_configuration_is_forecast_from_its_own_times_at_each_size(stripes_and_dots, quick):
    job = job_of(GROWING, stripes_and_dots)
    assert run_job(job.folder, calibrate.work) == 0, job.last
    found = measured.find(GROWING, 2)
    assert sorted(found.train) == [32, 64]
    assert sorted(found.judge) == [32, 64]
    assert all(timing.seconds > 0 and 9 <= timing.photos <= 10 for timing in found.train.values())
    assert found.train[32].first_seconds > found.train[32].seconds  # tracing was not counted as a step
    assert found.average_seconds > 0
    assert found.copies == 4
    assert found.memory_bytes > 50e6
    assert not found.is_beside_training
    assert forecast(GROWING, stripes_and_dots.split_sizes, 2).basis == "measured"


def test_nothing_is_left_of_the_run_that_was_measured(stripes_and_dots, quick):
    job = job_of(GROWING, stripes_and_dots)
    run_job(job.folder, calibrate.work)
    assert not (job.folder / "trial").exists()
    assert list(runs_folder().iterdir()) == []


def test_measuring_ends_when_it_is_asked_to_and_keeps_nothing(stripes_and_dots, quick):
    job = job_of(GROWING, stripes_and_dots)
    ask(job.folder, "stop")
    run_job(job.folder, calibrate.work)
    assert job.status == "stopped"
    assert measured.find(GROWING, 2) is None
    assert not (job.folder / "trial").exists()


def test_a_stop_is_heard_between_two_steps(stripes_and_dots, tmp_path, quick):
    heard = []

    def report(stage, done, total):
        heard.append(stage)
        if len(heard) == 4:
            raise Cancelled

    with pytest.raises(Cancelled):
        calibrate.measure(GROWING, stripes_and_dots, tmp_path / "trial", report)


def test_a_measurement_beside_a_training_is_marked(stripes_and_dots, tmp_path, quick, monkeypatch):
    monkeypatch.setattr(calibrate, "is_training_here", lambda: True)
    found = calibrate.measure(GROWING, stripes_and_dots, tmp_path / "trial", lambda *_: None)
    assert found.is_beside_training


@pytest.mark.parametrize(
    ("total", "idle", "own", "share"),
    [
        (10.0, 0.0, 10.0, 1.0),  # alone
        (10.0, 6.0, 4.0, 1.0),  # alone, and not all cores are used
        (10.0, 0.0, 5.0, 0.5),  # another takes half of every core
        (10.0, 3.0, 4.0, 1.0),  # another works on cores that nobody wants
        (10.0, 0.0, 0.0, 0.2),  # hardly there at all: no more than five times as fast is promised
    ],
)
def test_what_others_take_of_the_processor_is_reckoned_out_where_it_was_missed(monkeypatch, total, idle, own, share):
    readings = iter([(100.0, 50.0, 7.0), (100.0 + total, 50.0 + idle, 7.0 + own)])
    monkeypatch.setattr(calibrate.Company, "_used", staticmethod(lambda: next(readings)))
    assert calibrate.Company().own_share == pytest.approx(share)


def test_auto_takes_float32_where_bfloat16_is_slower_than_its_flags_promise(stripes_and_dots, quick, monkeypatch):
    monkeypatch.setattr("core.machine.processor_has_bfloat16", lambda: True)
    monkeypatch.setattr(calibrate, "processor_has_bfloat16", lambda: True)
    real = calibrate._time_training

    def time_training(training, size, listen):
        is_slow = training.equipment.model.dtype_policy.name == "mixed_bfloat16"
        # how many batches fit into the time of a measurement, and so their mean length, differs from one to the other
        return replace(real(training, size, listen), seconds=100.0 if is_slow else 1.0, photos=16)

    monkeypatch.setattr(calibrate, "_time_training", time_training)
    job = job_of(GROWING, stripes_and_dots)
    assert run_job(job.folder, calibrate.work) == 0
    speeds = measured.precision_speeds()
    assert speeds["float32"] == pytest.approx(100 * speeds["mixed_bfloat16"])
    found = measured.find(GROWING, 2)
    assert found.precision == "float32"
    assert found.train[64].seconds == 1.0


def test_a_run_that_goes_on_keeps_its_precision_whatever_was_measured_since(stripes_and_dots, monkeypatch):
    import keras

    from core.jobs.events import EventLog
    from core.training.loop import train as training

    monkeypatch.setattr("core.machine.processor_has_bfloat16", lambda: True)
    run = create_run(GROWING, stripes_and_dots)
    measured.keep_precision_speeds({"float32": 2.0, "mixed_bfloat16": 1.0})
    first = training.Training(Run(run.id, run.folder), EventLog(run.events_path))
    assert first.equipment.model.dtype_policy.name == "float32"
    measured.keep_precision_speeds({"float32": 1.0, "mixed_bfloat16": 2.0})
    again = training.Training(Run(run.id, run.folder), EventLog(run.events_path))
    assert again.equipment.model.dtype_policy.name == "float32"
    keras.config.set_dtype_policy("float32")
