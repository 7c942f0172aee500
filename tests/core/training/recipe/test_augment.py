"""The fused warp and colour against independent arithmetic: scipy's affine, numpy's matrix product."""

import threading
from dataclasses import fields, replace

import cv2
import numpy as np
import pytest
from scipy import ndimage

from core.config import AugmentConfig, settings_of
from core.photos.files.decode import load
from core.training.recipe import augment

SIZE = 96
SCIPY_MODES = {"reflect": "reflect", "nearest": "nearest", "wrap": "grid-wrap", "constant": "grid-constant"}
GEOMETRY = {
    "shear": {"shear_degrees": 30.0},
    "zoom in": {"zoom_in_fraction": 0.6},
    "zoom out": {"zoom_out_fraction": 1.0},
    "aspect": {"aspect_fraction": 0.8},
    "rotation": {"rotation_degrees": 180.0},
    "shift sideways": {"width_shift_fraction": 0.7},
    "shift up and down": {"height_shift_fraction": 0.7},
    "crop anywhere": {"crop_anywhere": True, "zoom_in_fraction": 0.6},
    "flip left and right": {"horizontal_flip": True},
    "flip upside down": {"vertical_flip": True},
}
COLOUR = {
    "brightness_fraction": 0.5,
    "contrast_fraction": 0.5,
    "saturation_fraction": 0.5,
    "channel_gain_fraction": 0.4,
    "channel_shift": 25.0,
    "gray_probability": 0.3,
}
EVERYTHING = AugmentConfig(
    **{name: value for settings in GEOMETRY.values() for name, value in settings.items()},
    **COLOUR,
    erase_probability=0.5,
)


def photo(seed=0, size=SIZE, channels=3):
    """(size, size, channels) uint8 with the soft shapes and fine grain of a photo."""
    rng = np.random.default_rng(seed)
    soft = cv2.GaussianBlur(rng.normal(size=(size, size, channels)), (0, 0), 4).reshape(size, size, channels)
    grain = cv2.GaussianBlur(rng.normal(size=(size, size, channels)), (0, 0), 0.8).reshape(size, size, channels)
    return np.clip(128 + 60 * soft / soft.std() + 12 * grain / grain.std(), 0, 255).astype(np.uint8)


def scipy_warp(image, matrix, size, fill_mode, fill_value):
    """The same map by another library; scipy counts (row, column) where OpenCV counts (x, y)."""
    swapped, offset = matrix[::-1, 1::-1], matrix[::-1, 2]
    planes = [
        ndimage.affine_transform(
            image[..., channel].astype(float),
            swapped,
            offset,
            output_shape=(size, size),
            order=1,
            mode=SCIPY_MODES[fill_mode],
            cval=fill_value,
        )
        for channel in range(image.shape[2])
    ]
    return np.stack(planes, axis=-1)


def assert_equal_to_scipy(config, seeds):
    differences = []
    for seed in seeds:
        image, drawn = photo(seed % 5), augment.draw(config, np.random.default_rng(seed))
        picture = augment.augment(image, drawn, config)
        expected = scipy_warp(image, augment.matrix(drawn, SIZE, SIZE), SIZE, config.fill_mode, config.fill_value)
        differences.append(np.abs(picture - expected))
    assert np.mean(differences) <= 0.7
    assert np.percentile(differences, 99) <= 6


@pytest.mark.parametrize("fill_mode", SCIPY_MODES)
@pytest.mark.parametrize("settings", GEOMETRY.values(), ids=GEOMETRY)
def test_each_operation_alone_equals_scipy(settings, fill_mode):
    assert_equal_to_scipy(AugmentConfig(**settings, fill_mode=fill_mode, fill_value=40), range(4))


def test_200_random_mixtures_equal_scipy():
    rng = np.random.default_rng(7)
    for seed in range(200):
        settings = {}
        for name in rng.choice(list(GEOMETRY), rng.integers(2, 8), replace=False):
            settings |= {key: value if value is True else value * rng.random() for key, value in GEOMETRY[name].items()}
        assert_equal_to_scipy(AugmentConfig(**settings, fill_mode=str(rng.choice(list(SCIPY_MODES)))), [seed])


@pytest.mark.photos
def test_real_photos_equal_scipy_in_every_operation_and_mixture(real_photos):
    rng = np.random.default_rng(11)
    files = sorted((real_photos / "cats_vs_dogs_200px").rglob("*.jpg"))
    images = [load(files[index], 224, "squash") for index in rng.choice(len(files), 20, replace=False)]
    configs = [AugmentConfig(**settings, fill_mode=mode) for settings in GEOMETRY.values() for mode in SCIPY_MODES]
    everything = {name: value for settings in GEOMETRY.values() for name, value in settings.items()}
    configs += [AugmentConfig(**everything, fill_mode=mode) for mode in SCIPY_MODES]
    for number, config in enumerate(configs):
        image, drawn = images[number % len(images)], augment.draw(config, rng)
        expected = scipy_warp(image, augment.matrix(drawn, 224, 224), 224, config.fill_mode, config.fill_value)
        difference = np.abs(augment.augment(image, drawn, config) - expected)
        assert difference.mean() <= 0.7 and np.percentile(difference, 99) <= 6, config


@pytest.mark.parametrize("settings", GEOMETRY.values(), ids=GEOMETRY)
def test_each_operation_alone_moves_a_photo(settings):
    config = AugmentConfig(**settings)
    draws = [augment.draw(config, np.random.default_rng(seed)) for seed in range(4)]
    assert any(not np.array_equal(augment.augment(photo(), drawn, config), photo()) for drawn in draws)


@pytest.mark.parametrize("size", [SIZE, SIZE * 2 // 3])
def test_a_bright_dot_lands_where_the_matrix_sends_it(size):
    config = AugmentConfig(
        shear_degrees=20.0, zoom_in_fraction=0.4, aspect_fraction=0.3, rotation_degrees=40.0, horizontal_flip=True
    )
    rows, columns = np.mgrid[:SIZE, :SIZE]
    ys, xs = np.mgrid[:size, :size]
    rng = np.random.default_rng(3)
    for _ in range(40):
        x, y = rng.uniform(0.4 * SIZE, 0.6 * SIZE, 2)
        dot = 250 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * 2.5**2))
        drawn = augment.draw(config, rng)
        picture = augment.augment(np.rint(dot).astype(np.uint8)[..., None], drawn, config, size)[..., 0].astype(float)
        landed = np.array([(picture * xs).sum(), (picture * ys).sum()]) / picture.sum()
        sent = cv2.invertAffineTransform(augment.matrix(drawn, SIZE, size)) @ [x, y, 1]
        assert np.hypot(*(landed - sent)) <= 0.05


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [SIZE, SIZE - 1])
def test_zero_settings_change_no_pixel(size, channels):
    images = np.stack([photo(seed, size, channels) for seed in range(3)])
    pictures = augment.augment_batch(images, AugmentConfig(), np.random.default_rng(0))
    assert np.array_equal(pictures, images)
    assert not np.shares_memory(pictures, images)


@pytest.mark.parametrize("fill_mode", SCIPY_MODES)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [SIZE, SIZE - 1])
def test_flips_are_exact_to_the_pixel(size, channels, fill_mode):
    image, config = photo(1, size, channels), AugmentConfig(fill_mode=fill_mode)
    for flip_x, flip_y in [(True, False), (False, True), (True, True)]:
        expected = image[:: -1 if flip_y else 1, :: -1 if flip_x else 1]
        assert np.array_equal(augment.augment(image, augment.Draw(flip_x=flip_x, flip_y=flip_y), config), expected)


def test_flips_show_about_half_of_the_photos_mirrored():
    rng = np.random.default_rng(0)
    draws = [augment.draw(AugmentConfig(horizontal_flip=True, vertical_flip=True), rng) for _ in range(400)]
    for chosen in (
        np.mean([d.flip_x for d in draws]),
        np.mean([d.flip_y for d in draws]),
        np.mean([d.flip_x == d.flip_y for d in draws]),
    ):
        assert 0.4 < chosen < 0.6


def test_zoom_shows_a_window_of_the_side_that_was_asked_for():
    image = photo(2)
    drawn = augment.draw_from(AugmentConfig(zoom_in_fraction=0.5), [0.0] * augment.NUMBERS_PER_PHOTO)
    assert (drawn.side_x, drawn.side_y) == (0.5, 0.5)
    middle = image[SIZE // 4 : SIZE * 3 // 4, SIZE // 4 : SIZE * 3 // 4]
    assert np.array_equal(augment.augment(image, drawn, AugmentConfig(), SIZE // 2), middle)
    drawn = augment.draw_from(AugmentConfig(zoom_out_fraction=1.0), [1.0] * augment.NUMBERS_PER_PHOTO)
    assert (drawn.side_x, drawn.side_y) == (2, 2)


def test_a_zoomed_in_window_may_lie_anywhere_and_never_leaves_the_photo():
    config = AugmentConfig(zoom_in_fraction=0.7, crop_anywhere=True)
    rng = np.random.default_rng(0)
    corners = []
    for _ in range(300):
        drawn = augment.draw(config, rng)
        corners.append(augment.matrix(drawn, SIZE, SIZE) @ [[-0.5, SIZE - 0.5], [-0.5, SIZE - 0.5], [1, 1]] + 0.5)
    corners = np.array(corners) / SIZE
    assert corners.min() >= -1e-9 and corners.max() <= 1 + 1e-9
    assert corners.min() < 0.02 and corners.max() > 0.98


def test_shear_is_an_angle_and_keeps_the_middle_in_place():
    matrix = augment.matrix(augment.Draw(shear_degrees=45), SIZE, SIZE)
    assert matrix[:, :2] == pytest.approx(np.array([[1, 1], [0, 1]]))
    middle = (SIZE - 1) / 2
    assert matrix @ [middle, middle, 1] == pytest.approx([middle, middle])


def test_switching_one_setting_on_leaves_the_other_draws_as_they_were():
    changes = {
        "erase_fraction": 0.8,
        "fill_mode": "wrap",
        "fill_value": 3,
        "crop_anywhere": True,
        "horizontal_flip": False,
        "vertical_flip": True,
    }
    base = AugmentConfig(horizontal_flip=True, rotation_degrees=20.0, brightness_fraction=0.3, erase_probability=1.0)
    for field in fields(AugmentConfig):
        changed = replace(base, **{field.name: changes.get(field.name, 0.5)})
        one, two = np.random.default_rng(5), np.random.default_rng(5)
        first, second = augment.draw(base, one), augment.draw(changed, two)
        assert one.random() == two.random()
        if field.name != "rotation_degrees":
            assert second.rotation_degrees == first.rotation_degrees
        if field.name != "brightness_fraction":
            assert second.brightness == first.brightness
        if field.name not in ("erase_probability", "erase_fraction"):
            assert second.erase == first.erase


def test_the_same_generator_gives_the_same_pictures_and_another_gives_others():
    images = np.stack([photo(seed) for seed in range(4)])

    def pictures(*position):
        return augment.augment_batch(images, EVERYTHING, augment.rng_for(*position))

    assert np.array_equal(pictures(1, 2, 3), pictures(1, 2, 3))
    for other in [(2, 2, 3), (1, 3, 3), (1, 2, 4), (1, 3, 2), (1, 2, 3, 1)]:
        assert not np.array_equal(pictures(1, 2, 3), pictures(*other))


def test_threads_beside_each_other_give_the_same_pictures():
    images = np.stack([photo(seed) for seed in range(8)])
    alone = [augment.augment_batch(images, EVERYTHING, augment.rng_for(0, 0, step)) for step in range(4)]
    together = [None] * 4

    def work(step):
        together[step] = augment.augment_batch(images, EVERYTHING, augment.rng_for(0, 0, step))

    threads = [threading.Thread(target=work, args=(step,)) for step in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert np.array_equal(alone, together)


def test_a_read_only_batch_a_list_of_images_and_a_given_output_give_the_same_pictures():
    images = np.stack([photo(seed) for seed in range(3)])
    images.flags.writeable = False
    before = images.copy()
    expected = augment.augment_batch(images, EVERYTHING, np.random.default_rng(0))
    out = np.zeros_like(expected)
    assert augment.augment_batch(list(images), EVERYTHING, np.random.default_rng(0), out=out) is out
    assert np.array_equal(out, expected)
    assert np.array_equal(images, before)


def test_one_channel_photos_keep_one_channel():
    images = np.stack([photo(seed, channels=1) for seed in range(6)])
    assert augment.augment_batch(images, EVERYTHING, np.random.default_rng(0)).shape == images.shape
    assert augment.augment_batch(images, EVERYTHING, np.random.default_rng(0), 40).shape == (6, 40, 40, 1)
    drawn = augment.Draw(brightness=1.2, contrast=0.5, saturation=0.0, gray=True)
    picture = augment.augment(images[0], drawn, AugmentConfig())
    expected = np.clip(128 + 0.5 * (1.2 * images[0].astype(float) - 128), 0, 255)
    assert np.abs(picture - expected).max() <= 1


@pytest.mark.parametrize("size", [SIZE // 2, 60, 80])
def test_a_smaller_size_without_settings_is_the_picture_that_validation_sees(size):
    picture = augment.augment_batch([photo()], AugmentConfig(), np.random.default_rng(0), size)[0]
    assert np.array_equal(picture, cv2.resize(photo(), (size, size), interpolation=cv2.INTER_AREA))


@pytest.mark.parametrize("size", [30, 60])
def test_a_smaller_size_averages_instead_of_skipping_pixels(size):
    config = AugmentConfig(rotation_degrees=30.0, shear_degrees=10.0)
    image = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 1), np.uint8)
    drawn = augment.draw(config, np.random.default_rng(1))
    samples = 8
    fine = scipy_warp(image, augment.matrix(drawn, SIZE, size * samples), size * samples, "reflect", 0)
    expected = fine.reshape(size, samples, size, samples).mean((1, 3))
    picture = augment.augment(image, drawn, config, size)[..., 0]
    skipped = scipy_warp(image, augment.matrix(drawn, SIZE, size), size, "reflect", 0)[..., 0]
    assert np.abs(picture - expected).mean() < 0.75 * np.abs(skipped - expected).mean()


def test_the_size_of_the_picture_does_not_change_what_is_shown():
    drawn = augment.draw(EVERYTHING, np.random.default_rng(0))
    for x, y in [(0, 0), (1, 0), (0.3, 0.8)]:
        small = augment.matrix(drawn, SIZE, 32) @ [x * 32 - 0.5, y * 32 - 0.5, 1]
        large = augment.matrix(drawn, SIZE, 200) @ [x * 200 - 0.5, y * 200 - 0.5, 1]
        assert small == pytest.approx(large)


def step_by_step(image, drawn):
    """The colour settings one after another in floating point."""
    grey = np.array([0.299, 0.587, 0.114])
    colours = image.astype(float) * drawn.brightness
    colours = 128 + drawn.contrast * (colours - 128)
    luma = (colours @ grey)[..., None]
    colours = luma + drawn.saturation * (colours - luma)
    colours = 128 + np.array(drawn.channel_gains) * (colours - 128) + np.array(drawn.channel_shifts)
    if drawn.gray:
        colours = np.repeat((colours @ grey)[..., None], 3, axis=-1)
    return np.clip(colours, 0, 255)


def test_colours_equal_the_settings_one_after_another():
    rng = np.random.default_rng(0)
    for seed in range(40):
        drawn = augment.draw(AugmentConfig(**COLOUR), rng)
        picture = augment.augment(photo(seed % 5), drawn, AugmentConfig())
        assert np.abs(picture - step_by_step(photo(seed % 5), drawn)).max() <= 1.5


def test_colours_at_their_extremes_stay_within_a_level():
    for number in (0.0, 1.0):
        config = AugmentConfig(
            brightness_fraction=1.0,
            contrast_fraction=1.0,
            saturation_fraction=1.0,
            channel_gain_fraction=1.0,
            channel_shift=255.0,
        )
        drawn = augment.draw_from(config, [number] * augment.NUMBERS_PER_PHOTO)
        assert np.abs(augment.augment(photo(), drawn, config) - step_by_step(photo(), drawn)).max() <= 1.5


def test_grey_photos_have_three_equal_channels_whatever_else_is_on():
    drawn = augment.draw(AugmentConfig(**COLOUR | {"gray_probability": 1.0}), np.random.default_rng(0))
    picture = augment.augment(photo(), drawn, AugmentConfig())
    assert np.array_equal(picture, np.repeat(picture[..., :1], 3, axis=-1))


def test_erasing_greys_one_square_inside_the_picture_and_nothing_else():
    config = AugmentConfig(erase_probability=1.0)
    rng, image = np.random.default_rng(0), photo(4)
    sides = []
    for _ in range(100):
        drawn = augment.draw(config, rng)
        picture = augment.augment(image, drawn, config)
        changed = np.argwhere((picture != image).any(-1))
        (top, left), (bottom, right) = changed.min(0), changed.max(0) + 1
        side = max(bottom - top, right - left)
        sides.append(side)
        assert (picture[top:bottom, left:right] == 128).all()
        assert side == pytest.approx(drawn.erase[0] * SIZE, abs=2)
    assert min(sides) < 0.2 * SIZE and max(sides) > 0.36 * SIZE and max(sides) <= 0.4 * SIZE + 1


def test_shares_of_photos_follow_their_probabilities():
    config = AugmentConfig(gray_probability=0.2, erase_probability=0.7)
    rng = np.random.default_rng(0)
    draws = [augment.draw(config, rng) for _ in range(1000)]
    assert np.mean([d.gray for d in draws]) == pytest.approx(0.2, abs=0.05)
    assert np.mean([d.erase is not None for d in draws]) == pytest.approx(0.7, abs=0.05)


def test_anything_but_square_bytes_is_refused():
    for wrong in (np.zeros((8, 9, 3), np.uint8), np.zeros((8, 8, 3), np.float32), np.zeros((8, 8), np.uint8)):
        with pytest.raises(ValueError, match="received"):
            augment.augment(wrong, augment.Draw(), AugmentConfig())


@pytest.mark.parametrize(
    ("old_name", "setting", "trap"),
    [
        ("rotation_range", "rotation_degrees", "full turns"),
        ("width_shift_range", "width_shift_fraction", "pixels"),
        ("height_shift_range", "height_shift_fraction", "pixels"),
        ("brightness_range", "brightness_fraction", "nearly black"),
        ("shear_range", "shear_degrees", "in degrees"),
        ("zoom_range", "zoom_in_fraction", "width and height apart"),
        ("zoom_range", "zoom_out_fraction", "above 1 zoomed out"),
        ("channel_shift_range", "channel_shift", "0.2 did nothing"),
        ("fill_mode", "fill_mode", "smears"),
        ("cval", "fill_value", "black corners"),
        ("horizontal_flip", "horizontal_flip", "letters"),
        ("vertical_flip", "vertical_flip", "draws once for both"),
    ],
)
def test_keras_old_arguments_stand_in_the_help_with_their_trap(old_name, setting, trap):
    help_text = next(one.help for one in settings_of(AugmentConfig) if one.path == setting)
    assert old_name in help_text and trap in help_text
