/**
 * JSON for people.
 *
 * @since 0.1.0
 */
import type { Json } from "effect/Schema"

/** With the indentation of a message it fits on a narrow screen. */
const widest = 76

/** On one line what fits on one: a scenario of twenty small numbers would otherwise take thirty lines. */
export const prettyJson = (json: Json): string => linesOf("", json, "")

const linesOf = (key: string, json: Json, margin: string): string => {
  const line = `${key}${lineOf(json)}`
  if (typeof json !== "object" || json === null || margin.length + line.length <= widest) return line
  const inner = `${margin}  `
  const items = isList(json)
    ? json.map((item) => linesOf("", item, inner))
    : Object.entries(json).map(([name, value]) => linesOf(`${JSON.stringify(name)}: `, value, inner))
  const [open, close] = isList(json) ? ["[", "]"] : ["{", "}"]
  return `${key}${open}\n${items.map((item) => `${inner}${item}`).join(",\n")}\n${margin}${close}`
}

const lineOf = (json: Json): string => {
  if (typeof json !== "object" || json === null) return JSON.stringify(json)
  if (isList(json)) return `[${json.map(lineOf).join(", ")}]`
  const entries = Object.entries(json).map(([name, value]) => `${JSON.stringify(name)}: ${lineOf(value)}`)
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`
}

const isList = (json: Json): json is ReadonlyArray<Json> => Array.isArray(json)
