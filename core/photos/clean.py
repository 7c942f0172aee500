"""From what the scan saw to what is done with every file. Originals are never written.

A photo in an odd format is converted as it is read. Putting a copy of another photo in its place, as the article does,
would show some photos twice and let copies of training photos into the test split.
"""

from collections import Counter
from dataclasses import dataclass

from core.photos.scan import UNUSABLE, Issue, ScanReport

USE, CONVERT, LEAVE_OUT, IGNORE = "use", "convert", "leave out", "ignore"

_CONVERTED = (Issue.WRONG_EXTENSION, Issue.NEEDS_CONVERSION)
_LEFT_OUT = UNUSABLE | {Issue.OTHER_CLASS, Issue.EXACT_DUPLICATE}

_NO_CLASS = {
    "classes": "It lies beside the class folders, so nobody knows its class. Move it into one of them.",
    "splits": "It lies in no class folder of train, val or test, so nobody knows its class. Move it into one of them.",
    "flat": "Its name does not begin with a class and a number, as cat.12.jpg does. Rename it.",
}


@dataclass(frozen=True)
class CleaningStep:
    """What becomes of one file.

    Args:
        path: relative to the folder.
        class_name, split: as the layout says, or None.
        action: "use", "convert" (used, after conversion), "leave out" or "ignore" (not a photo by its name).
        issue: an ``Issue``, or None.
        reason: a sentence for the person, or "".
        sha256: of the bytes.
        group: the same text for near-duplicates of one another, else "".
    """

    path: str
    class_name: str | None
    split: str | None
    action: str
    issue: Issue | None
    reason: str
    sha256: str = ""
    group: str = ""


@dataclass(frozen=True)
class CleaningPlan:
    """What becomes of a folder: one step a file, by path."""

    layout: str
    class_names: tuple[str, ...]
    steps: tuple[CleaningStep, ...]

    @property
    def kept(self) -> tuple[CleaningStep, ...]:
        """Steps of the photos that can be learned from."""
        return tuple(step for step in self.steps if step.action in (USE, CONVERT))

    def counts(self) -> dict:
        """``{"found", "used", "converted", "left_out", "ignored", "issues": {issue: n}}``; found is the sum of the four."""
        actions = Counter(step.action for step in self.steps)
        issues = Counter(step.issue for step in self.steps if step.action != IGNORE)
        return {
            "found": len(self.steps),
            "used": actions[USE],
            "converted": actions[CONVERT],
            "left_out": actions[LEAVE_OUT],
            "ignored": actions[IGNORE],
            "issues": {issue.value: issues[issue] for issue in Issue if issues[issue]},
        }


def plan(report: ScanReport) -> CleaningPlan:
    """An action for every file that the scan saw."""
    steps = [CleaningStep(path, None, None, IGNORE, None, reason) for path, reason in report.ignored]
    for check in report.checks:
        if check.class_name is None and report.layout != "none":
            steps.append(CleaningStep(check.path, None, check.split, IGNORE, None, _NO_CLASS[report.layout]))
            continue
        steps.append(
            CleaningStep(
                check.path,
                check.class_name,
                check.split,
                action_for(check.issue),
                check.issue,
                check.reason,
                check.sha256,
                check.group,
            )
        )
    return CleaningPlan(report.layout, report.class_names, tuple(sorted(steps, key=lambda step: step.path)))


def action_for(issue: Issue | None) -> str:
    """What is done with a photo that has this issue."""
    if issue in _LEFT_OUT:
        return LEAVE_OUT
    return CONVERT if issue in _CONVERTED else USE
