/**
 * Middleboxes that cut connections.
 */
import { assert, describe, it } from "@effect/vitest"
import { connect, dial, listen, readAll, readToError, text } from "@tidegate/testing/conformance/Script"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import { resultOf, run } from "@tidegate/testing/Simulation"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Deliveries from "../src/internal/network/Deliveries.ts"
import { Network } from "../src/internal/network/Network.ts"
import { codeOf, now, simulate } from "./support/NetworkStage.ts"

describe("cuts", () => {
  it("FF-45 a silent cut tells nobody, and what was under way is lost", () => {
    simulate(
      { link: { latency: 5 } },
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { client, server } = yield* connect()
        yield* client.write(text("lost"))
        assert.isTrue(yield* network.cut("c1", "silent"))
        yield* server.end
        const reading = yield* Effect.forkScoped(readAll(server), { startImmediately: true })
        yield* Effect.sleep(100_000)
        assert.isUndefined(reading.pollUnsafe())
        assert.isFalse(client.isReadableUnsafe())
        yield* network.hold("c1")
        yield* client.write(text("x"))
        yield* network.quiet
        yield* network.release("c1")
        yield* network.quiet
        assert.strictEqual(server.bytesIn, 0, "a release does not heal a cut")
      })
    )
  })

  it("FF-22 a reset by the middlebox comes after what has left, to both ends; nothing comes behind it", () => {
    for (const latency of [0, 5]) {
      simulate(
        { link: { latency } },
        Effect.gen(function* () {
          const network = yield* SimulatedNetwork
          const { client, server } = yield* connect()
          const from = yield* now
          yield* client.write(text("left before"))
          yield* network.cut(server, "reset")
          yield* client.write(text(" and after"))
          yield* server.write(text("after"))
          const [up, down] = yield* Effect.all([readToError(server), readToError(client)])
          assert.strictEqual(yield* now, from + latency)
          assert.deepStrictEqual([up.bytes, down.bytes], [text("left before"), text("")])
          assert.deepStrictEqual([up.error.code, down.error.code], ["ECONNRESET", "ECONNRESET"])
          assert.deepStrictEqual([client.closeReason, server.closeReason], ["reset-received", "reset-received"])
          yield* network.quiet
          assert.strictEqual(network.connectionCount().open, 0)
        })
      )
    }
  })

  it("a dial that is cut is refused or never answered", () => {
    simulate(
      { link: { latency: 5 } },
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const listener = yield* listen()
        const refused = yield* Effect.forkScoped(codeOf(dial(listener)), { startImmediately: true })
        yield* network.cut("c1", "reset")
        assert.strictEqual(yield* Fiber.join(refused), "ECONNREFUSED")
        const silent = yield* Effect.forkScoped(codeOf(dial(listener)), { startImmediately: true })
        yield* network.cut("c2", "silent")
        const between = yield* Effect.forkScoped(codeOf(dial(listener)), { startImmediately: true })
        yield* Effect.sleep(7)
        yield* network.cut("c3", "reset")
        assert.strictEqual(yield* Fiber.join(between), "ok", "its answer was under way")
        yield* network.quiet
        assert.isUndefined(silent.pollUnsafe())
        assert.strictEqual(listener.pendingUnsafe(), 1)
      })
    )
  })

  it("I-S20 a dial that is abandoned after it was heard is reset", () => {
    simulate(
      { link: { latency: 5 } },
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const listener = yield* listen()
        const dialling = yield* Effect.forkScoped(dial(listener), { startImmediately: true })
        const server = yield* listener.accept
        yield* Fiber.interrupt(dialling)
        assert.strictEqual(network.connectionCount().open, 1)
        assert.strictEqual((yield* readToError(server)).error.code, "ECONNRESET")
        assert.strictEqual(yield* now, 15)
        assert.strictEqual(network.connectionCount().open, 0)
      })
    )
  })

  it("I-S20 an abandoned dial gives its port back", () => {
    resultOf(
      run(
        Effect.gen(function* () {
          const deliveries = Deliveries.make(yield* Effect.context<never>(), (defect) => assert.fail(String(defect)))
          const network = new Network(deliveries, () => {}, { link: { latency: 5 } }, 1)
          const endpoint = { host: "127.0.0.1", port: 80 }
          network.listen(endpoint)
          const attempt = network.dials.dial(endpoint, undefined)
          const isFree = () => network.ports.take((port) => port === 49_152) !== undefined
          yield* Effect.sleep(7)
          assert.isFalse(isFree())
          attempt.abandon()
          yield* deliveries.quiet
          assert.isTrue(isFree())
          deliveries.end()
        })
      )
    )
  })
})
