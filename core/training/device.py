"""What this machine computes with, and what suits it. Nothing here imports TensorFlow before it is asked to."""

import importlib
import os
import platform
from pathlib import Path

import psutil

GPU_FOLDER = Path("/proc/driver/nvidia/gpus")  # one entry a card, made by NVIDIA's driver
CONTAINER = Path("/sys/fs/cgroup")  # of this process's own group, inside a container
INSTALL_LINE = "pip install 'tensorflow[and-cuda]'"


def prepare_environment() -> None:
    """Settings that TensorFlow reads while it is imported; call it first in every process that will import Keras.

    oneDNN's kernels are off by default on processors without AVX512-VNNI; on a Zen 3 they make a step 1.8 times faster.
    GPU memory grows as it is needed, so that a predictor or a colleague finds room on the same card.
    """
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")


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
        "processor": _processor(),
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


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def memory_free_fraction() -> float:
    """Share of the memory that programs can still have, 0..1: of this machine, or of the container if that has less."""
    memory = psutil.virtual_memory()
    free = memory.available / memory.total
    try:
        most = int((CONTAINER / "memory.max").read_text())  # "max" where there is no limit
        stat = dict(line.split() for line in (CONTAINER / "memory.stat").read_text().splitlines())
        taken = int((CONTAINER / "memory.current").read_text()) - int(stat["inactive_file"])  # files may be dropped
    except (OSError, ValueError, KeyError):
        return free
    return min(free, max(0.0, 1 - taken / most))


def private_memory() -> int:
    """Bytes that this process alone holds: without the photos, which are a memory map that the system shares and may drop."""
    memory = psutil.Process().memory_info()
    return memory.rss - getattr(memory, "shared", 0)


def unseen_gpu() -> str:
    """A sentence if the machine has an NVIDIA card that the backend does not use, else "". Imports nothing heavy."""
    if not any(GPU_FOLDER.glob("*")):
        return ""
    return (
        "This computer has an NVIDIA graphics card that TensorFlow does not see, so training runs on the processor. "
        f"To use the card, run {INSTALL_LINE} in the app's environment and start the app again."
    )


def choose_precision(asked: str, device: str) -> str:
    """The Keras dtype policy to train with.

    Args:
        asked: ``auto`` or a policy.
        device: as ``training_device`` gives it.

    bfloat16 is chosen where the device multiplies it natively: cards since Ampere, processors with AVX512-BF16 or AMX.
    Elsewhere it is emulated and slower than float32.
    """
    if asked != "auto":
        return asked
    if device.startswith("GPU"):
        return "mixed_bfloat16" if _card_has_bfloat16() else "mixed_float16"
    return "mixed_bfloat16" if processor_has_bfloat16() else "float32"


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


def _card_has_bfloat16() -> bool:
    import keras

    if keras.backend.backend() != "tensorflow":
        return True
    import tensorflow as tf

    details = tf.config.experimental.get_device_details(tf.config.list_physical_devices("GPU")[0])
    return details.get("compute_capability", (0, 0)) >= (8, 0)
