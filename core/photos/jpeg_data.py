"""Whether the data of a JPEG is whole: Pillow shows one with a hole in its middle, filled with grey, without a word.

libjpeg knows better. It carries on and writes a warning, which OpenCV leaves on the standard error of the process; at an
eighth of the size it skips the arithmetic and reads just the codes, a third of what decoding costs. Of 19,000 real
photos it warns about none; of 300 from whose middle a twentieth was cut, about all.
"""

import os
import re
import tempfile
from functools import lru_cache

import cv2
import numpy as np

# "Extraneous bytes" and odd revisions, of which libjpeg also warns, cost no pixel.
_LOSSES = re.compile(rb"premature end|bad Huffman code|instead of RST|[Ii]nconsistent progression|bad arithmetic code")


def is_broken(data: bytes) -> bool:
    """Whether codes are missing or senseless between the header and the end of a JPEG.

    Turns standard error away while it looks, so it is for child processes with one thread.

    Args:
        data: a whole file that Pillow decodes.
    """
    warnings = _warnings_file()
    usual = os.dup(2)
    os.dup2(warnings, 2)
    try:
        cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_REDUCED_GRAYSCALE_8)
    except cv2.error:  # a kind that only Pillow reads
        return False
    finally:
        os.dup2(usual, 2)
        os.close(usual)
    written = os.lseek(warnings, 0, os.SEEK_CUR)
    if not written:
        return False
    text = os.pread(warnings, min(written, 1 << 16), 0)
    os.lseek(warnings, 0, os.SEEK_SET)
    os.ftruncate(warnings, 0)
    return _LOSSES.search(text) is not None


@lru_cache(1)
def _warnings_file() -> int:
    """Descriptor of a file without a name, for the life of this process."""
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
