"""What is measured at each number of photos, of runs and of epochs, and the rows that come of it."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

from core import config as configs
from core.bench.processes import cpu_seconds, rss_anon, server, sparse_dataset
from core.bench.scale.fit import exponent, grown
from core.bench.scale.world import home, spent, spent_by_command, write_photos, write_run
from core.bench.table import NUM_ROUNDS, LeftOut, Result
from core.bench.viewers import Seen, Viewer
from core.config import ExperimentConfig, PhotosConfig, SplitConfig
from core.errors import AppError
from core.jobs.events import read_events
from core.runs.engines.local import start_run
from core.runs.history import read_history
from core.runs.store import create_run, list_runs
from core.workspace.folders import PROJECT

# The first of each is tiny: what it costs is the fixed part. The exponent is that of the others.
PHOTOS, RUNS, EPOCHS = (20, 1_000, 10_000, 100_000), (1, 10, 100, 1_000), (1, 10, 100, 1_000, 10_000)
QUICK_PHOTOS, QUICK_RUNS, QUICK_EPOCHS = (20, 400, 1_600), (1, 10, 40), (1, 100, 1_000)
LINE, HARDLY = 1.05, 0.2  # the most that an exponent may be
NUM_DRAWS = 3
FEW = 1_000  # up to so many are measured in three rounds, and the least counts: what is soon done is soon disturbed
_PATIENCE_SECONDS = 120.0
# Small pictures and few weights, so that what is done for each photo is not lost beside arithmetic.
_SMALL = configs.overlay(
    ExperimentConfig(),
    {
        "network": {"input_size": 32, "blocks": [{"filters": 8, "strides": 4}], "dense": [{"units": 8}]},
        "training": {"batch_size": 128, "epochs": 2, "precision": "float32"},
    },
)
Costs = dict[str, dict[int, float]]


@dataclass(frozen=True)
class About:
    """What a row means.

    Args:
        grows: whether it may grow with what it works on; then its fixed part is left out of the fit.
        unit: of the cost.
    """

    of: str
    grows: bool
    unit: str = "s of processor"


ROWS = {
    "scan": About("photos", True),
    "plan": About("photos", True),
    "cache": About("photos", True),
    "epoch": About("photos", True),
    "memory": About("photos", False, "MB of a worker"),
    "photos_page": About("photos", False),
    "training_page": About("photos", False),
    "runs": About("runs", True),
    "compare": About("runs", True),
    "home": About("runs", True),
    "history": About("epochs", True),
    "chart": About("epochs", False, "KB to a browser"),
}


def scale(
    quick: bool = False, only: str | None = None, say: Callable[[str], None] = lambda text: None
) -> Iterator[Result | LeftOut]:
    """Measures how cost grows, in a workspace of its own for each number.

    Args:
        quick: smaller numbers, for a look or a test: what they say of large ones is a guess.
        only: "photos", "runs" or "epochs".
        say: is told what goes on.
    """
    numbers = zip(
        ("photos", "runs", "epochs"),
        (QUICK_PHOTOS, QUICK_RUNS, QUICK_EPOCHS) if quick else (PHOTOS, RUNS, EPOCHS),
        (_of_photos, _of_runs, _of_epochs),
        strict=True,
    )
    for kind, counts, measure in numbers:
        if only in (None, kind):
            costs = _measured(measure, counts, say, kind)
            yield from (_row(name, costs.get(name, {})) for name, about in ROWS.items() if about.of == kind)


def _measured(
    measure: Callable[[int], dict[str, float]], counts: Sequence[int], say: Callable[[str], None], kind: str
) -> Costs:
    """{row: {n: cost}}."""
    costs: Costs = {}
    for count in counts:
        say(f"{count:,} {kind}")
        for _ in range(NUM_ROUNDS if count <= FEW else 1):
            for name, cost in measure(count).items():
                known = costs.setdefault(name, {})
                known[count] = min(cost, known.get(count, cost))
    return costs


def _row(name: str, costs: Mapping[int, float]) -> Result | LeftOut:
    about = ROWS[name]
    if len(costs) < 3:
        return LeftOut(f"exponent.{name}", "it is not there in this version, or not on this system")
    fewest = min(costs)
    others = {count: cost for count, cost in costs.items() if count != fewest}
    detail = ", ".join(f"{count:,}: {cost:.3g}" for count, cost in others.items()) + f" {about.unit}"
    detail += f"; fixed part {costs[fewest]:.2g}"
    value = exponent(grown(costs) if about.grows else others)
    bar = LINE if about.grows else HARDLY
    return Result(f"exponent.{name}", value, bar, "", detail, at_most=True, measured=(costs[max(costs)], about.unit))


def _of_photos(count: int) -> dict[str, float]:
    """From a folder of JPEGs to a trained network of few weights, and the two pages that show photos."""
    from core.photos.cache import open_cache
    from core.photos.checks import clean, scan
    from core.photos.prepare import prepare
    from core.photos.split import assign

    with home() as folder:
        write_photos(folder / "pets", count)
        costs = {"scan": spent_by_command("scan", str(folder / "pets"), "--json")}
        scanned, split = scan.scan(folder / "pets"), SplitConfig()
        costs["plan"] = min(spent(lambda: assign(clean.plan(scanned), split)) for _ in range(NUM_DRAWS))
        dataset = prepare(PhotosConfig(source=str(folder / "pets")), split)
        costs["cache"] = spent(lambda: open_cache(dataset, _SMALL.network.input_size, "squash", 3))
        costs |= _trained(dataset)
        with server() as (address, process):
            for page in ("photos", "training"):
                costs[f"{page}_page"] = _drawn(address, process, page)[0]
    return costs


def _trained(dataset) -> dict[str, float]:
    """An epoch of a worker's own, once everything is traced, and the most memory that it held."""
    run = create_run(_SMALL, dataset)
    start_run(run)
    worker = next(child for child in psutil.Process().children() if str(run.folder) in " ".join(child.cmdline()))
    peak, offset, used_at = 0, 0, []
    while worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE:
        peak = max(peak, rss_anon(worker.pid))
        events, offset = read_events(run.events_path, offset)
        used_at += [cpu_seconds(worker)] * sum(event["kind"] == "epoch" for event in events)
        time.sleep(0.02)
    if run.status != "completed" or len(used_at) < 2:
        raise AppError(f"The run on {len(dataset.examples):,} photos is {run.status}: {run.history.message}")
    costs = {"epoch": used_at[1] - used_at[0]}
    return costs | ({"memory": peak / 1e6} if peak else {})


def _of_runs(count: int) -> dict[str, float]:
    """The list, by the command that a person types, and the pages that show all runs."""
    with home():
        dataset = sparse_dataset(400)
        for _ in range(count):
            write_run(_SMALL, dataset, 12)
        costs = {"runs": min(spent_by_command("runs", "--json") for _ in range(NUM_DRAWS))}
        runs = list_runs()
        with server() as (address, process):
            costs["home"] = _drawn(address, process, "")[0]
            if (PROJECT / "pages" / "compare").is_dir():
                costs["compare"] = _drawn(address, process, "compare", f"runs={','.join(run.id for run in runs)}")[0]
    return costs


def _of_epochs(count: int) -> dict[str, float]:
    """The history as it is first read, and what a browser is sent to draw its chart."""
    with home():
        run = write_run(_SMALL, sparse_dataset(400), count)
        costs = {"history": spent(lambda: read_history(run.events_path))}
        with server() as (address, process):
            costs["chart"] = _drawn(address, process, "training", f"run={run.id}")[1] / 1e3
    return costs


def _drawn(address: str, process: psutil.Process, page: str, query: str = "") -> tuple[float, int]:
    """(processor seconds of the server, bytes to the browser) of a page that was drawn before; the least of three."""
    asyncio.run(_draw(address, page, query))
    costs = []
    for _ in range(NUM_DRAWS):
        before = cpu_seconds(process)
        received = asyncio.run(_draw(address, page, query))
        costs.append((cpu_seconds(process) - before, received))
    return min(seconds for seconds, _ in costs), min(received for _, received in costs)


async def _draw(address: str, page: str, query: str) -> int:
    """Opens a page as a browser does, waits until it is drawn, and gives the bytes that came."""
    viewer = Viewer(0, address, query, Seen(), page)
    task = asyncio.create_task(viewer.watch())
    try:
        await asyncio.wait_for(viewer.drawn.wait(), _PATIENCE_SECONDS)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    return viewer.num_bytes
