import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.config import PhotosConfig, SplitConfig
from core.photos.cache import open_cache
from core.photos.dataset import Dataset, load
from core.photos.prepare import prepare


@pytest.fixture(scope="session")
def home_of_stripes_and_dots(tmp_path_factory) -> Path:
    """A workspace that holds one data set and its pixels, made once; it is copied, never used."""
    folder = tmp_path_factory.mktemp("stripes-and-dots")
    rng = np.random.default_rng(0)
    for class_name in ("cats", "dogs"):
        (folder / "photos" / class_name).mkdir(parents=True)
        for index in range(48):
            picture = rng.integers(60, 120, (40, 40, 3))
            shade = rng.integers(150, 255, 3)
            if class_name == "dogs":
                picture[:, rng.integers(4) :: 4] = shade
            else:
                picture[rng.integers(6) :: 6, rng.integers(6) :: 6] = shade
            path = folder / "photos" / class_name / f"{index}.png"
            Image.fromarray(picture.astype(np.uint8)).save(path)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ALEXNET_HOME", str(folder / "workspace"))
        dataset = prepare(PhotosConfig(source=str(folder / "photos")), SplitConfig())
        open_cache(dataset, 32, "squash", 3)
    return folder / "workspace"


@pytest.fixture
def stripes_and_dots(home_of_stripes_and_dots, workspace) -> Dataset:
    """A data set of 96 pictures that a small network tells apart: stripes are "dogs", dots are "cats"."""
    shutil.copytree(home_of_stripes_and_dots, workspace, dirs_exist_ok=True)
    (folder,) = (workspace / "datasets").glob("[!.]*")
    return load(folder.name)
