"""Whatever a disk says no with becomes one sentence, the same in every room."""

import errno
import os
from pathlib import Path

import pytest

from core.errors import PhotoError, RunError
from core.workspace.disk import disk_trouble, is_full, saying_why_not, why_not_written, why_unwritable


def trouble(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "takes no more"),
        (errno.EDQUOT, "takes no more"),
        (errno.EROFS, "read-only"),
        (errno.EIO, "error"),
    ],
)
def test_what_is_the_disks_is_told_apart_from_what_is_the_folders(number, words):
    assert words in disk_trouble(trouble(number), Path("/kept"))
    assert why_not_written(trouble(number), Path("/kept")) == disk_trouble(trouble(number), Path("/kept"))
    assert is_full(trouble(number)) == (words == "takes no more")


def test_any_other_refusal_names_the_place_and_the_reason():
    assert disk_trouble(trouble(errno.EACCES), Path("/kept")) is None
    assert "“/kept” cannot be written (Permission denied)" in why_not_written(trouble(errno.EACCES), Path("/kept"))
    assert "(no reason of the system's)" in why_not_written(OSError("no reason of the system's"), Path("/kept"))


def test_what_is_written_inside_says_why_not_and_other_errors_pass():
    said = pytest.raises(PhotoError, match=r"^The decision was not kept\. The disk that holds")
    with said, saying_why_not(Path("/kept"), PhotoError, "The decision was not kept."):
        raise trouble(errno.ENOSPC)
    with pytest.raises(RunError, match="of its own"), saying_why_not(Path("/kept"), PhotoError):
        raise RunError("of its own")


def test_a_folder_that_is_gone_is_no_place_to_write_into(tmp_path):
    assert why_unwritable(tmp_path) is None
    assert "cannot be written" in why_unwritable(tmp_path / "gone")
