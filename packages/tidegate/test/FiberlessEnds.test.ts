/**
 * How a connection ends that has no fiber, and waits for its peer.
 */
import { assert, describe } from "@effect/vitest"
import type { Codec } from "@tidegate/codec/Codec"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import type { Connection } from "tidegate/Connection"
import type { EndReason } from "tidegate/Events"
import * as Handler from "tidegate/Handler"
import type { Server } from "tidegate/Server"
import type { ServerOptions } from "tidegate/ServerOptions"
import { bytes } from "./Client.ts"
import { text } from "./support/Behaviour.ts"
import { ask, counted, type LogEntry, onRecord, said } from "./support/Counted.ts"
import { serverSide } from "./support/OnMemory.ts"
import { atRest } from "./support/Timed.ts"
import { untilEnd } from "./support/Watching.ts"

interface Asleep {
  readonly server: Server["Service"]
  /** As its handler has it. */
  readonly connection: Connection
  readonly client: Connection["transport"]
  readonly owner: Scope.Closeable
}

interface End {
  readonly act: (asleep: Asleep) => Effect.Effect<unknown, unknown, SimulatedNetwork>
  readonly reason: EndReason
  readonly detail?: string
  /** What its client gets, and how its reading ends; by default nothing, and EOF. */
  readonly received?: string
  readonly ending?: string
  /** Levels and messages, all of them. */
  readonly log?: ReadonlyArray<LogEntry>
  /** Nothing has to be run for it. */
  readonly withoutFiber?: true
  /** With a deadline the server has a sleeper. */
  readonly options?: Omit<ServerOptions, "handler">
  readonly onDrain?: () => Effect.Effect<string, string>
}

const drains = ({ server }: Asleep) => server.shutdown()
const lost: ReadonlyArray<LogEntry> = [["Debug", "connection lost"]]
const handlerFailed: ReadonlyArray<LogEntry> = [["Error", "handler failed"]]
const fails = (code: string) => () =>
  Effect.gen(function* () {
    const network = yield* SimulatedNetwork
    yield* network.failOperation({ operation: "read", end: yield* serverSide, code, unprompted: true })
  })

const ends: Readonly<Record<string, End>> = {
  "S5 S44 a hard shutdown": {
    act: ({ server }) => server.hardShutdown,
    reason: "aborted",
    ending: "ECONNRESET"
  },
  "S21 S67 the end of its owner's scope": {
    act: ({ owner }) => Scope.close(owner, Exit.void),
    reason: "aborted",
    ending: "ECONNRESET"
  },
  "the abort of its generation": {
    act: ({ server }) => server.abortGeneration(1),
    reason: "aborted",
    ending: "ECONNRESET",
    withoutFiber: true
  },
  "S7 S114 B66 a drain": { act: drains, reason: "idle" },
  "B67 a drain that says goodbye": {
    act: drains,
    onDrain: () => Effect.succeed("bye"),
    reason: "idle",
    received: "bye\n"
  },
  "S66 a drain whose goodbye fails": {
    act: drains,
    onDrain: () => Effect.fail("no words"),
    reason: "failed",
    log: handlerFailed
  },
  "S66 a drain whose goodbye throws": {
    act: drains,
    onDrain: () => {
      throw new Error("no words")
    },
    reason: "failed",
    log: handlerFailed
  },
  "B48 FF-39 the idle timeout": {
    options: { idleTimeout: 100 },
    act: () => TestClock.adjust(100),
    reason: "idle-timeout"
  },
  "B57 the age that it may reach": {
    options: { maxAge: 100, maxAgeJitter: 0 },
    act: () => TestClock.adjust(100),
    reason: "max-age"
  },
  "B56 FF-40 the frame timeout": {
    options: { frameTimeout: 100 },
    act: ({ client }) =>
      Effect.andThen(client.write(bytes("half a li")), Effect.andThen(atRest, TestClock.adjust(100))),
    reason: "frame-timeout"
  },
  "its server, that closes it": {
    act: ({ server }) => server.close(1, "enough"),
    reason: "closed",
    detail: "enough"
  },
  "somebody who has it, and closes it": {
    act: ({ connection }) => connection.close("enough"),
    reason: "closed",
    detail: "enough"
  },
  "S54 somebody who has it, and aborts it": {
    act: ({ connection }) => connection.abort,
    reason: "handled",
    ending: "ECONNRESET",
    log: lost
  },
  "FF-18 somebody who has it, and ends it: over when its peer has ended, too": {
    act: ({ connection }) => connection.end,
    reason: "eof",
    withoutFiber: true
  },
  "S47 FF-20 its peer's reset": {
    act: ({ client }) => client.abort,
    reason: "reset",
    ending: "ELOCAL",
    log: lost
  },
  "S87 FF-45 the kernel, that gives its peer up": {
    act: fails("ETIMEDOUT"),
    reason: "timeout",
    ending: "ECONNRESET",
    log: lost
  },
  "S87 S105 a failure of the network": {
    act: fails("EIO"),
    reason: "failed",
    ending: "ECONNRESET",
    log: [["Warn", "connection lost"]]
  }
}

describe("a connection without a fiber that waits for its peer is ended, once and for one reason, by", () => {
  for (const [name, end] of Object.entries(ends)) {
    onRecord(name, (recorder) =>
      Effect.gen(function* () {
        const owner = yield* Scope.make()
        const noted = yield* Deferred.make<Connection>()
        const handler = Handler.frames({ codec: text, onDrain: end.onDrain }, (line, connection) => {
          Deferred.doneUnsafe(noted, Effect.succeed(connection))
          return Effect.succeed(line)
        })
        const served = yield* Scope.provide(counted(handler, end.options), owner)
        const client = yield* served.dial
        yield* ask(client, "ping")
        const before = { alive: served.fibers(), started: served.started() }
        const reading = yield* Effect.forkChild(untilEnd(client), { startImmediately: true })
        yield* end.act({ ...served, owner, connection: yield* Deferred.await(noted), client: client.connection })
        const { ending = "eof", received = "" } = end
        assert.deepStrictEqual(yield* Fiber.join(reading), { text: received, ending })
        yield* atRest
        const { detail, reason } = yield* recorder.nextEnd
        assert.deepStrictEqual([reason, detail], [end.reason, end.detail])
        assert.strictEqual(served.descriptors(), 0)
        assert.deepStrictEqual(said(recorder), end.log ?? [])
        assert.isAtMost(served.fibers(), before.alive)
        if (end.withoutFiber) assert.strictEqual(served.started(), before.started)
        yield* served.server.hardShutdown
        assert.strictEqual(served.census.alive, 0)
        assert.deepStrictEqual(recorder.reasons, [end.reason])
        assert.strictEqual(recorder.events.filter(({ _tag }) => _tag === "ConnectionOpened").length, 1)
      })
    )
  }
})

describe("a connection without a fiber whose peer does not read", () => {
  const long = "x".repeat(3000)
  const tells = Handler.frames({ codec: text }, () => Effect.succeed(long))
  const link = { sendBufferBytes: 500, receiveBufferBytes: 500 }

  onRecord(
    "S60 B55 is cut off at the write stall timeout, without anything to be run",
    (recorder) =>
      Effect.gen(function* () {
        const { census, descriptors, dial, server, started } = yield* counted(tells, { writeStallTimeout: 100 })
        const client = yield* dial
        const before = started()
        yield* client.send("tell\n")
        yield* atRest
        yield* TestClock.adjust(200)
        assert.deepStrictEqual([recorder.reasons, recorder.log], [["stalled"], []])
        // The sleeper goes to sleep again.
        assert.isAtMost(started(), before + 1)
        assert.strictEqual(descriptors(), 0)
        assert.strictEqual((yield* untilEnd(client)).ending, "ECONNRESET")
        yield* server.hardShutdown
        assert.deepStrictEqual([recorder.reasons, census.alive], [["stalled"], 0])
      }),
    { link }
  )

  onRecord(
    "FF-09 is given up within two close timeouts, where it has ended by itself",
    (recorder) =>
      Effect.gen(function* () {
        const { census, descriptors, dial, server } = yield* counted(tells, { closeTimeout: 1000 })
        const client = yield* dial
        yield* client.send("tell\n")
        yield* client.end
        yield* atRest
        yield* TestClock.adjust(999)
        assert.deepStrictEqual(recorder.reasons, [])
        yield* TestClock.adjust(1001)
        assert.deepStrictEqual([recorder.reasons, descriptors()], [["stalled"], 0])
        yield* server.hardShutdown
        assert.deepStrictEqual([recorder.reasons, census.alive], [["stalled"], 0])
      }),
    { link }
  )

  onRecord(
    "FF-09 FF-20 has the bounds of the close ladder and no others once its handler has failed",
    (recorder) =>
      Effect.gen(function* () {
        const fails = Handler.frames({ codec: text }, (line) =>
          line === "fail" ? Effect.fail("refused") : Effect.succeed(long)
        )
        const { dial } = yield* counted(fails, { writeStallTimeout: 100, closeTimeout: 1000 })
        yield* Effect.flatMap(dial, (client) => client.send("tell\nfail\n"))
        yield* atRest
        yield* TestClock.adjust(999)
        assert.deepStrictEqual(recorder.reasons, [])
        yield* TestClock.adjust(1001)
        assert.deepStrictEqual(recorder.reasons, ["failed"])
      }),
    { link }
  )

  onRecord(
    "S59 B70 is cut off at the deadline of a drain",
    (recorder) =>
      Effect.gen(function* () {
        const { census, descriptors, dial, server } = yield* counted(tells)
        yield* Effect.flatMap(dial, (client) => client.send("tell\n"))
        yield* atRest
        const drain = { drainTimeout: 1000, closeTimeout: "Infinity" } as const
        const shutdown = yield* Effect.forkChild(server.shutdown(drain), { startImmediately: true })
        yield* TestClock.adjust(999)
        assert.deepStrictEqual(recorder.reasons, [])
        yield* TestClock.adjust(1)
        assert.deepInclude(yield* Fiber.join(shutdown), { aborted: 1 })
        assert.deepStrictEqual([recorder.reasons, census.alive, descriptors()], [["aborted"], 0, 0])
      }),
    { link }
  )
})

describe("a connection whose peer has ended, that owes it nothing", () => {
  const link = { sendBufferBytes: 100, receiveBufferBytes: 100 }

  onRecord(
    "B76 S54 is not over while somebody stands in the line to write to it",
    (recorder) =>
      Effect.gen(function* () {
        const own = yield* Deferred.make<Connection>()
        // A reply of no bytes waits for its turn like any other.
        const mute: Codec<string> = { ...text, encoder: () => ({ ...text.encoder(), encode: () => new Uint8Array() }) }
        const handler = Handler.frames({ codec: mute }, (line, connection) => {
          Deferred.doneUnsafe(own, Effect.succeed(connection))
          return Effect.succeed(line)
        })
        const { dial } = yield* counted(handler, { highWaterMarkBytes: 4, lowWaterMarkBytes: 0 })
        const client = yield* dial
        yield* client.send("hello\n")
        const connection = yield* Deferred.await(own)
        yield* atRest
        yield* connection.write(bytes("x".repeat(300)))
        yield* client.send("reply\n")
        yield* client.end
        yield* atRest
        yield* Effect.forkChild(connection.write(bytes("last")), { startImmediately: true })
        assert.deepStrictEqual(yield* client.rest, { text: `${"x".repeat(300)}last`, ending: "eof" })
        assert.strictEqual((yield* recorder.nextEnd).reason, "eof")
      }),
    { link }
  )
})
