"""An environment of its own for PyTorch, which is no dependency of the app: made at its first use, and left for the next."""

import subprocess
import sys
from pathlib import Path

from core.errors import AppError
from core.jobs.children import child_environment
from core.workspace.folders import workspace

PACKAGES = ("torch", "torchvision")
_PATIENCE_SECONDS = 3600.0


def python_of_torch() -> Path:
    """Its interpreter, in ``workspace/bench/torch``. Installs what is missing by pip, as pip is configured here.

    Raises:
        AppError: it cannot be installed.
    """
    folder = workspace() / "bench" / "torch"
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not python.exists():
        _run(sys.executable, "-m", "venv", str(folder))
    if not _has_torch(python):
        _run(str(python), "-m", "pip", "install", "--quiet", *PACKAGES)
    if not _has_torch(python):
        raise AppError(f"PyTorch was installed but cannot be imported. Delete {folder} to have it installed anew.")
    return python


def _has_torch(python: Path) -> bool:
    command = [str(python), "-c", "import torch, torchvision"]
    return subprocess.run(command, env=child_environment(), capture_output=True, check=False).returncode == 0


def _run(*command: str) -> None:
    try:
        done = subprocess.run(
            command, env=child_environment(), capture_output=True, text=True, check=False, timeout=_PATIENCE_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AppError(f"PyTorch could not be installed: {error}") from error
    if done.returncode:
        raise AppError(f"PyTorch could not be installed: {done.stderr.strip()[-300:]}")
