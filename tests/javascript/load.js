import { readFileSync } from "node:fs"

/** Functions of a component's file, which exports but one: the file is read as the browser gets it, and `names` are exported too. */
export async function load(path, ...names) {
  globalThis.window ??= globalThis
  const text = readFileSync(new URL(`../../${path}`, import.meta.url), "utf8")
  return import(`data:text/javascript,${encodeURIComponent(`${text}\nexport { ${names.join(", ")} }`)}`)
}
