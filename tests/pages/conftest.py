"""Pages are run as the server runs them, from the main script, without a server."""

from functools import cache

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest
from visits import go, open_link


@pytest.fixture(scope="session", autouse=True)
def components():
    """Every visitor looks through all installed packages for components, as a server does once: half of what a visit takes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(autouse=True)
def forget():
    """Nothing that one test's server remembers reaches the next."""
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def open_page():
    """``open_page("network", preset="narrow")``: a visitor who opens a link and goes to that page."""

    def visit(name: str, **parameters: str) -> AppTest:
        return go(open_link(**parameters), name)

    return visit


@pytest.fixture(autouse=True)
def breaking(monkeypatch):
    """What is read here has plain spaces between numbers and units; that they do not break is tested in test_words.py."""
    monkeypatch.setattr("pages.parts.words.NO_BREAK", " ")
