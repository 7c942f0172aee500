import errno

import pytest

from core.workspace import files
from core.workspace.files import read_json, write_atomic
from core.workspace.folders import workspace


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "a.json"
    write_atomic(path, '{"a": 1}')
    write_atomic(path, '{"a": 2}')
    assert read_json(path) == {"a": 2}
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["a.json"]


def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    write_atomic(path, "old")

    def full(_descriptor):
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        write_atomic(path, "new")
    assert path.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["a.txt"]


def test_names_that_are_not_utf8_survive(tmp_path):
    name = b"caf\xe9.jpg".decode("utf-8", "surrogateescape")
    write_atomic(tmp_path / "names", name)
    assert (tmp_path / "names").read_bytes() == b"caf\xe9.jpg"


def test_the_workspace_is_where_alexnet_home_says(tmp_path, monkeypatch):
    monkeypatch.setenv("ALEXNET_HOME", str(tmp_path / "elsewhere"))
    assert workspace() == tmp_path / "elsewhere"
    assert workspace().is_dir()
