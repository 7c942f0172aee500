"""The machine: its cores, memory, processor and cards, and the environment that numeric libraries read."""

import gc
import os
import platform
import sys
from pathlib import Path

import psutil

CARDS_FOLDER = Path("/proc/driver/nvidia/gpus")  # one entry a card, made by NVIDIA's driver


def num_cards() -> int:
    """NVIDIA cards of this machine, as its driver names them."""
    return sum(1 for _ in CARDS_FOLDER.glob("*"))


CONTAINER = Path("/sys/fs/cgroup")  # of this process's own group, inside a container


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


def import_lighter() -> None:
    """Shortens the import of Keras by a fifth; call it first in a process that does nothing but train.

    Keras imports pandas, and TensorFlow JAX, if they are installed, to accept their arrays; nobody here passes any. What is
    imported stays, so collecting garbage meanwhile finds nothing; ``gc.enable`` once it is there.
    """
    unused = ["pandas", "pyarrow"]
    if os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow":
        unused.append("jax")
    for name in unused:
        sys.modules.setdefault(name, None)  # pyright: ignore[reportArgumentType]  # Python's word for: there is none
    gc.disable()


def num_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
