"""What a run's curve says, in words: each finding with its evidence, its meaning and the knob to turn. No TensorFlow.

``diagnose`` is a function of the history alone, so a page may ask at every poll. It reads the history as it came, epoch by
epoch: a finding is raised by evidence beyond noise (intervals from the number of photos and steps; no verdict while pictures
still grow or the learning rate has yet to come down), and then stands until there is evidence against it. Of two findings
that contradict one another the graver stands, and of two alike the one that stood first.

Training and validation figures are not measured alike, and the rules allow for it. Training figures are averages over
an epoch in which the network was still changing, on augmented and perhaps blended photos, with dropout, before weights
are averaged. All of that lowers them. So training below validation is usual in a healthy run and never a finding by
itself; training far above validation is always one.
"""

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

from core import config as configs
from core.advice.capacity import PARAMETERS_PER_PHOTO
from core.config import ExperimentConfig
from core.errors import AppError
from core.network.plan import plan
from core.network.presets import MODERN
from core.runs.ends import NOT_A_NUMBER, code_of
from core.runs.evaluation import Score, wilson_interval
from core.runs.history import History
from core.runs.store import Run
from core.runs.trust import score_of_epoch
from core.training.recipe.schedule import training_sizes

# Rates at which these optimizers usually learn: Keras' defaults, and what AlexNet used for SGD.
USUAL_RATE = {"adam": 0.001, "adamw": 0.001, "rmsprop": 0.001, "sgd": 0.01}

LEARNS_NOTHING, WARNING, NOTE = "learns nothing", "warning", "note"


@dataclass(frozen=True)
class Finding:
    """One thing that a curve says.

    Args:
        kind: which rule, for programs: stuck, one_class, dead_units, not_a_number, rate_too_high, rate_too_low, guessing,
            loss_above_guessing, overfitting, labels, underfitting, augmentation_too_strong, validation_too_small.
        severity: "learns nothing" (more epochs will not help), "warning" (the result suffers) or "note" (worth knowing).
        title: the finding in a few words.
        evidence: the numbers it rests on and the epochs they come from.
        advice: what it means, and which setting on which page to change.
        changes: (path, value) pairs for ``core.config.put`` that make the advice's first suggestion; may be empty.
        epoch: from which epoch it has been so, from 1; None where no epoch was finished.
    """

    kind: str
    severity: str
    title: str
    evidence: str
    advice: str
    changes: tuple[tuple[str, object], ...] = ()
    epoch: int | None = None


def diagnose_run(run: Run) -> list[Finding]:
    """``diagnose`` for a run on disk, at work or finished; epochs that were looked at before are not looked at again."""
    case = _Case(run.history, run.config, run.dataset["counts"], run.class_names)
    with _guard:
        findings = _go_on(case, _looked.get(run.folder))
        _looked[run.folder] = (len(case.rows), case.rows[-1] if case.rows else {}, findings)
        _looked.move_to_end(run.folder)
        while len(_looked) > MOST_LOOKED_AT:
            _looked.popitem(last=False)
    return _shown(case, findings)


MOST_LOOKED_AT = 256
_looked: OrderedDict[Path, tuple[int, dict, dict[str, "Finding"]]] = OrderedDict()
_guard = threading.Lock()


def diagnose(
    history: History, config: ExperimentConfig, counts: dict[str, dict[str, int]], class_names: Sequence[str]
) -> list[Finding]:
    """What can be said about a run so far, the gravest first; empty where nothing is wrong, or ``quiet`` says that it is too early.

    A run that learns nothing is not also called underfitted: what would follow from a graver finding is left out.

    Args:
        history: as far as it has come. Epochs of older versions, which hold no evidence beside the curve, are fine.
        config: of the run.
        counts: photos by split and class name, as in a run's dataset.json.
        class_names: in the order of class_index.
    """
    case = _Case(history, config, counts, tuple(class_names))
    return _shown(case, _go_on(case, None))


def seen_enough(history: History) -> bool:
    """Whether there were epochs and steps enough to say that nothing is strange."""
    num_epochs = len(history.epochs)
    return num_epochs >= FEWEST_EPOCHS and num_epochs * history.steps_per_epoch >= MIN_STEPS


def quiet(history: History) -> str:
    """What to say where there is no finding: that nothing is strange only where enough was seen to say it."""
    num_epochs, steps = len(history.epochs), history.steps_per_epoch
    if not num_epochs:
        return "Too early to say: no epoch is finished yet."
    if not seen_enough(history):
        return f"Too early to say: {num_epochs} {'epoch' if num_epochs == 1 else 'epochs'} of {steps} {'step' if steps == 1 else 'steps'}."
    return "Nothing strange in these curves so far."


def _go_on(case: "_Case", before: tuple[int, dict, dict[str, Finding]] | None) -> dict[str, Finding]:
    """The findings that stand after the last epoch, by kind: those after each epoch follow from those after the one before.

    Args:
        before: (epochs, the last of them, findings that stood then), where that is known of this very history.
    """
    if code_of(case.history) == NOT_A_NUMBER:
        return {"not_a_number": _not_a_number(case)}
    start, standing = 0, {}
    if before is not None and before[0] and before[0] < len(case.rows) and case.rows[before[0] - 1] == before[1]:
        start, _, standing = before
    for num_epochs in _looks(len(case.rows), start):
        standing = _judge(case.after(num_epochs, standing))
    return standing


def _looks(num_epochs: int, start: int) -> Iterator[int]:
    """After which epochs a history is looked at: each of the first hundred, every second of the next, every fourth of those after, and
    the last; so a run of 10,000 epochs is looked at some hundred times."""
    for number in range(start + 1, num_epochs + 1):
        if number == num_epochs or number % (1 << max(0, (number - 1).bit_length() - 6)) == 0:
            yield number


def _judge(case: "_Case") -> dict[str, Finding]:
    """What stands after an epoch, the gravest first, without contradictions."""
    rules = _RULES if len(case.rows) > 1 else (_guessing, _loss_above_guessing)
    found = [finding for rule in rules if (finding := rule(case))]
    found.sort(
        key=lambda finding: (
            _SEVERITIES.index(finding.severity),
            finding.kind == "loss_above_guessing",
            finding.kind not in case.standing,
        )
    )
    kept: list[Finding] = []
    for finding in found:
        if not any(_contradict(finding, other, case.config) for other in kept):
            kept.append(finding)
    return {finding.kind: finding for finding in kept}


def _shown(case: "_Case", findings: Mapping[str, Finding]) -> list[Finding]:
    """In the order of the rules; what would follow from a graver finding is left out."""
    shown = list(findings.values())
    if any(finding.severity == LEARNS_NOTHING for finding in shown):
        shown = [_beside_kept(case, finding) for finding in shown if finding.kind not in _FOLLOWS]
    return sorted(shown, key=lambda finding: (_rank(finding), _ORDER.index(finding.kind)))


def _beside_kept(case: "_Case", finding: Finding) -> Finding:
    """The last epochs are not the network that is kept: where that one is better, the finding says so."""
    if finding.severity != LEARNS_NOTHING or not case.rows or not case.beats_guessing([case.kept]):
        return finding
    kept = f" The network that is kept is that of epoch {case.kept['epoch']}, with {_percent(case.kept['val_accuracy'])} on validation, and better than guessing."
    return replace(finding, evidence=finding.evidence + kept)


def _rank(finding: Finding) -> int:
    """0 for the gravest. What nobody has shown to be better than guessing comes before advice on how to make it better."""
    severity = WARNING if finding.kind == "guessing" else finding.severity
    return _SEVERITIES.index(severity)


# What cannot be true, or be advised, together. The last group explains what "guessing" only states.
_CONTRADICTIONS = tuple(
    frozenset(pair.split())
    for pair in (
        "rate_too_high rate_too_low",
        "rate_too_high underfitting",
        "rate_too_low underfitting",
        "overfitting underfitting",
        "overfitting labels",
        "overfitting augmentation_too_strong",
        "labels underfitting",
        "labels augmentation_too_strong",
        "augmentation_too_strong underfitting",
        "loss_above_guessing overfitting",
        "loss_above_guessing labels",
        "loss_above_guessing guessing",
        "underfitting guessing",
        "stuck guessing",
        "one_class guessing",
        "rate_too_high guessing",
        "rate_too_low guessing",
        "labels guessing",
    )
)


_EXPLAINS_GUESSING = frozenset({"stuck", "one_class", "rate_too_high", "rate_too_low", "labels"})


def _contradict(one: Finding, other: Finding, config: ExperimentConfig) -> bool:
    """Whether two findings cannot stand together: by their kinds, or since one raises a setting that the other lowers."""
    if frozenset((one.kind, other.kind)) in _CONTRADICTIONS:
        return True
    directions = _directions(one, config)
    return any(directions.get(path, way) != way for path, way in _directions(other, config).items())


def _directions(finding: Finding, config: ExperimentConfig) -> dict[str, object]:
    """{path of a setting: what a finding does to it}: True raises a number, False lowers it, anything else is the value."""
    ways = {}
    for path, value in finding.changes:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        ways[path] = value > configs.get(config, path) if is_number else value
    return ways


@dataclass(frozen=True)
class _Case:
    """A history up to an epoch, with the figures that several rules look at.

    Args:
        num_epochs: how many epochs it is read up to; None for all.
        standing: the findings that stood an epoch earlier, by kind.
    """

    history: History
    config: ExperimentConfig
    counts: dict
    class_names: tuple[str, ...]
    num_epochs: int | None = None
    standing: Mapping[str, Finding] = field(default_factory=lambda: MappingProxyType({}))

    def after(self, num_epochs: int, standing: Mapping[str, Finding]) -> "_Case":
        return replace(self, num_epochs=num_epochs, standing=standing)

    @cached_property
    def rows(self) -> list[dict]:
        return list(self.history.epochs[: self.num_epochs])

    def stands(self, kind: str) -> bool:
        """Whether a finding is there already, so that it takes evidence against it to lift it."""
        return kind in self.standing

    def since(self, kind: str, epoch: int) -> int:
        """From which epoch a finding is so: what was said once stays."""
        return (self.standing[kind].epoch if self.stands(kind) else None) or epoch

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
        return max(1, sum(self.counts.get("train", {}).values()))

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
        planned = max(self.history.num_epochs, training.epochs, 1)
        return is_grown and (training.schedule == "constant" or len(self.rows) >= SETTLED * planned)

    def score(self, row: dict) -> Score | None:
        return score_of_epoch(row, self.class_names, self.counts)

    def beats_guessing(self, rows: Sequence[dict]) -> bool:
        """Whether the mean of some epochs is better than guessing by more than the validation photos leave to chance."""
        scores = [score for row in rows if (score := self.score(row)) is not None]
        if len(scores) == len(rows):
            right = [round(_mean(numbers)) for numbers in zip(*(score.right for score in scores), strict=True)]
            return replace(scores[0], right=tuple(right)).beats_guessing
        accuracy = _mean([row["val_accuracy"] for row in rows])
        return wilson_interval(round(accuracy * self.num_val), self.num_val)[0] > self.guessing_accuracy

    @property
    def last(self) -> dict:
        return self.rows[-1]

    @property
    def num_classes(self) -> int:
        return len(self.class_names)

    @cached_property
    def num_val(self) -> int:
        return sum(self.counts.get("val", {}).values())

    def shares(self, split: str) -> list[float]:
        """Share of each class among a split's photos, in the order of class_index."""
        numbers = [self.counts.get(split, {}).get(name, 0) for name in self.class_names]
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
        return _mean([row[name] for row in self.rows[-num_epochs:]])

    @property
    def gap_doubt(self) -> float:
        """Half of the 95 % interval of training accuracy less validation accuracy, as far as the numbers of photos tell."""
        train = _half_interval(self.means("accuracy"), self.num_train)
        return math.hypot(train, _half_width(self, self.means("val_accuracy")))

    @cached_property
    def epochs_to_judge(self) -> int:
        """Epochs in which enough steps were made to say that nothing happens."""
        return max(2, math.ceil(MIN_STEPS / max(1, self.history.steps_per_epoch)))

    @cached_property
    def is_normalized(self) -> bool:
        return all(block.normalization == "batch" for block in self.config.network.blocks)


# --- why nothing is learned ------------------------------------------------------------------------------

FEWEST_EPOCHS = 3
LOSS_SPREAD = 0.5  # nats, of the loss from photo to photo while a network learns
SETTLED = 0.7  # of the epochs: by then a cosine has come down to a fifth
MIN_STEPS = 100  # before that, a network that still answers all photos alike may just not have begun
STUCK_MARGIN = 0.004  # nats around the loss of guessing; chance moves an epoch's mean by less
STUCK_SPREAD = 0.002  # of probabilities over the photos
SAME_SPREAD = 0.001  # one answer for all photos
SWINGING_MARGIN = 0.05  # nats; at a high rate that one answer swings around even chances, which costs a little more


def _not_a_number(case: _Case) -> Finding:
    """The loss became NaN or infinite: the run stopped itself and says between which steps."""
    message = case.history.message
    training = case.config.training
    lower = _lower_rate(training.optimizer, training.learning_rate)
    advice = (
        "A step was so large that the weights left the range of numbers a computer holds; nothing can be learned after that. "
        f"On the Training page lower the learning rate from {training.learning_rate:g} to {lower:g}, or set a gradient clip of 1."
    )
    if case.config.network.rescaling == "none":
        advice += " On the Network page, rescaling to small numbers around zero helps too: pixels from 0 to 255 make large steps."
    return Finding(
        "not_a_number",
        LEARNS_NOTHING,
        "The loss is no longer a number",
        message.split(". ")[0].rstrip(".") + ".",
        advice,
        (("training.learning_rate", lower),),
        len(case.rows) or None,
    )


def _stuck(case: _Case) -> Finding | None:
    """The loss stays at that of guessing, and all photos get about the same answer."""
    since = _since(case.rows, lambda row: _is_guessing(row, case), case.epochs_to_judge)
    if since is None or _is_slow(case) or max(case.shares("train"), default=0) > UNBALANCED_SHARE:
        return None
    rows = case.rows[since:]
    evidence = (
        f"{_epochs(rows)} training loss was {_range([row['loss'] for row in rows], '.4f')} and validation loss "
        f"{_range([row['val_loss'] for row in rows], '.4f')}. Guessing costs ln {case.num_classes} = {math.log(case.num_classes):.4f}."
    )
    if "val_spread" in case.last:
        name = case.class_names[case.last["val_top_class"]]
        evidence += (
            f" In epoch {case.last['epoch']} it called {_percent(case.last['val_top_share'], 0)} of the validation photos {name}, "
            f"and its sureness differed from photo to photo by {_points(case.last['val_spread'])}."
        )
    advice, changes = _way_out(case)
    return Finding(
        "stuck",
        LEARNS_NOTHING,
        f"Stuck at ln {case.num_classes}: the network guesses",
        evidence,
        "It gives the same answer whatever it is shown, and more epochs rarely change that. " + advice,
        changes,
        rows[0]["epoch"],
    )


def _is_guessing(row: dict, case: _Case) -> bool:
    """Neither better than guessing nor much worse, and no photo's answer differs from another's."""
    spread = row.get("val_spread", STUCK_SPREAD / 2)  # older runs do not say
    above = SWINGING_MARGIN if spread < SAME_SPREAD else STUCK_MARGIN
    over = (row["loss"] - case.guessing_loss, row["val_loss"] - case.guessing_val_loss)
    return spread < STUCK_SPREAD and all(-STUCK_MARGIN < nats < above for nats in over)


def _way_out(case: _Case) -> tuple[str, tuple]:
    """(advice, changes) for a network in which the photo is lost on the way to the answer; the likeliest cause first."""
    training, network = case.config.training, case.config.network
    lower = _lower_rate(training.optimizer, training.learning_rate)
    if training.learning_rate >= 5 * USUAL_RATE[training.optimizer]:
        return (
            f"The learning rate ({training.learning_rate:g}) is high for {training.optimizer}: one bad step can silence a network for good. "
            f"On the Training page lower it to {lower:g}."
        ), (("training.learning_rate", lower),)
    flat = [i for i, block in enumerate(network.blocks) if block.activation in ("sigmoid", "tanh")]
    if flat and not case.is_normalized:
        return (
            f"{network.blocks[flat[0]].activation.capitalize()} passes on only a small part of the correction, and layer after layer little is left. "
            "On the Network page choose the activation relu, and the normalisation batch, in every layer."
        ), _all_layers(case, "activation", "relu") + _all_layers(case, "normalization", "batch")
    if not case.is_normalized:
        changes = _all_layers(case, "normalization", "batch")
        advice = (
            "Without normalisation the numbers shrink or grow from layer to layer until nothing of the photo is left in the answer. "
            "On the Network page set the normalisation of every layer to batch"
        )
        if network.initializer != "he_normal":
            advice, changes = (
                advice + " and the initialiser to he_normal",
                changes + (("network.initializer", "he_normal"),),
            )
        return f"{advice}; a learning rate of {lower:g} on the Training page is the other thing to try.", changes
    return (
        f"On the Training page try a learning rate of {lower:g}. If that changes nothing, look at the photos: "
        "are they in the folders of their own class?"
    ), (("training.learning_rate", lower),)


def _all_layers(case: _Case, name: str, value) -> tuple[tuple[str, object], ...]:
    """Changes that set one field of every convolution and hidden dense layer where it is different."""
    network = case.config.network
    parts = [(f"network.blocks.{i}.{name}", block) for i, block in enumerate(network.blocks)]
    parts += [(f"network.dense.{i}.{name}", block) for i, block in enumerate(network.dense)]
    return tuple((path, value) for path, block in parts if getattr(block, name) != value)


UNBALANCED_SHARE = 0.7  # of the training photos in one class
OTHERS_FOUND = 0.05  # of the photos of other classes: fewer are as good as none


def _one_class(case: _Case) -> Finding | None:
    """Nearly every validation photo is called the same, though there are others among them."""
    shares = case.shares("val")

    def is_one_class(row: dict) -> bool:
        if "val_top_class" not in row:
            return False
        others = 1 - shares[row["val_top_class"]]
        return others > 0 and 1 - row["val_top_share"] < OTHERS_FOUND * others

    since = _since(case.rows, is_one_class, max(3, case.epochs_to_judge))
    if since is None and case.stands("one_class") and not case.beats_guessing(case.rows[-3:]):
        since = max(0, len(case.rows) - 1)
    if since is None or _stuck(case) or "val_top_class" not in case.last:
        return None
    rows, last = case.rows[since:], case.last
    name, share = case.class_names[last["val_top_class"]], shares[last["val_top_class"]]
    evidence = (
        f"{_epochs(rows)} {_at_least(min(row['val_top_share'] for row in rows))} validation photos got the same answer, in epoch {last['epoch']} {name}; "
        f"{_percent(share)} of them are. Always saying {name} earns that accuracy, and the network has {_percent(last['val_accuracy'])}."
    )
    train = case.shares("train")
    top = max(range(len(train)), key=train.__getitem__)
    if train[top] > UNBALANCED_SHARE and not case.config.training.class_weights:
        advice = (
            f"{_percent(train[top], 0)} of the training photos are {case.class_names[top]}, so always answering that is right most of the time, and learning "
            "more hardly pays. On the Training page switch on “Balance classes”, or add photos of the other classes on the Photos page."
        )
        return Finding(
            "one_class",
            LEARNS_NOTHING,
            f"Everything is called {name}",
            evidence,
            advice,
            (("training.class_weights", True),),
            case.since("one_class", rows[0]["epoch"]),
        )
    advice, changes = _way_out(case)
    return Finding(
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


def _dead_units(case: _Case) -> Finding | None:
    """Units that are 0 for every photo: they pass nothing on and get no correction, so most stay so for good."""
    widths = _widths(case.config)

    def worst(row: dict) -> float:
        return max((count / widths[name] for name, count in row.get("dead_units", {}).items()), default=0.0)

    limit = DEAD_SHARE * (0.8 if case.stands("dead_units") else 1)
    since = _since(case.rows, lambda row: worst(row) >= limit)
    if since is None or case.num_val < FEW_PHOTOS:
        return None
    last, first = case.last, case.rows[since]
    layers = [
        (name, count, widths[name]) for name, count in last["dead_units"].items() if count / widths[name] >= limit
    ]
    parts = [
        f"{count:,} of {width:,} in {_layer(name)} ({_percent(count / width, 0)})" for name, count, width in layers
    ]
    whole = any(count == width for _, count, width in layers)
    training = case.config.training
    lower = _lower_rate(training.optimizer, training.learning_rate)
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
        changes += _all_layers(case, "normalization", "batch")
    return Finding(
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


WORSE_THAN_GUESSING = 0.15  # nats
WILD_STEPS = 60  # first steps, and those after pictures have grown, may be wild; after so many it is the rate
WILD_START = 0.1  # nats above guessing, over the whole first epoch; a fault only where one answer is all that is left
LEARNED = 0.05  # nats below guessing: by then it had learned something
WILD_STEP = 0.05  # of the weights' size, in one step


def _rate_too_high(case: _Case) -> Finding | None:
    """Training loss above that of guessing, or thrown back to it, or steps that replace the weights instead of improving them."""
    rows, limit = case.rows, case.guessing_loss
    training = case.config.training
    lower = _lower_rate(training.optimizer, training.learning_rate)
    advice = (
        "Each step overshoots what it aims at, so the network jumps about instead of settling. "
        f"On the Training page lower the learning rate from {training.learning_rate:g} to {lower:g}"
        + ("." if training.gradient_clip else ", or set a gradient clip of 1.")
    )
    enough = max(2, math.ceil(WILD_STEPS / max(1, case.history.steps_per_epoch)))
    since = _since(rows, lambda row: row["loss"] > limit + max(WORSE_THAN_GUESSING, 2 * case.loss_doubt), enough)
    same = case.at_this_size
    best = min(_smooth(same[:-1]) or same, key=lambda row: row["loss"])
    severity = LEARNS_NOTHING
    if since is not None:
        evidence = (
            f"{_epochs(rows[since:])} training loss was {_range([row['loss'] for row in rows[since:]], '.2f')}, "
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
        since := _since(rows, lambda row: row["loss"] > limit - STUCK_MARGIN, enough)
    ):
        evidence = f"Training loss had come down to {best['loss']:.3f} in epoch {best['epoch']}. {_epochs(rows[since:])} it was back at guessing ({case.last['loss']:.3f})."
    else:
        since = _since(rows, lambda row: row.get("step_fraction", 0.0) > WILD_STEP, enough)
        if since is None or case.last["loss"] < limit - LEARNED:
            return _still_too_high(case)
        steps = [row["step_fraction"] for row in rows[since:]]
        evidence = f"{_epochs(rows[since:])} one step moved the weights by {_range([100 * s for s in steps], '.2g')} % of their size; about 0.1 % to 1 % is usual."
        severity = WARNING
    return Finding(
        "rate_too_high",
        severity,
        "The learning rate is too high",
        evidence,
        advice,
        (("training.learning_rate", lower),),
        case.since("rate_too_high", rows[since]["epoch"]),
    )


def _still_too_high(case: _Case) -> Finding | None:
    """What was said of the rate stands until the training loss lies below that of guessing, for three epochs and beyond chance."""
    if not case.stands("rate_too_high") or case.means("loss") < case.guessing_loss - STUCK_MARGIN - case.loss_doubt:
        return None
    return case.standing["rate_too_high"]


def _smooth(rows: Sequence[dict]) -> list[dict]:
    """Each epoch with the loss averaged over it and the one before, so that one lucky epoch counts for little."""
    return [after | {"loss": (before["loss"] + after["loss"]) / 2} for before, after in pairwise(rows)]


def _says_nothing(case: _Case) -> bool:
    """One answer is all that is left, and it is no better than guessing."""
    last = case.last
    return last["loss"] > case.guessing_loss - STUCK_MARGIN and last.get("val_spread", 1.0) < STUCK_SPREAD


def _wild_rate(case: _Case) -> float:
    """How many times the usual rate, where that is many and nothing is learned; else 0."""
    training = case.config.training
    times = training.learning_rate / USUAL_RATE[training.optimizer]
    return times if times >= 5 and _says_nothing(case) else 0


SLOW_STEP = 3e-5  # of the weights' size
GOOD_STEP = 3e-3


def _is_slow(case: _Case) -> bool:
    """Steps are tiny and the rate is what makes them so: it stands far below what is usual."""
    training = case.config.training
    if training.learning_rate > USUAL_RATE[training.optimizer] / 5:
        return False
    steps = [row["step_fraction"] for row in case.rows if "step_fraction" in row]
    return bool(steps) and max(steps) < SLOW_STEP


def _rate_too_low(case: _Case) -> Finding | None:
    """Steps so small that the run ends before the network has changed."""
    rows, training = case.rows, case.config.training
    if not _is_slow(case) or case.skill(max(row["val_accuracy"] for row in rows)) > 0.8:
        return None
    step = max(row["step_fraction"] for row in rows)
    usual = USUAL_RATE[training.optimizer]
    raised = _one_digit(min(usual, training.learning_rate * GOOD_STEP / max(step, 1e-12)))
    return Finding(
        "rate_too_low",
        WARNING,
        "The learning rate is too low",
        f"{_epochs(rows)} one step moved the weights by at most {100 * step:.1g} % of their size; about 0.1 % is usual. "
        f"Training loss went from {rows[0]['loss']:.4f} to {rows[-1]['loss']:.4f}.",
        f"The network goes the right way in steps too small to get there. On the Training page raise the learning rate from "
        f"{training.learning_rate:g} to {raised:g}.",
        (("training.learning_rate", raised),),
        rows[0]["epoch"],
    )


# --- how well it learns ----------------------------------------------------------------------------------

GAP = 0.1  # of accuracy, training above validation
NEAR_GUESSING = 0.15  # of what there is to learn beyond guessing
FEW_STEPS = 15  # validation is often wild before that
RISE = 0.05  # nats, validation loss above its lowest


def _overfitting(case: _Case) -> Finding | None:
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
        f"Over the last {min(3, len(rows))} epochs accuracy was {_percent(case.means('accuracy'))} on the training photos and "
        f"{_percent(case.means('val_accuracy'))} on the validation photos."
    )
    since = case.since("overfitting", since)
    advice, changes = _against_overfitting(case)
    return Finding("overfitting", WARNING, f"Overfitting from epoch {since}", story, advice, changes, since)


def _holds_for_no_other(case: _Case) -> bool:
    """Whether there are photos enough to say that even the best epoch is near guessing on those that it does not learn from."""
    best = max(row["val_accuracy"] for row in case.rows)
    if case.stands("labels"):
        return case.skill(best - _half_width(case, best)) <= NEAR_GUESSING / 2
    return case.num_steps >= MIN_STEPS and case.skill(best + _half_width(case, best)) < NEAR_GUESSING


def _labels(case: _Case) -> Finding:
    """Learns its training photos, and nothing of it holds for others."""
    values = [row["val_accuracy"] for row in case.rows]
    return Finding(
        "labels",
        WARNING,
        "What it learns holds for no other photo",
        f"Over the last {min(3, len(case.rows))} epochs training accuracy was {_percent(case.means('accuracy'))}, yet validation accuracy never left the reach of "
        f"guessing ({_percents(values)}; guessing earns {_percent(case.guessing_accuracy)}, chance ± {100 * _half_width(case, 0.5):.1f} points).",
        "The network learns these photos by heart because nothing in them goes with their class. Look at the training photos on the Photos page: "
        "are the folders' names right, and does each hold its own class? If they are right, there are too few of them.",
        (),
        case.rows[0]["epoch"],
    )


def _against_overfitting(case: _Case) -> tuple[str, tuple]:
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


def _is_at_chance(case: _Case) -> bool:
    """Five epochs or more, and neither training nor validation accuracy is above what guessing earns by chance."""
    rows = case.rows[-5:]
    if len(case.rows) < max(5, 2 * case.epochs_to_judge):
        return False
    if case.last["loss"] < case.guessing_loss - STUCK_MARGIN / 2 and not case.stands("stuck"):
        return False  # it has begun to learn its own photos
    train = _mean([row["accuracy"] for row in rows]) - case.best_guess("train")
    val = _mean([row["val_accuracy"] for row in rows]) - case.guessing_accuracy
    return train < 0.02 and val < _half_width(case, case.guessing_accuracy)


def _no_better_than_guessing(case: _Case) -> Finding | None:
    """At chance for whatever reason, where no other rule says why."""
    if not _is_at_chance(case) or _is_slow(case) or _augmentation_too_strong(case):
        return None
    train, val = case.means("accuracy", 5), case.means("val_accuracy", 5)
    advice, changes = _way_out(case)
    return Finding(
        "stuck",
        LEARNS_NOTHING,
        "No better than guessing",
        f"{_epochs(case.rows[-5:])} accuracy was {_percent(train)} on the training photos and {_percent(val)} on the validation photos; "
        f"guessing earns {_percent(case.guessing_accuracy)}.",
        "It answers differently from photo to photo, but not by what is in them. " + advice,
        changes,
        case.rows[-5]["epoch"],
    )


def _underfitting(case: _Case) -> Finding | None:
    """Has stopped improving on the very photos it learns from, and still gets many of them wrong."""
    rows = case.rows
    third = len(rows) // 3
    if third < 3 or not case.is_settled or case.num_steps < 3 * MIN_STEPS:
        return None
    late, before = rows[-third:], rows[-2 * third : -third]
    train, val = _mean([row["accuracy"] for row in late]), _mean([row["val_accuracy"] for row in late])
    gain = _mean([row["loss"] for row in before]) - _mean([row["loss"] for row in late])
    doubt = math.hypot(case.loss_doubt, case.loss_doubt) / math.sqrt(third)
    skill = case.skill(max(train, val) + (0 if case.stands("underfitting") else _half_interval(train, case.num_train)))
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
        changes = (("training.epochs", 2 * max(case.history.num_epochs, case.config.training.epochs)),)
        advice = (
            "It has parameters enough for this many photos, so a larger network would not help. On the Training page give it more epochs; "
            "with a schedule that ends at zero, that also means larger steps for longer. More photos on the Photos page help most."
        )
    return Finding(
        "underfitting",
        NOTE,
        "Underfitting: it does not even learn its own photos",
        f"{_epochs(late)} accuracy was {_percent(train)} on the training photos and {_percent(val)} on the validation photos; training loss had come down by "
        f"only {max(gain, 0):.3f} against epochs {before[0]['epoch']} to {before[-1]['epoch']}.",
        advice,
        changes,
        case.since("underfitting", late[0]["epoch"]),
    )


def _is_fed_too_little(case: _Case, changes: tuple) -> bool:
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


def _augmentation_too_strong(case: _Case) -> Finding | None:
    """Training stays below validation, and some augmentation goes beyond what photos can look like."""
    rows, augment = case.rows, case.config.augment
    strong = [name for name, limit in STRONG.items() if getattr(augment, name) > limit]
    if augment.erase_probability * augment.erase_fraction > 0.4:
        strong.append("erase_fraction")
    since = _since(rows, lambda row: row["accuracy"] < row["val_accuracy"], at_least=5)
    is_raised = case.stands("augmentation_too_strong")  # until training has caught up
    if is_raised:
        since = max(0, len(rows) - 5) if since is None else since
    if not strong or (since is None and not _is_at_chance(case)):
        return None
    num = min(5, len(rows))
    train, val = case.means("accuracy", num), case.means("val_accuracy", num)
    at_chance = _is_at_chance(case)
    below = 0 if is_raised else BELOW
    if not at_chance and (val - train < below or case.skill(train) > LOW_SKILL):
        return None
    changes = tuple((f"augment.{name}", MODERN.overlay["augment"].get(name, 0.0)) for name in strong)
    words = ", ".join(f"“{configs.setting(f'augment.{name}').label}” ({getattr(augment, name):g})" for name in strong)
    if at_chance:
        evidence = f"After {len(rows)} epochs accuracy is {_percent(train)} on the training photos and {_percent(val)} on the validation photos: no better than guessing."
        story = (
            "Training photos are changed beyond what any photo looks like, and nothing is left in them to learn from. "
        )
    else:
        evidence = f"{_epochs(rows[since:])} training accuracy stayed below validation accuracy; over the last {num} it was {_percent(train)} against {_percent(val)}."
        story = (
            "Some of that is usual, since training photos are the harder ones. But here they are changed beyond what any photo looks like, and the "
            "network spends its epochs on those. "
        )
    return Finding(
        "augmentation_too_strong",
        LEARNS_NOTHING if at_chance else WARNING,
        "The augmentation is too strong",
        evidence,
        f"{story}On the Augmentation page lower {words}; the preview there shows what the network sees.",
        changes,
        rows[0 if at_chance or since is None else since]["epoch"],
    )


WIDE = 0.05  # half of the 95 % interval


def _validation_too_small(case: _Case) -> Finding | None:
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
    return Finding(
        "validation_too_small",
        WARNING,
        "Too few validation photos to choose an epoch",
        f"With {case.num_val:,} validation photos the {_percent(best['val_accuracy'])} of epoch {best['epoch']} means anything from {_percent(low)} to {_percent(high)} "
        f"(95 % interval). {_epochs(rows)} validation accuracy lay between {_percents(values)}: differences that chance makes too.",
        "Which epoch is best, or which of two runs, cannot be told from so few photos. On the Photos page give validation more of them; "
        f"at this accuracy 1,000 photos would be good to ± {100 * _half_interval(best['val_accuracy'], 1000):.1f} points.",
        (),
        rows[0]["epoch"],
    )


# --- no better than guessing, whatever the reason ---------------------------------------------------------

STEPS_TO_LEARN = 300


def _guessing(case: _Case) -> Finding | None:
    """What answers now, or is kept at the end, is no better than saying one class always, as far as the photos tell."""
    last = case.last
    if case.is_over:
        evidence = _kept_evidence(case)
    elif len(case.rows) > 1 and not _EXPLAINS_GUESSING & case.standing.keys() and not case.stands("guessing"):
        return None  # it was shown to be better: epochs that were worse since do not take that back
    elif case.beats_guessing(case.rows[-FEWEST_EPOCHS:]):
        return None
    else:
        evidence = (
            f"In epoch {last['epoch']} it named {_percent(last['val_accuracy'])} of the {case.num_val:,} validation photos rightly; "
            f"guessing earns {_percent(case.guessing_accuracy)}, and chance moves that by ± {100 * _half_width(case, case.guessing_accuracy):.1f} points."
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
        epochs = min(epochs, int(configs.setting("training.epochs").limits.maximum or 0))
        changes = (("training.epochs", epochs),)
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
    return Finding(
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


def _kept_evidence(case: _Case) -> str:
    """Of a tested run: why its kept network is no better than guessing; "" where it is better, or nobody can say."""
    results = case.history.results
    numbers = tuple(case.counts.get("test", {}).get(name, 0) for name in case.class_names)
    accuracy, count = results["test_accuracy"], sum(numbers)
    if not count:
        return ""
    right = results.get("test_right")
    if isinstance(right, (list, tuple)) and len(right) == len(numbers):
        score = Score(case.class_names, tuple(right), numbers)
        beats, balanced = (
            score.beats_guessing,
            "" if score.is_even else f", balanced accuracy {_percent(score.balanced_accuracy)}",
        )
    else:
        beats, balanced = wilson_interval(round(accuracy * count), count)[0] > case.best_guess("test"), ""
    if beats:
        return ""
    low, high = wilson_interval(round(accuracy * count), count)
    return (
        f"The kept network, of epoch {case.history.best_epoch or case.kept['epoch']}, names {_percent(accuracy)} of the {count:,} test photos rightly "
        f"(likely between {_percent(low)} and {_percent(high)}{balanced}); always saying one class earns {_percent(case.best_guess('test'))}."
    )


def _loss_excess(row: dict, case: _Case) -> float:
    """Nats by which a validation loss lies above that of guessing beyond chance; 0 or less if it does not."""
    error = row.get("val_loss_error", row["val_loss"] / math.sqrt(max(1, case.num_val)))  # older runs do not say
    return row["val_loss"] - case.guessing_val_loss - STUCK_MARGIN - 2 * error


def _loss_above_guessing(case: _Case) -> Finding | None:
    """Right more often than guessing, and yet so sure where it is wrong that guessing would cost less."""
    rows = case.rows
    since = _since(rows, lambda row: _loss_excess(row, case) > 0, 1)
    if since is None and case.stands("loss_above_guessing") and case.means("val_loss") > case.guessing_val_loss:
        since = len(rows) - 1
    if since is None:
        return None
    is_young = len(rows) - since < 2 or case.num_steps < MIN_STEPS or not (case.is_settled or case.is_over)
    told = (
        "Early epochs often look like this, and it passes. If it does not,"
        if is_young
        else "It is sure where it is wrong, so its percentages mean little."
    )
    return Finding(
        "loss_above_guessing",
        NOTE if is_young else WARNING,
        "Validation loss is above that of guessing",
        f"{_epochs(rows[since:])} validation loss was {_range([row['val_loss'] for row in rows[since:]], '.3g')}; guessing costs {case.guessing_val_loss:.3f}.",
        f"{told} {'' if is_young else 'On the Training page '}a lower learning rate{' on the Training page' if is_young else ''} or label smoothing help, and more photos most.".replace(
            "  ", " "
        ),
        (),
        case.since("loss_above_guessing", rows[since]["epoch"]),
    )


_RULES: tuple[Callable[[_Case], Finding | None], ...] = (
    _stuck,
    _one_class,
    _rate_too_high,
    _rate_too_low,
    _dead_units,
    _no_better_than_guessing,
    _guessing,
    _overfitting,
    _augmentation_too_strong,
    _underfitting,
    _loss_above_guessing,
    _validation_too_small,
)
_SEVERITIES = (LEARNS_NOTHING, WARNING, NOTE)
_ORDER = (
    "not_a_number",
    "stuck",
    "one_class",
    "rate_too_high",
    "rate_too_low",
    "dead_units",
    "guessing",
    "overfitting",
    "labels",
    "augmentation_too_strong",
    "underfitting",
    "loss_above_guessing",
    "validation_too_small",
)
_FOLLOWS = frozenset(
    {"guessing", "overfitting", "labels", "underfitting", "loss_above_guessing", "validation_too_small"}
)


# --- small parts -----------------------------------------------------------------------------------------

LOOK_BACK = 100  # epochs


def _since(rows: list[dict], holds: Callable[[dict], bool], at_least: int = 2) -> int | None:
    """Index of the first of the last epochs, without a gap, for which something holds; None if fewer than ``at_least``.

    It looks back ``LOOK_BACK`` epochs and no further, so that a long run costs a page no more than a short one.
    """
    index, end = len(rows), max(0, len(rows) - max(LOOK_BACK, at_least))
    while index > end and holds(rows[index - 1]):
        index -= 1
    return index if len(rows) - index >= at_least else None


def _half_width(case: _Case, accuracy: float) -> float:
    """Half of the 95 % interval of a validation accuracy, 0..1."""
    return _half_interval(accuracy, case.num_val)


def _half_interval(accuracy: float, num_photos: int) -> float:
    low, high = wilson_interval(round(accuracy * num_photos), num_photos)
    return (high - low) / 2


def _lower_rate(optimizer: str, rate: float) -> float:
    """A tenth, or what is usual if that is lower still."""
    return _one_digit(min(rate / 10, USUAL_RATE[optimizer]))


def _one_digit(value: float) -> float:
    return float(f"{value:.0e}")


def _mean(values: Sequence[float]) -> float:
    return sum(values) / max(1, len(values))


def _epochs(rows: list[dict]) -> str:
    first, last = rows[0]["epoch"], rows[-1]["epoch"]
    return f"In epoch {first}" if first == last else f"In epochs {first} to {last}"


def _range(values: Sequence[float], form: str) -> str:
    low, high = format(min(values), form), format(max(values), form)
    return low if low == high else f"between {low} and {high}"


def _at_least(share: float) -> str:
    return "all" if share == 1 else f"at least {math.floor(1000 * share) / 10:.1f} % of the"


def _percent(share: float, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f} %"


def _points(share: float) -> str:
    return f"{100 * share:.2f} points" if share >= 0.0001 else "less than 0.01 points"


def _percents(values: Sequence[float]) -> str:
    return f"{_percent(min(values))} and {_percent(max(values))}"
