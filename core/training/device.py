"""What this machine computes with, and what suits it. Nothing here imports TensorFlow before it is asked to."""

import os
import platform
from pathlib import Path

import psutil

GPU_FOLDER = Path("/proc/driver/nvidia/gpus")  # one entry a card, made by NVIDIA's driver
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
