/**
 * What the guide to dialing shows does what it says.
 */
import { assert, describe, it } from "@effect/vitest"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as AddressResolver from "effect/net/AddressResolver"
import * as Dns from "effect/net/Dns"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as TestClock from "effect/testing/TestClock"
import { format } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import type { Transport } from "tidegate/Transport"
import { serve, text } from "../support/Behaviour.ts"
import * as Example from "./Dialing.ts"

const hosts = {
  "db.internal": ["10.0.0.1"],
  "silent.internal": ["10.0.0.9"],
  "many.internal": ["10.0.0.9", "10.0.0.1"]
}
const names = AddressResolver.layer().pipe(Layer.provide(Layer.orDie(Dns.layerStatic({ hosts }))))
const machines = [1, 2, 9].map((last) => `10.0.0.${last}`)
const replicas = Array.from({ length: 10 }, (_, at) => `10.0.1.${at + 1}`)
const network = SimulatedNetwork.layer({
  hosts: Object.fromEntries([...machines, ...replicas].map((address) => [`at-${address}`, address])),
  linkOf: ({ to }) => ({ latency: to.startsWith("10.0.1.4") ? 2 : 5 })
})

const received: Array<string> = []
const remember = Handler.frames({ codec: text }, (line) =>
  Effect.sync(() => {
    received.push(line)
    return line.toUpperCase()
  })
)

type Needs = SimulatedNetwork | Transport | AddressResolver.AddressResolver | Scope.Scope

const example = <E>(name: string, run: Effect.Effect<void, E, Needs>): void => {
  const prepared = Effect.gen(function* () {
    received.length = 0
    const { scriptDials } = yield* SimulatedNetwork
    yield* scriptDials({ host: "10.0.0.9", port: 7 }, "silent")
    yield* serve(remember, { host: "10.0.0.1", port: 7 })
    yield* run
  })
  // The pauses of a schedule with jitter are the same each time.
  it.effect(name, () => Random.withSeed(Effect.provide(prepared, Layer.merge(network, names)), "tidegate"))
}

/** The result of an effect that takes no longer than this, while the clock is turned. */
const within = <A, E, R>(milliseconds: number, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
    yield* TestClock.adjust(milliseconds)
    assert.isDefined(fiber.pollUnsafe(), `it takes longer than ${milliseconds} ms`)
    return yield* Fiber.join(fiber)
  })

/** The dialling ends that are open, attempts without an answer included. */
const open = Effect.map(SimulatedNetwork, (found) => {
  const accepted = found.connections().filter(({ label }) => label.startsWith("s")).length
  return found.connectionCount().open - accepted
})

describe("the guide to dialing", () => {
  example(
    "S94 dial and close: the connection lives as long as its scope",
    Effect.gen(function* () {
      assert.strictEqual(yield* within(100, Example.ask("ping")), "PING\n")
      yield* TestClock.adjust(100)
      assert.strictEqual(yield* open, 0)
    })
  )

  example(
    "FF-07 what was written arrives, although the scope closes right away",
    Effect.gen(function* () {
      yield* within(1000, Example.report("this must not be lost"))
      assert.deepStrictEqual(received, ["this must not be lost"])
      assert.strictEqual(yield* open, 0)
    })
  )

  example(
    "S91 FF-79 a cancelled dial leaves no socket",
    Effect.gen(function* () {
      const cancelling = yield* Effect.forkChild(Example.cancelled)
      yield* TestClock.adjust(49)
      assert.strictEqual(yield* open, 1)
      yield* TestClock.adjust(1)
      yield* Fiber.join(cancelling)
      assert.strictEqual(yield* open, 0)
    })
  )

  example(
    "S93 a deadline is a DialError of the class timeout, and the next address is one line away",
    Effect.gen(function* () {
      const dialling = yield* Effect.forkChild(Example.inTime)
      yield* TestClock.adjust(1999)
      assert.isUndefined(dialling.pollUnsafe())
      yield* TestClock.adjust(100)
      assert.strictEqual(format((yield* Fiber.join(dialling)).peer), "10.0.0.1:7")
      assert.strictEqual(yield* open, 1)
    })
  )

  example(
    "S96 S97 FF-82 ten dials under one scope: the first one wins, and the others are closed",
    Effect.gen(function* () {
      yield* Effect.forEach(replicas, (host) => serve(remember, { host, port: 7 }))
      const { connectionCount } = yield* SimulatedNetwork
      const winner = yield* within(100, Example.nearest)
      assert.strictEqual(format(winner.peer), "10.0.1.4:7")
      assert.isAtLeast(connectionCount().opened, 10)
      assert.strictEqual(yield* open, 1)
    })
  )

  example(
    "FF-80 several addresses: by name and by hand, the second one when the first keeps silent or refuses",
    Effect.gen(function* () {
      yield* serve(remember, { host: "10.0.0.2", port: 8 })
      const peers = yield* within(500, Example.severalAddresses)
      assert.deepStrictEqual(peers.map(format), ["10.0.0.1:7", "10.0.0.1:7"])
    })
  )

  example(
    "FF-86 a client that stays connected",
    Effect.gen(function* () {
      const { connections } = yield* SimulatedNetwork
      const client = yield* Example.broker
      assert.strictEqual(yield* within(100, Example.publish(client, "first")), "FIRST\n")
      yield* Effect.forEach(connections(), ({ abort, label }) => (label.startsWith("s") ? abort : Effect.void))
      yield* TestClock.adjust(5)
      assert.strictEqual((yield* SubscriptionRef.get(client.state))._tag, "waiting")
      assert.strictEqual(yield* within(300, Example.publish(client, "second")), "SECOND\n")
      yield* within(3000, client.drain)
      assert.strictEqual(yield* open, 0)
    })
  )

  example(
    "FF-85 a pool, and what may be asked again",
    Effect.gen(function* () {
      const { connections } = yield* SimulatedNetwork
      const pool = yield* Example.cache
      assert.strictEqual(yield* within(100, Example.get(pool, "a")), "GET A\n")
      // The server closes it: FIN is on its way when the next one asks.
      yield* Effect.forEach(connections(), ({ end, label }) => (label.startsWith("s") ? end : Effect.void))
      assert.strictEqual(yield* within(100, Example.get(pool, "b")), "GET B\n")
      yield* within(3000, pool.drain)
      assert.strictEqual(yield* open, 0)
    })
  )

  example(
    "P12 a pool and a codec: one connection serves one use after the other",
    Effect.gen(function* () {
      const pool = yield* Example.cache
      assert.strictEqual(yield* within(100, Example.lookUp(pool, "a")), "LOOK UP A")
      assert.strictEqual(yield* within(100, Example.lookUp(pool, "b")), "LOOK UP B")
      assert.strictEqual(yield* open, 1)
    })
  )
})
