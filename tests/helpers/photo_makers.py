"""Small pictures for the tests of core.photos."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from core.photos.checks import scan


def picture(seed: int, height: int = 48, width: int = 64) -> np.ndarray:
    """(height, width, 3) uint8: fine light and dark blobs over soft colours, so that JPEG keeps them well.

    No two seeds are near-duplicates; the same seed in two sizes is.
    """
    rng = np.random.default_rng(seed)
    light, colour = rng.integers(0, 256, (24, 24), dtype=np.uint8), rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)
    resized = [Image.fromarray(part).resize((width, height), Image.Resampling.BICUBIC) for part in (light, colour)]
    light, colour = (np.asarray(part, np.uint16) for part in resized)
    return ((2 * light[:, :, None] + colour) // 3).astype(np.uint8)


def encoded(image: np.ndarray | Image.Image, format: str = "JPEG", **options) -> bytes:
    """The bytes of a file of that format."""
    file = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(file, format, **options)
    return file.getvalue()


def write_photo(path: Path, seed: int, **options) -> Path:
    """Writes ``picture(seed)`` as a JPEG and returns the path; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(picture(seed, **options), quality=95))
    return path


def write_classes(folder: Path, num_per_class: int = 8, class_names: tuple[str, ...] = ("cats", "dogs")) -> Path:
    """A folder with one sub-folder a class, every photo another one."""
    for position, name in enumerate(class_names):
        for index in range(num_per_class):
            write_photo(folder / name / f"{index}.jpg", seed=1000 * position + index)
    return folder


def aborts_on_some(task: dict) -> dict:
    """``scan.check_file`` with a decoder that dies on photos called crash and hangs on those called hang."""
    import os
    import time

    name = Path(task["path"]).name
    if "crash" in name:
        os.abort()
    if "hang" in name:
        time.sleep(600)
    return scan.check_file(task)


def fails_at_three(task: dict) -> dict:
    """A function with a bug that one task meets."""
    if task["number"] == 3:
        raise KeyError("a bug of ours")
    return task


def dies_when_idle(task: dict) -> dict:
    """Gives back what it got; its process ends a moment after its first answer."""
    import os
    import threading
    import time

    def end() -> None:
        time.sleep(0.02)
        os._exit(1)

    threading.Thread(target=end).start()
    if task["number"] % 3:
        time.sleep(0.005)
    return task


def echoes(task: dict) -> dict:
    """Gives back what it got."""
    return task
