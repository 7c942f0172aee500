"""Checkpoints: atomic, checksummed, and enough to go on bit for bit. No TensorFlow.

A checkpoint is two files. ``<name>.safetensors`` holds arrays, and ``<name>.json``, written after it, holds its SHA-256 and the
small state. Without a valid json the pair does not count, so a crash at any instant leaves the one before in force.

The best weights are replaced before the step checkpoint that knows of them is written. What was best before is kept beside
them, so that a run that was killed in between goes on with the best epoch that its checkpoint tells of.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import cast

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save_file

from core.errors import ModelError
from core.workspace.files import DAMAGED, MOST_JSON_BYTES, open_file, read_file, sync_folder, write_atomic

BEST = "best"
BEFORE = "best-before"
KEEP = 2
_STEP_NAME = re.compile(r"step-([0-9]{6})-([0-9]{6})")
_DTYPES = ("BOOL", "U8", "I8", "U16", "I16", "F16", "U32", "I32", "F32", "U64", "I64", "F64")


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
        """The stored arrays by name. Raises ModelError if the file is no longer what it was when it was looked at."""
        try:
            return load_file(self.path)
        except (OSError, SafetensorError, *DAMAGED) as error:
            raise ModelError(
                f"The weights in “{self.path.name}” cannot be read ({error}). Put the file back from a copy, or train again."
            ) from error


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
        _write_arrays(temporary, arrays)
        entry = {"sha256": _sync_and_hash(temporary), "state": state, "state_sha256": _hash_of(state)}
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


def save_best(folder: Path, arrays: dict[str, np.ndarray], state: dict) -> None:
    """Writes the best weights as ``save`` does, and keeps those that they replace until the next time.

    Args:
        state: has ``epoch``, by which ``put_back_best`` knows them.
    """
    if (folder / f"{BEST}.json").is_file():
        for suffix in (
            ".safetensors",
            ".json",
        ):  # a crash in between leaves two that do not match, which count for nothing
            _copy(folder / f"{BEST}{suffix}", folder / f"{BEFORE}{suffix}")
    save(folder, BEST, arrays, state)


def put_back_best(folder: Path, epoch: int) -> bool:
    """Makes the weights of ``epoch`` the best ones again if a later epoch has replaced them that is now to be done again.

    Returns:
        Whether there are whole best weights, of that epoch or a later one.
    """
    now, before = (read(folder / f"{name}.safetensors") for name in (BEST, BEFORE))
    if before and before.state["epoch"] == epoch and (not now or now.state["epoch"] != epoch):
        save(folder, BEST, before.arrays(), before.state)
        return True
    return now is not None


def latest(folder: Path) -> Checkpoint | None:
    """The newest ``step-`` checkpoint whose bytes are what was written, or None. Damaged ones are passed over."""
    return latest_and_damaged(folder)[0]


def latest_and_damaged(folder: Path) -> tuple[Checkpoint | None, list[str]]:
    """The newest whole ``step-`` checkpoint, or None; and the names of damaged ones that would have come before it."""
    damaged = []
    for manifest in sorted(folder.glob("step-*.json"), reverse=True):
        if not _STEP_NAME.fullmatch(manifest.stem):  # nothing that we wrote
            continue
        found = read(manifest.with_suffix(".safetensors"))
        if found:
            return found, damaged
        damaged.append(manifest.stem)
    return None, damaged


def name_of(epoch: int, step: int) -> str:
    """The name of a step checkpoint; names sort as the training went."""
    return f"step-{epoch:06d}-{step:06d}"


def place_of(name: str) -> tuple[int, int]:
    """(epoch, step) of a step checkpoint's name."""
    numbers = _STEP_NAME.fullmatch(name)
    if numbers is None:
        raise ValueError(f"name must be that of a step checkpoint; received {name!r}.")
    return int(numbers[1]), int(numbers[2])


def read(path: Path) -> Checkpoint | None:
    """The checkpoint at a .safetensors path if it is whole, else None: its manifest knows its bytes, and they are arrays."""
    try:
        digest = _hash(path)
        _check_header(path)
    except (OSError, SafetensorError, *DAMAGED):
        return None
    state = next((entry["state"] for entry in _entries(path.with_suffix(".json")) if entry["sha256"] == digest), None)
    return None if state is None else Checkpoint(path, state)


def _check_header(path: Path) -> None:
    """Raises SafetensorError, or one of DAMAGED, if a file's header does not say where arrays of numbers lie in it."""
    with safe_open(path, framework="numpy") as file:
        for name in file.keys():  # noqa: SIM118 (it is no dict)
            if file.get_slice(name).get_dtype() not in _DTYPES:
                raise ValueError("it holds numbers of another kind")


def prune(folder: Path, damaged: Sequence[str] = (), keep: int = KEEP) -> None:
    """Removes all but the last ``keep`` step checkpoints, damaged ones, which would count as kept, and what a crash left."""
    for name in damaged:
        _remove(folder / f"{name}.json")
    for manifest in sorted(folder.glob("step-*.json"), reverse=True)[keep:]:
        _remove(manifest)
    kept = {path.stem for path in folder.glob("step-*.json")}
    for path in folder.glob("step-*.safetensors"):
        if path.stem not in kept:
            path.unlink(missing_ok=True)


def _remove(manifest: Path) -> None:
    manifest.unlink(missing_ok=True)  # first: without it the arrays do not count
    manifest.with_suffix(".safetensors").unlink(missing_ok=True)


def _write_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    try:
        save_file({key: np.asarray(value, order="C") for key, value in arrays.items()}, path)
    except SafetensorError as error:  # the disk's answer, in words: "I/O error: File too large (os error 27)"
        number = re.search(r"os error (\d+)", str(error))
        if number is None:
            raise
        raise OSError(int(number[1]), os.strerror(int(number[1])), str(path)) from error


def _copy(path: Path, other: Path) -> None:
    """``other`` becomes another name of the file, or a copy where the disk has no such names. Replaced as a whole."""
    temporary = other.with_name(f".{other.name}.tmp")
    temporary.unlink(missing_ok=True)
    try:
        os.link(path, temporary)
    except OSError:
        shutil.copyfile(path, temporary)
    os.replace(temporary, other)


def pack_weights(weights: list[np.ndarray]) -> dict[str, np.ndarray]:
    """A list of arrays (``model.get_weights()``) as named arrays, in order."""
    return {f"weight.{index:04d}": np.asarray(array) for index, array in enumerate(weights)}


def unpack_weights(arrays: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """The list that ``pack_weights`` packed."""
    return [arrays[name] for name in sorted(name for name in arrays if name.startswith("weight."))]


def set_weights(model, arrays: Mapping[str, np.ndarray]) -> None:
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
    """[{"sha256", "state"}], newest first; empty if the manifest is missing or damaged.

    ``Infinity`` is taken, which JSON lacks: before the first validation, earlier versions wrote it for the best loss so far.
    """
    try:
        entries = json.loads(read_file(manifest, MOST_JSON_BYTES))
        return [entry for entry in entries if isinstance(entry["sha256"], str) and _is_whole(entry)]
    except (OSError, *DAMAGED):
        return []


def _is_whole(entry: dict) -> bool:
    """Whether the state is what was written: a damaged digit in it is JSON as well."""
    state = entry["state"]
    return isinstance(state, dict) and entry.get("state_sha256", _hash_of(state)) == _hash_of(state)


def _hash_of(state: dict) -> str:
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()


def _hash(path: Path) -> str:
    with open_file(path) as file:
        return hashlib.file_digest(cast("BufferedReader", file), "sha256").hexdigest()


def _sync_and_hash(path: Path) -> str:
    with open(path, "rb+") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()
