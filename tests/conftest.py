"""What every test stands on: a workspace of its own, and the real photos and the browser where they are asked for."""

import os
import subprocess
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from imports import HEAVY, brings_tensorflow

from core.machine import prepare_environment

# Before any test imports TensorFlow: a worker process must compute as this one does, to the bit.
prepare_environment()

PHOTOS = "ALEXNET_TEST_PHOTOS"
SLOW = ("browser", "photos", "slow", "tensorflow")

# The same few hundred examples each time the same tests run; with ALEXNET_EXAMPLES=10000 as many others, and new ones each time.
# No clock decides: beside a training anything may take half a minute.
MANY_EXAMPLES = os.environ.get("ALEXNET_EXAMPLES")
settings.register_profile(
    "tests",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=not MANY_EXAMPLES,
    max_examples=int(MANY_EXAMPLES or 200),
)
settings.register_profile("fast", settings.get_profile("tests"), max_examples=int(MANY_EXAMPLES or 20))
settings.load_profile("tests")


class NoTensorFlow(MetaPathFinder):
    """Stands before Python's own ways to find a module."""

    def find_spec(self, fullname, path, target=None):
        if fullname in HEAVY:
            raise AssertionError(f"A test of --fast imports {fullname}; mark it: @pytest.mark.tensorflow")


def pytest_addoption(parser):
    parser.addoption(
        "--fast", action="store_true", help="without TensorFlow, without a browser, without what takes long"
    )


def pytest_configure(config):
    if config.getoption("--fast"):
        settings.load_profile("fast")
        sys.meta_path.insert(0, NoTensorFlow())


def pytest_ignore_collect(collection_path, config):
    """With --fast, what would import TensorFlow is not even read; None leaves it to others to decide."""
    if config.getoption("--fast") and collection_path.suffix == ".py" and brings_tensorflow(collection_path):
        return True


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Leaves out what --fast leaves out, and without the folder of real photos what needs it; pytest's last line counts them."""
    for item in items:
        if brings_tensorflow(item.path):
            item.add_marker("tensorflow")
    unwanted = list(SLOW) if config.getoption("--fast") else []
    if not os.environ.get(PHOTOS):
        unwanted.append("photos")
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in unwanted)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


@pytest.fixture(autouse=True)
def workspace(tmp_path_factory, monkeypatch) -> Path:
    """An empty workspace, apart from tmp_path; nothing a test does touches the one of the person who runs it."""
    folder = tmp_path_factory.mktemp("workspace")
    monkeypatch.setenv("ALEXNET_HOME", str(folder))
    # nothing waits on after a test; those about the spare start one themselves
    monkeypatch.setenv("ALEXNET_SPARE", "0")
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
