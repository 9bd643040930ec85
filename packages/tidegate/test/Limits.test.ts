/**
 * Limits of a whole server, where a clock has to turn or the network has to be looked at.
 */
import { assert, describe } from "@effect/vitest"
import { FiberCensus } from "@tidegate/testing/FiberCensus"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as TestClock from "effect/testing/TestClock"
import { EventSink, type ServerEvent } from "tidegate/Events"
import * as Handler from "tidegate/Handler"
import type { ServerOptions } from "tidegate/ServerOptions"
import { connect } from "./Client.ts"
import { serve, text } from "./support/Behaviour.ts"
import { inMemory } from "./support/InMemory.ts"
import { recorded } from "./support/Recorder.ts"
import { Recording } from "./support/Recording.ts"
import { untilEnd } from "./support/Watching.ts"

const echo = Handler.frames({ codec: text }, (line) => Effect.succeed(line))

const limited = (options: Omit<ServerOptions, "handler">, handler: Handler.Handler<unknown> = echo) =>
  Effect.gen(function* () {
    const recording = yield* Recording.make
    const running = yield* recording.of(serve(handler, { idleTimeout: "Infinity", ...options }))
    const shed = () => recording.tagged("ConnectionShed").map(({ because }) => because)
    return { ...running, recording, shed, network: yield* SimulatedNetwork }
  })

describe("who waits", () => {
  inMemory(
    "B35 one that has waited too long is shed, the first still works, the third is served later",
    Effect.gen(function* () {
      const { address, network, recording, server, shed } = yield* limited({
        maxConnections: 1,
        atLimit: "wait",
        waitTimeout: "2 seconds",
        goodbye: "later\n"
      })
      const first = yield* connect(address)
      const second = yield* connect(address)
      yield* recording.until("ConnectionParked")
      yield* TestClock.adjust(1999)
      assert.deepStrictEqual(shed(), [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* untilEnd(second), { text: "later\n", ending: "eof" })
      assert.deepStrictEqual(shed(), ["waited too long"])
      yield* first.send("still there\n")
      assert.strictEqual(yield* first.line, "still there\n")
      const third = yield* connect(address)
      yield* network.quiet
      yield* first.end
      yield* third.send("hello\n")
      assert.strictEqual(yield* third.line, "hello\n")
      assert.deepInclude(yield* server.info, { connections: 1, parked: 0, shed: 1 })
    })
  )

  inMemory(
    "B35 a reload that shortens the wait counts from when they came",
    Effect.gen(function* () {
      const { address, recording, server, shed } = yield* limited({ maxConnections: 0, atLimit: "wait" })
      yield* connect(address)
      yield* recording.until("ConnectionParked")
      yield* TestClock.adjust("3 seconds")
      yield* server.reload({ waitTimeout: "2 seconds" })
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(shed(), ["waited too long"])
    })
  )

  inMemory(
    "FF-17 B35 one that has half-closed is shed when it has waited too long, the goodbye behind its FIN",
    Effect.gen(function* () {
      const { address, recording, server, shed } = yield* limited({
        maxConnections: 1,
        atLimit: "wait",
        waitTimeout: "2 seconds",
        goodbye: "later\n"
      })
      yield* connect(address)
      const second = yield* connect(address)
      yield* second.send("hello\n")
      yield* second.end
      yield* recording.until("ConnectionParked")
      yield* TestClock.adjust(1999)
      assert.deepInclude(yield* server.info, { parked: 1, shed: 0 })
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* untilEnd(second), { text: "later\n", ending: "eof" })
      assert.deepStrictEqual(shed(), ["waited too long"])
    })
  )

  inMemory(
    "FF-17 FF-18 the half-close timeout of one that has half-closed while it waited counts from its slot on",
    Effect.gen(function* () {
      const stubborn = Handler.connection(({ id }) => (id === 1 ? Effect.sleep("1 minute") : Effect.never))
      const options = {
        maxConnections: 1,
        atLimit: "wait",
        waitTimeout: "Infinity",
        halfCloseTimeout: "10 seconds",
        closeTimeout: "1 second"
      } as const
      const { address, network, recording } = yield* limited(options, stubborn)
      const first = yield* connect(address)
      const second = yield* connect(address)
      yield* second.send("hello\n")
      yield* second.end
      yield* network.quiet
      yield* TestClock.adjust("1 minute")
      yield* untilEnd(first)
      yield* network.quiet
      assert.deepInclude(recording.tagged("ConnectionOpened")[1], { id: 2 })
      yield* TestClock.adjust(10_999)
      assert.strictEqual(recording.tagged("ConnectionEnded").length, 1)
      yield* TestClock.adjust(1)
      assert.deepInclude(recording.tagged("ConnectionEnded")[1], { id: 2, reason: "half-close-timeout" })
    })
  )

  inMemory(
    "B35 a thousand that wait cost the server one fiber",
    Effect.gen(function* () {
      const census = new FiberCensus()
      const { address, network } = yield* census.within(limited({ maxConnections: 0, atLimit: "wait" }))
      yield* connect(address)
      yield* network.quiet
      const withOne = census.alive
      yield* Effect.replicateEffect(connect(address), 999)
      yield* network.quiet
      assert.strictEqual(census.alive, withOne)
    })
  )

  inMemory(
    "FF-31 however many dial, no more than may wait and may be said goodbye to are held",
    Effect.gen(function* () {
      const { address, network, server } = yield* limited({ maxConnections: 2, atLimit: "wait", maxWaiting: 3 })
      // None of them ends by itself.
      yield* Effect.replicateEffect(connect(address), 1000)
      yield* network.quiet
      const held = network.connections().filter(({ label }) => label.startsWith("s")).length
      assert.isAtMost(held, 2 + 3 + 256)
      assert.deepInclude(yield* server.info, { connections: 2, parked: 3, shed: 995 })
      yield* TestClock.adjust("4 seconds")
      const left = network.connections().filter(({ label }) => label.startsWith("s")).length
      assert.strictEqual(left, 2 + 3)
    })
  )
})

describe("limits and generations", () => {
  inMemory(
    "B29 I-S9 the limit is one for all generations: those of the old one count, and whom they make wait the new one serves",
    Effect.gen(function* () {
      const options = { maxConnections: 2, atLimit: "wait", waitTimeout: "Infinity" } as const
      const done = yield* Latch.make()
      const stubborn = Handler.connection(({ id }) => (id === 1 ? done.await : Effect.never))
      const recording = yield* Recording.make
      const network = yield* SimulatedNetwork
      const { address, server } = yield* recording.of(serve(stubborn, options))
      const [first] = yield* Effect.replicateEffect(connect(address), 2)
      yield* first?.end ?? Effect.void
      yield* network.quiet
      yield* server.restart({ ...options, handler: echo })
      const next = yield* connect(address)
      yield* network.quiet
      assert.deepInclude(yield* server.info, { connections: 2, parked: 1 })
      yield* done.open
      yield* next.send("hello\n")
      assert.strictEqual(yield* next.line, "hello\n")
      assert.deepStrictEqual(
        recording.tagged("ConnectionOpened").map(({ generation, id }) => [id, generation]),
        [
          [1, 1],
          [2, 1],
          [3, 2]
        ]
      )
    })
  )
})

describe("pressure", () => {
  inMemory(
    "B40 a sink that dies of it changes nothing for those who come",
    Effect.gen(function* () {
      const seen: Array<ServerEvent["_tag"]> = []
      const { address } = yield* Effect.provideService(
        serve(echo, { pressureThreshold: 1, pressureCooldown: 0 }),
        EventSink,
        (event) => {
          seen.push(event._tag)
          if (event._tag === "Pressure") throw new Error("no")
        }
      )
      for (let client = 0; client < 3; client++) {
        const { line, send } = yield* Effect.map(connect(address), (client) => ({
          line: client.line,
          send: client.send("ping\n")
        }))
        yield* send
        assert.strictEqual(yield* line, "ping\n")
      }
      assert.strictEqual(seen.filter((tag) => tag === "Pressure").length, 3)
    })
  )

  inMemory(
    "B39 at the threshold, again after the cooldown while it lasts, and no more when a shutdown has ended the server",
    Effect.gen(function* () {
      const { address, network, recording, server } = yield* limited({ maxConnections: 5 })
      const clients = yield* Effect.replicateEffect(connect(address), 4)
      yield* network.quiet
      assert.deepStrictEqual(recording.tagged("Pressure"), [{ _tag: "Pressure", connections: 4, limit: 5 }])
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual(recording.tagged("Pressure").length, 3)
      const shutdown = yield* Effect.forkChild(server.shutdown(), { startImmediately: true })
      yield* Effect.forEach(clients, untilEnd)
      yield* Fiber.join(shutdown)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(recording.tagged("Pressure").length, 3)
    })
  )
})

describe("file descriptors", () => {
  inMemory(
    "FF-47 fewer than were asked for: a warning, an event, and no more connections than fit",
    recorded((recorder) =>
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { address, server } = yield* serve(echo, { maxConnections: 1000, name: "small" })
        assert.deepStrictEqual(recorder.events[0], { _tag: "DescriptorBudget", limit: 64, open: 0, cap: 48 })
        assert.deepStrictEqual(recorder.lines("Warn"), [
          {
            level: "Warn",
            message: "maxConnections is more than the file descriptors allow",
            about: { maxConnections: 1000, limit: 64, open: 0, cap: 48 }
          }
        ])
        yield* Effect.replicateEffect(connect(address), 50)
        yield* network.quiet
        const { connections, descriptors, limit, shed } = yield* server.info
        assert.deepStrictEqual([connections, limit, shed], [48, 48, 2])
        // The network has the clients' ends too.
        assert.strictEqual(descriptors?.limit, 64)
        assert.isAtLeast(descriptors?.open ?? 0, 49 + 50)
      })
    ),
    { descriptors: 64 }
  )

  inMemory(
    "FF-47 B33 who lives on without a slot still has a descriptor, until it ends",
    Effect.gen(function* () {
      const detached = Handler.connection((connection) => Effect.andThen(connection.releaseSlot, connection.draining))
      const { address, network, server } = yield* limited({}, detached)
      const [first] = yield* Effect.replicateEffect(connect(address), 50)
      yield* network.quiet
      assert.deepInclude(yield* server.info, { connections: 48, limit: 0, shed: 2 })
      yield* server.close(1)
      yield* first?.end ?? Effect.void
      yield* server.awaitConnections((connections) => connections < 48)
      yield* connect(address)
      yield* network.quiet
      assert.deepInclude(yield* server.info, { connections: 48, shed: 2 })
    }),
    { descriptors: 64 }
  )

  inMemory(
    "FF-47 who asks for no number is told nothing",
    Effect.gen(function* () {
      const { recording, server } = yield* limited({})
      assert.deepStrictEqual(recording.tagged("DescriptorBudget"), [])
      assert.deepInclude(yield* server.info, { limit: 48 })
    }),
    { descriptors: 64 }
  )

  inMemory(
    "FF-47 a transport without descriptors knows no limit",
    Effect.gen(function* () {
      const { server } = yield* limited({})
      assert.deepInclude(yield* server.info, { limit: Infinity, descriptors: undefined })
    })
  )
})

describe("who is shed", () => {
  inMemory(
    "FF-49 is logged once in a while, not each time",
    recorded((recorder) =>
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { address } = yield* serve(echo, { maxConnections: 0, pressureCooldown: "10 seconds" })
        yield* Effect.replicateEffect(connect(address), 100)
        yield* network.quiet
        const about = { because: "limit", served: 0, parked: 0, limit: 0 }
        assert.deepStrictEqual(recorder.lines(), [
          { level: "Warn", message: "connections are shed", about: { ...about, shed: 1 } }
        ])
        yield* TestClock.adjust("10 seconds")
        yield* connect(address)
        yield* network.quiet
        assert.deepInclude(recorder.lines()[1], { about: { ...about, shed: 101 } })
      })
    )
  )

  inMemory(
    "I-L1 B73 one that does not read its goodbye cannot hold a graceful shutdown beyond its budget",
    Effect.gen(function* () {
      const { address, network, server } = yield* limited({ maxConnections: 0, goodbye: "x".repeat(200_000) })
      yield* connect(address)
      yield* network.quiet
      const shutdown = yield* Effect.forkChild(server.shutdown({ drainTimeout: "1 second" }), {
        startImmediately: true
      })
      yield* TestClock.adjust(999)
      assert.isUndefined(shutdown.pollUnsafe())
      yield* TestClock.adjust(1)
      assert.deepInclude(yield* Fiber.join(shutdown), { shed: 1, aborted: 0 })
      assert.deepStrictEqual(
        network.connections().filter(({ label }) => label.startsWith("s")),
        []
      )
    })
  )
})
