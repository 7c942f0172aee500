"""``python -m core bench``: how fast this machine does what matters, as ratios within one run, since machines differ.

Comparisons are interleaved (A B A B A B) and the best of three counts, so that a busy moment does not decide.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from core import config as configs
from core.config import AugmentConfig
from core.network import presets

NUM_ROUNDS = 3
NUM_PHOTOS = 1024
# What the rows about augmentation are measured with: shear, zoom, flip and colour on.
AUGMENT = AugmentConfig(
    shear_degrees=11,
    zoom_in_fraction=0.2,
    zoom_out_fraction=0.2,
    horizontal_flip=True,
    brightness_fraction=0.2,
    contrast_fraction=0.2,
    saturation_fraction=0.2,
)


@dataclass(frozen=True)
class Result:
    """One line of the table.

    Args:
        row: its id; ``.float32`` or ``.bf16`` appended where both are measured.
        value: in the row's unit.
        bar: what it should reach.
        unit: "x" for a ratio, "photos/s".
        detail: the absolute figures behind a ratio.
    """

    row: str
    value: float
    bar: float
    unit: str
    detail: str = ""

    @property
    def holds(self) -> bool:
        return self.value >= self.bar


def bench(only: str | None = None) -> Iterator[Result]:
    """Measures every row, or those whose id begins with ``only``."""
    for name, measure in ROWS.items():
        if only is None or name.startswith(only):
            yield from measure()


def _photos(size: int = 224) -> np.ndarray:
    """(NUM_PHOTOS, size, size, 3) uint8, soft blobs: what they show does not change how fast they are."""
    import cv2

    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (NUM_PHOTOS, 16, 16, 3), dtype=np.uint8)
    return np.stack([cv2.resize(blobs, (size, size), interpolation=cv2.INTER_CUBIC) for blobs in small])


def _best(measures: dict[str, Callable[[], float]]) -> dict[str, float]:
    """The largest of NUM_ROUNDS interleaved measurements of each."""
    best = dict.fromkeys(measures, 0.0)
    for _ in range(NUM_ROUNDS):
        for name, measure in measures.items():
            best[name] = max(best[name], measure())
    return best


def _augmentation() -> Iterator[Result]:
    import cv2

    from core.training.augment import augment_batch, rng_for

    cv2.setNumThreads(1)
    photos = _photos()[:256]
    geometry = AugmentConfig(
        shear_degrees=AUGMENT.shear_degrees,
        zoom_in_fraction=AUGMENT.zoom_in_fraction,
        zoom_out_fraction=AUGMENT.zoom_out_fraction,
        horizontal_flip=True,
    )

    def speed_of(augment: AugmentConfig) -> float:
        began = time.perf_counter()
        for step in range(0, len(photos), 32):
            augment_batch(photos[step : step + 32], augment, rng_for(0, 0, step))
        return len(photos) / (time.perf_counter() - began)

    best = _best({"warp": lambda: speed_of(geometry), "augmentation": lambda: speed_of(AUGMENT)})
    yield Result("warp", best["warp"], 3500, "photos/s", "one core")
    yield Result("augmentation", best["augmentation"], 2700, "photos/s", "one core")


def _loop_vs_step() -> Iterator[Result]:
    """The whole training loop of the narrow network against its own step on one batch that never changes."""
    from core.training.device import prepare_environment, processor_has_bfloat16

    prepare_environment()
    bars = {"float32": 0.90} | ({"mixed_bfloat16": 0.85} if processor_has_bfloat16() else {})
    for precision, bar in bars.items():
        loop, step = _loop_and_step(precision)
        name = "float32" if precision == "float32" else "bf16"
        yield Result(f"loop_vs_step.{name}", loop / step, bar, "x", f"{loop:.0f} of {step:.0f} photos/s")


def _loop_and_step(precision: str) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        before = os.environ.get("ALEXNET_HOME")
        os.environ["ALEXNET_HOME"] = folder
        try:
            return _measure_loop_and_step(precision)
        finally:
            if before is None:
                del os.environ["ALEXNET_HOME"]
            else:
                os.environ["ALEXNET_HOME"] = before


def _measure_loop_and_step(precision: str) -> tuple[float, float]:
    from PIL import Image

    from core.config import PhotosConfig, SplitConfig
    from core.jobs import EventLog, workspace
    from core.photos.dataset import prepare
    from core.runs import create_run
    from core.training.batches import train_batch
    from core.training.train import Training

    root = workspace() / "photos"
    for index, photo in enumerate(_photos()):
        path = root / ("cats" if index % 2 else "dogs") / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(photo).save(path, compress_level=1)
    dataset = prepare(PhotosConfig(source=str(root)), SplitConfig(train=0.9, val=0.05, test=0.05))
    experiment = configs.overlay(
        presets.experiment("narrow"),
        {"training": {"epochs": 1 + NUM_ROUNDS, "precision": precision}, "augment": configs.to_dict(AUGMENT)},
    )
    run = create_run(experiment, dataset)
    log = EventLog(run.events_path)
    training = Training(run, log)
    training.train_epoch()  # traces
    constant = train_batch(training.data, 0, 0)

    def loop() -> float:
        training.state.next_epoch()
        training.train_epoch()
        return training.pace.epoch_photos_per_second

    def step() -> float:
        num_steps = 20
        began = time.perf_counter()
        for _ in range(num_steps):
            training.step(constant)
        return num_steps * len(constant.labels) / (time.perf_counter() - began)

    best = _best({"loop": loop, "step": step})
    log.close()
    return best["loop"], best["step"]


ROWS: dict[str, Callable[[], Iterator[Result]]] = {"loop_vs_step": _loop_vs_step, "augmentation": _augmentation}
