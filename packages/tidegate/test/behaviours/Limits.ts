/**
 * Limits: who is served, who waits and who is turned away, on every transport.
 */
import { assert } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type { Address } from "tidegate/Address"
import type { TransportError } from "tidegate/Errors"
import * as Handler from "tidegate/Handler"
import type { ServerOptions } from "tidegate/ServerOptions"
import type { Transport } from "tidegate/Transport"
import { bytes, type Client, connect } from "../Client.ts"
import { type Behaviour, serve, text } from "../support/Behaviour.ts"
import { Recording } from "../support/Recording.ts"
import { untilEnd } from "../support/Watching.ts"

const echo = Handler.frames({ codec: text }, (line) => Effect.succeed(line))

const limited = (options: Omit<ServerOptions, "handler">, handler: Handler.Handler<unknown> = echo) =>
  Effect.gen(function* () {
    const recording = yield* Recording.make
    const running = yield* recording.of(serve(handler, options))
    return { ...running, recording, shed: () => recording.tagged("ConnectionShed").map(({ because }) => because) }
  })

/** A client that has been served: it was answered. */
const served = (address: Address): Effect.Effect<Client, TransportError, Transport | Scope.Scope> =>
  Effect.tap(connect(address), isServed)

const isServed = (client: Client): Effect.Effect<void, TransportError> =>
  Effect.gen(function* () {
    yield* client.send("ping\n")
    assert.strictEqual(yield* client.line, "ping\n")
  })

const leaves = (client: Client): Effect.Effect<unknown> => Effect.andThen(client.end, untilEnd(client))

export const limits: ReadonlyArray<Behaviour> = [
  {
    name: "B28 ten of eleven are served, the eleventh waits, and is served when one of them ends",
    run: Effect.gen(function* () {
      const { address, recording, server } = yield* limited({
        maxConnections: 10,
        atLimit: "wait",
        waitTimeout: "Infinity"
      })
      const ten = yield* Effect.replicateEffect(served(address), 10)
      const eleventh = yield* connect(address)
      yield* recording.until("ConnectionParked")
      assert.deepInclude(yield* server.info, { connections: 10, parked: 1, limit: 10 })
      yield* leaves(ten[3] ?? eleventh)
      yield* isServed(eleventh)
      assert.deepInclude(yield* server.info, { connections: 10, parked: 0, accepted: 11, ended: 1, shed: 0 })
    })
  },
  {
    name: "B28 FF-49 at the limit a client is shed with a goodbye and EOF; when there is room the next is served",
    run: Effect.gen(function* () {
      const { address, recording, server, shed } = yield* limited({ maxConnections: 2, goodbye: "too busy\n" })
      const [first] = yield* Effect.replicateEffect(served(address), 2)
      assert.deepStrictEqual(yield* untilEnd(yield* connect(address)), { text: "too busy\n", ending: "eof" })
      assert.deepStrictEqual(shed(), ["limit"])
      if (first !== undefined) yield* leaves(first)
      yield* recording.until("ConnectionEnded")
      yield* served(address)
      assert.deepInclude(yield* server.info, { connections: 2, shed: 1 })
    })
  },
  {
    name: "B36 FF-08 a shed client that has sent data reads the goodbye, then EOF, not a reset",
    run: Effect.gen(function* () {
      const { address } = yield* limited({ maxConnections: 0, goodbye: "too busy\n" })
      const client = yield* connect(address)
      yield* client.send("a request\n".repeat(5000))
      assert.deepStrictEqual(yield* untilEnd(client), { text: "too busy\n", ending: "eof" })
    })
  },
  {
    name: "B36 FF-08 one that goes on sending while it is turned away still reads the goodbye",
    run: Effect.gen(function* () {
      const { address } = yield* limited({ maxConnections: 0, goodbye: "too busy\n" })
      const client = yield* connect(address)
      const request = bytes("x".repeat(1000))
      const sending = yield* Effect.forkChild(
        Effect.ignore(Effect.repeat(Effect.andThen(client.connection.write(request), Effect.yieldNow), { times: 300 }))
      )
      const seen = yield* client.rest
      yield* Fiber.join(sending)
      yield* client.end
      assert.deepStrictEqual(seen, { text: "too busy\n", ending: "eof" })
    })
  },
  {
    name: "FF-49 at the limit a client is reset where that was asked for",
    run: Effect.gen(function* () {
      const { address, shed } = yield* limited({ maxConnections: 0, atLimit: "reset", goodbye: "too busy\n" })
      // The RST may come before the kernel has told the client that it is connected.
      const ending = Effect.matchEffect(connect(address), {
        onSuccess: (client) => Effect.map(untilEnd(client), ({ ending, text }) => `${text}${ending}`),
        onFailure: ({ code }) => Effect.succeed(code)
      })
      assert.strictEqual(yield* ending, "ECONNRESET")
      assert.deepStrictEqual(shed(), ["limit"])
    })
  },
  {
    name: "B34 one that waits and has sent data is served with its data when a slot is free",
    run: Effect.gen(function* () {
      const { address, recording } = yield* limited({ maxConnections: 1, atLimit: "wait", waitTimeout: "Infinity" })
      const first = yield* served(address)
      const second = yield* connect(address)
      yield* second.send("one\ntwo\n")
      yield* recording.until("ConnectionParked")
      yield* second.send("three\n")
      yield* leaves(first)
      assert.deepStrictEqual(
        [yield* second.line, yield* second.line, yield* second.line],
        ["one\n", "two\n", "three\n"]
      )
      yield* second.end
      assert.deepStrictEqual(yield* untilEnd(second), { text: "", ending: "eof" })
    })
  },
  {
    name: "B34 one that waits and has sent more than is read ahead is served with all of it",
    run: Effect.gen(function* () {
      const { address, recording } = yield* limited({
        maxConnections: 1,
        atLimit: "wait",
        waitTimeout: "Infinity",
        readAheadBytes: 1000
      })
      const lines = Array.from({ length: 2000 }, (_, at) => `line ${at}\n`)
      const first = yield* served(address)
      const second = yield* connect(address)
      yield* second.send(lines.join(""))
      yield* recording.until("ConnectionParked")
      yield* leaves(first)
      yield* second.end
      assert.deepStrictEqual(yield* untilEnd(second), { text: lines.join(""), ending: "eof" })
    })
  },
  {
    name: "FF-17 B34 one that sends, half-closes and waits is served in its turn: its data, EOF, and all replies go out",
    run: Effect.gen(function* () {
      const { address, recording, server, shed } = yield* limited({
        maxConnections: 1,
        atLimit: "wait",
        waitTimeout: "Infinity"
      })
      const first = yield* served(address)
      const second = yield* connect(address)
      yield* second.send("one\ntwo\n")
      yield* second.end
      yield* recording.until("ConnectionParked")
      const third = yield* connect(address)
      yield* recording.until("ConnectionParked", 2)
      yield* leaves(first)
      assert.deepStrictEqual(yield* untilEnd(second), { text: "one\ntwo\n", ending: "eof" })
      yield* isServed(third)
      assert.deepStrictEqual(shed(), [])
      assert.deepInclude(yield* server.info, { connections: 1, parked: 0, accepted: 3, ended: 2 })
      assert.deepInclude(recording.tagged("ConnectionEnded")[1], { id: 2, reason: "eof" })
    })
  },
  {
    name: "FF-10 one that waits and ends without a byte leaves at once, with the goodbye",
    run: Effect.gen(function* () {
      const { address, recording, server, shed } = yield* limited({
        maxConnections: 1,
        atLimit: "wait",
        waitTimeout: "Infinity",
        goodbye: "too busy\n"
      })
      yield* served(address)
      const second = yield* connect(address)
      yield* recording.until("ConnectionParked")
      yield* second.end
      assert.deepStrictEqual(yield* untilEnd(second), { text: "too busy\n", ending: "eof" })
      assert.deepStrictEqual(shed(), ["peer left"])
      assert.deepInclude(yield* server.info, { connections: 1, parked: 0 })
    })
  },
  {
    name: "FF-31 limit two, one may wait, five dial: two are served, one waits, two are shed",
    run: Effect.gen(function* () {
      const { address, recording, server, shed } = yield* limited({
        maxConnections: 2,
        atLimit: "wait",
        maxWaiting: 1,
        waitTimeout: "Infinity"
      })
      yield* Effect.replicateEffect(connect(address), 5)
      yield* recording.until("ConnectionShed", 2)
      assert.deepInclude(yield* server.info, { connections: 2, parked: 1, shed: 2 })
      assert.deepStrictEqual(shed(), ["waiting room full", "waiting room full"])
    })
  },
  {
    name: "FF-10 one that waits and resets leaves at once, and its place and the next slot go to others",
    run: Effect.gen(function* () {
      const { address, recording, server, shed } = yield* limited({
        maxConnections: 1,
        atLimit: "wait",
        maxWaiting: 1,
        waitTimeout: "Infinity"
      })
      const first = yield* served(address)
      const second = yield* connect(address)
      yield* recording.until("ConnectionParked")
      yield* second.connection.abort
      yield* recording.until("ConnectionShed")
      assert.deepStrictEqual(shed(), ["peer left"])
      assert.deepInclude(yield* server.info, { parked: 0 })
      const third = yield* connect(address)
      yield* recording.until("ConnectionParked", 2)
      yield* leaves(first)
      yield* isServed(third)
      assert.deepInclude(yield* server.info, { connections: 1, parked: 0 })
    })
  },
  {
    name: "B30 B31 B32 raised with some waiting it admits exactly the difference, lowered it kills nobody, and Infinity lets all in",
    run: Effect.gen(function* () {
      const { address, recording, server } = yield* limited({
        maxConnections: 3,
        atLimit: "wait",
        waitTimeout: "Infinity"
      })
      const first = yield* Effect.replicateEffect(served(address), 3)
      yield* Effect.replicateEffect(connect(address), 6)
      yield* recording.until("ConnectionParked", 6)
      assert.deepStrictEqual(yield* server.reload({ maxConnections: 5 }), { maxConnections: "applied" })
      assert.deepInclude(yield* server.info, { connections: 5, parked: 4, limit: 5 })
      yield* server.reload({ maxConnections: 6 })
      assert.deepInclude(yield* server.info, { connections: 6, parked: 3 })
      yield* server.reload({ maxConnections: 4 })
      for (const client of first.slice(0, 2)) yield* leaves(client)
      yield* recording.until("ConnectionEnded", 2)
      assert.deepInclude(yield* server.info, { connections: 4, parked: 3, limit: 4 })
      yield* server.reload({ maxConnections: Infinity })
      assert.deepInclude(yield* server.info, { connections: 7, parked: 0, ended: 2 })
    })
  },
  {
    name: "B33 a handler that gives its slot back, five times, makes room for one, once, and lives on",
    run: Effect.gen(function* () {
      const detaching = Handler.connection((connection) =>
        Effect.andThen(
          connection.id === 1 ? Effect.repeat(connection.releaseSlot, { times: 4 }) : Effect.void,
          Handler.serveFrames(connection, { codec: text }, (line: string) => Effect.succeed(line))
        )
      )
      const { address, recording, server } = yield* limited(
        { maxConnections: 1, atLimit: "wait", waitTimeout: "Infinity" },
        detaching
      )
      const first = yield* served(address)
      const second = yield* served(address)
      const third = yield* connect(address)
      yield* recording.until("ConnectionParked")
      assert.deepInclude(yield* server.info, { connections: 2, parked: 1 })
      yield* leaves(first)
      assert.deepInclude(yield* server.info, { connections: 1, parked: 1 })
      yield* leaves(second)
      yield* isServed(third)
    })
  },
  {
    name: "FF-49 one peer has as many as it may have, also while others would have room",
    run: Effect.gen(function* () {
      const { address, recording, server, shed } = yield* limited({ maxPerPeer: 2, goodbye: "enough\n" })
      const [first] = yield* Effect.replicateEffect(served(address), 2)
      assert.deepStrictEqual(yield* untilEnd(yield* connect(address)), { text: "enough\n", ending: "eof" })
      assert.deepStrictEqual(shed(), ["peer limit"])
      if (first !== undefined) yield* leaves(first)
      yield* recording.until("ConnectionEnded")
      yield* served(address)
      assert.deepInclude(yield* server.info, { connections: 2, shed: 1 })
    })
  },
  {
    name: "B73 FF-10 a graceful shutdown cancels those who wait at once, with the goodbye and EOF",
    run: Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const release = yield* Deferred.make<void>()
      const works = Handler.frames({ codec: text }, (line) =>
        Deferred.succeed(begun, undefined).pipe(Effect.andThen(Deferred.await(release)), Effect.as(line))
      )
      const { address, recording, server, shed } = yield* limited(
        { maxConnections: 1, atLimit: "wait", waitTimeout: "Infinity", goodbye: "closing\n" },
        works
      )
      const first = yield* connect(address)
      yield* first.send("ping\n")
      yield* Deferred.await(begun)
      const waiting = yield* Effect.replicateEffect(connect(address), 3)
      yield* recording.until("ConnectionParked", 3)
      const shutdown = yield* Effect.forkChild(server.shutdown(), { startImmediately: true })
      for (const client of waiting) {
        assert.deepStrictEqual(yield* untilEnd(client), { text: "closing\n", ending: "eof" })
      }
      assert.deepStrictEqual(shed(), ["shutdown", "shutdown", "shutdown"])
      yield* Deferred.succeed(release, undefined)
      assert.deepStrictEqual(yield* untilEnd(first), { text: "ping\n", ending: "eof" })
      assert.deepInclude(yield* Fiber.join(shutdown), { drained: 1, aborted: 0, shed: 3 })
    })
  },
  {
    name: "B73 FF-10 a hard shutdown resets those who wait",
    run: Effect.gen(function* () {
      const { address, recording, server, shed } = yield* limited({
        maxConnections: 1,
        atLimit: "wait",
        waitTimeout: "Infinity",
        goodbye: "closing\n"
      })
      const clients = [yield* served(address), yield* connect(address), yield* connect(address)]
      yield* recording.until("ConnectionParked", 2)
      assert.deepInclude(yield* server.hardShutdown, { aborted: 1, shed: 2 })
      for (const client of clients) assert.strictEqual((yield* untilEnd(client)).ending, "ECONNRESET")
      assert.deepStrictEqual(shed(), ["shutdown", "shutdown"])
      assert.strictEqual(recording.tagged("ConnectionOpened").length, 1)
    })
  },
  {
    name: "B73 FF-10 a slot that comes free in the step of a hard shutdown goes to nobody",
    run: Effect.gen(function* () {
      const stubborn = Handler.connection((connection) => Effect.ensuring(Effect.never, connection.releaseSlot))
      const { address, recording, server } = yield* limited(
        { maxConnections: 1, atLimit: "wait", waitTimeout: "Infinity" },
        stubborn
      )
      yield* connect(address)
      const second = yield* connect(address)
      yield* recording.until("ConnectionParked")
      assert.deepInclude(yield* server.hardShutdown, { aborted: 1, shed: 1 })
      assert.strictEqual((yield* untilEnd(second)).ending, "ECONNRESET")
      assert.strictEqual(recording.tagged("ConnectionOpened").length, 1)
    })
  },
  {
    name: "I-S10 B80 every connection that came has one end: ended, or shed",
    run: Effect.gen(function* () {
      const { address, recording, server } = yield* limited({
        maxConnections: 2,
        atLimit: "wait",
        maxWaiting: 2,
        waitTimeout: "Infinity"
      })
      const visit = Effect.gen(function* () {
        const client = yield* connect(address)
        yield* Effect.ignore(client.send("ping\n"))
        yield* client.line
        yield* leaves(client)
      })
      yield* Effect.forEach(Array.from({ length: 40 }), () => Effect.scoped(visit), { concurrency: 8 })
      const report = yield* server.shutdown()
      const opened = recording.tagged("ConnectionOpened").map(({ id }) => id)
      const ends = [...recording.tagged("ConnectionEnded"), ...recording.tagged("ConnectionShed")].map(({ id }) => id)
      assert.strictEqual(opened.length + report.shed, 40)
      assert.deepStrictEqual(
        ends.sort((a, b) => a - b),
        Array.from({ length: 40 }, (_, at) => at + 1)
      )
    })
  }
]
