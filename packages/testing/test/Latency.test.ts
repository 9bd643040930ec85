/**
 * Time in the network: latency and bandwidth.
 */
import { assert, describe, it } from "@effect/vitest"
import {
  connect,
  dial,
  listen,
  pattern,
  readAll,
  readAtLeast,
  readToError,
  text
} from "@tidegate/testing/conformance/Script"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import { resultOf } from "@tidegate/testing/Simulation"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Transport } from "tidegate/Transport"
import { codeOf, now, outcomeOf, simulate, times } from "./support/NetworkStage.ts"

describe("latency", () => {
  it("a dial takes one latency each way, and the accepting kernel has the connection first", () => {
    const outcome = outcomeOf(
      { link: { latency: 10 } },
      Effect.gen(function* () {
        const listener = yield* listen()
        const accepting = yield* Effect.forkScoped(Effect.andThen(listener.accept, now))
        yield* dial(listener)
        assert.strictEqual(yield* now, 20)
        assert.strictEqual(yield* Fiber.join(accepting), 10)
      })
    )
    resultOf(outcome)
    assert.deepStrictEqual([times(outcome, "accepted", "s1"), times(outcome, "connected", "c1")], [[10], [20]])
  })

  it("bytes, FIN and RST take one latency, an answer two", () => {
    simulate(
      { link: { latency: 7 } },
      Effect.gen(function* () {
        const { client, server } = yield* connect()
        assert.strictEqual(yield* now, 14)
        yield* client.write(text("ping"))
        yield* server.readable
        assert.strictEqual(yield* now, 21)
        yield* server.write(yield* readAtLeast(server, 4))
        yield* readAtLeast(client, 4)
        assert.strictEqual(yield* now, 28)
        yield* client.end
        yield* readAll(server)
        assert.strictEqual(yield* now, 35)
        yield* server.abort
        yield* client.readable
        assert.strictEqual(yield* now, 42)
        assert.strictEqual((yield* readToError(client)).error.code, "ECONNRESET")
      })
    )
  })

  it("S91 a refused dial hears of it one latency each way later", () => {
    simulate(
      { link: { latency: 10 } },
      Effect.gen(function* () {
        const { dial } = yield* Transport
        assert.strictEqual(yield* codeOf(dial({ host: "127.0.0.1", port: 1 })), "ECONNREFUSED")
        assert.strictEqual(yield* now, 20)
        const network = yield* SimulatedNetwork
        yield* network.scriptDials({ host: "127.0.0.1", port: 2 }, "EHOSTUNREACH")
        assert.strictEqual(yield* codeOf(dial({ host: "127.0.0.1", port: 2 })), "EHOSTUNREACH")
        assert.strictEqual(yield* now, 40)
        assert.strictEqual(yield* codeOf(dial({ host: "nowhere.example", port: 2 })), "ENOTFOUND")
        assert.strictEqual(yield* now, 40, "what the dialling host knows by itself takes no time")
      })
    )
  })

  it("I-S1 latencies are drawn for each segment, and none overtakes another", () => {
    const outcome = outcomeOf(
      { link: { latency: [1, 50] } },
      Effect.gen(function* () {
        const { client, server } = yield* connect()
        yield* Effect.sleep(1000 - (yield* now))
        const received = yield* Effect.forkScoped(readAll(server))
        for (const byte of pattern(200)) {
          yield* client.write(Uint8Array.of(byte))
          yield* Effect.sleep(1)
        }
        yield* client.end
        assert.deepStrictEqual(yield* Fiber.join(received), pattern(200))
      })
    )
    resultOf(outcome)
    const arrivals: Array<number> = []
    for (const { at, event } of outcome.trace.entries) {
      if ("event" in event && event.event === "read") for (let n = 0; n < event.bytes; n++) arrivals.push(at)
    }
    const delays = arrivals.map((at, sent) => at - 1000 - sent)
    assert.isAtLeast(Math.min(...delays), 1)
    assert.isAtMost(Math.max(...delays), 50)
    assert.isAbove(new Set(delays).size, 20, delays.join())
  })

  it("connections overtake each other in the same millisecond, streams do not", () => {
    const orders = new Set<string>()
    for (let seed = 0; seed < 30; seed++) {
      const outcome = outcomeOf(
        { link: { latency: 5 } },
        Effect.gen(function* () {
          const pairs = [yield* connect(), yield* connect(), yield* connect()]
          yield* Effect.forEach(pairs, ({ server }) => Effect.forkScoped(readAll(server)))
          for (const { client } of pairs) for (let n = 1; n <= 3; n++) yield* client.write(pattern(n))
          for (const { client } of pairs) yield* client.end
          yield* Effect.flatMap(SimulatedNetwork, (network) => network.quiet)
          for (const { server } of pairs) assert.strictEqual(server.bytesIn, 6)
        }),
        seed
      )
      resultOf(outcome)
      const fins = outcome.trace.entries.map(({ event }) =>
        "event" in event && event.event === "arrived" && event.what === "fin" ? event.end : ""
      )
      orders.add(fins.join(""))
    }
    assert.strictEqual(orders.size, 6, [...orders].join())
  })

  it("who has a shorter way is first, whoever has sent first", () => {
    const seen: Array<string> = []
    simulate(
      { linkOf: ({ number }) => ({ latency: [50, 10, 30][number - 1] }) },
      Effect.gen(function* () {
        const pairs = [yield* connect(), yield* connect(), yield* connect()]
        const from = yield* now
        const readers = yield* Effect.forEach(pairs, ({ client, server }, at) =>
          Effect.gen(function* () {
            yield* client.write(text("x"))
            yield* Effect.forkScoped(
              Effect.andThen(
                readAtLeast(server, 1),
                Effect.map(now, (time) => seen.push(`${at} after ${time - from}`))
              )
            )
          })
        )
        yield* Effect.sleep(100)
        return readers
      })
    )
    assert.deepStrictEqual(seen, ["1 after 10", "2 after 30", "0 after 50"])
  })
})

describe("bandwidth", () => {
  it("a line carries so many bytes a millisecond, one thing after the other", () => {
    simulate(
      { link: { latency: 5, bytesPerMillisecond: 10, segmentBytes: 25 } },
      Effect.gen(function* () {
        const { client, server } = yield* connect()
        const from = yield* now
        yield* client.write(pattern(100))
        yield* readAtLeast(server, 25)
        assert.strictEqual((yield* now) - from, 5 + 3, "25 bytes are on the line in the third millisecond")
        yield* readAtLeast(server, 25)
        assert.strictEqual((yield* now) - from, 5 + 5)
        yield* client.end
        yield* readAll(server)
        assert.strictEqual((yield* now) - from, 5 + 10)
        yield* server.write(pattern(10))
        yield* readAtLeast(client, 10)
        assert.strictEqual((yield* now) - from, 5 + 10 + 5 + 1, "the directions do not share a line")
      })
    )
  })

  it("what a line is not asked to carry is not saved up", () => {
    simulate(
      { link: { bytesPerMillisecond: 10 } },
      Effect.gen(function* () {
        const { client, server } = yield* connect()
        yield* client.write(pattern(5))
        yield* readAtLeast(server, 5)
        yield* Effect.sleep(100)
        const from = yield* now
        yield* client.write(pattern(20))
        yield* readAtLeast(server, 20)
        assert.strictEqual((yield* now) - from, 2)
      })
    )
  })

  it("a limit can be lifted", () => {
    simulate(
      { link: { bytesPerMillisecond: 10 } },
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { client, server } = yield* connect()
        const from = yield* now
        yield* network.link(client, { bytesPerMillisecond: Number.POSITIVE_INFINITY })
        yield* client.write(pattern(1000))
        yield* readAtLeast(server, 1000)
        assert.strictEqual((yield* now) - from, 0)
      })
    )
  })
})
