"""A visitor of the app, without a browser."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

PROJECT = Path(__file__).parents[2]


def open_link(**parameters: str) -> AppTest:
    """Somebody opens the app's home page through a link."""
    app = AppTest.from_file(PROJECT / "pages" / "frame" / "main.py", default_timeout=60)
    for key, value in parameters.items():
        app.query_params[key] = value
    return app.run()


def go(app: AppTest, name: str) -> AppTest:
    """The same visitor on another page."""
    app.switch_page(str(PROJECT / "pages" / name / "page.py")).run()
    assert not app.exception, app.exception
    return app


def words_of(app: AppTest) -> str:
    """All that the page says in titles, texts and captions."""
    kinds = ("title", "header", "markdown", "caption", "text", "info")
    return " ".join(element.value for kind in kinds for element in app.get(kind)).replace("\\", "")


def look_as(monkeypatch: pytest.MonkeyPatch, owner_mark: Callable[[], str]) -> None:
    """From here on the visitor's browser has this mark."""
    monkeypatch.setattr("pages.state.owner", owner_mark)
    monkeypatch.setattr("pages.state.visit.owner", owner_mark)
