"""Photos from the command line: scan, overrule, prepare."""

import json
import shutil

import pytest
from command_line import SMALL, invoke

from core.photos.sources import download


def test_scan_says_what_becomes_of_every_file_and_the_counts_add_up(pets):
    result = invoke("scan", pets, "--json")
    *rows, summary = map(json.loads, result.stdout.splitlines())
    assert result.exit_code == 0
    assert len(rows) == 33 == summary["found"]
    assert summary["found"] == summary["used"] + summary["converted"] + summary["left_out"] + summary["ignored"]
    (odd,) = [row for row in rows if row["action"] != "use"]
    assert (odd["path"], odd["action"], odd["issue"]) == ("cats/<b>notes.jpg", "leave out", "not a photo")
    assert set(odd) == {"path", "action", "issue", "also", "reason"}


def test_prepare_prints_an_id_that_stays_the_same(pets):
    first = invoke("prepare", pets, *SMALL)
    again = invoke("prepare", pets, *SMALL)
    assert first.exit_code == 0
    assert first.stdout == again.stdout
    assert first.stdout.startswith("pets-")


def test_a_zip_is_prepared_as_a_folder_is(pets, tmp_path):
    archive = shutil.make_archive(str(tmp_path / "My pets"), "zip", pets)
    result = invoke("prepare", archive, *SMALL, "--json")
    values = json.loads(result.stdout)
    assert result.exit_code == 0 and values["name"] == "My pets"
    assert (values["found"], values["used"], values["left_out"]) == (33, 32, 1)
    refused = invoke("prepare", tmp_path / "none.zip")
    assert refused.exit_code == 1 and "There is no file" in refused.stderr


def test_what_a_person_decides_shows_in_scan_and_holds_in_prepare(pets):
    shutil.copy(pets / "cats/1.png", pets / "cats/1 again.png")

    def row(path):
        lines = [json.loads(line) for line in invoke("scan", pets, "--json").stdout.splitlines()]
        found = next(line for line in lines if line.get("path") == path)
        assert set(found) == {"path", "action", "issue", "also", "reason"}
        return found["action"], found["issue"]

    assert row("cats/1 again.png") == ("leave out", "exact duplicate")
    assert invoke("overrule", pets, "exact duplicate", "use").exit_code == 0
    assert row("cats/1 again.png") == ("use", "exact duplicate")
    result = json.loads(invoke("overrule", pets, "dogs/3.png", "leave-out", "--json").stdout)
    assert (result["overruled"], result["used"]) == ({"files": 1, "kinds": ["exact duplicate"]}, 32)
    assert row("dogs/3.png") == ("leave out", None)
    made = json.loads(invoke("prepare", pets, *SMALL, "--json").stdout)
    assert made["used"] == 32
    assert invoke("overrule", made["dataset"], "dogs/3.png", "undo").exit_code == 0
    assert row("dogs/3.png") == ("use", None)
    invoke("overrule", pets, "all", "undo")
    assert row("cats/1 again.png") == ("leave out", "exact duplicate")


@pytest.mark.parametrize(
    ("what", "action", "sentence"),
    [
        ("cats/<b>notes.jpg", "use", "no pixels"),
        ("not a photo", "use", "no pixels"),
        ("nothing.jpg", "use", "neither a file"),
        ("duplicate in another class", "use", "photo by photo"),
        ("dogs/3.png", "use-anyway", "received “use anyway”"),
        ("readme.txt", "use", "is ignored"),
    ],
)
def test_what_cannot_be_decided_is_a_sentence(pets, what, action, sentence):
    (pets / "readme.txt").write_text("hello")
    result = invoke("overrule", pets, what, action)
    assert result.exit_code == 1 and sentence in result.stderr


def test_the_archive_that_cannot_be_reached_is_a_sentence(monkeypatch):
    monkeypatch.setenv("ALEXNET_MICROSOFT_URL", "http://127.0.0.1:9/pets.zip")
    monkeypatch.setattr(download, "FIRST_WAIT_SECONDS", 0.01)
    result = invoke("prepare", "microsoft")
    assert result.exit_code == 1 and "127.0.0.1 could not be reached" in result.stderr
    assert "microsoft" in invoke("prepare", "--help").stdout
