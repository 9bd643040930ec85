import { assert, describe, it } from "vitest"
import { findings } from "../findings.mjs"
import { makeSource } from "../source.mjs"

/** `rule@line` of everything found in one file, notes with a question mark. */
const found = (path, text) => foundIn({ [path]: text }).map((finding) => finding.split(" ")[1])
const foundIn = (files) =>
  findings(Object.entries(files).map(([path, text]) => makeSource(path, text))).map(
    ({ path, line, rule, note }) => `${path} ${rule}${note ? "?" : ""}@${line}`
  )
const fires = (path, text, ...expected) => assert.deepStrictEqual(found(path, text), expected)
const silent = (path, text) => fires(path, text)

const codec = "packages/codec/src/Line.ts"
const core = "packages/tidegate/src/Server.ts"
const testing = "packages/testing/src/Network.ts"
const node = "packages/node/src/Tcp.ts"
const app = "apps/echo/src/main.ts"
const inTest = (path) => path.replace("/src/", "/test/").replace(".ts", ".test.ts")

describe("import-direction", () => {
  const direction = "import-direction@1"
  it("fires on what codec imports, and lets its Effect adapters have effect", () => {
    fires(codec, 'import * as Effect from "effect/Effect"', direction)
    fires(codec, 'import { x } from "tidegate/Server"', direction)
    silent(
      "packages/codec/src/effect/Channel.ts",
      'import * as Channel from "effect/Channel"\nimport { x } from "../Line.ts"'
    )
    fires("packages/codec/src/effect/Channel.ts", 'import { x } from "tidegate"', direction)
  })
  it("fires on every arrow that points up", () => {
    fires(core, 'import { x } from "@tidegate/node"', direction)
    fires(core, 'import { x } from "@tidegate/testing/Network"', direction)
    fires(core, 'import * as P from "@effect/platform-node/NodeRuntime"', direction)
    fires(testing, 'import { x } from "@tidegate/node/Tcp"', direction)
    fires(node, 'import { x } from "@tidegate/testing"', direction)
    fires(app, 'import { x } from "@tidegate/testing"', direction)
    fires(app, 'import { x } from "left-pad"', direction)
  })
  it("is silent on every arrow that points down", () => {
    silent(
      core,
      'import * as Effect from "effect/Effect"\nimport { x } from "@tidegate/codec/Line"\nimport { y } from "./Drain.ts"'
    )
    silent(testing, 'import { x } from "tidegate/Transport"\nimport * as Effect from "effect/Effect"')
    silent(node, 'import { x } from "tidegate"\nimport { y } from "@effect/platform-node/NodeRuntime"')
    silent(app, 'import { x } from "@tidegate/node"\nimport { y } from "tidegate"\nimport { z } from "./flags.ts"')
  })
  it("sees exports, dynamic imports, type imports and imports of types", () => {
    fires(core, 'export * from "@tidegate/node"', direction)
    fires(core, 'export { x } from "@tidegate/node"', direction)
    fires(core, 'export const f = () => import("@tidegate/node")', direction)
    fires(core, 'import type { X } from "@tidegate/node"', direction)
    fires(core, 'export type X = import("@tidegate/node").X', direction)
  })
  it("fires on relative imports that leave the package, and on tests imported from src", () => {
    fires(core, 'import { x } from "../../codec/src/Line.ts"', direction)
    fires(core, 'import { x } from "../test/fixtures.ts"', direction)
  })
  it("gives tests their freedoms and no more", () => {
    const test = 'import { it } from "@effect/vitest"\nimport { x } from "@tidegate/testing/Network"\nimport "node:fs"'
    silent(inTest(core), `${test}\nimport { y } from "../src/Server.ts"\nimport { z } from "tidegate/Server"`)
    silent(inTest(codec), test)
    silent(inTest(node), 'import { behaviours } from "../../tidegate/test/behaviours.ts"')
    silent(inTest(node), 'import { visits } from "../../testing/test/visits.ts"')
    fires(inTest(node), 'import { x } from "../../testing/src/Peers.ts"', direction)
    fires(inTest(core), 'import { behaviours } from "../../node/test/tcp.ts"', direction)
    fires(inTest(core), 'import { x } from "@tidegate/node"', direction)
  })
})

describe("node-builtins", () => {
  it("fires in the packages that run anywhere", () => {
    for (const path of [codec, core, testing]) fires(path, 'import * as Net from "node:net"', "node-builtins@1")
  })
  it("is silent in node, apps and tests", () => {
    for (const path of [node, app, inTest(core)]) silent(path, 'import * as Net from "node:net"')
  })
})

describe("hidden-inputs", () => {
  const uses = {
    "Date.now": "Date.now()",
    "new Date": "new Date()",
    setTimeout: "setTimeout(() => {}, 1)",
    "setTimeout as a value": "[1].forEach(setTimeout)",
    setInterval: "globalThis.setInterval(() => {}, 1)",
    setImmediate: 'globalThis["setImmediate"](() => {})',
    "Math.random": "`at ${Math.random()}`",
    "performance.now": "performance.now()",
    process: "process.env",
    queueMicrotask: "queueMicrotask(() => {})",
    "Effect.promise": "Effect.promise(() => p)"
  }
  for (const [name, use] of Object.entries(uses)) {
    it(`fires on ${name}`, () => {
      for (const path of [codec, core, testing]) fires(path, `\nexport const x = () => ${use}`, "hidden-inputs@2")
    })
  }
  it("fires on promise imported by name, and on Buffer outside codec", () => {
    fires(core, 'import { promise } from "effect/Effect"', "hidden-inputs@1")
    fires(core, "export const x = Buffer.from([])", "hidden-inputs@1")
    silent(codec, "export const x = globalThis.Buffer")
  })
  it("is silent on comments, strings, regular expressions, types and properties of these names", () => {
    silent(core, "// Date.now(), setTimeout()\n/* process.exit() */ export const x = 'Math.random()' + `new Date()`")
    silent(core, "export const x = /setTimeout(a)/")
    silent(core, "export interface T { setTimeout(n: number): void; readonly process: string; d: Date }")
    silent(
      core,
      "export const f = (t: { setTimeout: () => void; process: string }) => t.setTimeout() + t.process + t.x.Date"
    )
    silent(core, 'export { setTimeout } from "./Timers.ts"\nexport type T = typeof setInterval')
    silent(core, "export class A { setInterval() {} }\nexport const o = { queueMicrotask: 1, promise: 2 }")
  })
  it("is silent in node, apps and tests", () => {
    for (const path of [node, app, inTest(core)]) silent(path, "export const x = [Date.now(), setTimeout, process.env]")
  })
})

describe("file-length", () => {
  const lines = (count) => "// line\n".repeat(count)
  it("notes above 300 lines and fires above 350", () => {
    silent(core, lines(300))
    fires(core, lines(301), "file-length?@301")
    fires(core, lines(350), "file-length?@350")
    fires(core, lines(351), "file-length@351")
  })
  it("is silent in tests", () => silent(inTest(core), lines(999)))
})

describe("effect-index", () => {
  it("fires on the indexes of effect and platform-node", () => {
    fires(core, 'import { Effect } from "effect"', "effect-index@1")
    fires(node, 'export * from "@effect/platform-node"', "effect-index@1")
  })
  it("is silent on modules, and in tests", () => {
    silent(node, 'import * as Effect from "effect/Effect"\nimport * as N from "effect/net/NetAddress"')
    silent(inTest(node), 'import { Effect } from "effect"')
  })
})

describe("import-cycles", () => {
  const file = (name) => `packages/tidegate/src/${name}.ts`
  it("fires once for a cycle, at its first file", () => {
    const files = {
      A: 'import "./X.ts"\nimport { b } from "./B.ts"',
      B: 'export * from "./C.ts"',
      C: 'import { a } from "./A.ts"',
      X: ""
    }
    const named = Object.fromEntries(Object.entries(files).map(([name, text]) => [file(name), text]))
    assert.deepStrictEqual(foundIn(named), [`${file("A")} import-cycles@2`])
  })
  it("fires once for a cycle that other files lead to", () => {
    const files = { A: 'import "./B.ts"', B: 'import "./C.ts"', C: 'import "./B.ts"' }
    const named = Object.fromEntries(Object.entries(files).map(([name, text]) => [file(name), text]))
    assert.deepStrictEqual(foundIn(named), [`${file("B")} import-cycles@1`])
  })
  it("fires on a file that imports itself", () => fires(file("A"), 'import { a } from "./A.ts"', "import-cycles@1"))
  it("fires on an import that loads the file for types only", () => {
    const cycle = { [file("A")]: 'import { type B } from "./B.ts"', [file("B")]: 'import { a } from "./A.ts"' }
    assert.deepStrictEqual(foundIn(cycle), [`${file("A")} import-cycles@1`])
  })
  it("is silent on type imports and on diamonds", () => {
    assert.deepStrictEqual(
      foundIn({ [file("A")]: 'import type { B } from "./B.ts"', [file("B")]: 'import { a } from "./A.ts"' }),
      []
    )
    const diamond = { A: 'import "./B.ts"\nimport "./C.ts"', B: 'import "./D.ts"', C: 'import "./D.ts"', D: "" }
    assert.deepStrictEqual(
      foundIn(Object.fromEntries(Object.entries(diamond).map(([name, text]) => [file(name), text]))),
      []
    )
  })
})

describe("file-name", () => {
  it("fires on names without a concept", () => {
    for (const name of ["utils", "Helpers", "misc", "helper"]) fires(`packages/node/src/${name}.ts`, "", "file-name@1")
    fires("packages/node/src/utils/Tcp.ts", "", "file-name@1")
    fires("packages/node/test/helpers.ts", "", "file-name@1")
  })
  it("is silent on names that contain them", () => silent("packages/node/src/Miscount.ts", ""))
})

describe("index-exports", () => {
  const index = "packages/tidegate/src/index.ts"
  it("fires on code in an index", () => {
    fires(index, "export const x = 1", "index-exports@1")
    fires(index, 'import { x } from "./X.ts"\nexport { x }', "index-exports@1", "index-exports@2")
  })
  it("is silent on exports from files, and on other files", () => {
    silent(
      index,
      '/** All. */\nexport * as Drain from "./Drain.ts"\nexport { type X, y } from "./X.ts"\nexport type { Z } from "./Z.ts"'
    )
    silent(core, "export const x = 1")
  })
})
