"""Zips, good and hostile, and a server that serves one badly."""

import io
import stat
import threading
import zipfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from photo_makers import encoded, picture


def pet_files(num_per_class: int = 6, top: str = "PetImages/") -> dict[str, bytes]:
    """Microsoft's layout: Cat and Dog, an empty photo in each as in the archive, Thumbs.db beside them, texts above."""
    files = {f"{top}Cat/666.jpg": b"", f"{top}Dog/11702.jpg": b""}
    for position, name in enumerate(("Cat", "Dog")):
        for index in range(num_per_class):
            files[f"{top}{name}/{index}.jpg"] = encoded(picture(1000 * position + index), quality=90)
        files[f"{top}{name}/Thumbs.db"] = b"\xd0\xcf\x11\xe0 a cache of Windows"
    files["readme[1].txt"] = b"about these photos"
    return files


def zip_bytes(files: dict, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of {name or ZipInfo: content}, in that order."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def entry(name: str, mode: int = 0o644 | stat.S_IFREG, **fields) -> zipfile.ZipInfo:
    """An entry with a kind of file of its own."""
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def write_zip(path: Path, files: dict, **options) -> Path:
    path.write_bytes(zip_bytes(files, **options))
    return path


class BadServer:
    """Serves ``content`` at /pets.zip.

    Args:
        drops: after so many bytes each of the first answers ends, in order.
        tag: its ETag; None sends none.
        ranges: whether it understands Range at all.
        length: what it says the length is; None says nothing.
        status, page: what it sends instead.
        skew: a range begins so many bytes later than was asked for.
    """

    def __init__(self, content: bytes, drops=(), tag='"1"', ranges=True, length="true", status=200, page=None, skew=0):
        self.content, self.drops, self.tag, self.ranges = content, list(drops), tag, ranges
        self.length, self.status, self.page, self.skew = length, status, page, skew
        self.asked: list[tuple[str | None, str | None]] = []  # (Range, If-Range) of each request
        self.sent = 0


@contextmanager
def serving(server: BadServer):
    """The address of the zip on a real server of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            wanted, condition = self.headers.get("Range"), self.headers.get("If-Range")
            server.asked.append((wanted, condition))
            if server.page is not None:
                return self.answer(server.status, server.page, {"Content-Length": len(server.page)})
            start, status, headers = 0, 200, {}
            if wanted and server.ranges and condition == server.tag:
                start, status = int(wanted[6:].rstrip("-")) + server.skew, 206
                if start >= len(server.content):
                    return self.answer(
                        416, b"", {"Content-Range": f"bytes */{len(server.content)}", "Content-Length": 0}
                    )
                headers["Content-Range"] = f"bytes {start}-{len(server.content) - 1}/{len(server.content)}"
            if server.tag:
                headers["ETag"] = server.tag
            body = server.content[start:]
            if server.length is not None:
                headers["Content-Length"] = len(body) if server.length == "true" else server.length - start
            if server.drops:
                body = body[: server.drops.pop(0)]
            return self.answer(status, body, headers)

        def answer(self, status, body, headers):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, str(value))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)
            server.sent += len(body)
            self.close_connection = True

        def log_message(self, *_):
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}/pets.zip"
    finally:
        httpd.shutdown()
        httpd.server_close()
