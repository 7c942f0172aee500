"""What drawings are said to take follows from what they took."""

from core.photos.drawn import pace
from core.photos.drawn.draw import draw_folder
from core.workspace.folders import workspace


def test_what_a_folder_took_is_what_the_next_is_said_to_take(monkeypatch):
    monkeypatch.setattr(pace, "num_cores", lambda: 2)
    guess = pace.seconds_to_prepare(2500, 128)
    assert 10 < guess < 20
    pace.keep(128, 1000, 40.0)
    said = pace.seconds_to_prepare(2500, 128)
    assert 100 < said < 110
    pace.keep(128, 20, 400.0)  # too few to say anything
    pace.keep(256, 1000, 90.0)
    assert pace.seconds_to_prepare(2500, 128) == said < pace.seconds_to_prepare(2500, 256)


def test_drawing_leaves_its_pace_and_no_stranger_in_the_folder():
    folder = draw_folder(workspace() / "drawn" / "pets", ("cats",), pace.FEWEST, size=32)
    assert pace._measured().keys() == {32}
    assert {path.name for path in folder.parent.iterdir() if path.name[0] != "."} == {"pets"}


def test_a_damaged_file_is_as_good_as_none():
    guess = pace.seconds_to_prepare(100, 64)
    for content in ("", "[1]", '{"64": "fast"}', '{"64": -1}', '{"x": 1}', '{"64": 1e999}'):
        (workspace() / "drawn").mkdir(exist_ok=True)
        (workspace() / "drawn" / ".pace.json").write_text(content)
        assert pace.seconds_to_prepare(100, 64) == guess, content
