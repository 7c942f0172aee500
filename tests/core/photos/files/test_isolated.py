"""A stranger's file may crash or hang its decoder; the program that asked lives on."""

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from photo_makers import encoded, picture

from core.errors import PhotoError
from core.photos.files import decode, isolated


def decode_or_die(photo: Path | bytes) -> np.ndarray:
    """In the child: a file that begins with "die" crashes it, one that begins with "hang" keeps it busy."""
    head = photo[:4] if isinstance(photo, bytes) else photo.read_bytes()[:4]
    if head.startswith(b"die"):
        os.kill(os.getpid(), signal.SIGSEGV)
    if head == b"hang":
        time.sleep(60)
    return decode.decode(photo)


@pytest.fixture
def decoder():
    made = isolated.Decoder(timeout_seconds=10, function=f"{__name__}:decode_or_die")
    yield made
    made.close()


def test_pixels_are_those_of_the_only_decoder_from_bytes_and_from_a_file(decoder, tmp_path):
    content = encoded(picture(3), "JPEG")
    path = tmp_path / "pet.jpg"
    path.write_bytes(content)
    for source in (content, path):
        assert np.array_equal(decoder.decode(source), decode.decode(content))


def test_what_is_wrong_with_a_photo_is_said_in_the_decoders_words(decoder):
    with pytest.raises(PhotoError, match="as no picture does") as caught:
        decoder.decode(b"no picture at all")
    assert caught.value.issue == "not a photo"


def test_a_photo_that_crashes_its_decoder_costs_only_itself(decoder):
    with pytest.raises(PhotoError, match="crashed") as caught:
        decoder.decode(b"die now")
    assert caught.value.issue == "unreadable"
    assert decoder.decode(encoded(picture(4), "PNG")).shape[2] == 3


def die_once(photo: Path) -> np.ndarray:
    """In the child: the first process that is asked ends, as one that is ended for its memory; the second answers."""
    mark = photo.with_name("died")
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return decode.decode(photo)


def test_a_decoder_that_others_end_costs_no_photo(tmp_path):
    decoder = isolated.Decoder(function=f"{__name__}:die_once")
    (tmp_path / "pet.png").write_bytes(encoded(picture(4), "PNG"))
    try:
        assert decoder.decode(tmp_path / "pet.png").shape[2] == 3
    finally:
        decoder.close()


def test_a_photo_that_takes_too_long_is_given_up():
    decoder = isolated.Decoder(timeout_seconds=2, function=f"{__name__}:decode_or_die")
    try:
        with pytest.raises(PhotoError, match="over 2 seconds"):
            decoder.decode(b"hang")
        assert decoder.decode(encoded(picture(5), "PNG")).shape[2] == 3
    finally:
        decoder.close()
