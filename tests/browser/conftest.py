"""A server, of its own for each test that writes into the workspace, and a browser to look at it with."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fake_runs import finished_run, make_dataset
from playwright.sync_api import Browser, Page, sync_playwright
from servers import Server, start_server

PROJECT = Path(__file__).parents[2]

# What a healthy server never writes.
COMPLAINTS = re.compile(r"missing ScriptRunContext|deprecat|Traceback|Warning:|widget with key", re.IGNORECASE)


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(item.fspath).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)


@contextmanager
def healthy_server(workspace: Path, log: Path) -> Iterator[Server]:
    """A server that must end without a word of complaint."""
    started = start_server(workspace, log)
    try:
        yield started
    finally:
        started.process.terminate()
        started.process.wait(20)
    said = started.log.read_text()
    assert not COMPLAINTS.search(said), said


@pytest.fixture
def server(workspace, tmp_path) -> Iterator[Server]:
    """This test's own, in its own workspace."""
    with healthy_server(workspace, tmp_path / "server.log") as started:
        yield started


@pytest.fixture(scope="session")
def empty_server(tmp_path_factory) -> Iterator[Server]:
    """One for all tests that leave its workspace as they find it, empty."""
    with healthy_server(tmp_path_factory.mktemp("empty"), tmp_path_factory.mktemp("log") / "server.log") as started:
        yield started


@pytest.fixture(scope="session")
def finished_server(tmp_path_factory) -> Iterator[tuple[Server, str]]:
    """One for all tests that only look: a server, and the id of the one run there, which has completed."""
    home = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALEXNET_HOME", str(home))
        run = finished_run(make_dataset(home))
    with healthy_server(home, tmp_path_factory.mktemp("log") / "server.log") as started:
        yield started, run.id


@pytest.fixture(scope="session")
def browser(browser_path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def tab(browser) -> Iterator[Page]:
    """A fresh browser profile's one tab, as wide as a laptop."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    context.set_default_timeout(120_000)  # a busy machine is slow, and no test says how slow
    yield context.new_page()
    context.close()
