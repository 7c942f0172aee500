"""Whose is what: a browser's token is a secret, and what files say of it is a mark that gives nothing away.

A browser proves who it is by a random token of 192 bits in its cookie. Whoever has the token may stop the person's runs, so it is
turned into a mark at the door, before anything else sees it, and only marks are written: into a run's config.json, which
people pass on, a job's job.json, a sweep, an upload, a set of own classes, the file of a name.

A mark is ``person.`` and 32 hex digits of HMAC-SHA256 under ``key``, a file of 32 random bytes in the workspace that only
its user may read. What that gives, and what not:

- From a mark, or all marks, nobody finds a token, with the key or without: there is nothing to guess among 2**192. A stolen
  workspace, key and all, lets nobody act as its people on the server that it came from.
- Without the key nobody can tell a token's mark. So a config.json that is passed on does not say whose other files its
  person wrote on another server, though the browser may have used one cookie for both, and nobody can make one that says it is
  somebody's.
- A mark is no token: the cookie has no room for its dot. Sending one back proves nothing.
- A workspace that is copied without its key keeps every run, but its people are strangers to it; its administrator is not.

Runs from the command line have no mark: "" stands for whoever has the files, and for browsers that keep no cookie.

The first release wrote tokens in clear, or their plain SHA-256 (``_FIRST_RELEASE``). A mark is made of that hash, so both become
the mark that the token has today, and whose something was before, it is after.
"""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from filelock import FileLock

from core.errors import RunError
from core.workspace.files import read_file, read_json, write_atomic
from core.workspace.folders import workspace

_PREFIX = "person."
_DIGITS = 32
_KEY_BYTES = 32

# Where the first release kept owners: (files, the keys that lead to the owner, whether it is the hash of a token).
_FIRST_RELEASE = (
    ("runs/*/config.json", ("owner",), False),
    ("sweeps/*/sweep.json", ("owner",), False),
    ("jobs/*/job.json", ("request", "then_train", "owner"), False),
    ("uploads/*.json", ("owner",), True),
    ("own/*/about.json", ("owner",), True),
)
_OLD_SPARE = "slots/spare.json"  # of a spare that still waits; it held the environment, the administrator's key with it


def mark_of(token: str) -> str:
    """What stands for a browser in files and comparisons.

    Args:
        token: of the browser; a mark stays what it is, and "" stays "".

    Raises:
        RunError: the workspace's key is damaged, or the disk takes none.
    """
    if not token or is_mark(token):
        return token
    return mark_of_hash(hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS])


def mark_of_hash(digest: str) -> str:
    """The mark of a token of which only the first release's plain hash is known. Raises as ``mark_of``."""
    if not digest or is_mark(digest):
        return digest
    made = hmac.new(_key(workspace()), digest.encode("utf-8", "surrogatepass"), hashlib.sha256)
    return _PREFIX + made.hexdigest()[:_DIGITS]


def is_mark(text: str) -> bool:
    """Whether this is a mark already, not a token."""
    digits = text.removeprefix(_PREFIX)
    return digits != text and len(digits) == _DIGITS and all(digit in "0123456789abcdef" for digit in digits)


def migrate() -> int:
    """Replaces the tokens that the first release wrote by marks, so that they lie nowhere in clear. Returns how many files changed.

    What cannot be read or written stays as it is, and readers make the mark themselves.
    """
    home, changed = workspace(), 0
    for pattern, keys, is_hash in _FIRST_RELEASE:
        for path in home.glob(pattern):
            with suppress(OSError, ValueError, RecursionError):
                changed += _rewrite(path, keys, mark_of_hash if is_hash else mark_of)
    for path in (home / "people").glob("*"):
        if len(path.name) == _DIGITS and not is_mark(path.name):
            with suppress(OSError):
                path.rename(path.with_name(mark_of_hash(path.name)))
                changed += 1
    with suppress(OSError, ValueError, RecursionError):
        if isinstance(_inside(read_json(home / _OLD_SPARE), ("settings",)), dict):
            (home / _OLD_SPARE).unlink()  # its spare sees that and goes
            changed += 1
    return changed


def _rewrite(path: Path, keys: tuple[str, ...], mark: Callable[[str], str]) -> bool:
    whole = read_json(path)
    inside = _inside(whole, keys[:-1])
    owner = _inside(inside, keys[-1:])
    if not isinstance(owner, str) or mark(owner) == owner:
        return False
    inside[keys[-1]] = mark(owner)
    before = path.stat()
    write_atomic(path, json.dumps(whole, indent=2, ensure_ascii=False) + "\n")
    path.chmod(before.st_mode & 0o777)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    return True


def _inside(values: Any, keys: tuple[str, ...]) -> Any:
    """What lies in dicts of dicts behind these keys; None where one is missing."""
    for key in keys:
        values = cast(dict[str, Any], values).get(key) if isinstance(values, dict) else None
    return values


@lru_cache(maxsize=8)
def _key(home: Path) -> bytes:
    path = home / "key"
    try:
        with FileLock(home / ".key.lock", timeout=60):  # of two processes that begin together, one makes it
            if not path.exists():
                write_atomic(path, secrets.token_bytes(_KEY_BYTES))  # for its user alone, as every new file there
        key = read_file(path)
    except OSError as error:
        raise RunError(
            f"“{path}”, by which the app tells people apart, cannot be read or made ({error.strerror}). Look after that folder, then try again."
        ) from error
    if len(key) != _KEY_BYTES:
        raise RunError(
            f"“{path}”, by which the app tells people apart, is damaged: it has {len(key)} bytes of {_KEY_BYTES}. Put it back from a "
            "copy. If there is none, remove it: everything stays, but the runs of browsers then belong to the administrator alone."
        )
    return key
