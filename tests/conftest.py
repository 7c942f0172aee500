"""What every test stands on: a workspace of its own, and the real photos and the browser where they are asked for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.machine import prepare_environment

# Before any test imports TensorFlow: a worker process must compute as this one does, to the bit.
prepare_environment()

PHOTOS = "ALEXNET_TEST_PHOTOS"


def pytest_collection_modifyitems(config, items):
    """Without the folder of real photos, the tests that need it are left out, and pytest's last line counts them."""
    if os.environ.get(PHOTOS):
        return
    without = [item for item in items if item.get_closest_marker("photos")]
    if without:
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if not item.get_closest_marker("photos")]


@pytest.fixture(autouse=True)
def workspace(tmp_path_factory, monkeypatch) -> Path:
    """An empty workspace, apart from tmp_path; nothing a test does touches the one of the person who runs it."""
    folder = tmp_path_factory.mktemp("workspace")
    monkeypatch.setenv("ALEXNET_HOME", str(folder))
    monkeypatch.setenv(
        "ALEXNET_SPARE", "0"
    )  # nothing waits on after a test; those about the spare start one themselves
    return folder


@pytest.fixture(scope="session")
def real_photos() -> Path:
    """The folder of real photos; tests that use it are marked ``photos``."""
    folder = Path(os.environ[PHOTOS]).resolve()
    assert folder.is_dir(), f"{PHOTOS} names a folder; received {folder}"
    return folder


@pytest.fixture(scope="session")
def browser_path() -> str:
    """A browser for Playwright's ``executable_path``: ALEXNET_BROWSER (tests/run sets it), else one that starts here."""
    if os.environ.get("ALEXNET_BROWSER"):
        return os.environ["ALEXNET_BROWSER"]
    # in a process of its own: Playwright's sync API does not nest, and a test may hold it open already
    search = subprocess.run(
        [sys.executable, Path(__file__).with_name("find_browser.py")], capture_output=True, text=True, check=False
    )
    path = search.stdout.strip()
    assert path, (
        "This test drives a browser and none starts here. Run tests/run, which gets one, or set ALEXNET_BROWSER."
    )
    return path
