"""Who goes where is a promise: a test photo of yesterday must not be a training photo of tomorrow's version of this app.

What is compared was recorded before the dealing was written anew. Where one of these tests fails, every data set that people have grown
would be dealt anew: that is no number to be updated, unless it is meant and said.
"""

import hashlib
import random
from collections import Counter

import pytest

from core.config import SplitConfig
from core.errors import PhotoError
from core.photos.checks.clean import CONVERT, IGNORE, USE, CleaningPlan, CleaningStep
from core.photos.checks.overrules import LEAVE_OUT
from core.photos.layouts.names import SPLITS
from core.photos.split import assign

CONFIGS = (
    SplitConfig(),
    SplitConfig(seed=7),
    SplitConfig(train=0.5, val=0.2, test=0.2, seed=1),
    SplitConfig(train=4, val=2, test=2),
    SplitConfig(source="given", train=0.6, val=0.2, test=0.2),
)


def random_plan(rng: random.Random) -> CleaningPlan:
    """Some hundred photos: copies within classes and across them, some that a person has overruled, in a layout with or without splits."""
    layout = rng.choice(("classes", "splits"))
    names = ("cats", "dogs", "rabbits")[: rng.choice((2, 2, 3))]
    present = rng.choice((SPLITS, SPLITS, ("train", "test"), ("train",), ("val", "test")))
    copies = rng.choice((0.0, 0.2, 0.7))
    steps = []
    for number in range(rng.choice((14, 40, 150))):
        name = rng.choice(names)
        action = rng.choices((USE, CONVERT, LEAVE_OUT, IGNORE), (80, 10, 6, 4))[0]
        steps.append(
            CleaningStep(
                f"{name}/{number}.jpg",
                None if action == IGNORE else name,
                rng.choice(present) if layout == "splits" and action != IGNORE else None,
                action,
                None,
                "",
                hashlib.sha256(str(rng.random()).encode()).hexdigest(),
                f"group {rng.randrange(12)}" if rng.random() < copies else "",
                LEAVE_OUT if action == USE and rng.random() < 0.1 else "",
            )
        )
    return CleaningPlan(layout, names, tuple(steps))


def dealt(plan: CleaningPlan, config: SplitConfig, known: dict[str, str]) -> str:
    """Everything that a deal says, as text; what it refuses, with the sentence."""
    try:
        deal = assign(plan, config, known)
    except PhotoError as error:
        return str(error)
    places = [f"{example.path} {example.class_index} {example.split}" for example in deal.examples]
    return "\n".join((*places, *deal.notes, *(f"{path}: {why}" for path, why in sorted(deal.left_out.items()))))


def known_to(plan: CleaningPlan, config: SplitConfig, rng: random.Random) -> dict[str, str]:
    """What an earlier deal of some of these photos left; none in every third case."""
    share = rng.choice((0.0, 0.3, 0.8))
    earlier = tuple(step for step in plan.steps if rng.random() < share)
    try:
        deal = assign(CleaningPlan(plan.layout, plan.class_names, earlier), config)
    except PhotoError:
        return {}
    return {example.sha256: example.split for example in deal.examples}


RECORDED = {
    0: "ab0ad2dbee1f0b95",
    1: "ea523fc79e555846",
    2: "dfd7211d952d04c4",
    3: "1f65558fb607d535",
    4: "b9e89ff3e643f74c",
    5: "adce24d9ddf52c5e",
    6: "5bc63d1eef637b9c",
    7: "bd0be891acd36d05",
}


@pytest.mark.parametrize("number", RECORDED)
def test_random_groups_go_where_they_went(number):
    rng, digest, kinds = random.Random(number), hashlib.sha256(), Counter()
    for _ in range(60):
        plan, config = random_plan(rng), rng.choice(CONFIGS)
        said = dealt(plan, config, known_to(plan, config, rng))
        kinds[said.startswith(("cats/", "dogs/", "rabbits/"))] += 1
        digest.update(said.encode())
    assert kinds[True] > 15  # most are dealt, not refused
    assert digest.hexdigest()[:16] == RECORDED[number]


@pytest.mark.photos
@pytest.mark.parametrize(
    "config, expected",
    [(SplitConfig(), "a79f6679f1d5fc0e"), (SplitConfig(train=0.5, val=0.25, test=0.25, seed=3), "e46efde56657572a")],
    ids=["default", "quarters"],
)
def test_four_thousand_real_photos_go_where_they_went(real_photos, config, expected):
    files = sorted(path for path in (real_photos / "cats_vs_dogs_4000").rglob("*.jpg"))
    assert len(files) == 4000
    steps = [
        CleaningStep(
            path.name,
            path.parent.name,
            None,
            USE,
            None,
            "",
            hashlib.sha256(path.read_bytes()).hexdigest(),
            f"group {number // 3}" if number % 40 < 3 else "",
        )
        for number, path in enumerate(files)
    ]
    plan = CleaningPlan("classes", ("cats", "dogs"), tuple(steps))
    known = {step.sha256: "train" for step in steps[::9]}
    said = [dealt(plan, config, given) for given in ({}, known)]
    assert hashlib.sha256("\n".join(said).encode()).hexdigest()[:16] == expected
