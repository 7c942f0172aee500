"""The gallery, the dialog of one photo, the charts of a data set, and what the disk holds."""

import re
import time

import pytest
import streamlit as st
from fake_runs import FakeRun, make_dataset
from streamlit.testing.v1 import AppTest
from visits import words_of

from core.config import PhotosConfig, SplitConfig
from core.photos import cache, dataset, disk
from core.photos.checks.scan import ImageCheck, Issue
from core.photos.prepare import prepare
from pages.photos import gallery

pytestmark = pytest.mark.slow


@pytest.fixture
def made(workspace):
    """Sixteen good photos, and a dark copy of one that is left out."""
    import numpy as np
    from PIL import Image

    folder = workspace / "pets"
    for position, class_name in enumerate(("cats", "dogs")):
        (folder / class_name).mkdir(parents=True)
        for index in range(8):
            rng = np.random.default_rng(10 * position + index)
            picture = Image.fromarray(rng.integers(0, 255, (16, 16, 3), dtype=np.uint8)).resize((64, 48))
            picture.save(folder / class_name / f"{index}.png")
    (folder / "cats" / "again.png").write_bytes((folder / "cats" / "0.png").read_bytes())
    (folder / "cats" / "broken.jpg").write_bytes(b"")
    return prepare(PhotosConfig(str(folder)), SplitConfig())


def named(app: AppTest) -> list[str]:
    return [button.label.replace("\\", "") for button in app.button if (button.key or "").startswith("photo-")]


def known_of(app: AppTest) -> dict[str, str]:
    """What the dialog's table says, without what keeps Markdown away."""
    rows = app.table[-1].value.itertuples(index=False)
    return {name: value.replace("\\", "").replace("\u2060", "") for name, value in rows}


def test_the_gallery_also_shows_what_is_left_out_if_it_has_pixels(open_page, made):
    names = named(open_page("photos"))
    assert len(names) == 17 and "again.png" in names and "broken.jpg" not in names


def test_a_name_that_is_cut_short_is_said_whole_as_a_hint_and_no_other_has_one(open_page, made, monkeypatch):
    monkeypatch.setattr(gallery, "MOST_LETTERS", 6)
    photos = [one for one in open_page("photos").button if (one.key or "").startswith("photo-")]
    hints = {photo.label.replace("\\", ""): photo.help.replace("\\", "") for photo in photos}
    assert hints["0.png"] == "" and hints["again…"] == "again.png"


def test_the_gallery_filters_by_what_happens_and_by_issue(open_page, made):
    app = open_page("photos")
    app.selectbox(key=f"gallery_action_{made.id}").set_value("leave out").run()
    assert named(app) == ["again.png"]
    app.selectbox(key=f"gallery_issue_{made.id}").set_value(gallery.NO_ISSUE).run()
    assert not app.exception and "Choose less" in words_of(app)
    app.selectbox(key=f"gallery_action_{made.id}").set_value(gallery.EVERY).run()
    assert len(named(app)) == 16


def test_a_photo_opens_with_everything_that_is_known(open_page, made):
    app = open_page("photos")
    app.button(key="photo-0").click().run()
    assert not app.exception
    known = known_of(app)
    assert known["File"] == "cats/0.png" and known["Class"] == "cats" and known["Format"] == "PNG, RGB"
    assert known["SHA-256"].replace(" ", "") == made.facts()["cats/0.png"].sha256 and "64 × 48 pixels" in known["Size"]
    assert app.button(key="photo-before").disabled and not app.button(key="photo-after").disabled


def test_a_copy_is_shown_with_its_twin(open_page, made):
    app = open_page("photos")
    app.selectbox(key=f"gallery_issue_{made.id}").set_value("exact duplicate").run()
    app.button(key="photo-0").click().run()
    known = known_of(app)
    assert known["Twin"] == "cats/0.png" and "same bytes" in known["Why"] and known["Split"] == "none"
    assert "Its twin" in words_of(app)


def test_a_data_set_of_an_older_version_says_how_to_see_more(open_page, made):
    made.facts_path.unlink()
    app = open_page("photos")
    assert len(named(app)) == 16
    app.button(key="photo-0").click().run()
    assert not app.exception and "Prepare again" in words_of(app)


def test_the_charts_say_what_is_seen(open_page, made):
    app = open_page("photos")
    app.session_state["statistics"] = True
    app.run()
    assert not app.exception
    said = words_of(app).replace("\u2060", "")
    assert "cats and dogs are balanced: 8 and 8" in said and "48 pixels high and 64 wide" in said
    assert len(app.get("plotly_chart")) == 4 and all(chart.proto.alt for chart in app.get("plotly_chart"))


def open_disk(app: AppTest) -> AppTest:
    app.session_state["disk"] = True
    return app.run()


def test_pixels_are_cleared_only_after_a_question(open_page, made):
    cache.build(made, 32, "squash")
    app = open_disk(open_page("photos"))
    app.button(key="clear-pixels").click().run()
    assert "become free" in words_of(app) and disk.look().datasets[0].cache_bytes
    app.button(key="clear-yes").click().run()
    assert not app.exception and not disk.look().datasets[0].cache_bytes


def test_a_data_set_with_runs_says_what_they_lose_and_one_that_trains_cannot_be_chosen(open_page, workspace):
    made = make_dataset(workspace)
    run = FakeRun(made).started()
    app = open_disk(open_page("photos"))
    app.button(key="clear-set").click().run()
    assert "cannot go on" in " ".join(warning.value for warning in app.warning)
    run.log.append("queued", position=1)
    st.cache_data.clear()
    disk_page = open_disk(open_page("photos"))
    assert not any(button.key == "clear-set" for button in disk_page.button)


def test_only_the_administrator_of_a_class_clears(open_page, made, monkeypatch):
    monkeypatch.setenv("ALEXNET_ADMIN_KEY", "a-secret")
    app = open_disk(open_page("photos"))
    assert "Only the administrator" in words_of(app) and not any(button.key == "clear-set" for button in app.button)


def test_filtering_25000_photos_costs_little(monkeypatch):
    """CPU, not time on the wall, of what a rerun does with the rows that it has read once."""
    check = ImageCheck("a", "cats", None, 1, 1, "JPEG", "RGB", 9, 9, perceptual_hash="f")
    photos = tuple(
        gallery.Photo(f"cats/{i}.jpg", "cats", "train", "use", "" if i % 9 else str(Issue.VERY_DARK), "", check)
        for i in range(25_000)
    )

    def page():
        import streamlit as st

        from core.photos.dataset import load
        from pages.photos import gallery

        gallery.pictures.thumbnail = lambda *_: None
        gallery.show_gallery(load(st.session_state["which"]))

    class_names = ("cats", "dogs")
    fake = dataset.Dataset("pets-12345678", "pets", disk.datasets_folder(), class_names, (), {"found": 25_000}, "", 0.0)
    monkeypatch.setattr(gallery, "photos_of", lambda _: photos)
    monkeypatch.setattr(gallery.pictures, "thumbnail", lambda *_: None)
    monkeypatch.setattr("core.photos.dataset.load", lambda _: fake)
    app = AppTest.from_function(page)
    app.session_state["which"] = fake.id
    app.run()
    began = time.process_time()
    app.run()
    assert not app.exception and time.process_time() - began < 1.0  # many times what it takes
    assert re.search(r"photo-23", str([button.key for button in app.button]))
