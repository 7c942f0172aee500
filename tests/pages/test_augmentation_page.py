"""Augmentation: what is shown comes from the functions that training calls."""

import io
from dataclasses import replace

import cv2
import numpy as np
import pytest
from fake_runs import make_dataset
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.config import AugmentConfig
from core.training.recipe import augment, batches
from pages.augmentation.state import AugmentationState
from pages.parts import preview as shown
from pages.parts.preview import Look


def pictures(app: AppTest) -> list[str]:
    """Addresses of all pictures on the page, which change with what they show."""
    return [image.value for image in app.get("image")]


def choose(app: AppTest, key: str, value) -> AppTest:
    app.radio(key=key).set_value(value).run()
    assert not app.exception
    return app


def photo_file(colour=(200, 30, 30)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (90, 60), colour).save(file, "PNG")
    return file.getvalue()


def test_the_preview_is_what_training_would_show(open_page, workspace, monkeypatch):
    """Whatever training's function returns is what is seen; and it is the very function."""
    make_dataset(workspace)
    assert shown.augment_batch is batches.augment_batch is augment.augment_batch
    calls, sheets = [], []

    def spy(images, config, rng, *more, **others):
        calls.append((len(images), config))
        return np.full_like(augment.augment_batch(images, config, rng, *more, **others), 77)

    encode = shown.pictures.encode
    monkeypatch.setattr(shown, "augment_batch", spy)
    monkeypatch.setattr(shown.pictures, "encode", lambda image, *more: sheets.append(image) or encode(image, *more))
    app = open_page("augmentation")
    app.slider(key="augment.shear_degrees").set_value(20.0).run()
    assert calls[-1] == (8, app.session_state.memory.draft.augment)  # as many training photos as there are
    assert calls[-1][1].shear_degrees == 20.0
    (side,) = {sheet.shape[1] for sheet in sheets}
    for sheet in sheets:  # originals on the left, on the right nothing but what the function gave
        right = sheet[:, side - (side - shown.GAP) // 2 :]
        photos = (right == 77).all(-1) | (right == shown.paper(False)).all(-1)
        assert photos.all() and not (sheet[:, : side // 3] == 77).all(-1).any()


@pytest.mark.parametrize("view", ["together", "alone"])
def test_pictures_that_the_next_change_replaces_come_with_the_page(open_page, workspace, view):
    """A file of their own would be gone when a browser that is still at the one before asks for it."""
    make_dataset(workspace)
    app = open_page("augmentation")
    app.session_state.memory.of(AugmentationState).view = view
    shown_now = [image.proto.imgs[0].url for image in app.run().get("image")]
    assert len(shown_now) >= 4
    assert all(url.startswith("data:image/") for url in shown_now)


def test_the_same_seed_shows_what_the_first_batch_of_that_epoch_shows():
    look = Look(None, "squash", 64, 3)
    config = AugmentConfig(rotation_degrees=20.0, horizontal_flip=True, brightness_fraction=0.3)
    sheets = shown.preview(config, look, 5, 2, False, None)
    before = shown.originals(None, "squash", 64, 3)
    after = augment.augment_batch(before, config, augment.rng_for(5, 2, 0))
    first = cv2.imdecode(np.frombuffer(sheets[0], np.uint8), cv2.IMREAD_COLOR_RGB)
    wanted = shown.on_screen(after[0])
    side = wanted.shape[0]
    assert np.abs(first[:side, -side:].astype(int) - wanted).mean() < 8  # a JPEG is near, not equal
    assert np.abs(first[:side, -side:].astype(int) - shown.on_screen(after[1])).mean() > 20
    shown.preview.clear()
    assert shown.preview(config, look, 5, 2, False, None) == sheets
    assert shown.preview(config, look, 6, 2, False, None) != sheets
    assert shown.preview(config, look, 5, 3, False, None) != sheets


def test_another_draw_shows_other_changes(open_page, workspace):
    make_dataset(workspace)
    app = open_page("augmentation")
    before = pictures(app)
    app.button(key="another-draw").click().run()
    assert len(before) == 4 and before != pictures(app)


def test_other_photos_show_the_next_twelve_and_come_round(workspace):
    dataset = make_dataset(workspace, num_per_split=14)
    first, second, third = (shown.originals(dataset.id, "squash", 32, 3, turn) for turn in range(3))
    assert len(first) == len(second) == 12
    assert not np.array_equal(first, second) and np.array_equal(first, third)


@pytest.mark.parametrize("group", ["geometry", "colour", "fill"])
def test_every_setting_has_its_field_in_one_group(open_page, group):
    app = choose(open_page("augmentation"), "augment-group", group)
    kinds = ("slider", "toggle", "number_input", "selectbox", "segmented_control")
    keys = {widget.key for kind in kinds for widget in app.get(kind)}
    wanted = {"geometry": "augment.shear_degrees", "colour": "augment.channel_shift", "fill": "augment.fill_mode"}
    assert {path for path in wanted.values() if path in keys} == {wanted[group]}


def test_a_field_changed_in_one_group_stays_when_another_is_opened(open_page):
    app = open_page("augmentation")
    app.slider(key="augment.shear_degrees").set_value(3.0).run()
    choose(app, "augment-group", "colour")
    choose(app, "augment-group", "geometry")
    assert app.slider(key="augment.shear_degrees").value == 3.0


def test_one_operation_is_shown_alone_through_trainings_function(open_page, workspace, monkeypatch):
    make_dataset(workspace)
    app = choose(open_page("augmentation", **{"augment.rotation_degrees": "30"}), "augment-view", "alone")
    assert len(pictures(app)) == 19  # every operation
    draws = []

    def spy(image, drawn, config, *more):
        draws.append(drawn)
        return augment.augment(image, drawn, config, *more)

    monkeypatch.setattr(shown, "augment", spy)
    app.selectbox(key="operation").set_value("rotation_degrees").run()
    assert [drawn.rotation_degrees for drawn in draws] == [-30, -15, 0, 15, 30]
    assert len(pictures(app)) == 5
    assert all(replace(drawn, rotation_degrees=0.0) == augment.Draw() for drawn in draws)


def test_a_setting_that_hurts_gets_a_warning_with_its_reason_and_a_button_that_mends_it(open_page):
    app = open_page("augmentation")
    app.toggle(key="augment.vertical_flip").set_value(True).run()
    assert "upright" in app.warning[0].value
    app.button(key="mend-0").click().run()
    assert not app.warning
    assert app.session_state.memory.draft.augment.vertical_flip is False
    assert app.toggle(key="augment.vertical_flip").value is False


def test_a_photo_of_ones_own_is_shown_until_one_goes_back(open_page, workspace):
    make_dataset(workspace)
    app = open_page("augmentation")
    before = pictures(app)
    app.session_state.memory.of(AugmentationState).own_photo = ("abc", np.full((60, 90, 3), 90, np.uint8))
    app.run()
    assert len(pictures(app)) == 7 and pictures(app)[-6:] != before  # itself, and six sheets of what becomes of it
    app.button(key="back-to-photos").click().run()
    assert pictures(app) == before


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("size", "channels"), [(32, 1), (227, 3), (320, 3)])
def test_networks_of_any_size_and_channels_can_be_looked_at(size, channels, dark):
    look, config = Look(None, "crop", size, channels), AugmentConfig(horizontal_flip=True)
    sheets = shown.preview(config, look, 0, 1, dark, None)
    strips = [shown.strip(config, name, look, dark, None)[0] for name in ("horizontal_flip", "shear_degrees")]
    for picture, columns in [*((sheet, 2) for sheet in sheets), *((strip, 3) for strip in strips)]:
        height, width = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_UNCHANGED).shape[:2]
        assert shown.LEAST_PIXELS <= (width + shown.GAP) // columns - shown.GAP <= shown.MOST_PIXELS
        assert height >= shown.LEAST_PIXELS


def test_a_photo_that_is_none_is_refused_in_words_and_a_good_one_taken(open_page):
    app = open_page("augmentation")
    visit = app.session_state.memory

    def drop(content: bytes):
        app.session_state.own = True  # the popover is open
        app.run()
        app.file_uploader(key="own-photo").set_value(("a [photo](x).png", content, "image/png")).run()

    drop(b"no photo at all")
    assert app.error and visit.of(AugmentationState).own_photo is None
    drop(photo_file())
    assert not app.error
    fingerprint, photo = app.session_state.memory.of(AugmentationState).own_photo
    assert photo.shape == (60, 90, 3) and len(fingerprint) == 64
