from photo_makers import write_classes, write_photo

from core.config import PhotosConfig, SplitConfig
from core.photos.checks import statistics
from core.photos.checks.scan import ImageCheck, Issue
from core.photos.prepare import prepare as prepare_dataset


def check(height=60, width=80, brightness=100.0, **more):
    return ImageCheck(
        "a.jpg", "cats", None, 10, 0, "JPEG", "RGB", height, width, "0" * 64, "f" * 64, brightness, **more
    )


def test_every_value_is_in_one_bin_and_values_on_an_edge_count_above_it():
    found = statistics.histogram([1, 10, 10, 19.9, 500], (0, 10, 20, 30))
    assert (found.edges, found.counts, found.total) == ((0, 10, 20, 30), (1, 3, 1), 5)


def test_empty_bins_at_the_ends_are_cut_off_and_nothing_is_an_empty_histogram():
    assert statistics.histogram([11, 12], (0, 10, 20, 30)) == statistics.Histogram((10, 20), (2,))
    assert statistics.histogram([], (0, 10)).total == 0


def test_photos_without_pixels_have_no_size_and_no_brightness():
    broken = ImageCheck("b.jpg", "cats", None, 10, 0, height=4000, width=4000, issue=Issue.TRUNCATED)
    for counted in (statistics.shorter_sides, statistics.aspects, statistics.brightnesses):
        assert counted([check(), broken]).total == 1
    assert statistics.size_sentence([broken], 224) == statistics.brightness_sentence([broken])


def test_balanced_classes_are_said_to_be_and_others_with_what_guessing_gives():
    balanced = {"train": {"Cats": 500, "dogs": 600}, "test": {"Cats": 500, "dogs": 400}}
    assert statistics.balance_sentence(balanced) == "Cats and dogs are balanced: 1,000 and 1,000"
    skewed = {"train": {"cats": 900, "dogs": 100}}
    assert statistics.balance_sentence(skewed) == (
        "cats and dogs are not balanced: 900 and 100. Always answering “cats” would be right in 90.0 %"
    )


def test_sizes_are_said_beside_what_the_network_sees():
    said = statistics.size_sentence([check(60, 320), check(320, 320)], 224)
    assert said == (
        "Photos are 60 to 320 pixels high and 320 wide; the network sees 224 × 224; 1 has a shorter side and will be enlarged"
    )


def test_brightness_is_said_by_its_middle_and_its_ends():
    said = statistics.brightness_sentence([check(brightness=level) for level in (30.0, 90.0, 200.0)])
    assert said == "Half of the photos are brighter than grey level 90 of 255; the darkest has 30, the brightest 200"


def prepare(folder):
    return prepare_dataset(PhotosConfig(str(folder)), SplitConfig())


def test_a_prepared_data_set_keeps_what_the_scan_measured(tmp_path):
    folder = write_classes(tmp_path / "pets", 8)
    (folder / "cats" / "broken.jpg").write_bytes(b"")
    made = prepare(folder)
    facts = made.facts()
    assert set(facts) == {step.path for step in made.steps()}
    fine, broken = facts["cats/0.jpg"], facts["cats/broken.jpg"]
    assert (fine.height, fine.width, fine.format, fine.issue, fine.split) == (48, 64, "JPEG", None, None)
    assert fine.brightness > 0 and isinstance(fine.num_bytes, int) and len(fine.perceptual_hash) == 64
    assert broken.issue is Issue.UNREADABLE


def test_facts_of_a_name_that_is_no_text_come_back(tmp_path):
    folder = write_classes(tmp_path / "pets", 8)
    name = b'\xff\n"q".jpg'.decode("utf-8", "surrogateescape")
    write_photo(folder / "cats" / name, 77)
    assert f"cats/{name}" in prepare(folder).facts()


def test_missing_or_damaged_facts_are_empty_until_the_folder_is_prepared_again(tmp_path):
    folder = write_classes(tmp_path / "pets", 8)
    made = prepare(folder)
    whole = made.facts()
    made.facts_path.write_text("path,height\nx,tall\n")
    assert made.facts() == {}
    made.facts_path.unlink()
    assert made.facts() == {}
    again = prepare(folder)
    assert (again.id, again.created, again.facts()) == (made.id, made.created, whole)
