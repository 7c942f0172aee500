"""What of the disk somebody may have read as photos, and what others have decided about photos."""

import os

import pytest
from photo_makers import encoded, picture

from core.errors import PhotoError
from core.jobs.job import create_job, no_report
from core.photos import job
from core.photos.checks import overrules
from core.photos.checks.overrules import LEAVE_OUT, USE, Overrules
from core.photos.checks.scan import Issue
from core.photos.sources import allowed, own, uploads
from core.workspace.owners import mark_of
from core.workspace.rights import Person

ME, YOU = "token-of-one-browser", "token-of-another-one"


@pytest.fixture
def school(tmp_path):
    """A folder for everybody, and the teacher's own beside it."""
    for name in ("photos/pets/cats", "photos/pets/dogs", "home/private/cats"):
        (tmp_path / name).mkdir(parents=True)
        for number in range(4):
            (tmp_path / name / f"{number}.jpg").write_bytes(encoded(picture(hash(name) % 1000 + number), "JPEG"))
    return tmp_path


def refuses(source, roots, owner=ME):
    try:
        allowed.check_source(str(source), owner, roots)
    except PhotoError as error:
        assert "from its administrator alone" in str(error)
        return True
    return False


def test_whoever_may_read_everything_is_asked_nothing(school):
    assert allowed.check_source("'~/anything'", ME, None) == "'~/anything'"


@pytest.mark.parametrize(
    "source",
    [
        "{home}/private",
        "{photos}/../home/private",
        " {home}/private",
        "'{home}/private'",
        "file://{home}/private",
        "{home}/nothing",
        "/etc",
        "/",
        "~",
        ".",
        "",
        "a\0b",
        "{photos}x",
        "{photos}/link",
    ],
)
def test_what_lies_elsewhere_is_refused_however_it_is_written(school, source):
    (school / "photos" / "link").symlink_to(school / "home" / "private")
    roots = ((school / "photos").resolve(),)
    text = source.format(home=school / "home", photos=school / "photos")
    assert refuses(text, roots) and refuses(text, ())


def test_a_folder_or_zip_below_an_allowed_one_is_taken_with_its_links_resolved(school):
    roots = ((school / "photos").resolve(),)
    (school / "photos" / "short").symlink_to(school / "photos" / "pets")
    assert allowed.check_source(f"{school}/photos/short", ME, roots) == str(school / "photos" / "pets")
    assert not refuses(school / "photos" / "later.zip", roots)


def test_the_allowed_folders_are_named_in_the_environment(school, monkeypatch):
    monkeypatch.setenv(allowed.FOLDERS, f"{school}/photos{os.pathsep}{os.pathsep} {school}/home/../home ")
    assert allowed.allowed_folders() == (school / "photos", school / "home")
    monkeypatch.setenv(allowed.FOLDERS, "")
    assert allowed.allowed_folders() == ()


def test_the_workspace_is_nobodys_folder_even_below_an_allowed_one(workspace):
    roots = (workspace.parent,)
    cups = own.create(ME)
    assert not refuses(cups.folder, roots) and refuses(cups.folder, roots, YOU) and refuses(cups.folder, roots, "")
    upload = uploads.begin(ME, "pets.zip", 4, 1)
    uploads.append(upload, 0, b"PK\3\4")
    zip_file = uploads.finish(upload)
    assert not refuses(zip_file.path, roots) and refuses(zip_file.path, roots, YOU)
    for place in ("", "own", "runs", "key", "jobs", "uploads", "unpacked/.x.unfinished/../../own", f"own/{cups.id}"):
        assert refuses(workspace / place, roots)


def test_a_link_inside_a_folder_leads_nowhere_else(school):
    roots = ((school / "photos").resolve(),)
    allowed.check_links(school / "photos" / "pets", roots)
    (school / "photos" / "pets" / "more").symlink_to(school / "photos" / "pets" / "cats")
    (school / "photos" / "pets" / "loop").symlink_to(school / "photos" / "pets")
    allowed.check_links(school / "photos" / "pets", roots)
    (school / "photos" / "pets" / "cats" / "9.jpg").symlink_to(school / "home" / "private" / "cats" / "0.jpg")
    with pytest.raises(PhotoError, match=r"“9\.jpg” in that folder is a link that leads elsewhere"):
        allowed.check_links(school / "photos" / "pets", roots)
    with pytest.raises(PhotoError, match="has become a link"):
        allowed.check_file(school / "photos" / "pets" / "cats" / "9.jpg", school / "photos" / "pets")
    allowed.check_links(school / "photos" / "pets", None)


def test_the_job_looks_again(school):
    """Between the page and the job a folder has become a link."""
    request = {"photos": {"source": str(school / "photos" / "pets")}, "split": {}, "cache": None}
    request |= {"owner": mark_of(ME), "roots": [str(school / "photos")]}
    asked = create_job("prepare", request)
    (school / "photos" / "pets").rename(school / "photos" / "old")
    (school / "photos" / "pets").symlink_to(school / "home" / "private")
    with pytest.raises(PhotoError, match="from its administrator alone"):
        job.work(asked, no_report)
    (school / "photos" / "pets").unlink()
    (school / "photos" / "old").rename(school / "photos" / "pets")
    (school / "photos" / "pets" / "secret").symlink_to(school / "home" / "private")
    with pytest.raises(PhotoError, match="leads elsewhere"):
        job.work(asked, no_report)


ANNA, BEN, ADMIN = Person(ME), Person(YOU), Person("", is_admin=True)


def test_a_decision_is_changed_by_who_made_it_and_by_the_administrator(workspace, tmp_path):
    overrules.set_file(tmp_path, "a.jpg", "1", USE, ANNA)
    overrules.set_kind(tmp_path, Issue.TRUNCATED, LEAVE_OUT, ANNA)
    for act in (
        lambda who: overrules.set_file(tmp_path, "a.jpg", "1", LEAVE_OUT, who),
        lambda who: overrules.undo_files(tmp_path, ["a.jpg"], who),
        lambda who: overrules.undo_kind(tmp_path, Issue.TRUNCATED, who),
        lambda who: overrules.put(tmp_path, Overrules(), who),
    ):
        before = overrules.load(tmp_path)
        with pytest.raises(PhotoError, match="Somebody else has decided that"):
            act(BEN)
        assert overrules.load(tmp_path) == before
    overrules.set_file(tmp_path, "b.jpg", "2", USE, BEN)
    left = overrules.put(tmp_path, Overrules(), BEN)
    assert (list(left.files), list(left.kinds)) == (["a.jpg"], [Issue.TRUNCATED])
    assert not overrules.put(tmp_path, Overrules(), ADMIN)


def test_what_a_change_replaced_is_kept_once_and_comes_back_as_it_was(workspace, tmp_path):
    overrules.set_file(tmp_path, "a.jpg", "1", USE, ANNA)
    decided = overrules.set_file(tmp_path, "b.jpg", "2", LEAVE_OUT, BEN)
    assert not overrules.replaced(tmp_path)
    overrules.put(tmp_path, Overrules(), ADMIN)
    assert overrules.replaced(tmp_path) == decided
    assert overrules.bring_back(tmp_path, ADMIN) == decided
    with pytest.raises(PhotoError, match="Somebody else"):
        overrules.undo_files(tmp_path, ["a.jpg"], BEN)


def test_decisions_of_the_version_before_are_read(workspace, tmp_path):
    values = {
        "root": "x",
        "files": [{"path": "a.jpg", "sha256": "1", "action": "use"}],
        "kinds": {"truncated": "leave out"},
    }
    assert overrules.from_json(values) == Overrules({"a.jpg": ("1", USE)}, {Issue.TRUNCATED: LEAVE_OUT})
