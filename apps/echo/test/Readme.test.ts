/**
 * The program in the README runs as it stands there.
 */
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { connect } from "./support/Client.ts"
import { EchoProcess } from "./support/EchoProcess.ts"

const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8")
const program = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? ""

/** In the app's folder, where the packages resolve as they do for a user who has installed them. */
const run = Effect.acquireRelease(
  Effect.sync(() => {
    const source = program.replace("port: 7000", "port: 0")
    const flags = ["--input-type=module-typescript", "--eval", source]
    const cwd = fileURLToPath(new URL("..", import.meta.url))
    return new EchoProcess(spawn(process.execPath, flags, { cwd, stdio: ["ignore", "pipe", "pipe"] }))
  }),
  (running) => Effect.andThen(running.signal("SIGKILL"), running.exit)
)

describe("README", () => {
  it("its program is at most 15 lines", () => {
    assert.include(program, "port: 7000")
    assert.isAtMost(program.trimEnd().split("\n").length, 15)
  })

  it.live("its program answers, and stops on SIGTERM", () =>
    Effect.gen(function* () {
      const running = yield* run
      const line = yield* running.stdout.line(/listening tcp:\/\/127\.0\.0\.1:\d+/)
      const client = yield* connect(Number(/127\.0\.0\.1:(\d+)/.exec(line)?.[1]))
      yield* client.write("hello\nthere\n")
      assert.strictEqual(yield* client.read(12), "HELLO\nTHERE\n")
      yield* running.signal("SIGTERM")
      assert.strictEqual((yield* running.exit).signal, null)
    })
  )
})
