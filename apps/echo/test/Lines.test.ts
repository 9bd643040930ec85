import { assert, describe, it, layer } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Client, connect } from "./support/Client.ts"
import { type Listening, listen } from "./support/EchoProcess.ts"

/** One process for all tests of a block. */
class Echo extends Context.Service<Echo, Listening>()("echo/test/Echo") {
  static readonly with = (...flags: ReadonlyArray<string>) => Layer.effect(Echo, listen(flags))
}

/** Why the server says that a client's connection has ended. */
const endReason = (echo: Listening, client: Client) =>
  Effect.map(
    echo.stderr.line(new RegExp(`connection ended: \\S+ .*peer=${client.address} `)),
    (line) => /connection ended: (\S+)/.exec(line)?.[1]
  )

const range = (n: number): ReadonlyArray<number> => Array.from({ length: n }, (_, i) => i)

layer(Echo.with("--max-frame", "64KiB", "--log-level", "debug"), { excludeTestServices: true })(
  "line framing",
  (it) => {
    it.effect("S101 a line comes back with its end, LF or CR LF", () =>
      Effect.gen(function* () {
        const client = yield* connect((yield* Echo).port)
        yield* client.write("abc\ndef\r\n\n")
        assert.strictEqual(yield* client.read(10), "abc\ndef\r\n\n")
      })
    )

    it.effect("S102 a line split over two writes is one line", () =>
      Effect.gen(function* () {
        const client = yield* connect((yield* Echo).port)
        // The first line is echoed only after "abc" has arrived alone.
        yield* client.write("x\nabc")
        assert.strictEqual(yield* client.read(2), "x\n")
        yield* client.write("def\n")
        assert.strictEqual(yield* client.read(9), "x\nabcdef\n")
      })
    )

    it.effect("S103 two lines in one write are two lines", () =>
      Effect.gen(function* () {
        const client = yield* connect((yield* Echo).port)
        yield* client.write("abc\ndef\n")
        assert.strictEqual(yield* client.read(8), "abc\ndef\n")
      })
    )

    it.effect("S104 a last line without its end gets no reply, and the connection ends", () =>
      Effect.gen(function* () {
        const echo = yield* Echo
        const client = yield* connect(echo.port)
        yield* client.write("abc\ndef")
        yield* client.halfClose
        assert.strictEqual(yield* client.ended, "fin")
        assert.strictEqual(client.receivedText, "abc\n")
        assert.strictEqual(yield* endReason(echo, client), "eof")
      })
    )

    it.effect("S57 200 clients that half-close after their requests get all replies, then FIN", () =>
      Effect.gen(function* () {
        const { port } = yield* Echo
        const clients = yield* Effect.forEach(range(200), () => connect(port), { concurrency: 50 })
        const sent = (i: number) =>
          range(5)
            .map((line) => `client ${i} line ${line} ${"x".repeat(1000)}\n`)
            .join("")
        yield* Effect.forEach(clients, (client, i) => Effect.andThen(client.write(sent(i)), client.halfClose), {
          concurrency: "unbounded"
        })
        const ends = yield* Effect.forEach(clients, (client) => client.ended, { concurrency: "unbounded" })
        assert.deepStrictEqual(
          ends,
          range(200).map(() => "fin" as const)
        )
        for (const [i, client] of clients.entries()) assert.strictEqual(client.receivedText, sent(i))
      })
    )

    it.effect("a line above --max-frame ends its connection with a logged reason; others go on", () =>
      Effect.gen(function* () {
        const echo = yield* Echo
        const other = yield* connect(echo.port)
        const client = yield* connect(echo.port)
        yield* client.write(`ok\n${"x".repeat(65_537)}`)
        assert.strictEqual(yield* client.ended, "fin")
        assert.strictEqual(client.receivedText, "ok\n")
        const logged = yield* echo.stderr.line(/WARN/)
        assert.match(logged, /connection ended: broken frame connection=\d+ peer=127\.0\.0\.1:\d+ .*65536/)
        const longest = `${"y".repeat(65_536)}\n`
        yield* other.write(longest)
        assert.strictEqual(yield* other.read(longest.length), longest)
      })
    )
  }
)

layer(Echo.with("--framing", "raw", "--log-level", "debug"), { excludeTestServices: true })("raw framing", (it) => {
  it.effect("S63 256 one-byte messages come back, all of them and in order", () =>
    Effect.gen(function* () {
      const echo = yield* Echo
      const client = yield* connect(echo.port)
      const bytes = Uint8Array.from(range(256))
      for (const byte of bytes) {
        yield* client.write(Uint8Array.of(byte))
        yield* client.read(byte + 1)
      }
      assert.deepStrictEqual(new Uint8Array(client.received), bytes)
      yield* client.halfClose
      assert.strictEqual(yield* client.ended, "fin")
      assert.strictEqual(client.received.length, 256)
      assert.strictEqual(yield* endReason(echo, client), "eof")
    })
  )

  it.effect("FF-60 B47 S86 probes that connect and go are no news: nothing above debug", () =>
    Effect.gen(function* () {
      const echo = yield* Echo
      const polite = yield* connect(echo.port)
      yield* polite.halfClose
      const rude = yield* connect(echo.port)
      // Reset before it was accepted, it would not even be seen.
      yield* echo.stderr.line(new RegExp(`connection opened .*peer=${rude.address} `))
      rude.socket.resetAndDestroy()
      assert.strictEqual(yield* endReason(echo, polite), "eof")
      assert.strictEqual(yield* endReason(echo, rude), "reset")
      assert.deepStrictEqual(
        echo.stderr.lines.filter((line) => !line.includes(" DEBUG ")),
        []
      )
    })
  )

  it.effect("S57 bytes before the half-close come back, then FIN", () =>
    Effect.gen(function* () {
      const client = yield* connect((yield* Echo).port)
      const bytes = Buffer.alloc(4_000_000, "0123456789")
      yield* client.write(bytes)
      yield* client.halfClose
      assert.strictEqual(yield* client.ended, "fin")
      assert.isTrue(client.received.equals(bytes))
    })
  )
})

layer(Echo.with("--host", "::"), { excludeTestServices: true })("--host ::", (it) => {
  it.effect("S121 takes IPv4 and IPv6", () =>
    Effect.gen(function* () {
      const echo = yield* Echo
      assert.strictEqual(echo.url, `tcp://[::]:${echo.port}`)
      for (const host of ["127.0.0.1", "::1"]) {
        const client = yield* connect(echo.port, { host })
        yield* client.write("hello\n")
        assert.strictEqual(yield* client.read(6), "hello\n")
      }
    })
  )
})

describe("readiness", () => {
  it.live("S1 B1 the readiness line comes when the port accepts, and shows the real one", () =>
    Effect.gen(function* () {
      const echo = yield* listen()
      assert.match(echo.url, /^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/)
      const client = yield* connect(echo.port)
      yield* client.write("hello\n")
      assert.strictEqual(yield* client.read(6), "hello\n")
      assert.deepStrictEqual(echo.stdout.lines, [`listening ${echo.url}`])
      assert.strictEqual(echo.stderr.text, "")
    })
  )
})
