// Sends a zip to the server's own route in slices, so that a broken connection costs one slice and dropping the same file
// again goes on. What is being sent belongs to the window, not to the element: it survives going to another page and back.

const SLICE = 8 * 2 ** 20
const WAITS = [1, 2, 4, 8, 15, 30, 30] // seconds before the next try; then the person is told
const sending = (window.alexnetZip ??= { state: "idle", listeners: new Set() })

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector(".drop")
  if (!root) return
  const find = (name) => root.querySelector(name)
  sending.arrived = (key) => setTriggerValue("arrived", key)
  find(".hint").textContent = data.hint

  const input = find(".file")
  input.onchange = () => { take(input.files, data); input.value = "" }
  root.ondragover = (event) => { event.preventDefault(); root.dataset.over = "" }
  root.ondragleave = (event) => { if (!root.contains(event.relatedTarget)) delete root.dataset.over }
  root.ondrop = (event) => {
    event.preventDefault()
    delete root.dataset.over
    take(event.dataTransfer.files, data)
  }
  find(".cancel").onclick = () => { cancel(); input.focus() }

  const show = () => {
    const { state, file, sent, fault } = sending, busy = state === "sending" || state === "waiting"
    find(".zone").hidden = busy
    find(".sending").hidden = !busy
    write(find(".fault"), fault ?? "")
    find(".said").classList.toggle("heard", state === "done") // the page itself says it to the eye
    write(find(".said"), state === "done" ? `${file.name} has arrived (${size(file.size)}).` : state === "cancelled" ? "Cancelled. Nothing of the zip was kept." : "")
    if (!busy) return
    find(".bar").value = sent / file.size
    write(find(".text"), `${file.name}: ${figures(sent, file.size)}${state === "waiting" ? " · the connection broke; trying again" : left()}`)
  }
  if (sending.show) sending.listeners.delete(sending.show)
  sending.listeners.add((sending.show = show))
  show()
  return () => sending.listeners.delete(show)
}

// A status that is written anew is read out anew.
const write = (node, text) => { if (node.textContent !== text) node.textContent = text }
const change = (values) => { Object.assign(sending, values); sending.listeners.forEach((show) => show()) }
const size = (bytes) => bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`
const figures = (sent, all) => `${size(sent)} of ${size(all)}`

function left() {
  const passed = (Date.now() - sending.began) / 1000, moved = sending.sent - sending.from
  if (passed < 2 || moved <= 0) return ""
  const seconds = ((sending.file.size - sending.sent) * passed) / moved
  return ` · about ${seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`} left`
}

const guard = (event) => event.preventDefault()

function take(files, data) {
  if (sending.state === "sending" || sending.state === "waiting" || !files.length) return
  if (files.length > 1) return change({ state: "idle", fault: `One zip at a time; ${files.length} files were dropped. Put all photos into one zip.` })
  const file = files[0]
  if (!file.name.toLowerCase().endsWith(".zip"))
    return change({ state: "idle", fault: `A zip file is taken here, with a name that ends in .zip; received “${file.name}”. Zip the folder of photos first.` })
  if (file.size > data.most)
    return change({ state: "idle", fault: `A zip may have ${size(data.most)}; this one has ${size(file.size)}. Copy the photos to the server and choose Folder, or zip fewer of them.` })
  send(file, new URL("uploads", location.href).href)
}

async function send(file, url) {
  const job = { cancelled: false, request: null, id: null, url }
  change({ state: "sending", file, sent: 0, from: 0, began: Date.now(), fault: null, job })
  window.addEventListener("beforeunload", guard)
  let failures = 0, offset = null
  while (!job.cancelled) {
    const before = offset
    try {
      if (offset === null) {
        const about = JSON.stringify({ name: file.name, size: file.size, changed: file.lastModified })
        const answer = await ask(job, "POST", url, new Blob([about]), {})
        job.id = answer.id
        offset = answer.offset
        change({ state: "sending", sent: offset, from: offset, began: Date.now() })
      }
      const slice = file.slice(offset, offset + SLICE), from = offset
      const answer = await ask(job, "PUT", `${url}/${job.id}`, slice, { "Upload-Offset": offset }, (sent) => change({ state: "sending", sent: from + sent }))
      offset = answer.offset
      failures = 0
      change({ state: "sending", sent: offset })
      if (answer.key) {
        end({ state: "done" })
        sending.arrived(answer.key)
        return
      }
    } catch (error) {
      if (job.cancelled) break
      if (error.sentence) return end({ state: "failed", fault: error.sentence })
      if (failures >= WAITS.length)
        return end({ state: "failed", fault: "The server cannot be reached. What has arrived is kept for a day: drop the same zip again and it goes on from there." })
      change({ state: "waiting" })
      await new Promise((resolve) => setTimeout(resolve, 1000 * WAITS[failures++]))
      offset = null // the server knows what arrived
      if (job.cancelled) break
    }
    if (offset !== null && offset === before && ++failures > WAITS.length) return end({ state: "failed", fault: "The upload does not get on. Drop the zip again." })
  }
}

function end(values) {
  window.removeEventListener("beforeunload", guard)
  change({ ...values, job: null })
}

function cancel() {
  const { job } = sending
  if (!job) return
  job.cancelled = true
  job.request?.abort()
  if (job.id) fetch(`${job.url}/${job.id}`, { method: "DELETE", headers: { "X-AlexNet-Upload": "1" } }).catch(() => {})
  end({ state: "cancelled", fault: null })
}

// XMLHttpRequest, since fetch does not tell how much it has sent.
function ask(job, method, url, body, headers, progress) {
  return new Promise((resolve, reject) => {
    const request = (job.request = new XMLHttpRequest())
    request.open(method, url)
    request.setRequestHeader("X-AlexNet-Upload", "1")
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.timeout = 300_000
    if (progress) request.upload.onprogress = (event) => progress(event.loaded)
    request.onload = () => {
      let answer = null
      try { answer = JSON.parse(request.responseText) } catch {}
      if (request.status === 200 && answer) return resolve(answer)
      // a sentence of ours is final; a gateway's error page may pass
      reject(answer?.error ? { sentence: answer.error } : { status: request.status })
    }
    request.onerror = request.ontimeout = request.onabort = () => reject({})
    request.send(body)
  })
}
