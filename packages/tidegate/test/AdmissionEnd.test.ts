/**
 * What admission tells when it fills up, what descriptors allow, and how it ends, without a server.
 */
import { assert, describe, it } from "@effect/vitest"
import { FiberCensus } from "@tidegate/testing/FiberCensus"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import type { ServerEvent } from "tidegate/Events"
import { gatehouse } from "./support/Gatehouse.ts"
import { untilEnd } from "./support/Watching.ts"

describe("pressure", () => {
  const pressures = (events: ReadonlyArray<{ readonly _tag: string }>): number =>
    events.filter(({ _tag }) => _tag === "Pressure").length

  it.effect("B39 is told at four fifths of the limit, once in ten seconds, and again while it lasts", () =>
    Effect.gen(function* () {
      const { arrive, end, events } = yield* gatehouse({ maxConnections: 10 })
      yield* Effect.replicateEffect(arrive(), 7)
      assert.strictEqual(pressures(events), 0)
      yield* arrive()
      assert.deepStrictEqual(events.at(-1), { _tag: "Pressure", connections: 8, limit: 10 })
      yield* arrive()
      yield* TestClock.adjust(9999)
      assert.strictEqual(pressures(events), 1)
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(events.at(-1), { _tag: "Pressure", connections: 9, limit: 10 })
      for (const id of [1, 2]) end(id)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(pressures(events), 2)
    })
  )

  it.effect("B39 without a cooldown is told of each that comes; threshold and cooldown can be changed", () =>
    Effect.gen(function* () {
      const { arrive, change, events } = yield* gatehouse({ pressureThreshold: 2, pressureCooldown: 0 })
      yield* Effect.replicateEffect(arrive(), 4)
      assert.strictEqual(pressures(events), 3)
      change({ pressureThreshold: 4, pressureCooldown: 0 })
      assert.strictEqual(pressures(events), 4)
      change({ pressureThreshold: 6, pressureCooldown: 100 })
      yield* arrive()
      assert.strictEqual(pressures(events), 4)
      yield* arrive()
      yield* TestClock.adjust(350)
      assert.strictEqual(pressures(events), 4 + 3)
    })
  )
})

describe("file descriptors", () => {
  // 64, of which the listener has one and 16 are kept.
  const network = { descriptors: 64 }

  it.effect("FF-47 bound the connections that are served and parked, whatever was asked for", () =>
    Effect.gen(function* () {
      const { admission, arrive, end, shed } = yield* gatehouse({ atLimit: "wait", network })
      assert.strictEqual(admission.limit, 47)
      yield* Effect.replicateEffect(arrive(), 48)
      assert.deepStrictEqual([admission.served, admission.parked, shed()], [47, 0, [[48, "waiting room full"]]])
      end(1)
      yield* arrive()
      assert.deepStrictEqual([admission.served, shed().length], [47, 1])
    })
  )

  it.effect("FF-47 that are too few for what was asked for are told of, once for each number", () =>
    Effect.gen(function* () {
      const { admission, change, events } = yield* gatehouse({ maxConnections: 48, network })
      admission.compareUnsafe()
      admission.compareUnsafe()
      const told: ServerEvent = { _tag: "DescriptorBudget", limit: 64, open: 1, cap: 47 }
      assert.deepStrictEqual(events, [told])
      change({ maxConnections: 47 })
      change({ maxConnections: Infinity })
      assert.deepStrictEqual(events, [told])
      change({ maxConnections: 1000 })
      assert.deepStrictEqual(events, [told, told])
      assert.strictEqual(admission.limit, 47)
    })
  )
})

describe("the end", () => {
  it.effect("B73 who waits when a drain begins is cancelled at once, in order; who comes later does not wait", () =>
    Effect.gen(function* () {
      const { admission, arrive, end, servedIds, shed } = yield* gatehouse({
        maxConnections: 1,
        atLimit: "wait",
        goodbye: "bye\n"
      })
      yield* arrive()
      const waiting = yield* Effect.replicateEffect(arrive(), 2)
      admission.drainUnsafe()
      const later = yield* arrive()
      assert.deepStrictEqual(shed(), [
        [2, "shutdown"],
        [3, "shutdown"],
        [4, "shutdown"]
      ])
      const seen = yield* Effect.forEach([...waiting, later], untilEnd)
      assert.deepStrictEqual(seen, Array(3).fill({ text: "bye\n", ending: "eof" }))
      end(1)
      yield* arrive()
      assert.deepStrictEqual(servedIds(), [1, 5])
      yield* admission.gone
    })
  )

  it.effect("B73 FF-10 I-S2 an abort resets who waits and who is being turned away, now", () =>
    Effect.gen(function* () {
      const { admission, arrive, network, shed } = yield* gatehouse({
        maxConnections: 0,
        atLimit: "wait",
        maxWaiting: 2,
        goodbye: "busy\n"
      })
      const clients = yield* Effect.replicateEffect(arrive(), 4)
      assert.deepStrictEqual([admission.parked, admission.leaving], [2, 2])
      admission.abortUnsafe()
      yield* admission.gone
      assert.deepStrictEqual([admission.parked, admission.leaving], [0, 0])
      assert.deepStrictEqual(
        shed().map(([, because]) => because),
        ["waiting room full", "waiting room full", "shutdown", "shutdown"]
      )
      const endings = yield* Effect.forEach(clients, untilEnd)
      // Those that were being turned away had FIN by then.
      assert.deepStrictEqual(
        endings.map(({ ending }) => ending),
        ["ECONNRESET", "ECONNRESET", "eof", "eof"]
      )
      assert.deepStrictEqual(
        network.connections().filter(({ label }) => label.startsWith("s")),
        []
      )
    })
  )

  it.effect(
    "I-S3 leaves no fiber: neither the waiters' alarm, nor that of the pressure, nor one that says goodbye",
    () =>
      Effect.gen(function* () {
        const census = new FiberCensus()
        const { admission, arrive } = yield* census.within(gatehouse({ maxConnections: 1, atLimit: "wait" }))
        const clients = yield* Effect.replicateEffect(arrive(), 2)
        assert.isAtLeast(census.alive, 2)
        admission.drainUnsafe()
        const gone = yield* Effect.forkChild(admission.gone)
        yield* Effect.forEach(clients.slice(1), untilEnd)
        yield* Fiber.join(gone)
        assert.strictEqual(census.alive, 0)
      })
  )
})
