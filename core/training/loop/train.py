"""One training from its folder to its last word: compile, loop, validate, checkpoint, test.

The loop is our own over ``train_on_batch``, because that is what makes a resumed run equal to one that was never
interrupted: every batch is a function of (seed, epoch, step), and sums are kept in Python and stored with the weights.
"""

import math
import time
from contextlib import closing
from dataclasses import asdict, dataclass, field, fields, replace

import keras
import numpy as np

from core.config import ConvBlock, DenseBlock, NetworkConfig, TrainingConfig
from core.errors import NotANumberError, RunError
from core.jobs.events import EventLog
from core.jobs.job import Cancelled, Report, no_report, requested
from core.machine import memory_free_fraction, private_memory
from core.network.build import build
from core.photos.cache import open_cache
from core.photos.dataset import load
from core.runs.evaluation import Evaluation
from core.runs.store import Run
from core.training.device import choose_precision, circumstances, training_device, unseen_gpu
from core.training.forecast.company import Company
from core.training.forecast.measured import precision_speeds
from core.training.loop import checkpoint
from core.training.loop.average import WeightAverage
from core.training.loop.evidence import Watcher, answers, kernels, step_fraction
from core.training.loop.judge import evaluate_model
from core.training.loop.pace import Mean, Pace
from core.training.recipe.augment import resize
from core.training.recipe.batches import Batch, TrainData, ahead, train_batch
from core.training.recipe.schedule import augment_at, averaging_window, image_size_at, judged_size, learning_rate_at
from core.workspace.files import DAMAGED, sweep

EVENT_SECONDS = 0.25
MOST_KEPT_BYTES = 256 * 2**20  # of small validation pictures in memory


@dataclass
class State:
    """Where a training stands between two steps: all that a checkpoint needs beside arrays.

    Args:
        epoch: being trained, from 1.
        step: finished steps of this epoch.
        loss_sum, correct_sum, num_seen: over this epoch's photos so far.
        epoch_seconds, train_seconds: spent in this epoch, in steps of the run.
        num_trained: photos shown in the run.
        best: of the best epoch: epoch, image_size, val_accuracy, val_loss; empty before the first validation.
        best_loss, best_loss_epoch: lowest validation loss so far, which patience counts from.
        num_averaged: how often the weight average was updated.
        step_fraction: how far the last step of the epoch moved the weights, as a share of their size.
    """

    epoch: int = 1
    step: int = 0
    loss_sum: float = 0.0
    correct_sum: float = 0.0
    num_seen: int = 0
    epoch_seconds: float = 0.0
    train_seconds: float = 0.0
    num_trained: int = 0
    best: dict = field(default_factory=dict)
    best_loss: float = math.inf
    best_loss_epoch: int = 0
    num_averaged: int = 0
    step_fraction: float = 0.0

    def next_epoch(self) -> None:
        self.epoch, self.step = self.epoch + 1, 0
        self.loss_sum = self.correct_sum = self.epoch_seconds = 0.0
        self.num_seen = 0


def train(run: Run, log: EventLog) -> float:
    """Trains a run, or goes on with it from its last checkpoint, and leaves its last word in the log.

    Args:
        run: its folder holds config.json and dataset.json; checkpoints, predictions.csv and evaluation.json are written there.
        log: the run's events, held by this process.

    Raises:
        AppError: photos or settings cannot be used; the loss became NaN. The caller writes the ``failed`` event.
        Cancelled: a stop or pause was asked for before the first step.
        OSError: the disk is full or read-only; earlier checkpoints are untouched.
        MemoryError: the device has no more.

    Returns:
        The share of its time that it would have taken alone on this machine, above 0 to 1.
    """
    try:
        training = Training(run, log)
        company = Company()
        training.go()
        return company.own_share
    except Exception as error:
        if _is_out_of_memory(error):
            raise MemoryError from error
        raise


class Training:
    """One run at work: its photos, its network, and where it stands."""

    clock = staticmethod(time.monotonic)  # of checkpoint_seconds; fault tests count steps instead

    def __init__(self, run: Run, log: EventLog):
        self.run, self.log, self._reported_at = run, log, 0.0
        self.config, self.settings, self.network = run.config, run.config.training, run.config.network
        self.folder = run.folder / "checkpoints"
        self.dataset = load(run.dataset["id"])
        if self.dataset.checksum != run.dataset["checksum"]:
            raise RunError(
                "The photos of this run have changed since it was made, so it cannot go on. Start a new run with them."
            )
        network = self.network
        self.images = open_cache(
            self.dataset, network.input_size, self.config.photos.fit, network.input_channels, self._report_and_listen
        )
        device = training_device()
        precision = choose_precision(self.settings.precision, device, precision_speeds())
        if self.settings.precision == "auto" and run.history.device == device:
            precision = run.history.precision  # a run that goes on does so as it began, whatever was measured since
        keras.config.set_dtype_policy(precision)
        keras.utils.set_random_seed(self.settings.seed)
        self.num_classes = len(self.dataset.class_names)
        self.model = build(
            network, self.num_classes, seed=self.settings.seed, any_size=self.settings.start_size_fraction < 1
        )
        _compile(self.model, self.settings)

        rows = self.dataset.of_split("train")
        self.data = TrainData(
            self.images,
            self.dataset.labels,
            rows,
            self.settings.batch_size,
            self.config.augment,
            self.settings.seed,
            self.settings.mixup_alpha,
        )
        self.steps_per_epoch = self.data.steps_per_epoch
        self.num_steps = self.settings.epochs * self.steps_per_epoch
        self.class_weights = None
        if self.settings.class_weights:
            self.class_weights = _class_weights(self.dataset.labels[rows], self.num_classes)
        self.average = WeightAverage(self.model, averaging_window(self.settings, self.num_steps))
        self.circumstances = circumstances(device, precision)
        try:
            self.state, notices = self._restored()
        except DAMAGED as error:
            raise RunError(
                f"The last checkpoint of the run “{run.id}” does not hold what this version writes ({error!r}). Put it back from a copy, "
                "or start a new run with these settings."
            ) from error
        self.pace = Pace(self.settings, network, len(rows), self.steps_per_epoch)
        self.saved_at = self.clock()
        self._kept_of, self._kept = ("", 0), np.empty(0)
        # One function would be traced more loosely for every further shape and round otherwise: what a step computes would
        # depend on which shapes its process had met before, and a resumed run on where it was killed.
        self._steps_by_shape, self._watchers = {}, {}
        self.watcher = Watcher(self.model)  # the one in use
        log.append(
            "started",
            device=device,
            precision=precision,
            num_epochs=self.settings.epochs,
            steps_per_epoch=self.steps_per_epoch,
            num_train=len(rows),
            parameters=self.model.count_params(),
            circumstances=self.circumstances,
            memory_bytes=private_memory(),
        )
        if device.startswith("CPU") and unseen_gpu():
            notices.append(unseen_gpu())
        for text in notices:
            log.append("notice", text=text)

    def go(self) -> None:
        """Epoch after epoch to the end, or to a request; then the test."""
        state = self.state
        while state.epoch <= self.settings.epochs and not self._patience_is_over:
            try:
                self.train_epoch()
                self._validate()
            except Cancelled as asked:
                self._save()
                return self._finish_early(asked.word)
            state.next_epoch()
            self._save()
        if state.epoch <= self.settings.epochs:
            text = f"Stopped early: validation loss has not improved for {self.settings.patience_epochs} epochs."
            self.log.append("notice", text=text)
        try:
            self._test("completed", self._report_and_hear_pause)
        except Cancelled as asked:  # the checkpoint after the last epoch holds everything: who goes on tests again
            self._finish_early(asked.word)

    @property
    def _patience_is_over(self) -> bool:
        """Of the epochs before this one. It follows from the state alone, so a run killed after its last epoch trains no further."""
        patience = self.settings.patience_epochs
        return bool(patience) and self.state.epoch - 1 - self.state.best_loss_epoch >= patience

    def train_epoch(self) -> None:
        """The steps of this epoch that are left. Raises Cancelled after the step in which a request is seen."""
        self._began = time.monotonic() - self.state.epoch_seconds
        state, size = self.state, image_size_at(self.settings, self.network.input_size, self.state.epoch)
        data = replace(self.data, augment=augment_at(self.settings, self.config.augment, state.epoch))
        self.pace.begin(size)
        since_event = Mean()
        steps = range(state.step, self.steps_per_epoch)
        with closing(ahead(lambda step: train_batch(data, state.epoch - 1, step, size), steps)) as batches:
            for batch in batches:  # images (B, size, size, C) uint8, labels (B,) int32
                loss, accuracy = self.step(batch)
                state.step += 1
                now, count = time.monotonic(), len(batch.labels)
                state.num_seen += count
                state.num_trained += count
                state.loss_sum += loss * count
                state.correct_sum += accuracy * count
                state.train_seconds += self.pace.step(now, count)
                state.epoch_seconds = now - self._began
                self.average.update(self.model, self._num_steps_done)
                since_event.add(loss, accuracy, count)
                if since_event.age >= EVENT_SECONDS or state.step == self.steps_per_epoch:
                    self.log.append(
                        "batch",
                        epoch=state.epoch,
                        step=self._num_steps_done,
                        **since_event.take(),
                        photos_per_second=round(self.pace.photos_per_second, 1),
                        eta_seconds=self.pace.eta_seconds(state.epoch, state.step),
                        learning_rate=self._learning_rate(self._num_steps_done - 1),
                        memory_bytes=private_memory(),
                        memory_free_fraction=round(memory_free_fraction(), 4),
                    )
                self._listen()
                if self.clock() - self.saved_at >= self.settings.checkpoint_seconds:
                    self._save()

    def step(self, batch: Batch) -> tuple[float, float]:
        """One update of the weights. Returns the batch's loss and accuracy."""
        step = self._num_steps_done
        self.model.optimizer.learning_rate = self._learning_rate(step)
        targets = batch.targets(self.num_classes)  # (B, num_classes)
        if self.model.output_shape[-1] == 1:
            targets = targets[:, 1:]
        weights = None if self.class_weights is None else self.class_weights[batch.labels]
        is_last = self.state.step == self.steps_per_epoch - 1
        before = kernels(self.model) if is_last else []
        shape = batch.images.shape
        self.model.train_function = self._steps_by_shape.get(shape)
        # Keras forgets its sums before each of these; ours are in the state, so that a checkpoint can hold them.
        values = self.model.train_on_batch(batch.images, targets, weights, return_dict=True)
        self._steps_by_shape[shape] = self.model.train_function
        if is_last:
            self.state.step_fraction = step_fraction(before, kernels(self.model))
        loss = float(values["cross_entropy"])
        if not math.isfinite(loss):
            rate = self.settings.learning_rate
            raise NotANumberError(
                f"The loss became {loss} between step {step} and step {step + 1} (epoch {self.state.epoch}), so training stopped. "
                f"Lower the learning rate ({rate:g}), e.g. to {rate / 10:g}, or set a gradient clip of 1."
            )
        return loss, float(values["accuracy"])

    @property
    def _num_steps_done(self) -> int:
        return (self.state.epoch - 1) * self.steps_per_epoch + self.state.step

    def _learning_rate(self, step: int) -> float:
        return learning_rate_at(self.settings, step, self.num_steps)

    # --- validation, the best epoch, the test

    def _validate(self, may_stop: bool = True) -> None:
        """Judges the averaged network on the validation photos, keeps it if it is the best, and reports the epoch."""
        state = self.state
        size = image_size_at(self.settings, self.network.input_size, state.epoch)
        judged = judged_size(self.settings, self.network.input_size, size)
        with self.average.applied(self.model):
            validation = self._evaluate("val", judged, self._listen if may_stop else no_report)
            is_best = self._keep_if_best(judged, validation)
        state.epoch_seconds = time.monotonic() - self._began
        self.pace.end_epoch(state.epoch_seconds)
        self.log.append(
            "epoch",
            epoch=state.epoch,
            loss=state.loss_sum / max(1, state.num_seen),
            accuracy=state.correct_sum / max(1, state.num_seen),
            val_loss=validation.loss,
            val_accuracy=validation.accuracy,
            learning_rate=self._learning_rate(max(0, self._num_steps_done - 1)),
            image_size=size,
            seconds=round(state.epoch_seconds, 2),
            photos_per_second=round(self.pace.epoch_photos_per_second, 1),
            memory_bytes=private_memory(),
            memory_free_fraction=round(memory_free_fraction(), 4),
            best=is_best,
            step_fraction=state.step_fraction,
            dead_units=self.watcher.dead_units(),
            **answers(validation),
        )

    def _keep_if_best(self, size: int, validation: Evaluation) -> bool:
        """Saves the weights that the model has now if no earlier epoch was better: larger pictures first, then accuracy, then loss."""
        state = self.state
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
        weights = checkpoint.pack_weights(self.model.get_weights())
        checkpoint.save_best(self.folder, weights, state.best)
        return True

    def _keep_as_it_is(self) -> None:
        """Keeps the averaged network after the last epoch as the best one."""
        self.state.epoch -= 1
        size = image_size_at(self.settings, self.network.input_size, self.state.epoch)
        judged = judged_size(self.settings, self.network.input_size, size)
        with self.average.applied(self.model):
            self._keep_if_best(judged, self._evaluate("val", judged, no_report))
        self.state.epoch += 1

    def _finish_early(self, word: str) -> None:
        """After a stop or pause request; a checkpoint has just been written."""
        if word == "pause":
            self.log.last_word("paused", best_epoch=self.state.best.get("epoch"))
            return
        if not self.state.best:  # stopped within the first epoch: what it has learned so far is what there is to keep
            self._validate(may_stop=False)
        self._test("stopped")

    def _test(self, kind: str, report: Report | None = None) -> None:
        """The best epoch on the test photos, and the run's last word.

        Args:
            report: may raise Cancelled. Defaults to one that does not: after a stop, the test is part of what was asked for.
        """
        if (
            not self.state.best
        ):  # its weights were damaged after the last epoch: the network as it is now is what there is
            self._keep_as_it_is()
        kept = checkpoint.read(self.folder / f"{checkpoint.BEST}.safetensors")
        if kept is None:
            raise RunError(
                "The weights of the best epoch cannot be read back from the disk. Check the disk, then resume the run: it goes "
                "on without them."
            )
        checkpoint.set_weights(self.model, kept.arrays())
        evaluation = self._evaluate("test", kept.state["image_size"], report or self._report)
        evaluation.save(self.run.folder)
        state = self.state
        self.log.last_word(
            kind,
            best_epoch=kept.state["epoch"],
            val_accuracy=kept.state["val_accuracy"],
            val_loss=kept.state["val_loss"],
            test_accuracy=evaluation.accuracy,
            test_loss=evaluation.loss,
            test_right=list(evaluation.score.right),
            photos_per_second=round(state.num_trained / max(1e-9, state.train_seconds), 1),
        )

    def _evaluate(self, split: str, size: int, report: Report) -> Evaluation:
        indices = self.dataset.of_split(split)
        images, rows = self._pictures(split, indices, size)
        if (split, size) not in self._watchers:
            self._watchers[split, size] = Watcher(self.model)
        self.watcher = self._watchers[split, size]
        self.watcher.forget()
        return evaluate_model(
            self.watcher,
            images,
            rows,
            self.dataset.labels[indices],
            self.dataset.class_names,
            [self.dataset.examples[index].path for index in indices],
            split,
            size,
            report=report,
        )

    def _pictures(self, split: str, indices: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
        """(pictures, rows to take): small ones are made once a size and kept, since making them takes as long as judging them."""
        if size == self.images.shape[1] or len(indices) * size**2 * self.images.shape[3] > MOST_KEPT_BYTES:
            return self.images, indices
        if self._kept_of != (split, size):
            self._kept_of, self._kept = (split, size), np.stack([resize(self.images[i], size) for i in indices])
        return self._kept, np.arange(len(indices))

    # --- reports

    def _listen(self, stage: str = "", done: int = 0, total: int = 0) -> None:
        """A Report that says nothing and raises Cancelled once a request is there."""
        if word := requested(self.run.folder):
            raise Cancelled(word)

    def _report(self, stage: str, done: int, total: int) -> None:
        """A Report that writes progress events, at most four a second."""
        now = time.monotonic()
        if done == total or now - self._reported_at >= EVENT_SECONDS:
            self._reported_at = now
            self.log.append("progress", stage=stage, done=done, total=total)

    def _report_and_listen(self, stage: str, done: int, total: int) -> None:
        """Before there is a network: progress events; a request ends the run, with what it had before."""
        self._listen()
        self._report(stage, done, total)

    def _report_and_hear_pause(self, stage: str, done: int, total: int) -> None:
        """For the test after the last epoch: a stop has nothing left to end there, a pause frees the memory at once."""
        if requested(self.run.folder) == "pause":
            raise Cancelled("pause")
        self._report(stage, done, total)

    # --- checkpoints

    def _random_states(self) -> list:
        """Variables that are no weights: the states of dropout's generators."""
        weights = {id(variable) for variable in self.model.weights}
        return [variable for variable in self.model.variables if id(variable) not in weights]

    def _save(self) -> None:
        """Everything that the next step depends on, and where events.jsonl stood."""
        own, scale = self._optimizer_states()
        groups = {
            "weight": self.model.get_weights(),
            "random": [keras.ops.convert_to_numpy(variable) for variable in self._random_states()],
            "optimizer": [keras.ops.convert_to_numpy(variable) for variable in own],
            "scale": [keras.ops.convert_to_numpy(variable) for variable in scale],
            "average": self.average.arrays,
        }
        arrays = {f"{name}.{i:04d}": array for name, group in groups.items() for i, array in enumerate(group)}
        state = self.state
        state.num_averaged = self.average.num_updates
        self.log.sync()
        about = {
            "events_offset": self.log.offset,
            "num_epochs": self.settings.epochs,
            "circumstances": self.circumstances,
        }
        name = checkpoint.name_of(state.epoch, state.step)
        checkpoint.save(self.folder, name, arrays, asdict(state) | about)
        checkpoint.prune(self.folder, [other for other in self._damaged if other != name])
        self._damaged = []
        self.saved_at = self.clock()

    def _optimizer_states(self) -> tuple[list, list]:
        """(the optimizer's variables, those of the loss scale around it, which only float16 has)."""
        outer = self.model.optimizer
        inner = getattr(outer, "inner_optimizer", outer)
        own = {id(variable) for variable in inner.variables}
        return inner.variables, [variable for variable in outer.variables if id(variable) not in own]

    def _restored(self) -> tuple[State, list[str]]:
        """The state of the last whole checkpoint, put into model and average, and what there is to say about it.

        A fresh state if there is no checkpoint. Events after the checkpoint are cut off: they will come again.
        """
        self.model.optimizer.build(self.model.trainable_variables)
        found, damaged = checkpoint.latest_and_damaged(self.folder)
        notices = [_about_damage(damaged, found, self.steps_per_epoch)] if damaged else []
        self._damaged = damaged  # kept until there is a newer one: who is killed before that says it again
        sweep(self.folder)
        if found is None:
            self.log.cut(0)
            return State(), notices
        self.log.cut(found.state["events_offset"])
        arrays = found.arrays()
        checkpoint.set_weights(self.model, arrays)
        own, scale = self._optimizer_states()
        for group, variables in (("random", self._random_states()), ("optimizer", own), ("scale", scale)):
            for index, variable in enumerate(variables):
                if group != "scale" or f"scale.{index:04d}" in arrays:  # the run may have begun in another precision
                    variable.assign(arrays[f"{group}.{index:04d}"])
        values = {part.name: found.state[part.name] for part in fields(State)}
        state = State(**values)
        average = [np.array(arrays[name]) for name in sorted(arrays) if name.startswith("average.")]
        if self.average.is_on and average:
            self.average.arrays, self.average.num_updates = average, state.num_averaged
        elif self.average.is_on:  # a run that was too short for averaging got more epochs
            self.average.arrays = [np.array(weight) for weight in self.model.get_weights()]
        notices += self._about_circumstances(found.state.get("circumstances", {}))
        notices += self._more_epochs(state, found.state.get("num_epochs", self.settings.epochs))
        if state.best and not checkpoint.put_back_best(self.folder, state.best["epoch"]):
            notices.append(
                f"The weights of the best epoch so far ({state.best['epoch']}) cannot be read back from the disk. The best of "
                "the epochs from here on is kept instead."
            )
            state.best = {}
        return state, notices

    def _about_circumstances(self, before: dict[str, str]) -> list[str]:
        """A sentence if what follows cannot agree to the bit with what would have been."""
        now = self.circumstances
        changed = [
            f"{name} {now[name]} instead of {before[name]}" for name in now if before.get(name, now[name]) != now[name]
        ]
        if not changed:
            return []
        return [
            f"The run goes on in other circumstances than before: {', '.join(changed)}. It loses nothing, but its last digits "
            "are not those that it would have had."
        ]

    def _more_epochs(self, state: State, planned: int) -> list[str]:
        """What a run that got more epochs does about the schedules that follow its length.

        They go on as those of a run that was as long from the start. So a learning rate that had come down rises again and
        comes down a second time, as in Loshchilov & Hutter 2017, section 3 (warm restarts). Patience counts anew.
        """
        if planned == self.settings.epochs:
            return []
        state.best_loss_epoch = max(state.best_loss_epoch, state.epoch - 1)
        step = (state.epoch - 1) * self.steps_per_epoch + state.step
        before = learning_rate_at(self.settings, step, planned * self.steps_per_epoch)
        now = self._learning_rate(step)
        rate = (
            "" if math.isclose(before, now) else f", so the learning rate goes on at {now:.3g} instead of {before:.3g}"
        )
        return [
            f"This run was planned for {planned} epochs and got {self.settings.epochs} when {state.epoch - 1} were done. From here on "
            f"its schedules are those of a run of {self.settings.epochs} epochs{rate}. A run of {self.settings.epochs} epochs from the "
            "start would have learned otherwise: compare with care."
        ]


def _about_damage(damaged: list[str], found: checkpoint.Checkpoint | None, steps_per_epoch: int) -> str:
    """Which checkpoints could not be used, which one is, and what that costs."""
    epoch, step = checkpoint.place_of(damaged[0])
    what = f"The newest checkpoint (epoch {epoch}, after step {step}) is not as it was written, so it was not used."
    if found is None:
        return f"{what} There is no other, so the run begins again."
    if len(damaged) > 1:
        what = f"The {len(damaged)} newest checkpoints are not as they were written, so they were not used."
    state = found.state
    steps = (epoch - state["epoch"]) * steps_per_epoch + step - state["step"]
    return (
        f"{what} The run goes on from the one before (epoch {state['epoch']}, after step {state['step']}); so much is done again: "
        f"{steps:,} {'step' if steps == 1 else 'steps'}."
    )


def _is_out_of_memory(error: Exception) -> bool:
    """TensorFlow has an error of this name, JAX a word in the error's text; neither is a MemoryError."""
    return type(error).__name__ == "ResourceExhaustedError" or str(error).startswith("RESOURCE_EXHAUSTED")


def warm_up() -> None:
    """A step of a network of a few weights, which loads what TensorFlow and Keras load at first use."""
    network = NetworkConfig(
        input_size=16, blocks=(ConvBlock(1),), dense=(DenseBlock(1, dropout_rate=0.1),), head="average"
    )
    model = build(network, any_size=True)
    _compile(model, TrainingConfig(gradient_clip=1.0))
    images = np.zeros((2, 16, 16, 3), np.uint8)
    model.train_on_batch(images, np.zeros((2, 1), np.float32), return_dict=True)
    model.predict_on_batch(images)
    keras.backend.clear_session()


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
