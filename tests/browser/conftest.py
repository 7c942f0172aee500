"""A server of its own for each test, in a workspace of its own, and a browser to look at it with."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from servers import Server, start_server

PROJECT = Path(__file__).parents[2]

# What a healthy server never writes.
COMPLAINTS = re.compile(r"missing ScriptRunContext|deprecat|Traceback|Warning:|widget with key", re.IGNORECASE)


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(item.fspath).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)


@pytest.fixture
def server(workspace, tmp_path) -> Iterator[Server]:
    """A server that must end without a word of complaint."""
    started = start_server(workspace, tmp_path / "server.log")
    try:
        yield started
    finally:
        started.process.terminate()
        started.process.wait(20)
    said = started.log.read_text()
    assert not COMPLAINTS.search(said), said


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
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()
