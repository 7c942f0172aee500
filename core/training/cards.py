"""Graphics cards: what the backend saw of them, and if it saw none, why, and what to do about it. Imports no backend until ``look`` is called.

TensorFlow says only that there is no card. Who wants one needs to know which of many things is missing: a card, its driver, a driver that this
process may use, a TensorFlow that was built for cards, or NVIDIA's libraries beside it. Each is looked for here where the system tells of it.
"""

import ctypes.util
import os
import platform
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from core.machine import num_cards

INSTALL_LINE = "pip install 'tensorflow[and-cuda]'"
PCI_FOLDER = Path("/sys/bus/pci/devices")
WINDOWS_CARD = Path("/dev/dxg")  # inside WSL 2, the graphics card of the Windows around it, whoever made it
CUDA_PACKAGES = ("nvidia-cudnn-cu12", "nvidia-cuda-runtime-cu12")  # of those that tensorflow[and-cuda] brings
_NVIDIA, _DISPLAY = "0x10de", "0x03"  # of PCI: the vendor, and the first byte of the class of display controllers
_AGAIN = "in the app's environment and start the app again."


@dataclass(frozen=True)
class Seen:
    """What a process that has the backend found.

    Args:
        backend: Keras' backend with its version, e.g. "tensorflow 2.21.0".
        device: as ``core.training.device.training_device`` gives it.
        capability: compute capability (major, minor) of the card, or (0, 0).
        has_cuda: whether the backend was built for NVIDIA's cards; True where it does not say.
        cuda_version: that it was built for; "" where it does not say.
    """

    backend: str
    device: str
    capability: tuple[int, int] = (0, 0)
    has_cuda: bool = True
    cuda_version: str = ""

    @property
    def has_card(self) -> bool:
        return self.device.startswith("GPU")


@dataclass(frozen=True)
class NoCard:
    """Why no graphics card is used, and the next step: a sentence each. ``kind`` names the reason, for programs.

    The kinds: "macos", "windows", "none", "driver", "hidden", "library", "build", "packages", "version", "backend".
    """

    kind: str
    reason: str
    step: str

    @property
    def is_mendable(self) -> bool:
        """Whether this very computer has a card that could be used."""
        return self.kind not in ("macos", "none")

    def __str__(self) -> str:
        return f"{self.reason} {self.step}".strip()


def why_none(seen: Seen | None = None) -> NoCard:
    """The first thing that is missing between this process and a card, in the order in which they have to be there.

    Args:
        seen: what the backend found; None before anybody asked it.
    """
    system = platform.system()
    if system == "Darwin":
        return NoCard(
            "macos",
            "A Mac's own graphics are not used: Apple's plugin tensorflow-metal was made for TensorFlow up to 2.17 and keeps newer ones from "
            "starting.",
            "Do not install it; to train on a graphics card, use a Linux computer that has one of NVIDIA's.",
        )
    if system == "Windows":
        return NoCard(
            "windows",
            "On Windows itself TensorFlow has used no graphics card since version 2.11.",
            f"Install the app inside WSL 2 (wsl --install), run {INSTALL_LINE} there {_AGAIN}",
        )
    if not num_cards() and not (WINDOWS_CARD.exists() and has_driver_library()):
        return _none_with_a_driver()
    if (hidden := _hidden_by()) is not None:
        return NoCard(
            "hidden",
            f"This computer has an NVIDIA graphics card, and CUDA_VISIBLE_DEVICES ({hidden!r}) hides it from the app.",
            "Start the app again without that variable, or with the number of a card: 0 is the first.",
        )
    if not has_driver_library():
        return NoCard(
            "library",
            "This computer has an NVIDIA graphics card, but the driver's library (libcuda.so.1) is not to be found here.",
            f"Start a container with --gpus all, or install NVIDIA's driver anew; then run {INSTALL_LINE} {_AGAIN}",
        )
    if seen is not None and not seen.backend.startswith("tensorflow"):
        return NoCard(
            "backend",
            f"This computer has an NVIDIA graphics card that {seen.backend} does not see.",
            f"Install its build for NVIDIA's cards (for JAX: pip install 'jax[cuda12]') {_AGAIN}",
        )
    if seen is not None and not seen.has_cuda:
        return NoCard(
            "build",
            f"This computer has an NVIDIA graphics card, but {seen.backend} was built without CUDA, so it cannot use one.",
            f"Run pip uninstall tensorflow-cpu tensorflow, then {INSTALL_LINE} {_AGAIN}",
        )
    if not has_cuda_packages():
        return NoCard(
            "packages",
            "This computer has an NVIDIA graphics card that TensorFlow does not see: NVIDIA's libraries are not installed beside it.",
            f"To use the card, run {INSTALL_LINE} {_AGAIN}",
        )
    wanted = f"CUDA {seen.cuda_version}" if seen is not None and seen.cuda_version else "the CUDA that TensorFlow wants"
    return NoCard(
        "version",
        "This computer has an NVIDIA graphics card and TensorFlow has its libraries, but it does not see the card: mostly the driver is older "
        f"than {wanted}.",
        "nvidia-smi names the CUDA version that the driver can do; update the driver if it is lower, and start the app again.",
    )


def _none_with_a_driver() -> NoCard:
    """No driver names a card: is there one on the bus?"""
    if is_on_the_bus():
        return NoCard(
            "driver",
            "This computer has an NVIDIA graphics card whose driver is not loaded.",
            f"Install NVIDIA's driver until nvidia-smi lists the card; then run {INSTALL_LINE} {_AGAIN}",
        )
    return NoCard("none", "No NVIDIA graphics card was found in this computer.", "")


_own_choices: set[str] = set()


def show_only(card: int) -> None:
    """Hides all other cards from what this process will compute with. What a person has set stays."""
    if "CUDA_VISIBLE_DEVICES" not in os.environ:
        os.environ["CUDA_VISIBLE_DEVICES"] = str(card)
        _own_choices.add(str(card))


def is_own_choice(visible: str | None) -> bool:
    """Whether this value of CUDA_VISIBLE_DEVICES was set by ``show_only``: a worker's card, one of many alike."""
    return visible in _own_choices


def is_on_the_bus() -> bool:
    """Whether an NVIDIA card is plugged in, whatever its driver says. Only Linux tells."""
    for device in PCI_FOLDER.glob("*"):
        try:
            vendor, kind = ((device / name).read_text().strip() for name in ("vendor", "class"))
        except OSError:
            continue
        if vendor == _NVIDIA and kind.startswith(_DISPLAY):
            return True
    return False


def _hidden_by() -> str | None:
    """What CUDA_VISIBLE_DEVICES says if it shows no card: it is read up to the first number below zero."""
    asked = os.environ.get("CUDA_VISIBLE_DEVICES")
    if asked is None:
        return None
    first = asked.split(",")[0].strip()
    return asked if not first or first.startswith("-") or first.lower() in ("none", "nodevfiles") else None


@lru_cache(1)  # it starts a process to find out
def has_driver_library() -> bool:
    """Whether the driver's own library can be loaded by this process."""
    return ctypes.util.find_library("cuda") is not None


@lru_cache(1)
def has_cuda_packages() -> bool:
    """Whether the libraries that TensorFlow computes on a card with are installed beside it, or anywhere on this system."""
    for package in CUDA_PACKAGES:
        try:
            version(package)
        except PackageNotFoundError:
            return ctypes.util.find_library("cudnn") is not None
    return True
