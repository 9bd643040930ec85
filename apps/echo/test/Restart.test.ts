import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { WakeList, waitUntil } from "tidegate/WakeList"
import { type Client, connect } from "./support/Client.ts"
import { type EchoProcess, type Listening, listen } from "./support/EchoProcess.ts"
import { type Folder, folder } from "./support/Folder.ts"

const stopped = { code: 0, signal: null }

const verbose = ["--log-level", "debug", "--drain-timeout", "Infinity", "--idle-timeout", "Infinity"]

/** Asked for again, any port is the one that there is. */
const configure = (own: Folder, config: object) => own.write("echo.json", JSON.stringify({ port: 0, ...config }))

/** A server with a file of its own that SIGHUP makes it read again. */
const configured = (config: object, ...flags: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const own = yield* folder
    const path = yield* configure(own, config)
    const echo = yield* listen(["--config", path, ...verbose, ...flags])
    return { echo, own }
  })

const exchanged = (client: Client, text: string) =>
  Effect.gen(function* () {
    const before = client.received.length
    yield* client.write(text)
    const received = yield* client.read(before + text.length)
    assert.strictEqual(received.slice(before), text)
  })

const known = (port: number, text = "hello\n") => Effect.tap(connect(port), (client) => exchanged(client, text))

/** A client with a line on the server that nobody answers. */
const waiting = (echo: Listening) =>
  Effect.gen(function* () {
    const client = yield* connect(echo.port)
    yield* client.write("waiting\n")
    yield* echo.stderr.line(new RegExp(`connection opened .*peer=${client.address} `))
    return client
  })

const generation = (echo: EchoProcess, n: number) => echo.stderr.line(new RegExp(`generation ${n} takes`))

const announced = (echo: EchoProcess) => echo.stdout.lines.map((line) => line.slice("listening ".length))

const quit = (echo: EchoProcess) =>
  Effect.gen(function* () {
    yield* echo.signal("SIGQUIT")
    assert.deepStrictEqual(yield* echo.exit, stopped)
  })

describe("SIGHUP", () => {
  it.live("S9 S27 B61 FF-64 reads the file again; the process, the address and the replies under way stay", () =>
    Effect.gen(function* () {
      const { echo, own } = yield* configured({ work: "300 millis" })
      const old = yield* connect(echo.port)
      const idle = yield* connect(echo.port)
      yield* old.write("one\ntwo\n")
      yield* echo.stderr.line(new RegExp(`connection opened .*peer=${idle.address} `))
      yield* configure(own, { framing: "raw" })
      yield* echo.signal("SIGHUP")
      yield* generation(echo, 2)
      assert.strictEqual(yield* idle.ended, "fin")
      const young = yield* known(echo.port, "no line end")
      assert.strictEqual(yield* old.ended, "fin")
      assert.strictEqual(old.receivedText, "one\ntwo\n")
      yield* echo.stderr.line(/generation 1 is gone: 1 drained, 1 idle closed, 0 aborted/)
      yield* exchanged(young, "more")
      assert.deepStrictEqual(announced(echo), [echo.url])
      yield* quit(echo)
    })
  )

  it.live("S32 S34 B58 B64 another port: one more line on stdout, the old port refuses, old connections finish", () =>
    Effect.gen(function* () {
      const { echo, own } = yield* configured({ host: "127.0.0.1", work: "200 millis" })
      const old = yield* connect(echo.port)
      yield* old.write("hello\n")
      yield* configure(own, { host: "127.0.0.2" })
      yield* echo.signal("SIGHUP")
      const line = yield* echo.stdout.line(/^listening tcp:\/\/127\.0\.0\.2:/)
      const young = yield* connect(Number(/:(\d+)$/.exec(line)?.[1]), { host: "127.0.0.2" })
      yield* exchanged(young, "hello\n")
      yield* echo.stderr.line(/listener closed/)
      assert.strictEqual((yield* Effect.flip(connect(echo.port))).code, "ECONNREFUSED")
      assert.strictEqual(yield* old.ended, "fin")
      assert.strictEqual(old.receivedText, "hello\n")
      assert.strictEqual(echo.stdout.lines.length, 2)
      yield* quit(echo)
    })
  )

  it.live("S18 S33 FF-12 what cannot be applied is logged, and everything goes on as before", () =>
    Effect.gen(function* () {
      const other = yield* listen()
      const { echo, own } = yield* configured({})
      const client = yield* known(echo.port)
      const nothing = "ERROR SIGHUP: nothing has changed: "
      const rejected: ReadonlyArray<readonly [text: string, line: RegExp]> = [
        [`{ "port": ${other.port} }`, new RegExp(`${nothing}listen 127.0.0.1:${other.port}: .*EADDRINUSE`)],
        [`{ "port": 0, "host": "192.0.2.1" }`, new RegExp(`${nothing}listen 192.0.2.1:0: .*EADDRNOTAVAIL`)],
        [`{ "path": "/no/such/folder/a.sock" }`, new RegExp(`${nothing}listen /no/such/folder/a.sock: .*ENOENT`)],
        [`{ "work": "soon" }`, new RegExp(`${nothing}.*work: got "soon", expected`)],
        [`{ "drain": 1 }`, new RegExp(`${nothing}.*drain: unknown key`)],
        ["{", new RegExp(`${nothing}.*not JSON`)]
      ]
      for (const [text, line] of rejected) {
        yield* own.write("echo.json", text)
        yield* echo.signal("SIGHUP")
        yield* echo.stderr.line(line)
        yield* exchanged(client, "still here\n")
        yield* known(echo.port)
      }
      assert.deepStrictEqual(announced(echo), [echo.url])
      yield* configure(own, {})
      yield* echo.signal("SIGHUP")
      yield* generation(echo, 2)
      assert.strictEqual(yield* client.ended, "fin")
      yield* quit(echo)
    })
  )

  it.live("S19 FF-95 twice in a row: the last configuration is in force", () =>
    Effect.gen(function* () {
      for (const _round of range(5)) {
        const { echo, own } = yield* configured({ work: "Infinity" })
        yield* waiting(echo)
        yield* configure(own, { host: "127.0.0.2" })
        yield* echo.signal("SIGHUP")
        yield* configure(own, { host: "127.0.0.3" })
        yield* echo.signal("SIGHUP")
        const line = yield* echo.stdout.line(/^listening tcp:\/\/127\.0\.0\.3:/)
        const client = yield* connect(Number(/:(\d+)$/.exec(line)?.[1]), { host: "127.0.0.3" })
        yield* exchanged(client, "hello\n")
        yield* echo.signal("SIGTERM")
        assert.deepStrictEqual(yield* echo.exit, stopped)
        assert.match(echo.stdout.lines.at(-1) ?? "", /127\.0\.0\.3/)
      }
    })
  )

  it.live("S11 TERM while the connection of before is stuck: exit 0, at once", () =>
    Effect.gen(function* () {
      const { echo } = yield* configured({ framing: "raw" })
      const old = yield* connect(echo.port, { reads: false })
      yield* old.write("begin")
      yield* old.readable
      // More than all buffers hold: the server waits for a peer that never reads.
      yield* Effect.forkChild(Effect.ignore(old.write(Buffer.alloc(64_000_000))), { startImmediately: true })
      yield* echo.signal("SIGHUP")
      yield* generation(echo, 2)
      const young = yield* known(echo.port)
      yield* echo.signal("SIGTERM")
      assert.strictEqual(yield* young.ended, "reset")
      assert.deepStrictEqual(yield* echo.exit, stopped)
      yield* echo.stderr.line(/stopped: 0 drained, 0 idle closed, 2 aborted/)
      old.startReading()
      assert.strictEqual(yield* old.ended, "reset")
    })
  )

  it.live("S11 QUIT while the connection of before still works: both are finished", () =>
    Effect.gen(function* () {
      const { echo, own } = yield* configured({ work: "300 millis" })
      const old = yield* waiting(echo)
      yield* configure(own, { work: "1 millis" })
      yield* echo.signal("SIGHUP")
      yield* generation(echo, 2)
      const young = yield* waiting(echo)
      yield* echo.signal("SIGQUIT")
      for (const client of [old, young]) {
        assert.strictEqual(yield* client.ended, "fin")
        assert.strictEqual(client.receivedText, "waiting\n")
      }
      assert.deepStrictEqual(yield* echo.exit, stopped)
      yield* echo.stderr.line(/stopped: .* 0 aborted/)
    })
  )

  it.live("S11 during a drain it does nothing", () =>
    Effect.gen(function* () {
      const { echo } = yield* configured({ work: "300 millis" })
      const client = yield* waiting(echo)
      yield* echo.signal("SIGQUIT")
      yield* echo.stderr.line(/SIGQUIT: draining/)
      yield* echo.signal("SIGHUP")
      yield* echo.stderr.line(/SIGHUP: too late/)
      assert.strictEqual(yield* client.ended, "fin")
      assert.strictEqual(client.receivedText, "waiting\n")
      assert.deepStrictEqual(yield* echo.exit, stopped)
      assert.notMatch(echo.stderr.text, /generation 2/)
    })
  )

  it.live("S26 B63 B97 who connects, asks and ends, again and again, is answered every time while it restarts", () =>
    Effect.gen(function* () {
      const own = yield* folder
      const echo = yield* listen(["--config", yield* configure(own, {})])
      let visits = 0
      const wakes = new WakeList()
      const visit = Effect.gen(function* () {
        const client = yield* connect(echo.port)
        yield* exchanged(client, "hello\n")
        yield* client.halfClose
        assert.strictEqual(yield* client.ended, "fin")
        visits++
        wakes.wakeAll()
      })
      const visiting = Effect.forEach(range(32), () => Effect.forever(Effect.scoped(visit)), {
        concurrency: "unbounded"
      })
      const restarting = Effect.forEach(range(60), (n) =>
        Effect.suspend(() => {
          const wanted = visits + 64
          return echo
            .signal("SIGHUP")
            .pipe(Effect.andThen(generation(echo, n + 2)), Effect.andThen(waitUntil(wakes, () => visits >= wanted)))
        })
      )
      yield* Effect.raceFirst(restarting, visiting)
      assert.deepStrictEqual(announced(echo), [echo.url])
      yield* quit(echo)
      assert.notMatch(echo.stderr.text, /[1-9]\d* aborted/)
    })
  )
})

const range = (n: number): ReadonlyArray<number> => Array.from({ length: n }, (_, i) => i)
