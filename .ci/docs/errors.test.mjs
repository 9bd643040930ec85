import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import * as ErrorCodes from "../../packages/tidegate/src/ErrorCodes.ts"
import { root } from "../workspace.mjs"
import { rowsFor, untrue } from "./errors.mjs"

const rules = {
  codes: new Map([
    ["EA", { says: "a" }],
    ["EB", { says: "b", tookNothing: true }]
  ]),
  classify: (operation, code) => (code === "EB" || operation === "accept" ? "temporary" : "fatal"),
  isOfOneConnection: (code) => code === "EA"
}
const a = "| `EA` | fatal | temporary | fatal | fatal | at once | no | a |"
const b = "| `EB` | temporary | temporary | temporary | temporary | after a pause | yes | b |"

describe("a table of errors", () => {
  it("says for each code its classes, what accepting does, whether a write may be repeated, and what it means", () => {
    expect([...rowsFor(rules).values()]).toEqual([a, b])
    expect(untrue(`# Errors\n\n${a}\n${b}\n`, rules)).toEqual([])
  })

  it("is refused where a row differs, is missing, or is about a code that nobody knows", () => {
    expect(untrue(`${a.replace("at once", "ends")}\n${b}`, rules)).toEqual([`EA differs, expected: ${a}`])
    expect(untrue(b, rules)).toEqual([`EA is missing, expected: ${a}`])
    expect(untrue(`${a}\n${b}\n| \`EC\` | fatal |`, rules)).toEqual(["EC is not in the code"])
  })
})

describe("docs/errors.md", () => {
  it("says what the code does with every code of an error", () => {
    expect(ErrorCodes.codes.size).toBeGreaterThan(0)
    expect(untrue(readFileSync(join(root, "docs/errors.md"), "utf8"), ErrorCodes)).toEqual([])
  })
})
