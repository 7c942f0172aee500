import assert from "node:assert/strict"
import { test } from "node:test"
import { load } from "./load.js"

const { extent, nameEnds, say, shown, ticks, valueRange, window_ } = await load(
  "pages/parts/live_chart/live_chart.js",
  ...["extent", "nameEnds", "say", "shown", "ticks", "valueRange", "window_"],
)

const line = (kind, y, x = y.map((_, i) => i + 1)) => ({ kind, x, y })
const chartOf = (series, data = {}) => ({ data: { percent: false, series, ...data }, hidden: new Set(), zoom: null })

test("an axis has at most as many marks as asked for, at round values, all inside", () => {
  for (const [low, high] of [[0, 1], [0.31, 0.94], [0, 140], [3.2, 3.21], [0, 1e-3], [17, 18_000]]) {
    const [marks, step] = ticks(low, high, 5)
    assert.ok(marks.length >= 2 && marks.length <= 6, `${marks}`)
    assert.ok(marks[0] >= low - step * 1e-6 && marks.at(-1) <= high + step * 1e-6)
    const digit = step / 10 ** Math.floor(Math.log10(step) + 1e-9)
    assert.ok([1, 2, 5].some((round) => Math.abs(digit - round) < 1e-6), `a step of ${step}`)
  }
})

test("epochs are whole, however few there are", () => {
  const [marks, step] = ticks(0, 3, 10, true)
  assert.equal(marks.join(), "0,1,2,3")
  assert.equal(step, 1)
})

test("marks of one axis never read alike, and have no more digits than they need", () => {
  assert.deepEqual([0.5, 1].map((v) => say({ percent: false }, v, 0.5)), ["0.5", "1.0"])
  assert.equal(say({ percent: false }, 20, 10), "20")
  assert.equal(say({ percent: true }, 0.914, 0.001), "91.4 %")
  assert.equal(say({ percent: true }, 0.5, 0.1), "50 %")
  for (const [low, high] of [[0.31, 0.94], [0.9, 0.95], [2.1, 2.103]]) {
    for (const percent of [true, false]) {
      const [marks, step] = ticks(low, high, 5)
      const words = marks.map((mark) => say({ percent }, mark, step))
      assert.equal(new Set(words).size, words.length, `${words}`)
    }
  }
})

test("an empty chart has an axis: all per cents, or twice what guessing costs", () => {
  assert.deepEqual(valueRange(chartOf([], { percent: true }), [0, 1]), [0, 1])
  assert.deepEqual(valueRange(chartOf([], { reference: { y: 0.7 } }), [0, 1]), [0, 1.4])
  assert.deepEqual(valueRange(chartOf([]), [0, 1]), [0, 1])
})

test("the axis holds every epoch and the line of guessing, with room, and never leaves 0 to 100 per cent", () => {
  const chart = chartOf([line("train", [0.6, 0.8]), line("val", [0.55, 0.99])], { percent: true, reference: { y: 0.5 } })
  const [low, high] = valueRange(chart, [0, 2])
  assert.ok(low < 0.5 && low >= 0)
  assert.equal(high, 1)
})

test("only what is in sight sets the axis: the zoom, and lines that are shown", () => {
  const chart = chartOf([line("train", [9, 1, 1.1]), line("val", [5, 2, 2.1])])
  assert.ok(valueRange(chart, [1.5, 3])[1] < 3)
  chart.hidden.add("val")
  assert.ok(valueRange(chart, [1.5, 3])[1] < 2)
  assert.deepEqual(shown(chart).map((series) => series.kind), ["train"])
})

test("a spike at the beginning of a loss does not press all that follows flat", () => {
  const losses = [900, ...Array.from({ length: 30 }, (_, i) => 1 - i / 40)]
  assert.ok(valueRange(chartOf([line("train", losses)]), [0, 31])[1] < 3)
})

test("a batch in fifty may jump as it likes", () => {
  const batches = Array.from({ length: 100 }, (_, i) => (i === 50 ? 40 : 0.7))
  assert.ok(valueRange(chartOf([line("batch", batches), line("train", [0.7])]), [0, 100])[1] < 1)
})

test("equal values still have an axis of some height around them", () => {
  for (const percent of [true, false]) {
    const [low, high] = valueRange(chartOf([line("val", [0.5, 0.5])], { percent }), [0, 2])
    assert.ok(low < 0.5 && high > 0.5)
  }
})

test("gaps are no values", () => {
  const [low, high] = valueRange(chartOf([line("val", [null, 1, null])]), [0, 3])
  assert.ok(low > 0.9 && high < 1.1)
})

test("the chart is as long as the plan, or as what has come, and a zoom is kept", () => {
  assert.equal(extent(chartOf([])), 1)
  assert.equal(extent(chartOf([line("val", [1, 2, 3])], { extent: 12 })), 12)
  assert.equal(extent(chartOf([line("val", [1, 2, 3])], { extent: 2 })), 3)
  assert.deepEqual(window_(chartOf([line("val", [1, 2, 3])])), [0, 3])
  assert.deepEqual(window_({ ...chartOf([]), zoom: [1, 2] }), [1, 2])
})

test("names at the ends of lines move apart and stay above the axis", () => {
  const placed = []
  const ends = [0.5, 0.51, 0.5].map((y) => ({ end: "run", x: [1, 2], y: [0, y] }))
  const toPixels = { px: (x) => 100 * x, py: (y) => 200 - 100 * y }
  nameEnds(ends, { ...toPixels, from: 0, to: 2, bottom: 200, label: (_, x, y) => placed.push([x, y]) })
  const heights = placed.map(([, y]) => y).sort((a, b) => a - b)
  assert.ok(heights.slice(1).every((height, i) => height - heights[i] >= 16), `${heights}`)
  assert.ok(placed.every(([x]) => x === 209))

  placed.length = 0
  const low = [0, 0.01].map((y) => ({ end: "run", x: [1], y: [y] }))
  nameEnds(low, { ...toPixels, from: 0, to: 2, bottom: 200, label: (_, x, y) => placed.push([x, y]) })
  assert.ok(placed.every(([, y]) => y <= 192 + 1e-9), `${placed}`)
})

test("a line that does not reach into the zoom has no name there", () => {
  const placed = []
  const to = { px: (x) => x, py: (y) => y, from: 5, to: 9, bottom: 200, label: () => placed.push(1) }
  nameEnds([{ end: "run", x: [1, 6], y: [1, null] }], to)
  assert.deepEqual(placed, [])
})
