"""Rules about networks in which the photo is lost on the way to the answer."""

import math

from core.advice.diagnosis.case import STUCK_MARGIN, STUCK_SPREAD, Case, start_of_last
from core.advice.diagnosis.learning_rate import is_slow
from core.advice.diagnosis.ways_out import all_layers, lower_rate, way_out
from core.advice.diagnosis.words import at_least, in_epochs, percent, points, ranged
from core.advice.suggestion import LEARNS_NOTHING, NOTE, Suggestion
from core.config import ExperimentConfig

SAME_SPREAD = 0.001  # one answer for all photos
SWINGING_MARGIN = 0.05  # nats; at a high rate that one answer swings around even chances, which costs a little more


def stuck(case: Case) -> Suggestion | None:
    """The loss stays at that of guessing, and all photos get about the same answer."""
    since = start_of_last(case.rows, lambda row: _is_guessing(row, case), case.epochs_to_judge)
    if since is None or is_slow(case) or max(case.shares("train"), default=0) > UNBALANCED_SHARE:
        return None
    rows = case.rows[since:]
    evidence = (
        f"{in_epochs(rows)} training loss was {ranged([row['loss'] for row in rows], '.4f')} and validation loss "
        f"{ranged([row['val_loss'] for row in rows], '.4f')}. Guessing costs ln {case.num_classes} = {math.log(case.num_classes):.4f}."
    )
    if "val_spread" in case.last:
        name = case.class_names[case.last["val_top_class"]]
        evidence += (
            f" In epoch {case.last['epoch']} it called {percent(case.last['val_top_share'], 0)} of the validation photos {name}, "
            f"and its sureness differed from photo to photo by {points(case.last['val_spread'])}."
        )
    advice, changes = way_out(case)
    return Suggestion(
        "stuck",
        LEARNS_NOTHING,
        f"Stuck at ln {case.num_classes}: the network guesses",
        evidence,
        "It gives the same answer whatever it is shown, and more epochs rarely change that. " + advice,
        changes,
        rows[0]["epoch"],
    )


def _is_guessing(row: dict, case: Case) -> bool:
    """Neither better than guessing nor much worse, and no photo's answer differs from another's."""
    spread = row.get("val_spread", STUCK_SPREAD / 2)  # older runs do not say
    above = SWINGING_MARGIN if spread < SAME_SPREAD else STUCK_MARGIN
    over = (row["loss"] - case.guessing_loss, row["val_loss"] - case.guessing_val_loss)
    return spread < STUCK_SPREAD and all(-STUCK_MARGIN < nats < above for nats in over)


UNBALANCED_SHARE = 0.7  # of the training photos in one class
OTHERS_FOUND = 0.05  # of the photos of other classes: fewer are as good as none


def one_class(case: Case) -> Suggestion | None:
    """Nearly every validation photo is called the same, though there are others among them."""
    shares = case.shares("val")

    def is_one_class(row: dict) -> bool:
        if "val_top_class" not in row:
            return False
        others = 1 - shares[row["val_top_class"]]
        return others > 0 and 1 - row["val_top_share"] < OTHERS_FOUND * others

    since = start_of_last(case.rows, is_one_class, max(3, case.epochs_to_judge))
    if since is None and case.stands("one_class") and not case.beats_guessing(case.rows[-3:]):
        since = max(0, len(case.rows) - 1)
    if since is None or stuck(case) or "val_top_class" not in case.last:
        return None
    rows, last = case.rows[since:], case.last
    name, share = case.class_names[last["val_top_class"]], shares[last["val_top_class"]]
    evidence = (
        f"{in_epochs(rows)} {at_least(min(row['val_top_share'] for row in rows))} validation photos got the same answer, in epoch {last['epoch']} {name}; "
        f"{percent(share)} of them are. Always saying {name} earns that accuracy, and the network has {percent(last['val_accuracy'])}."
    )
    train = case.shares("train")
    top = max(range(len(train)), key=train.__getitem__)
    if train[top] > UNBALANCED_SHARE and not case.config.training.class_weights:
        advice = (
            f"{percent(train[top], 0)} of the training photos are {case.class_names[top]}, so always answering that is right most of the time, and learning "
            "more hardly pays. On the Training page switch on “Balance classes”, or add photos of the other classes on the Photos page."
        )
        return Suggestion(
            "one_class",
            LEARNS_NOTHING,
            f"Everything is called {name}",
            evidence,
            advice,
            (("training.class_weights", True),),
            case.since("one_class", rows[0]["epoch"]),
        )
    advice, changes = way_out(case)
    return Suggestion(
        "one_class",
        LEARNS_NOTHING,
        f"Everything is called {name}",
        evidence,
        "The network has not found anything in the photos that tells the classes apart. " + advice,
        changes,
        rows[0]["epoch"],
    )


DEAD_SHARE = 0.5  # of a layer's units
NEARLY_ALL = 0.9  # what is left of the layer passes on too little
FEW_PHOTOS = 50  # fewer cannot tell a dead unit from a choosy one


def dead_units(case: Case) -> Suggestion | None:
    """Units that are 0 for every photo: they pass nothing on and get no correction, so most stay so for good."""
    widths = _widths(case.config)

    def worst(row: dict) -> float:
        return max((count / widths[name] for name, count in row.get("dead_units", {}).items()), default=0.0)

    limit = DEAD_SHARE * (0.8 if case.stands("dead_units") else 1)
    since = start_of_last(case.rows, lambda row: worst(row) >= limit)
    if since is None or case.num_val < FEW_PHOTOS:
        return None
    last, first = case.last, case.rows[since]
    layers = [
        (name, count, widths[name]) for name, count in last["dead_units"].items() if count / widths[name] >= limit
    ]
    parts = [f"{count:,} of {width:,} in {_layer(name)} ({percent(count / width, 0)})" for name, count, width in layers]
    whole = any(count == width for _, count, width in layers)
    training = case.config.training
    lower = lower_rate(training.optimizer, training.learning_rate)
    learns_nothing = worst(last) >= NEARLY_ALL and case.skill(case.means("val_accuracy")) < 0.1
    advice = (
        "A ReLU unit that is 0 for every photo passes nothing on and is never corrected, so it hardly ever comes back. "
        + ("One layer is silent altogether: no photo can reach the answer any more. " if whole else "")
        + "Usual causes are a learning rate that is too high and numbers that drift without normalisation. "
    )
    changes: tuple = (("training.learning_rate", lower),)
    if case.is_normalized:
        advice += f"On the Training page lower the learning rate from {training.learning_rate:g} to {lower:g}."
    else:
        advice += f"On the Training page lower the learning rate from {training.learning_rate:g} to {lower:g}; on the Network page set the normalisation to batch."
        changes += all_layers(case, "normalization", "batch")
    return Suggestion(
        "dead_units",
        LEARNS_NOTHING if learns_nothing else NOTE,
        "Dead ReLUs: units that never answer",
        f"Over all {case.num_val:,} validation photos of epoch {last['epoch']} these units were always 0: {'; '.join(parts)}. It has been so since epoch {first['epoch']}.",
        advice,
        changes,
        first["epoch"],
    )


def _widths(config: ExperimentConfig) -> dict[str, int]:
    """Units of each hidden layer by the layer's name: filters of a convolution, units of a dense layer."""
    network = config.network
    widths = {f"conv{i + 1}": block.filters for i, block in enumerate(network.blocks)}
    return widths | {f"dense{i + 1}": block.units for i, block in enumerate(network.dense)}


def _layer(name: str) -> str:
    return name.replace("conv", "convolution ").replace("dense", "dense layer ")
