import { assert, describe } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/testing/TestClock"
import { fromNative } from "tidegate/Address"
import { InvalidOptions, type TransportError, transportError } from "tidegate/Errors"
import * as Handler from "tidegate/Handler"
import type * as Server from "tidegate/Server"
import { type Connection, Listener, Transport } from "tidegate/Transport"
import { bytes, type Client, connect } from "./Client.ts"
import { serve } from "./support/Behaviour.ts"
import { held } from "./support/Held.ts"
import { inMemory } from "./support/InMemory.ts"
import { noDeadlines } from "./support/NoDeadlines.ts"
import { Recording } from "./support/Recording.ts"
import { becomes, untilEnd } from "./support/Watching.ts"

/** A server whose handlers work until the test lets go, with clients that each wait for one reply, and a drain they know of. */
const drainingWith = Effect.fnUntraced(function* (clients: number, options: Server.ShutdownOptions) {
  const { handler, release, taken, told } = yield* held
  const { address, server } = yield* serve(handler, noDeadlines)
  const connected: Array<Client> = []
  for (let number = 0; number < clients; number++) {
    const client = yield* connect(address)
    yield* client.send("work\n")
    yield* taken
    connected.push(client)
  }
  const shutdown = yield* Effect.forkChild(server.shutdown(options), { startImmediately: true })
  for (let number = 0; number < clients; number++) yield* told
  const connections = Effect.map(server.info, (info) => info.connections)
  return { clients: connected, connections, release, server, shutdown }
})

describe("the drain's deadline", () => {
  inMemory(
    "S59 S74 B70 FF-05 a stubborn handler lives until the deadline and not longer",
    Effect.gen(function* () {
      const { clients, connections, shutdown } = yield* drainingWith(1, { drainTimeout: "1 second" })
      yield* TestClock.adjust("999 millis")
      assert.strictEqual(yield* connections, 1)
      assert.strictEqual(shutdown.pollUnsafe(), undefined)
      yield* TestClock.adjust("1 millis")
      const report = yield* Fiber.join(shutdown)
      assert.deepInclude(report, { drained: 0, idleClosed: 0, aborted: 1 })
      assert.strictEqual(Duration.toMillis(report.elapsed), 1000)
      for (const client of clients) assert.deepStrictEqual(yield* untilEnd(client), { text: "", ending: "ECONNRESET" })
    })
  )

  inMemory(
    "S75 without options the deadline is 30 seconds",
    Effect.gen(function* () {
      const { connections, shutdown } = yield* drainingWith(1, {})
      yield* TestClock.adjust("29999 millis")
      assert.strictEqual(yield* connections, 1)
      yield* TestClock.adjust("1 millis")
      assert.deepInclude(yield* Fiber.join(shutdown), { aborted: 1 })
    })
  )

  inMemory(
    "S75 B69 with Infinity a shutdown waits for ever, and returns when the handler ends",
    Effect.gen(function* () {
      const { clients, connections, release, shutdown } = yield* drainingWith(1, { drainTimeout: "Infinity" })
      yield* TestClock.adjust("365 days")
      assert.strictEqual(yield* connections, 1)
      yield* release
      for (const client of clients) assert.deepStrictEqual(yield* untilEnd(client), { text: "work\n", ending: "eof" })
      assert.deepInclude(yield* Fiber.join(shutdown), { drained: 1, aborted: 0 })
    })
  )

  inMemory(
    "S115 B71 FF-05 fifty stubborn handlers cost one deadline in all",
    Effect.gen(function* () {
      const { connections, shutdown } = yield* drainingWith(50, { drainTimeout: "10 seconds" })
      yield* TestClock.adjust("9999 millis")
      assert.strictEqual(yield* connections, 50)
      yield* TestClock.adjust("1 millis")
      const report = yield* Fiber.join(shutdown)
      assert.deepInclude(report, { aborted: 50 })
      assert.strictEqual(Duration.toMillis(report.elapsed), 10_000)
    })
  )

  inMemory(
    "S114 FF-16 the drain is over in the instant in which the last connection ends: no time passes",
    Effect.gen(function* () {
      const { clients, release, shutdown } = yield* drainingWith(3, { drainTimeout: "10 seconds" })
      yield* TestClock.adjust("5 seconds")
      yield* release
      yield* Effect.forEach(clients, untilEnd)
      const report = yield* Fiber.join(shutdown)
      assert.deepInclude(report, { drained: 3, aborted: 0 })
      assert.strictEqual(Duration.toMillis(report.elapsed), 5000)
    })
  )

  inMemory(
    "S14 B77 a second shutdown brings the deadline nearer, never farther; hard ends it at once",
    Effect.gen(function* () {
      const { connections, server, shutdown } = yield* drainingWith(1, { drainTimeout: "10 seconds" })
      const again = (drainTimeout: Duration.Input) =>
        Effect.forkChild(server.shutdown({ drainTimeout }), { startImmediately: true })
      yield* again("1 minute")
      yield* again("Infinity")
      yield* TestClock.adjust("4 seconds")
      yield* again("2 seconds")
      yield* again("3 seconds")
      yield* TestClock.adjust("1999 millis")
      assert.strictEqual(yield* connections, 1)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(Duration.toMillis((yield* Fiber.join(shutdown)).elapsed), 6000)
    })
  )

  inMemory(
    "S59 a deadline of 0 aborts at once",
    Effect.gen(function* () {
      const { handler, taken } = yield* held
      const { address, server } = yield* serve(handler)
      const client = yield* connect(address)
      yield* client.send("work\n")
      yield* taken
      const report = yield* server.shutdown({ drainTimeout: 0 })
      assert.deepInclude(report, { drained: 0, aborted: 1, elapsed: Duration.zero })
      assert.strictEqual((yield* untilEnd(client)).ending, "ECONNRESET")
    })
  )

  inMemory(
    "S59 FF-05 FF-09 a peer that does not take what it is owed counts as aborted, not as drained",
    Effect.gen(function* () {
      const { address, server } = yield* serve(
        Handler.connection((connection) => connection.write(bytes("x".repeat(1_000_000))))
      )
      const client = yield* connect(address)
      yield* client.connection.readable
      const shutdown = yield* Effect.forkChild(server.shutdown({ drainTimeout: "Infinity" }), {
        startImmediately: true
      })
      yield* becomes(server, "draining")
      // Once a closeTimeout in which it took a part, and once more in which it took nothing.
      yield* TestClock.adjust("10 seconds")
      assert.deepInclude(yield* Fiber.join(shutdown), { drained: 0, idleClosed: 0, aborted: 1 })
    })
  )

  for (const kind of ["shutdown", "hardShutdown"] as const) {
    inMemory(
      `S24 I-L1 a ${kind} that a handler's first step leads to interrupts that handler too`,
      Effect.gen(function* () {
        const running = yield* Deferred.make<Server.Server["Service"]>()
        const interrupted = yield* Deferred.make<void>()
        const { address, server } = yield* serve(
          Handler.connection(() =>
            Effect.flatMap(Deferred.await(running), (own) =>
              Effect.forkDetach(kind === "shutdown" ? own.shutdown({ drainTimeout: 0 }) : own.hardShutdown, {
                startImmediately: true
              })
            ).pipe(
              Effect.andThen(Effect.never),
              Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined))
            )
          )
        )
        yield* Deferred.succeed(running, server)
        yield* connect(address)
        yield* Deferred.await(interrupted)
        assert.deepInclude(yield* server.stopped, { aborted: 1, elapsed: Duration.zero })
      })
    )
  }

  inMemory(
    "S74 B78 a caller that gives up sees the server still draining; later it has stopped, the leftovers aborted",
    Effect.gen(function* () {
      const { handler, taken } = yield* held
      const { address, server } = yield* serve(handler)
      const client = yield* connect(address)
      yield* client.send("work\n")
      yield* taken
      const caller = yield* Effect.forkChild(
        Effect.timeoutOption(server.shutdown({ drainTimeout: "10 seconds" }), "1 second"),
        { startImmediately: true }
      )
      yield* becomes(server, "draining")
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(caller), Option.none())
      assert.strictEqual(yield* server.state, "draining")
      yield* TestClock.adjust("9 seconds")
      assert.deepInclude(yield* server.stopped, { aborted: 1 })
      assert.strictEqual(yield* server.state, "stopped")
    })
  )

  inMemory(
    "S68 a handler that waits for its own server's shutdown is cut at the deadline",
    Effect.gen(function* () {
      const running = yield* Deferred.make<Server.Server["Service"]>()
      const { address, server } = yield* serve(
        Handler.connection(() =>
          Effect.flatMap(Deferred.await(running), (own) => own.shutdown({ drainTimeout: "1 second" }))
        )
      )
      yield* connect(address)
      yield* Deferred.succeed(running, server)
      yield* becomes(server, "draining")
      yield* TestClock.adjust("1 second")
      assert.deepInclude(yield* server.stopped, { aborted: 1 })
    })
  )

  inMemory(
    "B7 a drainTimeout that is none dies with InvalidOptions and begins nothing",
    Effect.gen(function* () {
      const { server } = yield* serve(Handler.connection(() => Effect.void))
      for (const drainTimeout of [-1, Number.NaN, "-3 seconds" as const]) {
        const defect = yield* Effect.flip(Effect.catchDefect(server.shutdown({ drainTimeout }), Effect.fail))
        assert.instanceOf(defect, InvalidOptions)
        assert.match(String(defect), /drainTimeout: got .*, expected a duration of 0 or more/)
      }
      assert.strictEqual(yield* server.state, "running")
    })
  )
})

// --- a listener under the test's hands ---

/** Its sweep never ends, and connections and errors come when the test says so. */
class Restless extends Listener {
  readonly address = fromNative("127.0.0.1", 7)
  readonly arrive = (connection: Connection): void => this.acceptedUnsafe(connection)
  readonly fail = (error: TransportError): void => this.failedUnsafe(error)
  applyUnsafe(): ReadonlyArray<string> {
    return []
  }

  protected closeSocket(): void {
    this.closedUnsafe()
  }
  protected startSweep(): void {
    // there is always one more client
  }
}

const onRestless = <E>(handler: Handler.Handler<E>) =>
  Effect.gen(function* () {
    const transport = yield* Transport
    const listener = new Restless(8)
    const recording = yield* Recording.make
    const listen = () => Effect.succeed(listener)
    const { server } = yield* recording
      .of(serve(handler))
      .pipe(Effect.provideService(Transport, { ...transport, listen }))
    return { listener, recording, server }
  })

describe("a sweep that a transport never ends", () => {
  inMemory(
    "I-L1 FF-11 is cut at the deadline",
    Effect.gen(function* () {
      const { server } = yield* onRestless(Handler.connection(() => Effect.void))
      const shutdown = yield* Effect.forkChild(server.shutdown({ drainTimeout: "1 second" }), {
        startImmediately: true
      })
      yield* becomes(server, "draining")
      yield* TestClock.adjust("999 millis")
      assert.strictEqual(shutdown.pollUnsafe(), undefined)
      yield* TestClock.adjust("1 millis")
      assert.deepInclude(yield* Fiber.join(shutdown), { drained: 0, aborted: 0 })
    })
  )

  inMemory(
    "S42 S43 is cut by a handler's first step while others still wait to be taken: they are taken, and then the listener's end is told",
    Effect.gen(function* () {
      const running = yield* Deferred.make<Server.Server["Service"]>()
      const { listener, recording, server } = yield* onRestless(
        Handler.connection(() =>
          Effect.flatMap(Deferred.await(running), (own) =>
            Effect.forkDetach(own.shutdown({ drainTimeout: 0 }), { startImmediately: true })
          )
        )
      )
      yield* Deferred.succeed(running, server)
      const transport = yield* Transport
      const source = yield* transport.listen({ host: "127.0.0.1", port: 0 })
      const clients = [yield* connect(source.address), yield* connect(source.address)]
      yield* Effect.forkChild(server.shutdown({ drainTimeout: "1 minute" }), { startImmediately: true })
      yield* becomes(server, "draining")
      // The accept fiber waits this out, so that both are there when it looks again.
      listener.fail(transportError("accept", "EMFILE"))
      for (const _ of clients) listener.arrive(yield* source.accept)
      yield* TestClock.adjust("5 millis")
      assert.deepInclude(yield* server.stopped, { aborted: 2, swept: 2 })
      const { tags } = recording
      assert.isBelow(tags.lastIndexOf("ConnectionOpened"), tags.indexOf("ListenerClosed"), tags.join())
      assert.strictEqual(recording.tagged("ConnectionEnded").length, 2)
    })
  )
})
