"""The server's own doors, asked without a server."""

import re
import socket

import pytest
from coroutines import run_coroutine
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse

from app import OwnerCookie
from pages.frame import gate
from pages.frame.gate import Gate
from pages.state import OWNER_COOKIE, as_token

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


OTHERS = [
    'theme={"a": "b"}',
    "a/b=1",
    "a b=c d",
    "=",
    ";",
    "naïve=ü",
    'q="open',
    "x=\x01",
    "alexnet_owner2=z",
    "[]=[]",
    "a@b:c=1,2",
    "$Version=1",
]


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("place", ["{other}; {ours}", "{ours}; {other}", "{other}; {ours}; {other}"])
def test_other_programs_cookies_neither_hide_a_token_nor_break_a_request(other, place):
    sent = place.format(other=other, ours=f"{OWNER_COOKIE}={TOKEN}")
    assert cookie_given(sent) is None and token_seen(sent) == TOKEN


def test_a_token_that_cannot_be_one_is_replaced():
    assert as_token(cookie_given(f"{OWNER_COOKIE}=../../x"))


@given(st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=60))
def test_whatever_stands_beside_it_a_person_stays_the_same(noise):
    sent = f"{noise}; {OWNER_COOKIE}={TOKEN}"
    assert cookie_given(sent) is None and token_seen(sent) == TOKEN


def passes(kind: str, **headers: str) -> bool:
    """Whether a request or a connection with these headers reaches the app."""
    reached, sent = [], []

    async def app(scope, receive, send):
        reached.append(scope)

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": f"{kind}.connect"}

    given = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    run_coroutine(Gate(app)({"type": kind, "method": "GET", "path": "/", "headers": given}, receive, send))
    assert bool(reached) != bool(sent)
    return bool(reached)


OWN_HOSTS = [
    "localhost:8501",
    "127.0.0.1:8501",
    "[::1]:8501",
    "192.168.1.20:8501",
    "teacher-pc:8501",
    "LOCALHOST",
    f"{socket.gethostname()}.local:8501",
]
FOREIGN_HOSTS = [
    "evil.example:8501",
    "evil.example",
    "localhost.evil.example:8501",
    "127.0.0.1.evil.example",
    "",
    "localhost:x",
    "evil@localhost",
    "a/b",
    "127.0.0.1@evil.example",
    "evil.example.",
    "1.2.3.4.5:8501",
]


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize("host", OWN_HOSTS)
def test_this_computers_names_and_addresses_are_answered(kind, host):
    assert passes(kind, host=host, origin=f"http://{host}")


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_foreign_name_that_leads_here_is_refused(kind, host):
    assert not passes(kind, host=host, origin=f"http://{host}")


FOREIGN_ORIGINS = [
    "http://localhost:9999",
    "http://localhost",
    "http://127.0.0.1:8501",
    "http://evil.example:8501",
    "null",
    "http://[",
    "http://0.0.0.0:8501",
    "",
    "http://localhost:8501.evil.example",
]


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
def test_a_connection_from_a_page_of_another_port_or_host_is_refused(origin):
    assert not passes("websocket", host="localhost:8501", origin=origin)


def test_what_is_no_page_may_connect():
    assert passes("websocket", host="localhost:8501")


def test_names_and_origins_that_the_server_was_started_with_are_answered(monkeypatch):
    options = {
        "server.allowedHosts": ["lab.school.example", "*.class.example"],
        "server.corsAllowedOrigins": ["https://other.example"],
        "server.enableCORS": True,
    }
    monkeypatch.setattr(gate.st, "get_option", options.get)
    assert passes("http", host="lab.school.example") and passes("http", host="a.class.example:8501")
    assert not passes("http", host="evil.example") and not passes("http", host="localhost:8501")
    assert passes("websocket", host="lab.school.example", origin="https://other.example")


@given(st.text(st.characters(max_codepoint=255), max_size=40))
def test_no_host_breaks_the_gate(host):
    assert gate.is_own_host(host) in (True, False)
