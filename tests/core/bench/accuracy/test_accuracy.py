"""The runner and what it keeps, with children that are played; one of Keras' ways for a few batches of drawn pets."""

import json
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

import pytest
from click.testing import CliRunner

from core.bench import accuracy as bench
from core.bench.accuracy import measure, ours
from core.bench.accuracy.clock import Clock, OutOfTime
from core.bench.accuracy.readings import Reading, Record, interval
from core.bench.table import LeftOut
from core.cli.main import main
from core.errors import AppError
from core.jobs.children import child_environment
from core.photos.drawn.draw import draw_folder
from core.workspace.folders import PROJECT


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pets")
    for seed, split in enumerate(("train", "val", "test")):
        draw_folder(folder / split, ("cats", "dogs"), 4, seed)
    return folder


class Time:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def test_a_reading_stops_the_clock_and_the_last_one_ends_the_training(capsys):
    now = Time()
    clock = Clock(1000.0, [1, 2], now)

    def correct():
        now.now += 500  # the test takes its time
        return 7, 10

    clock.read(correct, 1)  # nothing is due
    now.now += 59.9
    clock.read(correct, 1)
    assert capsys.readouterr().out == ""
    now.now += 0.2
    clock.read(correct, 2)
    assert clock.seconds == pytest.approx(60.1) and clock.share == pytest.approx(60.1 / 120)
    now.now += 60
    with pytest.raises(OutOfTime):
        clock.read(correct, 5)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["minutes"], line["seconds"], line["epoch"]) for line in lines] == [(1, 60.1, 2), (2, 120.1, 5)]
    assert all((line["correct"], line["total"]) == (7, 10) for line in lines)


SHARES = {"modern": 0.9, "article": 0.5, "keras": 0.8, "xception": 0.6, "resnet18": 0.895}


@pytest.fixture
def trainings(monkeypatch):
    """The trainings that were asked for, as (way, seed, minutes); each answers at once."""
    asked = []

    def fields(way, minutes):
        return {
            "minutes": minutes,
            "correct": round(SHARES[way] * 1000),
            "total": 1000,
            "seconds": 60 * minutes,
            "epoch": 3,
        }

    def answers(command):
        values = json.loads(command[-1])
        asked.append((values["way"], values["seed"], tuple(values["minutes"])))
        yield from (fields(values["way"], each) for each in values["minutes"])

    def train_ours(photos, seed, minutes):
        asked.append(("modern", seed, minutes))
        return fields("modern", minutes)

    monkeypatch.setattr(measure, "_answers", answers)
    monkeypatch.setattr(measure, "train_ours", train_ours)
    monkeypatch.setattr(measure, "python_of_torch", lambda: sys.executable)
    return asked


def test_ours_gets_three_seeds_and_another_a_second_where_the_order_could_turn(photos, tmp_path, trainings):
    rows = {row.row: row for row in bench.accuracy(photos, tmp_path / "readings", [2, 5])}
    assert list(rows) == [f"accuracy.{way}.{minutes}" for minutes in (2, 5) for way in bench.ROWS]
    assert rows["accuracy.modern.5"].seeds == (0, 1, 2)
    assert rows["accuracy.resnet18.5"].seeds == (0, 1)  # .895 of 1,000 photos may be .9
    assert rows["accuracy.keras.5"].seeds == (0,)
    low, high = rows["accuracy.modern.2"].interval
    assert low < 0.9 < high and high - low == pytest.approx(0.037, abs=0.002)  # of 1,000 photos, whatever the seeds
    assert rows["accuracy.modern.5"].bar == 0.895 and rows["accuracy.modern.5"].holds
    assert rows["accuracy.keras.5"].holds is None


def test_what_the_app_promises_of_itself_is_a_bar_too(photos, tmp_path, trainings, monkeypatch):
    monkeypatch.setattr(measure, "processor_has_bfloat16", lambda: False)
    ways = ["modern", "article"]
    rows = {row.row: row for row in bench.accuracy(photos, tmp_path / "readings", [5, 20], ways, num_seeds=1)}
    assert (rows["accuracy.modern.20"].bar, rows["accuracy.modern.20"].holds) == (0.925, False)
    assert rows["accuracy.modern.5"].bar == 0.5  # what the article reached
    monkeypatch.setattr(measure, "processor_has_bfloat16", lambda: True)
    first = next(bench.accuracy(photos, tmp_path / "readings", [5], ["modern"], num_seeds=1))
    assert (first.row, first.bar) == ("accuracy.modern.5", 0.9)
    monkeypatch.setenv(
        "ONEDNN_MAX_CPU_ISA", "AVX2"
    )  # another machine, as it were: trained anew, and held to the slower one's bars
    first = next(bench.accuracy(photos, tmp_path / "readings", [5], ["modern"], num_seeds=1))
    assert first.bar is None and len(trainings) == 4


def test_an_interrupted_bench_goes_on_where_it_was(photos, tmp_path, trainings, monkeypatch):
    record = tmp_path / "readings"
    list(bench.accuracy(photos, record, [2], ["modern", "keras"], num_seeds=2))
    record.write_text(record.read_text() + '{"row": "modern", "min')  # killed while it wrote
    trainings.clear()
    list(bench.accuracy(photos, record, [2, 5], ["modern", "keras"], num_seeds=2))
    assert trainings == [("modern", 0, 5.0), ("keras", 0, (2, 5)), ("modern", 1, 5.0)]
    trainings.clear()
    list(bench.accuracy(photos, record, [2, 5], ["modern", "keras"], num_seeds=2))
    assert trainings == []
    monkeypatch.setattr(measure, "processor_name", lambda: "another")
    list(bench.accuracy(photos, record, [2], ["keras"]))
    assert trainings == [("keras", 0, (2,))]  # another machine's readings say nothing of this one


def test_a_way_that_cannot_be_measured_is_left_out_with_the_reason(photos, tmp_path, trainings, monkeypatch):
    def missing():
        raise AppError("PyTorch could not be installed: no network")

    monkeypatch.setattr(measure, "python_of_torch", missing)
    rows = list(bench.accuracy(photos, tmp_path / "readings", [2], ["article", "resnet18"]))
    assert [row.row for row in rows] == ["accuracy.article.2", "accuracy.resnet18"]
    assert isinstance(rows[1], LeftOut) and "no network" in rows[1].reason


def test_a_child_that_fails_is_told_by_its_last_words():
    code = "import sys; print('Found 3 images'); print('{\"a\": 1}'); sys.exit('out of luck')"
    answers = measure._answers([sys.executable, "-c", code])
    assert next(answers) == {"a": 1}
    with pytest.raises(AppError, match="out of luck"):
        next(answers)


def test_the_command_prints_rows_draws_the_picture_and_the_table(photos, tmp_path, trainings, monkeypatch):
    monkeypatch.setattr("core.bench.world.with_splits", lambda folder: folder)
    path = tmp_path / "picture.svg"
    command = ["bench", "--accuracy", "--photos", str(photos), "--minutes", "2 5", "--rows", "modern,keras"]
    result = CliRunner().invoke(
        main, [*command, "--record", str(tmp_path / "readings"), "--picture", str(path), "--json"]
    )
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["row"] for row in rows] == [f"accuracy.{way}.{each}" for each in (2, 5) for way in ("modern", "keras")]
    assert rows[0] == {
        "row": "accuracy.modern.2",
        "value": 0.9,
        "interval": [0.8798, 0.9171],
        "seeds": [0, 1, 2],
        "bar": 0.8,
        "holds": True,
    }
    assert "| **This app, preset “modern”** | 90.0 % (88.0 %–91.7 %) |" in result.stderr
    drawn = ElementTree.parse(path).getroot()
    assert len(drawn.findall("{*}polyline")) == 2 and len(drawn.findall("{*}circle")) == 4
    for text in ("", "soon", "-1", "nan"):
        wrong = CliRunner().invoke(main, ["bench", "--accuracy", "--photos", str(photos), "--minutes", text])
        assert wrong.exit_code != 0 and "inutes are numbers above 0" in wrong.output, text
    wrong = CliRunner().invoke(main, ["bench", "--accuracy", "--photos", str(photos), "--rows", "vgg"])
    assert wrong.exit_code != 0 and "no row “vgg”" in wrong.output


def test_ours_is_told_what_is_left_of_its_minutes_once_photos_are_prepared(monkeypatch, photos, tmp_path):
    commands = []

    def core(environment, *arguments):
        commands.append(arguments)
        if arguments[0] == "prepare":
            return ""
        folder = ours.Path(environment["ALEXNET_HOME"]) / "runs" / "one"
        folder.mkdir(parents=True)
        (folder / "predictions.csv").write_text("path,label\na,0\nb,1\nc,1\nd,0\n")
        (folder / "events.jsonl").write_text('{"kind": "epoch", "epoch": 7}\n')
        return 'said before\n{"run": "one", "test_accuracy": 0.75}\n'

    times = iter([100.0, 112.0, 219.0])
    monkeypatch.setattr(ours, "_core", core)
    monkeypatch.setattr(ours.time, "time", lambda: next(times))
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    reading = ours.train_ours(photos, 4, 2)
    assert reading == {"minutes": 2, "correct": 3, "total": 4, "seconds": 119.0, "epoch": 7}
    train = commands[1]
    assert train[train.index("--minutes") + 1] == "1.800" and train[train.index("--seed") + 1] == "4"
    assert "training.precision=float32" in train


def test_the_interval_is_that_of_the_test_photos_and_the_newest_reading_of_a_seed_counts(tmp_path):
    record = Record(tmp_path / "readings", "here")
    for correct in (80, 90):
        record.keep(Reading("modern", 2, 0, correct, 100, 120, 3, "here"))
    assert [one.correct for one in record.of("modern", 2)] == [90]
    assert interval(record.of("modern", 2)) == pytest.approx((0.826, 0.945), abs=1e-3)


@pytest.mark.slow
@pytest.mark.tensorflow
def test_a_network_of_keras_is_trained_and_read_on_the_way(photos):
    code = (
        "import sys, json; from core.bench.accuracy import keras_ways as ways\n"
        "ways.XCEPTION_SIDE, ways.XCEPTION_BATCH_SIZE = 32, 4\n"
        "ways.main(json.loads(sys.argv[1]))"
    )
    # the first is due at once, the second after the first epoch's validation, which takes longer than a hundredth of a second
    asked = {"way": "xception", "photos": str(photos), "seed": 0, "began": time.time(), "minutes": [0.0001, 0.0002]}
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(asked)],
        cwd=PROJECT,
        env=child_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    readings = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [reading["minutes"] for reading in readings] == [0.0001, 0.0002]
    assert all(reading["total"] == 8 and 0 <= reading["correct"] <= 8 for reading in readings)
