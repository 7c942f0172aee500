"""Rules about how well what is learned holds for other photos: too little, by heart, or from photos changed too much."""

import math

from core import config as configs
from core.advice.capacity import PARAMETERS_PER_PHOTO
from core.advice.diagnosis.case import MIN_STEPS, Case, half_interval, longer, mean, start_of_last
from core.advice.diagnosis.words import in_epochs, percent, percents
from core.advice.suggestion import LEARNS_NOTHING, NOTE, WARNING, Suggestion
from core.errors import AppError
from core.network.plan import plan
from core.network.presets import MODERN
from core.runs.evaluation import wilson_interval

GAP = 0.1  # of accuracy, training above validation
NEAR_GUESSING = 0.15  # of what there is to learn beyond guessing
FEW_STEPS = 15  # validation is often wild before that
RISE = 0.05  # nats, validation loss above its lowest


def overfitting(case: Case) -> Suggestion | None:
    """Training goes on improving while validation does not: the network learns the training photos by heart."""
    rows = case.rows
    lowest = min(range(len(rows)), key=lambda index: rows[index]["val_loss"])
    best, rise = rows[lowest], case.means("val_loss") - rows[lowest]["val_loss"]
    gap = case.means("accuracy") - case.means("val_accuracy")
    is_rising = (
        len(rows) - lowest > 3 and rise > RISE + 0.05 * best["val_loss"] and case.last["loss"] < best["loss"] - RISE
    )
    doubt = case.gap_doubt
    has_gap = len(rows) >= 5 and case.num_steps >= FEW_STEPS and gap > GAP + doubt
    if case.stands("overfitting") or case.stands("labels"):  # lifted once the gap has plainly closed
        has_gap = gap > GAP / 2
    if not has_gap and not (is_rising and gap > GAP / 2 + doubt):
        return None
    if _holds_for_no_other(case):
        return _labels(case)
    if is_rising:
        since, story = (
            best["epoch"] + 1,
            (
                f"Validation loss was lowest in epoch {best['epoch']} ({best['val_loss']:.3f}) and has risen to {case.means('val_loss'):.3f} "
                f"(last 3 epochs), while training loss fell from {best['loss']:.3f} to {case.last['loss']:.3f}. "
            ),
        )
    else:
        since = next((row["epoch"] for row in rows if row["accuracy"] - row["val_accuracy"] > GAP), case.last["epoch"])
        story = ""
    story += (
        f"Over the last {min(3, len(rows))} epochs accuracy was {percent(case.means('accuracy'))} on the training photos and "
        f"{percent(case.means('val_accuracy'))} on the validation photos."
    )
    since = case.since("overfitting", since)
    advice, changes = _against_overfitting(case)
    return Suggestion("overfitting", WARNING, f"Overfitting from epoch {since}", story, advice, changes, since)


def _holds_for_no_other(case: Case) -> bool:
    """Whether there are photos enough to say that even the best epoch is near guessing on those that it does not learn from."""
    best = max(row["val_accuracy"] for row in case.rows)
    if case.stands("labels"):
        return case.skill(best - case.half_width(best)) <= NEAR_GUESSING / 2
    return case.num_steps >= MIN_STEPS and case.skill(best + case.half_width(best)) < NEAR_GUESSING


def _labels(case: Case) -> Suggestion:
    """Learns its training photos, and nothing of it holds for others."""
    values = [row["val_accuracy"] for row in case.rows]
    return Suggestion(
        "labels",
        WARNING,
        "What it learns holds for no other photo",
        f"Over the last {min(3, len(case.rows))} epochs training accuracy was {percent(case.means('accuracy'))}, yet validation accuracy never left the reach of "
        f"guessing ({percents(values)}; guessing earns {percent(case.guessing_accuracy)}, chance ± {100 * case.half_width(0.5):.1f} points).",
        "The network learns these photos by heart because nothing in them goes with their class. Look at the training photos on the Photos page: "
        "are the folders' names right, and does each hold its own class? If they are right, there are too few of them.",
        (),
        case.rows[0]["epoch"],
    )


def _against_overfitting(case: Case) -> tuple[str, tuple]:
    config = case.config
    advice = "It learns the training photos by heart instead of what makes a class. The epoch that is kept is the best one, so nothing is lost, but later epochs are wasted. "
    augment = config.augment
    if not (augment.horizontal_flip and augment.zoom_in_fraction >= 0.2 and augment.crop_anywhere):
        changes = tuple(
            (path, value)
            for path, value, has in (
                ("augment.horizontal_flip", True, augment.horizontal_flip),
                ("augment.zoom_in_fraction", 0.3, augment.zoom_in_fraction >= 0.2),
                ("augment.crop_anywhere", True, augment.crop_anywhere),
            )
            if not has
        )
        words = ", ".join(f"“{configs.setting(path).label}”" for path, _ in changes)
        return (
            f"{advice}On the Augmentation page switch on {words}, so that no photo comes twice the same; more photos help most.",
            changes,
        )
    dense = config.network.dense
    if dense and max(block.dropout_rate for block in dense) < 0.3:
        changes = tuple((f"network.dense.{i}.dropout_rate", 0.5) for i in range(len(dense)))
        return (
            f"{advice}On the Network page set the dropout of the dense layers to 0.5; more photos help most.",
            changes,
        )
    decay = min(1.0, max(0.05, 2 * config.training.weight_decay))
    return (
        f"{advice}On the Training page raise the weight decay to {decay:g}; more photos help most.",
        (("training.weight_decay", decay),),
    )


LOW_SKILL = 0.6  # 80 % with two classes
MOST_FILTERS = 512
FLAT = 0.023  # nats of training loss, over a third of the epochs


def underfitting(case: Case) -> Suggestion | None:
    """Has stopped improving on the very photos it learns from, and still gets many of them wrong."""
    rows = case.rows
    third = len(rows) // 3
    if third < 3 or not case.is_settled or case.num_steps < 3 * MIN_STEPS:
        return None
    late, before = rows[-third:], rows[-2 * third : -third]
    train, val = mean([row["accuracy"] for row in late]), mean([row["val_accuracy"] for row in late])
    gain = mean([row["loss"] for row in before]) - mean([row["loss"] for row in late])
    doubt = math.hypot(case.loss_doubt, case.loss_doubt) / math.sqrt(third)
    skill = case.skill(max(train, val) + (0 if case.stands("underfitting") else half_interval(train, case.num_train)))
    most = FLAT * (2 if case.stands("underfitting") else 1)
    if skill > LOW_SKILL or gain + doubt > most or train - val > GAP / 2 or not case.beats_guessing(late):
        return None
    network = case.config.network
    changes: tuple = tuple(
        (f"network.blocks.{i}.filters", 2 * block.filters)
        for i, block in enumerate(network.blocks)
        if block.filters <= MOST_FILTERS / 2
    )
    advice = (
        "The network is too small, or its run too short, for what there is to see. On the Network page give the convolutions more filters, "
        "or on the Training page more epochs; with a schedule that ends at zero, more epochs also mean larger steps for longer."
    )
    if not changes or _is_fed_too_little(case, changes):
        changes = (longer(case, 2 * max(case.history.num_epochs, case.config.training.epochs)),)
        advice = (
            "It has parameters enough for this many photos, so a larger network would not help. On the Training page give it more epochs; "
            "with a schedule that ends at zero, that also means larger steps for longer. More photos on the Photos page help most."
        )
    return Suggestion(
        "underfitting",
        NOTE,
        "Underfitting: it does not even learn its own photos",
        f"{in_epochs(late)} accuracy was {percent(train)} on the training photos and {percent(val)} on the validation photos; training loss had come down by "
        f"only {max(gain, 0):.3f} against epochs {before[0]['epoch']} to {before[-1]['epoch']}.",
        advice,
        changes,
        case.since("underfitting", late[0]["epoch"]),
    )


def _is_fed_too_little(case: Case, changes: tuple) -> bool:
    """Whether the larger network would have more parameters than the Network page calls enough for these photos."""
    larger = case.config
    try:
        for path, value in changes:
            larger = configs.put(larger, path, value)
        return plan(larger.network, case.num_classes).parameters > PARAMETERS_PER_PHOTO * case.num_train
    except AppError:
        return True


# Beyond these, pets no longer look like pets. The limits lie above the strongest augmentation of our presets.
STRONG = {
    "shear_degrees": 25.0,
    "zoom_in_fraction": 0.75,
    "zoom_out_fraction": 0.5,
    "aspect_fraction": 0.5,
    "rotation_degrees": 45.0,
    "width_shift_fraction": 0.4,
    "height_shift_fraction": 0.4,
    "brightness_fraction": 0.5,
    "contrast_fraction": 0.6,
    "channel_gain_fraction": 0.5,
    "channel_shift": 60.0,
    "gray_probability": 0.6,
}
BELOW = 0.04  # of accuracy, training below validation


def augmentation_too_strong(case: Case) -> Suggestion | None:
    """Training stays below validation, and some augmentation goes beyond what photos can look like."""
    rows, augment = case.rows, case.config.augment
    strong = [name for name, limit in STRONG.items() if getattr(augment, name) > limit]
    if augment.erase_probability * augment.erase_fraction > 0.4:
        strong.append("erase_fraction")
    since = start_of_last(rows, lambda row: row["accuracy"] < row["val_accuracy"], at_least=5)
    is_raised = case.stands("augmentation_too_strong")  # until training has caught up
    if is_raised:
        since = max(0, len(rows) - 5) if since is None else since
    if not strong or (since is None and not case.is_at_chance):
        return None
    num = min(5, len(rows))
    train, val = case.means("accuracy", num), case.means("val_accuracy", num)
    at_chance = case.is_at_chance
    start = 0 if at_chance or since is None else since
    below = 0 if is_raised else BELOW
    if not at_chance and (val - train < below or case.skill(train) > LOW_SKILL):
        return None
    changes = tuple((f"augment.{name}", MODERN.overlay["augment"].get(name, 0.0)) for name in strong)
    words = ", ".join(f"“{configs.setting(f'augment.{name}').label}” ({getattr(augment, name):g})" for name in strong)
    if at_chance:
        evidence = f"After {len(rows)} epochs accuracy is {percent(train)} on the training photos and {percent(val)} on the validation photos: no better than guessing."
        story = (
            "Training photos are changed beyond what any photo looks like, and nothing is left in them to learn from. "
        )
    else:
        evidence = f"{in_epochs(rows[start:])} training accuracy stayed below validation accuracy; over the last {num} it was {percent(train)} against {percent(val)}."
        story = (
            "Some of that is usual, since training photos are the harder ones. But here they are changed beyond what any photo looks like, and the "
            "network spends its epochs on those. "
        )
    return Suggestion(
        "augmentation_too_strong",
        LEARNS_NOTHING if at_chance else WARNING,
        "The augmentation is too strong",
        evidence,
        f"{story}On the Augmentation page lower {words}; the preview there shows what the network sees.",
        changes,
        rows[start]["epoch"],
    )


WIDE = 0.05  # half of the 95 % interval


def validation_too_small(case: Case) -> Suggestion | None:
    """The epochs differ by less than the validation photos can tell, so which is best is luck."""
    rows = case.rows[len(case.rows) // 2 :]
    values = [row["val_accuracy"] for row in rows]
    best = case.kept
    low, high = wilson_interval(round(best["val_accuracy"] * case.num_val), case.num_val)
    width, spread = high - low, max(values) - min(values)
    if case.stands("validation_too_small"):
        is_luck = width / 2 > 0.9 * WIDE and spread < 1.5 * width
    else:
        is_luck = len(rows) >= 2 and width / 2 >= WIDE and spread <= width
    if not is_luck:
        return None
    return Suggestion(
        "validation_too_small",
        WARNING,
        "Too few validation photos to choose an epoch",
        f"With {case.num_val:,} validation photos the {percent(best['val_accuracy'])} of epoch {best['epoch']} means anything from {percent(low)} to {percent(high)} "
        f"(95 % interval). {in_epochs(rows)} validation accuracy lay between {percents(values)}: differences that chance makes too.",
        "Which epoch is best, or which of two runs, cannot be told from so few photos. On the Photos page give validation more of them; "
        f"at this accuracy 1,000 photos would be good to ± {100 * half_interval(best['val_accuracy'], 1000):.1f} points.",
        (),
        rows[0]["epoch"],
    )
