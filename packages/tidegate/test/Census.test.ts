import { assert, describe } from "@effect/vitest"
import { FiberCensus } from "@tidegate/testing/FiberCensus"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { portOf } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { bytes, type Client, connect } from "./Client.ts"
import { text } from "./support/Behaviour.ts"
import { inMemory } from "./support/InMemory.ts"
import { noDeadlines } from "./support/NoDeadlines.ts"
import { Recording } from "./support/Recording.ts"
import { untilEnd } from "./support/Watching.ts"

const works = Handler.frames({ codec: text, concurrency: 4 }, (line) =>
  line === "never"
    ? Effect.never
    : Effect.as(
        Effect.forEach([1, 2, 3], () => Effect.yieldNow, { concurrency: 3 }),
        line
      )
)

const flood = bytes("x".repeat(1_000_000))
const floods = Handler.connection((connection) => connection.write(flood))

/** A server that is the only thing counted; `ends` has to return when nothing of it is left. */
const leavesNothing = (
  name: string,
  handler: Handler.Handler<unknown>,
  meet: (client: Client) => Effect.Effect<unknown, unknown>,
  ends: (server: Server.Server["Service"]) => Effect.Effect<unknown, unknown, SimulatedNetwork>
): void =>
  inMemory(
    name,
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const census = new FiberCensus()
      const recording = yield* Recording.make
      const server = yield* census.within(recording.of(Server.make({ handler })))
      const address = yield* server.address
      const running = census.alive
      assert.isAtLeast(running, 1)
      const clients = yield* Effect.forEach([1, 2, 3], () => connect(address))
      yield* recording.until("ConnectionOpened", 3)
      yield* Effect.forEach(clients, meet)
      yield* Effect.repeat(Effect.yieldNow, { times: 20 })
      const polite = yield* Effect.forkChild(Effect.forEach(clients, untilEnd, { concurrency: 3 }))
      assert.isAtLeast(census.alive, running + 3)
      yield* ends(server)
      assert.strictEqual(census.alive, 0)
      assert.strictEqual(network.listenerCount().open, 0)
      // Of each connection only the client's end can be left.
      assert.deepStrictEqual(
        network.connections().filter(({ label }) => label.startsWith("s")),
        []
      )
      yield* Fiber.join(polite)
      assert.strictEqual(recording.tagged("ConnectionEnded").length, 3)
    })
  )

const sends = (line: string) => (client: Client) => client.send(line)
const echoes = (client: Client) => Effect.andThen(client.send("ping\n"), client.line)
const cut = (server: Server.Server["Service"]) =>
  Effect.gen(function* () {
    const shutdown = yield* Effect.forkChild(server.shutdown({ drainTimeout: "1 second" }), { startImmediately: true })
    yield* Effect.repeat(Effect.yieldNow, { times: 20 })
    yield* TestClock.adjust("1 second")
    yield* Fiber.join(shutdown)
  })

describe("when a shutdown returns, no descriptor and no fiber of the server is left", () => {
  leavesNothing("I-S2 I-S3 S116 graceful, early: the deadline's fiber neither", works, echoes, (server) =>
    server.shutdown()
  )
  leavesNothing("I-S2 I-S3 S116 graceful, three deadlines one after the other", works, echoes, (server) =>
    Effect.all(
      [
        server.shutdown({ drainTimeout: "3 seconds" }),
        server.shutdown({ drainTimeout: "2 seconds" }),
        server.shutdown({ drainTimeout: "1 second" })
      ],
      { concurrency: "unbounded" }
    )
  )
  leavesNothing("I-S2 I-S3 S116 graceful, at the deadline", works, sends("never\nnever\n"), cut)
  leavesNothing("I-S2 I-S3 graceful, at the deadline, peers that stall", floods, () => Effect.void, cut)
  leavesNothing("I-S2 I-S3 S44 hard, idle", works, echoes, (server) => server.hardShutdown)
  leavesNothing(
    "I-S2 I-S3 hard, four frames in flight each",
    works,
    sends("never\nnever\nnever\nnever\n"),
    (server) => server.hardShutdown
  )
  leavesNothing(
    "I-S2 I-S3 hard, peers that stall",
    floods,
    () => Effect.void,
    (server) => server.hardShutdown
  )
  leavesNothing("I-S2 I-S3 S24 hard over graceful", works, sends("never\n"), (server) =>
    Effect.all([server.shutdown(), Effect.andThen(Effect.yieldNow, server.hardShutdown)], { concurrency: 2 })
  )
  leavesNothing("I-S2 I-S3 S41 the listener lost", works, sends("never\n"), (server) =>
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      yield* network.failListener(yield* server.address, "EBADF")
      yield* Effect.flip(server.stopped)
    })
  )
})

describe("while a drain is on", () => {
  inMemory(
    "S14 S116 a hundred callers, each with a nearer deadline, cost no fiber of the server each",
    Effect.gen(function* () {
      const census = new FiberCensus()
      // The first sleeper under TestClock starts a fiber that warns of a clock nobody turns.
      yield* TestClock.adjust(0)
      const server = yield* census.within(Server.make({ handler: works }))
      const client = yield* connect(yield* server.address)
      yield* client.send("never\n")
      yield* Effect.forkChild(server.shutdown({ drainTimeout: 1000 }), { startImmediately: true })
      yield* Effect.repeat(Effect.yieldNow, { times: 20 })
      const draining = census.alive
      for (let caller = 1; caller <= 100; caller++) {
        yield* Effect.forkChild(server.shutdown({ drainTimeout: 1000 - caller }), { startImmediately: true })
      }
      assert.strictEqual(census.alive, draining)
      yield* TestClock.adjust(900)
      assert.deepInclude(yield* server.stopped, { aborted: 1 })
    })
  )
})

describe("what comes to nothing leaves nothing", () => {
  inMemory(
    "I-S2 I-S3 S15 a shutdown before listen",
    Effect.gen(function* () {
      const census = new FiberCensus()
      const server = yield* census.within(Server.prepare({ handler: works }))
      yield* server.shutdown()
      yield* Effect.exit(census.within(server.listen))
      assert.strictEqual(census.alive, 0)
    })
  )

  inMemory(
    "I-S2 I-S3 S2 B2 a start that fails, also when its scope lives on",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const holder = yield* Server.make({ handler: works })
      const census = new FiberCensus()
      const port = portOf(yield* holder.address) ?? 0
      yield* Effect.flip(census.within(Server.make({ handler: works, port })))
      assert.strictEqual(census.alive, 0)
      assert.strictEqual(network.listenerCount().open, 1)
    })
  )

  inMemory(
    "I-S3 FF-38 a thousand clients that came and went",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const census = new FiberCensus()
      const recording = yield* Recording.make
      const scope = yield* Scope.make()
      const server = yield* Scope.provide(
        census.within(recording.of(Server.make({ ...noDeadlines, handler: works }))),
        scope
      )
      const address = yield* server.address
      const running = census.alive
      const visit = Effect.gen(function* () {
        const client = yield* connect(address)
        yield* echoes(client)
        yield* client.end
        yield* untilEnd(client)
      })
      yield* Effect.forEach(Array.from({ length: 1000 }), () => Effect.scoped(visit), { concurrency: 50 })
      yield* recording.until("ConnectionEnded", 1000)
      assert.strictEqual(census.alive, running)
      yield* Effect.repeat(Effect.yieldNow, { times: 10 })
      assert.strictEqual(network.connectionCount().open, 0)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(census.alive, 0)
    })
  )
})
