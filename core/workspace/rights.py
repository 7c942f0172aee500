"""Who may change what: the one rule, for runs, sweeps, preparations, uploads, own classes, data sets and decisions about photos.

Everything has owners: the marks (``core.workspace.owners``) of the browsers that made it, "" for the command line and for browsers
that keep no cookie. Then

- the administrator may change everything;
- what has an owner is changed by that person alone. What several people share (a data set that two have prepared, or that another's
  run learned from) is changed by none of them, since it would be changed for the others too;
- what has none belongs to the administrator where there is one, elsewhere to everybody.

The command line asks nobody: who has a shell has the files.
"""

import hashlib
import hmac
import os
import secrets
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from core.errors import RunError
from core.workspace.owners import mark_of

ADMIN_KEY = "ALEXNET_ADMIN_KEY"
MOST_TRIES, TRIES_SECONDS = 5, 60.0


@dataclass(frozen=True)
class Person:
    """Who asks for something.

    Args:
        owner: the browser's mark; "" if it has none.
        is_admin: whether they gave the administrator's key, or sit at the command line.
    """

    owner: str = ""
    is_admin: bool = False


COMMAND_LINE = Person(is_admin=True)


def may_change(person: Person, owners: Iterable[str]) -> bool:
    """Whether somebody may change, stop or remove what belongs to these owners."""
    if person.is_admin:
        return True
    me, owners = mark_of(person.owner), {mark_of(owner) for owner in owners}
    others = {owner for owner in owners if owner != me and (owner or has_admin())}
    return not others and (bool(me and me in owners) or not has_admin())


def has_part(person: Person, owners: Iterable[str]) -> bool:
    """Whether somebody is one of these owners, or may change all that is theirs: they add to it and see what others do not."""
    me = mark_of(person.owner)
    return bool(me and me in {mark_of(owner) for owner in owners}) or may_change(person, owners)


def has_admin() -> bool:
    """Whether the server was started with an administrator's key."""
    return bool(os.environ.get(ADMIN_KEY))


def is_admin(admin_key: str) -> bool:
    """Whether this is the administrator's key."""
    return has_admin() and hmac.compare_digest(_hashed(admin_key), _hashed(os.environ[ADMIN_KEY]))


def try_key(admin_key: str) -> bool:
    """As ``is_admin``, for what a person has just typed. All browsers together have five tries a minute.

    Raises:
        RunError: five have been used up. Whoever is the administrator already stays it.
    """
    now = time.monotonic()
    with _guard:
        while _tries and now - _tries[0] >= TRIES_SECONDS:
            _tries.popleft()
        if len(_tries) >= MOST_TRIES:
            seconds = max(1, round(TRIES_SECONDS - (now - _tries[0])))
            raise RunError(
                f"The administrator's key is asked for at most {MOST_TRIES} times a minute, by all browsers together. Try again in {seconds} s."
            )
        _tries.append(now)
    return is_admin(admin_key)


_tries: deque[float] = deque()
_guard = threading.Lock()
_of_this_process = secrets.token_bytes(32)


def _hashed(text: str) -> bytes:
    """Of one length whatever was given, so that nobody finds a secret letter by letter."""
    return hmac.digest(_of_this_process, text.encode("utf-8", "surrogatepass"), hashlib.sha256)
