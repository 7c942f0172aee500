"""Whom the server answers: browsers that opened this app by a name of this computer's, and pages of this app alone.

A page of another program can make a browser ask this server. Two ways in are closed here, for every page, upload and connection:

- A name of the attacker's that leads to this computer (DNS rebinding) makes their page look like ours. So the ``Host`` that a
  browser names must be an address, a name without a dot or one of this computer's own; any other is written into
  ``server.allowedHosts`` by whoever starts the server.
- A page from another port of the same host is sent the same cookies. Streamlit takes a WebSocket from there where the host is
  this computer; here the whole origin must be the app's own, or stand in ``server.corsAllowedOrigins``.
"""

import ipaddress
import socket
from functools import lru_cache
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_FOREIGN_NAME = (
    "This server is not known by that name. Open it by its address, or start it with --server.allowedHosts=NAME."
)
_FOREIGN_PAGE = "This connection comes from another page. Open the app itself."


class Gate:
    """Refuses what comes by a foreign name or from a foreign page, with 403 and a sentence."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            headers = Headers(scope=scope)
            if not is_own_host(headers.get("host", "")):
                await _refuse(scope, receive, send, _FOREIGN_NAME)
                return
            if scope["type"] == "websocket" and not is_own_origin(headers.get("origin"), headers.get("host", "")):
                await _refuse(scope, receive, send, _FOREIGN_PAGE)
                return
        await self.app(scope, receive, send)


def is_own_host(host: str) -> bool:
    """Whether a browser that names this host (``name:port``) means this computer."""
    try:
        parts = urlsplit(f"//{host}")
        name = (parts.hostname or "").rstrip(".")
        _ = parts.port  # raises for one that is no number
    except ValueError:
        return False
    if not name or parts.username is not None or parts.path or parts.query or parts.fragment:
        return False
    allowed = [pattern.strip().lower().rstrip(".") for pattern in st.get_option("server.allowedHosts") or ()]
    if allowed:
        return any(_fits(name, pattern) for pattern in allowed)
    return _is_address(name) or "." not in name or name.endswith(".localhost") or name in _own_names()


def is_own_origin(origin: str | None, host: str) -> bool:
    """Whether a connection comes from a page of this app, or from no page at all: browsers always say where from."""
    if origin is None or not st.get_option("server.enableCORS"):
        return True
    try:
        place = urlsplit(origin).netloc
    except ValueError:
        return False
    return place == host or origin in (st.get_option("server.corsAllowedOrigins") or ())


def _fits(name: str, pattern: str) -> bool:
    return pattern in ("*", name) or (pattern.startswith("*.") and name.endswith(pattern[1:]))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1)
def _own_names() -> frozenset[str]:
    name = socket.gethostname().lower()
    named = {name, f"{name}.local", socket.getfqdn().lower(), str(st.get_option("browser.serverAddress")).lower()}
    return frozenset(named)


async def _refuse(scope: Scope, receive: Receive, send: Send, sentence: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": sentence})
    else:
        await PlainTextResponse(sentence, 403)(scope, receive, send)
