"""Results' own Delete: it asks first, removes one run and nothing else, and says what a click cannot do any more.

Who may is tested with all other rights in test_rights_on_pages.py.
"""

import pytest
from fake_runs import finished_run, make_dataset
from visits import words_of

from core.runs.store import list_runs
from core.workspace.lock import Lock


@pytest.fixture
def two(workspace):
    """Two finished runs on the same photos, the later one first."""
    dataset = make_dataset(workspace)
    return [finished_run(dataset, run_id=f"261123-12000{second}-modern-abcd") for second in (1, 0)]


def asked(open_page, run):
    """The page of a run with the dialog open."""
    app = open_page("results", run=run.id)
    app.button(key="delete").click().run()
    assert not app.exception and run.folder.is_dir()
    return app


def test_the_question_names_the_run_and_what_goes_and_no_keeps_it(open_page, two):
    app = asked(open_page, two[0])
    said = words_of(app)
    assert "cannot be undone" in said and "Its photos stay" in said and "on test photos" in said
    app.button(key="delete-no").click().run()
    assert not app.exception and len(list_runs()) == 2
    assert not any(button.key == "delete-yes" for button in app.button)


def test_yes_removes_this_run_alone_and_the_page_shows_another(open_page, two, workspace):
    app = asked(open_page, two[0])
    app.button(key="delete-yes").click().run()
    assert not app.exception and not app.error
    assert [run.id for run in list_runs()] == [two[1].id] and not list(two[0].folder.parent.glob(f"*{two[0].id}*"))
    assert app.selectbox(key="picked_run").value == two[1].id and "run" not in app.query_params
    assert (workspace / "photos of a person" / "cats").is_dir() and two[0].dataset.folder.is_dir()
    app.button(key="delete").click().run()
    app.button(key="delete-yes").click().run()
    assert not app.exception and not list_runs() and "Train one first" in words_of(app)


def test_a_yes_to_a_run_that_another_tab_has_deleted_says_so_and_deletes_no_other(open_page, two):
    first, second = asked(open_page, two[0]), asked(open_page, two[0])
    first.button(key="delete-yes").click().run()
    second.button(key="delete-yes").click().run()
    assert not second.exception and [run.id for run in list_runs()] == [two[1].id]
    assert "has been deleted already" in " ".join(box.value for box in second.error)


def test_a_yes_to_a_run_that_went_on_meanwhile_leaves_it(open_page, two):
    app = asked(open_page, two[0])
    with Lock(two[0].folder / "lock"):
        app.button(key="delete-yes").click().run()
    assert not app.exception and len(list_runs()) == 2
    assert "is at work" in " ".join(box.value for box in app.error)
