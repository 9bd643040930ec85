import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Client, connect } from "./support/Client.ts"
import { type EchoProcess, type Listening, listen } from "./support/EchoProcess.ts"

const stopped = { code: 0, signal: null }

/** Nothing but the work itself may end a drain with these flags. */
const verbose = ["--log-level", "debug"]
const patient = [...verbose, "--drain-timeout", "Infinity"]
const stuck = [...patient, "--work", "Infinity"]

const report = (echo: EchoProcess) => echo.stderr.line(/ stopped: /)

const listenerClosed = (echo: EchoProcess) => echo.stderr.line(/listener closed/)

const refused = (port: number) =>
  Effect.gen(function* () {
    const { code } = yield* Effect.flip(connect(port))
    assert.strictEqual(code, "ECONNREFUSED")
  })

/** A client with which a line has been exchanged, so that the server knows it. */
const known = (echo: Listening) =>
  Effect.gen(function* () {
    const client = yield* connect(echo.port)
    yield* client.write("hello\n")
    yield* client.read(6)
    return client
  })

/** A client with a line on the server that nobody answers. */
const waiting = (echo: Listening) => Effect.tap(connect(echo.port), (client: Client) => client.write("waiting\n"))

const range = (n: number): ReadonlyArray<number> => Array.from({ length: n }, (_, i) => i)

describe("graceful shutdown", () => {
  it.live("S7 FF-01 B79 QUIT closes the listener, then idle connections with FIN, and exits with 0", () =>
    Effect.gen(function* () {
      const echo = yield* listen(patient)
      const client = yield* known(echo)
      yield* echo.signal("SIGQUIT")
      assert.strictEqual(yield* client.ended, "fin")
      assert.deepStrictEqual(yield* echo.exit, stopped)
      assert.include(yield* report(echo), "0 drained, 1 idle closed, 0 aborted")
      const order = echo.stderr.lines.map(
        (line) => /SIGQUIT|listener closed|connection ended: idle|stopped/.exec(line)?.[0]
      )
      const expected = ["SIGQUIT", "listener closed", "connection ended: idle", "stopped"]
      assert.deepStrictEqual(
        order.filter((word) => word !== undefined),
        expected
      )
      yield* refused(echo.port)
    })
  )

  it.live("S8 S62 B66 work taken in is finished: new clients are refused, the whole reply arrives, then FIN", () =>
    Effect.gen(function* () {
      const echo = yield* listen([...patient, "--work", "300 millis"])
      const client = yield* connect(echo.port)
      yield* client.write("one\ntwo\n")
      yield* echo.signal("SIGQUIT")
      yield* listenerClosed(echo)
      yield* refused(echo.port)
      assert.strictEqual(yield* client.ended, "fin")
      assert.strictEqual(client.receivedText, "one\ntwo\n")
      assert.deepStrictEqual(yield* echo.exit, stopped)
      assert.include(yield* report(echo), "1 drained, 0 idle closed, 0 aborted")
      const order = echo.stderr.lines.map((line) => /listener closed|connection ended: drained/.exec(line)?.[0])
      assert.deepStrictEqual(
        order.filter((word) => word !== undefined),
        ["listener closed", "connection ended: drained"]
      )
    })
  )

  it.live("FF-64 a log reader that is gone cuts no reply", () =>
    Effect.gen(function* () {
      const echo = yield* listen([...patient, "--work", "100 millis"])
      const client = yield* connect(echo.port)
      yield* client.write("hello\n")
      yield* echo.closeStderr
      yield* echo.signal("SIGQUIT")
      assert.strictEqual(yield* client.ended, "fin")
      assert.strictEqual(client.receivedText, "hello\n")
      assert.deepStrictEqual(yield* echo.exit, stopped)
    })
  )

  it.live("S12 S117 B77 TERM after QUIT cuts what still drains; the report counts it", () =>
    Effect.gen(function* () {
      const echo = yield* listen(stuck)
      const idle = yield* connect(echo.port)
      const busy = [yield* waiting(echo), yield* waiting(echo)]
      yield* echo.signal("SIGQUIT")
      // The idle one has ended on both sides, so the drain has begun for the others too.
      assert.strictEqual(yield* idle.ended, "fin")
      yield* echo.stderr.line(/connection ended: idle/)
      yield* echo.signal("SIGTERM")
      for (const client of busy) assert.strictEqual(yield* client.ended, "reset")
      assert.deepStrictEqual(yield* echo.exit, stopped)
      assert.include(yield* report(echo), "0 drained, 1 idle closed, 2 aborted")
    })
  )

  it.live("FF-63 the same signal again at once is the same key press", () =>
    Effect.gen(function* () {
      const echo = yield* listen([...patient, "--work", "200 millis"])
      const client = yield* connect(echo.port)
      yield* client.write("hello\n")
      yield* echo.signal("SIGQUIT")
      yield* echo.stderr.line(/SIGQUIT: draining/)
      yield* echo.signal("SIGQUIT")
      yield* echo.stderr.line(/SIGQUIT again within a second/)
      assert.strictEqual(yield* client.ended, "fin")
      assert.strictEqual(client.receivedText, "hello\n")
      assert.deepStrictEqual(yield* echo.exit, stopped)
      assert.include(yield* report(echo), "1 drained, 0 idle closed, 0 aborted")
    })
  )

  it.live("FF-05 S59 at the deadline the rest is aborted and counted, and the exit code is still 0", () =>
    Effect.gen(function* () {
      const echo = yield* listen([...verbose, "--work", "Infinity", "--drain-timeout", "100 millis"])
      const client = yield* waiting(echo)
      yield* echo.stderr.line(/connection opened/)
      yield* echo.signal("SIGQUIT")
      assert.strictEqual(yield* client.ended, "reset")
      assert.deepStrictEqual(yield* echo.exit, stopped)
      assert.include(yield* report(echo), "0 drained, 0 idle closed, 1 aborted")
      const [begin, end, ...others] = echo.stderr.lines.filter((line) => /INFO/.test(line))
      assert.match(begin ?? "", /SIGQUIT: draining 1 connection, 0\.1 s at most; another signal aborts$/)
      assert.match(end ?? "", /stopped: .* in 0\.\d s$/)
      assert.deepStrictEqual(others, [])
    })
  )

  for (const work of ["0", "1 millis"]) {
    it.live(
      `S56 64 clients with pipelined lines, QUIT in their middle, work ${work}: all answered, FIN and not RST`,
      () =>
        Effect.gen(function* () {
          for (const _round of range(3)) {
            const echo = yield* listen([...patient, "--work", work])
            const clients = yield* Effect.forEach(range(64), () => connect(echo.port), { concurrency: "unbounded" })
            const sent = (i: number) =>
              range(32)
                .map((line) => `${i} ${line} ${"x".repeat(120)}\n`)
                .join("")
            yield* Effect.forEach(clients, (client, i) => client.write(sent(i)), { concurrency: "unbounded" })
            yield* echo.signal("SIGQUIT")
            const ends = yield* Effect.forEach(clients, (client) => client.ended, { concurrency: "unbounded" })
            assert.deepStrictEqual(
              ends,
              range(64).map(() => "fin" as const)
            )
            for (const [i, client] of clients.entries()) assert.strictEqual(client.receivedText, sent(i))
            assert.deepStrictEqual(yield* echo.exit, stopped)
            assert.include(yield* report(echo), " 0 aborted, 0 shed")
          }
        })
    )
  }

  it.live("FF-05 what hangs beyond the deadline does not keep the process", () =>
    Effect.gen(function* () {
      const preload = new URL("support/neverReset.mjs", import.meta.url)
      const flags = [...verbose, "--work", "Infinity", "--drain-timeout", "100 millis"]
      const echo = yield* listen(flags, { preload })
      yield* waiting(echo)
      yield* echo.signal("SIGQUIT")
      assert.deepStrictEqual(yield* echo.exit, stopped)
      assert.notMatch(echo.stderr.text, /stopped/)
    })
  )

  it.live("B75 S62 a reply larger than all buffers, being written when the drain begins, arrives whole", () =>
    Effect.gen(function* () {
      const echo = yield* listen([...patient, "--max-frame", "64MiB"])
      const client = yield* connect(echo.port, { reads: false })
      const line = `${"x".repeat(32_000_000)}\n`
      yield* client.write(line)
      yield* client.readable
      yield* echo.signal("SIGQUIT")
      yield* listenerClosed(echo)
      client.startReading()
      assert.strictEqual(yield* client.ended, "fin")
      assert.isTrue(client.received.equals(Buffer.from(line)))
      assert.deepStrictEqual(yield* echo.exit, stopped)
    })
  )

  it.live("S118 S122 S123 every connection has ended before the report, and the report comes before the exit", () =>
    Effect.gen(function* () {
      const echo = yield* listen([...patient, "--work", "100 millis"])
      yield* waiting(echo)
      yield* waiting(echo)
      yield* known(echo)
      yield* echo.signal("SIGQUIT")
      assert.deepStrictEqual(yield* echo.exit, stopped)
      const order = echo.stderr.lines.map((line) => /SIGQUIT|listener closed|connection ended|stopped/.exec(line)?.[0])
      const ended = "connection ended"
      const expected = ["SIGQUIT", "listener closed", ended, ended, ended, "stopped"]
      assert.deepStrictEqual(
        order.filter((word) => word !== undefined),
        expected
      )
      assert.deepStrictEqual(echo.stdout.lines, [`listening ${echo.url}`])
    })
  )
})

describe("signals outside the map", () => {
  it.live("S10 disturb neither the server nor its connections", () =>
    Effect.gen(function* () {
      const echo = yield* listen(patient)
      const client = yield* connect(echo.port)
      const others = [
        "SIGUSR1",
        "SIGUSR2",
        "SIGALRM",
        "SIGVTALRM",
        "SIGWINCH",
        "SIGPIPE",
        "SIGIO",
        "SIGCONT",
        "SIGURG"
      ] as const
      for (const [i, signal] of others.entries()) {
        yield* echo.signal(signal)
        yield* client.write(`${i}\n`)
        yield* client.read(2 * (i + 1))
      }
      yield* known(echo)
      yield* echo.signal("SIGQUIT")
      assert.strictEqual(yield* client.ended, "fin")
      assert.deepStrictEqual(yield* echo.exit, stopped)
    })
  )
})
