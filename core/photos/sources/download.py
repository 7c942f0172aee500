"""Fetches an archive from the internet: it goes on where it was interrupted, and believes no server.

A download in progress is two files beside the target: what has arrived (``.part``), and by what to know that the
server's file is still the same one (``.json``: the ETag or the time of its last change).
"""

import hashlib
import http.client
import json
import re
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from core import parse
from core.errors import PhotoError
from core.jobs.job import Report, no_report
from core.parse import is_number
from core.workspace.disk import why_not_written
from core.workspace.files import DAMAGED, open_file, read_json, write_atomic

MAX_BYTES = 4 * 10**9  # more is not what was asked for
SPARE_BYTES = 200 * 10**6  # of disk, left for others
TIMEOUT_SECONDS = 30.0
MOST_FAILURES = 3  # in a row, without a byte more, where nothing has arrived yet: offline is said soon
MOST_BREAKS = 8  # the same, where something has: a minute without a connection costs nothing
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 1.0, 16.0  # twice as long after each failure

_PIECE = 2**18
_PASSING = (408, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Archive:
    """A zip on the internet.

    Args:
        name: for the person.
        url: http or https.
        sha256: of the published file, 64 hexadecimal digits.
        num_bytes: about how many; used until the server has said.
    """

    name: str
    url: str
    sha256: str
    num_bytes: int


class _Broken(Exception):
    """The connection ended early; it may work the next time. ``str()`` is half a sentence."""


def fetch(archive: Archive, target: Path, report: Report = no_report) -> Path:
    """The archive as a file, downloaded if it is not there.

    Args:
        archive: what to fetch.
        target: where it is to lie; its folder exists, and no other process fetches it at the same time.
        report: called with stage "downloading", in bytes.

    Raises:
        PhotoError: no connection, an answer that is no zip, no room on the disk. What has arrived is kept for the next
            call, unless it is worth nothing.
        Cancelled: by ``report``; what has arrived is kept.
    """
    if target.is_file():
        return target
    part, about = target.with_suffix(".part"), target.with_suffix(".json")
    failures, begun_with = 0, _size(part)
    most = begun_with
    while True:
        try:
            _transfer(archive, part, about, report)
            break
        except _Broken as error:
            arrived = _size(part)
            failures = failures + 1 if arrived <= most else 0
            most = max(most, arrived)
            if failures >= (MOST_BREAKS if most > begun_with else MOST_FAILURES):
                raise _unreachable(archive, part, str(error)) from error
            seconds = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** max(0, failures - 1))
            _wait(seconds, lambda: report("downloading", _size(part), _total(about, archive)))
        except OSError as error:
            raise PhotoError(why_not_written(error, part.parent)) from error
    about.unlink(missing_ok=True)
    part.replace(target)
    return target


def checksum(path: Path, report: Report = no_report) -> str:
    """SHA-256 of a file, 64 hexadecimal digits. ``report`` is called with stage "checking", in bytes."""
    total, digest = path.stat().st_size, hashlib.sha256()
    with open_file(path) as file:
        while piece := file.read(4 * 2**20):
            digest.update(piece)
            report("checking", file.tell(), total)
    return digest.hexdigest()


def _transfer(archive: Archive, part: Path, about: Path, report: Report) -> None:
    """One connection: as many bytes as it gives. Raises _Broken, PhotoError, Cancelled, OSError (the disk's)."""
    have, known = _size(part), _known(about)
    headers = {"User-Agent": "AlexNet-Playground", "Accept-Encoding": "identity"}
    if have and known.get("validator"):
        headers |= {"Range": f"bytes={have}-", "If-Range": known["validator"]}
    try:
        answer = urllib.request.urlopen(urllib.request.Request(archive.url, headers=headers), timeout=TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416 and have:  # it has no more than we have
            if _total_in(error.headers.get("Content-Range")) == have:
                return
            part.unlink()
            raise _Broken("the server's file has changed") from error
        raise _of_status(archive, error.code) from error
    except (OSError, http.client.HTTPException) as error:
        raise _Broken(_reason(error)) from error
    except ValueError as error:  # no address at all
        raise PhotoError(f"An archive's address begins with https://; received “{archive.url[:200]}”.") from error
    with answer:
        goes_on = answer.status == 206 and _first_in(answer.headers.get("Content-Range")) == have and "Range" in headers
        if answer.status == 206 and not goes_on:
            part.unlink(missing_ok=True)
            raise _Broken("the server sent another part than was asked for")
        start = have if goes_on else 0
        length = answer.length
        total = start + length if length is not None else None
        _check_total(archive, total)
        _check_room(part.parent, archive, start, total)
        write_atomic(about, json.dumps({"validator": _validator(answer.headers), "total": total}))
        with part.open("r+b" if goes_on else "wb") as file:
            file.seek(start)
            _receive(answer, file, archive, total, report)


def _receive(answer: http.client.HTTPResponse, file: BinaryIO, archive: Archive, total: int | None, report: Report):
    while True:
        done = file.tell()
        report("downloading", done, max(done, total or archive.num_bytes))
        try:
            piece = answer.read1(_PIECE)
        except (OSError, http.client.HTTPException) as error:
            raise _Broken(_reason(error)) from error
        if not piece:
            break
        if done == 0 and not piece.startswith(b"PK"):
            raise PhotoError(
                f"{archive.name} is a zip; {_host(archive)} sent something else, which begins with “{_text(piece[:40])}”. Try again "
                "later, or fetch the zip with your browser and choose Zip or Folder."
            )
        file.write(piece)
        _check_total(archive, file.tell())
    if total is not None and file.tell() < total:
        raise _Broken(f"the server ended after {file.tell() / 1e6:,.1f} of {total / 1e6:,.1f} MB")
    file.flush()


def _of_status(archive: Archive, status: int) -> Exception:
    if status in _PASSING:
        return _Broken(f"the server answers with status {status}")
    return PhotoError(
        f"{archive.name} is no longer at {archive.url}: the server answers with status {status}. Fetch the zip with your browser "
        "and choose Zip or Folder."
    )


def _check_total(archive: Archive, total: int | None) -> None:
    if total is not None and total > MAX_BYTES:
        raise PhotoError(
            f"{archive.name} has about {archive.num_bytes / 1e6:,.0f} MB; {_host(archive)} sends {total / 1e6:,.0f} MB or more, which is not "
            "it. Nothing was unpacked. Fetch the zip with your browser and choose Zip or Folder."
        )


def _check_room(folder: Path, archive: Archive, have: int, total: int | None) -> None:
    size = total or archive.num_bytes
    needed, free = 2 * size - have + SPARE_BYTES, shutil.disk_usage(folder).free
    if free < needed:
        raise PhotoError(
            f"{archive.name} needs {needed / 1e6:,.0f} MB of disk, for the zip and its photos; “{folder}” has {free / 1e6:,.0f} MB free. "
            "Free some space, or set ALEXNET_HOME to a folder on another disk."
        )


def _unreachable(archive: Archive, part: Path, reason: str) -> PhotoError:
    arrived = _size(part)
    kept = f" {arrived / 1e6:,.1f} MB have arrived and are kept; the next try goes on from there." if arrived else ""
    return PhotoError(
        f"{archive.name} comes from the internet, and {_host(archive)} could not be reached or broke off ({reason}).{kept} Check the "
        "connection and try again, or bring the zip from elsewhere and choose Zip or Folder."
    )


def _wait(seconds: float, look: Callable[[], None]) -> None:
    """Sleeps, and lets the person cancel meanwhile."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        look()
        time.sleep(min(0.25, left))


def _validator(headers) -> str | None:
    """What If-Range takes: a strong ETag, else the time of the last change (RFC 9110, section 13.1.5)."""
    tag = headers.get("ETag", "")
    return tag if tag.startswith('"') else headers.get("Last-Modified")


def _known(about: Path) -> dict:
    try:
        known = read_json(about)
        total, validator = known.get("total"), known.get("validator")
    except (OSError, *DAMAGED):
        return {}
    is_whole = (total is None or is_number(total)) and (validator is None or isinstance(validator, str))
    return known if is_whole else {}


def _total(about: Path, archive: Archive) -> int:
    return _known(about).get("total") or archive.num_bytes


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _first_in(content_range: str | None) -> int | None:
    return _number(re.match(r"bytes ([^-]*)-", content_range or ""))


def _total_in(content_range: str | None) -> int | None:
    return _number(re.search(r"/([^/]*)$", content_range or ""))


def _number(found: re.Match | None) -> int | None:
    """What a server gave as a number; None where it is none."""
    try:
        return parse.whole(found[1], 0) if found else None
    except ValueError:
        return None


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
    reason = getattr(reason, "strerror", None) or reason
    return str(reason) or type(error).__name__


def _host(archive: Archive) -> str:
    return urlsplit(archive.url).hostname or archive.url[:100]


def _text(head: bytes) -> str:
    return " ".join(head.decode("utf-8", "replace").split())
