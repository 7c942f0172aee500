import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def pets(tmp_path):
    """Two classes of 16 pictures, dark ones and light ones, and a file that is no picture."""
    rng = np.random.default_rng(0)
    for class_name, shade in (("cats", 60), ("dogs", 190)):
        (tmp_path / "pets" / class_name).mkdir(parents=True)
        for index in range(16):
            blobs = rng.integers(-50, 50, (8, 8, 3)) + shade
            picture = Image.fromarray(blobs.astype(np.uint8)).resize((48, 48))
            picture.save(tmp_path / "pets" / class_name / f"{index}.png")
    (tmp_path / "pets" / "cats" / "<b>notes.jpg").write_text("not a picture")
    return tmp_path / "pets"
