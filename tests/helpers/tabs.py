"""Waiting in a browser's tab."""

from playwright.sync_api import Page

SETTLED = """([wait]) => new Promise((tell, fail) => {
  let [before, since] = ["", performance.now()]
  const began = since
  const look = () => {
    const fields = [...document.querySelectorAll("input")].map((field) => field.value).join(" ")
    const script = document.querySelector("[data-test-script-state]")?.dataset.testScriptState
    const now = [location.href, fields, document.documentElement.scrollHeight].join(" ")
    if (script !== "notRunning" || now !== before) [before, since] = [now, performance.now()]
    if (performance.now() - since >= wait) return tell()
    if (performance.now() - began > 120000) return fail(new Error("the page does not come to rest"))
    setTimeout(look, 25)
  }
  look()
})"""


def settle(tab: Page, milliseconds: int) -> None:
    """Until for so long no script has run and neither address nor fields nor height have changed."""
    tab.evaluate(SETTLED, [milliseconds])
