"""What this machine computes with, and what suits it. Nothing here imports TensorFlow before it is asked to."""

import importlib
import os
import platform
from collections.abc import Mapping

from core.machine import num_cards, num_cores, processor_has_bfloat16, processor_name
from core.training.cards import Seen, show_only, why_none


def use_card(slot: int) -> None:
    """On a machine of several cards, leaves this process the one of its slot. Before anything computes; what a person has set stays."""
    if num_cards() > 1:
        show_only(slot % num_cards())


def training_device() -> str:
    """The device that Keras trains on, in words: ``GPU: NVIDIA H100`` or ``CPU, 2 cores``. Imports the backend, computes nothing."""
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf  # Keras has no word for a device's name

        cards = tf.config.list_physical_devices("GPU")
        if cards:
            let_memory_grow()  # before anything computes on it
            return "GPU: " + tf.config.experimental.get_device_details(cards[0]).get("device_name", "unnamed")
    elif keras.backend.backend() == "jax":
        import jax

        first = jax.devices()[0]
        if first.platform == "gpu":
            return f"GPU: {first.device_kind}"
    return f"CPU, {num_cores()} cores"


def look() -> Seen:
    """What the backend finds here. Imports it, computes nothing."""
    import keras

    backend, device = keras.backend.backend(), training_device()
    name = f"{backend} {importlib.import_module(backend).__version__}"
    capability = _card_capability() if device.startswith("GPU") else (0, 0)
    if backend != "tensorflow":
        return Seen(name, device, capability)
    import tensorflow as tf

    build = tf.sysconfig.get_build_info()
    return Seen(name, device, capability, bool(build["is_cuda_build"]), str(build.get("cuda_version", "")))


def let_memory_grow() -> str:
    """Has TensorFlow take a card's memory as it is needed, so that a predictor or a colleague finds room on the same card.

    ``core.machine.ENVIRONMENT`` asks for it before the import; this says whether it is so where TensorFlow was imported by somebody else before.
    What a person has set stays. Nothing is done on other backends, which do not take the memory (JAX is told by the environment).

    Returns:
        "" or, where it is too late, a sentence for the run's notices.
    """
    import keras

    asked = os.environ.get("TF_FORCE_GPU_ALLOW_GROWTH", "true").lower()
    if keras.backend.backend() != "tensorflow" or asked in ("false", "0"):
        return ""
    import tensorflow as tf

    try:
        for card in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(card, True)
    except (RuntimeError, ValueError) as error:  # the card is in use already, or was split by hand
        return (
            f"TensorFlow takes all memory of the graphics card for this run ({error}). Nothing else may compute on the card meanwhile; start "
            "the app with TF_FORCE_GPU_ALLOW_GROWTH=true to share it."
        )
    return ""


def device_notices(device: str) -> list[str]:
    """What a person should know about the device of a run: a card that is there and not used, memory that is not shared.

    Args:
        device: as ``training_device`` gives it.
    """
    said = let_memory_grow() if device.startswith("GPU") else unseen_gpu(look())
    return [said] if said else []


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


def unseen_gpu(seen: Seen | None = None) -> str:
    """Why, and what to do, if the machine has an NVIDIA card that the backend does not use, else "". Imports nothing heavy.

    Args:
        seen: what ``look`` found, where it was called.
    """
    why = why_none(seen)
    return str(why) if why.is_mendable and why.kind != "windows" else ""


def choose_precision(asked: str, device: str, speeds: Mapping[str, float] | None = None) -> str:
    """The Keras dtype policy to train with.

    Args:
        asked: ``auto`` or a policy.
        device: as ``training_device`` gives it.
        speeds: photos a second by policy, as ``core.training.forecast.measured.precision_speeds`` knows them of this machine.

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


def _card_capability() -> tuple[int, int]:
    """Compute capability of the first card. Other backends than TensorFlow do not tell; the cards that they run on are recent."""
    import keras

    if keras.backend.backend() != "tensorflow":
        return (8, 0)
    import tensorflow as tf

    details = tf.config.experimental.get_device_details(tf.config.list_physical_devices("GPU")[0])
    return details.get("compute_capability", (0, 0))


def is_out_of_memory(error: Exception) -> bool:
    """TensorFlow has an error of this name, JAX a word in the error's text; neither is a MemoryError."""
    return type(error).__name__ == "ResourceExhaustedError" or str(error).startswith("RESOURCE_EXHAUSTED")
