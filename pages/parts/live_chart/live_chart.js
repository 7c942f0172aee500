// One chart that grows while a network trains. It draws on a canvas and never replaces a node, so a tick costs a few
// milliseconds, nothing blinks, and a zoom made by hand stays. State lives with the element, not with the data.

const HEIGHT = 300
const MARGIN = { left: 56, right: 14, top: 28, bottom: 40 }
// How a line is told from its neighbours besides its colour. The dashes stand in live_chart.html too, for the legend.
const DASHES = { val: [7, 4], run1: [7, 4], run2: [2, 3], run3: [10, 3, 2, 3], run4: [14, 4] }
const MARKS = { val: "square", run1: "square", run2: "triangle", run3: "diamond", run4: "cross" }
// Their colours are given as --light-train, --dark-train and so on (__init__.py).
const LINES = ["train", "val", "run0", "run1", "run2", "run3", "run4"]
const charts = new WeakMap()

export default function (component) {
  const { data, parentElement } = component
  const root = parentElement.querySelector(".chart")
  if (!root) return
  let chart = charts.get(root)
  if (!chart) charts.set(root, (chart = build(root)))
  chart.data = data
  describe(chart)
  draw(chart)
  return () => {
    chart.sizes.disconnect()
    chart.themes.removeEventListener("change", chart.redraw)
  }
}

function build(root) {
  const find = (name) => root.querySelector(name)
  const chart = {
    root, canvas: find("canvas"), tip: find(".tip"), reset: find(".reset"), keys: [...root.querySelectorAll(".key")],
    title: find(".title").firstChild, reference: find(".reference"), tipLines: [...root.querySelectorAll(".tip p")].map((p) => p.firstChild),
    hidden: new Set(), margin: MARGIN.right, zoom: null, cursor: null, drag: null, data: null,
  }
  const redraw = (chart.redraw = () => draw(chart))
  chart.sizes = new ResizeObserver(redraw)
  chart.sizes.observe(root)
  chart.themes = window.matchMedia("(prefers-color-scheme: dark)")
  chart.themes.addEventListener("change", redraw)

  for (const key of chart.keys)
    key.onclick = () => {
      const kind = key.dataset.kind
      chart.hidden.has(kind) ? chart.hidden.delete(kind) : chart.hidden.add(kind)
      key.setAttribute("aria-pressed", String(!chart.hidden.has(kind)))
      redraw()
    }

  const zoomTo = (range) => {
    chart.zoom = range
    chart.reset.hidden = !range
    range ? (root.dataset.zoom = range.map((x) => x.toFixed(3)).join(" ")) : delete root.dataset.zoom
    redraw()
  }
  chart.reset.onclick = () => zoomTo(null)

  const { canvas } = chart
  const epochAt = (event) => {
    const box = canvas.getBoundingClientRect(), [from, to] = window_(chart)
    const share = (event.clientX - box.left - MARGIN.left) / (box.width - MARGIN.left - chart.margin)
    return from + Math.min(1, Math.max(0, share)) * (to - from)
  }
  canvas.onpointerdown = (event) => {
    if (event.button) return
    canvas.setPointerCapture(event.pointerId)
    chart.drag = [epochAt(event), epochAt(event)]
  }
  canvas.onpointermove = (event) => {
    chart.cursor = epochAt(event)
    if (chart.drag) chart.drag[1] = chart.cursor
    redraw()
  }
  canvas.onpointerup = () => {
    const [a, b] = chart.drag ?? [0, 0], [from, to] = window_(chart)
    chart.drag = null
    Math.abs(b - a) > (to - from) * 0.02 ? zoomTo([Math.min(a, b), Math.max(a, b)]) : redraw()
  }
  canvas.onpointercancel = () => { chart.drag = null; redraw() }
  canvas.onpointerleave = () => { chart.cursor = null; redraw() }
  canvas.onblur = canvas.onpointerleave
  canvas.ondblclick = () => zoomTo(null)
  canvas.onkeydown = (event) => {
    const [from, to] = window_(chart), middle = chart.cursor ?? (from + to) / 2, half = (to - from) / 2
    const step = Math.max((to - from) / 60, Math.min(1, (to - from) / 10))
    const move = (by) => { chart.cursor = Math.min(to, Math.max(from, (chart.cursor ?? from) + by)); redraw() }
    const actions = {
      ArrowRight: () => move(step), ArrowLeft: () => move(-step),
      "+": () => zoomTo([Math.max(0, middle - half / 2), Math.min(extent(chart), middle + half / 2)]),
      "-": () => zoomTo(to - from >= extent(chart) / 2 ? null : [Math.max(0, middle - half * 2), Math.min(extent(chart), middle + half * 2)]),
      0: () => zoomTo(null), Escape: () => zoomTo(null),
    }
    if (!actions[event.key]) return
    event.preventDefault()
    actions[event.key]()
  }
  return chart
}

// Text is changed inside its node: setting textContent would remove the old node.
function describe(chart) {
  const { data } = chart
  chart.title.nodeValue = data.title
  chart.canvas.setAttribute("aria-label", data.alt)
  chart.reference.hidden = !data.reference
  if (data.reference) chart.reference.lastElementChild.firstChild.nodeValue = `${data.reference.name}: ${say(data, data.reference.y, 0.001)}`
  chart.root.classList.remove("loading")
  for (const key of chart.keys) {
    const series = data.series.find((s) => s.kind === key.dataset.kind)
    key.lastElementChild.firstChild.nodeValue = series?.name ?? ""
    key.hidden = !series
  }
}

const extent = (chart) => Math.max(1, chart.data.extent ?? 0, ...chart.data.series.map((s) => s.x.at(-1) ?? 0))
const window_ = (chart) => chart.zoom ?? [0, extent(chart)]
const shown = (chart) => chart.data.series.filter((s) => !chart.hidden.has(s.kind))

function colours(chart) {
  const style = getComputedStyle(chart.root)
  const read = (name, fallback) => style.getPropertyValue(name).trim() || fallback
  const background = read("--st-background-color", "white")
  const dark = luminance(background) < 0.4, mode = dark ? "dark" : "light"
  const lines = Object.fromEntries(LINES.map((kind) => [kind, read(`--${mode}-${kind}`, "gray")]))
  return {
    background, text: read("--st-text-color", dark ? "white" : "black"), grid: read("--st-border-color", "gray"),
    font: read("--st-font", "sans-serif"), ...lines, batch: lines.train + (dark ? "70" : "55"),
  }
}

const luminances = new Map()

function luminance(colour) {
  if (!luminances.has(colour)) luminances.set(colour, measure(colour))
  return luminances.get(colour)
}

function measure(colour) {
  const pen = document.createElement("canvas").getContext("2d")
  pen.fillStyle = colour
  pen.fillRect(0, 0, 1, 1)
  const [r, g, b] = pen.getImageData(0, 0, 1, 1).data
  return (0.299 * r + 0.587 * g + 0.114 * b) / 255
}

// The lowest and the highest value of the axis. Batches jump: their top and bottom two percent do not set it. A loss begins
// with spikes that would press all that follows flat: what lies further above nine tenths of the epochs than twice their
// spread is drawn as an arrow at the top.
function valueRange(chart, [from, to]) {
  const { data } = chart, epochs = [], batches = []
  for (const { kind, x, y } of shown(chart)) {
    const inside = y.filter((v, i) => v !== null && x[i] >= from && x[i] <= to).sort((a, b) => a - b)
    if (kind !== "batch") epochs.push(...inside)
    else batches.push(...(inside.length > 20 ? inside.slice(Math.floor(inside.length * 0.02), Math.ceil(inside.length * 0.98)) : inside))
  }
  const all = [...epochs, ...batches], reference = data.reference?.y
  if (!all.length) return data.percent ? [0, 1] : [0, 2 * (reference ?? 0.5)]
  const settled = (epochs.length ? epochs : batches).sort((a, b) => a - b)
  const most = settled[Math.floor((settled.length - 1) * 0.9)], spread = most - settled[0]
  const ceiling = data.percent || spread <= 0 ? Infinity : most + 2 * spread
  const tops = [Math.min(ceiling, all.reduce((a, b) => Math.max(a, b))), reference ?? -Infinity]
  let low = Math.min(reference ?? Infinity, all.reduce((a, b) => Math.min(a, b))), high = Math.max(...tops)
  const least = data.percent ? 0.05 : Math.max(0.01, high * 0.02)
  const room = Math.max((high - low) * 0.08, (least - (high - low)) / 2)
  low = Math.max(0, low - room)
  high = Math.min(data.percent ? 1 : Infinity, high + room)
  return [Math.min(low, high - least / 2), high]
}

// A value in the digits that a step of the axis needs, so that no two marks read alike.
function say(data, value, step) {
  const digits = Math.max(0, Math.min(4, -Math.floor(Math.log10(data.percent ? step * 100 : step) + 1e-9)))
  return data.percent ? `${(value * 100).toFixed(digits)} %` : value.toFixed(digits)
}

function ticks(low, high, most, whole) {
  const raw = (high - low) / most, power = 10 ** Math.floor(Math.log10(raw))
  let step = power * [1, 2, 5, 10].find((m) => m * power >= raw)
  if (whole) step = Math.max(1, Math.round(step))
  const found = []
  for (let v = Math.ceil(low / step - 1e-9) * step; v <= high + step * 1e-9; v += step) found.push(v)
  return [found, step]
}

function draw(chart) {
  const { canvas, data, root } = chart
  if (!data) return
  const width = root.clientWidth, scale = window.devicePixelRatio || 1
  if (!width) return
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(HEIGHT * scale)) {
    canvas.width = Math.round(width * scale)
    canvas.height = Math.round(HEIGHT * scale)
  }
  const ink = colours(chart), pen = canvas.getContext("2d")
  for (const kind of LINES) root.style.setProperty(`--${kind}`, ink[kind])
  pen.setTransform(scale, 0, 0, scale, 0, 0)
  pen.clearRect(0, 0, width, HEIGHT)
  pen.font = `13px ${ink.font}`
  const ends = shown(chart).filter((s) => s.end)
  chart.margin = Math.max(MARGIN.right, ...ends.map((s) => Math.min(width * 0.3, pen.measureText(s.end).width + 18)))
  const right = width - chart.margin, bottom = HEIGHT - MARGIN.bottom
  const [from, to] = window_(chart), [low, high] = valueRange(chart, [from, to])
  const px = (x) => MARGIN.left + ((x - from) / (to - from)) * (right - MARGIN.left)
  const py = (y) => bottom - ((y - low) / (high - low)) * (bottom - MARGIN.top)
  pen.lineWidth = 1
  const line = (x1, y1, x2, y2, colour, dash = []) => {
    pen.strokeStyle = colour
    pen.lineWidth = 1
    pen.setLineDash(dash)
    pen.beginPath()
    pen.moveTo(x1, y1)
    pen.lineTo(x2, y2)
    pen.stroke()
    pen.setLineDash([])
  }
  // words stay readable where lines run behind them
  const label = (text, x, y) => {
    pen.strokeStyle = ink.background
    pen.lineWidth = 4
    pen.strokeText(text, x, y)
    pen.fillText(text, x, y)
  }
  pen.fillStyle = ink.text
  pen.textBaseline = "middle"
  pen.textAlign = "right"
  const [ys, yStep] = ticks(low, high, 5)
  for (const y of ys) {
    line(MARGIN.left, Math.round(py(y)) + 0.5, right, Math.round(py(y)) + 0.5, ink.grid)
    pen.fillText(say(data, y, yStep), MARGIN.left - 8, py(y))
  }
  pen.textBaseline = "top"
  const [xs] = ticks(from, to, Math.max(2, Math.min(10, width / 80)), to - from >= 3)
  for (const x of xs) {
    pen.textAlign = px(x) > right - 8 ? "right" : "center"
    pen.fillText(to - from >= 3 ? String(Math.round(x)) : x.toFixed(1), px(x), bottom + 6)
  }
  pen.textAlign = "right"
  pen.globalAlpha = 0.75
  pen.fillText("epoch", right, bottom + 22)
  pen.globalAlpha = 1

  pen.save()
  pen.beginPath()
  pen.rect(MARGIN.left, MARGIN.top - 6, right - MARGIN.left + 6, bottom - MARGIN.top + 12)
  pen.clip()
  for (const { kind, x, y } of shown(chart)) {
    pen.strokeStyle = ink[kind]
    pen.lineWidth = kind === "batch" ? 1 : 2.25
    pen.lineJoin = "round"
    pen.setLineDash(DASHES[kind] ?? [])
    pen.beginPath()
    let pending = true
    x.forEach((at, i) => {
      if (y[i] === null) return void (pending = true)
      pending ? pen.moveTo(px(at), py(y[i])) : pen.lineTo(px(at), py(y[i]))
      pending = false
    })
    pen.stroke()
    pen.setLineDash([])
    if (kind !== "batch" && x.length < 40) {
      pen.fillStyle = ink[kind]
      x.forEach((at, i) => y[i] !== null && dot(pen, kind, px(at), py(y[i]), 3))
    }
    if (kind !== "batch") {
      pen.fillStyle = ink[kind]
      pen.beginPath()
      const top = MARGIN.top
      x.forEach((at, i) => y[i] > high && polygon(pen, [[px(at), top - 6], [px(at) + 4, top + 1], [px(at) - 4, top + 1]]))
      pen.fill()
    }
  }
  if (data.reference) {
    const y = Math.round(py(data.reference.y)) + 0.5
    if (y > MARGIN.top && y < bottom) line(MARGIN.left, y, right, y, ink.text, [2, 4])
  }
  const counts = data.counts_from
  if (counts && counts.x > from && counts.x < to) {
    pen.fillStyle = ink.text
    pen.globalAlpha = 0.06
    pen.fillRect(px(from), MARGIN.top, px(counts.x) - px(from), bottom - MARGIN.top)
    pen.globalAlpha = 1
    line(px(counts.x), MARGIN.top, px(counts.x), bottom, ink.text, [6, 3])
    const isLate = px(counts.x) > (MARGIN.left + right) / 2
    pen.textAlign = isLate ? "right" : "left"
    pen.textBaseline = "bottom"
    label(isLate ? counts.before : counts.after, px(counts.x) + (isLate ? -6 : 6), bottom - 4)
  }
  const best = chart.hidden.has("val") || !data.best || data.best.x < from || data.best.x > to ? null : data.best
  if (best) {
    line(px(best.x), MARGIN.top - 6, px(best.x), bottom, ink.val, [1, 3])
    pen.fillStyle = ink.background
    pen.strokeStyle = ink.val
    pen.lineWidth = 2.25
    pen.beginPath()
    pen.arc(px(best.x), py(best.y), 6, 0, 7)
    pen.fill()
    pen.stroke()
  }
  pen.restore()
  if (best) { // above the curves, where none runs through it
    const half = pen.measureText(best.name).width / 2
    pen.fillStyle = ink.text
    pen.textAlign = "center"
    pen.textBaseline = "middle"
    pen.fillText(best.name, Math.max(half, Math.min(width - half, px(best.x))), MARGIN.top / 2 - 3)
  }
  nameEnds(ends, { px, py, from, to, bottom, label: (s, x, y) => { pen.fillStyle = ink[s.kind]; pen.textAlign = "left"; pen.textBaseline = "middle"; label(s.end, x, y) } })
  pen.save()
  if (chart.drag) {
    const [a, b] = chart.drag.map(px)
    pen.fillStyle = ink.train
    pen.globalAlpha = 0.15
    pen.fillRect(Math.min(a, b), MARGIN.top, Math.abs(b - a), bottom - MARGIN.top)
    pen.globalAlpha = 1
  }
  pen.restore()
  point(chart, pen, ink, { px, py, from, to, bottom, width, line })
}

// A line's name stands where it ends; names that would lie on one another move apart.
function nameEnds(ends, { px, py, from, to, bottom, label }) {
  const names = []
  for (const s of ends) {
    const last = s.x.findLastIndex((x, i) => s.y[i] !== null && x >= from && x <= to)
    if (last >= 0) names.push({ s, x: px(s.x[last]) + 9, y: py(s.y[last]) })
  }
  names.sort((a, b) => a.y - b.y)
  names.forEach((name, i) => {
    for (const above of names.slice(0, i)) if (Math.abs(above.x - name.x) < 80) name.y = Math.max(name.y, above.y + 16)
  })
  const over = (names.at(-1)?.y ?? 0) - (bottom - 8)
  names.forEach((name) => label(name.s, name.x, over > 0 ? name.y - over : name.y))
}

function dot(pen, kind, x, y, size) {
  const mark = MARKS[kind]
  pen.beginPath()
  if (mark === "square") pen.rect(x - size, y - size, size * 2, size * 2)
  else if (mark === "triangle") polygon(pen, [[x, y - size * 1.4], [x + size * 1.3, y + size], [x - size * 1.3, y + size]])
  else if (mark === "diamond") polygon(pen, [[x, y - size * 1.5], [x + size * 1.5, y], [x, y + size * 1.5], [x - size * 1.5, y]])
  else if (mark === "cross") {
    pen.rect(x - size * 1.4, y - size * 0.45, size * 2.8, size * 0.9)
    pen.rect(x - size * 0.45, y - size * 1.4, size * 0.9, size * 2.8)
  } else pen.arc(x, y, size, 0, 7)
  pen.fill()
}

function polygon(pen, corners) {
  corners.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)))
  pen.closePath()
}

// The tooltip names, for the epoch under the pointer, what each line says there.
function point(chart, pen, ink, { px, py, from, to, bottom, width, line }) {
  const { tip, tipLines, cursor } = chart
  const near = cursor === null || chart.drag ? [] : shown(chart).map((s) => {
    let best = -1
    s.x.forEach((x, i) => {
      if (s.y[i] !== null && x >= from && x <= to && (best < 0 || Math.abs(x - cursor) < Math.abs(s.x[best] - cursor))) best = i
    })
    return best < 0 ? null : { kind: s.kind, name: s.name, x: s.x[best], y: s.y[best] }
  }).filter(Boolean)
  tip.hidden = !near.length
  if (!near.length) return
  const anchor = (near.find((n) => n.kind !== "batch") ?? near[0]).x
  line(px(anchor), MARGIN.top, px(anchor), bottom, ink.text, [1, 2])
  for (const n of near) {
    pen.fillStyle = ink[n.kind]
    dot(pen, n.kind, px(n.x), py(n.y), 4)
  }
  const lines = [`epoch ${Number.isInteger(anchor) ? anchor : anchor.toFixed(2)}`, ...near.map((n) => `${n.name}: ${say(chart.data, n.y, 0.001)}`)]
  tipLines.forEach((node, i) => { node.nodeValue = lines[i] ?? ""; node.parentNode.hidden = !lines[i] })
  const x = px(anchor), left = x > width / 2
  tip.style.left = left ? "" : `${x + 12}px`
  tip.style.right = left ? `${width - x + 12}px` : ""
}
