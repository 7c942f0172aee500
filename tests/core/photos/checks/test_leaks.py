from dataclasses import replace

from core.photos.checks import leaks
from core.photos.checks.clean import CleaningStep
from core.photos.checks.scan import Issue

COUNTS = {split: {"cats": number, "dogs": number} for split, number in (("train", 10), ("val", 5), ("test", 5))}


def photo(name, number, issue=None, action="use", **options):
    return CleaningStep(f"{name}/{number}.jpg", name, None, action, issue, "", f"{name} {number}", **options)


def folder(changed=()):
    steps = {(name, number): photo(name, number) for name in ("cats", "dogs") for number in range(20)}
    return [changed.get(key, step) for key, step in steps.items()] if changed else list(steps.values())


def test_a_clean_folder_leaks_nothing():
    found = leaks.count(folder(), COUNTS)
    assert (found.num_photos, found.num_test, found.num_val) == (40, 10, 10)
    assert (found.num_replaced, found.test_in_train, found.val_in_train) == (0,) * 3


def test_a_copy_in_the_place_of_a_broken_test_photo_is_mostly_one_that_was_learned():
    broken = {("cats", n): photo("cats", n, Issue.TRUNCATED, "leave out") for n in range(15, 20)}
    leaked = [leaks.count(folder(broken), COUNTS, seed).test_in_train for seed in range(40)]
    # of the 15 photos that can be copied 10 are training photos, so 5 copies leak 10/3 on average
    assert abs(sum(leaked) / 40 - 10 / 3) < 0.6
    found = leaks.count(folder(broken), COUNTS)
    assert (found.num_replaced, found.num_rescued, found.test_in_train_without_copies) == (5, 0, 0)


def test_photos_that_converting_keeps_are_counted():
    wrong = {("dogs", 3): photo("dogs", 3, Issue.WRONG_EXTENSION, "convert")}
    assert leaks.count(folder(wrong), COUNTS).num_rescued == 1
    wrong = {("dogs", 3): photo("dogs", 3, Issue.WRONG_EXTENSION, "leave out", rule="convert")}
    assert leaks.count(folder(wrong), COUNTS).num_rescued == 1


def test_duplicates_of_the_folder_leak_by_themselves():
    exact = replace(photo("cats", 18, Issue.EXACT_DUPLICATE, "leave out", twin="cats/0.jpg"), sha256="cats 0")
    near = photo("dogs", 12, Issue.NEAR_DUPLICATE, group="g", twin="dogs/1.jpg")
    other = photo("dogs", 19, Issue.OTHER_CLASS, "leave out", twin="cats/2.jpg")
    changed = {("cats", 18): exact, ("dogs", 12): near, ("dogs", 19): other, ("dogs", 1): photo("dogs", 1, group="g")}
    found = leaks.count(folder(changed), COUNTS)
    assert (found.test_in_train, found.val_in_train, found.test_in_train_without_copies) == (2, 1, 2)


def test_files_are_cut_by_their_numbers_not_by_the_alphabet():
    twins = {("cats", 9): photo("cats", 9, group="g"), ("cats", 10): photo("cats", 10, Issue.NEAR_DUPLICATE, group="g")}
    found = leaks.count(folder(twins), COUNTS)
    assert (found.val_in_train, found.test_in_train) == (1, 0)


def test_the_splits_of_a_folder_are_its_cut():
    steps = [
        replace(photo("cats", n), split="test" if n else "train", sha256="same" if n < 2 else str(n)) for n in range(4)
    ]
    assert leaks.count(steps, COUNTS).test_in_train == 1


def test_files_that_are_no_photos_by_name_and_empty_folders_count_for_nothing():
    note = CleaningStep("note.txt", None, None, "ignore", None, "")
    assert leaks.count([note], {}).num_photos == 0
