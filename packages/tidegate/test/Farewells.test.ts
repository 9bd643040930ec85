/**
 * Connections that are turned away with a goodbye.
 */
import { assert, describe, it } from "@effect/vitest"
import type { NetworkOptions } from "@tidegate/testing/NetworkOptions"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { portOf } from "tidegate/Address"
import { Farewells } from "../src/Farewells.ts"
import { type LiveOptions, liveSettings } from "../src/LiveSettings.ts"
import { Client } from "./Client.ts"
import { untilEnd } from "./support/Watching.ts"

const made = Effect.fnUntraced(function* (
  options: LiveOptions & { readonly most?: number; readonly network?: NetworkOptions }
) {
  const network = yield* SimulatedNetwork.make(options.network)
  const listener = yield* network.transport.listen({ host: "127.0.0.1", port: 0 })
  const farewells = new Farewells({
    live: { current: liveSettings(options) },
    most: options.most ?? 10,
    run: Effect.runForkWith(yield* Effect.context<never>())
  })
  const pair = Effect.gen(function* () {
    const client = new Client(yield* network.transport.dial({ host: "127.0.0.1", port: portOf(listener.address) ?? 0 }))
    return { client, server: yield* listener.accept }
  })
  return { farewells, network, pair }
})

describe("a farewell", () => {
  it.effect("B36 is read to its end by a client that has sent data, then comes EOF", () =>
    Effect.gen(function* () {
      const { farewells, network, pair } = yield* made({ goodbye: "busy\n" })
      const { client, server } = yield* pair
      yield* client.send("a request\n")
      yield* network.quiet
      farewells.sayUnsafe(1, server)
      yield* client.send("another request\n")
      assert.deepStrictEqual(yield* untilEnd(client), { text: "busy\n", ending: "eof" })
      yield* farewells.gone
      assert.deepStrictEqual([server.closeReason, farewells.size], ["both-ended", 0])
    })
  )

  it.effect("FF-49 without a goodbye is EOF", () =>
    Effect.gen(function* () {
      const { farewells, pair } = yield* made({})
      const { client, server } = yield* pair
      farewells.sayUnsafe(1, server)
      assert.deepStrictEqual(yield* untilEnd(client), { text: "", ending: "eof" })
      yield* farewells.gone
    })
  )

  it.effect("FF-09 to a peer that never ends itself is over after the linger timeout", () =>
    Effect.gen(function* () {
      const { farewells, pair } = yield* made({ goodbye: "busy\n", lingerTimeout: "2 seconds" })
      const { client, server } = yield* pair
      farewells.sayUnsafe(1, server)
      yield* client.rest
      yield* TestClock.adjust(1999)
      assert.strictEqual(farewells.size, 1)
      yield* TestClock.adjust(1)
      assert.deepStrictEqual([farewells.size, server.descriptorClosed], [0, true])
    })
  )

  it.effect("FF-09 to a peer that does not read is over after the close timeout", () =>
    Effect.gen(function* () {
      const link = { sendBufferBytes: 4, receiveBufferBytes: 4 }
      const { farewells, pair } = yield* made({ goodbye: "x".repeat(100), closeTimeout: "1 second", network: { link } })
      const { client, server } = yield* pair
      farewells.sayUnsafe(1, server)
      yield* TestClock.adjust(2000)
      assert.deepStrictEqual([farewells.size, server.closeReason], [0, "reset-sent"])
      assert.strictEqual((yield* client.rest).ending === "eof", false)
    })
  )

  it.effect("FF-31 is said to so many at once, the rest is reset", () =>
    Effect.gen(function* () {
      const { farewells, pair } = yield* made({ goodbye: "busy\n", most: 2 })
      const pairs = yield* Effect.replicateEffect(pair, 4)
      for (const [at, { server }] of pairs.entries()) farewells.sayUnsafe(at, server)
      const endings = yield* Effect.forEach(pairs, ({ client }) => untilEnd(client), { concurrency: 4 })
      assert.deepStrictEqual(
        endings.map(({ ending }) => ending),
        ["eof", "eof", "ECONNRESET", "ECONNRESET"]
      )
      yield* farewells.gone
    })
  )

  it.effect("I-S2 I-S3 an abort cuts them all at once, and those that come after it", () =>
    Effect.gen(function* () {
      const { farewells, network, pair } = yield* made({ goodbye: "busy\n" })
      const pairs = yield* Effect.replicateEffect(pair, 3)
      for (const [at, { server }] of pairs.slice(0, 2).entries()) farewells.sayUnsafe(at, server)
      yield* network.quiet
      const gone = yield* Effect.forkChild(farewells.gone, { startImmediately: true })
      assert.isUndefined(gone.pollUnsafe())
      farewells.abortUnsafe()
      for (const { server } of pairs.slice(2)) farewells.sayUnsafe(3, server)
      yield* Fiber.join(gone)
      assert.deepStrictEqual(
        pairs.map(({ server }) => server.closeReason),
        ["reset-sent", "reset-sent", "reset-sent"]
      )
    })
  )

  it.effect("FF-10 a peer that is gone already keeps nobody", () =>
    Effect.gen(function* () {
      const { farewells, network, pair } = yield* made({ goodbye: "busy\n" })
      const { client, server } = yield* pair
      yield* client.connection.abort
      yield* Effect.ignore(server.read)
      yield* network.quiet
      farewells.sayUnsafe(1, server)
      yield* farewells.gone
      assert.deepStrictEqual([farewells.size, server.bytesOut], [0, 0])
    })
  )
})
