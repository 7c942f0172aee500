"""``python -m core bench``: how fast this machine does what matters, most of it as ratios within one run, since machines differ.

    table.py        a line of the table, and the rule of every comparison
    world.py        what rows share: a workspace of their own, the photos, one training for each precision
    training.py     rows about the training loop, and about the first network of a newcomer
    rivals.py       what it is compared with: the article's way, Keras' layers, PyTorch
    pictures.py     rows about augmentation
    photos.py       rows about the scan of 25,000 photos
    processes.py    rows about whole processes: start, memory, thirty viewers
    pages.py        rows about real pages in a browser, idle and beside a training
    viewers.py      the viewers: sessions that speak Streamlit's protocol
    wire.py         as much of protobuf as they need
    scale/          instead: how cost grows with photos, runs and epochs
    accuracy/       instead of rows about speed: how good a network is after some minutes, beside other ways

Comparisons are interleaved (A B A B A B) and the best of three counts, so that a busy moment does not decide.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from core.bench import pages, pictures, processes, training
from core.bench import photos as scans
from core.bench.table import LeftOut, Result
from core.bench.world import World
from core.errors import AppError

__all__ = ["LeftOut", "Result", "bench", "row_ids"]

Measure = Callable[[World], Iterator[Result | LeftOut]]
# Quick rows first; a row that is measured in two precisions has their names appended.
ROWS: tuple[tuple[tuple[str, ...], Measure], ...] = (
    (("warp", "augmentation"), pictures.warp_and_colour),
    (("batches",), pictures.batches),
    (
        (
            "scan_photos_per_core",
            "scan_vs_pillow_verify",
            "scan_memory",
            "rescan_seconds",
            "near_duplicates_seconds",
        ),
        scans.scan,
    ),
    (("loop_vs_step",), training.loop_vs_step),
    (("loop_vs_article",), training.loop_vs_article),
    (("loop_vs_keras_layers",), training.loop_vs_keras_layers),
    (("step_vs_pytorch",), training.step_vs_pytorch),
    (("events_on_vs_off",), processes.events_on_vs_off),
    (("first_point_cold", "first_point_spare"), processes.first_point),
    (("memory_25000_vs_4000",), processes.memory),
    (("speed_with_30_viewers", "tick_p95_30_viewers"), processes.viewers),
    (training.FIRST_ROWS, training.first_network),
    (pages.ROWS, pages.page_to_page),
)


def row_ids() -> tuple[str, ...]:
    """Every row's id, without precisions."""
    return tuple(name for names, _ in ROWS for name in names)


def bench(only: str | None = None, photos: Path | None = None) -> Iterator[Result | LeftOut]:
    """Measures every row, or one.

    Args:
        only: a row's id, with or without its precision, or what it begins with.
        photos: a folder with train/val/test folders of real JPEGs, or one that holds such a folder; drawn pets are
            saved as JPEGs without it.

    Raises:
        AppError: there is no such row.
    """
    chosen = [(names, measure) for names, measure in ROWS if any(_asked(only, name) for name in names)]
    if not chosen:
        raise AppError(f"There is no row “{only}”. The rows are {', '.join(row_ids())}.")
    with World(photos) as world:
        for names, measure in chosen:
            for found in _measured(names, measure, world):
                if only is None or found.row.startswith(only) or only.startswith(found.row):
                    yield found


def _measured(names: tuple[str, ...], measure: Measure, world: World) -> Iterator[Result | LeftOut]:
    """What was measured; the other rows do not suffer where one cannot be."""
    try:
        yield from measure(world)
    except AppError as error:
        for name in names:
            yield LeftOut(name, str(error))


def _asked(only: str | None, name: str) -> bool:
    return only is None or name.startswith(only) or only.split(".")[0] == name
