"""The chart is updated in place: nothing is rebuilt, and what a person did to it stays."""

import pytest
from fake_runs import STEPS_PER_EPOCH, FakeRun, make_dataset

from core.network import presets
from core.runs.engines import local
from core.runs.sweeps.sweep import start_sweep
from core.workspace.lock import Lock

NUM_TICKS = 10

# Chart nodes stand in shadow roots; the elements around them do not.
WATCH = """() => {
  window.removed = []
  window.frames_ = 0
  const look = (node) => new MutationObserver((changes) => {
    for (const change of changes) for (const gone of change.removedNodes) window.removed.push(gone.nodeName)
  }).observe(node, { childList: true, subtree: true })
  const charts = [...document.querySelectorAll('[class*="st-key-"]')].filter((e) => /st-key-(run-\\S+-(loss|accuracy)|curves-\\S+)(\\s|$)/.test(e.className))
  const inside = (node) => [node, ...[...node.querySelectorAll('*')].flatMap((e) => e.shadowRoot ? inside(e.shadowRoot) : [])]
  charts.forEach((chart) => inside(chart).forEach(look))
  return charts.length
}"""
ALT = """() => {
  const inside = (node) => [node, ...[...node.querySelectorAll('*')].flatMap((e) => e.shadowRoot ? inside(e.shadowRoot) : [])]
  return inside(document).flatMap((n) => [...n.querySelectorAll('canvas[aria-label]')]).map((c) => c.getAttribute('aria-label'))
}"""


@pytest.fixture
def running(workspace):
    """A run that looks alive because this test holds its lock."""
    run = FakeRun(make_dataset(workspace), num_epochs=40).started()
    for number in range(1, 4):
        run.epoch(number)
    lock = Lock(run.folder / "lock")
    assert lock.acquire()
    yield run
    lock.release()


def test_ten_ticks_remove_no_node_and_keep_a_zoom_made_by_hand(running, server, tab):
    tab.goto(f"{server.url}/training?run={running.id}")
    loss = tab.locator("canvas[aria-label^='Loss after 3 of 40']")
    loss.wait_for()
    box = loss.bounding_box()
    tab.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] / 2)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] / 2, steps=5)
    tab.mouse.up()
    figure = tab.locator("figure.chart").first
    zoom = figure.get_attribute("data-zoom")
    assert zoom
    tab.locator("figure.chart").last.get_by_role("button", name="validation").click()

    assert tab.evaluate(WATCH) == 2
    for tick in range(NUM_TICKS):
        number = 4 + tick
        for step in range((number - 1) * STEPS_PER_EPOCH + 1, number * STEPS_PER_EPOCH, 4):
            running.batch(step)
        running.epoch(number)
        tab.locator(f"canvas[aria-label^='Loss after {number} of 40']").wait_for()
        tab.locator(f"canvas[aria-label^='Accuracy after {number} of 40']").wait_for()

    assert tab.evaluate("() => window.removed") == []
    assert figure.get_attribute("data-zoom") == zoom
    hidden = tab.locator("figure.chart").last.get_by_role("button", name="validation")
    assert hidden.get_attribute("aria-pressed") == "false"


def test_the_curves_of_a_sweep_grow_in_one_chart_that_loses_no_node(workspace, server, tab, monkeypatch):
    monkeypatch.setattr(local, "spawn", lambda module, folder: None)
    dataset = make_dataset(workspace)
    sweep = start_sweep(presets.experiment("narrow"), dataset, "network.blocks.0.filters", [16, 32])
    first, second = (FakeRun.of(run, dataset, 8) for run in sweep.runs)
    with Lock(first.folder / "lock"):
        first.started().epoch(1)
        tab.goto(f"{server.url}/training?sweep={sweep.id}")
        tab.locator("canvas[aria-label*='after 1 epoch']").wait_for()
        assert tab.evaluate(WATCH) == 1
        for number in range(2, 7):
            first.epoch(number)
            tab.locator(f"canvas[aria-label*='after {number} epochs']").wait_for()
        assert tab.evaluate("() => window.removed") == []
        assert tab.get_by_role(
            "button", name="32", exact=True
        ).is_visible()  # its place in the legend, before its first epoch
        tab.set_viewport_size({"width": 390, "height": 844})
        assert tab.evaluate("() => document.documentElement.scrollWidth") <= 390
        first.finish()
    tab.get_by_text("1 of 2 done.").wait_for()
    assert second.folder.is_dir()


def test_the_tab_says_that_a_run_has_finished(running, server, tab):
    tab.goto(f"{server.url}/network?run={running.id}")
    tab.get_by_role("heading", name="Network", exact=True).wait_for()
    assert "finished" not in tab.title()
    running.finish()
    tab.wait_for_function("() => document.title.startsWith('✓ Training finished')")
