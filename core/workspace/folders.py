"""Where things lie on disk: the folders of the workspace, and how each is made once."""

import os
from functools import lru_cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def workspace() -> Path:
    """The folder that holds data sets, runs and jobs: ``ALEXNET_HOME``, else ``workspace/`` in the project."""
    return _made(_resolved(os.environ.get("ALEXNET_HOME") or str(PROJECT / "workspace"), os.getcwd()))


@lru_cache(maxsize=8)
def _resolved(folder: str, here: str) -> Path:
    """A page asks for the workspace dozens of times a run; following its links anew each time was a fifth of some runs."""
    return Path(here, Path(folder).expanduser()).resolve()


def _made(folder: Path) -> Path:
    if not folder.is_dir():  # a look is cheaper than a try, which locks the folder around it
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _inside(name: str) -> Path:
    return _made(workspace() / name)


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
