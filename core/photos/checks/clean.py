"""From what the scan saw to what is done with every file. Originals are never written.

A photo in an odd format is converted as it is read. Putting a copy of another photo in its place, as the article does,
would show some photos twice and let copies of training photos into the test split (``core.photos.checks.leaks`` counts them).

A person may decide otherwise, see ``core.photos.checks.overrules``. A copy that is used after all joins the group of its twin, so
that both share a split.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace

import numpy as np

from core.errors import PhotoError
from core.photos.checks.likeness import hash_words, joined, near
from core.photos.checks.overrules import LEAVE_OUT, USE, USE_ANYWAY, Overrules
from core.photos.checks.scan import UNUSABLE, ImageCheck, Issue, ScanReport
from core.photos.files import decode
from core.photos.sources import walk as sources
from core.text import natural_key

CONVERT, IGNORE = "convert", "ignore"

_CONVERTED = (Issue.WRONG_EXTENSION, Issue.NEEDS_CONVERSION)
_LEFT_OUT = UNUSABLE | {Issue.OTHER_CLASS, Issue.EXACT_DUPLICATE}
NO_PIXELS = frozenset({Issue.REFUSED, Issue.NOT_A_PHOTO, Issue.UNREADABLE, Issue.TRUNCATED})
"""Issues of files that nobody can use, whatever is asked."""


@dataclass(frozen=True)
class CleaningStep:
    """What becomes of one file.

    Args:
        path: relative to the folder.
        class_name, split: as the layout says, or None.
        action: "use", "convert" (used, after conversion), "leave out" or "ignore" (not a photo by its name).
        issue: an ``Issue``, or None.
        reason: sentences for the person, or "".
        sha256: of the bytes.
        group: the same text for near-duplicates of one another, else "".
        rule: what the rules alone would do, where a person decided otherwise; else "".
        twin: path of the photo that this one is a copy of, or "".
        also: the other issues that hold, in the order of ``Issue``.
    """

    path: str
    class_name: str | None
    split: str | None
    action: str
    issue: Issue | None
    reason: str
    sha256: str = ""
    group: str = ""
    rule: str = ""
    twin: str = ""
    also: tuple[Issue, ...] = ()

    @property
    def issues(self) -> tuple[Issue, ...]:
        """All that hold, the first one first."""
        return (self.issue, *self.also) if self.issue else ()

    @property
    def label(self) -> str:
        """The class name of a photo that has one. Raises ValueError for any other file."""
        if self.class_name is None:
            raise ValueError(f"“{self.path}” is in no class")
        return self.class_name


@dataclass(frozen=True)
class CleaningPlan:
    """What becomes of a folder: one step a file, by path as people count."""

    layout: str
    class_names: tuple[str, ...]
    steps: tuple[CleaningStep, ...]
    notes: tuple[str, ...] = ()
    basis: str = ""

    @property
    def kept(self) -> tuple[CleaningStep, ...]:
        """Steps of the photos that can be learned from."""
        return tuple(step for step in self.steps if step.action in (USE, CONVERT))

    def counts(self) -> dict:
        """``{"found", "used", "converted", "left_out", "ignored", "issues": {issue: n}}``; found is the sum of the four.

        A photo with several issues counts for each of them.
        """
        actions = Counter(step.action for step in self.steps)
        issues = Counter(issue for step in self.steps if step.action != IGNORE for issue in step.issues)
        return {
            "found": len(self.steps),
            "used": actions[USE],
            "converted": actions[CONVERT],
            "left_out": actions[LEAVE_OUT],
            "ignored": actions[IGNORE],
            "issues": {issue.value: issues[issue] for issue in Issue if issues[issue]},
        }


def plan(report: ScanReport, decided: Overrules | None = None) -> CleaningPlan:
    """An action for every file that the scan saw.

    Args:
        decided: what a person decided otherwise. What cannot be done is not done: a file without pixels stays out.
    """
    steps = [CleaningStep(path, None, None, IGNORE, None, reason) for path, reason in report.ignored]
    judged: list[tuple[ImageCheck, CleaningStep]] = []
    for check in report.checks:
        step = CleaningStep(
            check.path,
            check.class_name,
            check.split,
            action_for(check.issue),
            check.issue,
            check.reason,
            check.sha256,
            check.group,
            twin=check.twin,
            also=check.also,
        )
        judged.append((check, step))
    steps += _overruled(judged, decided) if decided else [step for _, step in judged]
    steps.sort(key=lambda step: natural_key(step.path))
    return CleaningPlan(report.layout, report.class_names, tuple(steps), report.notes, report.basis)


def action_for(issue: Issue | None) -> str:
    """What is done with a photo that has this issue."""
    if issue in _LEFT_OUT:
        return LEAVE_OUT
    return CONVERT if issue in _CONVERTED else USE


def choices(issue: Issue | None, whole_kind: bool = False) -> tuple[str, ...]:
    """What a person can ask for where the rules do something else; empty where nothing else is possible.

    Args:
        issue: of a file that is not ignored.
        whole_kind: for all photos with that issue at once. Both labels of every doubled picture is nothing to ask for.
    """
    if issue in NO_PIXELS:
        return ()
    if issue is Issue.OTHER_CLASS:
        return () if whole_kind else (USE, USE_ANYWAY)
    if issue is None:
        return () if whole_kind else (LEAVE_OUT,)
    return (USE,) if action_for(issue) == LEAVE_OUT else (LEAVE_OUT,)


def check_choice(action: str, what: CleaningStep | Issue) -> None:
    """Raises PhotoError: that cannot be asked for this file or kind. What the rules do anyway can always be asked for."""
    if isinstance(what, Issue):
        name, issue = f"A photo that is “{what}”", what
        possible = {*choices(what, whole_kind=True), action_for(what)}
    else:
        name, issue = f"“{what.path}”", what.issue
        if what.action == IGNORE:
            raise PhotoError(f"{name} is ignored: {what.reason}")
        possible = {*choices(issue), USE if what.action == CONVERT else what.action}
    if action in {USE if one == CONVERT else one for one in possible}:
        return
    if issue in NO_PIXELS:
        raise PhotoError(f"{name} has no pixels that can be read, so it can only be left out; received “{action}”.")
    if issue is Issue.OTHER_CLASS:
        raise PhotoError(
            f"{name} shows a picture that has two class names; which one is right is decided photo by photo. Name one of them."
        )
    raise PhotoError(f"{name} can be asked to {' or '.join(sorted(possible))}; received “{action}”.")


def _overruled(judged: list[tuple[ImageCheck, CleaningStep]], decided: Overrules) -> list[CleaningStep]:
    check_of = {check.path: check for check, _ in judged}
    steps = {step.path: step for _, step in judged}
    wanted: dict[str, str] = {}  # path -> what is asked, where the rules do something else
    for path, step in steps.items():
        asked = decided.asked(path, step.sha256, step.issues)
        if asked and step.issue not in NO_PIXELS and (asked == LEAVE_OUT) != (step.action == LEAVE_OUT):
            wanted[path] = asked
    refused = _second_labels(wanted, steps, check_of, decided)
    for path, asked in wanted.items():
        step, check = steps[path], check_of[path]
        if path in refused:
            other = steps[refused[path]]
            reason = f"The same picture is used as “{other.path}” in class “{other.class_name}”, as you chose; so this one stays out."
            steps[path] = replace(step, reason=reason)
        elif asked == LEAVE_OUT:
            why = f" The rules would {step.action} it: {step.reason}" if step.reason else ""
            steps[path] = replace(step, action=LEAVE_OUT, rule=step.action, reason=f"You left it out.{why}")
        else:
            action = CONVERT if _is_converted(check) else USE
            reason = f"You chose to use it. The rules would leave it out: {step.reason}"
            steps[path] = replace(step, action=action, rule=LEAVE_OUT, reason=reason)
    _correct_reasons(steps, decided)
    return list(_joined(steps, check_of).values())


def _is_converted(check: ImageCheck) -> bool:
    """Whether a photo has to be converted, whatever issue is shown."""
    return bool(check.changes) or not decode.may_bear(sources.extension_of(check.path), check.format)


def _second_labels(
    wanted: dict[str, str], steps: dict[str, CleaningStep], check_of: dict[str, ImageCheck], decided: Overrules
) -> dict[str, str]:
    """{path that stays out: path that is used}: of a picture under two class names the one asked for last is used."""
    asked = [path for path, action in wanted.items() if steps[path].issue is Issue.OTHER_CLASS and action == USE]
    age = {path: number for number, path in enumerate(decided.files)}
    asked.sort(key=lambda path: -age.get(path, -1))
    insisted = [path for path, action in wanted.items() if action == USE_ANYWAY]
    used, refused = list(insisted), {}
    for path in asked:
        twins = _near(check_of[path], [check_of[other] for other in used])
        rival = next((t.path for t in twins if t.class_name != steps[path].class_name), None)
        if rival:
            refused[path] = rival
        else:
            used.append(path)
    return refused


def _correct_reasons(steps: dict[str, CleaningStep], decided: Overrules) -> None:
    """What is said of a copy follows what became of its twin."""
    for path, step in list(steps.items()):
        twin = steps.get(step.twin)
        if twin is None or not twin.rule or step.rule or step.action != LEAVE_OUT:
            continue
        if step.issue is Issue.EXACT_DUPLICATE and twin.action == LEAVE_OUT:
            reason = f"It has the same bytes as “{twin.path}”, which you left out."
            steps[path] = replace(step, reason=reason)
        elif step.issue is Issue.OTHER_CLASS and twin.action != LEAVE_OUT and twin.class_name != step.class_name:
            reason = f"The same picture is used as “{twin.path}” in class “{twin.class_name}”, as you chose; so this one stays out."
            steps[path] = replace(step, reason=reason)


def _joined(steps: dict[str, CleaningStep], check_of: dict[str, ImageCheck]) -> dict[str, CleaningStep]:
    """The steps, where every photo that is used against the rules shares a group with its copies that are used too."""
    kept = [path for path, step in steps.items() if step.action != LEAVE_OUT]
    revived = [path for path in kept if steps[path].rule == LEAVE_OUT]
    if not revived:
        return steps
    by_group: dict[str, list[str]] = defaultdict(list)
    for path in kept:
        if steps[path].group:
            by_group[steps[path].group].append(path)
    alike = [(paths[0], path) for paths in by_group.values() for path in paths[1:]]
    checks = [check_of[path] for path in kept if check_of[path].perceptual_hash]
    words = hash_words(check.perceptual_hash for check in checks)
    for path in revived:
        alike += [(path, twin.path) for twin in _near(check_of[path], checks, words)]
    for together in joined(alike):
        if not set(revived).isdisjoint(together):
            name = min(steps[path].sha256 for path in together)[:16]
            for path in together:
                steps[path] = replace(steps[path], group=name)
    return steps


def _near(check: ImageCheck, others: list[ImageCheck], words: np.ndarray | None = None) -> list[ImageCheck]:
    """Those of ``others`` that show the same picture, exactly or nearly; itself left out."""
    words = hash_words(other.perceptual_hash for other in others) if words is None else words  # (N, 4)
    return [others[i] for i in near(check.perceptual_hash, words) if others[i].path != check.path]
