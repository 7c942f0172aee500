"""What stands from epoch to epoch: a finding is raised by evidence beyond noise, and then holds until there is evidence against it.

Of two that contradict one another the graver stands, and of two alike the one that stood first.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from core import config as configs
from core.advice.diagnosis.case import Case
from core.advice.diagnosis.generalization import (
    augmentation_too_strong,
    overfitting,
    underfitting,
    validation_too_small,
)
from core.advice.diagnosis.guessing import guessing, loss_above_guessing, no_better_than_guessing
from core.advice.diagnosis.learning_rate import not_a_number, rate_too_high, rate_too_low
from core.advice.diagnosis.nothing_learned import dead_units, one_class, stuck
from core.advice.diagnosis.words import percent
from core.advice.suggestion import LEARNS_NOTHING, SEVERITIES, WARNING, Suggestion
from core.config import ExperimentConfig
from core.runs.ends import NOT_A_NUMBER, code_of

_RULES: tuple[Callable[[Case], Suggestion | None], ...] = (
    stuck,
    one_class,
    rate_too_high,
    rate_too_low,
    dead_units,
    no_better_than_guessing,
    guessing,
    overfitting,
    augmentation_too_strong,
    underfitting,
    loss_above_guessing,
    validation_too_small,
)
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


@dataclass(frozen=True)
class Look:
    """What stood when a history was looked at.

    Args:
        num_epochs: that it had then.
        last: the last of them; {} where there was none.
        findings: by kind.
    """

    num_epochs: int
    last: dict
    findings: dict[str, Suggestion]

    def is_of(self, rows: list[dict]) -> bool:
        """Whether these epochs go on from those: a run that went back to a checkpoint has others."""
        return 0 < self.num_epochs < len(rows) and rows[self.num_epochs - 1] == self.last


NOTHING_YET = Look(0, {}, {})


def look(case: Case, before: Look = NOTHING_YET) -> Look:
    """The findings that stand after the last epoch: those after each epoch follow from those after the one before."""
    last = case.rows[-1] if case.rows else {}
    if code_of(case.history) == NOT_A_NUMBER:
        return Look(len(case.rows), last, {"not_a_number": not_a_number(case)})
    known = before if before.is_of(case.rows) else NOTHING_YET
    standing = known.findings
    for num_epochs in _looks(len(case.rows), known.num_epochs):
        standing = _judge(case.after(num_epochs, standing))
    return Look(len(case.rows), last, standing)


def _looks(num_epochs: int, start: int) -> Iterator[int]:
    """After which epochs a history is looked at: each of the first hundred, every second of the next, every fourth of those after, and
    the last; so a run of 10,000 epochs is looked at some hundred times."""
    for number in range(start + 1, num_epochs + 1):
        if number == num_epochs or number % (1 << max(0, (number - 1).bit_length() - 6)) == 0:
            yield number


def _judge(case: Case) -> dict[str, Suggestion]:
    """What stands after an epoch, the gravest first, without contradictions."""
    rules = _RULES if len(case.rows) > 1 else (guessing, loss_above_guessing)
    raised = [finding for rule in rules if (finding := rule(case))]
    raised.sort(
        key=lambda finding: (
            SEVERITIES.index(finding.severity),
            finding.kind == "loss_above_guessing",
            finding.kind not in case.standing,
        )
    )
    standing: list[Suggestion] = []
    for finding in raised:
        if not any(_contradict(finding, other, case.config) for other in standing):
            standing.append(finding)
    return {finding.kind: finding for finding in standing}


def _contradict(one: Suggestion, other: Suggestion, config: ExperimentConfig) -> bool:
    """Whether two findings cannot stand together: by their kinds, or since one raises a setting that the other lowers."""
    if frozenset((one.kind, other.kind)) in _CONTRADICTIONS:
        return True
    directions = _directions(one, config)
    return any(directions.get(path, way) != way for path, way in _directions(other, config).items())


def _directions(finding: Suggestion, config: ExperimentConfig) -> dict[str, object]:
    """{path of a setting: what a finding does to it}: True raises a number, False lowers it, anything else is the value."""
    ways = {}
    for path, value in finding.changes:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        ways[path] = value > configs.get(config, path) if is_number else value
    return ways


def shown(case: Case, findings: Mapping[str, Suggestion]) -> list[Suggestion]:
    """In the order of the rules; what would follow from a graver finding is left out."""
    standing = list(findings.values())
    if any(finding.severity == LEARNS_NOTHING for finding in standing):
        standing = [_beside_kept(case, finding) for finding in standing if finding.kind not in _FOLLOWS]
    return sorted(standing, key=lambda finding: (_rank(finding), _ORDER.index(finding.kind)))


def _beside_kept(case: Case, finding: Suggestion) -> Suggestion:
    """The last epochs are not the network that is kept: where that one is better, the finding says so."""
    if finding.severity != LEARNS_NOTHING or not case.rows or not case.beats_guessing([case.kept]):
        return finding
    kept = (
        f"The network that is kept is that of epoch {case.kept['epoch']}, with {percent(case.kept['val_accuracy'])} on validation, "
        "and better than guessing."
    )
    return replace(finding, evidence=f"{finding.evidence} {kept}")


def _rank(finding: Suggestion) -> int:
    """0 for the gravest. What nobody has shown to be better than guessing comes before advice on how to make it better."""
    severity = WARNING if finding.kind == "guessing" else finding.severity
    return SEVERITIES.index(severity)
