/**
 * What lies between two ends, for all connections, for one, and from now on.
 */
import { assert, describe, it } from "@effect/vitest"
import { connect, dial, pattern, readAtLeast, text } from "@tidegate/testing/conformance/Script"
import type { LinkOptions } from "@tidegate/testing/LinkOptions"
import type { NetworkOptions } from "@tidegate/testing/NetworkOptions"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { InvalidOptions } from "tidegate/Errors"
import { now, simulate } from "./support/NetworkStage.ts"

describe("links", () => {
  it("linkOf is asked for each dial, and replaces keys of the common link", () => {
    const asked: Array<unknown> = []
    const options: NetworkOptions = {
      link: { latency: 10, readBytes: 3 },
      linkOf: (dial) => {
        asked.push(dial)
        return dial.number === 2 ? { latency: 1 } : undefined
      }
    }
    simulate(
      options,
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const listener = yield* network.transport.listen({ host: "127.0.0.1", port: 80 })
        yield* dial(listener)
        assert.strictEqual(yield* now, 20)
        const second = yield* network.from("10.0.0.9").dial({ host: "localhost", port: 80 })
        assert.strictEqual(yield* now, 22)
        yield* second.write(pattern(9))
        yield* listener.accept
        const server = yield* listener.accept
        yield* server.readable
        yield* network.quiet
        assert.strictEqual(server.takeUnsafe()?.length, 3, "what it does not give stays as it is")
      })
    )
    assert.deepStrictEqual(asked, [
      { number: 1, from: "127.0.0.1", to: "127.0.0.1:80" },
      { number: 2, from: "10.0.0.9", to: "localhost:80" }
    ])
  })

  it("a link that is changed is changed for what is sent from then on, and the order stays", () => {
    simulate(
      { link: { latency: 50 } },
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { client, server } = yield* connect()
        const from = yield* now
        yield* client.write(text("slow "))
        assert.isTrue(yield* network.link(server, { latency: 0 }))
        yield* client.write(text("fast"))
        yield* server.write(text("back"))
        yield* readAtLeast(client, 4)
        assert.strictEqual(yield* now, from)
        assert.deepStrictEqual(yield* readAtLeast(server, 9), text("slow fast"))
        assert.strictEqual(yield* now, from + 50)
        assert.isTrue(yield* network.link("c1", { latency: 3 }))
        yield* client.write(text("x"))
        yield* readAtLeast(server, 1)
        assert.strictEqual(yield* now, from + 53)
      })
    )
  })

  it("what is sent over a faster link in the millisecond in which the slower one delivers stays behind it", () => {
    simulate(
      { link: { latency: 10 } },
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { client, server } = yield* connect()
        // Timers of one time go in the order in which they were set: this one is before the network's.
        const later = yield* Effect.forkScoped(
          Effect.andThen(
            Effect.sleep(10),
            Effect.andThen(network.link(client, { latency: 0 }), client.write(text("second")))
          ),
          { startImmediately: true }
        )
        yield* client.write(text("first "))
        yield* Fiber.join(later)
        assert.isFalse(server.isReadableUnsafe())
        assert.deepStrictEqual(yield* readAtLeast(server, 12), text("first second"))
      })
    )
  })

  it("larger buffers have room at once", () => {
    simulate(
      { link: { receiveBufferBytes: 5, sendBufferBytes: 5 } },
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { client, server } = yield* connect()
        yield* client.write(pattern(100))
        yield* network.quiet
        assert.strictEqual(client.queuedUnsafe(), 90)
        yield* network.link(client, { receiveBufferBytes: 40, sendBufferBytes: 20 })
        yield* network.quiet
        assert.strictEqual(client.queuedUnsafe(), 40)
        assert.deepStrictEqual(yield* readAtLeast(server, 100), pattern(100))
      })
    )
  })

  it("random segments and reads cut everywhere, and nothing is lost", () => {
    const reads = new Set<number>()
    simulate(
      { link: { segmentBytes: [1, 7], readBytes: [1, 5] } },
      Effect.gen(function* () {
        const { client, server } = yield* connect()
        yield* client.write(pattern(2000))
        yield* client.end
        yield* server.readable
        yield* Effect.flatMap(SimulatedNetwork, (network) => network.quiet)
        const received: Array<number> = []
        for (let chunk = server.takeUnsafe(); chunk !== undefined; chunk = server.takeUnsafe()) {
          reads.add(chunk.length)
          received.push(...chunk)
        }
        assert.deepStrictEqual(Uint8Array.from(received), pattern(2000))
      })
    )
    assert.deepStrictEqual([...reads].sort(), [1, 2, 3, 4, 5])
  })

  it("B7 numbers that are not whole, too small or the wrong way round are named", () => {
    const refusals: ReadonlyArray<readonly [LinkOptions, string]> = [
      [{ latency: 0.5 }, "link.latency: got 0.5, expected a whole number of milliseconds, 0 or more"],
      [{ latency: -1 }, "link.latency: got -1, expected a whole number of milliseconds, 0 or more"],
      [{ latency: [5, 2] }, "link.latency[1]: got 2, expected a whole number of milliseconds, 5 or more"],
      [{ latency: [1.5, 2] }, "link.latency[0]: got 1.5, expected a whole number of milliseconds, 0 or more"],
      [{ latency: Number.NaN }, "link.latency: got NaN, expected a whole number of milliseconds, 0 or more"],
      [
        { bytesPerMillisecond: 0 },
        "link.bytesPerMillisecond: got 0, expected a whole number of bytes, 1 or more, or Infinity"
      ],
      [{ segmentBytes: [0, 2] }, "link.segmentBytes[0]: got 0, expected a whole number of bytes, 1 or more"],
      [{ readBytes: 2.5 }, "link.readBytes: got 2.5, expected a whole number of bytes, 1 or more"],
      [{ sendBufferBytes: 0 }, "link.sendBufferBytes: got 0, expected a whole number of bytes, 1 or more"]
    ]
    for (const [link, issue] of refusals) {
      assert.throws(() => simulate({ link }, Effect.void), new InvalidOptions({ issue }).message)
    }
    assert.throws(() => simulate({ seed: 0.1 }, Effect.void), "seed: got 0.1, expected a whole number")
    const late = (use: (network: SimulatedNetwork["Service"]) => Effect.Effect<unknown, unknown, Scope.Scope>) => () =>
      simulate({ linkOf: () => ({ latency: -3 }) }, Effect.flatMap(SimulatedNetwork, use))
    assert.throws(
      late(({ transport }) => transport.dial({ host: "localhost", port: 1 })),
      "linkOf(1).latency: got -3"
    )
    assert.throws(
      late(({ link }) => link("c9", { latency: 0.1 })),
      "latency: got 0.1"
    )
    assert.throws(
      late(({ hold }) => hold("x1")),
      'end: got "x1", expected c or s and the number of a dial'
    )
  })
})
