"""The made outliers of a data set, kept beside its pixels: made once, since drawing them in every step would slow training down."""

import io
import os
from pathlib import Path

import numpy as np

from core.errors import PhotoError
from core.jobs.job import Report
from core.photos.dataset import Dataset
from core.training.recipe.outliers import KINDS, make_some
from core.workspace.disk import why_not_written
from core.workspace.files import open_file, sync_folder

PER_KIND = 128
SEED = 20_12  # the same for every run of the data set; which of them a batch gets follows from the run's own seed


def open_made(dataset: Dataset, images: np.ndarray, fit: str, report: Report) -> np.ndarray:
    """(len(KINDS) * PER_KIND, S, S, C) uint8 read-only memory map, kind after kind. Builds it if missing.

    Args:
        images: (N, S, S, C) uint8, the data set's cache; some kinds are made of its training photos.
        fit: of the cache.
        report: called with the stage "caching" after each kind; may raise Cancelled.

    Raises:
        PhotoError: the disk is full or may not be written.
    """
    size, channels = images.shape[1], images.shape[3]
    path = dataset.folder / f"cache-{size}x{size}x{channels}-{fit}-made.npy"
    shape = (len(KINDS) * PER_KIND, size, size, channels)
    if (made := _whole(path, shape)) is not None:
        return made
    unfinished = path.with_name(f"{path.stem}.{os.getpid()}.unfinished")
    try:
        header = io.BytesIO()
        np.lib.format.write_array_header_2_0(header, {"descr": "|u1", "fortran_order": False, "shape": shape})
        with unfinished.open("wb") as file:
            file.write(header.getvalue())
            for done, kind in enumerate(KINDS):
                report("caching", done, len(KINDS))
                file.write(make_some(images, dataset.of_split("train"), size, fit, PER_KIND, SEED, [kind]).tobytes())
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
        sync_folder(dataset.folder)
        report("caching", len(KINDS), len(KINDS))
    except OSError as error:
        raise PhotoError(f"The made outliers were not kept. {why_not_written(error, dataset.folder)}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return np.load(path, mmap_mode="r")


def _whole(path: Path, shape: tuple[int, ...]) -> np.ndarray | None:
    try:
        with open_file(path) as file:
            if np.lib.format.read_magic(file) != (2, 0):
                return None
        made = np.load(path, mmap_mode="r")
    except (OSError, ValueError):
        return None
    return made if made.shape == shape and made.dtype == np.uint8 else None
