"""Rules about networks that are no better than guessing, whatever the reason."""

import math

from core import config as configs
from core.advice.diagnosis.case import FEWEST_EPOCHS, MIN_STEPS, STUCK_MARGIN, Case, longer, start_of_last
from core.advice.diagnosis.generalization import augmentation_too_strong
from core.advice.diagnosis.learning_rate import is_slow
from core.advice.diagnosis.nothing_learned import UNBALANCED_SHARE
from core.advice.diagnosis.ways_out import way_out
from core.advice.diagnosis.words import in_epochs, percent, ranged
from core.advice.suggestion import LEARNS_NOTHING, NOTE, WARNING, Suggestion
from core.photos.layouts.counts import of_split
from core.runs.evaluation import Score, wilson_interval

STEPS_TO_LEARN = 300
EXPLAINED_BY = frozenset({"stuck", "one_class", "rate_too_high", "rate_too_low", "labels"})  # what says why it guesses


def no_better_than_guessing(case: Case) -> Suggestion | None:
    """At chance for whatever reason, where no other rule says why."""
    if not case.is_at_chance or is_slow(case) or augmentation_too_strong(case):
        return None
    train, val = case.means("accuracy", 5), case.means("val_accuracy", 5)
    advice, changes = way_out(case)
    return Suggestion(
        "stuck",
        LEARNS_NOTHING,
        "No better than guessing",
        f"{in_epochs(case.rows[-5:])} accuracy was {percent(train)} on the training photos and {percent(val)} on the validation photos; "
        f"guessing earns {percent(case.guessing_accuracy)}.",
        "It answers differently from photo to photo, but not by what is in them. " + advice,
        changes,
        case.rows[-5]["epoch"],
    )


def guessing(case: Case) -> Suggestion | None:
    """What answers now, or is kept at the end, is no better than saying one class always, as far as the photos tell."""
    last = case.last
    if case.is_over:
        evidence = _kept_evidence(case)
    elif len(case.rows) > 1 and not EXPLAINED_BY & case.standing.keys() and not case.stands("guessing"):
        return None  # it was shown to be better: epochs that were worse since do not take that back
    elif case.beats_guessing(case.rows[-FEWEST_EPOCHS:]):
        return None
    else:
        evidence = (
            f"In epoch {last['epoch']} it named {percent(last['val_accuracy'])} of the {case.num_val:,} validation photos rightly; "
            f"guessing earns {percent(case.guessing_accuracy)}, and chance moves that by ± {100 * case.half_width(case.guessing_accuracy):.1f} points."
        )
    if not evidence:
        return None
    one_class = last.get("val_top_share") == 1 and case.shares("val")[last["val_top_class"]] < 1
    name = case.class_names[last["val_top_class"]] if one_class else ""
    if one_class:
        evidence += f" All validation photos were called {name}."
    if _loss_excess(last, case) > 0:
        evidence += f" Validation loss was {last['val_loss']:.3g}; guessing costs {case.guessing_val_loss:.3f}."
    is_young = case.num_steps < STEPS_TO_LEARN
    seen = f"{len(case.rows)} {'epoch' if len(case.rows) == 1 else 'epochs'} of {case.history.steps_per_epoch} steps"
    changes: tuple = ()
    if is_young and case.is_over:
        epochs = max(2 * len(case.rows), math.ceil(STEPS_TO_LEARN / max(1, case.history.steps_per_epoch)))
        epochs = min(epochs, int(configs.setting("training.epochs").limits.maximum or epochs))
        changes = (longer(case, epochs),)
        advice = f"{seen.capitalize()} were too few to learn from. On the Training page train for {epochs:,} epochs; more photos on the Photos page help too."
    elif is_young:
        advice = f"It is too early to say more: {seen}. Networks begin like this; wait on the Training page whether it stays so."
    else:
        advice = (
            "It may have learned something, but these photos cannot show it. On the Photos page give validation and test more photos, and "
            "training too; on the Training page more epochs are the other thing to try."
        )
    if one_class and max(case.shares("train")) > UNBALANCED_SHARE and not case.config.training.class_weights:
        advice += " Most training photos are of one class: on the Training page switch on “Balance classes” too."
        changes += (("training.class_weights", True),)
    return Suggestion(
        "guessing",
        WARNING if case.is_over else NOTE,
        f"Everything is called {name}" + ("" if case.is_over else " so far")
        if one_class
        else ("It ended no better than guessing" if case.is_over else "Not better than guessing yet"),
        evidence,
        advice,
        changes,
        case.since("guessing", last["epoch"]),
    )


def _kept_evidence(case: Case) -> str:
    """Of a tested run: why its kept network is no better than guessing; "" where it is better, or nobody can say."""
    results = case.history.results
    numbers = tuple(of_split(case.counts, "test", case.class_names))
    accuracy, count = results.get("test_accuracy"), sum(numbers)
    if accuracy is None or not count:
        return ""
    right = results.get("test_right", ())
    if len(right) == len(numbers):
        score = Score(case.class_names, tuple(right), numbers)
        beats, balanced = (
            score.beats_guessing,
            "" if score.is_even else f", balanced accuracy {percent(score.balanced_accuracy)}",
        )
    else:
        beats, balanced = wilson_interval(round(accuracy * count), count)[0] > case.best_guess("test"), ""
    if beats:
        return ""
    low, high = wilson_interval(round(accuracy * count), count)
    return (
        f"The kept network, of epoch {case.history.best_epoch or case.kept['epoch']}, names {percent(accuracy)} of the {count:,} test photos rightly "
        f"(likely between {percent(low)} and {percent(high)}{balanced}); always saying one class earns {percent(case.best_guess('test'))}."
    )


def _loss_excess(row: dict, case: Case) -> float:
    """Nats by which a validation loss lies above that of guessing beyond chance; 0 or less if it does not."""
    error = row.get("val_loss_error", row["val_loss"] / math.sqrt(max(1, case.num_val)))  # older runs do not say
    return row["val_loss"] - case.guessing_val_loss - STUCK_MARGIN - 2 * error


def loss_above_guessing(case: Case) -> Suggestion | None:
    """Right more often than guessing, and yet so sure where it is wrong that guessing would cost less."""
    rows = case.rows
    since = start_of_last(rows, lambda row: _loss_excess(row, case) > 0, 1)
    if since is None and case.stands("loss_above_guessing") and case.means("val_loss") > case.guessing_val_loss:
        since = len(rows) - 1
    if since is None:
        return None
    is_young = len(rows) - since < 2 or case.num_steps < MIN_STEPS or not (case.is_settled or case.is_over)
    if is_young:
        advice = (
            "Early epochs often look like this, and it passes. If it does not, a lower learning rate on the Training page or label "
            "smoothing help, and more photos most."
        )
    else:
        advice = (
            "It is sure where it is wrong, so its percentages mean little. On the Training page a lower learning rate or label "
            "smoothing help, and more photos most."
        )
    losses = ranged([row["val_loss"] for row in rows[since:]], ".3g")
    return Suggestion(
        "loss_above_guessing",
        NOTE if is_young else WARNING,
        "Validation loss is above that of guessing",
        f"{in_epochs(rows[since:])} validation loss was {losses}; guessing costs {case.guessing_val_loss:.3f}.",
        advice,
        (),
        case.since("loss_above_guessing", rows[since]["epoch"]),
    )
