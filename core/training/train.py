"""One training from its folder to its last word: compile, loop, validate, checkpoint, test.

The loop is our own over ``train_on_batch``, because that is what makes a resumed run equal to one that was never
interrupted: every batch is a function of (seed, epoch, step), and sums are kept in Python and stored with the weights.
"""

import math
import time
from collections import deque
from dataclasses import asdict, dataclass, field, replace

import keras
import numpy as np

from core.analysis.evaluate import evaluate_model
from core.analysis.evaluation import Evaluation
from core.config import NetworkConfig, TrainingConfig
from core.errors import RunError
from core.jobs import Cancelled, EventLog, requested
from core.network.build import build
from core.photos.cache import open_cache
from core.photos.dataset import Dataset, load
from core.runs import Run
from core.training import checkpoint
from core.training.average import WeightAverage
from core.training.batches import TrainData, ahead, train_batch
from core.training.device import choose_precision, training_device, unseen_gpu
from core.training.schedule import augment_at, averaging_window, image_size_at, judged_size, learning_rate_at

EVENT_SECONDS = 0.25


@dataclass
class State:
    """Where a training stands between two steps: all that a checkpoint needs beside arrays.

    Args:
        epoch: being trained, from 1.
        step: finished steps of this epoch.
        loss_sum, correct_sum, num_seen: over this epoch's photos so far.
        epoch_seconds, train_seconds, total_seconds: spent in this epoch, in steps of the run, in the run.
        num_trained: photos shown in the run.
        best: of the best epoch: epoch, image_size, val_accuracy, val_loss; empty before the first validation.
        best_loss, best_loss_epoch: lowest validation loss so far, which patience counts from.
        num_averaged: how often the weight average was updated.
    """

    epoch: int = 1
    step: int = 0
    loss_sum: float = 0.0
    correct_sum: float = 0.0
    num_seen: int = 0
    epoch_seconds: float = 0.0
    train_seconds: float = 0.0
    total_seconds: float = 0.0
    num_trained: int = 0
    best: dict = field(default_factory=dict)
    best_loss: float = math.inf
    best_loss_epoch: int = 0
    num_averaged: int = 0

    def next_epoch(self) -> None:
        self.epoch, self.step = self.epoch + 1, 0
        self.loss_sum = self.correct_sum = self.epoch_seconds = 0.0
        self.num_seen = 0


def train(run: Run, log: EventLog) -> None:
    """Trains a run, or goes on with it from its last checkpoint, and leaves its last word in the log.

    Args:
        run: its folder holds config.json and dataset.json; checkpoints, predictions.csv and evaluation.json are written there.
        log: the run's events, held by this process.

    Raises:
        AppError: photos or settings cannot be used; the loss became NaN. The caller writes the ``failed`` event.
        Cancelled: a stop was asked for before anything could be kept.
    """
    config, training, network = run.config, run.config.training, run.config.network
    dataset = load(run.dataset["id"])
    if dataset.checksum != run.dataset["checksum"]:
        raise RunError(
            "The photos of this run have changed since it was made, so it cannot go on. Start a new run with them."
        )
    images = open_cache(
        dataset, network.input_size, config.photos.fit, network.input_channels, _cancellable(run, log, passes_on=True)
    )

    device = training_device()
    precision = choose_precision(training.precision, device)
    keras.config.set_dtype_policy(precision)
    keras.utils.set_random_seed(training.seed)
    num_classes = len(dataset.class_names)
    model = build(network, num_classes, seed=training.seed, any_size=training.start_size_fraction < 1)
    _compile(model, training)

    labels = dataset.labels
    train_rows = dataset.of_split("train")
    data = TrainData(
        images, labels, train_rows, training.batch_size, config.augment, training.seed, training.mixup_alpha
    )
    steps_per_epoch = data.steps_per_epoch
    num_steps = training.epochs * steps_per_epoch
    average = WeightAverage(model, averaging_window(training, num_steps))
    state = _restore(run, model, average)
    class_weights = _class_weights(labels[train_rows], num_classes) if training.class_weights else None
    log.append(
        "started",
        device=device,
        precision=precision,
        num_epochs=training.epochs,
        steps_per_epoch=steps_per_epoch,
        num_train=len(train_rows),
        parameters=model.count_params(),
    )
    if device.startswith("CPU") and unseen_gpu():
        log.append("notice", text=unseen_gpu())

    pace = _Pace(training, network, len(train_rows), steps_per_epoch)
    saved_at = time.monotonic()
    while state.epoch <= training.epochs:
        size = image_size_at(training, network.input_size, state.epoch)
        data = replace(data, augment=augment_at(training, config.augment, state.epoch))
        pace.begin(size)
        since_event, epoch_began = _Mean(), time.monotonic() - state.epoch_seconds
        batches = ahead(
            lambda step, data=data, epoch=state.epoch - 1, size=size: train_batch(data, epoch, step, size),
            range(state.step, steps_per_epoch),
        )
        for batch in batches:  # images (B, size, size, C) uint8, labels (B,) int32
            began, count = time.monotonic(), len(batch.labels)
            step = (state.epoch - 1) * steps_per_epoch + state.step  # from 0, over the whole run
            rate = learning_rate_at(training, step, num_steps)
            model.optimizer.learning_rate = rate
            targets = batch.targets(num_classes)  # (B, num_classes)
            y = targets[:, 1:] if model.output_shape[-1] == 1 else targets
            weights = None if class_weights is None else class_weights[batch.labels]
            values = model.train_on_batch(batch.images, y, weights, return_dict=True)
            model.reset_metrics()  # sums are ours, so that a checkpoint can hold them
            loss, accuracy = float(values["cross_entropy"]), float(values["accuracy"])
            if not math.isfinite(loss):
                raise RunError(
                    f"The loss became {loss} between step {step} and step {step + 1} (epoch {state.epoch}), so training stopped. "
                    f"Lower the learning rate ({training.learning_rate:g}), e.g. to {training.learning_rate / 10:g}, or set a gradient clip of 1."
                )
            state.step += 1
            state.num_seen += count
            state.num_trained += count
            state.loss_sum += loss * count
            state.correct_sum += accuracy * count
            average.update(model, step + 1)
            now = time.monotonic()
            state.train_seconds += pace.step(now)
            state.epoch_seconds, state.total_seconds = now - epoch_began, state.total_seconds + now - began
            since_event.add(loss, accuracy, count)
            if since_event.age >= EVENT_SECONDS or state.step == steps_per_epoch:
                log.append(
                    "batch",
                    epoch=state.epoch,
                    step=step + 1,
                    **since_event.take(),
                    photos_per_second=round(pace.photos_per_second, 1),
                    eta_seconds=pace.eta_seconds(state.epoch, state.step),
                    learning_rate=rate,
                )
            if word := requested(run.folder):
                batches.close()
                _save(run, model, average, state, log)
                return _finish_early(run, model, average, state, data, dataset, log, word)
            if now - saved_at >= training.checkpoint_seconds and state.step < steps_per_epoch:
                _save(run, model, average, state, log)
                saved_at = time.monotonic()

        try:
            judged = judged_size(training, network.input_size, size)
            validation = _validate(run, model, average, data, dataset, judged)
        except Cancelled:
            _save(run, model, average, state, log)
            return _finish_early(run, model, average, state, data, dataset, log, requested(run.folder) or "stop")
        state.epoch_seconds = time.monotonic() - epoch_began
        pace.end_epoch(state.epoch_seconds)
        is_best = _keep_if_best(run, model, average, state, judged, validation)
        rate = learning_rate_at(training, state.epoch * steps_per_epoch - 1, num_steps)
        log.append("epoch", **_epoch_row(state, size, validation, rate), best=is_best)
        patience_is_over = training.patience_epochs and state.epoch - state.best_loss_epoch >= training.patience_epochs
        state.next_epoch()
        _save(run, model, average, state, log)
        saved_at = time.monotonic()
        if patience_is_over:
            log.append(
                "notice",
                text=f"Stopped early: validation loss has not improved for {training.patience_epochs} epochs.",
            )
            break
    _test(run, model, state, data, dataset, log, "completed")


def _compile(model: keras.Model, training: TrainingConfig) -> None:
    """Optimizer, loss, and the two figures that every curve shows."""
    clip = {"global_clipnorm": training.gradient_clip} if training.gradient_clip else {}
    decay = {"weight_decay": training.weight_decay} if training.weight_decay else {}
    match training.optimizer:
        case "adamw":
            optimizer = keras.optimizers.AdamW(training.learning_rate, **({"weight_decay": 0.0} | decay), **clip)
        case "adam":
            optimizer = keras.optimizers.Adam(training.learning_rate, **decay, **clip)
        case "sgd":
            optimizer = keras.optimizers.SGD(training.learning_rate, momentum=training.momentum, **decay, **clip)
        case "rmsprop":
            optimizer = keras.optimizers.RMSprop(training.learning_rate, **decay, **clip)
    if decay:
        # Shrinking a bias, or the scale of a normalisation, does not make a network simpler.
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    losses, name = keras.losses, "binary_crossentropy"
    loss = losses.BinaryCrossentropy(label_smoothing=training.label_smoothing)
    if model.output_shape[-1] > 1:
        loss, name = (
            losses.CategoricalCrossentropy(label_smoothing=training.label_smoothing),
            "categorical_crossentropy",
        )
    # The curve shows the plain cross entropy, without smoothing, so that training and validation can be compared.
    plain = keras.metrics.MeanMetricWrapper(getattr(losses, name), name="cross_entropy")
    model.compile(optimizer, loss, metrics=[plain, keras.metrics.MeanMetricWrapper(_is_right, name="accuracy")])


def _is_right(targets, probabilities):
    """1 where the more probable class is the one with the larger share of the target (mixup blends two), else 0."""
    if targets.shape[-1] == 1:
        agree = keras.ops.equal(targets > 0.5, probabilities > 0.5)[:, 0]
    else:
        agree = keras.ops.equal(keras.ops.argmax(targets, axis=-1), keras.ops.argmax(probabilities, axis=-1))
    return keras.ops.cast(agree, "float32")


def _class_weights(labels: np.ndarray, num_classes: int) -> np.ndarray:
    """(num_classes,) float32: each class weighs the same in total; 1 where all have as many photos."""
    return (len(labels) / (num_classes * np.maximum(1, np.bincount(labels, minlength=num_classes)))).astype(np.float32)


# --- validation, the best epoch, the test ----------------------------------------------------------------


def _evaluate(model, data: TrainData, dataset: Dataset, split: str, size: int, report) -> Evaluation:
    indices = dataset.of_split(split)
    return evaluate_model(
        model,
        data.images,
        indices,
        data.labels[indices],
        dataset.class_names,
        [dataset.examples[index].path for index in indices],
        split,
        size,
        report=report,
    )


def _validate(run: Run, model, average, data, dataset, size: int) -> Evaluation:
    """The averaged network on the validation photos. Raises Cancelled."""
    with average.applied(model):
        return _evaluate(model, data, dataset, "val", size, _cancellable(run))


def _keep_if_best(run: Run, model, average, state: State, size: int, validation: Evaluation) -> bool:
    """Saves the weights if no earlier epoch was better: larger pictures first, then accuracy, then loss."""
    if validation.loss < state.best_loss:
        state.best_loss, state.best_loss_epoch = validation.loss, state.epoch
    merit = (size, validation.accuracy, -validation.loss)
    best = state.best
    if best and merit <= (best["image_size"], best["val_accuracy"], -best["val_loss"]):
        return False
    state.best = {
        "epoch": state.epoch,
        "image_size": size,
        "val_accuracy": validation.accuracy,
        "val_loss": validation.loss,
    }
    with average.applied(model):
        weights = checkpoint.pack_weights(model.get_weights())
    checkpoint.save(run.folder / "checkpoints", checkpoint.BEST, weights, state.best)
    return True


def _epoch_row(state: State, size: int, validation: Evaluation, learning_rate: float) -> dict:
    return {
        "epoch": state.epoch,
        "loss": state.loss_sum / max(1, state.num_seen),
        "accuracy": state.correct_sum / max(1, state.num_seen),
        "val_loss": validation.loss,
        "val_accuracy": validation.accuracy,
        "learning_rate": learning_rate,
        "image_size": size,
        "seconds": round(state.epoch_seconds, 2),
        "photos_per_second": round(state.num_trained / max(1e-9, state.train_seconds), 1),
    }


def _finish_early(run: Run, model, average, state: State, data, dataset, log: EventLog, word: str) -> None:
    """After a stop or pause request; a checkpoint has just been written."""
    if word == "pause":
        log.append("paused", best_epoch=state.best.get("epoch"))
        return
    if not state.best:  # stopped within the first epoch: what it has learned so far is what there is to keep
        training, full_size = run.config.training, run.config.network.input_size
        size = image_size_at(training, full_size, state.epoch)
        judged = judged_size(training, full_size, size)
        with average.applied(model):
            validation = _evaluate(model, data, dataset, "val", judged, _quiet)
        _keep_if_best(run, model, average, state, judged, validation)
        rate = learning_rate_at(training, state.step, training.epochs * data.steps_per_epoch)
        log.append("epoch", **_epoch_row(state, size, validation, rate), best=True)
    _test(run, model, state, data, dataset, log, "stopped")


def _test(run: Run, model, state: State, data, dataset, log: EventLog, kind: str) -> None:
    """The best epoch on the test photos, and the run's last word."""
    kept = checkpoint.read(run.folder / "checkpoints" / "best.safetensors")
    if kept is None:
        raise RunError(
            "The weights of the best epoch cannot be read back from the disk. Check the disk, then resume the run."
        )
    checkpoint.set_weights(model, kept.arrays())
    log.append("progress", stage="testing", done=0, total=len(dataset.of_split("test")))
    evaluation = _evaluate(model, data, dataset, "test", kept.state["image_size"], _quiet)
    evaluation.save(run.folder)
    log.append(
        kind,
        best_epoch=kept.state["epoch"],
        val_accuracy=kept.state["val_accuracy"],
        val_loss=kept.state["val_loss"],
        test_accuracy=evaluation.accuracy,
        test_loss=evaluation.loss,
        photos_per_second=round(state.num_trained / max(1e-9, state.train_seconds), 1),
        seconds=round(state.total_seconds, 1),
    )


def _quiet(stage: str, done: int, total: int) -> None:
    """The test of a stopped run is not stopped again."""


def _cancellable(run: Run, log: EventLog | None = None, passes_on: bool = False):
    """A Report that raises Cancelled once a stop or pause is asked for, and writes progress events if it has a log."""
    last = [0.0]

    def report(stage: str, done: int, total: int) -> None:
        if requested(run.folder):
            raise Cancelled
        if passes_on and (time.monotonic() - last[0] >= EVENT_SECONDS or done == total):
            last[0] = time.monotonic()
            log.append("progress", stage=stage, done=done, total=total)

    return report


# --- checkpoints -----------------------------------------------------------------------------------------


def _random_states(model) -> list:
    """Variables that are no weights: the states of dropout's generators."""
    weights = {id(variable) for variable in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]


def _save(run: Run, model, average: WeightAverage, state: State, log: EventLog) -> None:
    """Everything that the next step depends on, and where events.jsonl stood."""
    groups = {
        "weight": model.get_weights(),
        "random": [keras.ops.convert_to_numpy(variable) for variable in _random_states(model)],
        "optimizer": [keras.ops.convert_to_numpy(variable) for variable in model.optimizer.variables],
        "average": average.arrays,
    }
    arrays = {f"{name}.{i:04d}": array for name, group in groups.items() for i, array in enumerate(group)}
    state.num_averaged = average.num_updates
    log.sync()
    folder = run.folder / "checkpoints"
    steps = f"step-{state.epoch:06d}-{state.step:06d}"
    checkpoint.save(folder, steps, arrays, asdict(state) | {"events_offset": log.offset})
    checkpoint.prune(folder)


def _restore(run: Run, model, average: WeightAverage) -> State:
    """The state of the last whole checkpoint, put into model and average; a fresh state if there is none."""
    found = checkpoint.latest(run.folder / "checkpoints")
    model.optimizer.build(model.trainable_variables)
    if found is None:
        return State()
    arrays = found.arrays()
    checkpoint.set_weights(model, arrays)
    for group, variables in (("random", _random_states(model)), ("optimizer", model.optimizer.variables)):
        for index, variable in enumerate(variables):
            variable.assign(arrays[f"{group}.{index:04d}"])
    if average.is_on:
        average.arrays = [np.array(arrays[name]) for name in sorted(arrays) if name.startswith("average.")]
    values = dict(found.state)
    values.pop("events_offset")
    average.num_updates = values["num_averaged"]
    return State(**values)


# --- speed -----------------------------------------------------------------------------------------------


class _Mean:
    """Loss and accuracy since the last event."""

    def __init__(self):
        self._clear()

    def _clear(self) -> None:
        self.loss = self.accuracy = 0.0
        self.count, self.began = 0, time.monotonic()

    @property
    def age(self) -> float:
        return time.monotonic() - self.began

    def add(self, loss: float, accuracy: float, count: int) -> None:
        self.loss, self.accuracy, self.count = (
            self.loss + loss * count,
            self.accuracy + accuracy * count,
            self.count + count,
        )

    def take(self) -> dict:
        values = {"loss": self.loss / self.count, "accuracy": self.accuracy / self.count}
        self._clear()
        return values


class _Pace:
    """Photos a second over the last steps, and the time that is left.

    The work of a photo grows with its area, so a run with growing pictures is counted in photos at full size.
    """

    WINDOW_SECONDS = 8.0

    def __init__(self, training: TrainingConfig, network: NetworkConfig, num_train: int, steps_per_epoch: int):
        self._training, self._network = training, network
        self._num_train, self._steps = num_train, steps_per_epoch
        self._recent: deque[tuple[float, float, float]] = deque()  # (seconds, photos, photos at full size)
        self._overhead = 1.15  # an epoch's time over its steps' time: validation, checkpoints; measured after the first
        self._last = self._in_steps = 0.0
        self._size = 0

    def _work(self, epoch: int) -> float:
        return (image_size_at(self._training, self._network.input_size, epoch) / self._network.input_size) ** 2

    def begin(self, size: int) -> None:
        """An epoch begins; a new size is traced first, which says nothing about the pace."""
        self._is_tracing = size != self._size
        self._size, self._last, self._in_steps = size, time.monotonic(), 0.0

    def step(self, now: float) -> float:
        """A step has ended; returns its seconds, the wait for its batch included."""
        seconds, self._last = now - self._last, now
        self._in_steps += seconds
        if not self._is_tracing:
            photos = self._num_train / self._steps
            self._recent.append((seconds, photos, photos * (self._size / self._network.input_size) ** 2))
            while len(self._recent) > 4 and sum(row[0] for row in self._recent) > self.WINDOW_SECONDS:
                self._recent.popleft()
        self._is_tracing = False
        return seconds

    def end_epoch(self, seconds: float) -> None:
        if self._in_steps:
            self._overhead = max(1.0, seconds / self._in_steps)

    @property
    def photos_per_second(self) -> float:
        seconds = sum(row[0] for row in self._recent)
        return sum(row[1] for row in self._recent) / seconds if seconds else 0.0

    def eta_seconds(self, epoch: int, step: int) -> float | None:
        """Seconds to the end of the run after ``step`` steps of ``epoch``; None before there is a pace."""
        seconds = sum(row[0] for row in self._recent)
        if not seconds:
            return None
        left = self._num_train * sum(self._work(e) for e in range(epoch + 1, self._training.epochs + 1))
        left += self._num_train * self._work(epoch) * (1 - step / self._steps)
        return round(left * self._overhead * seconds / sum(row[2] for row in self._recent), 1)
