import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.bench.scale import ROWS, measures, scale, world
from core.bench.scale.fit import exponent, grown
from core.bench.table import LeftOut
from core.photos.checks.scan import scan as scan_folder
from core.runs.history import read_history
from core.runs.store import list_runs


@pytest.mark.parametrize(
    ("cost", "expected"),
    [(lambda n: 5 + 2 * n, 1.0), (lambda n: 300 + 0.01 * n, 1.0), (lambda n: 40 + n * n, 2.0)],
    ids=["a line", "a line behind a large fixed part", "a square"],
)
def test_a_fixed_part_hides_no_growth(cost, expected):
    costs = {n: cost(n) for n in (20, 1_000, 10_000, 100_000)}
    assert exponent(grown(costs)) == pytest.approx(expected, abs=0.02)


def test_what_is_lost_in_the_noise_of_the_fixed_part_neither_hides_growth_nor_makes_it_up():
    home = {1: 0.25, 10: 0.25, 100: 0.28, 1_000: 0.49}  # as it was measured, to a hundredth of a second
    assert exponent(grown(home)) == pytest.approx(0.82, abs=0.01)
    square = {1: 0.25, 10: 0.25004, 100: 0.254, 1_000: 0.65}
    assert exponent(grown(square)) == pytest.approx(1.9, abs=0.01)
    assert exponent(grown({1: 0.25, 10: 0.24, 100: 0.25, 1_000: 0.25})) == pytest.approx(0)


def test_what_should_hardly_grow_is_fitted_as_it_is():
    assert exponent(dict.fromkeys((1_000, 10_000), 7.0)) == pytest.approx(0)
    assert exponent({n: 100 + n / 1000 for n in (1_000, 10_000, 100_000)}) == pytest.approx(0.15, abs=0.01)
    assert exponent({n: 3 * n**1.5 for n in (10, 100, 1_000)}) == pytest.approx(1.5)


def test_each_row_of_what_was_measured_is_held_to_its_own_bar(monkeypatch):
    monkeypatch.setattr(measures, "_of_photos", lambda n: {"scan": n * n / 1e4, "plan": n / 1e5, "photos_page": 0.1})
    monkeypatch.setattr(measures, "_of_runs", lambda n: {"runs": 1 + n / 10})
    monkeypatch.setattr(measures, "_of_epochs", lambda n: {"history": n / 1e4, "chart": 80.0})
    rows = {row.row: row for row in scale(quick=True)}
    assert set(rows) == {f"exponent.{name}" for name in ROWS}
    assert not rows["exponent.scan"].holds and rows["exponent.plan"].holds and rows["exponent.photos_page"].holds
    assert rows["exponent.runs"].value == pytest.approx(1) and "fixed part 1.1" in rows["exponent.runs"].detail
    assert rows["exponent.photos_page"].bar == 0.2 and rows["exponent.chart"].value == pytest.approx(0)
    assert isinstance(rows["exponent.compare"], LeftOut)
    assert [row.row for row in scale(quick=True, only="epochs")] == ["exponent.history", "exponent.chart"]


def test_the_photos_are_all_looked_at_and_no_two_are_alike():
    with world.home() as folder:
        world.write_photos(folder / "pets", 30)
        checks = scan_folder(folder / "pets").checks
    assert len(checks) == 30 and not any(check.issue for check in checks)
    assert not folder.exists() and os.environ.get("ALEXNET_HOME") != str(folder / "workspace")


def test_a_run_that_was_only_written_reads_as_one_that_was_trained():
    with world.home():
        run = world.write_run(measures._SMALL, measures.sparse_dataset(40), 7)
        history = read_history(run.events_path)
        assert len(history.epochs) == 7 and len(history.batches["loss"]) == 28
        assert [each.id for each in list_runs()] == [run.id] and run.status == "completed"


@pytest.mark.slow
def test_costs_of_a_page_and_of_a_history_are_measured_on_a_real_server():
    with ThreadPoolExecutor(1) as thread:  # a browser of tests before may hold this thread's event loop
        costs = thread.submit(measures._of_epochs, 5).result()
    assert costs["history"] > 0 and costs["chart"] > 1
