"""A server of its own for each test, in a workspace of its own, and a browser to look at it with."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

PROJECT = Path(__file__).parents[2]
sys.path.insert(0, str(PROJECT / "tests" / "pages"))  # fake_runs, shared with the tests of the pages

# What a healthy server never writes.
COMPLAINTS = re.compile(r"missing ScriptRunContext|deprecat|Traceback|Warning:|widget with key", re.IGNORECASE)


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(item.fspath).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)


@dataclass(frozen=True)
class Server:
    url: str
    process: subprocess.Popen
    log: Path


@pytest.fixture
def server(workspace, tmp_path) -> Iterator[Server]:
    """``streamlit run app.py`` as a person starts it, on a free port. It must end without a word of complaint."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    log = tmp_path / "server.log"
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}", "--server.headless=true"],
            cwd=PROJECT,
            env={**os.environ, "ALEXNET_HOME": str(workspace), "ALEXNET_SPARE": "0"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    url = f"http://localhost:{port}"
    try:
        _wait_until_healthy(url, process, log)
        yield Server(url, process, log)
    finally:
        process.terminate()
        process.wait(20)
    said = log.read_text()
    assert not COMPLAINTS.search(said), said


def _wait_until_healthy(url: str, process: subprocess.Popen, log: Path) -> None:
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"The server does not answer. {log.read_text()}")


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
