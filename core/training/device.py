"""What this machine computes with, and what suits it. Nothing here imports TensorFlow before it is asked to."""

import gc
import importlib
import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil

from core.jobs import num_cards

CONTAINER = Path("/sys/fs/cgroup")  # of this process's own group, inside a container
INSTALL_LINE = "pip install 'tensorflow[and-cuda]'"


# oneDNN's kernels are off by default on processors without AVX512-VNNI; on a Zen 3 they make a step 1.8 times faster.
# GPU memory grows as it is needed, so that a predictor or a colleague finds room on the same card.
ENVIRONMENT = {
    "TF_ENABLE_ONEDNN_OPTS": "1",
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
}


def prepare_environment() -> None:
    """Settings that TensorFlow reads while it is imported; call it first in every process that will import Keras.

    What a person has set stays.
    """
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)


def use_card(slot: int) -> None:
    """On a machine of several cards, leaves this process the one of its slot. Before anything computes; what a person has set stays."""
    if num_cards() > 1:
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", str(slot % num_cards()))


def import_lighter() -> None:
    """Shortens the import of Keras by a fifth; call it first in a process that does nothing but train.

    Keras imports pandas, and TensorFlow JAX, if they are installed, to accept their arrays; nobody here passes any. What is
    imported stays, so collecting garbage meanwhile finds nothing; ``gc.enable`` once it is there.
    """
    unused = ["pandas", "pyarrow"]
    if os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow":
        unused.append("jax")
    for name in unused:
        sys.modules.setdefault(name, None)
    gc.disable()


def training_device() -> str:
    """The device that Keras trains on, in words: ``GPU: NVIDIA H100`` or ``CPU, 2 cores``. Imports the backend."""
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf  # Keras has no word for a device's name

        cards = tf.config.list_physical_devices("GPU")
        if cards:
            return "GPU: " + tf.config.experimental.get_device_details(cards[0]).get("device_name", "unnamed")
    elif keras.backend.backend() == "jax":
        import jax

        first = jax.devices()[0]
        if first.platform == "gpu":
            return f"GPU: {first.device_kind}"
    return f"CPU, {num_cores()} cores"


def num_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def circumstances(device: str, precision: str) -> dict[str, str]:
    """What the last bits of a training depend on beside its settings. Two trainings agree to the bit only where all of it is equal.

    Args:
        device, precision: as ``training_device`` and ``choose_precision`` give them.
    """
    import cv2
    import keras
    import numpy as np

    backend = keras.backend.backend()
    return {
        "processor": processor_name(),
        "device": device,
        "precision": precision,
        "threads": os.environ.get("TF_NUM_INTRAOP_THREADS") or str(num_cores()),
        "oneDNN": os.environ.get("TF_ENABLE_ONEDNN_OPTS", ""),
        "backend": f"{backend} {importlib.import_module(backend).__version__}",
        "keras": keras.__version__,
        "numpy": np.__version__,
        "opencv": cv2.__version__,
        "python": platform.python_version(),
    }


def processor_name() -> str:
    """Its model, as the system calls it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def available_memory() -> int:
    """Bytes that programs can still have: of this machine, or of the container if that has less."""
    free = psutil.virtual_memory().available
    container = _container_memory()
    return free if container is None else min(free, max(0, container[0] - container[1]))


def memory_free_fraction() -> float:
    """Share of the memory that programs can still have, 0..1: of this machine, or of the container if that has less."""
    memory = psutil.virtual_memory()
    free = memory.available / memory.total
    container = _container_memory()
    return free if container is None else min(free, max(0.0, 1 - container[1] / container[0]))


def _container_memory() -> tuple[int, int] | None:
    """(bytes that this container may have, bytes that it has and cannot drop); None where there is no limit."""
    try:
        most = int((CONTAINER / "memory.max").read_text())  # "max" where there is no limit
        stat = dict(line.split() for line in (CONTAINER / "memory.stat").read_text().splitlines())
        taken = int((CONTAINER / "memory.current").read_text()) - int(stat["inactive_file"])  # files may be dropped
    except (OSError, ValueError, KeyError):
        return None
    return most, taken


def private_memory() -> int:
    """Bytes that this process alone holds: without the photos, which are a memory map that the system shares and may drop."""
    memory = psutil.Process().memory_info()
    return memory.rss - getattr(memory, "shared", 0)


def unseen_gpu() -> str:
    """A sentence if the machine has an NVIDIA card that the backend does not use, else "". Imports nothing heavy."""
    if not num_cards():
        return ""
    return (
        "This computer has an NVIDIA graphics card that TensorFlow does not see, so training runs on the processor. "
        f"To use the card, run {INSTALL_LINE} in the app's environment and start the app again."
    )


def choose_precision(asked: str, device: str, speeds: Mapping[str, float] | None = None) -> str:
    """The Keras dtype policy to train with.

    Args:
        asked: ``auto`` or a policy.
        device: as ``training_device`` gives it.
        speeds: photos a second by policy, as ``core.training.measured.precision_speeds`` knows them of this machine.

    A card multiplies bfloat16 natively since compute capability 8.0 (Ampere) and has units for float16 since 7.0 (Volta). A
    processor without AVX512-BF16 or AMX emulates bfloat16, which is slower than float32; one that has them takes what was
    measured to be faster here, and bfloat16 before anybody measured.
    """
    if asked != "auto":
        return asked
    if device.startswith("GPU"):
        return precision_of_card(_card_capability())
    if not processor_has_bfloat16():
        return "float32"
    measured = {name: speed for name, speed in (speeds or {}).items() if name in ("float32", "mixed_bfloat16")}
    return max(measured, key=measured.__getitem__) if len(measured) == 2 else "mixed_bfloat16"


def precision_of_card(capability: tuple[int, int]) -> str:
    """The policy for an NVIDIA card by its compute capability (major, minor)."""
    if capability >= (8, 0):
        return "mixed_bfloat16"
    return "mixed_float16" if capability >= (7, 0) else "float32"


def processor_has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 natively."""
    if platform.system() != "Linux":
        return False
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "").split()
    return "avx512_bf16" in flags or "amx_bf16" in flags


def _card_capability() -> tuple[int, int]:
    """Compute capability of the first card. Other backends than TensorFlow do not tell; the cards that they run on are recent."""
    import keras

    if keras.backend.backend() != "tensorflow":
        return (8, 0)
    import tensorflow as tf

    details = tf.config.experimental.get_device_details(tf.config.list_physical_devices("GPU")[0])
    return details.get("compute_capability", (0, 0))
