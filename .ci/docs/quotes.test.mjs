import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { root } from "../workspace.mjs"
import { misquotes } from "./quotes.mjs"

const fence = "```"
const page = (from, code) => `text\n\n${from}${fence}ts\n${code}\n${fence}\n`
const read = (path) => (path === "a.ts" ? "const x = 1\nconst y = 2\n" : undefined)

describe("quotes", () => {
  it("are taken from the file that they name", () => {
    expect(misquotes("p.md", page("<!-- in a.ts -->\n", "const y = 2"), read)).toEqual([])
  })

  it("may be of any language, and need not be code if they are not TypeScript", () => {
    const other = (from, text) => `${from}${fence}\n${text}\n${fence}\n`
    expect(misquotes("p.md", other("", "anything"), read)).toEqual([])
    expect(misquotes("p.md", other("<!-- in a.ts -->\n", "const x = 1"), read)).toEqual([])
    expect(misquotes("p.md", other("<!-- in a.ts -->\n", "const z"), read)[0]).toContain("is not in a.ts")
  })

  it("are refused when they differ, name no file, or one that is not there", () => {
    expect(misquotes("p.md", page("<!-- in a.ts -->\n", "const y = 3"), read)).toEqual([
      "p.md:4 quotes what is not in a.ts"
    ])
    expect(misquotes("p.md", page("", "const y = 2"), read)[0]).toContain("p.md:3 does not say")
    expect(misquotes("p.md", page("<!-- in b.ts -->\n", "const y = 2"), read)).toEqual([
      "p.md:4 quotes b.ts, which does not exist"
    ])
  })
})

const guide = "docs/guide"

describe("the guide shows only what is run", () => {
  for (const name of readdirSync(join(root, guide)).filter((name) => name.endsWith(".md"))) {
    it(name, () => {
      const path = `${guide}/${name}`
      expect(misquotes(path, readFileSync(join(root, path), "utf8"))).toEqual([])
    })
  }
})
