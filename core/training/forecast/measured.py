"""What this machine was measured to do, in ``workspace/calibration.json``. No TensorFlow.

A measurement holds for the machine, library versions and thread settings it was made with; under any others it is not found.
"""

import hashlib
import json
import os
import platform
import threading
from bisect import bisect_right
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from core.config import ExperimentConfig, NetworkConfig, to_dict
from core.machine import ENVIRONMENT, num_cores, processor_name
from core.network.plan import plan
from core.parse import is_number
from core.training.cards import Seen, is_own_choice
from core.training.recipe.schedule import image_size_at, judged_size, training_sizes
from core.workspace.files import DAMAGED, read_json, write_atomic
from core.workspace.folders import workspace
from core.workspace.lock import Lock

LITTLE = 0.15  # of the processor, taken by others
SURPRISE = 1.5
ENOUGH_EPOCHS = 200  # for every size of a run to come
MOST_KEPT = 200  # measurements a machine; the oldest go first
_LIBRARIES = ("tensorflow", "keras", "numpy", "opencv-python-headless", "jax")
_THREAD_SETTINGS = (
    "KERAS_BACKEND",
    "CUDA_VISIBLE_DEVICES",
    "OMP_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "TF_ENABLE_ONEDNN_OPTS",
)


@dataclass(frozen=True)
class Timing:
    """How long pictures of one size take.

    Args:
        seconds: of one batch, once everything is traced.
        photos: in that batch, on average.
        first_seconds: what the first batches took beyond that: tracing, and once more for a batch of another length.
    """

    seconds: float
    photos: float
    first_seconds: float

    @property
    def photo_seconds(self) -> float:
        return self.seconds / self.photos


@dataclass(frozen=True)
class Measurement:
    """One network at work on this machine for some seconds.

    Args:
        features: as ``features_of`` gives them; what other networks are scaled by.
        copies: of the weights in a checkpoint: their own, the optimizer's, the average.
        train, judge: {side in pixels: Timing}: steps with augmentation, and validation.
        start_seconds: from the start of the process to the first batch: imports, network, optimizer.
        save_seconds, best_seconds: writing a checkpoint; writing the weights of the best epoch.
        average_seconds: of one update of the averaged weights; 0 where averaging is off.
        memory_bytes: the most that the process held privately; the photos, a memory map, are not counted.
        device, precision: in words, as a run reports them.
        lost_fraction: share of the processor that others took meanwhile; it is reckoned out of the times, which makes them less sure.
        is_beside_training: another run was at work.
        time: seconds since 1970.
        promised_seconds, took_seconds: of the run that was measured, from Start to its result; 0 where it was no whole run.
    """

    features: dict[str, float]
    copies: int
    train: dict[int, Timing]
    judge: dict[int, Timing]
    start_seconds: float
    save_seconds: float
    best_seconds: float
    average_seconds: float
    memory_bytes: int
    device: str
    precision: str
    lost_fraction: float
    is_beside_training: bool
    time: float
    promised_seconds: float = 0.0
    took_seconds: float = 0.0

    @property
    def is_sure(self) -> bool:
        """Whether little else was going on."""
        return not self.is_beside_training and self.lost_fraction <= LITTLE

    @property
    def was_a_surprise(self) -> bool:
        """Whether the run took half as long again as was promised, or the promise was half as long again as the run."""
        few, many = sorted((self.promised_seconds, self.took_seconds))
        return few > 0 and many >= SURPRISE * few


@lru_cache(maxsize=64)
def features_of(network: NetworkConfig, num_classes: int) -> dict[str, float]:
    """What times and memory of a network follow from, more or less; not to be changed. Raises ConfigError where it does not work."""
    planned = plan(network, num_classes)
    return {
        "input_size": network.input_size,
        "multiply_adds": planned.multiply_adds,
        "activations": planned.activations,
        "parameters": planned.parameters,
        "layers": len(planned.layers),
    }


def epochs_by_size(config: ExperimentConfig) -> dict[int, range]:
    """{side in pixels: the epochs, from 1, that train at it}, ascending. Sizes only grow, so a run of 100,000 epochs is as quick."""
    training, full = config.training, config.network.input_size
    found, epoch = {}, 1
    while epoch <= training.epochs:
        size = image_size_at(training, full, epoch)
        rest = range(epoch, training.epochs + 1)
        num_epochs = bisect_right(rest, size, key=lambda later: image_size_at(training, full, later))
        found[size] = rest[:num_epochs]
        epoch += num_epochs
    return found


def used_sizes(config: ExperimentConfig) -> list[int]:
    """The sides, in pixels, that the epochs of a run train at, ascending; all that there are where the clock decides how many."""
    if config.training.minutes:
        return training_sizes(config.training, config.network.input_size)
    return list(epochs_by_size(config))


def with_every_size(config: ExperimentConfig) -> ExperimentConfig:
    """A run by the clock as one by epochs, of so many that all of its sizes come; any other as it is."""
    if not config.training.minutes:
        return config
    return replace(config, training=replace(config.training, minutes=0.0, epochs=ENOUGH_EPOCHS))


def judged_sizes(config: ExperimentConfig) -> list[int]:
    """The sides at which the epochs of a run are validated, ascending."""
    full = config.network.input_size
    return sorted({judged_size(config.training, full, size) for size in used_sizes(config)})


@lru_cache(maxsize=64)
def key_of(config: ExperimentConfig, num_classes: int) -> str:
    """A name for all that decides how long a step takes and how much it holds; epochs, rates and photos are not in it."""
    training = config.training
    parts = {
        "network": to_dict(config.network),
        "augment": to_dict(config.augment),
        "num_classes": num_classes,
        "sizes": used_sizes(config),
        "batch_size": training.batch_size,
        "optimizer": training.optimizer,
        "precision": training.precision,
        "is_on": [bool(value) for value in (training.ema_fraction, training.mixup_alpha, training.gradient_clip)],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


@lru_cache(maxsize=1)
def _about_libraries() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found


_processor = lru_cache(maxsize=1)(processor_name)


def machine() -> dict[str, str]:
    """What a measurement depends on beside the configuration: processor, cores, libraries, thread settings."""
    surroundings = ENVIRONMENT | os.environ
    settings = {name: surroundings[name] for name in _THREAD_SETTINGS if name in surroundings}
    if is_own_choice(settings.get("CUDA_VISIBLE_DEVICES")):
        del settings["CUDA_VISIBLE_DEVICES"]
    return (
        {"system": platform.system(), "processor": _processor(), "cores": str(num_cores())}
        | _about_libraries()
        | settings
    )


def _machine_key() -> str:
    return hashlib.sha256(json.dumps(machine(), sort_keys=True).encode()).hexdigest()[:16]


def find(config: ExperimentConfig, num_classes: int) -> Measurement | None:
    """The measurement of this very configuration on this machine, or None."""
    return measurements().get(key_of(config, num_classes))


def measurements() -> dict[str, Measurement]:
    """{key: measurement} of this machine, the oldest first."""
    return _of_this_machine().measurements


def precision_speeds() -> dict[str, float]:
    """{policy: photos a second} as measured on this machine with one network; empty if nobody measured."""
    return _of_this_machine().speeds


def keep(config: ExperimentConfig, num_classes: int, measurement: Measurement) -> None:
    """Stores a measurement. One made while much else was going on replaces a sure one only where a promise was wrong."""
    key = key_of(config, num_classes)

    def change(entry: dict) -> None:
        known = entry["measurements"]
        before = _measurement(known.get(key, {}))
        if (
            before is not None
            and before.is_sure
            and not (measurement.is_sure or before.was_a_surprise or measurement.was_a_surprise)
        ):
            return
        known.pop(key, None)
        known[key] = asdict(measurement)
        for oldest in list(known)[:-MOST_KEPT]:
            del known[oldest]

    _change(change)


def keep_precision_speeds(speeds: dict[str, float]) -> None:
    """Stores photos a second by policy; what ``choose_precision`` decides by from then on."""
    _change(lambda entry: entry["precision_speeds"].update(speeds))


def keep_seen(seen: Seen) -> None:
    """Stores what a process found that has the backend, for pages, which must not import it. Nothing is written where it is known."""
    if seen != seen_here():
        with suppress(OSError):  # a full disk must not cost who looked
            _change(lambda entry: entry.update(seen=asdict(seen)))


def seen_here() -> Seen | None:
    """What the last process that looked has found on this machine, with these libraries and settings; None if none has looked yet."""
    return _of_this_machine().seen


_guard = threading.Lock()
_read: dict[Path, "_Entry"] = {}


@dataclass(frozen=True)
class _Entry:
    """What the file says of this machine, and by which stamp it is told whether it says so still."""

    stamp: tuple
    measurements: dict[str, Measurement]
    speeds: dict[str, float]
    seen: Seen | None = None


_NOTHING = _Entry((), {}, {})


def _path() -> Path:
    return workspace() / "calibration.json"


def _load(path: Path) -> dict:
    try:
        values = read_json(path)
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def _change(change) -> None:
    path = _path()
    with Lock(path.with_suffix(".lock")):
        values = _load(path)
        entry = values.get(_machine_key())
        entry = values[_machine_key()] = entry if isinstance(entry, dict) else {}
        for part in ("measurements", "precision_speeds"):
            if not isinstance(entry.get(part), dict):  # new, or damaged
                entry[part] = {}
        entry["machine"] = machine()
        change(entry)
        write_atomic(path, json.dumps(values, indent=1) + "\n")


def _of_this_machine() -> _Entry:
    """From the file, which is read again only when it has changed: pages ask at every keystroke."""
    path, key = _path(), _machine_key()
    try:
        status = path.stat()
    except OSError:
        return _NOTHING
    stamp = (key, status.st_mtime_ns, status.st_size, status.st_ino)
    with _guard:
        if path not in _read or _read[path].stamp != stamp:
            _read[path] = _of_entry(stamp, _load(path).get(key, {}))
        return _read[path]


def _of_entry(stamp: tuple, entry: dict) -> _Entry:
    """What can be read of a machine's entry."""
    try:
        found = {name: _measurement(values) for name, values in entry.get("measurements", {}).items()}
        speeds = {
            name: speed for name, speed in entry.get("precision_speeds", {}).items() if is_number(speed) and speed > 0
        }
    except DAMAGED:
        return _Entry(stamp, {}, {})
    known = {name: measurement for name, measurement in found.items() if measurement}
    return _Entry(stamp, known, speeds, _seen(entry.get("seen")))


def _seen(values: Any) -> Seen | None:
    """None for what is damaged, or what another version of the app wrote."""
    try:
        seen = Seen(**values)
        major, minor = seen.capability
        is_whole = all(isinstance(text, str) for text in (seen.backend, seen.device, seen.cuda_version))
        return replace(seen, capability=(int(major), int(minor)), has_cuda=bool(seen.has_cuda)) if is_whole else None
    except (TypeError, ValueError):
        return None


def _measurement(values: dict) -> Measurement | None:
    """None for what another version of the app wrote."""
    try:
        paces = {
            part: {int(size): Timing(**pace) for size, pace in values[part].items()} for part in ("train", "judge")
        }
        whole: dict[str, Any] = values | paces
        return Measurement(**whole)
    except (TypeError, KeyError, ValueError, AttributeError):
        return None
