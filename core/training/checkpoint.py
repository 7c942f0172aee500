"""Checkpoints: atomic, checksummed, and enough to go on bit for bit. No TensorFlow.

A checkpoint is two files. ``<name>.safetensors`` holds arrays, and ``<name>.json``, written after it, holds its SHA-256 and the
small state. Without a valid json the pair does not count, so a crash at any instant leaves the one before in force.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from core.errors import ModelError
from core.jobs import sync_folder, write_atomic

BEST = "best"
KEEP = 2


@dataclass(frozen=True)
class Checkpoint:
    """A valid pair of files.

    Args:
        path: the .safetensors file.
        state: JSON types, as given to ``save``.
    """

    path: Path
    state: dict

    def arrays(self) -> dict[str, np.ndarray]:
        """The stored arrays by name."""
        return load_file(self.path)


def save(folder: Path, name: str, arrays: dict[str, np.ndarray], state: dict) -> Path:
    """Writes a checkpoint: temporary file, fsync, rename, then the manifest in the same way.

    Args:
        folder: the run's ``checkpoints`` folder.
        name: ``best`` or ``step-00001234``.
        arrays: by name; any shapes and numeric dtypes.
        state: JSON types.

    Returns:
        Path of the .safetensors file.

    Raises:
        OSError: disk full or read-only; earlier checkpoints are untouched.
    """
    path, temporary = folder / f"{name}.safetensors", folder / f".{name}.tmp"
    manifest = path.with_suffix(".json")
    try:
        save_file({key: np.asarray(value, order="C") for key, value in arrays.items()}, temporary)
        entry = {"sha256": _sync_and_hash(temporary), "state": state}
        # A name that is written again (best) lists old and new while one replaces the other.
        old = _entries(manifest)[:1]
        if old:
            write_atomic(manifest, _text([entry, *old]))
        os.replace(temporary, path)
        sync_folder(folder)
        write_atomic(manifest, _text([entry]))
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return path


def latest(folder: Path) -> Checkpoint | None:
    """The newest ``step-`` checkpoint whose bytes are what was written, or None. Damaged ones are passed over."""
    for manifest in sorted(folder.glob("step-*.json"), reverse=True):
        found = read(manifest.with_suffix(".safetensors"))
        if found:
            return found
    return None


def read(path: Path) -> Checkpoint | None:
    """The checkpoint at a .safetensors path if it is whole, else None."""
    try:
        digest = _hash(path)
    except OSError:
        return None
    state = next((entry["state"] for entry in _entries(path.with_suffix(".json")) if entry["sha256"] == digest), None)
    return None if state is None else Checkpoint(path, state)


def prune(folder: Path, keep: int = KEEP) -> None:
    """Removes all but the last ``keep`` step checkpoints, and what a crash left."""
    for manifest in sorted(folder.glob("step-*.json"), reverse=True)[keep:]:
        manifest.unlink(missing_ok=True)  # first: without it the arrays do not count
        manifest.with_suffix(".safetensors").unlink(missing_ok=True)
    kept = {path.stem for path in folder.glob("step-*.json")}
    for path in folder.glob("step-*.safetensors"):
        if path.stem not in kept:
            path.unlink(missing_ok=True)


def pack_weights(weights: list[np.ndarray]) -> dict[str, np.ndarray]:
    """A list of arrays (``model.get_weights()``) as named arrays, in order."""
    return {f"weight.{index:04d}": np.asarray(array) for index, array in enumerate(weights)}


def unpack_weights(arrays: dict[str, np.ndarray]) -> list[np.ndarray]:
    """The list that ``pack_weights`` packed."""
    return [arrays[name] for name in sorted(name for name in arrays if name.startswith("weight."))]


def set_weights(model, arrays: dict[str, np.ndarray]) -> None:
    """Puts packed weights into a Keras model of the same shape. Raises ModelError if a shape differs."""
    weights = unpack_weights(arrays)
    shapes, expected = [w.shape for w in weights], [tuple(w.shape) for w in model.weights]
    if shapes != expected:
        raise ModelError(
            f"These weights belong to another network: they have {len(shapes)} arrays, this network {len(expected)}, and their "
            "shapes differ. Use the run that they were trained in."
        )
    model.set_weights(weights)


def _text(entries: list[dict]) -> str:
    return json.dumps(entries, indent=1) + "\n"


def _entries(manifest: Path) -> list[dict]:
    """[{"sha256", "state"}], newest first; empty if the manifest is missing or damaged."""
    try:
        entries = json.loads(manifest.read_text())
        return [entry for entry in entries if isinstance(entry["sha256"], str) and isinstance(entry["state"], dict)]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _hash(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync_and_hash(path: Path) -> str:
    with open(path, "rb+") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()
