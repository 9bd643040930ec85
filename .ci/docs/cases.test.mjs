import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { makeSource, readSources } from "../tidy/source.mjs"
import { root } from "../workspace.mjs"
import { listedIn, miscounted, numbersIn } from "./cases.mjs"

const source = (text) => makeSource("packages/a/test/A.test.ts", text)
const page = "- **S1** One.\n- **FF-02** Two.\n- **I-S3** Three.\n- **B.4** Four, unlike **B9**.\n"

describe("numbers of cases", () => {
  it("are found in names, in tables that names are made of, and in comments", () => {
    const text = [
      'it("S1 I-S3 does", f)',
      `it(\`FF-02 \${kind} S4: does\`, f)`,
      'const table = { covers: ["B.4", "B5"] }',
      "/** @source P6, FF-07 */",
      "const a = 1 // as in S8"
    ].join("\n")
    const found = ["B.4", "B5", "FF-02", "FF-07", "I-S3", "P6", "S1", "S4", "S8"]
    expect([...numbersIn(source(text))].sort()).toEqual(found)
  })

  it("are not found in code, nor in what only looks like one", () => {
    const text = ['const S1 = "AWS1 X-S2 S1234 S3x IB4 B.12 FF-1"', "// of P2P, B1-a"].join("\n")
    expect([...numbersIn(source(text))]).toEqual([])
  })

  it("are listed where a line of the page begins with them", () => {
    expect(listedIn(page)).toEqual(["S1", "FF-02", "I-S3", "B.4"])
  })

  it("are refused when the page does not list them, or lists them twice", () => {
    expect(miscounted(page, [source('it("S1 FF-02 I-S3 B.4", f)')])).toEqual([])
    expect(miscounted(page, [source('it("S3 does", f)')])).toEqual([
      "packages/a/test/A.test.ts says S3, which is not listed"
    ])
    expect(miscounted(`${page}- **S1** Again.\n`, [])).toEqual(["S1 is listed twice"])
  })
})

describe("docs/cases.md", () => {
  it("says once what every number in packages and apps stands for", () => {
    const { sources } = readSources()
    expect(sources.length).toBeGreaterThan(0)
    expect(miscounted(readFileSync(join(root, "docs/cases.md"), "utf8"), sources)).toEqual([])
  })
})
