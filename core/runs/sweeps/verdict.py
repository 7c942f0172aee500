"""What a sweep has shown, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.runs import trust
from core.runs.evaluation import Evaluation, difference_interval, shares_gap
from core.runs.run import Run
from core.runs.sweeps.sweep import Row, Sweep
from core.runs.sweeps.variants import AUGMENTATION, FEWEST


@dataclass(frozen=True)
class _Tested:
    """One of the trainings, with its answers on the test photos."""

    label: str
    run: Run
    status: str
    val_accuracy: float
    evaluation: Evaluation


def verdict(sweep: Sweep, rows: list[Row] | None = None) -> list[str]:
    """What the sweep has shown, in sentences; empty while fewer than two of its runs are tested.

    The best on the validation photos is named where it is further ahead than chance takes it; all are compared with the
    highest on the test photos, photo by photo.
    """
    tested = _tested(sweep.rows() if rows is None else rows)
    if len(tested) < FEWEST:
        return []
    sentences: list[str] = []
    if sweep.path == AUGMENTATION:
        best, *others = tested
    else:
        best = max(tested, key=lambda training: training.val_accuracy)
        others = [training for training in tested if training is not best]
        sentences.append(_validation_sentence(best, others))
    sentences += [_gap_sentence(best, training) for training in others]
    sentences.append(trust.sentence(best.evaluation.score))
    sentences += [_stopped_sentence(training) for training in tested if training.status == "stopped"]
    if all(not training.evaluation.score.beats_guessing for training in tested):
        sentences.append(
            "None of them does surely better than guessing yet. Give each more epochs before you compare them."
        )
    if len(tested) < len(sweep.run_ids):
        missing = len(sweep.run_ids) - len(tested)
        sentences.append(f"{missing} of {len(sweep.run_ids)} trainings have no test figures.")
    return [*sentences, "Each was trained once. Another seed may move every one of these numbers by as much again."]


def _tested(rows: Sequence[Row]) -> list[_Tested]:
    return [
        _Tested(row.label, row.run, row.status, row.val_accuracy, row.evaluation)
        for row in rows
        if row.run and row.evaluation and row.val_accuracy is not None
    ]


def _validation_sentence(best: _Tested, others: Sequence[_Tested]) -> str:
    """Who is best on the validation photos; nobody on a tie, or where so few photos cannot tell."""
    count = best.run.split_sizes["val"]
    level = [
        other
        for other in others
        if shares_gap(best.val_accuracy, count, other.val_accuracy, other.run.split_sizes["val"])[0] <= 0
    ]
    if not level:
        return f"Best on the validation photos: {best.label}, {_percent(best.val_accuracy)}."
    names = ", ".join(training.label for training in (best, *level[:-1])) + f" and {level[-1].label}"
    accuracies = sorted(training.val_accuracy for training in (best, *level))
    lowest, highest = _percent(accuracies[0]), _percent(accuracies[-1])
    if lowest == highest:
        return f"Level on the validation photos: {names}, {highest} each."
    return (
        f"No winner on the validation photos: {names} lie between {lowest} and {highest}, too close to tell apart "
        f"with {count:,} photos."
    )


def _gap_sentence(first: _Tested, second: _Tested) -> str:
    """The gap between two runs on the test photos, and whether it says anything."""
    num_photos, gap = first.evaluation.num_photos, first.evaluation.accuracy - second.evaluation.accuracy
    shares = _capital(
        f"{_with(first)} {_percent(first.evaluation.accuracy)} of the {num_photos:,} test photos are named rightly, "
        f"{_with(second)} {_percent(second.evaluation.accuracy)}"
    )
    low, high = difference_interval(first.evaluation, second.evaluation)
    if low <= 0 <= high:
        return (
            f"{shares}: a gap of {_points(abs(gap))}. With these {num_photos:,} test photos, differences below about "
            f"{_points((high - low) / 2)} mean nothing."
        )
    least, most = sorted((abs(low), abs(high)))
    better = first.label if gap > 0 else second.label
    return (
        f"{shares}: a gap of {_points(abs(gap))}, on endless photos likely between {_points(least, False)} and "
        f"{_points(most)}. That is more than chance: {better} is better."
    )


def _stopped_sentence(training: _Tested) -> str:
    done = len(training.run.history.epochs)
    epochs = "1 epoch" if done == 1 else f"{done} epochs"
    return f"{_capital(training.label)}: stopped after {epochs}, so this is not a fair comparison."


def _with(training: _Tested) -> str:
    """``with 16 filters``; what augmentation's two are called says it already."""
    return training.label if training.label.startswith("with") else f"with {training.label}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"


def _points(share: float, unit: bool = True) -> str:
    return f"{share * 100:.1f}" + (" points" if unit else "")
