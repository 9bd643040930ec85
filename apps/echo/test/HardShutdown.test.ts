import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { connect } from "./support/Client.ts"
import { type EchoProcess, type Listening, listen } from "./support/EchoProcess.ts"
import { folder } from "./support/Folder.ts"

/** With these a graceful shutdown would never end: what ends was hard. */
const patient = ["--drain-timeout", "Infinity"]
const stuck = [...patient, "--work", "Infinity", "--log-level", "debug"]

const stopped = { code: 0, signal: null }

const refused = (port: number) =>
  Effect.gen(function* () {
    const { code } = yield* Effect.flip(connect(port))
    assert.strictEqual(code, "ECONNREFUSED")
  })

const report = (echo: EchoProcess) => echo.stderr.line(/ stopped: /)

/** What still waits in the kernel when a hard shutdown comes is not counted. */
const opened = (echo: EchoProcess, n: number) => echo.stderr.line(new RegExp(`connection opened connection=${n} `))

/** A client whose reply is more than all buffers hold and is never read; it has been begun when this returns. */
const blockedClient = (echo: Listening) =>
  Effect.gen(function* () {
    const client = yield* connect(echo.port, { reads: false })
    yield* client.write(`${"x".repeat(32_000_000)}\n`)
    yield* client.readable
    return client
  })

describe("hard shutdown", () => {
  for (const [number, signal] of [
    ["S3", "SIGINT"],
    ["S4 FF-62", "SIGTERM"]
  ] as const) {
    it.live(`${number} S5 FF-65 ${signal} resets an idle connection, exits with 0, and new connects are refused`, () =>
      Effect.gen(function* () {
        const echo = yield* listen(patient)
        const client = yield* connect(echo.port)
        yield* client.write("hello\n")
        yield* client.read(6)
        yield* echo.signal(signal)
        assert.strictEqual(yield* client.ended, "reset")
        assert.deepStrictEqual(yield* echo.exit, stopped)
        assert.include(yield* report(echo), "0 drained, 0 idle closed, 1 aborted")
        yield* refused(echo.port)
      })
    )
  }

  it.live("S6 a client that never reads its big reply holds nothing up", () =>
    Effect.gen(function* () {
      const echo = yield* listen([...patient, "--max-frame", "64MiB"])
      const client = yield* blockedClient(echo)
      yield* echo.signal("SIGTERM")
      assert.deepStrictEqual(yield* echo.exit, stopped)
      assert.include(yield* report(echo), "1 aborted")
      client.startReading()
      assert.strictEqual(yield* client.ended, "reset")
    })
  )

  it.live("S6 a client that writes without end and never reads holds nothing up", () =>
    Effect.gen(function* () {
      const echo = yield* listen([...patient, "--framing", "raw"])
      const client = yield* connect(echo.port, { reads: false })
      yield* client.write("begin")
      yield* client.readable
      // The last of these is never taken: the server reads only as much as it can write.
      yield* Effect.forkChild(Effect.ignore(client.write(Buffer.alloc(64_000_000))), { startImmediately: true })
      yield* echo.signal("SIGINT")
      assert.deepStrictEqual(yield* echo.exit, stopped)
      client.startReading()
      assert.strictEqual(yield* client.ended, "reset")
    })
  )

  it.live("S13 signals that follow a hard shutdown at once change nothing", () =>
    Effect.gen(function* () {
      for (const signals of [
        ["SIGTERM", "SIGTERM", "SIGTERM"],
        ["SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP", "SIGINT"]
      ] as const) {
        const echo = yield* listen(stuck)
        const client = yield* connect(echo.port)
        yield* client.write("hello\n")
        yield* opened(echo, 1)
        for (const signal of signals) yield* echo.signal(signal)
        assert.deepStrictEqual(yield* echo.exit, stopped)
        assert.include(yield* report(echo), "1 aborted")
      }
    })
  )

  it.live("S13 a signal while the process ends does not turn its exit code into death by signal", () =>
    Effect.gen(function* () {
      const echo = yield* listen(stuck)
      yield* echo.signal("SIGINT")
      const pressing = yield* Effect.forkChild(Effect.forever(echo.signal("SIGINT")), { startImmediately: true })
      assert.deepStrictEqual(yield* echo.exit, stopped)
      pressing.interruptUnsafe()
    })
  )

  it.live("S3 a connection that cannot be closed does not keep the process", () =>
    Effect.gen(function* () {
      const preload = new URL("support/neverReset.mjs", import.meta.url)
      const echo = yield* listen(stuck, { preload })
      yield* connect(echo.port)
      yield* opened(echo, 1)
      yield* echo.signal("SIGINT")
      assert.deepStrictEqual(yield* echo.exit, stopped)
      assert.match(echo.stderr.text, /SIGINT: hard shutdown, aborting 1 connection/)
      assert.notMatch(echo.stderr.text, /stopped/)
    })
  )

  it.live("S3 something left open in the event loop does not keep the process", () =>
    Effect.gen(function* () {
      const echo = yield* listen(patient, { preload: new URL("support/leaveHandle.mjs", import.meta.url) })
      yield* echo.signal("SIGTERM")
      assert.deepStrictEqual(yield* echo.exit, stopped)
      yield* report(echo)
    })
  )

  it.live("S3 a thread that hangs in a system call does not keep the process", () =>
    Effect.gen(function* () {
      const place = yield* folder
      const preload = new URL("support/blockThread.mjs", import.meta.url)
      const echo = yield* listen(patient, { preload, env: { FIFO: place.at("nobody writes") } })
      yield* echo.signal("SIGTERM")
      assert.deepStrictEqual(yield* echo.exit, stopped)
      yield* report(echo)
    })
  )

  it.live("S16 S118 S122 S123 the signal is noted, then every connection ends, then the report, then the exit", () =>
    Effect.gen(function* () {
      const echo = yield* listen(stuck)
      for (const n of [1, 2, 3]) {
        const client = yield* connect(echo.port)
        yield* client.write("hello\n")
        yield* opened(echo, n)
      }
      yield* echo.signal("SIGTERM")
      assert.deepStrictEqual(yield* echo.exit, stopped)
      const order = echo.stderr.lines.map((line) => /SIGTERM|listener closed|connection ended|stopped/.exec(line)?.[0])
      const ended = "connection ended"
      const expected = ["SIGTERM", "listener closed", ended, ended, ended, "stopped"]
      assert.deepStrictEqual(
        order.filter((word) => word !== undefined),
        expected
      )
      assert.deepStrictEqual(echo.stdout.lines, [`listening ${echo.url}`])
    })
  )
})
