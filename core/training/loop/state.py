"""Where a training stands between two steps."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass
class State:
    """Where a training stands between two steps: all that a checkpoint needs beside arrays."""

    epoch: int = 1  # being trained
    step: int = 0  # finished steps of this epoch
    loss_sum: float = 0.0  # over this epoch's photos so far, as the next two
    correct_sum: float = 0.0
    num_seen: int = 0
    epoch_seconds: float = 0.0  # spent in this epoch
    train_seconds: float = 0.0  # spent in steps of the run
    num_trained: int = 0  # photos shown in the run
    best: dict = field(
        default_factory=dict
    )  # epoch, image_size, val_accuracy, val_loss; empty before the first validation
    best_loss: float | None = None  # lowest validation loss so far, which patience counts from
    best_loss_epoch: int = 0
    num_averaged: int = 0  # how often the weight average was updated
    step_fraction: float = 0.0  # how far the last step of the epoch moved the weights, as a share of their size
    spent_seconds: float = 0.0  # at work, its start included
    image_size: int = 0  # side of this epoch's pictures, which is decided when it begins, as the next
    is_calm: bool = False

    def add(self, loss: float, accuracy: float, count: int) -> None:
        """Takes in a step of so many photos, by its mean loss and accuracy."""
        self.step += 1
        self.num_seen += count
        self.num_trained += count
        self.loss_sum += loss * count
        self.correct_sum += accuracy * count

    def next_epoch(self) -> None:
        self.epoch, self.step = self.epoch + 1, 0
        self.loss_sum = self.correct_sum = self.epoch_seconds = 0.0
        self.num_seen = 0

    @classmethod
    def of(cls, saved: Mapping[str, Any]) -> "State":
        """From a checkpoint; what a version before this one did not write is as at the start."""
        names = [part.name for part in fields(cls) if part.name in saved or part.name not in _LATER]
        return cls(**{name: saved[name] for name in names})


_LATER = ("spent_seconds", "image_size", "is_calm")
