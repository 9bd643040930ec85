/**
 * How a connection ends that has no fiber, and waits for its peer.
 */
import { assert, describe } from "@effect/vitest"
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
import { text } from "./support/Behaviour.ts"
import { ask, counted, onRecord } from "./support/Counted.ts"
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
  readonly log?: ReadonlyArray<readonly [level: string, message: string]>
  /** Nothing has to be run for it. */
  readonly withoutFiber?: true
  /** With a deadline the server has a sleeper. */
  readonly options?: Omit<ServerOptions, "handler">
  readonly onDrain?: () => Effect.Effect<string, string>
}

const drains = ({ server }: Asleep) => server.shutdown()
const lost = [["Debug", "connection lost"]] as const
const handlerFailed = [["Error", "handler failed"]] as const
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
      Effect.andThen(
        client.write(new TextEncoder().encode("half a li")),
        Effect.andThen(atRest, TestClock.adjust(100))
      ),
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
        assert.deepStrictEqual(
          recorder.log.map(({ level, message }) => [level, message]),
          end.log ?? []
        )
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
