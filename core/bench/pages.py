"""Rows about real pages in a real browser: how long a person waits from one page to the next, idle and beside a training.

Needs Playwright and a Chromium (``tests/run`` brings both; ``ALEXNET_BROWSER`` names another); left out where one is missing.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from core.bench.processes import await_point, p95, server, stop
from core.bench.table import LeftOut, Result
from core.bench.world import World
from core.runs.engines.local import start_run
from core.runs.store import create_run

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROWS = ("page_p95_idle", "page_p95_beside_training")
# Path of a page, and its name in the navigation.
PAGES = {
    "photos": "Photos",
    "network": "Network",
    "augmentation": "Augmentation",
    "training": "Training",
    "results": "Results",
    "classify": "Classify",
    "": "Home",
}
NUM_WALKS = 6
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
_PATIENCE_SECONDS = 30.0


def page_to_page(world: World) -> Iterator[Result | LeftOut]:
    """Seconds from a click in the navigation until the whole next page is drawn."""
    path = os.environ.get("ALEXNET_BROWSER") or next(filter(None, map(shutil.which, _BROWSERS)), None)
    try:
        import playwright  # noqa: F401
    except ImportError:
        path = None
    if path is None:
        yield from (LeftOut(row, "it needs Playwright and a Chromium; tests/run brings both") for row in ROWS)
        return
    run = create_run(world.experiment(epochs=1000), world.dataset)
    with server() as (address, _):
        idle = _walk(address, path, run.id)
        start_run(run)
        try:
            await_point(run)
            busy = _walk(address, path, run.id)
        finally:
            stop(run)
    for row, clicks in zip(ROWS, (idle, busy), strict=True):
        seconds = [each for page in clicks.values() for each in page]
        slowest = max(clicks, key=lambda page: float(np.median(clicks[page])))
        detail = (
            f"{len(seconds)} clicks: median {np.median(seconds):.2f}, worst {max(seconds):.2f} s, "
            f"{sum(one > 0.5 for one in seconds)} above .5 s; slowest {slowest}, median {np.median(clicks[slowest]):.2f} s"
        )
        yield Result(row, p95(np.array(seconds)), 0.5, "seconds", detail, at_most=True)


def _walk(address: str, browser: str, run_id: str) -> dict[str, list[float]]:
    """By page, the seconds of every click on a walk through all pages; a first round, which meets every page for the first time, does not count."""
    seconds: dict[str, list[float]] = {title: [] for title in PAGES.values()}
    with _opened(f"http://{address}/?run={run_id}", browser) as page:
        for turn in range(NUM_WALKS + 1):
            for path, title in PAGES.items():
                took = _go(page, path, title)
                if turn:
                    seconds[title].append(took)
    return seconds


@contextmanager
def _opened(url: str, browser: str) -> "Iterator[Page]":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        try:
            page = chromium.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(_PATIENCE_SECONDS * 1000)
            page.goto(url)
            page.locator("[data-testid=stSidebar] a").first.wait_for()
            yield page
        finally:
            chromium.close()


# Resolves with the seconds from the press of the link to the picture in which the whole page is there. Streamlit empties the
# page first and then fills it, so a heading, and nothing marked as old, is there long before the rest.
_DRAWN = """([path, title, most]) => new Promise((resolve, reject) => {
    let pressed = null;
    setTimeout(() => reject(new Error(`${title} was not drawn within ${most} seconds`)), 1000 * most);
    addEventListener("click", event => { pressed ??= event.timeStamp; }, {capture: true, once: true});
    const look = () => {
        const at = location.pathname.replace(/^\\//, "") === path && document.title.includes(title);
        const heading = document.querySelector("[data-testid=stMain] h1");
        const ended = document.querySelector("[data-testid=stApp]").dataset.testScriptState === "notRunning";
        if (pressed !== null && at && heading && ended && !document.querySelector("[data-stale=true]"))
            requestAnimationFrame(now => resolve((now - pressed) / 1000));
        else requestAnimationFrame(look);
    };
    look();
})"""


def _go(page: "Page", path: str, title: str) -> float:
    """Seconds until the script that draws the page that was clicked has ended, and all of it is on the screen.

    The browser's own clock, from its click on: what Playwright needs to find the link and to ask is nobody's wait.
    """
    link = page.locator("[data-testid=stSidebar] a").filter(has_text=title).first
    page.evaluate(f"arguments => {{ window.drawn = ({_DRAWN})(arguments); }}", [path, title, _PATIENCE_SECONDS])
    link.click()
    return page.evaluate("window.drawn")
