"""Classes of a person's own: photos added by hand, class by class, to a set that grows.

``workspace/own/<id>/photos/<class>/<hash>.<ending>`` is a folder as any other to the scan. Files bear the hash of their
bytes, so a photo is in a class once, and no name from outside reaches the disk.
"""

import hashlib
import json
import re
import shutil
import time
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.errors import PhotoError
from core.jobs.job import check_id, new_id
from core.photos.files import decode, isolated
from core.photos.layouts.names import class_key, is_class_name
from core.photos.sources.origins import ABOUT, OWN
from core.photos.sources.uploads import owner_of
from core.workspace.disk import saying_why_not, why_not_written
from core.workspace.files import DAMAGED, read_json, write_atomic
from core.workspace.folders import workspace
from core.workspace.owners import mark_of_hash

MAX_CLASSES = 20
MAX_PHOTOS = 5_000  # of a class; for more there are folders and zips
MAX_LETTERS = 40
_CLASS_NAME = re.compile(r"[^\W_][\w -]*")


@dataclass(frozen=True)
class OwnSet:
    """A set of own classes.

    Args:
        id: short, URL-safe.
        name: for the person.
        folder: where its classes lie, for ``PhotosConfig.source``.
    """

    id: str
    name: str
    folder: Path

    @property
    def photos(self) -> dict[str, list[str]]:
        """{class name: names of its files, the newest first}, classes by name."""
        found = {}
        for folder in sorted(self.folder.iterdir()):
            files = [path for path in folder.iterdir() if not path.name.startswith(".")]
            found[folder.name] = [path.name for path in sorted(files, key=lambda path: -path.stat().st_mtime_ns)]
        return found


def create(owner: str, name: str = "My classes") -> OwnSet:
    """A new set without classes.

    Raises:
        PhotoError: the browser keeps no cookie, or the disk is full.
    """
    mark = owner_of(owner)
    name = " ".join(name.split())[:MAX_LETTERS] or "My classes"
    folder = _home() / new_id("own")
    try:
        (folder / "photos").mkdir(parents=True)
        about = {"name": name, "kind": OWN, "owner": mark, "created": time.time()}
        write_atomic(folder / ABOUT, json.dumps(about, ensure_ascii=False))
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise PhotoError(why_not_written(error, _home())) from error
    return OwnSet(folder.name, name, folder / "photos")


def mine(owner: str) -> list[OwnSet]:
    """The sets of a browser, the newest first."""
    if not owner:
        return []
    mark, found = owner_of(owner), []
    for about in _home().glob(f"*/{ABOUT}"):
        with suppress(OSError, *DAMAGED):
            values = read_json(about)
            if mark_of_hash(values["owner"]) == mark:
                found.append(OwnSet(about.parent.name, values["name"], about.parent / "photos"))
    return sorted(found, key=lambda own: own.id, reverse=True)


def find(owner: str, set_id: str) -> OwnSet:
    """A set of this browser. Raises PhotoError: there is none of that id, or it is another browser's."""
    found = next((own for own in mine(owner) if own.id == check_id(set_id)), None)
    if found is None:
        raise PhotoError("This set of classes is not yours, or it is gone. Choose another one, or begin a new one.")
    return found


def add_class(own: OwnSet, text: str) -> str:
    """A new class; returns its name as it is kept.

    Raises:
        PhotoError: it cannot be a name, the set has it already, or it has as many as there may be.
    """
    name = _class_name(text)
    names = own.photos
    if class_key(name) in {class_key(other) for other in names}:
        raise PhotoError(f"Every class has a name of its own; “{name}” is there already. Choose another.")
    if len(names) >= MAX_CLASSES:
        raise PhotoError(f"A set has at most {MAX_CLASSES} classes; this one has {len(names)}. Begin another set.")
    with saying_why_not(_home(), PhotoError):
        (own.folder / name).mkdir()
    return name


def remove_class(own: OwnSet, class_name: str) -> None:
    """Takes a class and its photos out of the set."""
    shutil.rmtree(_class_folder(own, class_name), ignore_errors=True)


def add_photo(own: OwnSet, class_name: str, content: bytes) -> bool:
    """Puts a photo into a class, after it has been decoded whole.

    Returns:
        False if the class has it already.

    Raises:
        PhotoError: it is no photo that can be read, it is in another class already, the class is full, or the disk is.
    """
    folder = _class_folder(own, class_name)
    isolated.decode(content)
    kind = decode.signature(content[:64]) or ""
    digest = hashlib.sha256(content).hexdigest()[:32]
    for path in own.folder.glob(f"*/{digest}.*"):
        if path.parent == folder:
            return False
        raise PhotoError(
            f"The same photo is in class “{path.parent.name}” already, and a photo has one class. Take it out there first."
        )
    if sum(1 for _ in folder.iterdir()) >= MAX_PHOTOS:
        raise PhotoError(
            f"A class takes {MAX_PHOTOS:,} photos here; “{class_name}” has them. For more, use a folder or a zip."
        )
    with saying_why_not(_home(), PhotoError):
        write_atomic(folder / f"{digest}.{decode.EXTENSIONS_OF[kind][0]}", content)
    return True


def remove_photo(own: OwnSet, class_name: str, file_name: str) -> None:
    """Takes one photo out of its class; one that is gone already is no error."""
    if file_name in own.photos.get(class_name, ()):
        (own.folder / class_name / file_name).unlink(missing_ok=True)


def _home() -> Path:
    folder = workspace() / "own"
    folder.mkdir(exist_ok=True)
    return folder


def _class_folder(own: OwnSet, class_name: str) -> Path:
    """Found by looking, not by building a path from what came from outside."""
    for folder in own.folder.iterdir():
        if folder.name == class_name:
            return folder
    raise PhotoError(f"The set has no class “{class_name[:MAX_LETTERS]}” any more. Add it again.")


def _class_name(text: str) -> str:
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name:
        raise PhotoError("A class needs a name; received none. Type what its photos show, for instance cups.")
    if len(name) > MAX_LETTERS or not _CLASS_NAME.fullmatch(name):
        raise PhotoError(
            f"A class name has up to {MAX_LETTERS} letters, digits, spaces, hyphens and underscores, and begins with a letter or digit; "
            f"received “{name[:80]}”. Type another."
        )
    if not is_class_name(name):
        raise PhotoError(
            f"“{name}” is what folders beside classes are called (train, samples, images), so it cannot be a class. Type what its "
            "photos show, for instance cups."
        )
    return name
