"""What a person decided otherwise than the rules: about one photo, or about all photos of a kind.

``workspace/overrules/<hash of the folder>.json`` belongs to the folder of photos, not to a data set: it takes effect
whenever the folder is prepared, and nothing in the folder itself is written. A decision about a photo holds for its path
and its bytes; another photo that comes to bear the same name is judged by the rules.

Everybody who may prepare a folder may decide about what nobody has decided yet. A decision is then changed by whoever made it, or
by the administrator, and what a change has replaced is kept once, beside it, so that it can be brought back.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from core.errors import PhotoError
from core.photos.checks.scan import Issue
from core.workspace.disk import saying_why_not
from core.workspace.files import DAMAGED, read_json, write_atomic
from core.workspace.folders import workspace
from core.workspace.lock import Lock
from core.workspace.owners import mark_of
from core.workspace.rights import COMMAND_LINE, Person, may_change

USE, USE_ANYWAY, LEAVE_OUT = "use", "use anyway", "leave out"
"""What can be asked for. "use anyway" is for a picture under two class names: both labels are then used."""

_ASKED = (USE, USE_ANYWAY, LEAVE_OUT)
_PATIENCE_SECONDS = 10


@dataclass(frozen=True)
class Overrules:
    """Decisions about one folder.

    Args:
        files: {path: (sha256 of its bytes, what is asked)}, the oldest first.
        kinds: {issue: what is asked}.
        by: {path or issue: mark of the browser that decided}; nobody's where it is missing.
    """

    files: dict[str, tuple[str, str]] = field(default_factory=dict)
    kinds: dict[Issue, str] = field(default_factory=dict)
    by: dict[str, str] = field(default_factory=dict, compare=False)

    def __bool__(self) -> bool:
        return bool(self.files or self.kinds)

    def asked(self, path: str, sha256: str, issues: Sequence[Issue]) -> str | None:
        """What is asked for a photo: by itself, else by its kinds, else None.

        To leave it out, any of its kinds is enough; to use it, the one that keeps it out has to be asked for, its first.
        """
        known, action = self.files.get(path, ("", ""))
        if action and known == sha256:
            return action
        if any(self.kinds.get(issue) == LEAVE_OUT for issue in issues):
            return LEAVE_OUT
        return self.kinds.get(issues[0]) if issues else None

    def of_kinds(self, issues: Sequence[Issue]) -> bool:
        """Whether something is asked for one of these kinds."""
        return any(issue in self.kinds for issue in issues)

    def num_changes_from(self, other: "Overrules") -> int:
        """How many decisions differ."""
        return _num_different(self.files, other.files) + _num_different(self.kinds, other.kinds)

    def as_json(self) -> dict:
        """JSON types; ``from_json`` reads them."""
        return {
            "files": [
                {"path": path, "sha256": sha256, "action": action} | self._by(path)
                for path, (sha256, action) in self.files.items()
            ],
            "kinds": {issue.value: action for issue, action in self.kinds.items()},
            "kinds_by": {issue.value: self.by[issue] for issue in self.kinds if issue in self.by},
        }

    def _by(self, path: str) -> dict[str, str]:
        return {"by": self.by[path]} if path in self.by else {}


def from_json(values: dict) -> Overrules:
    """The inverse of ``as_json``. Raises KeyError, TypeError or ValueError for anything else."""
    files = {row["path"]: (row["sha256"], row["action"]) for row in values["files"]}
    kinds = {Issue(name): action for name, action in values["kinds"].items()}
    unknown = {action for _, action in files.values()} | set(kinds.values())
    if not unknown <= set(_ASKED):
        raise ValueError(f"unknown actions {sorted(unknown - set(_ASKED))}")
    by = {row["path"]: str(row["by"]) for row in values["files"] if row.get("by")}
    by |= {Issue(name): str(owner) for name, owner in values.get("kinds_by", {}).items()}
    return Overrules(files, kinds, by)


def load(root: Path) -> Overrules:
    """What was decided about a folder; nothing, if nothing was.

    Raises:
        PhotoError: the file is damaged. A decision that is silently lost would bring wrong labels back.
    """
    path = path_of(root)
    try:
        return from_json(read_json(path))
    except FileNotFoundError:
        return Overrules()
    except (OSError, *DAMAGED) as error:
        raise PhotoError(
            f"What was decided about photos of “{root}” cannot be read ({error}). Remove “{path}” to begin with the rules alone."
        ) from error


def set_file(root: Path, path: str, sha256: str, action: str, person: Person = COMMAND_LINE) -> Overrules:
    """Decides about one photo. The newest decision stands last.

    Args:
        root: the folder of photos.
        path: relative to it.
        sha256: of the photo's bytes, as scanned.
        action: USE, USE_ANYWAY or LEAVE_OUT. Whether it is possible is known to ``clean.choices``.
        person: who decides.

    Returns:
        All decisions as they are now.

    Raises:
        PhotoError: the decision cannot be kept, or somebody else has decided about it.
    """
    _check(action)

    def change(now: Overrules) -> Overrules:
        files = {known: asked for known, asked in now.files.items() if known != path}
        return replace(now, files=files | {path: (sha256, action)})

    return _change(root, change, person)


def leave_out(root: Path, path: str, sha256: str, person: Person = COMMAND_LINE) -> Overrules:
    """Leaves one photo out, for instance because its label is wrong. Args and raises: as ``set_file``."""
    return set_file(root, path, sha256, LEAVE_OUT, person)


def undo_files(root: Path, paths: Iterable[str], person: Person = COMMAND_LINE) -> Overrules:
    """Forgets what was decided about single photos. Raises as ``set_file``."""
    gone = set(paths)
    return _change(root, lambda now: replace(now, files={p: a for p, a in now.files.items() if p not in gone}), person)


def set_kind(root: Path, issue: Issue, action: str, person: Person = COMMAND_LINE) -> Overrules:
    """Decides about all photos with an issue. Returns and raises: as ``set_file``."""
    _check(action)
    return _change(root, lambda now: replace(now, kinds=now.kinds | {issue: action}), person)


def undo_kind(root: Path, issue: Issue, person: Person = COMMAND_LINE) -> Overrules:
    """Forgets what was decided about a kind; decisions about single photos stay. Raises as ``set_file``."""
    return _change(root, lambda now: replace(now, kinds={k: a for k, a in now.kinds.items() if k != issue}), person)


def put(root: Path, decided: Overrules, person: Person = COMMAND_LINE) -> Overrules:
    """Replaces all decisions that are this person's to change, for instance by those that a data set was made with, or by none.

    Raises as ``set_file``, if all that differ are somebody else's.
    """
    return _change(root, lambda now: decided, person)


def replaced(root: Path) -> Overrules:
    """What the last change that took a decision away has replaced; nothing if none did, or if that cannot be read."""
    try:
        return from_json(read_json(_before(path_of(root))))
    except (OSError, KeyError, TypeError, ValueError, AttributeError):
        return Overrules()


def bring_back(root: Path, person: Person = COMMAND_LINE) -> Overrules:
    """Puts back what was replaced last; doing it again undoes it. Raises as ``put``."""
    return put(root, replaced(root), person)


def path_of(root: Path) -> Path:
    """Where decisions about a folder are kept."""
    folder = workspace() / "overrules"
    folder.mkdir(exist_ok=True)
    return folder / f"{hashlib.sha256(str(root).encode('utf-8', 'surrogateescape')).hexdigest()[:24]}.json"


def _check(action: str) -> None:
    if action not in _ASKED:
        raise PhotoError(f"A photo can be asked to {', '.join(_ASKED)}; received “{action}”. Choose one of them.")


def _num_different(mine: Mapping[Any, object], theirs: Mapping[Any, object]) -> int:
    return sum(mine.get(key) != theirs.get(key) for key in {*mine, *theirs})


def _before(path: Path) -> Path:
    return path.with_suffix(".before.json")


def _permitted(before: Overrules, wanted: Overrules, person: Person) -> Overrules:
    """What was wanted, with every decision of somebody else as it was before."""
    files, kinds = dict(wanted.files), dict(wanted.kinds)
    by: dict[str, str] = {}
    refused = num_changed = 0
    both = cast(tuple[tuple[dict[Any, Any], dict[Any, Any]], ...], ((before.files, files), (before.kinds, kinds)))
    for old, new in both:
        for key in {*old, *new}:
            if old.get(key) == new.get(key):
                by[key] = before.by.get(key, "")
                continue
            num_changed += 1
            if key in old and not may_change(person, (before.by.get(key, ""),)):
                refused += 1
                new[key], by[key] = old[key], before.by.get(key, "")
            else:
                by[key] = wanted.by.get(key) or mark_of(person.owner)
    if num_changed and refused == num_changed:
        raise PhotoError("Somebody else has decided that, and only they or the administrator can change it.")
    return Overrules(
        files, kinds, {key: owner for key, owner in by.items() if owner and (key in files or key in kinds)}
    )


def _change(root: Path, change: Callable[[Overrules], Overrules], person: Person) -> Overrules:
    path = path_of(root)
    lock = Lock(path.with_suffix(".lock"))
    if not lock.acquire(_PATIENCE_SECONDS):
        raise PhotoError("Another window is changing decisions about the same photos. Try again in a moment.")
    with lock:
        before = load(root)
        now = _permitted(before, change(before), person)
        with saying_why_not(path.parent, PhotoError, "The decision was not kept."):
            kept = all(now.files.get(path) == asked for path, asked in before.files.items())
            if not kept or any(now.kinds.get(issue) != asked for issue, asked in before.kinds.items()):
                write_atomic(_before(path), json.dumps({"root": str(root), **before.as_json()}, indent=1))
            write_atomic(path, json.dumps({"root": str(root), **now.as_json()}, indent=1))
    return now
