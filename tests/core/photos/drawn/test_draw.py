"""Drawn pets are the same for the same seed, varied, honest (only shape tells), and folders of them survive anything."""

import errno
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from core.errors import PhotoError
from core.jobs.job import Cancelled
from core.photos.checks import scan
from core.photos.drawn.draw import ANIMALS, contact_sheet, draw, draw_folder, draw_some
from core.workspace.folders import PROJECT


def pixels(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture, dtype=np.int16)


def files(folder) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("animal", ANIMALS)
def test_the_same_arguments_draw_the_same_pixels(animal):
    first = draw(animal, 3, seed=1, size=96)
    draw(animal, 4, seed=1, size=96)
    assert first.tobytes() == draw(animal, 3, seed=1, size=96).tobytes()


@pytest.mark.parametrize("other", [("cats", 1, 0), ("cats", 0, 1), ("dogs", 0, 0)], ids=["index", "seed", "animal"])
def test_another_index_seed_or_animal_draws_another_picture(other):
    animal, index, seed = other
    difference = np.abs(pixels(draw("cats", 0, 0, 64)) - pixels(draw(animal, index, seed, 64)))
    assert difference.mean() > 10


@pytest.mark.parametrize("size", [32, 100, 256, 800])
def test_a_drawing_is_a_square_rgb_picture_of_the_size_asked_for(size):
    picture = draw("rabbits", 0, size=size)
    assert (picture.mode, picture.size) == ("RGB", (size, size))


@pytest.mark.parametrize("animal", ANIMALS)
def test_every_one_of_many_drawings_shows_something_in_fair_light(animal):
    for index in range(60):
        grey = np.asarray(draw(animal, index, seed=5, size=48).convert("L"))
        assert grey.std() > 6, index
        assert 25 < grey.mean() < 240, index


def test_a_folder_of_small_drawings_is_not_taken_for_one_of_large_ones(tmp_path):
    folder = draw_folder(tmp_path / "pets", ("cats",), 2, size=48)
    assert {Image.open(path).size for path in folder.rglob("*.jpg")} == {(48, 48)}
    draw_folder(folder, ("cats",), 2, size=64)
    assert {Image.open(path).size for path in folder.rglob("*.jpg")} == {(64, 64)}


@pytest.mark.slow
def test_no_two_of_many_drawings_look_alike():
    small = np.stack([pixels(draw(ANIMALS[i % 3], i, size=32)).ravel() for i in range(90)])
    difference = np.abs(small[:, None] - small[None]).mean(axis=2)
    assert difference[~np.eye(len(small), dtype=bool)].min() > 8


@pytest.mark.parametrize(
    ("arguments", "received"),
    [(("cows", 0), "cows"), (("cats", -1), "-1"), (("cats", 0, 0, 16), "16")],
    ids=["unknown animal", "negative index", "too small"],
)
def test_what_cannot_be_drawn_is_said(arguments, received):
    with pytest.raises(PhotoError, match=received):
        draw(*arguments)


def test_a_contact_sheet_shows_the_animals_in_turn():
    sheet = contact_sheet(("cats", "dogs"), columns=3, rows=2, seed=2)
    assert sheet.size == (3 * 166 + 6, 2 * 166 + 6)
    expected = [("cats", 0), ("dogs", 0), ("cats", 1), ("dogs", 1), ("cats", 2), ("dogs", 2)]
    for cell, (animal, index) in enumerate(expected):
        left, top = 6 + cell % 3 * 166, 6 + cell // 3 * 166
        picture = draw(animal, index, 2).resize((160, 160), Image.Resampling.LANCZOS)
        assert sheet.crop((left, top, left + 160, top + 160)).tobytes() == picture.tobytes()


@pytest.fixture(scope="module")
def cats_and_dogs() -> tuple[np.ndarray, np.ndarray]:
    """720 drawings (N, 64, 64, 3) uint8, cats and dogs in turn, and labels (N,) of -1 and 1."""
    images = np.stack([np.asarray(draw(("cats", "dogs")[i % 2], i // 2, seed=9, size=64)) for i in range(720)])
    return images, np.where(np.arange(720) % 2, 1.0, -1.0)


def linear_accuracy(features: np.ndarray, labels: np.ndarray, num_train: int = 480) -> float:
    """Test accuracy of the best ridge classifier, its strength chosen on the test set itself: kinder than fair."""
    features = (features - features[:num_train].mean(axis=0)) / (features[:num_train].std(axis=0) + 1e-9)
    train, test = features[:num_train], features[num_train:]
    kernel = train @ train.T
    best = 0.0
    for strength in (1e-3, 1e-2, 1e-1, 1.0, 10.0):
        dual = np.linalg.solve(kernel + strength * np.trace(kernel) / num_train * np.eye(num_train), labels[:num_train])
        best = max(best, float(np.mean(np.sign(test @ (train.T @ dual)) == labels[num_train:])))
    return best


@pytest.mark.slow
def test_pixels_at_32x32_do_not_tell_cats_from_dogs(cats_and_dogs):
    images, labels = cats_and_dogs
    small = images.reshape(len(images), 32, 2, 32, 2, 3).mean(axis=(2, 4)).reshape(len(images), -1)
    assert linear_accuracy(small, labels) < 0.68


@pytest.mark.slow
def test_colours_do_not_tell_cats_from_dogs(cats_and_dogs):
    images, labels = cats_and_dogs
    bins = images.astype(int) // 32
    codes = (bins[..., 0] * 64 + bins[..., 1] * 8 + bins[..., 2]).reshape(len(images), -1)
    histograms = np.stack([np.bincount(row, minlength=512) for row in codes])
    assert linear_accuracy(np.sqrt(histograms), labels) < 0.68


def test_a_folder_holds_one_sub_folder_a_class_of_whole_jpegs(tmp_path):
    seen = []
    folder = draw_folder(tmp_path / "pets", ("rabbits", "cats"), 12, 3, lambda *step: seen.append(step))
    assert folder == tmp_path / "pets"
    assert set(files(folder)) == {f"{a}s/{a}.{i}.jpg" for a in ("rabbit", "cat") for i in range(12)}
    assert {stage for stage, _, _ in seen} == {"drawing"}
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)
    assert (seen[0][1:], seen[-1][1:]) == ((0, 24), (24, 24))
    with Image.open(folder / "cats" / "cat.5.jpg") as picture:
        assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (256, 256))
        assert picture.info["comment"] == b"Drawn pet, not a photo: cats 5, seed 3, version 1."
        assert np.abs(pixels(picture) - pixels(draw("cats", 5, 3))).mean() < 5


@pytest.mark.slow
def test_the_scan_finds_nothing_wrong_with_drawn_pets(tmp_path):
    checks = scan.scan(draw_folder(tmp_path / "pets", ("cats", "dogs"), 30)).checks
    assert len(checks) == 60
    assert [check for check in checks if check.issue] == []


def test_a_complete_folder_is_reused_and_a_larger_one_goes_on_from_it(tmp_path):
    folder = draw_folder(tmp_path / "pets", ("cats", "dogs"), 3)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.jpg")}
    seen = []
    draw_folder(folder, ("cats", "dogs"), 3, report=lambda *step: seen.append(step))
    assert seen == [("drawing", 6, 6)]
    draw_folder(folder, ("cats", "dogs"), 4)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(files(folder)) == 8


def test_a_broken_a_missing_and_a_foreign_drawing_are_drawn_anew(tmp_path):
    folder = draw_folder(tmp_path / "pets", ("cats",), 4)
    whole = files(folder)
    half, missing, foreign = (folder / "cats" / f"cat.{index}.jpg" for index in range(3))
    half.write_bytes(half.read_bytes()[:2000])
    missing.unlink()
    foreign.write_bytes((folder / "cats" / "cat.3.jpg").read_bytes())
    draw_folder(folder, ("cats",), 4)
    assert files(folder) == whole
    draw_folder(folder, ("cats",), 4, seed=1)
    assert all(files(folder)[name] != content for name, content in whole.items())


@pytest.mark.slow
def test_a_cancel_leaves_whole_drawings_only_and_the_next_call_goes_on(tmp_path):
    def cancel(stage, done, total):
        if done:
            raise Cancelled

    with pytest.raises(Cancelled):
        draw_folder(tmp_path / "pets", ("cats", "dogs"), 40, report=cancel)
    left = list((tmp_path / "pets").rglob("*.*"))
    assert 0 < len(left) < 80
    assert all(path.name.startswith(("cat.", "dog.")) and path.read_bytes()[-2:] == b"\xff\xd9" for path in left)
    seen = []
    draw_folder(tmp_path / "pets", ("cats", "dogs"), 40, report=lambda *step: seen.append(step))
    assert seen[0] == ("drawing", len(left), 80)
    assert len(files(tmp_path / "pets")) == 80


@pytest.mark.parametrize("stranger", ["holiday.jpg", "cats/holiday.jpg", "dogs/dog.0.jpg", "cats/cat.2.jpg"])
def test_a_folder_with_other_things_in_it_is_refused_and_left_alone(tmp_path, stranger):
    path = tmp_path / "mine" / stranger
    path.parent.mkdir(parents=True)
    path.write_bytes(b"mine")
    name = stranger.split("/")[0] if stranger.startswith("dogs") else stranger
    with pytest.raises(PhotoError, match=f"“{name}”"):
        draw_folder(tmp_path / "mine", ("cats",), 2)
    assert files(tmp_path / "mine") == {stranger: b"mine"}


@pytest.mark.parametrize(
    ("animals", "number", "received"),
    [((), 2, "none"), (("cats", "cows"), 2, "cows"), (("cats", "cats"), 2, "cats, cats"), (("cats",), 0, "0")],
    ids=["no animal", "unknown animal", "twice the same", "no drawings"],
)
def test_a_folder_that_makes_no_sense_is_refused(tmp_path, animals, number, received):
    with pytest.raises(PhotoError, match=f"received “?{received}"):
        draw_folder(tmp_path / "pets", animals, number)
    assert not (tmp_path / "pets").exists()


def test_a_disk_that_refuses_is_said_with_its_reason(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(PhotoError, match="Not a directory"):
        draw_folder(tmp_path / "file" / "pets", ("cats",), 2)
    task = {"folder": str(tmp_path / "gone"), "drawings": [["cats", 0]], "seed": 0, "size": 64, "token": "0"}
    assert draw_some(task) == {"errno": errno.ENOENT, "error": "No such file or directory"}


@pytest.mark.slow
def test_drawing_does_not_run_the_callers_script_again(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from core.photos.drawn.draw import draw_folder\n"
        "print('here')\n"
        f"draw_folder({str(tmp_path / 'pets')!r}, ('cats', 'dogs'), 15)\n"
    )
    environment = {"PYTHONPATH": str(PROJECT), "PATH": ""}
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, env=environment, timeout=300)
    assert (done.returncode, done.stdout) == (0, "here\n"), done.stderr
    assert len(files(tmp_path / "pets")) == 30
