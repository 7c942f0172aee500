"""What would leak if one did with a folder what the article did.

The article deletes files in a wrong format, puts copies of other photos in their place so that the numbers stay, and cuts
each class by number into train, val and test. A copy then lies, as likely as not, in another split than its original, and
so do the duplicates that the folder had from the start: the network is tested on pictures that it has learned from.

Here that is played through with the files of one folder, on paper: nothing is copied.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.photos.checks.clean import CONVERT, IGNORE, CleaningStep
from core.photos.checks.likeness import joined
from core.photos.checks.overrules import USE
from core.photos.checks.scan import Issue
from core.photos.layouts.counts import PhotoCounts
from core.photos.layouts.names import SPLITS
from core.text import natural_key

_WRONG_FORMAT = frozenset({Issue.REFUSED, Issue.NOT_A_PHOTO, Issue.UNREADABLE, Issue.TRUNCATED, Issue.WRONG_EXTENSION})
"""What a check by format throws away: files that do not open, or are not what their name says."""


@dataclass(frozen=True)
class Leaks:
    """The article's way, played through.

    Args:
        num_photos: files dealt.
        num_replaced: of them copies in the place of files in a wrong format.
        num_rescued: how many of the files thrown away are good photos, which converting keeps.
        num_test, num_val: photos in these splits.
        test_in_train, val_in_train: how many of them show a picture that is among the training photos too.
        test_in_train_without_copies: as ``test_in_train``, if no file had been replaced.
    """

    num_photos: int
    num_replaced: int
    num_rescued: int
    num_test: int
    num_val: int
    test_in_train: int
    val_in_train: int
    test_in_train_without_copies: int


def count(steps: Iterable[CleaningStep], counts: PhotoCounts, seed: int = 0) -> Leaks:
    """Plays the article's way through.

    Args:
        steps: what became of every file of a folder, with what the rules say.
        counts: {split: {class name: number of photos}} as the folder is really dealt; the article's cut has the same
            proportions. Where the folder has splits of its own, those are the cut.
        seed: which photos are copied.
    """
    files = sorted(
        (step for step in steps if step.action != IGNORE and step.class_name), key=lambda step: natural_key(step.path)
    )
    picture_of = _pictures(files)
    per_class: dict[str, list[CleaningStep]] = defaultdict(list)
    for step in files:
        per_class[step.class_name or ""].append(step)
    shown: dict[str, list[str]] = {split: [] for split in SPLITS}  # the pictures of each split, copies included
    bare: dict[str, list[str]] = {split: [] for split in SPLITS}  # the same without the copies
    replaced = rescued = 0
    draw = random.Random(seed)
    for name, members in sorted(per_class.items()):
        good = [step for step in members if _WRONG_FORMAT.isdisjoint(step.issues)]
        if not good:
            continue
        places = _cut(members, {split: counts.get(split, {}).get(name, 0) for split in SPLITS})
        for step, split in zip(members, places, strict=True):
            if not _WRONG_FORMAT.isdisjoint(step.issues):
                replaced += 1
                rescued += (step.rule or step.action) in (USE, CONVERT)
                shown[split].append(picture_of[draw.choice(good).path])
            else:
                shown[split].append(picture_of[step.path])
                bare[split].append(picture_of[step.path])
    learned, learned_bare = set(shown["train"]), set(bare["train"])
    return Leaks(
        sum(map(len, shown.values())),
        replaced,
        rescued,
        len(shown["test"]),
        len(shown["val"]),
        sum(picture in learned for picture in shown["test"]),
        sum(picture in learned for picture in shown["val"]),
        sum(picture in learned_bare for picture in bare["test"]),
    )


def _cut(members: list[CleaningStep], numbers: Mapping[str, int]) -> list[str]:
    """The split of each: the first so many are for training, the next for validation, the rest for the test."""
    own_splits = [step.split for step in members if step.split]
    if len(own_splits) == len(members):
        return own_splits
    total = sum(numbers.values()) or 1
    train = round(len(members) * numbers["train"] / total)
    val = round(len(members) * (numbers["train"] + numbers["val"]) / total)
    return ["train" if place < train else "val" if place < val else "test" for place in range(len(members))]


def _pictures(files: list[CleaningStep]) -> dict[str, str]:
    """{path: a name that it shares with every file that shows the same picture}."""
    alike: list[tuple[str, str]] = []
    for step in files:
        path = f"path {step.path}"
        alike.append((path, path))
        if step.sha256:
            alike.append((path, f"bytes {step.sha256}"))
        if step.group:
            alike.append((path, f"group {step.group}"))
        if step.twin:
            alike.append((path, f"path {step.twin}"))
    name_of = {member: group[0] for group in joined(alike) for member in group}
    return {step.path: name_of[f"path {step.path}"] for step in files}
