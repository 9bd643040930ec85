/**
 * Holding connections up, and letting them go on.
 */
import { assert, describe, it } from "@effect/vitest"
import { connect, dial, listen, readAll, readAtLeast, readToError, text } from "@tidegate/testing/conformance/Script"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { codeOf, simulate } from "./support/NetworkStage.ts"

describe("holding", () => {
  it("nothing arrives at either end until it is released, and then in order", () => {
    for (const latency of [0, 4]) {
      simulate(
        { link: { latency } },
        Effect.gen(function* () {
          const network = yield* SimulatedNetwork
          const { client, server } = yield* connect()
          yield* client.write(text("1"))
          assert.isTrue(yield* network.hold("s1"))
          yield* client.write(text("2"))
          yield* server.write(text("a"))
          yield* network.quiet
          yield* Effect.sleep(1000)
          yield* client.write(text("3"))
          yield* client.end
          yield* network.quiet
          assert.deepStrictEqual([server.isReadableUnsafe(), client.isReadableUnsafe()], [false, false])
          const reading = yield* Effect.forkScoped(readAll(server), { startImmediately: true })
          assert.isTrue(yield* network.release(client))
          yield* server.write(text("b"))
          assert.deepStrictEqual(yield* Fiber.join(reading), text("123"))
          assert.deepStrictEqual(yield* readAtLeast(client, 2), text("ab"))
        })
      )
    }
  })

  it("what arrives while held things are being released stays behind them", () => {
    simulate(
      {},
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { client, server } = yield* connect()
        yield* network.hold(client)
        for (let n = 0; n < 50; n++) yield* client.write(Uint8Array.of(n))
        yield* network.quiet
        // In one step: it is under way already when the release begins, and would arrive first.
        yield* Effect.sync(() => client.writeUnsafe(Uint8Array.of(50)))
        yield* network.release(client)
        for (let n = 51; n < 60; n++) {
          yield* client.write(Uint8Array.of(n))
          yield* Effect.yieldNow
        }
        assert.deepStrictEqual(
          yield* readAtLeast(server, 60),
          Uint8Array.from({ length: 60 }, (_, n) => n)
        )
      })
    )
  })

  it("a dial can be held, and held again while it is released", () => {
    simulate(
      {},
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const listener = yield* listen()
        yield* network.when({ event: "dialling", end: "c1" }, ({ event }) =>
          event === "dialling" ? network.hold("c1") : undefined
        )
        const dialling = yield* Effect.forkScoped(dial(listener), { startImmediately: true })
        yield* network.quiet
        assert.isUndefined(dialling.pollUnsafe())
        assert.strictEqual(listener.pendingUnsafe(), 0)
        yield* network.release("c1")
        yield* network.hold("c1")
        yield* network.quiet
        assert.isUndefined(dialling.pollUnsafe())
        yield* network.release("c1")
        yield* Fiber.join(dialling)
        yield* listener.accept
      })
    )
  })

  it("the answer to a dial can be held: the accepting side has the connection, the dialling one has not", () => {
    simulate(
      { link: { latency: 5 } },
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const listener = yield* listen()
        const dialling = yield* Effect.forkScoped(dial(listener), { startImmediately: true })
        yield* Effect.sleep(7)
        yield* network.hold("c1")
        yield* Effect.sleep(100)
        assert.isUndefined(dialling.pollUnsafe())
        assert.strictEqual(listener.pendingUnsafe(), 1)
        yield* network.release("c1")
        yield* Fiber.join(dialling)
        const refused = yield* Effect.forkScoped(codeOf(dial(listener)), { startImmediately: true })
        yield* network.cut("c2", "reset")
        yield* network.hold("c2")
        yield* Effect.sleep(100)
        assert.isUndefined(refused.pollUnsafe(), "nor does a reset come through")
        yield* network.release("c2")
        assert.strictEqual(yield* Fiber.join(refused), "ECONNREFUSED")
      })
    )
  })

  it("RST is held like everything else, and the end that has sent it is gone", () => {
    simulate(
      {},
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { client, server } = yield* connect()
        const reading = yield* Effect.forkScoped(readToError(server), { startImmediately: true })
        yield* network.hold(server)
        yield* client.write(text("before"))
        yield* client.abort
        assert.strictEqual(yield* client.closed, "reset-sent")
        yield* network.quiet
        assert.isUndefined(reading.pollUnsafe())
        assert.isTrue(yield* network.release("c1"), "the other end is still open")
        const { bytes, error } = yield* Fiber.join(reading)
        assert.deepStrictEqual([bytes, error.code], [text("before"), "ECONNRESET"])
      })
    )
  })

  it("what nobody has dialled or nobody has open any more cannot be held", () => {
    simulate(
      {},
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { client, server } = yield* connect()
        assert.isFalse(yield* network.hold("c2"))
        yield* client.abort
        yield* readToError(server)
        assert.isFalse(yield* network.hold("s1"))
        assert.isFalse(yield* network.release("c1"))
        assert.isFalse(yield* network.cut("c1", "reset"))
      })
    )
  })
})
