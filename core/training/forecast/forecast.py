"""Will it fit, and how long will it take: before Start, at every change of a setting. No TensorFlow.

Arithmetic over ``core.network.plan`` and what ``core.training.process.calibrate`` measured on this machine. Where this very configuration was
measured, its own times are added up; else those of the networks that were measured here are scaled by the work there is.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from core.config import ExperimentConfig, TrainingConfig
from core.machine import available_memory
from core.photos.layouts.counts import SplitSizes
from core.training.device import choose_precision
from core.training.forecast import measured
from core.training.forecast.costs import Costs, steps_of_epoch
from core.training.forecast.measured import Measurement, Timing
from core.training.recipe.schedule import MOST_KEPT_BYTES, averaging_window, judged_size, stride_of

# Of the memory that is free: the system has its own ups and downs, and the photos' memory map is slow without any.
USABLE_FRACTION = 0.9
# A run of hundreds of steps ends with up to a seventh more than the few steps of a measurement: freed blocks stay with the process.
GROWTH = 1.07
# The share of a step that does not depend on its photos makes scaling less exact, the further it goes.
NEAR = 1.25

# The shape of a training's cost, for networks that were not measured themselves. On a machine with measurements only its
# proportions count; before the first they are the guess. Fitted by hand to narrow and modern on two cores without bfloat16.
SECONDS_PER_MULTIPLY_ADD = 3.0e-11  # of a photo in a training step: forward, and backward twice
SECONDS_PER_ACTIVATION = 2.5e-9
SECONDS_PER_PIXEL = 1.5e-8  # of the picture: augmentation
SECONDS_PER_PARAMETER = 5.0e-9  # of a step, however few its photos: gradient and optimizer pass through all of them
SECONDS_PER_LAYER = 3.0e-4  # of a step
JUDGE_SHARE = 0.27  # of a training photo's time
FIRST_SECONDS, FIRST_JUDGE_SECONDS = 2.0, 0.2  # tracing, at each size
START_SECONDS = 5.0
SAVE_SECONDS, SAVE_SECONDS_PER_PARAMETER = 0.05, 2e-8
STARTED_BYTES = 300e6  # Python with TensorFlow
BYTES_PER_PARAMETER = 4.0  # of each copy
BYTES_PER_ACTIVATION = 8.0
USUAL_PHOTOS = 2000  # what the presets' epochs were tried on
OPTIMIZER_COPIES = {"adamw": 2, "muon": 2, "adam": 2, "sgd": 1, "rmsprop": 1}


@dataclass(frozen=True)
class Forecast:
    """What a run will need.

    Args:
        memory_bytes: the most that its process will hold; the photos, a memory map that the system may drop, not counted.
        epoch_seconds: of an average epoch, validation and checkpoint included.
        total_seconds: from Start to the result on the test photos, without waiting in the queue or caching photos.
        available_bytes: free now.
        fits: whether memory_bytes is at most USABLE_FRACTION of available_bytes.
        batch_size_that_fits: the configured one if it fits, else the largest smaller one that does; None if none does.
        basis: "measured" for this configuration on this machine; "scaled" from others that were; "guessed" before any.
        is_sure: measured while nothing else took much of the processor; measuring again is worth it otherwise.
        sentence: all of it in words.
        num_epochs: of the run; by the clock, as many as its minutes will be enough for, the last one perhaps in part.
    """

    memory_bytes: int
    epoch_seconds: float
    total_seconds: float
    available_bytes: int
    fits: bool
    batch_size_that_fits: int | None
    basis: str
    is_sure: bool
    sentence: str
    num_epochs: float


def forecast(
    config: ExperimentConfig, split_sizes: SplitSizes, num_classes: int = 2, available_bytes: int | None = None
) -> Forecast:
    """What a run of this configuration needs on this machine. Takes milliseconds.

    Args:
        config: may come straight from a page; checked here.
        split_sizes: photos of each split: train, val, test.
        num_classes: from the data set.
        available_bytes: memory there is for it. Defaults to what is free now.

    Raises:
        ConfigError: a setting is out of its limits, or a layer's map collapses.
    """
    free = available_memory() if available_bytes is None else available_bytes
    numbers, basis = times_of(config, split_sizes, num_classes)
    num_epochs = _num_epochs(config, numbers, split_sizes)
    planned = replace(config, training=replace(config.training, minutes=0.0, epochs=math.ceil(num_epochs)))
    in_epochs, around = _seconds(planned, numbers, split_sizes)
    batch_size = _largest_batch(config, num_classes, split_sizes, free)
    made = Forecast(
        memory_bytes=round(_memory(config, num_classes, split_sizes, config.training.batch_size)),
        epoch_seconds=in_epochs / planned.training.epochs,
        total_seconds=60 * config.training.minutes or in_epochs + around,
        available_bytes=free,
        fits=batch_size == config.training.batch_size,
        batch_size_that_fits=batch_size,
        basis=basis,
        is_sure=basis == "measured" and numbers.is_sure,
        sentence="",
        num_epochs=num_epochs,
    )
    return replace(made, sentence=_sentence(made, config.training, _surprise(numbers, basis, config)))


def smaller_batch_size(
    config: ExperimentConfig, split_sizes: SplitSizes, num_classes: int = 2, available_bytes: int | None = None
) -> int | None:
    """The batch size to go on with after a run has met the end of the memory: at most half, and one that fits.

    Args: as ``forecast``.

    Returns:
        None if even one photo at a time does not fit: the network itself is too large for this machine.
    """
    half = config.training.batch_size // 2
    if half < 1:
        return None
    smaller = replace(config, training=replace(config.training, batch_size=half))
    return _largest_batch(
        smaller, num_classes, split_sizes, available_memory() if available_bytes is None else available_bytes
    )


def out_of_memory(
    config: ExperimentConfig, split_sizes: SplitSizes, num_classes: int = 2, available_bytes: int | None = None
) -> tuple[str, int | None]:
    """What to tell a person whose run met the end of the memory: a sentence, and the batch size of the one button below it.

    Args: as ``forecast``.
    """
    batch_size = smaller_batch_size(config, split_sizes, num_classes, available_bytes)
    asked = f"The memory of this computer was not enough for steps of {config.training.batch_size:,} photos at once."
    if batch_size is None:
        return f"{asked} Smaller steps would not be enough either: lower the image size or the filters and units.", None
    return f"{asked} A batch size of {batch_size:,} will do. Start it again with that.", batch_size


def times_of(config: ExperimentConfig, split_sizes: SplitSizes, num_classes: int) -> tuple[Measurement, str]:
    """The times to reckon with, and where they come from, as ``Forecast.basis`` has it. Args: as ``forecast``."""
    photos = _photos_per_step(config, split_sizes)
    own = measured.find(config, num_classes)
    if own is not None and all(_is_near(photos, timing.photos) for timing in own.train.values()):
        return own, "measured"
    known = _in_its_precision(config)
    guess = guessed(config, num_classes, photos)
    return (_scaled(guess, known), "scaled") if known else (guess, "guessed")


def _num_epochs(config: ExperimentConfig, times: Measurement, split_sizes: SplitSizes) -> float:
    """Of the run: as it is set, or as its minutes will be enough for."""
    training = config.training
    if not training.minutes:
        return training.epochs
    costs = Costs(training, config.network.input_size, split_sizes, times)
    return costs.first_course(60 * training.minutes - times.start_seconds).num_steps / costs.steps_per_epoch


def _seconds(config: ExperimentConfig, numbers: Measurement, split_sizes: SplitSizes) -> tuple[float, float]:
    """(seconds of all epochs, seconds of start and test)."""
    training, full = config.training, config.network.input_size
    steps = steps_of_epoch(split_sizes["train"], training.batch_size)
    window = averaging_window(training, training.epochs * steps)
    averaging = numbers.average_seconds * steps / stride_of(window) if window >= 2 else 0.0
    sizes = measured.epochs_by_size(config)
    total, traced = 0.0, set()
    for size, epochs in sizes.items():
        judged = judged_size(training, full, size)
        train, judge = numbers.train[size], numbers.judge[judged]
        in_steps = split_sizes["train"] * train.photo_seconds + averaging
        num_saves = min(steps, 1 + in_steps // max(training.checkpoint_seconds, 1e-9))
        epoch = (
            in_steps
            + split_sizes["val"] * judge.photo_seconds
            + num_saves * numbers.save_seconds
            + numbers.best_seconds
        )
        total += len(epochs) * epoch + train.first_seconds + (0.0 if judged in traced else judge.first_seconds)
        traced.add(judged)
    last = numbers.judge[judged_size(training, full, max(sizes))]
    return total, numbers.start_seconds + split_sizes["test"] * last.photo_seconds


def guessed(config: ExperimentConfig, num_classes: int, photos: float) -> Measurement:
    """Times and memory as a formula gives them: what is scaled to a machine, and all there is before anything was measured.

    Args:
        photos: of a step.
    """
    training = config.training
    features = measured.features_of(config.network, num_classes)
    train, judge = {}, {}
    for size in measured.used_sizes(config):
        judged = judged_size(training, config.network.input_size, size)
        train[size] = Timing(_step_seconds(features, size, photos), photos, FIRST_SECONDS)
        judge[judged] = Timing(JUDGE_SHARE * _photo_seconds(features, judged), 1, FIRST_JUDGE_SECONDS)
    copies = 1 + OPTIMIZER_COPIES[training.optimizer] + bool(training.ema_fraction)
    parameters = features["parameters"]
    return Measurement(
        features=features,
        copies=copies,
        train=train,
        judge=judge,
        start_seconds=START_SECONDS,
        save_seconds=_save_seconds(parameters * copies),
        best_seconds=_save_seconds(parameters),
        average_seconds=SECONDS_PER_PARAMETER * parameters if training.ema_fraction else 0.0,
        memory_bytes=round(_bytes(features, max(train), photos, copies)),
        device="",
        precision=training.precision,
        lost_fraction=0.0,
        is_beside_training=False,
        time=0.0,
    )


def _in_its_precision(config: ExperimentConfig) -> list[Measurement]:
    """What was measured here in the precision that a run of this configuration will have: emulated bfloat16 is ten times slower."""
    known = list(measured.measurements().values())
    wanted = config.training.precision
    if wanted == "auto" and all(one.device.startswith("CPU") for one in known):
        wanted = choose_precision("auto", "CPU", measured.precision_speeds())
    elif wanted == "auto":
        wanted = known[-1].precision
    return [one for one in known if one.precision == wanted]


def _area(features: Mapping[str, float], size: int) -> float:
    return (size / features["input_size"]) ** 2


def _photo_seconds(features: Mapping[str, float], size: int) -> float:
    """Of one photo in a training step: what grows with its area, and with the number of photos."""
    work = SECONDS_PER_MULTIPLY_ADD * features["multiply_adds"] + SECONDS_PER_ACTIVATION * features["activations"]
    return _area(features, size) * work + SECONDS_PER_PIXEL * size**2


def _step_seconds(features: Mapping[str, float], size: int, photos: float) -> float:
    fixed = SECONDS_PER_PARAMETER * features["parameters"] + SECONDS_PER_LAYER * features["layers"]
    return fixed + photos * _photo_seconds(features, size)


def _bytes(features: Mapping[str, float], size: int, photos: float, copies: int) -> float:
    """Memory of a process at work: weights with their gradients and a checkpoint being written, and what a step keeps of its photos."""
    weights = BYTES_PER_PARAMETER * features["parameters"] * (1 + 2 * copies)
    return STARTED_BYTES + weights + photos * _photo_bytes(features, size)


def _photo_bytes(features: Mapping[str, float], size: int) -> float:
    return BYTES_PER_ACTIVATION * features["activations"] * _area(features, size)


def _scaled(guess: Measurement, known: Iterable[Measurement]) -> Measurement:
    """A guess, put right by how far the guesses for the networks that were measured here were off; the more alike, the more they count."""
    known = list(known)
    weights = [1 / (0.1 + _distance(guess, one)) ** 2 for one in known]

    def ratio(of: Callable[[Measurement], float], guessed_of: Callable[[Measurement], float]) -> float:
        logs = [math.log(max(1e-9, of(one)) / max(1e-9, guessed_of(one))) for one in known]
        return math.exp(sum(w * log for w, log in zip(weights, logs, strict=True)) / sum(weights))

    def timings(part: str, guessed_seconds: Callable, first: float) -> dict[int, Timing]:
        def last(one: Measurement) -> tuple[int, Timing]:
            return max(getattr(one, part).items())

        steady = ratio(lambda one: last(one)[1].seconds, lambda one: guessed_seconds(one.features, *last(one)))
        firsts = ratio(lambda one: last(one)[1].first_seconds, lambda one: first)
        return {
            size: replace(timing, seconds=steady * timing.seconds, first_seconds=firsts * timing.first_seconds)
            for size, timing in getattr(guess, part).items()
        }

    saves = ratio(lambda one: one.best_seconds, lambda one: _save_seconds(one.features["parameters"]))
    return replace(
        guess,
        train=timings(
            "train", lambda features, size, timing: _step_seconds(features, size, timing.photos), FIRST_SECONDS
        ),
        judge=timings(
            "judge",
            lambda features, size, timing: timing.photos * JUDGE_SHARE * _photo_seconds(features, size),
            FIRST_JUDGE_SECONDS,
        ),
        start_seconds=guess.start_seconds * ratio(lambda one: one.start_seconds, lambda one: START_SECONDS),
        save_seconds=saves * guess.save_seconds,
        best_seconds=saves * guess.best_seconds,
        memory_bytes=round(guess.memory_bytes * ratio(lambda one: one.memory_bytes, _guessed_bytes)),
    )


def _save_seconds(parameters: float) -> float:
    return SAVE_SECONDS + SAVE_SECONDS_PER_PARAMETER * parameters


def _guessed_bytes(one: Measurement) -> float:
    size, timing = max(one.train.items())
    return _bytes(one.features, size, timing.photos, one.copies)


def _distance(a: Measurement, b: Measurement) -> float:
    """0 for networks of equal cost; 1 is a factor of e in one of them."""
    names = ("multiply_adds", "activations", "parameters")
    return math.hypot(*(math.log(a.features[name] / b.features[name]) for name in names))


def _memory(config: ExperimentConfig, num_classes: int, split_sizes: SplitSizes, batch_size: int) -> float:
    """Bytes at a batch size, which may be another than the configured one."""
    photos = split_sizes["train"] / steps_of_epoch(split_sizes["train"], batch_size)
    size = measured.used_sizes(config)[-1]
    own = measured.find(config, num_classes)
    if own is None:
        known = _in_its_precision(config)
        guess = guessed(config, num_classes, photos)
        found = (_scaled(guess, known) if known else guess).memory_bytes
    else:
        last = max(own.train.items())[1]
        found = GROWTH * own.memory_bytes
        share = own.memory_bytes / _guessed_bytes(own)
        found += share * _photo_bytes(own.features, size) * (photos - last.photos)
    return found + _kept_bytes(config, split_sizes)


def _kept_bytes(config: ExperimentConfig, split_sizes: SplitSizes) -> int:
    """Of the small validation pictures that a run keeps while it trains on small ones."""
    full, channels = config.network.input_size, config.network.input_channels
    sizes = [size for size in measured.judged_sizes(config) if size != full]
    kept = split_sizes["val"] * max(sizes, default=0) ** 2 * channels
    return kept if kept <= MOST_KEPT_BYTES else 0


def _largest_batch(config: ExperimentConfig, num_classes: int, split_sizes: SplitSizes, free: int) -> int | None:
    """The configured batch size, or the first of its halves that fits."""
    batch_size = config.training.batch_size
    while batch_size and _memory(config, num_classes, split_sizes, batch_size) > USABLE_FRACTION * free:
        batch_size //= 2
    return batch_size or None


def about_epochs(config: ExperimentConfig, split_sizes: SplitSizes) -> str:
    """Where an epoch is only some steps: why so many epochs are no mistake, in words; "" elsewhere."""
    photos, training = split_sizes["train"], config.training
    steps = steps_of_epoch(photos, training.batch_size)
    total, usual = training.epochs * steps, training.epochs * steps_of_epoch(USUAL_PHOTOS, training.batch_size)
    if photos >= USUAL_PHOTOS / 4 or not photos or training.minutes:
        return ""
    each = f"{steps:,} step{'s' if steps > 1 else ''}"
    return (
        f"With {photos:,} photos to train on, an epoch is only {each}: {training.epochs:,} epochs are {total:,} steps, where "
        f"{USUAL_PHOTOS:,} photos would give {usual:,}. Few photos need many epochs; the best one is kept, so too many cost time alone."
    )


def _surprise(numbers: Measurement, basis: str, config: ExperimentConfig) -> str:
    """That an earlier promise was wrong by half, and what follows; "" where none was."""
    runs = [numbers] if basis == "measured" else _in_its_precision(config)
    last = max((one for one in runs if one.took_seconds), key=lambda one: one.time, default=None)
    if last is None or not last.was_a_surprise:
        return ""
    which = "last training of this kind" if basis == "measured" else "last training here"
    return (
        f" The {which} took {_in_words(last.took_seconds)} where {_in_words(last.promised_seconds)} had been promised; "
        "this reckons with what it took."
    )


def _sentence(made: Forecast, training: TrainingConfig, surprise: str) -> str:
    memory, free = _in_gigabytes(made.memory_bytes), _in_gigabytes(made.available_bytes)
    if not made.fits:
        sentence = f"This needs about {memory} of memory; {free} are free."
        if made.batch_size_that_fits is None:
            return f"{sentence} No batch size is small enough: lower the image size, the filters or the units."
        return f"{sentence} A batch size of {made.batch_size_that_fits:,} instead of {training.batch_size:,} will do."
    where = {
        "measured": "measured on this machine",
        "scaled": "reckoned from other networks that were measured on this machine",
        "guessed": "a rough guess, since nothing was measured on this machine yet",
    }[made.basis]
    beside = (
        " while it was busy with something else, so it may be wrong"
        if made.basis == "measured" and not made.is_sure
        else ""
    )
    return f"{_how_long(made, training.minutes)}, and {memory} of memory ({free} are free): {where}{beside}.{surprise}"


def _how_long(made: Forecast, minutes: float) -> str:
    if not minutes:
        return f"About {_in_words(made.total_seconds)}, {_in_words(made.epoch_seconds)} an epoch"
    if made.num_epochs < 1:
        return f"{_in_words(60 * minutes).capitalize()}, about {made.num_epochs:.0%} of an epoch"
    epochs = f"{made.num_epochs:,.0f} epoch{'' if round(made.num_epochs) == 1 else 's'}"
    return f"{_in_words(60 * minutes).capitalize()}, about {epochs} of {_in_words(made.epoch_seconds)}"


def _in_gigabytes(num_bytes: float) -> str:
    return f"{num_bytes / 1e9:.1f} GB"


def _in_words(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f} seconds"
    if seconds < 100:
        return f"{seconds:.0f} seconds"
    if seconds < 5400:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"


def _photos_per_step(config: ExperimentConfig, split_sizes: SplitSizes) -> float:
    return split_sizes["train"] / steps_of_epoch(split_sizes["train"], config.training.batch_size)


def _is_near(a: float, b: float) -> bool:
    return max(a, b) <= NEAR * min(a, b)
