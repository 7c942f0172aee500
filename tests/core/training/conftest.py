import numpy as np
import pytest
from PIL import Image

from core.config import PhotosConfig, SplitConfig


@pytest.fixture
def stripes_and_dots(tmp_path, workspace):
    """A data set of 96 pictures that a small network tells apart: stripes are "dogs", dots are "cats"."""
    from core.photos.cache import open_cache
    from core.photos.prepare import prepare

    rng = np.random.default_rng(0)
    for class_name in ("cats", "dogs"):
        (tmp_path / "photos" / class_name).mkdir(parents=True)
        for index in range(48):
            picture = rng.integers(60, 120, (40, 40, 3))
            shade = rng.integers(150, 255, 3)
            if class_name == "dogs":
                picture[:, rng.integers(4) :: 4] = shade
            else:
                picture[rng.integers(6) :: 6, rng.integers(6) :: 6] = shade
            path = tmp_path / "photos" / class_name / f"{index}.png"
            Image.fromarray(picture.astype(np.uint8)).save(path)
    dataset = prepare(PhotosConfig(source=str(tmp_path / "photos")), SplitConfig())
    open_cache(dataset, 32, "squash", 3)
    return dataset
