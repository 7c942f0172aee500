from collections import Counter

import pytest

from core.bench import photos
from core.bench.world import World
from core.photos.checks import scan


@pytest.mark.slow
def test_the_rows_of_the_scan_hold_together_on_a_few_photos(monkeypatch):
    monkeypatch.setattr(photos, "NUM_PHOTOS", 2_000)
    monkeypatch.setattr(photos, "NUM_FEW", 200)
    monkeypatch.setattr(photos, "NUM_DRAWINGS", 12)
    with World() as world:
        rows = {result.row: result for result in photos.scan(world)}
    assert list(rows) == [
        "scan_photos_per_core",
        "scan_vs_pillow_verify",
        "scan_memory",
        "rescan_seconds",
        "near_duplicates_seconds",
    ]
    assert all(result.value > 0 for result in rows.values())
    assert rows["near_duplicates_seconds"].at_most and not rows["scan_photos_per_core"].at_most
    ratios = {row: result.measured[1] for row, result in rows.items() if result.measured}
    assert ratios == {
        "scan_photos_per_core": "photos/s",
        "rescan_seconds": "seconds",
        "near_duplicates_seconds": "seconds",
    }
    assert all(rows[row].unit == "x" for row in ratios)


@pytest.mark.slow
def test_of_a_hundred_photos_four_are_defects(tmp_path, monkeypatch):
    monkeypatch.setattr(photos, "NUM_DRAWINGS", 12)
    photos.write_photos(tmp_path, 200)
    issues = Counter(check.issue for check in scan.scan(tmp_path).checks)
    assert issues[scan.Issue.TRUNCATED] == issues[scan.Issue.WRONG_EXTENSION] == 2
    assert issues[scan.Issue.NEEDS_CONVERSION] == 2 and issues[scan.Issue.EXACT_DUPLICATE] == 1
