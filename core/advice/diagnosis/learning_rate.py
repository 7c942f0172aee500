"""Rules about the size of the steps: so large that the loss breaks down or swings, so small that nothing changes."""

import math
from collections.abc import Sequence
from itertools import pairwise

from core.advice.diagnosis.case import STUCK_MARGIN, STUCK_SPREAD, Case, start_of_last
from core.advice.diagnosis.ways_out import USUAL_RATE, lower_rate, one_digit
from core.advice.diagnosis.words import in_epochs, ranged
from core.advice.suggestion import LEARNS_NOTHING, WARNING, Suggestion


def not_a_number(case: Case) -> Suggestion:
    """The loss became NaN or infinite: the run stopped itself and says between which steps."""
    message = case.history.message
    training = case.config.training
    lower = lower_rate(training.optimizer, training.learning_rate)
    advice = (
        "A step was so large that the weights left the range of numbers a computer holds; nothing can be learned after that. "
        f"On the Training page lower the learning rate from {training.learning_rate:g} to {lower:g}, or set a gradient clip of 1."
    )
    if case.config.network.rescaling == "none":
        advice += " On the Network page, rescaling to small numbers around zero helps too: pixels from 0 to 255 make large steps."
    return Suggestion(
        "not_a_number",
        LEARNS_NOTHING,
        "The loss is no longer a number",
        message.split(". ")[0].rstrip(".") + ".",
        advice,
        (("training.learning_rate", lower),),
        len(case.rows) or None,
    )


WORSE_THAN_GUESSING = 0.15  # nats
WILD_STEPS = 60  # first steps, and those after pictures have grown, may be wild; after so many it is the rate
WILD_START = 0.1  # nats above guessing, over the whole first epoch; a fault only where one answer is all that is left
LEARNED = 0.05  # nats below guessing: by then it had learned something
WILD_STEP = 0.05  # of the weights' size, in one step


def rate_too_high(case: Case) -> Suggestion | None:
    """Training loss above that of guessing, or thrown back to it, or steps that replace the weights instead of improving them."""
    rows, limit = case.rows, case.guessing_loss
    training = case.config.training
    lower = lower_rate(training.optimizer, training.learning_rate)
    advice = (
        "Each step overshoots what it aims at, so the network jumps about instead of settling. "
        f"On the Training page lower the learning rate from {training.learning_rate:g} to {lower:g}"
        + ("." if training.gradient_clip else ", or set a gradient clip of 1.")
    )
    enough = max(2, math.ceil(WILD_STEPS / max(1, case.history.steps_per_epoch)))
    since = start_of_last(rows, lambda row: row["loss"] > limit + max(WORSE_THAN_GUESSING, 2 * case.loss_doubt), enough)
    same = case.at_this_size
    best = min(_smooth(same[:-1]) or same, key=lambda row: row["loss"])
    severity = LEARNS_NOTHING
    if since is not None:
        evidence = (
            f"{in_epochs(rows[since:])} training loss was {ranged([row['loss'] for row in rows[since:]], '.2f')}, "
            f"worse than the {limit:.2f} that guessing costs."
        )
    elif (times := _wild_rate(case)) or (rows[0]["loss"] > limit + WILD_START and _says_nothing(case)):
        since = 0
        evidence = (
            f"In epoch {rows[0]['epoch']} training loss was {rows[0]['loss']:.3g} on average, and in epoch {case.last['epoch']} it is {case.last['loss']:.3f}; "
            f"guessing costs {limit:.3f}."
        )
        if times:
            evidence += f" A learning rate of {training.learning_rate:g} is {times:g} times what is usual for {training.optimizer}."
    elif best["loss"] < limit - LEARNED - case.loss_doubt and (
        since := start_of_last(rows, lambda row: row["loss"] > limit - STUCK_MARGIN, enough)
    ):
        evidence = f"Training loss had come down to {best['loss']:.3f} in epoch {best['epoch']}. {in_epochs(rows[since:])} it was back at guessing ({case.last['loss']:.3f})."
    else:
        since = start_of_last(rows, lambda row: row.get("step_fraction", 0.0) > WILD_STEP, enough)
        if since is None or case.last["loss"] < limit - LEARNED:
            return _still_too_high(case)
        steps = [row["step_fraction"] for row in rows[since:]]
        evidence = f"{in_epochs(rows[since:])} one step moved the weights by {ranged([100 * s for s in steps], '.2g')} % of their size; about 0.1 % to 1 % is usual."
        severity = WARNING
    return Suggestion(
        "rate_too_high",
        severity,
        "The learning rate is too high",
        evidence,
        advice,
        (("training.learning_rate", lower),),
        case.since("rate_too_high", rows[since]["epoch"]),
    )


def _still_too_high(case: Case) -> Suggestion | None:
    """What was said of the rate stands until the training loss lies below that of guessing, for three epochs and beyond chance."""
    if not case.stands("rate_too_high") or case.means("loss") < case.guessing_loss - STUCK_MARGIN - case.loss_doubt:
        return None
    return case.standing["rate_too_high"]


def _smooth(rows: Sequence[dict]) -> list[dict]:
    """Each epoch with the loss averaged over it and the one before, so that one lucky epoch counts for little."""
    return [after | {"loss": (before["loss"] + after["loss"]) / 2} for before, after in pairwise(rows)]


def _says_nothing(case: Case) -> bool:
    """One answer is all that is left, and it is no better than guessing."""
    last = case.last
    return last["loss"] > case.guessing_loss - STUCK_MARGIN and last.get("val_spread", 1.0) < STUCK_SPREAD


def _wild_rate(case: Case) -> float:
    """How many times the usual rate, where that is many and nothing is learned; else 0."""
    training = case.config.training
    times = training.learning_rate / USUAL_RATE[training.optimizer]
    return times if times >= 5 and _says_nothing(case) else 0


SLOW_STEP = 3e-5  # of the weights' size
GOOD_STEP = 3e-3


def is_slow(case: Case) -> bool:
    """Steps are tiny and the rate is what makes them so: it stands far below what is usual."""
    training = case.config.training
    if training.learning_rate > USUAL_RATE[training.optimizer] / 5:
        return False
    steps = [row["step_fraction"] for row in case.rows if "step_fraction" in row]
    return bool(steps) and max(steps) < SLOW_STEP


def rate_too_low(case: Case) -> Suggestion | None:
    """Steps so small that the run ends before the network has changed."""
    rows, training = case.rows, case.config.training
    if not is_slow(case) or case.skill(max(row["val_accuracy"] for row in rows)) > 0.8:
        return None
    step = max(row["step_fraction"] for row in rows)
    usual = USUAL_RATE[training.optimizer]
    raised = one_digit(min(usual, training.learning_rate * GOOD_STEP / max(step, 1e-12)))
    return Suggestion(
        "rate_too_low",
        WARNING,
        "The learning rate is too low",
        f"{in_epochs(rows)} one step moved the weights by at most {100 * step:.1g} % of their size; about 0.1 % is usual. "
        f"Training loss went from {rows[0]['loss']:.4f} to {rows[-1]['loss']:.4f}.",
        f"The network goes the right way in steps too small to get there. On the Training page raise the learning rate from "
        f"{training.learning_rate:g} to {raised:g}.",
        (("training.learning_rate", raised),),
        rows[0]["epoch"],
    )
