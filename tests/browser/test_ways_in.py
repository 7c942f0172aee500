"""A zip comes in as people bring it: chosen by keyboard, dropped by hand, over a connection that breaks."""

import base64
import os
import threading
from pathlib import Path

from archive_makers import pet_files, write_zip

from core.photos.dataset import list_datasets
from core.photos.sources import uploads

DROP = """([zone, name, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
  const files = new DataTransfer()
  files.items.add(new File([bytes], name, { type: "application/zip" }))
  zone.dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }))
}"""


def open_way(server, tab, way):
    tab.goto(f"{server.url}/photos")
    tab.get_by_role("heading", name="Photos", exact=True, level=1).wait_for()
    tab.get_by_role("radio", name=way).or_(tab.get_by_role("button", name=way, exact=True)).first.click()


def drop_file(tab, path: Path):
    """As a hand drops it from the desktop."""
    zone = tab.locator(".drop").element_handle()
    tab.evaluate(DROP, [zone, path.name, base64.b64encode(path.read_bytes()).decode()])


def test_what_is_no_zip_is_said_and_a_dropped_zip_becomes_a_prepared_data_set(server, tab, tmp_path):
    asked = []
    tab.on("request", lambda request: asked.append(request.method) if "/uploads" in request.url else None)
    open_way(server, tab, "Zip")
    tab.get_by_text("At most 5 GB").wait_for()
    tab.locator("[data-test-script-state=notRunning]").wait_for()
    with tab.expect_file_chooser() as chooser:
        tab.locator("input.file").press("Enter")
    (tmp_path / "<b>cat<b>.jpg").write_bytes(b"no zip")
    chooser.value.set_files(tmp_path / "<b>cat<b>.jpg")
    tab.get_by_role("alert").get_by_text("received “<b>cat<b>.jpg”").wait_for()
    assert asked == []

    drop_file(tab, write_zip(tmp_path / "My [pets](x) <b>.zip", pet_files()))
    tab.get_by_text("My [pets](x) <b>.zip (0.0 MB) has arrived. Prepare it").wait_for()
    assert asked == ["POST", "PUT"]
    tab.get_by_role("button", name="Prepare these photos").click()
    tab.get_by_role("heading", name="My [pets](x) <b>", exact=True).wait_for(timeout=120_000)
    (made,) = list_datasets()
    assert (made.summary["found"], made.summary["used"], made.summary["ignored"]) == (17, 12, 3)
    assert not uploads.mine("") and not list(uploads.uploads_folder().iterdir())


def test_an_upload_survives_another_page_and_can_be_cancelled(server, tab, tmp_path):
    """The second slice waits for the test, so that there is time to walk about."""
    go_on = threading.Event()
    (tmp_path / "big.zip").write_bytes(b"PK" + os.urandom(20_000_000))
    waiting = []
    tab.route("**/uploads/*", lambda route: route.continue_() if held(route, go_on) else waiting.append(route))
    open_way(server, tab, "Zip")
    tab.locator("input.file").set_input_files(tmp_path / "big.zip")
    tab.get_by_text("big.zip: 8.4 MB of 20.0 MB").wait_for()
    tab.get_by_test_id("stSidebar").get_by_role("link", name="Network").click()
    tab.get_by_role("heading", name="Network", exact=True, level=1).wait_for()
    tab.get_by_test_id("stSidebar").get_by_role("link", name="Photos").click()
    tab.get_by_text("big.zip: 8.4 MB of 20.0 MB").wait_for()
    go_on.set()
    tab.get_by_role("button", name="Cancel upload").click()
    tab.get_by_text("Cancelled. Nothing of the zip was kept.").wait_for()
    tab.wait_for_timeout(500)
    assert not list(uploads.uploads_folder().iterdir())


def held(route, go_on):
    return go_on.is_set() or route.request.method != "PUT" or route.request.headers.get("upload-offset") == "0"


def test_a_connection_that_breaks_is_tried_again(server, tab, tmp_path):
    failed = []

    def break_once(route):
        if route.request.method == "PUT" and route.request.headers["upload-offset"] != "0" and not failed:
            failed.append(route.abort("connectionreset"))
        else:
            route.continue_()

    tab.route("**/uploads/*", break_once)
    path = write_zip(tmp_path / "pets.zip", {**pet_files(), "notes.bin": os.urandom(10_000_000)})
    open_way(server, tab, "Zip")
    tab.locator("input.file").set_input_files(path)
    tab.get_by_text("the connection broke; trying again").wait_for()
    tab.get_by_text("has arrived. Prepare it").wait_for()
    (arrived,) = uploads.uploads_folder().glob("*.zip")
    assert failed and arrived.read_bytes() == path.read_bytes()
