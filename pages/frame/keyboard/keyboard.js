// Where the keyboard is. Streamlit redraws a page around the person, and what had the focus may be gone, disabled or on the
// page that was left; and a help mark before every field doubles the way to a button.

const HELP = '[data-testid="stMain"] button[aria-label^="Help"], [data-testid="stHeaderActionElements"] a'
const STOPS = 'a[href], button, input, select, textarea, summary, [tabindex="0"]'
const LONGEST_WAIT = 5000 // ms for something to appear that is to get the focus
const known = (window.alexnetKeyboard ??= { page: null, turn: 0, wanted: null, last: null })

export default function (component) {
  const { data, parentElement } = component
  known.link = parentElement.querySelector(".skip")
  known.title = data.page
  known.link.onclick = (event) => {
    event.preventDefault()
    const button = mainButton()
    button?.focus()
    button?.scrollIntoView({ block: "center" })
  }
  if (known.page !== null && known.page !== data.page) known.wanted = { page: data.page, until: now() + LONGEST_WAIT }
  known.page = data.page
  if (data.turn > known.turn) known.wanted = { key: data.to, until: now() + LONGEST_WAIT }
  known.turn = data.turn
  listen()
  look()
}

function listen() {
  if (known.observer) return
  known.observer = new MutationObserver(() => {
    known.frame ??= requestAnimationFrame(() => { known.frame = null; look() })
  })
  known.observer.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["disabled"] })
  document.addEventListener("focusin", (event) => {
    if (event.target !== known.link) known.last = event.target
  })
  document.addEventListener("keydown", (event) => {
    const help = event.key === "F1" && helpOf(document.activeElement)
    if (help) { event.preventDefault(); help.focus() }
  })
}

function look() {
  for (const mark of document.querySelectorAll(HELP)) {
    if (mark.tabIndex === 0) mark.tabIndex = -1
    mark.parentElement?.closest('[data-testid="stElementContainer"]')?.querySelector("input")?.setAttribute("aria-keyshortcuts", "F1")
  }
  const label = wordsOf(mainButton())
  known.link.tabIndex = label ? 0 : -1
  const text = label ? `Skip to “${label}”` : known.title
  if (known.link.textContent !== text) known.link.textContent = text
  known.link.setAttribute("aria-label", label ? `${known.title}. ${text}` : text)
  if (known.wanted) turn()
  clearTimeout(known.timer)
  known.timer = setTimeout(find, 400) // a browser takes the focus from a disabled button only after this frame, and tells nobody
}

function turn() {
  const { key, until } = known.wanted
  const place = key ? document.querySelector(`[data-testid="stMain"] .st-key-${CSS.escape(key)}`) : known.link
  const goal = key ? place?.querySelector("h1, h2, h3") ?? [...(place?.querySelectorAll("button") ?? [])].find(isOpen) : place
  if (now() > until) known.wanted = null
  if (!goal) return
  known.wanted = null
  const at = document.activeElement
  if (!key && at.closest("[data-testid=stMain]") && !at.closest(".st-key-header") && at.matches("input, textarea")) return
  if (goal.matches("h1, h2, h3")) goal.tabIndex = -1
  goal.focus({ preventScroll: !key })
}

/** Whether the focus fell to the body because what had it is gone or can no longer be pressed. */
function isLost() {
  const { last } = known
  return document.activeElement === document.body && last && (!last.isConnected || last.disabled)
}

/** The same widget if it was drawn anew, else the next one after it, else the top of the page. */
function find() {
  if (!isLost() || known.wanted) return
  const { last } = known
  const key = [...(last.closest('[class*="st-key-"]')?.classList ?? [])].find((name) => name.startsWith("st-key-"))
  const again = key && document.querySelector(`.${CSS.escape(key)}`)
  const stops = [...document.querySelectorAll(STOPS)].filter((stop) => stop.tabIndex === 0 && isOpen(stop))
  const after = last.isConnected && stops.find((stop) => last.compareDocumentPosition(stop) & Node.DOCUMENT_POSITION_FOLLOWING)
  const goal = stops.find((stop) => again?.contains(stop)) ?? (after || known.link)
  goal.focus({ preventScroll: true })
}

function mainButton() {
  return [...document.querySelectorAll('[data-testid="stMain"] button[data-testid="stBaseButton-primary"]')].find(isOpen)
}

/** Whether it can be pressed: Streamlit draws a button that has a help text twice, once hidden. */
function isOpen(widget) {
  return !widget.disabled && widget.checkVisibility({ visibilityProperty: true })
}

function helpOf(field) {
  return field?.closest?.('[data-testid="stElementContainer"]')?.querySelector('button[aria-label^="Help"]')
}

function wordsOf(button) {
  if (!button) return ""
  const copy = button.cloneNode(true)
  copy.querySelectorAll('[data-testid="stIconMaterial"], [role=img]').forEach((icon) => icon.remove())
  return copy.textContent.trim()
}

function now() {
  return performance.now()
}
