"""The upload route as the server calls it, without a server."""

import json

import anyio
import pytest
from coroutines import run_coroutine
from starlette.applications import Starlette

from core.photos.sources import uploads
from pages.photos.zip_drop import receive

OWNER = "token-of-one-browser"
OURS = {"x-alexnet-upload": "1", "cookie": f"alexnet_owner={OWNER}", "host": "here:8501"}
APP = Starlette(routes=receive.routes())


def ask(method, path, pieces=(), headers=OURS, breaks_off=False, **more):
    """(status, answer) of one request whose body comes in pieces."""
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    messages.append(
        {"type": "http.disconnect"} if breaks_off else {"type": "http.request", "body": b"", "more_body": False}
    )
    sent = []

    async def receive_message():
        return messages.pop(0)

    async def send(message):
        sent.append(message)

    given = {**headers, **{name.replace("_", "-"): str(value) for name, value in more.items()}}
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "server": ("here", 8501),
        "http_version": "1.1",
        "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
    }
    run_coroutine(APP(scope, receive_message, send))
    body = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], json.loads(body) if body else None


def begin(content, name="pets.zip", **more):
    return ask("POST", "/uploads", [json.dumps({"name": name, "size": len(content), "changed": 1}).encode()], **more)


ZIP = b"PK\3\4" + bytes(range(256)) * 20_000  # five megabytes, so that it is written in several pieces


def pieces_of(content, size=60_000):
    return [content[at : at + size] for at in range(0, len(content), size)]


def test_a_zip_is_streamed_to_the_disk():
    status, answer = begin(ZIP)
    assert (status, answer["offset"]) == (200, 0)
    status, answer = ask("PUT", f"/uploads/{answer['id']}", pieces_of(ZIP), upload_offset=0)
    assert (status, answer["offset"]) == (200, len(ZIP))
    (arrived,) = uploads.mine(OWNER)
    assert arrived.key == answer["key"] and arrived.path.read_bytes() == ZIP


def test_slices_follow_one_another():
    upload = begin(ZIP)[1]["id"]
    half = len(ZIP) // 2
    assert ask("PUT", f"/uploads/{upload}", [ZIP[:half]], upload_offset=0)[1] == {"offset": half}
    assert "key" in ask("PUT", f"/uploads/{upload}", [ZIP[half:]], upload_offset=half)[1]
    assert uploads.mine(OWNER)[0].path.read_bytes() == ZIP


def test_a_connection_that_breaks_keeps_what_came_and_dropping_it_again_goes_on():
    upload = begin(ZIP)[1]["id"]
    ask("PUT", f"/uploads/{upload}", pieces_of(ZIP[:3_000_000]), upload_offset=0, breaks_off=True)
    assert begin(ZIP) == (200, {"id": upload, "offset": 3_000_000})
    assert "key" in ask("PUT", f"/uploads/{upload}", pieces_of(ZIP[3_000_000:]), upload_offset=3_000_000)[1]
    assert uploads.mine(OWNER)[0].path.read_bytes() == ZIP


@pytest.mark.parametrize("offset", ["7", "-1", "x", ""])
def test_a_wrong_place_writes_nothing_and_tells_the_right_one(offset):
    upload = begin(ZIP)[1]["id"]
    assert ask("PUT", f"/uploads/{upload}", [b"zz"], upload_offset=offset)[1] == {"offset": 0}
    assert uploads.find(OWNER, upload).arrived == 0


def test_cancel_forgets_it():
    upload = begin(ZIP)[1]["id"]
    assert ask("DELETE", f"/uploads/{upload}") == (200, {})
    assert list(uploads.uploads_folder().iterdir()) == []


FOREIGN = [
    {"cookie": OURS["cookie"], "host": "here:8501"},
    {**OURS, "origin": "http://evil.example"},
    {**OURS, "origin": "http://here:9999"},
    {**OURS, "origin": "null"},
    {**OURS, "sec-fetch-site": "cross-site"},
    {**OURS, "sec-fetch-site": "same-site", "origin": "http://here:8501"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=["no header", "other host", "other port", "null", "cross", "sibling"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_requests_from_other_sites_are_refused(headers, method):
    upload = begin(ZIP)[1]["id"]
    path = "/uploads" if method == "POST" else f"/uploads/{upload}"
    status, answer = ask(method, path, [ZIP], headers=headers, upload_offset=0)
    assert status == 403 and "another" not in answer and "Open the Photos page" in answer["error"]
    assert uploads.find(OWNER, upload).arrived == 0


@pytest.mark.parametrize(
    "headers",
    [{**OURS, "origin": "http://here:8501"}, {**OURS, "sec-fetch-site": "same-origin", "origin": "https://proxy"}],
)
def test_the_apps_own_page_is_served(headers):
    assert begin(ZIP, headers=headers)[0] == 200


@pytest.mark.parametrize("cookie", ["", "alexnet_owner=", "alexnet_owner=../../x", "alexnet_owner=short"])
def test_a_browser_without_a_token_gets_a_sentence(cookie):
    status, answer = begin(ZIP, headers={**OURS, "cookie": cookie})
    assert status == 400 and "cookie" in answer["error"]


def test_one_browser_cannot_touch_anothers_upload():
    upload = begin(ZIP)[1]["id"]
    other = {**OURS, "cookie": "alexnet_owner=token-of-another-one"}
    for method in ("PUT", "DELETE"):
        status, answer = ask(method, f"/uploads/{upload}", [ZIP], headers=other, upload_offset=0)
        assert status == 400 and "not known here" in answer["error"]
    assert uploads.find(OWNER, upload).arrived == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"name": 1}',
        b'{"name": "a.zip", "size": "x", "changed": 0}',
        b"[" * 4000,
        b"x" * 10**6,
        b'{"name": "a.zip", "size": 1e999, "changed": 0}',
        b'{"name": "a.zip", "size": 5, "changed": 1e999}',
        b'{"name": "a.zip", "size": 5.5, "changed": 0}',
        b'{"name": "a.zip", "size": true, "changed": 0}',
        b'{"name": "a.zip", "size": ' + b"9" * 400 + b', "changed": 0}',
        b'{"name": "a.zip", "size": NaN, "changed": 0}',
        b'{"name": ["a.zip"], "size": 5, "changed": 0}',
    ],
)
def test_a_strange_announcement_is_a_sentence(body):
    status, answer = ask("POST", "/uploads", [body])
    assert status == 400 and "reload the page" in answer["error"]


def test_more_than_was_announced_is_a_sentence():
    upload = begin(ZIP)[1]["id"]
    status, answer = ask("PUT", f"/uploads/{upload}", [ZIP, ZIP], upload_offset=0)
    assert status == 400 and "more came" in answer["error"]


def test_a_full_disk_is_a_sentence(monkeypatch):
    upload = begin(ZIP)[1]["id"]

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(uploads.os, "pwrite", full)
    status, answer = ask("PUT", f"/uploads/{upload}", pieces_of(ZIP), upload_offset=0)
    assert status == 400 and "takes no more" in answer["error"]


@pytest.mark.parametrize("path", ["/uploads/..%2f..%2fetc", "/uploads/AAAA", "/uploads/x"])
def test_an_odd_id_is_no_path(path):
    assert ask("PUT", path, [b"x"], upload_offset=0)[0] == 400


def test_it_works_below_a_base_path():
    assert (
        ask("POST", "/class/alexnet/uploads", [json.dumps({"name": "a.zip", "size": 5, "changed": 1}).encode()])[0]
        == 200
    )


def ask_slowly(method, path, first, **more):
    """(status, answer) of a request that sends its first piece and then nothing more."""
    given = {**OURS, **{name.replace("_", "-"): str(value) for name, value in more.items()}}
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "server": ("here", 8501),
        "http_version": "1.1",
        "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
    }
    pieces, sent = [first], []

    async def receive_message():
        if not pieces:
            await anyio.sleep_forever()
        return {"type": "http.request", "body": pieces.pop(), "more_body": True}

    async def send(message):
        sent.append(message)

    run_coroutine(APP(scope, receive_message, send))
    return sent[0]["status"]


@pytest.mark.parametrize("first", [b"", b"PK", b"P" * 100_000], ids=["nothing", "two bytes", "a while"])
def test_a_request_that_stops_in_the_middle_is_let_go_and_what_came_is_kept(monkeypatch, first):
    upload = begin(ZIP)[1]["id"]
    monkeypatch.setattr(receive, "WINDOW_SECONDS", 0.05)
    assert ask_slowly("PUT", f"/uploads/{upload}", first, upload_offset=0) == 408
    assert uploads.find(OWNER, upload).arrived == len(first)
    assert ask_slowly("POST", "/uploads", b"{") == 408
    assert receive._waiting == [0] and not receive._writers


def test_no_more_requests_are_received_at_once_than_a_server_can_hold(monkeypatch):
    monkeypatch.setattr(receive, "MOST_SENDERS", 0)
    status, answer = begin(ZIP)
    assert status == 503 and "Drop yours again" in answer["error"]
