/**
 * Limits on real sockets: what the kernel does to those who wait and to those who are turned away.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as References from "effect/References"
import { portOf } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import type { ServerOptions } from "tidegate/ServerOptions"
import { serve, text } from "../../tidegate/test/support/Behaviour.ts"
import { Recording } from "../../tidegate/test/support/Recording.ts"
import * as TcpTransport from "../src/TcpTransport.ts"
import { pattern } from "./support/Loopback.ts"
import { connect, open, type RawClient } from "./support/RawClient.ts"

const goodbye = "no room today\n"

const echo = Handler.frames({ codec: text }, (line) => Effect.succeed(line))

const limited = (options: Omit<ServerOptions, "handler">, handler: Handler.Handler<unknown> = echo) =>
  Effect.gen(function* () {
    const recording = yield* Recording.make
    const { address, server } = yield* recording.of(serve(handler, { goodbye, waitTimeout: "Infinity", ...options }))
    return { port: portOf(address) ?? 0, recording, server }
  }).pipe(Effect.provide(TcpTransport.layer), Effect.provideService(References.MinimumLogLevel, "None"))

const over = (client: RawClient): Effect.Effect<void> => client.until(({ closed, ended }) => closed || ended)

const isAnswered = (client: RawClient, line: string): Effect.Effect<void> =>
  Effect.gen(function* () {
    yield* client.send(line)
    assert.strictEqual((yield* client.untilBytes(line.length)).toString(), line)
  })

const leaves = (client: RawClient): Effect.Effect<void> =>
  Effect.andThen(
    client.end,
    client.until(({ closed }) => closed)
  )

describe("who is turned away", () => {
  it.live("B36 FF-08 reads the goodbye and EOF, no reset, though nobody has read what it had sent: 100 clients", () =>
    Effect.gen(function* () {
      const { port, recording, server } = yield* limited({ maxConnections: 0 })
      const request = pattern(50_000)
      const visit = Effect.gen(function* () {
        // What is sent before the connection is there stands in the kernel when the server turns it away.
        const client = yield* open(port)
        client.socket.write(request)
        yield* over(client)
        assert.deepStrictEqual([client.received.toString(), client.errorCode], [goodbye, undefined])
        yield* leaves(client)
        assert.isUndefined(client.errorCode)
      })
      yield* Effect.forEach(Array.from({ length: 100 }), () => Effect.scoped(visit), { concurrency: "unbounded" })
      yield* recording.until("ConnectionShed", 100)
      assert.deepInclude(yield* server.info, { connections: 0, accepted: 0, shed: 100 })
    })
  )

  it.live("FF-31 is reset where too many are turned away at once, and the server goes on", () =>
    Effect.gen(function* () {
      const { port, recording, server } = yield* limited({ maxConnections: 1, lingerTimeout: "30 seconds" })
      const first = yield* connect(port)
      yield* isAnswered(first, "hello\n")
      // None of them ends by itself, so each goodbye lingers.
      const crowd = yield* Effect.replicateEffect(connect(port), 300)
      yield* Effect.forEach(crowd, over)
      const reset = crowd.filter(({ errorCode }) => errorCode === "ECONNRESET")
      const told = crowd.filter((client) => client.received.toString() === goodbye)
      assert.isAtMost(told.length, 256)
      assert.strictEqual(told.length + reset.length, 300)
      yield* first.send("still here\n")
      yield* first.untilBytes("hello\nstill here\n".length)
      assert.strictEqual(first.received.toString(), "hello\nstill here\n")
      yield* leaves(first)
      yield* recording.until("ConnectionEnded")
      assert.deepInclude(yield* server.info, { connections: 0, shed: 300 })
    })
  )
})

describe("who waits", () => {
  it.live(
    "B28 B37 three hundred at once for ten slots: all are served, never more than ten, in the order they came",
    () =>
      Effect.gen(function* () {
        let running = 0
        let most = 0
        const counted = Handler.frames({ codec: text }, (line) =>
          Effect.gen(function* () {
            most = Math.max(most, ++running)
            yield* Effect.yieldNow
            running--
            return line
          })
        )
        const { port, recording, server } = yield* limited({ maxConnections: 10, atLimit: "wait" }, counted)
        const visit = Effect.gen(function* () {
          const client = yield* open(port)
          yield* isAnswered(client, "hello\n")
          yield* leaves(client)
          assert.isUndefined(client.errorCode)
        })
        yield* Effect.forEach(Array.from({ length: 300 }), () => Effect.scoped(visit), { concurrency: "unbounded" })
        assert.isAtMost(most, 10)
        const ids = recording.tagged("ConnectionOpened").map(({ id }) => id)
        assert.deepStrictEqual(
          ids,
          Array.from({ length: 300 }, (_, at) => at + 1)
        )
        assert.deepInclude(yield* server.info, { accepted: 300, shed: 0, parked: 0 })
      })
  )

  it.live("B34 is served with the megabyte that it has sent while it waited", () =>
    Effect.gen(function* () {
      const { port, recording } = yield* limited({ maxConnections: 1, atLimit: "wait" })
      const lines = Array.from({ length: 20_000 }, (_, at) => `this is line ${at} of the second client\n`).join("")
      const first = yield* connect(port)
      yield* isAnswered(first, "hello\n")
      const second = yield* connect(port)
      second.socket.write(lines)
      yield* recording.until("ConnectionParked")
      yield* leaves(first)
      assert.strictEqual((yield* second.untilBytes(lines.length)).toString(), lines)
      yield* leaves(second)
    })
  )

  for (const [how, goes] of [
    ["resets", (client: RawClient) => Effect.sync(() => void client.socket.resetAndDestroy())],
    ["ends", (client: RawClient) => client.end],
    [
      "sends and resets",
      (client: RawClient) =>
        Effect.andThen(
          client.send("x".repeat(1000)),
          Effect.sync(() => void client.socket.resetAndDestroy())
        )
    ]
  ] as const) {
    it.live(`FF-10 and ${how} gives its place up at once`, () =>
      Effect.gen(function* () {
        const { port, recording, server } = yield* limited({ maxConnections: 1, atLimit: "wait", maxWaiting: 1 })
        const first = yield* connect(port)
        yield* isAnswered(first, "hello\n")
        const second = yield* connect(port)
        yield* recording.until("ConnectionParked")
        yield* goes(second)
        yield* recording.until("ConnectionShed")
        assert.deepInclude(recording.tagged("ConnectionShed")[0], { id: 2, because: "peer left" })
        const third = yield* connect(port)
        yield* recording.until("ConnectionParked", 2)
        yield* leaves(first)
        yield* isAnswered(third, "hello\n")
        assert.deepInclude(yield* server.info, { connections: 1, parked: 0, shed: 1 })
      })
    )
  }

  it.live("FF-17 and half-closes behind its request keeps its place: printf request | nc is answered", () =>
    Effect.gen(function* () {
      const { port, recording, server } = yield* limited({ maxConnections: 1, atLimit: "wait" })
      const first = yield* connect(port)
      yield* isAnswered(first, "hello\n")
      const second = yield* connect(port)
      yield* second.send("request\n".repeat(1000))
      yield* second.end
      yield* recording.until("ConnectionParked")
      // By the time the server sees this one leave, it has seen the FIN that came before.
      const third = yield* connect(port)
      yield* recording.until("ConnectionParked", 2)
      yield* third.end
      yield* recording.until("ConnectionShed")
      assert.deepInclude(recording.tagged("ConnectionShed")[0], { id: 3, because: "peer left" })
      assert.deepInclude(yield* server.info, { connections: 1, parked: 1, shed: 1 })
      yield* leaves(first)
      yield* second.until(({ closed }) => closed)
      assert.strictEqual(second.received.toString(), "request\n".repeat(1000))
      assert.isUndefined(second.errorCode)
      yield* recording.until("ConnectionEnded", 2)
      assert.deepInclude(recording.tagged("ConnectionEnded")[1], { id: 2, reason: "eof" })
    })
  )

  it.live("FF-17 B35 and has half-closed is shed when it has waited too long, and reads the goodbye", () =>
    Effect.gen(function* () {
      const { port, recording } = yield* limited({ maxConnections: 0, atLimit: "wait", waitTimeout: 50 })
      const client = yield* connect(port)
      yield* client.send("a request that nobody reads")
      yield* client.end
      yield* client.until(({ closed }) => closed)
      assert.deepStrictEqual([client.received.toString(), client.errorCode], [goodbye, undefined])
      assert.deepInclude(recording.tagged("ConnectionShed")[0], { because: "waited too long" })
    })
  )

  it.live(
    "FF-10 and resets behind its FIN, which Node does not tell of, takes its slot no longer than an answer does",
    () =>
      Effect.gen(function* () {
        const { port, recording, server } = yield* limited({ maxConnections: 1, atLimit: "wait" })
        const first = yield* connect(port)
        yield* isAnswered(first, "hello\n")
        const second = yield* connect(port)
        yield* second.send("request\n")
        yield* second.end
        yield* recording.until("ConnectionParked")
        const third = yield* connect(port)
        yield* recording.until("ConnectionParked", 2)
        second.socket.resetAndDestroy()
        yield* second.until(({ closed }) => closed)
        yield* leaves(first)
        yield* isAnswered(third, "hello\n")
        assert.deepInclude(yield* server.info, { connections: 1, parked: 0 })
      })
  )

  it.live("B35 is shed when it has waited too long, and reads the goodbye", () =>
    Effect.gen(function* () {
      const { port } = yield* limited({ maxConnections: 0, atLimit: "wait", waitTimeout: 20 })
      const client = yield* connect(port)
      yield* client.send("a request that nobody reads")
      yield* over(client)
      assert.deepStrictEqual([client.received.toString(), client.errorCode], [goodbye, undefined])
    })
  )
})
