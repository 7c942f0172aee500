"""What only a real server and a real browser can show."""

import re

import pytest
from fake_runs import finished_run, make_dataset
from servers import start_server
from tabs import settle

from core.config import PhotosConfig, SplitConfig
from core.photos.prepare import prepare
from core.runs.engines.local import stop_run
from core.runs.store import list_runs
from core.workspace.lock import is_held


def heading(tab, name):
    return tab.get_by_role("heading", name=name, exact=True, level=1)


@pytest.mark.parametrize(
    ("path", "title"), [("training?run=261123-120000-modern-zzzz", "Training"), ("network?preset=narrow", "Network")]
)
def test_the_first_request_to_a_fresh_server_may_be_a_deep_link(server, tab, path, title):
    tab.goto(f"{server.url}/{path}")
    heading(tab, title).wait_for()
    for page in ("Home", "Photos", "Network", "Augmentation", "Training", "Results", "Classify"):
        tab.get_by_test_id("stSidebar").get_by_role("link", name=page).wait_for()
    tab.get_by_role("link", name="No photos yet").wait_for()
    assert tab.title() == f"{title} · AlexNet Playground"


def test_every_browser_gets_a_token_that_scripts_cannot_read(empty_server, tab):
    tab.goto(empty_server.url)
    heading(tab, "Teach a network to tell cats from dogs").wait_for()
    (cookie,) = [c for c in tab.context.cookies() if c["name"] == "alexnet_owner"]
    assert cookie["httpOnly"] and cookie["sameSite"] == "Lax" and len(cookie["value"]) >= 16
    tab.reload()
    heading(tab, "Teach a network to tell cats from dogs").wait_for()
    assert cookie["value"] in [c["value"] for c in tab.context.cookies()]
    assert "alexnet_owner" not in tab.evaluate("document.cookie")


def test_a_changed_filter_count_is_in_the_address_and_goes_along(empty_server, tab):
    tab.goto(f"{empty_server.url}/network?preset=narrow")
    filters = tab.get_by_role("spinbutton", name="Filters").first
    filters.fill("48")
    filters.press("Enter")
    tab.wait_for_url(re.compile(r"network\.blocks\.0\.filters=48"))
    tab.get_by_test_id("stSidebar").get_by_role("link", name="Training").click()
    heading(tab, "Training").wait_for()
    tab.wait_for_url(re.compile(r"training\?.*network\.blocks\.0\.filters=48"))
    assert "preset=narrow" in tab.url
    tab.get_by_text("1 setting changed").wait_for()
    tab.go_back()
    heading(tab, "Network").wait_for()
    assert tab.get_by_role("spinbutton", name="Filters").first.input_value() == "48"

    other = tab.context.new_page()  # the same link, somebody else's tab
    other.goto(tab.url)
    heading(other, "Network").wait_for()
    assert other.get_by_role("spinbutton", name="Filters").first.input_value() == "48"


def open_block(tab, index):
    tab.get_by_role("radiogroup", name="Layer to change").get_by_text(f"Conv {index + 1}", exact=True).click()
    tab.locator(f".st-key-network-blocks-{index}-filters").wait_for()


def test_every_setting_of_a_layer_is_changed_where_the_layer_is_open(empty_server, tab):
    tab.goto(f"{empty_server.url}/network?preset=narrow")
    open_block(tab, 1)
    groups = tab.get_by_role("spinbutton", name="Groups")
    groups.fill("4")
    groups.press("Enter")
    tab.wait_for_url(re.compile(r"blocks\.1\.groups=4"))
    assert groups.input_value() == "4"  # the layer stays open
    tab.get_by_alt_text(re.compile("5 × 5, 4 groups")).wait_for()


def test_a_layer_is_removed_and_undone_by_keyboard_alone(empty_server, tab):
    tab.goto(f"{empty_server.url}/network?preset=narrow")
    tab.get_by_role("spinbutton", name="Filters").focus()
    tab.keyboard.press("ArrowUp")
    tab.wait_for_url(re.compile(r"blocks\.0\.filters=32"))
    for name, address in (("Remove", r"network\.blocks=4"), ("Undo", r"blocks\.0\.filters=32$")):
        button = tab.get_by_role("button", name=name)
        button.focus()
        button.press("Enter")
        tab.wait_for_url(re.compile(address))
    width = tab.get_by_role("slider", name="Width")
    width.focus()
    width.press("ArrowLeft")
    tab.wait_for_url(re.compile(r"blocks\.0\.filters=29"))


def test_back_takes_a_change_back(empty_server, tab):
    tab.goto(f"{empty_server.url}/training")
    epochs = tab.get_by_role("spinbutton", name="Epochs")
    before = epochs.input_value()
    epochs.fill("7")
    epochs.press("Enter")
    tab.wait_for_url(re.compile(r"training\.epochs=7"))
    tab.go_back()
    tab.wait_for_function("value => document.querySelector('input[aria-label=Epochs]').value === value", arg=before)
    assert "training.epochs" not in tab.url


def test_after_back_in_the_middle_of_a_change_field_and_address_agree(empty_server, tab):
    for wait in (0, 50, 100, 150):
        tab.goto(f"{empty_server.url}/network?preset=narrow")
        filters = tab.get_by_role("spinbutton", name="Filters")
        for value in ("48", "52"):
            filters.fill(value)
            filters.press("Enter")
            if value == "48":
                tab.wait_for_url(re.compile(r"blocks\.0\.filters=48"))
        tab.wait_for_timeout(wait)
        tab.go_back()
        settle(tab, 600)
        tab.wait_for_function(
            """() => document.querySelector("input[aria-label=Filters]").value
                === (/blocks\\.0\\.filters=(\\d+)/.exec(decodeURIComponent(location.href))?.[1] ?? "24")"""
        )


def test_changes_at_a_machines_speed_are_all_kept(empty_server, tab):
    tab.goto(f"{empty_server.url}/network?preset=narrow")
    for index, value in ((0, "32"), (1, "40"), (2, "48"), (3, "56"), (4, "72")):
        open_block(tab, index)
        filters = tab.get_by_role("spinbutton", name="Filters")
        filters.fill(value)
        filters.press("Enter")
    tab.wait_for_url(re.compile(r"blocks\.4\.filters=72"))
    for index, value in enumerate(("32", "40", "48", "56")):
        assert f"blocks.{index}.filters={value}" in tab.url
    for index, value in enumerate(("32", "40", "48", "56", "72")):
        open_block(tab, index)
        assert tab.get_by_role("spinbutton", name="Filters").input_value() == value


def test_what_was_typed_right_before_a_click_on_a_link_goes_along(empty_server, tab):
    for value in ("40", "56", "72"):
        tab.goto(f"{empty_server.url}/network?preset=narrow")
        filters = tab.get_by_role("spinbutton", name="Filters")
        filters.wait_for()
        tab.wait_for_timeout(300)
        filters.fill(value)  # not committed: the click takes the cursor out of the field, as a person's does
        tab.get_by_test_id("stSidebar").get_by_role("link", name="Training").click(delay=60)
        heading(tab, "Training").wait_for()
        tab.wait_for_url(re.compile(rf"training\?.*blocks\.0\.filters={value}"))


def test_start_pressed_twice_starts_one_run(server, tab, workspace):
    make_dataset(workspace)
    tab.goto(f"{server.url}/training?preset=narrow&training.epochs=1&network.input_size=64&augment.zoom_in_fraction=0")
    start = tab.get_by_role("button", name="Start training")
    start.dblclick()
    tab.get_by_test_id("stMain").get_by_role("button", name="Stop").wait_for()
    tab.wait_for_function("() => document.activeElement.closest('.st-key-run') !== null")  # not on the page's body
    tab.wait_for_timeout(2000)
    (run,) = list_runs()
    assert run.id in tab.url
    if run.is_active:
        stop_run(run)
    tab.wait_for_function("() => document.title.startsWith('✓') || document.title.startsWith('■')", timeout=120_000)
    assert not is_held(run.folder / "lock")


def test_a_run_outlives_a_server_that_is_killed_and_the_next_one_shows_it(workspace, tab, tmp_path):
    prepare(PhotosConfig(num_drawn=12), SplitConfig())
    first = start_server(workspace, tmp_path / "first.log")
    try:
        tab.goto(f"{first.url}/training?preset=narrow&training.epochs=2000&network.input_size=64")
        tab.get_by_role("button", name="Start training").click()
        tab.get_by_test_id("stMain").get_by_role("button", name="Pause").wait_for()
    finally:
        first.process.kill()
        first.process.wait()
    (run,) = list_runs()
    reached = len(run.history.epochs)
    second = start_server(workspace, tmp_path / "second.log")
    try:
        assert run.status == "running"
        tab.goto(f"{second.url}/training?run={run.id}")
        stop = tab.get_by_test_id("stMain").get_by_role("button", name="Stop")
        stop.wait_for()
        for _ in range(600):
            if len(run.history.epochs) > reached:
                break
            tab.wait_for_timeout(100)
        assert len(run.history.epochs) > reached
        stop.click()
        tab.get_by_text("of the test photos are named rightly").first.wait_for(timeout=120_000)
        assert not is_held(run.folder / "lock")
    finally:
        if run.is_active:
            stop_run(run)
        second.process.kill()
        second.process.wait()


def test_two_tabs_and_a_reload_show_the_same_curve(server, tab, workspace):
    run = finished_run(make_dataset(workspace), num_epochs=6)
    for _ in range(2):
        tab.goto(f"{server.url}/training?run={run.id}")
        tab.locator("canvas[aria-label^='Loss after 6 of 6']").wait_for()
    other = tab.context.new_page()
    other.goto(tab.url)
    other.locator("canvas[aria-label^='Loss after 6 of 6']").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_no_page_scrolls_sideways_or_fails_in_the_browser(finished_server, tab, width, scheme):
    server, run_id = finished_server
    errors = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.emulate_media(color_scheme=scheme)
    tab.set_viewport_size({"width": width, "height": 900})
    for page in ("", "photos", "network", "augmentation", "training", "results", "classify"):
        tab.goto(f"{server.url}/{page}?run={run_id}")
        tab.locator("h1").wait_for()
        settle(tab, 200)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        wide = tab.evaluate(
            "(() => { const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth - m.clientWidth })()"
        )
        assert wide <= 0, (page, wide)
        assert tab.get_by_test_id("stException").count() == 0
    assert errors == []
