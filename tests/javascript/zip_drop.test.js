import assert from "node:assert/strict"
import { beforeEach, test } from "node:test"
import { load } from "./load.js"

const { change, end, figures, left, sending, size, take } = await load(
  "pages/photos/zip_drop/zip_drop.js",
  ...["change", "end", "figures", "left", "sending", "size", "take"],
)
globalThis.removeEventListener ??= () => {}

beforeEach(() => Object.assign(sending, { state: "idle", fault: null, file: null, job: null }))

test("sizes are said in the unit that fits, and never as nothing", () => {
  assert.deepEqual([0, 499, 1500, 999_499, 1e6, 786_400_000, 1e9, 2.5e9].map(size), [
    "1 kB", "1 kB", "2 kB", "999 kB", "1.0 MB", "786.4 MB", "1.00 GB", "2.50 GB",
  ])
  assert.equal(figures(5e6, 2e9), "5.0 MB of 2.00 GB")
})

test("what is left is said once there is something to reckon with", () => {
  const at = (seconds, sent, from = 0) => {
    Object.assign(sending, { began: Date.now() - 1000 * seconds, sent, from, file: { size: 1000 } })
    return left()
  }
  assert.equal(at(1, 500), "")
  assert.equal(at(10, 0), "")
  assert.match(at(10, 500), / about 1[01] s left$/)
  assert.match(at(60, 100), / about 9 min left$/)
  assert.match(at(10, 900, 800), / about 1[01] s left$/, "what had come before says nothing about the speed")
})

for (const [what, files, words] of [
  ["two files", [{ name: "a.zip" }, { name: "b.zip" }], /^One zip at a time; 2 files/],
  ["what is no zip", [{ name: "pets.rar", size: 5 }], /a name that ends in \.zip; received “pets\.rar”/],
  ["a zip that is too large", [{ name: "PETS.ZIP", size: 3e9 }], /^A zip may have 2\.00 GB; this one has 3\.00 GB/],
])
  test(`${what}: refused with a sentence, and nothing is sent`, () => {
    take(files, { most: 2e9 })
    assert.match(sending.fault, words)
    assert.equal(sending.state, "idle")
  })

test("nothing dropped, or something dropped while a zip is on its way, changes nothing", () => {
  take([], { most: 1 })
  assert.equal(sending.fault, null)
  change({ state: "waiting" })
  take([{ name: "a.txt" }], { most: 1 })
  assert.equal(sending.fault, null)
})

test("whoever shows the upload hears of each change, and its end", () => {
  const heard = []
  const show = () => heard.push(sending.state)
  sending.listeners.add(show)
  change({ state: "sending" })
  end({ state: "done" })
  sending.listeners.delete(show)
  assert.deepEqual(heard, ["sending", "done"])
})
