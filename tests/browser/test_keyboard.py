"""What is in view and where the keyboard is: only a real browser knows."""

import re

from fake_runs import finished_run, make_dataset
from PIL import Image

AT = """() => { let at = document.activeElement; while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
  return at.getAttribute('aria-label') || at.innerText || at.tagName }"""
IN_VIEW = "element => { const box = element.getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight }"


def heading(tab, name):
    return tab.get_by_role("heading", name=name, exact=True, level=1)


def press_until(tab, words, key="Tab", most=40):
    """Presses a key until the focus is on something with these words; how often, and what was passed."""
    passed = []
    for number in range(1, most + 1):
        tab.keyboard.press(key)
        passed.append(tab.evaluate(AT))
        if words in passed[-1]:
            return number, passed
    raise AssertionError(passed)


def test_start_is_near_for_the_keyboard_and_no_focus_is_lost(server, tab, workspace):
    make_dataset(workspace)
    tab.goto(server.url)
    heading(tab, "Teach a network to tell cats from dogs").wait_for()
    tab.wait_for_timeout(1500)
    first, _ = press_until(tab, "Training")
    tab.keyboard.press("Enter")
    heading(tab, "Training").wait_for()
    tab.wait_for_function(f"() => ({AT})().includes('Skip to “Start training”')")
    tab.keyboard.press("Enter")
    assert "Start training" in tab.evaluate(AT) and first <= 7  # the frame's own links, and Enter twice
    tab.reload()
    heading(tab, "Training").wait_for()
    tab.get_by_role("button", name="Start training").wait_for()
    tab.wait_for_timeout(1500)
    tab.get_by_role("link", name="Change photos").focus()
    fields, passed = press_until(tab, "Start training")
    assert fields <= 14 and not any("Help" in name for name in passed), passed

    epochs = tab.get_by_role("spinbutton", name="Epochs")
    epochs.focus()
    tab.keyboard.press("F1")
    assert "Help for Epochs" in tab.evaluate(AT)
    tab.get_by_text("How often the network sees every training photo").first.wait_for()

    tab.goto(f"{server.url}/network?preset=narrow")
    filters = tab.get_by_role("spinbutton", name="Filters")
    filters.fill("40")
    filters.press("Enter")
    tab.wait_for_url(re.compile("filters=40"))
    undo = tab.get_by_role("button", name="Undo", disabled=False)
    undo.focus()
    tab.keyboard.press("Enter")  # there is nothing more to undo: the button can no longer be pressed
    tab.wait_for_url(re.compile("^((?!filters=40).)*$"))
    tab.wait_for_function("() => document.activeElement !== document.body")
    assert "Redo" in tab.evaluate(AT)


def test_what_is_opened_can_be_read_in_a_laptops_window(server, tab, workspace):
    dataset = make_dataset(workspace)
    small, tall = dataset.root / dataset.examples[0].path, dataset.root / dataset.examples[1].path
    Image.new("RGB", (150, 203), "white").save(small)
    Image.new("RGB", (300, 1500), "white").save(tall)
    finished_run(dataset)
    tab.set_viewport_size({"width": 1440, "height": 900})
    tab.goto(f"{server.url}/network")
    tab.get_by_role("button", name="Keras code").click()
    code = tab.get_by_role("dialog").get_by_test_id("stCode")
    code.wait_for()
    tab.wait_for_timeout(800)
    assert code.evaluate(IN_VIEW) and code.bounding_box()["height"] > 400
    tab.keyboard.press("Escape")

    kernel = tab.get_by_role("spinbutton", name="Kernel")
    kernel.fill("300")
    kernel.press("Enter")
    said = tab.get_by_test_id("stAlert").filter(has_text="300")
    said.wait_for()
    assert "31" in said.inner_text() and kernel.input_value() != "300"
    gap = said.bounding_box()["y"] - (kernel.bounding_box()["y"] + kernel.bounding_box()["height"])
    assert 0 <= gap < 40

    tab.goto(f"{server.url}/photos")
    tab.locator(".st-key-photo-0 button:visible").click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_text("1 of 24").wait_for()
    picture = dialog.get_by_role("img").first
    tab.wait_for_timeout(800)
    assert picture.bounding_box()["width"] <= 150 + 4  # never larger than it is
    tab.keyboard.press("ArrowRight")
    dialog.get_by_text("2 of 24").wait_for()
    tab.wait_for_timeout(800)
    assert picture.evaluate(IN_VIEW)
    tab.keyboard.press("ArrowLeft")
    dialog.get_by_text("1 of 24").wait_for()
