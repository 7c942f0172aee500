"""A run's history up to an epoch, with the figures that several rules look at."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import cast

from core.advice.suggestion import Suggestion
from core.config import ExperimentConfig, setting
from core.jobs.kinds import Epoch
from core.photos.layouts.counts import PhotoCounts, of_split
from core.runs.evaluation import Score, wilson_interval
from core.runs.history import History
from core.runs.trust import score_of_epoch
from core.training.recipe.schedule import training_sizes

FEWEST_EPOCHS = 3
LOSS_SPREAD = 0.5  # nats, of the loss from photo to photo while a network learns
SETTLED = 0.7  # of the epochs: by then a cosine has come down to a fifth
MIN_STEPS = 100  # before that, a network that still answers all photos alike may just not have begun
STUCK_MARGIN = 0.004  # nats around the loss of guessing; chance moves an epoch's mean by less
STUCK_SPREAD = 0.002  # of probabilities over the photos
LOOK_BACK = 100  # epochs


@dataclass(frozen=True)
class Case:
    """A history up to an epoch, with the figures that several rules look at.

    Args:
        num_epochs: how many epochs it is read up to; None for all.
        standing: the findings that stood an epoch earlier, by kind.
    """

    history: History
    config: ExperimentConfig
    counts: PhotoCounts
    class_names: tuple[str, ...]
    num_epochs: int | None = None
    standing: Mapping[str, Suggestion] = field(default_factory=lambda: MappingProxyType({}))

    def after(self, num_epochs: int, standing: Mapping[str, Suggestion]) -> "Case":
        return replace(self, num_epochs=num_epochs, standing=standing)

    @cached_property
    def rows(self) -> list[dict]:
        """The epochs; whether they hold evidence, each rule asks for itself."""
        return cast("list[dict]", self.history.epochs[: self.num_epochs])

    def stands(self, kind: str) -> bool:
        """Whether a finding is there already, so that it takes evidence against it to lift it."""
        return kind in self.standing

    def since(self, kind: str, epoch: int) -> int:
        """From which epoch a finding is so: what was said once stays."""
        return (self.standing[kind].epoch if self.stands(kind) else None) or epoch

    @property
    def is_at_chance(self) -> bool:
        """Five epochs or more, and neither training nor validation accuracy is above what guessing earns by chance."""
        rows = self.rows[-5:]
        if len(self.rows) < max(5, 2 * self.epochs_to_judge):
            return False
        if self.last["loss"] < self.guessing_loss - STUCK_MARGIN / 2 and not self.stands("stuck"):
            return False  # it has begun to learn its own photos
        train = mean([row["accuracy"] for row in rows]) - self.best_guess("train")
        val = mean([row["val_accuracy"] for row in rows]) - self.guessing_accuracy
        return train < 0.02 and val < self.half_width(self.guessing_accuracy)

    def half_width(self, accuracy: float) -> float:
        """Half of the 95 % interval of a validation accuracy, 0..1."""
        return half_interval(accuracy, self.num_val)

    @property
    def num_steps(self) -> int:
        return len(self.rows) * max(1, self.history.steps_per_epoch)

    @property
    def is_over(self) -> bool:
        """Whether these are all the epochs of a run that has been tested."""
        return len(self.rows) == len(self.history.epochs) and self.history.results.get("test_accuracy") is not None

    @cached_property
    def kept(self) -> dict:
        """The epoch whose weights are kept."""
        marked = [row for row in self.rows if row.get("best")]
        return marked[-1] if marked else self.last

    @cached_property
    def num_train(self) -> int:
        return max(1, sum(of_split(self.counts, "train", self.class_names)))

    @property
    def loss_doubt(self) -> float:
        """Nats by which chance alone moves an epoch's training loss: photos differ by about LOSS_SPREAD."""
        return LOSS_SPREAD / math.sqrt(self.num_train)

    @cached_property
    def at_this_size(self) -> list[dict]:
        """The last epochs on pictures of one size: where pictures grow, figures before and after cannot be compared."""
        size = self.last.get("image_size")
        start = len(self.rows)
        while start and self.rows[start - 1].get("image_size") == size:
            start -= 1
        return self.rows[start:]

    @property
    def is_settled(self) -> bool:
        """Whether pictures have stopped growing and a learning rate that comes down has done most of its way."""
        network, training = self.config.network, self.config.training
        full_size = training_sizes(training, network.input_size)[-1]
        is_grown = self.last.get("image_size", full_size) >= full_size
        planned = max(self.history.num_epochs, 0 if training.minutes else training.epochs, 1)
        return is_grown and (training.schedule == "constant" or len(self.rows) >= SETTLED * planned)

    def score(self, row: dict) -> Score | None:
        return score_of_epoch(cast(Epoch, row), self.class_names, self.counts)

    def beats_guessing(self, rows: Sequence[dict]) -> bool:
        """Whether the mean of some epochs is better than guessing by more than the validation photos leave to chance."""
        scores = [score for row in rows if (score := self.score(row))]
        if len(scores) == len(rows):
            right = [round(mean(numbers)) for numbers in zip(*(score.right for score in scores), strict=True)]
            return replace(scores[0], right=tuple(right)).beats_guessing
        accuracy = mean([row["val_accuracy"] for row in rows])
        return wilson_interval(round(accuracy * self.num_val), self.num_val)[0] > self.guessing_accuracy

    @property
    def last(self) -> dict:
        return self.rows[-1]

    @property
    def num_classes(self) -> int:
        return len(self.class_names)

    @cached_property
    def num_val(self) -> int:
        return sum(of_split(self.counts, "val", self.class_names))

    def shares(self, split: str) -> list[float]:
        """Share of each class among a split's photos, in the order of class_index."""
        numbers = of_split(self.counts, split, self.class_names)
        return [number / max(1, sum(numbers)) for number in numbers]

    @cached_property
    def guessing_loss(self) -> float:
        """Training loss of a network that knows how frequent the classes are and nothing else: ln(num_classes) if all are alike."""
        if self.config.training.class_weights:  # the balanced network is asked to guess evenly
            return math.log(self.num_classes)
        return -sum(share * math.log(share) for share in self.shares("train") if share)

    @cached_property
    def guessing_val_loss(self) -> float:
        """What the same network pays on the validation photos, where classes may be mixed otherwise."""
        if self.config.training.class_weights:
            return math.log(self.num_classes)
        pairs = zip(self.shares("val"), self.shares("train"), strict=True)
        return -sum(val * math.log(train) for val, train in pairs if train)

    @cached_property
    def guessing_accuracy(self) -> float:
        """Validation accuracy of the best answer that is the same for all photos."""
        return self.best_guess("val")

    def best_guess(self, split: str) -> float:
        """Accuracy on a split of always naming its most frequent class. A balanced network is not asked for that, so 1/num_classes."""
        even = 1 / self.num_classes
        return even if self.config.training.class_weights else max(self.shares(split), default=even) or even

    def skill(self, accuracy: float) -> float:
        """0 for guessing, 1 for all right."""
        return (accuracy - self.guessing_accuracy) / max(1e-9, 1 - self.guessing_accuracy)

    def means(self, name: str, num_epochs: int = 3) -> float:
        """A figure's mean over the last epochs."""
        return mean([row[name] for row in self.rows[-num_epochs:]])

    @property
    def gap_doubt(self) -> float:
        """Half of the 95 % interval of training accuracy less validation accuracy, as far as the numbers of photos tell."""
        train = half_interval(self.means("accuracy"), self.num_train)
        return math.hypot(train, self.half_width(self.means("val_accuracy")))

    @cached_property
    def epochs_to_judge(self) -> int:
        """Epochs in which enough steps were made to say that nothing happens."""
        return max(2, math.ceil(MIN_STEPS / max(1, self.history.steps_per_epoch)))

    @cached_property
    def is_normalized(self) -> bool:
        return all(block.normalization == "batch" for block in self.config.network.blocks)


def start_of_last(rows: list[dict], holds: Callable[[dict], bool], at_least: int = 2) -> int | None:
    """Index of the first of the last epochs, without a gap, for which something holds; None if fewer than ``at_least``.

    It looks back ``LOOK_BACK`` epochs and no further, so that a long run costs a page no more than a short one.
    """
    index, end = len(rows), max(0, len(rows) - max(LOOK_BACK, at_least))
    while index > end and holds(rows[index - 1]):
        index -= 1
    return index if len(rows) - index >= at_least else None


def half_interval(accuracy: float, num_photos: int) -> float:
    low, high = wilson_interval(round(accuracy * num_photos), num_photos)
    return (high - low) / 2


def mean(values: Sequence[float]) -> float:
    return sum(values) / max(1, len(values))


def longer(case: Case, epochs: int) -> tuple[str, float]:
    """The change that makes a run so many epochs long; one by the clock gets the more minutes."""
    minutes = case.config.training.minutes
    if not minutes:
        return "training.epochs", epochs
    factor = epochs / max(1, case.history.num_epochs)
    return "training.minutes", min(float(setting("training.minutes").limits.most), round(max(2.0, factor) * minutes, 1))
