/**
 * A launched server that cannot start, or meets what nobody catches.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { start } from "./support/Child.ts"
import { echoes, launched, stopLine, working } from "./support/Launched.ts"
import { connect } from "./support/RawClient.ts"

describe("failures", () => {
  it.live("FF-65 an address in use is one line and exit code 1", () =>
    Effect.gen(function* () {
      const first = yield* launched()
      const second = yield* start("launched.ts", `port=${first.port}`)
      assert.strictEqual(yield* second.ended, "exit 1")
      assert.strictEqual(second.complaints.length, 1)
      assert.match(
        second.complaints[0] ?? "",
        /^launched: listen 127\.0\.0\.1:\d+: address already in use: .*EADDRINUSE/
      )
      yield* echoes(first.port)
    })
  )

  for (const [word, text] of [
    ["throw", "thrown by nobody's fiber"],
    ["reject", "rejected for nobody"]
  ] as const) {
    it.live(`FF-66 what nobody catches (${word}) is reported, the server drains, exit 1`, () =>
      Effect.gen(function* () {
        const child = yield* launched("work=1000")
        const other = yield* working(child)
        const client = yield* connect(child.port)
        yield* client.send(`${word}\n`)
        yield* other.until((self) => self.ended)
        assert.strictEqual(other.received.toString(), "first\n")
        yield* other.end
        yield* client.until((self) => self.ended)
        yield* client.end
        assert.strictEqual(yield* child.ended, "exit 1")
        assert.match(child.complaints.join("\n"), new RegExp(`\nlaunched: stray exception: Error: ${text}\n +at `))
        assert.match(yield* stopLine(child), /2 drained/)
      })
    )
  }

  it.live("FF-66 the drain after it is bounded, and a signal makes it hard; the exit code stays 1", () =>
    Effect.gen(function* () {
      for (const signal of [undefined, "SIGTERM"] as const) {
        const child = yield* launched(
          "work=100000",
          "drain=100000",
          `strayDrain=${signal === undefined ? 100 : 100_000}`
        )
        yield* working(child)
        const other = yield* connect(child.port)
        yield* other.send("throw\n")
        yield* child.complaint(/stray exception/)
        if (signal !== undefined) yield* child.signal(signal)
        assert.strictEqual(yield* child.ended, "exit 1")
        assert.strictEqual(child.complaints.filter((line) => line.includes("stray exception")).length, 1)
        assert.match(yield* stopLine(child), /2 aborted/)
      }
    })
  )

  it.live("FF-66 before there is a server it ends the program, exit 1", () =>
    Effect.gen(function* () {
      const child = yield* start("launched.ts", "never", "stray=early")
      assert.strictEqual(yield* child.ended, "exit 1")
      assert.match(child.complaints.join("\n"), /^launched: stray exception: Error: thrown too early/)
    })
  )
})
