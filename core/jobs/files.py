"""Where things lie on disk, and how a file is replaced without ever being half there."""

import json
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]


def workspace() -> Path:
    """The folder that holds data sets, runs and jobs: ``ALEXNET_HOME``, else ``workspace/`` in the project."""
    folder = Path(os.environ.get("ALEXNET_HOME") or PROJECT / "workspace").expanduser().resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _inside(name: str) -> Path:
    folder = workspace() / name
    folder.mkdir(exist_ok=True)
    return folder


def datasets_folder() -> Path:
    """``workspace/datasets``, made if missing."""
    return _inside("datasets")


def runs_folder() -> Path:
    """``workspace/runs``, made if missing."""
    return _inside("runs")


def jobs_folder() -> Path:
    """``workspace/jobs``, made if missing."""
    return _inside("jobs")


def slots_folder() -> Path:
    """``workspace/slots``, made if missing."""
    return _inside("slots")


def sync_folder(folder: Path) -> None:
    """Makes renames inside ``folder`` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomic(path: Path, content: str | bytes) -> None:
    """Writes a file so that a reader, or a crash at any instant, sees the old content or the new, never a part.

    Args:
        path: the file; its folder exists.
        content: text (UTF-8; surrogate escapes of undecodable file names are kept) or bytes.

    Raises:
        OSError: disk full, read-only. The old file is untouched and nothing is left beside it.
    """
    data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def read_json(path: Path) -> Any:
    """The content of a JSON file. Raises FileNotFoundError or ValueError."""
    return json.loads(path.read_bytes().decode("utf-8", "surrogateescape"))


def random_letters(length: int) -> str:
    """Letters and digits that cannot be mistaken for one another when read aloud in class."""
    return "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(length))
