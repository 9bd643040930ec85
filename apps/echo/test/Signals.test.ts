import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Client, connect } from "./support/Client.ts"
import { type Listening, listen } from "./support/EchoProcess.ts"

const stopped = { code: 0, signal: null }

const managed = ["--signals", "kubernetes", "--log-level", "debug", "--drain-timeout", "Infinity"]

/** A client with a line on the server. */
const waiting = (echo: Listening) => Effect.tap(connect(echo.port), (client: Client) => client.write("waiting\n"))

const exchanging = (echo: Listening) =>
  Effect.gen(function* () {
    const client = yield* connect(echo.port)
    yield* client.write("hello\n")
    assert.strictEqual(yield* client.read(6), "hello\n")
    return client
  })

describe("--signals kubernetes", () => {
  for (const signal of ["SIGTERM", "SIGINT", "SIGQUIT"] as const) {
    it.live(`S107 FF-61 ${signal} drains`, () =>
      Effect.gen(function* () {
        const echo = yield* listen([...managed, "--work", "200 millis"])
        const client = yield* waiting(echo)
        yield* echo.signal(signal)
        assert.strictEqual(yield* client.ended, "fin")
        assert.strictEqual(client.receivedText, "waiting\n")
        assert.deepStrictEqual(yield* echo.exit, stopped)
        yield* echo.stderr.line(/stopped: 1 drained, 0 idle closed, 0 aborted/)
      })
    )
  }

  it.live("FF-63 the same signal at once is the same key press, another one aborts", () =>
    Effect.gen(function* () {
      const echo = yield* listen([...managed, "--work", "Infinity"])
      const client = yield* waiting(echo)
      yield* echo.signal("SIGTERM")
      yield* echo.stderr.line(/SIGTERM: draining/)
      yield* echo.signal("SIGTERM")
      yield* echo.stderr.line(/SIGTERM again within a second/)
      yield* echo.signal("SIGINT")
      assert.strictEqual(yield* client.ended, "reset")
      assert.deepStrictEqual(yield* echo.exit, stopped)
      yield* echo.stderr.line(/stopped: .* 1 aborted/)
    })
  )

  it.live("FF-92 S107 with --drain-delay it goes on accepting after TERM", () =>
    Effect.gen(function* () {
      const echo = yield* listen([...managed, "--drain-delay", "1 minute"])
      yield* echo.signal("SIGTERM")
      yield* echo.stderr.line(/SIGTERM: draining/)
      const late = yield* exchanging(echo)
      for (const _ of [1, 2, 3, 4]) yield* exchanging(echo)
      yield* late.write("again\n")
      assert.strictEqual(yield* late.read(12), "hello\nagain\n")
      yield* echo.signal("SIGINT")
      assert.strictEqual(yield* late.ended, "reset")
      assert.deepStrictEqual(yield* echo.exit, stopped)
    })
  )
})
