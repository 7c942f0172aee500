"""What ``streamlit run app.py`` starts: the server around the pages.

The main script is ``pages/frame/main.py``, not this file: a ``pages`` folder beside the main script would let a deep
link on a fresh server run a page without its frame.
"""

import importlib
import secrets
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.answers.predictor import get_predictor
from core.runs.engines.local import revive_waiting
from pages.frame.gate import Gate
from pages.parts.problems import explain
from pages.photos.zip_drop import receive
from pages.state import OWNER_COOKIE, as_token

ONE_YEAR_SECONDS = 365 * 24 * 3600


class OwnerCookie:
    """Gives every browser a random token of its own, which says whose runs are whose.

    Never in a link and never readable by scripts (HttpOnly). The page reads it from ``st.context.cookies``, which is filled
    by the parser that is asked here too: a browser also sends the cookies of other programs on the same host, and whatever
    they hold, both see the same token or none.
    """

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or as_token(HTTPConnection(scope).cookies.get(OWNER_COOKIE)):
            await self.app(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_page(message):
                token = secrets.token_urlsafe(24)
                cookie = f"{OWNER_COOKIE}={token}; Path=/; Max-Age={ONE_YEAR_SECONDS}; HttpOnly; SameSite=Lax"
                if scope["scheme"] == "https":
                    cookie += "; Secure"
                message = {**message, "headers": [*message["headers"], (b"set-cookie", cookie.encode())]}
            await send(message)

        await self.app(scope, receive, send_with_cookie)


def _is_page(message: Message) -> bool:
    """True for the HTML that a browser opens; the dozens of scripts and pictures after it carry no cookie."""
    return any(name == b"content-type" and value.startswith(b"text/html") for name, value in message["headers"])


def _import_ahead() -> None:
    """What the pages need, imported while the browser still fetches Streamlit's own scripts: half a second less to wait.

    The first page's modules come first.
    """
    first = ("pandas", "pyarrow", "pages.frame.header", "pages.parts.answers")
    others = (
        "core.network.keras_code",
        "core.network.picture",
        "core.advice.capacity",
        "core.training.process.calibrate",
        "plotly.graph_objects",
    )
    for module in (*first, *others):
        importlib.import_module(module)


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Starts runs that were waiting when the machine went down; ends the predictor with the server."""
    threading.Thread(target=_import_ahead, daemon=True).start()
    await anyio.to_thread.run_sync(revive_waiting)
    yield
    await anyio.to_thread.run_sync(get_predictor().close)


app = st.App(
    Path(__file__).parent / "pages" / "frame" / "main.py",
    routes=receive.routes(),
    lifespan=lifespan,
    middleware=[Middleware(Gate), Middleware(OwnerCookie)],
    on_script_error=explain,
)
