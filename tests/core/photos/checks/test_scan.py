import json
import os
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
from photo_makers import encoded, picture, write_classes, write_photo
from PIL import Image

from core.jobs import pool
from core.jobs.job import Cancelled
from core.photos.checks import clean, likeness, scan
from core.photos.checks.overrules import LEAVE_OUT, Overrules
from core.photos.checks.scan import Issue
from core.photos.files import decode
from core.workspace import tables


def issues(folder, **options) -> dict[str, str | None]:
    return {check.path: check.issue for check in scan.scan(folder, **options).checks}


@pytest.mark.photos
def test_every_awkward_file_gets_the_action_and_issue_that_it_should(real_photos):
    folder = real_photos / "awkward"
    expected = json.loads((folder / "expected.json").read_text())
    steps = {step.path: step for step in clean.plan(scan.scan(folder)).steps}
    assert {name: (steps[name].action, steps[name].issue) for name in expected} == {
        name: (verdict["action"], verdict["issue"]) for name, verdict in expected.items()
    }
    assert all(step.reason.endswith(".") for step in steps.values() if step.issue or step.action == "ignore")


def test_copies_are_found_whatever_their_name_and_the_shortest_path_stays(tmp_path):
    for name in ("b.jpg", "a.jpg", "longer.jpg"):
        write_photo(tmp_path / "cats" / name, seed=1)
    assert issues(tmp_path) == {
        "cats/a.jpg": None,
        "cats/b.jpg": Issue.EXACT_DUPLICATE,
        "cats/longer.jpg": Issue.EXACT_DUPLICATE,
    }


@pytest.mark.parametrize("exact", [True, False], ids=["same bytes", "resized"])
def test_the_same_picture_in_two_classes_leaves_out_both(tmp_path, exact):
    write_classes(tmp_path, 4)
    write_photo(tmp_path / "cats" / "same.jpg", seed=77, height=96, width=128)
    size = {"height": 96, "width": 128} if exact else {"height": 72, "width": 96}
    write_photo(tmp_path / "dogs" / "same.jpg", seed=77, **size)
    found = {path: issue for path, issue in issues(tmp_path).items() if issue}
    assert found == {"cats/same.jpg": Issue.OTHER_CLASS, "dogs/same.jpg": Issue.OTHER_CLASS}


def test_the_near_duplicate_with_fewer_pixels_bears_the_issue_and_shares_the_group(tmp_path):
    write_classes(tmp_path, 4)
    write_photo(tmp_path / "cats" / "big.jpg", seed=77, height=96, width=128)
    write_photo(tmp_path / "cats" / "a.jpg", seed=77, height=72, width=96)
    checks = {check.path: check for check in scan.scan(tmp_path).checks}
    assert (checks["cats/big.jpg"].issue, checks["cats/a.jpg"].issue) == (None, Issue.NEAR_DUPLICATE)
    assert checks["cats/big.jpg"].group == checks["cats/a.jpg"].group != ""
    assert checks["cats/0.jpg"].group == ""


def test_a_converted_near_duplicate_keeps_its_issue_and_shares_the_group(tmp_path):
    write_photo(tmp_path / "cats" / "big.jpg", seed=77, height=96, width=128)
    (tmp_path / "cats" / "gif.jpg").write_bytes(encoded(picture(77), "GIF"))
    checks = {check.path: check for check in scan.scan(tmp_path).checks}
    assert checks["cats/gif.jpg"].issue == Issue.WRONG_EXTENSION
    assert checks["cats/gif.jpg"].group == checks["cats/big.jpg"].group != ""


def test_a_negative_is_no_duplicate(tmp_path):
    (tmp_path / "a.png").write_bytes(encoded(picture(3), "PNG"))
    (tmp_path / "b.png").write_bytes(encoded(255 - picture(3), "PNG"))
    assert set(issues(tmp_path).values()) == {None}


def test_dark_and_blurred_photos_are_named_but_used(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    (tmp_path / "dark.png").write_bytes(encoded(noise // 8, "PNG"))
    (tmp_path / "blurred.png").write_bytes(encoded(cv2.GaussianBlur(picture(5, 240, 320), (0, 0), 4), "PNG"))
    assert issues(tmp_path) == {"dark.png": Issue.VERY_DARK, "blurred.png": Issue.VERY_BLURRED}
    assert {step.action for step in clean.plan(scan.scan(tmp_path)).steps} == {"use"}


def test_a_decoder_that_crashes_costs_one_photo_and_is_tried_again(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    write_classes(tmp_path, 4)
    write_photo(tmp_path / "cats" / "crash.jpg", seed=500)
    first = issues(tmp_path, check="photo_makers:aborts_on_some")
    assert {path for path, issue in first.items() if issue} == {"cats/crash.jpg"}
    assert first["cats/crash.jpg"] == Issue.UNREADABLE
    assert issues(tmp_path)["cats/crash.jpg"] is None


def test_a_second_scan_decodes_only_what_changed(tmp_path, monkeypatch):
    write_classes(tmp_path, 4)
    first = scan.scan(tmp_path)
    seen = []
    run = pool.run
    monkeypatch.setattr(pool, "run", lambda function, tasks: seen.extend(tasks) or run(function, tasks))
    assert scan.scan(tmp_path).checks == first.checks
    assert seen == []
    changed = write_photo(tmp_path / "cats" / "0.jpg", seed=600)
    os.utime(changed, ns=(1, 1))
    assert scan.scan(tmp_path).checks != first.checks
    assert [task["path"] for task in seen] == [str(changed)]


def test_a_damaged_memory_costs_a_scan_and_no_more(tmp_path, workspace):
    write_classes(tmp_path / "photos", 2)
    first = scan.scan(tmp_path / "photos")
    (memory,) = (workspace / "scans").iterdir()
    memory.write_bytes(memory.read_bytes()[:300] + b"\xff,\0")
    assert scan.scan(tmp_path / "photos").checks == first.checks


def test_cancel_ends_the_children_and_keeps_what_was_learned(tmp_path, workspace):
    import psutil

    write_classes(tmp_path / "photos", 10)
    before = set(psutil.Process().children())

    def stop(stage, done, total):
        if done >= 5:
            raise Cancelled

    with pytest.raises(Cancelled):
        scan.scan(tmp_path / "photos", stop)
    assert set(psutil.Process().children()) <= before
    (memory,) = (workspace / "scans").iterdir()
    assert len(list(tables.csv_rows(memory))) >= 5


def test_progress_counts_every_photo(tmp_path):
    write_classes(tmp_path, 4)
    told = []
    scan.scan(tmp_path, lambda *event: told.append(event))
    assert [event for event in told if event[0] == "scanning"] == [("scanning", done, 8) for done in range(9)]


def test_hostile_names_survive_the_csv(tmp_path):
    folder = tmp_path / "cats"
    folder.mkdir()
    names = [b"a\r\nb,\"'.jpg", b"\xff\xfe.jpg", b"<script>.jpg", b"=cmd().jpg", b"x" * 251 + b".jpg"]
    for seed, name in enumerate(names):
        with open(os.fsencode(folder) + b"/" + name, "wb") as file:
            file.write(encoded(picture(seed)))
    first = scan.scan(tmp_path)
    assert {os.fsencode(check.path) for check in first.checks} == {b"cats/" + name for name in names}
    assert scan.scan(tmp_path).checks == first.checks
    assert all(check.issue is None for check in first.checks)


def test_an_empty_folder_can_be_scanned(tmp_path):
    assert scan.scan(tmp_path).checks == ()


def test_near_pairs_agree_with_counting_bit_by_bit():
    rng = np.random.default_rng(0)
    base = rng.integers(0, 256, (150, 32), dtype=np.uint8)
    base[100:] = base[:50] ^ np.packbits(rng.random((50, 256)) < 0.25, axis=1)
    bits = np.unpackbits(base, axis=1).astype(int)
    distance = np.abs(bits[:, None] - bits[None]).sum(2)
    expected = {(i, j) for i in range(150) for j in range(i + 1, 150) if distance[i, j] <= likeness.NEAR_BITS}
    found = likeness.near_pairs([row.tobytes().hex() for row in base])
    assert set(found) == expected and len(found) == len(expected) > 10


@pytest.mark.photos
def test_copies_of_real_photos_are_near_and_strangers_are_not(real_photos):
    paths = sorted((real_photos / "cats_vs_dogs_4000" / "test" / "cats").iterdir())[:60]
    originals, copies = [], []
    for path in paths:
        image = decode.decode(path)
        height, width = image.shape[:2]
        originals.append(likeness.perceptual_hash(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)))
        top, left = round(height * 0.02), round(width * 0.02)
        for copy in (
            cv2.resize(image, (width // 2, height // 2), interpolation=cv2.INTER_LINEAR),
            decode.decode(encoded(Image.fromarray(image), quality=30)),
            image[top : height - top, left : width - left],
        ):
            copies.append(likeness.perceptual_hash(cv2.cvtColor(copy, cv2.COLOR_RGB2GRAY)))
    assert likeness.near_pairs(originals) == []
    found = likeness.near_pairs(originals + copies)
    assert Counter(i for i, j in found if i < len(paths)) == dict.fromkeys(range(len(paths)), 3)


def test_no_issue_hides_another(tmp_path):
    folder = write_classes(tmp_path / "pets", num_per_class=2)
    dark = Image.fromarray(picture(50) // 12).convert("L")
    (folder / "cats" / "dark grey.jpg").write_bytes(encoded(dark, "PNG"))
    check = {check.path: check for check in scan.scan(folder).checks}["cats/dark grey.jpg"]
    assert check.issues == (Issue.WRONG_EXTENSION, Issue.NEEDS_CONVERSION, Issue.VERY_DARK)
    for word in ("PNG", "grayscale", "mean grey level"):
        assert word in check.reason


def test_copies_keep_what_else_is_said_of_them(tmp_path):
    folder = write_classes(tmp_path / "pets", num_per_class=2)
    dark = Image.fromarray(picture(50) // 12).convert("L")
    (folder / "cats" / "one.png").write_bytes(encoded(dark, "PNG"))
    (folder / "cats" / "other.png").write_bytes(encoded(dark, "PNG"))
    (folder / "cats" / "smaller.png").write_bytes(encoded(dark.resize((56, 42)), "PNG"))
    checks = {check.path: check for check in scan.scan(folder).checks}
    assert checks["cats/one.png"].issues == (Issue.NEEDS_CONVERSION, Issue.VERY_DARK)
    assert checks["cats/other.png"].issues == (Issue.EXACT_DUPLICATE, Issue.NEEDS_CONVERSION, Issue.VERY_DARK)
    assert checks["cats/smaller.png"].issues == (Issue.NEEDS_CONVERSION, Issue.NEAR_DUPLICATE, Issue.VERY_DARK)


def test_a_second_scan_remembers_every_issue(tmp_path):
    folder = write_classes(tmp_path / "pets", num_per_class=2)
    (folder / "cats" / "dark.png").write_bytes(encoded(Image.fromarray(picture(50) // 12).convert("L"), "PNG"))
    assert scan.scan(folder).checks == scan.scan(folder).checks


def test_an_issue_has_a_place_in_the_counts_whatever_else_is_wrong(tmp_path):
    folder = write_classes(tmp_path / "pets", num_per_class=2)
    (folder / "cats" / "dark.png").write_bytes(encoded(Image.fromarray(picture(50) // 12).convert("L"), "PNG"))
    cleaned = clean.plan(scan.scan(folder))
    assert cleaned.counts()["issues"] == {"needs conversion": 1, "very dark": 1}
    assert cleaned.counts()["converted"] == 1


def test_a_kind_is_left_out_where_another_issue_stands_before_it(tmp_path):
    folder = write_classes(tmp_path / "pets", num_per_class=2)
    (folder / "cats" / "dark.png").write_bytes(encoded(Image.fromarray(picture(50) // 12).convert("L"), "PNG"))
    decided = Overrules(kinds={Issue.VERY_DARK: LEAVE_OUT})
    step = {step.path: step for step in clean.plan(scan.scan(folder), decided).steps}["cats/dark.png"]
    assert (step.action, step.rule) == ("leave out", "convert")


def test_rows_of_a_version_that_wrote_one_issue_are_read(tmp_path):
    folder = write_classes(tmp_path / "pets", num_per_class=2)
    check = scan.scan(folder).checks[0]
    rows = tmp_path / "facts.csv"
    rows.write_text(tables.rows_to_csv([check]))
    (row,) = tables.csv_rows(rows)
    del row["also"]
    assert scan.check_from_row(row) == check
