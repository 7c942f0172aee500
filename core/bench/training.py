"""Rows about the training loop of the narrow network: against its own step, and against other ways to train it. And the first network."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

from core.bench import rivals
from core.bench.table import NUM_ROUNDS, LeftOut, Result, best_of
from core.bench.world import BATCH_SIZE, World
from core.config import to_dict
from core.errors import AppError
from core.jobs.events import read_events
from core.jobs.job import create_job, find_job, spawn
from core.network import presets
from core.runs.engines.warm import ensure_spare
from core.runs.store import find_run
from core.workspace.owners import mark_of

CEILING_BAR = 0.85  # of what the step allows; on known machines the loop stands at .88 to .92
NUM_STEPS = 32  # of a measurement of the step alone; as many as an epoch has
FIRST_ROWS = ("first_network_seconds", "first_network_to_70_seconds", "first_network_accuracy")
LOOK_SECONDS = 0.1
LONGEST_SECONDS = 600.0


def loop_vs_step(world: World) -> Iterator[Result]:
    """The whole loop (batches, augmentation, events) against the same compiled step on one batch that never changes."""
    for precision, bar in (("float32", 0.90), ("mixed_bfloat16", 0.85)):
        if precision in world.precisions:
            best = best_of({"loop": _loop(world, precision), "step": _step(world, precision)})
            detail = f"{best['loop']:.0f} of {best['step']:.0f} photos/s"
            yield Result(_row("loop_vs_step", world, precision), best["loop"] / best["step"], bar, "x", detail)


def loop_vs_article(world: World) -> Iterator[Result | LeftOut]:
    """Against ImageDataGenerator with shear, zoom and flip over the JPEG folders, and fit, in float32."""
    try:
        article = rivals.article(world.photos[0] / "train")
    except ImportError as error:
        yield LeftOut("loop_vs_article", f"Keras' ImageDataGenerator needs {error.name}: pip install {error.name}")
        return
    yield from _against(world, "loop_vs_article", "the article's way", article)


def loop_vs_keras_layers(world: World) -> Iterator[Result]:
    """Against tf.data with Keras' random layers over the cached photos, and fit, in float32."""
    data = world.training("float32").equipment.data
    rival = rivals.keras_layers(data.images[data.indices], data.labels[data.indices])
    yield from _against(world, "loop_vs_keras_layers", "Keras' layers", rival)


def step_vs_pytorch(world: World) -> Iterator[Result | LeftOut]:
    """The step alone against PyTorch's on the same network, channels_last, in the same precision."""
    for precision, bar in (("float32", 1.2), ("mixed_bfloat16", 0.90)):
        if precision not in world.precisions:
            continue
        row = _row("step_vs_pytorch", world, precision)
        try:
            rival = rivals.PyTorch(world.experiment().network, precision)
        except ImportError:
            yield LeftOut(row, "PyTorch is not installed; it is never a dependency: pip install torch to measure it")
            return
        with closing(rival):
            best = best_of({"step": _step(world, precision), "PyTorch": lambda rival=rival: rival(NUM_STEPS)})
        detail = f"{best['step']:.0f} against {best['PyTorch']:.0f} photos/s"
        yield Result(row, best["step"] / best["PyTorch"], bar, "x", detail)


def _against(world: World, row: str, name: str, rival: Callable[[], float]) -> Iterator[Result]:
    """The loop in each precision against one rival, as a share of the most that the machine allows: its ratio to the rival over that of a
    loop which runs at the step's own speed. How far a step is ahead of a rival depends on the processor; the share does not."""
    loops = {precision: _loop(world, precision) for precision in world.precisions}
    steps = {f"step in {precision}": _step(world, precision) for precision in world.precisions}
    best = best_of({**loops, **steps, name: rival})
    for precision in loops:
        ratio, ceiling = (best[speed] / best[name] for speed in (precision, f"step in {precision}"))
        detail = (
            f"{ratio:.2f} x {name}, of {ceiling:.2f} x that the step allows: {best[precision]:.0f} against {best[name]:.0f} photos/s; "
            f"{world.photos[1]}"
        )
        yield Result(_row(row, world, precision), ratio / ceiling, CEILING_BAR, "x", detail, measured=(ratio, "x"))


def _row(row: str, world: World, precision: str) -> str:
    return f"{row}.{world.precisions[precision]}"


def _loop(world: World, precision: str) -> Callable[[], float]:
    """Measures one epoch of the app's own loop, in photos/s."""
    training = world.training(precision)

    def loop() -> float:
        training.state.next_epoch()
        training.train_epoch()
        return training.pace.epoch_photos_per_second

    return loop


def _step(world: World, precision: str) -> Callable[[], float]:
    """Measures the loop's own step on one batch, in photos/s."""
    from core.training.recipe.batches import train_batch

    training = world.training(precision)
    constant = train_batch(training.equipment.data, 0, 0)

    def step() -> float:
        began = time.perf_counter()
        for _ in range(NUM_STEPS):
            training.step(constant)
        return NUM_STEPS * BATCH_SIZE / (time.perf_counter() - began)

    return step


def first_network(world: World) -> Iterator[Result | LeftOut]:
    """What the button does, three times with pets of other seeds, a spare worker waiting as it does behind an open page."""
    found = [_first_network_once(seed) for seed in range(NUM_ROUNDS)]
    whole, early, accuracy = (sorted(values)[len(values) // 2] for values in zip(*found, strict=True))
    each = ", ".join(f"{one:.0f}" for one, _, _ in found)
    yield Result(
        FIRST_ROWS[0], whole, 60, "seconds", f"from the click to the test; {each} with three seeds", at_most=True
    )
    yield Result(FIRST_ROWS[1], early, 15, "seconds", "to a validation accuracy above 70 %", at_most=True)
    tested = ", ".join(f"{100 * one:.1f}" for _, _, one in found)
    yield Result(
        FIRST_ROWS[2], accuracy, 0.95, "share", f"of the drawn test pets are named rightly; {tested} % with three seeds"
    )


def _first_network_once(seed: int) -> tuple[float, float, float]:
    """(seconds from the click to the test, seconds to a validation accuracy above .7, test accuracy)."""
    experiment = presets.experiment("first")
    split, training = replace(experiment.split, seed=seed), replace(experiment.training, seed=seed)
    experiment = replace(experiment, split=split, training=training)
    whole, network = to_dict(experiment), experiment.network
    request = {
        "owner": "",
        "photos": whole["photos"],
        "split": whole["split"],
        "cache": {"size": network.input_size, "fit": experiment.photos.fit, "channels": network.input_channels},
        "then_train": {"config": whole, "owner": mark_of("")},
    }
    os.environ.pop("ALEXNET_SPARE", None)  # World sets it to 0 for all other rows
    try:
        ensure_spare()
        time.sleep(10)  # what a visitor takes to read the page, and the spare to import
        began = time.time()
        job = create_job("prepare", request)
        spawn("core.runs.engines.from_photos", job.folder)
        while (job := find_job(job.id)).status not in ("completed", "failed"):
            _wait(began)
        if job.status == "failed":
            raise AppError(str((job.last or {}).get("message")))
        run = find_run((job.last or {})["run"])
        while run.is_active:
            _wait(began)
        events, _ = read_events(run.events_path, 0)
    finally:
        os.environ["ALEXNET_SPARE"] = "0"
    accuracy = run.history.results.get("test_accuracy")
    if run.status != "completed" or not isinstance(accuracy, float):
        raise AppError(run.history.message or "The first network did not come to its end.")
    good = [event["time"] for event in events if event["kind"] == "epoch" and event["val_accuracy"] > 0.7]
    if not good:
        raise AppError("The first network never named 70 % of its validation pets rightly.")
    return events[-1]["time"] - began, good[0] - began, accuracy


def _wait(began: float) -> None:
    if time.time() - began > LONGEST_SECONDS:
        raise AppError(f"The first network took more than {LONGEST_SECONDS:.0f} seconds.")
    time.sleep(LOOK_SECONDS)
