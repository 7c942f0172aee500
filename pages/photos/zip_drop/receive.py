"""Takes zips from the browser, piece by piece, straight to the disk: ``st.file_uploader`` would hold them in memory.

    POST   uploads        {"name", "size", "changed"} -> {"id", "offset"}; the same file again goes on where it stopped
    PUT    uploads/<id>   bytes from ``Upload-Offset`` on -> {"offset"}, and {"key"} once the zip is whole
    DELETE uploads/<id>   forgets it

What cannot be done is {"error": a sentence}. Only this app's own page may ask: a browser sends the header below to
another site only after that site has allowed it, and this one never does.

A sender that stops in the middle is let go after a while, and so is one that only keeps its connection open: what it has sent is
kept, and it may come back for the rest.
"""

import json
from collections.abc import AsyncIterator
from functools import partial
from urllib.parse import urlsplit

import anyio
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.errors import AppError, PhotoError
from core.parse import whole
from core.photos.sources import uploads
from core.workspace.owners import mark_of
from pages.frame.gate import is_own_host
from pages.state import OWNER_COOKIE, as_token

HEADER = "X-AlexNet-Upload"
_PIECE = 2**20
_MOST_ABOUT = 4096  # bytes of an announcement
WINDOW_SECONDS, FEWEST_BYTES = 30.0, 64 * 2**10  # a request has brought so much after every such while, or ends
MOST_SENDERS = 100  # requests that are being sent at once
_waiting = [0]  # how many requests are being received
_writers: dict[str, object] = {}  # id -> who writes it now; a second connection for the same zip takes over


def routes() -> list[Route]:
    """For ``st.App``; also below a ``server.baseUrlPath``."""
    found = []
    for base in ("", "/{base:path}"):
        found.append(Route(f"{base}/uploads", _answering(_begin), methods=["POST"]))
        found.append(Route(f"{base}/uploads/{{id}}", _answering(_receive), methods=["PUT"]))
        found.append(Route(f"{base}/uploads/{{id}}", _answering(_forget), methods=["DELETE"]))
    return found


def _answering(what):
    async def answer(request: Request) -> Response:
        if _is_foreign(request):
            return _refusal(
                403,
                "Zips are taken from the app's own page; this request came from elsewhere. "
                "Open the Photos page and drop the zip there.",
            )
        if _waiting[0] >= MOST_SENDERS:
            return _refusal(
                503, f"{MOST_SENDERS} zips are being sent to this server at this moment. Drop yours again in a minute."
            )
        _waiting[0] += 1
        try:
            return JSONResponse(await what(request, mark_of(as_token(request.cookies.get(OWNER_COOKIE, "")))))
        except AppError as error:
            return _refusal(400, str(error))
        except (ClientDisconnect, TimeoutError):  # what arrived is on the disk
            return Response(status_code=408)
        finally:
            _waiting[0] -= 1

    return answer


def _refusal(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"error": sentence}, status)


def _is_foreign(request: Request) -> bool:
    if HEADER not in request.headers or not is_own_host(request.headers.get("host", "")):
        return True
    site = request.headers.get("sec-fetch-site")  # only told to https and localhost
    if site is not None:
        return site != "same-origin"
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host")


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """A request's body. Raises TimeoutError once a while has passed in which too little of it came."""
    stream, arrived, until = request.stream(), 0, anyio.current_time() + WINDOW_SECONDS
    while True:
        with anyio.fail_after(until - anyio.current_time()):
            piece = await anext(stream, None)
        if piece is None:
            return
        arrived += len(piece)
        if arrived >= FEWEST_BYTES:
            arrived, until = 0, anyio.current_time() + WINDOW_SECONDS
        yield piece


def _text(value) -> str:
    if not isinstance(value, str):
        raise ValueError("not a name")
    return value


async def _begin(request: Request, owner: str) -> dict:
    about = b""
    async for piece in _pieces(request):
        about += piece
        if len(about) > _MOST_ABOUT:
            break
    try:
        values = json.loads(about)
        name, size, changed = _text(values["name"]), whole(values["size"]), whole(values["changed"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise PhotoError(
            "An upload is announced with its name, size and time; reload the page and drop the zip again."
        ) from error
    upload = await anyio.to_thread.run_sync(uploads.begin, owner, name, size, changed)
    return {"id": upload.id, "offset": upload.arrived}


async def _receive(request: Request, owner: str) -> dict:
    upload = await anyio.to_thread.run_sync(uploads.find, owner, request.path_params["id"])
    offset = request.headers.get("upload-offset", "")
    if offset != str(upload.arrived):
        return {"offset": upload.arrived}  # a lost answer or a second tab: the page goes on from here
    _writers[upload.id] = me = object()
    at, waiting = upload.arrived, bytearray()
    try:
        async for piece in _pieces(request):
            waiting += piece
            if len(waiting) >= _PIECE:
                if _writers.get(upload.id) is not me:
                    return {"offset": at}
                at = await anyio.to_thread.run_sync(uploads.append, upload, at, bytes(waiting))
                waiting.clear()
    finally:
        if _writers.get(upload.id) is me:
            del _writers[upload.id]
            # shielded: what has come over a connection that just broke is kept
            with anyio.CancelScope(shield=True):
                at = await anyio.to_thread.run_sync(uploads.append, upload, at, bytes(waiting))
    if at < upload.num_bytes:
        return {"offset": at}
    arrived = await anyio.to_thread.run_sync(uploads.finish, upload)
    return {"offset": at, "key": arrived.key}


async def _forget(request: Request, owner: str) -> dict:
    upload = await anyio.to_thread.run_sync(uploads.find, owner, request.path_params["id"])
    _writers.pop(upload.id, None)
    await anyio.to_thread.run_sync(partial(uploads.cancel, upload))
    return {}
