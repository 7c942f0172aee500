"""Rows about the training loop of the narrow network: against its own step, and against other ways to train it."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing

from core.bench import rivals
from core.bench.table import LeftOut, Result, best_of
from core.bench.world import BATCH_SIZE, World

CEILING_BAR = 0.85  # of what the step allows; on known machines the loop stands at .88 to .92
NUM_STEPS = 32  # of a measurement of the step alone; as many as an epoch has


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
