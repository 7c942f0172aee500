"""Names that try to be more than text, as folders and files of a data set."""

from pathlib import Path

import numpy as np
from PIL import Image

BYTES = b"caf\xe9 \xff".decode("utf-8", "surrogateescape")
NAMES = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)<",
    "\"quoted\" 'twice' `code`",
    "two\nlines\r\tand a tab",
    "[link](https:⁄⁄example.org) ![picture](x)",
    ":smile: :red[x] $x^2$ **bold** www.example.org",
    "\u202egpj.exe",
    "שלום عربى",
    "👩‍👩‍👧 🐈",
    BYTES,
    "{{x}} %s %(a)s {0} <svg onload=alert(1)> &amp;",
)
CLASSES = ("<b>cats<i> & \"'", "dogs\n[x](y) :smile:", BYTES)


def write_hostile(folder: Path) -> Path:
    """A folder of such classes with such files, one that is as long as a name can be, and one that is broken."""
    for position, class_name in enumerate(CLASSES):
        (folder / class_name).mkdir(parents=True)
        for index, name in enumerate((*NAMES, "x" * 251)):
            rng = np.random.default_rng(100 * position + index)
            blobs = Image.fromarray(rng.integers(0, 255, (16, 16, 3), dtype=np.uint8))
            blobs.resize((64, 48)).save(folder / class_name / f"{name}.jpg", "JPEG")
        (folder / class_name / f"broken {NAMES[0]}.jpg").write_bytes(b"")
        (folder / class_name / f"{NAMES[6]}.txt").write_bytes(b"")
    return folder
