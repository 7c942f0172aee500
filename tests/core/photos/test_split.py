import random
from collections import Counter, defaultdict
from dataclasses import replace

import pytest

from core.config import SplitConfig
from core.errors import PhotoError
from core.photos.checks.clean import CleaningPlan, CleaningStep
from core.photos.split import assign, describe, describe_ignored


def step(name, number, split=None, group="", action="use"):
    folder = f"{split}/{name}" if split else name
    return CleaningStep(f"{folder}/{number}.jpg", name, split, action, None, "", f"{name} {number} {split}", group)


def plan(steps, layout="classes", class_names=("cats", "dogs")):
    return CleaningPlan(layout, tuple(class_names), tuple(steps))


def both(count, **options):
    return [step(name, number, **options) for name in ("cats", "dogs") for number in range(count)]


def counted(deal):
    return Counter((example.split, example.class_name) for example in deal.examples)


@pytest.mark.parametrize("count", [4, 5, 7, 11, 100, 1001])
def test_every_class_is_split_alike_and_every_photo_dealt(count):
    deal = assign(plan(both(count)), SplitConfig())
    found = counted(deal)
    assert sum(found.values()) == 2 * count
    for name in ("cats", "dogs"):
        assert abs(found["train", name] - count / 2) <= 1
        assert found["val", name] >= 1 and found["test", name] >= 1


def test_numbers_are_photos_a_class_and_the_rest_is_mentioned():
    deal = assign(plan(both(30)), SplitConfig(train=10, val=5, test=6))
    assert set(counted(deal).values()) == {10, 5, 6}
    assert deal.notes == ("18 photos beyond the shares asked for are in no split.",)


def test_the_same_seed_deals_the_same_and_another_seed_another():
    first, again, other = (assign(plan(both(50)), SplitConfig(seed=seed)).examples for seed in (3, 3, 4))
    assert first == again != other


def test_renaming_photos_moves_none():
    steps = both(40)
    renamed = [CleaningStep("x" + s.path, s.class_name, None, "use", None, "", s.sha256) for s in steps]
    before = {e.sha256: e.split for e in assign(plan(steps), SplitConfig()).examples}
    assert {e.sha256: e.split for e in assign(plan(renamed), SplitConfig()).examples} == before


def placed(deal):
    return {example.sha256: example.split for example in deal.examples}


@pytest.mark.parametrize("seed", range(6))
def test_photos_added_later_in_any_order_move_nobody_and_tear_no_group(seed):
    draw = random.Random(seed)
    everything = [
        step(name, number, group=f"{name} {number // 2}" if number % 5 == 0 else "")
        for name in ("cats", "dogs")
        for number in range(120)
    ]
    copies = [replace(s, path="copy" + s.path, sha256="copy" + s.sha256) for s in everything if s.group]
    everything += copies
    draw.shuffle(everything)
    known, config = {}, SplitConfig(seed=seed)
    for until in (90, 91, 150, 200, len(everything)):
        deal = assign(plan(everything[:until]), config, known)
        now = placed(deal)
        assert known.items() <= now.items()
        splits_of = defaultdict(set)
        for s in everything[:until]:
            if s.group and s.sha256 in now:
                splits_of[s.group].add(now[s.sha256])
        assert all(len(splits) == 1 for splits in splits_of.values())
        found = counted(deal)
        for name in ("cats", "dogs"):
            total = sum(found[split, name] for split in ("train", "val", "test"))
            assert abs(found["train", name] - total / 2) <= 3
        known = now


def test_a_newcomer_that_is_a_copy_of_an_old_photo_follows_it():
    known = placed(assign(plan(both(12)), SplitConfig()))
    for split in ("train", "val", "test"):
        old = next(s for s in both(12) if known[s.sha256] == split)
        newcomer = step(old.class_name, "new", group="g")
        steps = [replace(s, group="g") if s == old else s for s in both(12)]
        assert placed(assign(plan([*steps, newcomer]), SplitConfig(), known))[newcomer.sha256] == split


def test_a_newcomer_that_joins_two_splits_is_left_out_with_the_reason():
    known = placed(assign(plan(both(12)), SplitConfig()))
    cats = [s for s in both(12) if s.class_name == "cats"]
    ends = [next(s for s in cats if known[s.sha256] == split) for split in ("train", "test")]
    bridge = step("cats", "bridge", group="g")
    steps = [replace(s, group="g") if s in ends else s for s in both(12)]
    deal = assign(plan([*steps, bridge]), SplitConfig(), known)
    assert placed(deal) == known
    assert deal.left_out == {
        "cats/bridge.jpg": "Copies of it are in train and test; wherever it went, it would let one split know pictures of another. "
        "So it stays out."
    }


def test_where_numbers_are_asked_for_newcomers_fill_only_what_is_free():
    config = SplitConfig(train=10, val=5, test=5)
    known = placed(assign(plan(both(20)), config))
    later = assign(plan(both(30)), config, known)
    assert placed(later) == known and later.notes == ("20 photos beyond the shares asked for are in no split.",)
    gone = both(20)[0]
    fewer = [s for s in both(30) if s != gone]
    refilled = assign(plan(fewer), config, known)
    assert set(counted(refilled).values()) == {10, 5}
    assert {photo: split for photo, split in known.items() if photo != gone.sha256}.items() <= placed(refilled).items()


def test_newcomers_share_evenly_what_a_too_large_split_leaves():
    known = placed(assign(plan(both(100)), SplitConfig()))
    left = [s for s in both(100) if known[s.sha256] == "train" or int(s.path.split("/")[1].split(".")[0]) < 30]
    newcomers = [step(name, number) for name in ("cats", "dogs") for number in range(100, 110)]
    found = counted(assign(plan([*left, *newcomers]), SplitConfig(), known))
    before = Counter((known[s.sha256], s.class_name) for s in left)
    for name in ("cats", "dogs"):
        assert found["train", name] == before["train", name]
        gained = [found[split, name] - before[split, name] for split in ("val", "test")]
        assert sum(gained) == 10 and min(gained) >= 3


def test_where_a_split_would_be_empty_everything_is_dealt_anew_and_it_is_said():
    known = placed(assign(plan(both(20)), SplitConfig()))
    left = [s for s in both(20) if known[s.sha256] == "train"]
    deal = assign(plan(left), SplitConfig(), known)
    assert len(set(counted(deal))) == 6
    assert deal.notes[0].startswith("So many photos are gone")


def test_a_picture_used_under_two_class_names_is_in_one_split():
    for number in range(12):
        pair = [replace(step(name, f"x{number}"), group="g") for name in ("cats", "dogs")]
        now = placed(assign(plan([*both(9), *pair]), SplitConfig()))
        assert len({now[s.sha256] for s in pair}) == 1


def test_a_copy_wanted_against_the_rules_stays_out_where_the_folder_has_its_twin_in_another_split():
    steps = [s for split in ("train", "val", "test") for s in both(4, split=split)]
    twin = replace(steps[0], group="g")
    revived = replace(step("cats", "again", split="test", group="g"), rule="leave out")
    deal = assign(plan([twin, *steps[1:], revived], layout="splits"), SplitConfig())
    assert deal.left_out == {
        revived.path: "You chose to use it, but the folder has it in test and its copy in train. So it stays out."
    }
    assert revived.path not in {example.path for example in deal.examples} and deal.notes == ()


def test_near_duplicates_share_a_split_and_shares_stay_exact():
    steps = [step(name, n, group=f"{name} {n // 3}" if n < 60 else "") for name in ("cats", "dogs") for n in range(200)]
    deal = assign(plan(steps), SplitConfig())
    group_of = {s.path: s.group for s in steps}
    splits = {}
    for example in deal.examples:
        splits.setdefault(group_of[example.path], set()).add(example.split)
    splits.pop("")
    assert all(len(found) == 1 for found in splits.values())
    assert counted(deal) == {
        (s, n): k for s, k in (("train", 100), ("val", 50), ("test", 50)) for n in ("cats", "dogs")
    }


def test_many_copies_of_one_picture_are_dealt_whole():
    steps = [step(n, k, group=n if k < 15 else "") for n in ("cats", "dogs") for k in range(24)]
    deal = assign(plan(steps), SplitConfig())
    assert len(deal.examples) == 48


def test_left_out_photos_are_not_dealt():
    deal = assign(plan([*both(8), step("cats", 99, action="leave out")]), SplitConfig())
    assert len(deal.examples) == 16


def test_examples_are_in_order_and_know_their_class():
    examples = assign(plan(both(20)), SplitConfig()).examples
    order = [("train", "val", "test").index(e.split) * 2 + e.class_index for e in examples]
    assert order == sorted(order)
    assert {(e.class_name, e.class_index) for e in examples} == {("cats", 0), ("dogs", 1)}


def given(**counts):
    return [s for split, count in counts.items() for s in both(count, split=split)]


def test_a_given_layout_is_kept():
    deal = assign(plan(given(train=5, val=3, test=2), "splits"), SplitConfig())
    assert all(example.path.startswith(example.split) for example in deal.examples)
    assert deal.notes == ()


def test_a_given_layout_is_dealt_anew_if_asked():
    deal = assign(plan(given(train=20, val=3, test=2), "splits"), SplitConfig(source="random"))
    assert counted(deal)["test", "cats"] == 6


@pytest.mark.parametrize("missing", ["val", "test"])
@pytest.mark.parametrize(
    "config", [SplitConfig(), SplitConfig(train=1000, val=500, test=500)], ids=["fractions", "numbers"]
)
def test_a_missing_split_is_taken_from_train_and_said(missing, config):
    present = "test" if missing == "val" else "val"
    deal = assign(plan(given(train=30, **{present: 4}), "splits"), config)
    found = counted(deal)
    assert (found["train", "cats"], found[missing, "cats"], found[present, "cats"]) == (20, 10, 4)
    word = "validation" if missing == "val" else "test"
    assert f"no {word} photos" in deal.notes[0]


def test_copies_across_given_splits_are_kept_and_said():
    steps = given(train=5, val=3, test=2)
    torn = [*steps, step("cats", 90, "train", "g"), step("cats", 91, "test", "g")]
    deal = assign(plan(torn, "splits"), SplitConfig())
    assert len(deal.examples) == len(torn)
    assert "1 picture has copies in more than one split" in deal.notes[0]


@pytest.mark.parametrize(
    ("steps", "layout", "names", "words"),
    [
        ([], "none", (), "has none"),
        ([CleaningStep("a.txt", None, None, "ignore", None, "")], "none", (), "has none.*Ignored: 1 .txt"),
        ([CleaningStep("a.jpg", None, None, "use", None, "")], "none", (), "nothing that says what they show"),
        ([step("cats", n) for n in range(9)], "classes", ("cats",), "at least two classes.*“cats”, with 9 photos"),
        (
            [*both(8)[:8], step("dogs", 0), step("dogs", 1)],
            "classes",
            ("cats", "dogs"),
            "at least 4 photos; “dogs” has 2",
        ),
        (both(8), "classes", ("cats", "dogs", "empty"), "“empty” has 0"),
        (
            [*given(train=5, val=5), *[step("cats", n, "test") for n in range(5)]],
            "splits",
            ("cats", "dogs"),
            "test has none of “dogs”",
        ),
        (
            [step(n, k, group=n) for n in ("cats", "dogs") for k in range(9)],
            "classes",
            ("cats", "dogs"),
            "copies of one picture",
        ),
    ],
    ids=["empty", "other files", "no classes", "one class", "two photos", "empty class", "hole", "copies"],
)
def test_what_cannot_be_split_is_a_sentence_with_numbers(steps, layout, names, words):
    with pytest.raises(PhotoError, match=words) as error:
        assign(plan(steps, layout, names), SplitConfig())
    assert str(error.value).endswith(".")


def test_too_few_photos_for_the_numbers_asked_says_both():
    with pytest.raises(PhotoError, match=r"1,000 \+ 500 \+ 500 = 2,000 photos of each class.*“cats” has 8"):
        assign(plan(both(8)), SplitConfig(train=1000, val=500, test=500))


@pytest.mark.parametrize(
    ("photos", "lender", "words"),
    [
        ({"val": 12, "test": 5}, "val", "no train photos; they were taken from its validation photos"),
        ({"test": 12}, "test", "no train or validation photos; they were taken from its test photos"),
    ],
    ids=["val and test", "test alone"],
)
def test_without_train_photos_another_split_lends_them_and_it_is_said(photos, lender, words):
    deal = assign(plan(given(**photos), "splits"), SplitConfig())
    assert {split for split, _ in counted(deal)} == {"train", "val", "test"}
    assert words in deal.notes[0]
    kept = [example for example in deal.examples if not example.path.startswith(lender)]
    assert all(example.split == "test" for example in kept) and len(kept) == 10 * (len(photos) - 1)


def ignored(path, reason):
    return CleaningStep(path, None, None, "ignore", None, reason)


def test_the_reading_says_classes_splits_and_what_was_ignored():
    steps = [
        *given(train=12, test=5),
        ignored("test1/1.jpg", "No class."),
        ignored("a.csv", "No photo."),
        ignored("b", "No photo."),
    ]
    shape = replace(plan(steps, "splits"), notes=("No photos are in “extra”.",))
    assert describe(shape, SplitConfig()) == (
        "Read as: classes cats (17), dogs (17); train and test as given, validation taken from train. No photos are in “extra”."
    )
    assert describe_ignored(shape) == "Ignored: 1 .csv, 1 without an ending (No photo); 1 .jpg (No class)."
    assert (
        describe_ignored(plan([ignored("set/dogs", "A link to nothing.")]))
        == "Ignored: “set/dogs” (A link to nothing)."
    )
    assert "are not kept, because a random split is chosen" in describe(shape, SplitConfig(source="random"))


def test_the_reading_is_part_of_every_error_about_classes():
    steps = [step("cats", number) for number in range(9)]
    shape = replace(
        plan([*steps, ignored("dogs", "It is a link to something that is not there.")], class_names=("cats",))
    )
    with pytest.raises(
        PhotoError, match=r"Read as: class cats \(9\)\. Ignored: .*It is a link to something that is not there"
    ):
        assign(shape, SplitConfig())
    with pytest.raises(PhotoError, match=r"“dogs” has 0.*Read as: classes cats \(9\), dogs \(0\)"):
        assign(plan(steps), SplitConfig())
