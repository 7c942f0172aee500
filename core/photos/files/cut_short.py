"""Whether a file ends before the picture that its header announces."""

import io
from contextlib import suppress
from typing import BinaryIO


def is_cut_short(format: str, file: BinaryIO) -> bool:
    """Whether a file's header is whole and the data that it announces are not.

    Pillow opens WebP and AVIF with libraries that want all of the data to read the header.
    """
    with suppress(OSError, ValueError):  # ValueError: Pillow has closed it
        num_bytes = file.seek(0, io.SEEK_END)
        if format == "WEBP":  # RIFF, size, WEBP, first chunk with its size, and ten bytes that hold width and height
            file.seek(4)
            return num_bytes >= 30 and 8 + int.from_bytes(file.read(4), "little") > num_bytes
        if format in ("AVIF", "HEIF"):  # boxes (ISO 14496-12, section 4.2); the one called meta describes the picture
            start, described = 0, False
            while start + 8 <= num_bytes:
                file.seek(start)
                size, kind = int.from_bytes(file.read(4), "big"), file.read(4)
                if size < 8:  # the rest of the file, or a size of 64 bits that no photo needs
                    break
                if start + size > num_bytes:
                    return described
                described |= kind == b"meta"
                start += size
    return False
