"""One training from its folder to its last word: prepare, then load, step, judge and save, then test.

The loop is our own over ``train_on_batch``, because that is what makes a resumed run equal to one that was never
interrupted: every batch is a function of (seed, epoch, step), and sums are kept in Python and stored with the weights.
"""

import math
import time
from contextlib import AbstractContextManager, closing
from dataclasses import asdict, replace

from core.errors import NotANumberError, RunError
from core.jobs.events import EventLog, read_events
from core.jobs.job import Cancelled, Report, no_report, requested
from core.machine import memory_free_fraction, private_memory
from core.runs.evaluation import Evaluation
from core.runs.run import Run
from core.training.device import choose_precision, circumstances, device_notices, is_out_of_memory, training_device
from core.training.forecast.company import Company
from core.training.forecast.measured import precision_speeds
from core.training.loop import checkpoint, resume
from core.training.loop.average import WeightAverage
from core.training.loop.equipment import prepare
from core.training.loop.evidence import Watcher, answers, kernels, step_fraction
from core.training.loop.judge import Pictures, calibrate, evaluate_model
from core.training.loop.pace import Mean, Pace
from core.training.loop.plan import Plan
from core.training.loop.state import State
from core.training.recipe.batches import Batch, ahead, train_batch
from core.training.recipe.schedule import judged_size
from core.workspace.files import DAMAGED, sweep

EVENT_SECONDS = 0.25


def train(run: Run, log: EventLog, began: float | None = None) -> float:
    """Trains a run, or goes on with it from its last checkpoint, and leaves its last word in the log.

    Args:
        run: its folder holds config.json and dataset.json; checkpoints, predictions.csv and evaluation.json are written there.
        log: the run's events, held by this process.
        began: when the work began, as ``time.monotonic`` counts; what a run by the clock goes by. Defaults to now.

    Raises:
        AppError: photos or settings cannot be used; the loss became NaN. The caller writes the ``failed`` event.
        Cancelled: a stop or pause was asked for before the first step.
        OSError: the disk is full or read-only; earlier checkpoints are untouched.
        MemoryError: the device has no more.

    Returns:
        The share of its time that it would have taken alone on this machine, above 0 to 1.
    """
    try:
        training = Training(run, log, began)
        company = Company()
        training.go()
        return company.own_share
    except Exception as error:
        if is_out_of_memory(error):
            raise MemoryError from error
        raise


class Training:
    """One run at work: what it was equipped with, and where it stands.

    Args:
        run: as ``train`` takes it; it is prepared here, and put where its last checkpoint left it.
        log, began: as ``train`` takes them.

    Raises: as ``prepare``.
    """

    clock = staticmethod(time.monotonic)  # of checkpoint_seconds; fault tests count steps instead
    watch = staticmethod(time.monotonic)  # of a run by the clock

    def __init__(self, run: Run, log: EventLog, began: float | None = None):
        self.run, self.log, self._reported_at = run, log, 0.0
        began = self.watch() if began is None else began
        self.settings, self.network = run.config.training, run.config.network
        self.folder = run.folder / "checkpoints"
        self.device = training_device()
        self.precision = self._chosen_precision()
        self.circumstances = circumstances(self.device, self.precision)
        self.equipment = prepare(run, self.precision, self._report_and_listen)
        self.pictures = Pictures(self.equipment.images)
        dataset = self.equipment.dataset
        self.plan = Plan(
            run.config, dataset.split_sizes, len(dataset.class_names), self.steps_per_epoch, log, self.watch, began
        )
        self.average = WeightAverage(self.equipment.model, self.plan.averaging_window)
        self.state = State()
        notices = self._go_on_from_checkpoint()
        self.plan.start(self.state)
        self.average.set_window(self.plan.averaging_window)
        self.pace = Pace(self.settings, self.network, len(self.equipment.data.indices), self.steps_per_epoch)
        self.saved_at = self.clock()
        # One function would be traced more loosely for every further shape and round otherwise: what a step computes would
        # depend on which shapes its process had met before, and a resumed run on where it was killed.
        self._steps_by_shape, self._watchers = {}, {}
        self.watcher = Watcher(self.equipment.model)  # the one in use
        self._log_start(notices)

    def _chosen_precision(self) -> str:
        """The policy to compute in; a run that goes on does so as it began, whatever was measured since."""
        asked, history = self.settings.precision, self.run.history
        if asked == "auto" and history.device == self.device:
            return history.precision
        return choose_precision(asked, self.device, precision_speeds())

    def go(self) -> None:
        """Epoch after epoch to the end, or to a request; then the test."""
        state = self.state
        while not self.plan.is_over(state) and not self._patience_is_over:
            try:
                self.train_epoch()
                self._judge_epoch()
            except Cancelled as asked:
                self.save()
                return self._finish_early(asked.word)
            state.next_epoch()
            self.save()
            self.plan.ended(state)
        if not self.plan.is_over(state):
            text = f"Stopped early: validation loss has not improved for {self.settings.patience_epochs} epochs."
            self.log.append("notice", text=text)
        if text := self.plan.about_its_end():
            self.log.append("notice", text=text)
        try:
            self._test("completed", self._report_and_hear_pause)
        except Cancelled as asked:  # the checkpoint after the last epoch holds everything: who goes on tests again
            self._finish_early(asked.word)

    def train_epoch(self) -> None:
        """The steps of this epoch that are left. Raises Cancelled after the step in which a request is seen."""
        state, since_event = self.state, Mean()
        self._began = time.monotonic() - state.epoch_seconds
        if not state.step:
            self._correct(is_due=True)
        self.plan.begin_epoch(state)
        self.pace.begin(self.image_size)
        with self._batches_left() as batches:
            for batch in batches:  # images (B, size, size, C) uint8, labels (B,) int32
                loss, accuracy = self.step(batch)
                now, count = time.monotonic(), batch.num_of(self.equipment.num_classes)
                state.add(loss, accuracy, count)
                state.train_seconds += self.pace.step(now, count)
                state.epoch_seconds = now - self._began
                self.average.update(self.equipment.model, self._num_steps_done)
                since_event.add(loss, accuracy, count)
                if since_event.age >= EVENT_SECONDS or self.plan.ends_epoch(state):
                    self._log_batch(since_event)
                self.plan.stepped(state, count)
                if not self.plan.ends_epoch(state):
                    self._correct()
                self._listen()
                if self.clock() - self.saved_at >= self.settings.checkpoint_seconds:
                    self.save()
                if self.plan.ends_epoch(state):
                    break

    def _correct(self, is_due: bool = False) -> None:
        """By the clock, the length of the run may change here, and with it what follows it."""
        if self.plan.correct(self.state, is_due):
            self.average.set_window(self.plan.averaging_window)

    def _batches_left(self) -> AbstractContextManager:
        """The epoch's batches from the next step on, made in a thread while the steps before them are done."""
        epoch, size = self.state.epoch, self.image_size
        data = replace(self.equipment.data, augment=self.plan.augment(self.run.config.augment, self.state))
        steps = range(self.state.step, self.steps_per_epoch)
        return closing(ahead(lambda step: train_batch(data, epoch - 1, step, size), steps))

    def step(self, batch: Batch) -> tuple[float, float]:
        """One update of the weights. Returns the batch's loss and accuracy."""
        step, model = self._num_steps_done, self.equipment.model
        model.optimizer.learning_rate = self._learning_rate(step)
        targets = self.equipment.targets_of(batch)  # (B, num_outputs)
        class_weights = self.equipment.class_weights
        weights = None if class_weights is None else class_weights[batch.labels]
        is_last = self.plan.ends_epoch(self.state, further=1)
        before = kernels(model) if is_last else []
        shape = batch.images.shape
        model.train_function = self._steps_by_shape.get(shape)
        # Keras forgets its sums before each of these; ours are in the state, so that a checkpoint can hold them.
        values = model.train_on_batch(batch.images, targets, weights, return_dict=True)
        self._steps_by_shape[shape] = model.train_function
        if is_last:
            self.state.step_fraction = step_fraction(before, kernels(model))
        loss = float(values["cross_entropy"])
        if not math.isfinite(loss):
            rate = self.settings.learning_rate
            raise NotANumberError(
                f"The loss became {loss} between step {step} and step {step + 1} (epoch {self.state.epoch}), so training stopped. "
                f"Lower the learning rate ({rate:g}), e.g. to {rate / 10:g}, or set a gradient clip of 1."
            )
        return loss, float(values["accuracy"])

    def _judge_epoch(self, listen: Report | None = None) -> None:
        """Judges the averaged network on the validation photos, keeps it if it is the best, and reports the epoch.

        Args:
            listen: may raise Cancelled. Defaults to one that does where a request is there.
        """
        state = self.state
        with self.average.applied(self.equipment.model):
            validation = self._evaluate("val", self._judged_size, listen or self._listen)
            is_best = self._keep_if_best(self._judged_size, validation)
        state.epoch_seconds = time.monotonic() - self._began
        self.pace.end_epoch(state.epoch_seconds)
        self._log_epoch(validation, is_best)

    @property
    def steps_per_epoch(self) -> int:
        return self.equipment.data.steps_per_epoch

    @property
    def image_size(self) -> int:
        """Side in pixels of this epoch's pictures in training."""
        return self.plan.image_size(self.state)

    @property
    def _judged_size(self) -> int:
        return judged_size(self.settings, self.network.input_size, self.image_size)

    @property
    def _num_steps_done(self) -> int:
        return self.plan.steps_done(self.state)

    @property
    def _patience_is_over(self) -> bool:
        """Of the epochs before this one. It follows from the state alone, so a run killed after its last epoch trains no further."""
        patience = self.settings.patience_epochs
        return bool(patience) and self.state.epoch - 1 - self.state.best_loss_epoch >= patience

    def _learning_rate(self, step: int) -> float:
        return self.plan.learning_rate(step)

    def _keep_if_best(self, size: int, validation: Evaluation) -> bool:
        """Saves the weights that the model has now if no earlier epoch was better: larger pictures first, then accuracy, then loss."""
        state = self.state
        if state.best_loss is None or validation.loss < state.best_loss:
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
        weights = checkpoint.pack_weights(self.equipment.model.get_weights())
        checkpoint.save_best(self.folder, weights, state.best)
        return True

    def _keep_as_it_is(self) -> None:
        """Keeps the averaged network after the last epoch as the best one."""
        self.state.epoch -= 1
        with self.average.applied(self.equipment.model):
            self._keep_if_best(self._judged_size, self._evaluate("val", self._judged_size, no_report))
        self.state.epoch += 1

    def _finish_early(self, word: str) -> None:
        """After a stop or pause request; a checkpoint has just been written."""
        if word == "pause":
            self.log.last_word("paused", best_epoch=self.state.best.get("epoch"))
            return
        if not self.state.best:  # stopped within the first epoch: what it has learned so far is what there is to keep
            self._judge_epoch(no_report)
        self._test("stopped")

    def _test(self, kind: str, report: Report | None = None) -> None:
        """The best epoch on the test photos, and the run's last word.

        Args:
            report: may raise Cancelled. Defaults to one that does not: after a stop, the test is part of what was asked for.
        """
        if (
            not self.state.best
        ):  # its weights were damaged after the last epoch: what there is is the network as it is now
            self._keep_as_it_is()
        kept = checkpoint.read(self.folder / f"{checkpoint.BEST}.safetensors")
        if kept is None:
            raise RunError(resume.BEST_IS_UNREADABLE)
        checkpoint.set_weights(self.equipment.model, kept.arrays())
        evaluation = self._evaluate("test", kept.state["image_size"], report or self._report)
        evaluation.save(self.run.folder)
        equipment = self.equipment
        calibrate(self.run, equipment.model, equipment.dataset, equipment.images, kept, self._report)
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
        dataset = self.equipment.dataset
        indices = dataset.of_split(split)
        images, rows = self.pictures.of(split, indices, size)
        if (split, size) not in self._watchers:
            self._watchers[split, size] = Watcher(self.equipment.model)
        self.watcher = self._watchers[split, size]
        self.watcher.forget()
        paths = [dataset.examples[index].path for index in indices]
        return evaluate_model(
            self.watcher, images, rows, dataset.labels[indices], dataset.class_names, paths, split, size, report=report
        )

    def save(self) -> None:
        """Everything that the next step depends on, and where events.jsonl stood."""
        arrays, state = resume.arrays_of(self.equipment.model, self.average), self.state
        state.num_averaged, state.spent_seconds = self.average.num_updates, self.plan.watch.spent
        self.log.sync()
        about = {
            "events_offset": self.log.offset,
            "circumstances": self.circumstances,
        }
        name = checkpoint.name_of(state.epoch, state.step)
        checkpoint.save(self.folder, name, arrays, asdict(state) | about | self.plan.to_plain())
        checkpoint.prune(self.folder, [other for other in self._damaged if other != name])
        self._damaged = []
        self.saved_at = self.clock()

    def _go_on_from_checkpoint(self) -> list[str]:
        """Puts network, average and state where the last whole checkpoint left them, and cuts off the events after it.

        Events that are cut off will come again. Where there is no checkpoint, all stays as it is. Returns what there is to say.
        """
        self.equipment.model.optimizer.build(self.equipment.model.trainable_variables)
        try:
            found, damaged = checkpoint.latest_and_damaged(self.folder)
            notices = resume.about_damage(damaged, found, self.steps_per_epoch)
            self._damaged = damaged  # kept until there is a newer one: who is killed before that says it again
            sweep(self.folder)
            offset = found.state["events_offset"] if found else 0
            lost, _ = read_events(self.run.events_path, offset)
            self.log.cut(offset, keep=self.plan.take_up(found.state if found else None, lost))
            return notices + (self._take_up(found) if found else [])
        except DAMAGED as error:
            raise RunError(resume.unreadable(self.run.id, error)) from error

    def _take_up(self, saved: checkpoint.Checkpoint) -> list[str]:
        """Puts everything where a checkpoint left it. Returns what there is to say about that."""
        resume.put_back(self.equipment.model, self.average, saved)
        self.state = state = State.of(saved.state)
        notices = resume.about_circumstances(saved.state.get("circumstances", {}), self.circumstances)
        planned, num_done = saved.state.get("num_epochs", self.settings.epochs), state.epoch - 1
        if self.plan.is_longer_than(saved.state):
            state.best_loss_epoch = max(state.best_loss_epoch, num_done)  # patience counts anew
            step, per_epoch, minutes = self._num_steps_done, self.steps_per_epoch, self.settings.minutes
            notices.append(
                resume.about_more_minutes(saved.state.get("minutes", 0.0), minutes, num_done)
                if minutes
                else resume.about_more_epochs(self.settings, planned, num_done, step, per_epoch)
            )
        if state.best and not checkpoint.put_back_best(self.folder, state.best["epoch"]):
            notices.append(resume.about_lost_best(state.best["epoch"]))
            state.best = {}
        return notices

    def _log_start(self, notices: list[str]) -> None:
        self.log.append(
            "started",
            device=self.device,
            precision=self.precision,
            num_epochs=self.plan.course.num_epochs,
            num_steps=self.plan.course.num_steps,
            minutes=self.plan.minutes,
            steps_per_epoch=self.steps_per_epoch,
            num_train=len(self.equipment.data.indices),
            parameters=self.equipment.model.count_params(),
            circumstances=self.circumstances,
            memory_bytes=private_memory(),
        )
        for text in (*notices, *device_notices(self.device)):
            self.log.append("notice", text=text)

    def _log_batch(self, since_event: Mean) -> None:
        state, done, left = self.state, self._num_steps_done, self.plan.seconds_left
        self.log.append(
            "batch",
            epoch=state.epoch,
            step=done,
            **since_event.take(),
            photos_per_second=round(self.pace.photos_per_second, 1),
            eta_seconds=self.pace.eta_seconds(state.epoch, state.step) if left is None else left,
            learning_rate=self._learning_rate(done - 1),
            memory_bytes=private_memory(),
            memory_free_fraction=round(memory_free_fraction(), 4),
        )

    def _log_epoch(self, validation: Evaluation, is_best: bool) -> None:
        state = self.state
        self.log.append(
            "epoch",
            epoch=state.epoch,
            loss=state.loss_sum / max(1, state.num_seen),
            accuracy=state.correct_sum / max(1, state.num_seen),
            val_loss=validation.loss,
            val_accuracy=validation.accuracy,
            learning_rate=self._learning_rate(max(0, self._num_steps_done - 1)),
            image_size=self.image_size,
            seconds=round(state.epoch_seconds, 2),
            photos_per_second=round(self.pace.epoch_photos_per_second, 1),
            memory_bytes=private_memory(),
            memory_free_fraction=round(memory_free_fraction(), 4),
            best=is_best,
            step_fraction=state.step_fraction,
            dead_units=self.watcher.dead_units(),
            **answers(validation),
        )

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
