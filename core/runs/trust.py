"""How far a network's answers can be trusted, and how that is said beside every accuracy. No TensorFlow.

75 % is worth nothing where three photos in four are cats. So no accuracy stands alone: beside it stands what always saying
the largest class would earn and, where classes differ, the balanced accuracy.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core.jobs.kinds import Epoch
from core.photos.layouts.counts import PhotoCounts, of_split
from core.runs.evaluation import Score, score_of, wilson_interval
from core.runs.run import ACTIVE, Run
from core.workspace.files import read_json

NO_ANSWER = "No better than guessing"
CANNOT_TELL = "These photos cannot tell this network from an answer that looks at none."


def kept_score(run: Run) -> Score | None:
    """How the kept network did: on the test photos, before there is a test on the validation photos; None if nobody can say."""
    return test_score(run) or best_score(run)


def test_score(run: Run) -> Score | None:
    """The score on the test photos; None before the test, and where its file cannot be read."""
    path = run.folder / "evaluation.json"
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


@lru_cache(maxsize=512)
def _read(path: Path, _changed: int) -> Score:
    about = read_json(path)
    score = score_of(about["class_names"], about["confusion_matrix"])
    if len(score.class_names) != len(score.counts) or score.num_photos <= 0:
        raise ValueError("not a confusion matrix")
    return score


def best_score(run: Run) -> Score | None:
    """The best epoch's score on the validation photos; None before the first epoch, and in runs of versions that do not count by class."""
    best = run.history.best
    return score_of_epoch(best, run.class_names, run.dataset["counts"]) if best else None


def score_of_epoch(row: Epoch, class_names: Sequence[str], counts: PhotoCounts) -> Score | None:
    """An epoch's score on the validation photos; None where the epoch does not count by class.

    Args:
        row: of ``History.epochs``.
        counts: photos by split and class name.
    """
    numbers = tuple(of_split(counts, "val", class_names))
    right = row.get("val_right", ())
    if len(right) != len(numbers) or not sum(numbers):
        return None
    return Score(tuple(class_names), tuple(right), numbers)


def best_to_ask(runs: Iterable[Run]) -> Run | None:
    """Which run should answer about a photo that somebody brings; None where none can.

    Only runs that tell apart the same classes as the newest of them are weighed. Those surely better than guessing come
    first, then those that learned from photos rather than drawings, then what the test vouches for: the lower end of its
    interval, so that 9 of 10 photos do not outweigh 880 of 1,000.

    Args:
        runs: the newest first; what is at work or has no weights is passed over.
    """
    able = [run for run in runs if run.checkpoint and run.status not in ACTIVE]
    alike = [run for run in able if run.class_names == able[0].class_names]
    return max(alike, key=_vouched, default=None)


def _vouched(run: Run) -> tuple[bool, bool, float]:
    accuracy, num_test = run.history.results.get("test_accuracy"), run.split_sizes["test"]
    low = wilson_interval(round(accuracy * num_test), num_test)[0] if isinstance(accuracy, float) else 0.0
    largest = max(of_split(run.dataset["counts"], "test", run.class_names)) / max(1, num_test)
    return low > max(largest, 1 / len(run.class_names)), run.config.photos.source != "drawn", low


@dataclass(frozen=True)
class Guess:
    """What answers that look at no photo earn on the validation photos.

    Args:
        accuracy: of always saying the largest class, 0..1.
        loss: in nats, of giving every photo the shares that the classes have among the training photos.
    """

    accuracy: float
    loss: float

    @classmethod
    def even(cls, num_classes: int) -> "Guess":
        """Where all classes have as many photos."""
        return cls(1 / num_classes, math.log(num_classes))


def guess_of(run: Run) -> Guess:
    """What guessing earns on a run's validation photos; a network that balances its classes is asked to guess evenly."""
    even, counts = Guess.even(len(run.class_names)), run.dataset["counts"]
    train, val = (_shares(counts, split, run.class_names) for split in ("train", "val"))
    accuracy = max(even.accuracy, *val)
    if run.config.training.class_weights or not all(train):
        return Guess(accuracy, even.loss)
    return Guess(accuracy, -sum(a * math.log(b) for a, b in zip(val, train, strict=True)) or even.loss)


def _shares(counts: PhotoCounts, split: str, class_names: Sequence[str]) -> list[float]:
    numbers = of_split(counts, split, class_names)
    return [number / max(1, sum(numbers)) for number in numbers]


def beside(score: Score) -> str:
    """For beside an accuracy, in a list: ``guessing 75.0 %, balanced 50.0 %``."""
    text = f"guessing {_percent(score.guess_accuracy)}"
    return text if score.is_even else f"{text}, balanced {_percent(score.balanced_accuracy)}"


def in_brackets(score: Score | None) -> str:
    """`` (guessing 75.0 %, balanced 50.0 %)``, for behind an accuracy; "" where nobody can say."""
    return f" ({beside(score)})" if score else ""


def sentence(score: Score) -> str:
    """The same in a sentence that says what the two figures are."""
    if score.is_even:
        return f"Always saying one class would earn {_percent(score.guess_accuracy)}."
    text = f"Always saying {score.largest} would earn {_percent(score.guess_accuracy)}."
    if len(score.recalls) < 2:
        return f"{text} Photos of one class alone cannot show whether it tells classes apart."
    return (
        f"{text} Balanced accuracy, in which every class counts alike, is {_percent(score.balanced_accuracy)}; "
        f"by guessing it is {_percent(1 / len(score.recalls))}."
    )


def no_answer(score: Score) -> str:
    """Why the class that such a network names is not shown as its answer."""
    low, high = score.interval
    return (
        f"This network names {_percent(score.accuracy)} of the {score.num_photos:,} photos that it was judged by rightly (likely between "
        f"{_percent(low)} and {_percent(high)}), and always saying {score.largest} would earn {_percent(score.guess_accuracy)}. "
        "So what it says about a photo means nothing, however sure it is. Train it longer, or with more photos."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
