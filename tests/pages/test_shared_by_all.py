"""What is the same for everybody is computed once, however many open a page: counted, not timed."""

from collections import Counter

import pytest
from fake_runs import FakeRun, finished_run, make_dataset
from visits import go, open_link

from core.jobs import events
from core.photos import dataset as datasets
from core.runs import run as run_module

NUM_RUNS = 12


@pytest.fixture
def work(workspace, monkeypatch) -> Counter:
    """What was read from the disk, by kind."""
    dataset = make_dataset(workspace)
    for number in range(NUM_RUNS):
        finished_run(dataset, num_epochs=2, run_id=f"261123-12{number:04d}-modern-abcd")
    counted = Counter()

    def count(where, name):
        real = getattr(where, name)
        monkeypatch.setattr(where, name, lambda *args: counted.update([name]) or real(*args))

    count(run_module, "read_json")
    count(datasets, "load")
    count(events, "_read_last")
    return counted


@pytest.mark.parametrize("page", ["home", "training", "results", "network"])
def test_the_second_visitor_reads_no_run_and_no_data_set_again(work, page):
    go(open_link(), page)
    assert work["read_json"] <= 2 * NUM_RUNS  # config.json and dataset.json of each
    assert work["load"] <= 1
    assert work["_read_last"] <= NUM_RUNS
    before = work.copy()
    for _ in range(3):
        go(open_link(), page)
    assert work - before == Counter()


def test_a_new_run_costs_one_run(work, workspace):
    go(open_link(), "results")
    before = work.copy()
    (dataset,) = datasets.list_datasets()
    FakeRun(dataset, run_id="261123-130000-modern-wxyz").started()
    app = go(open_link(), "results")
    assert len(app.selectbox(key="picked_run").options) == NUM_RUNS + 1
    assert work - before <= Counter(read_json=2, _read_last=1)
