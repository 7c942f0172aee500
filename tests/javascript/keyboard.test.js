import assert from "node:assert/strict"
import { test } from "node:test"
import { load } from "./load.js"

const { isLost, isOpen, known, wordsOf } = await load("pages/frame/keyboard/keyboard.js", "isLost", "isOpen", "known", "wordsOf")

const body = {}
const page = (globalThis.document = { activeElement: body, body })

test("a button that is disabled or hidden cannot be pressed", () => {
  const button = (disabled, visible) => ({ disabled, checkVisibility: () => visible })
  assert.deepEqual([[false, true], [true, true], [false, false]].map((facts) => isOpen(button(...facts))), [true, false, false])
})

test("the focus is lost where it fell to the body because what had it is gone or disabled", () => {
  const lostAfter = (last, active = body) => {
    page.activeElement = active
    known.last = last
    return Boolean(isLost())
  }
  assert.equal(lostAfter({ isConnected: false }), true)
  assert.equal(lostAfter({ isConnected: true, disabled: true }), true)
  assert.equal(lostAfter({ isConnected: true }), false, "somebody clicked beside everything")
  assert.equal(lostAfter({ isConnected: false }, {}), false, "the focus is somewhere")
  assert.equal(lostAfter(null), false)
})

test("a button is called by its words, without its icon", () => {
  const icon = { remove: () => (copy.textContent = " Start ") }
  const copy = { textContent: "play_arrow Start ", querySelectorAll: () => [icon] }
  assert.equal(wordsOf({ cloneNode: () => copy }), "Start")
  assert.equal(wordsOf(undefined), "")
})
