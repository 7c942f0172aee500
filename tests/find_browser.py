"""Finds a browser that Playwright can drive: ``python tests/find_browser.py`` prints its path, or ends with status 1."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Error, sync_playwright

_COMMANDS = (
    "google-chrome",
    "google-chrome-stable",
    "chromium",
    "chromium-browser",
    "microsoft-edge",
    "microsoft-edge-stable",
)
_MAC_APPS = ("Google Chrome", "Chromium", "Microsoft Edge")


def find() -> str | None:
    """The first browser that really starts: ALEXNET_BROWSER alone if set, else an installed one, else Playwright's own."""
    with sync_playwright() as playwright:
        for path in _candidates(playwright.chromium.executable_path):
            if not Path(path).is_file():
                continue
            try:
                playwright.chromium.launch(executable_path=path).close()
            except Error:  # a snap's stand-in, a missing library: look further
                continue
            return path
    return None


def _candidates(playwrights_own: str) -> Iterator[str]:
    if os.environ.get("ALEXNET_BROWSER"):
        yield os.environ["ALEXNET_BROWSER"]
        return
    yield from filter(None, map(shutil.which, _COMMANDS))
    for folder in (Path("/Applications"), Path.home() / "Applications"):
        yield from (str(folder / f"{app}.app" / "Contents" / "MacOS" / app) for app in _MAC_APPS)
    yield playwrights_own


if __name__ == "__main__":
    found = find()
    if found is None:
        sys.exit(1)
    print(found)
