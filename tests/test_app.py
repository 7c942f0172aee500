"""The server's own doors, asked without a server."""

import re

import pytest
from coroutines import run_coroutine
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse

from app import OwnerCookie
from pages.shared.state import OWNER_COOKIE, as_token

TOKEN = "a-token-of-annas-browser"


def cookie_given(sent: str) -> str | None:
    """The token that a browser gets which sends these cookies; None where it gets none."""
    answers = []

    async def send(message):
        answers.append(message)

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    headers = [(b"cookie", sent.encode("utf-8"))] if sent else []
    scope = {"type": "http", "method": "GET", "path": "/", "scheme": "http", "headers": headers}
    run_coroutine(OwnerCookie(HTMLResponse("<p>page</p>"))(scope, receive, send))
    found = dict(answers[0]["headers"]).get(b"set-cookie", b"").decode()
    return re.match(rf"{OWNER_COOKIE}=([^;]*)", found)[1] if found else None


def token_seen(sent: str) -> str:
    """The token that a page sees of these cookies."""
    scope = {"type": "websocket", "headers": [(b"cookie", sent.encode("utf-8"))]}
    return as_token(HTTPConnection(scope).cookies.get(OWNER_COOKIE))


def test_a_browser_without_a_token_gets_one_that_a_page_takes():
    assert as_token(cookie_given("")) and cookie_given("") != cookie_given("")
    assert as_token(cookie_given("theme=dark"))


OTHERS = ['theme={"a": "b"}', "a/b=1", "a b=c d", "=", ";", "naïve=ü", 'q="open', "x=\x01", "alexnet_owner2=z", "[]=[]", "a@b:c=1,2", "$Version=1"]  # fmt: skip


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("place", ["{other}; {ours}", "{ours}; {other}", "{other}; {ours}; {other}"])
def test_other_programs_cookies_neither_hide_a_token_nor_break_a_request(other, place):
    sent = place.format(other=other, ours=f"{OWNER_COOKIE}={TOKEN}")
    assert cookie_given(sent) is None and token_seen(sent) == TOKEN


def test_a_token_that_cannot_be_one_is_replaced():
    assert as_token(cookie_given(f"{OWNER_COOKIE}=../../x"))


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=60))
def test_whatever_stands_beside_it_a_person_stays_the_same(noise):
    sent = f"{noise}; {OWNER_COOKIE}={TOKEN}"
    assert cookie_given(sent) is None and token_seen(sent) == TOKEN
