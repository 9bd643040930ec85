/**
 * The program in the README runs as it stands there, and the flags that pages show are flags.
 */
import { spawn } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { flagOf, variableOf } from "../src/Setting.ts"
import { settingList } from "../src/Settings.ts"
import { connect } from "./support/Client.ts"
import { EchoProcess } from "./support/EchoProcess.ts"

const page = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8")

const readme = page("README.md")
const program = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? ""

/** In the app's folder, where the packages resolve as they do for a user who has installed them. */
const run = (...flags: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const cwd = fileURLToPath(new URL("..", import.meta.url))
      return new EchoProcess(spawn(process.execPath, flags, { cwd, stdio: ["ignore", "pipe", "pipe"] }))
    }),
    (running) => Effect.andThen(running.signal("SIGKILL"), running.exit)
  )

const answering = (running: EchoProcess, reply: string) =>
  Effect.gen(function* () {
    const line = yield* running.stdout.line(/listening tcp:\/\/127\.0\.0\.1:\d+/)
    const client = yield* connect(Number(/127\.0\.0\.1:(\d+)/.exec(line)?.[1]))
    yield* client.write("hello\nthere\n")
    assert.strictEqual(yield* client.read(12), reply)
    return client
  })

describe("README", () => {
  it("its program is at most 15 lines", () => {
    assert.include(program, "port: 7000")
    assert.isAtMost(program.trimEnd().split("\n").length, 15)
  })

  it.live("its program answers, and drains on SIGQUIT", () =>
    Effect.gen(function* () {
      const source = program.replace("port: 7000", "port: 0")
      const running = yield* run("--input-type=module-typescript", "--eval", source)
      const client = yield* answering(running, "HELLO\nTHERE\n")
      yield* running.signal("SIGQUIT")
      assert.strictEqual(yield* client.ended, "fin")
      assert.deepStrictEqual(yield* running.exit, { code: 0, signal: null })
    })
  )
})

describe("docs/guide/signals.md", () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it.live(`FF-65 under runMain ${signal} is hard, and the exit code 130`, () =>
      Effect.gen(function* () {
        const running = yield* run("test/example/runMain.ts")
        const client = yield* answering(running, "hello\nthere\n")
        yield* running.signal(signal)
        assert.strictEqual(yield* client.ended, "reset")
        assert.deepStrictEqual(yield* running.exit, { code: 130, signal: null })
      })
    )
  }
})

const guides = readdirSync(new URL("../../../docs/guide", import.meta.url)).map((name) => `docs/guide/${name}`)

/** Behind the program's name, to the end of the line or of the code. */
const flagsIn = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/(?:apps\/echo\/src\/main\.ts|npm start --) ([^`\n]*)/g)].flatMap(
    ([, words]) => words?.match(/(?<!\S)--[a-z-]+/g) ?? []
  )

describe("flags", () => {
  it("the app's page has a row for each, with its variable, its key and its default", () => {
    const own = page("apps/echo/README.md")
    for (const { fallback, key } of settingList) {
      const shown = fallback === "" ? "" : `\`${fallback}\` `
      assert.include(own, `| \`${flagOf(key)}\` | \`${variableOf(key)}\` | \`${key}\` | ${shown}| `)
    }
  })

  it("those that pages show exist", () => {
    const known = ["--config", ...settingList.map(({ key }) => flagOf(key))]
    const shown = ["README.md", "apps/echo/README.md", ...guides].flatMap((path) => flagsIn(page(path)))
    assert.isAbove(shown.length, 5)
    for (const flag of shown) assert.include(known, flag)
  })
})
