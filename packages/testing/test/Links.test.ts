/**
 * Time in the network: latency, bandwidth, order, holding and cutting.
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
import type { LinkOptions } from "@tidegate/testing/LinkOptions"
import type { NetworkEvent } from "@tidegate/testing/NetworkEvent"
import type { NetworkOptions } from "@tidegate/testing/NetworkOptions"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import { type Outcome, resultOf, run } from "@tidegate/testing/Simulation"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { InvalidOptions, type TransportError } from "tidegate/Errors"
import { Transport } from "tidegate/Transport"
import { alarmOf } from "../src/internal/network/Alarm.ts"
import * as Deliveries from "../src/internal/network/Deliveries.ts"
import { Network } from "../src/internal/network/Network.ts"

type Program<A> = Effect.Effect<A, unknown, SimulatedNetwork | Transport | Scope.Scope>

const outcomeOf = <A>(options: NetworkOptions, program: Program<A>, seed = 1): Outcome<A, unknown> =>
  run(Effect.provide(program, SimulatedNetwork.layer(options)), { seed })

const simulate = <A>(options: NetworkOptions, program: Program<A>, seed = 1): A =>
  resultOf(outcomeOf(options, program, seed))

const now = Clock.currentTimeMillis

const codeOf = <A, R>(effect: Effect.Effect<A, TransportError, R>): Effect.Effect<string, never, R> =>
  Effect.match(effect, { onFailure: (error) => error.code, onSuccess: () => "ok" })

/** When events of this kind happened at this end. */
const times = (outcome: Outcome<unknown, unknown>, event: NetworkEvent["event"], end: string) =>
  outcome.trace.entries
    .filter((entry) => entry.source === "network" && entry.event.event === event)
    .filter(({ event }) => "end" in event && event.end === end)
    .map(({ at }) => at)

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
})

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
      [{ latency: 0.5 }, "link.latency is 0.5, allowed is a whole number of milliseconds, 0 or more"],
      [{ latency: -1 }, "link.latency is -1, allowed is a whole number of milliseconds, 0 or more"],
      [{ latency: [5, 2] }, "link.latency[1] is 2, allowed is a whole number of milliseconds, 5 or more"],
      [{ latency: [1.5, 2] }, "link.latency[0] is 1.5, allowed is a whole number of milliseconds, 0 or more"],
      [{ latency: Number.NaN }, "link.latency is NaN, allowed is a whole number of milliseconds, 0 or more"],
      [{ bytesPerMillisecond: 0 }, "link.bytesPerMillisecond is 0, allowed is a whole number of bytes, 1 or more"],
      [{ segmentBytes: [0, 2] }, "link.segmentBytes[0] is 0, allowed is a whole number of bytes, 1 or more"],
      [{ readBytes: 2.5 }, "link.readBytes is 2.5, allowed is a whole number of bytes, 1 or more"],
      [{ sendBufferBytes: 0 }, "link.sendBufferBytes is 0, allowed is a whole number of bytes, 1 or more"]
    ]
    for (const [link, issue] of refusals) {
      assert.throws(() => simulate({ link }, Effect.void), new InvalidOptions({ issue }).message)
    }
    assert.throws(() => simulate({ seed: 0.1 }, Effect.void), "seed is 0.1, allowed is a whole number")
    const late = (use: (network: SimulatedNetwork["Service"]) => Effect.Effect<unknown, unknown, Scope.Scope>) => () =>
      simulate({ linkOf: () => ({ latency: -3 }) }, Effect.flatMap(SimulatedNetwork, use))
    assert.throws(
      late(({ transport }) => transport.dial({ host: "localhost", port: 1 })),
      "linkOf(1).latency is -3"
    )
    assert.throws(
      late(({ link }) => link("c9", { latency: 0.1 })),
      "latency is 0.1"
    )
    assert.throws(
      late(({ hold }) => hold("x1")),
      'label is "x1", allowed is c or s and the number of a dial'
    )
  })
})

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

describe("clocks", () => {
  const link = { latency: 10 }

  it("quiet waits for what is delayed", () => {
    simulate(
      { link },
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { client } = yield* connect()
        yield* client.write(text("x"))
        const from = yield* now
        yield* network.quiet
        assert.strictEqual(yield* now, from + 10)
      })
    )
  })

  it("quiet waits for what is sent while it looks", () => {
    let late = 0
    for (let turns = 0; turns < 6; turns++) {
      simulate(
        { link },
        Effect.gen(function* () {
          const network = yield* SimulatedNetwork
          const { client } = yield* connect()
          const from = yield* now
          const quiet = yield* Effect.forkScoped(Effect.andThen(network.quiet, now), { startImmediately: true })
          for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow
          if (quiet.pollUnsafe() !== undefined) return
          late++
          yield* client.write(text("x"))
          assert.strictEqual(yield* Fiber.join(quiet), from + 10, `${turns} turns`)
        })
      )
    }
    assert.isAbove(late, 2)
  })

  it.effect("TestClock moves the network, and nothing arrives before its time", () =>
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const connecting = yield* Effect.forkChild(connect())
      yield* TestClock.adjust(19)
      assert.isUndefined(connecting.pollUnsafe())
      yield* TestClock.adjust(1)
      const { client, server } = yield* Fiber.join(connecting)
      yield* client.write(text("x"))
      const quiet = yield* Effect.forkChild(network.quiet)
      yield* TestClock.adjust("9500 micros")
      assert.isUndefined(quiet.pollUnsafe())
      yield* TestClock.adjust("500 micros")
      assert.isDefined(quiet.pollUnsafe())
      assert.deepStrictEqual(yield* readAtLeast(server, 1), text("x"))
    }).pipe(Effect.scoped, Effect.provide(SimulatedNetwork.layer({ link })))
  )

  it.effect("a clock between two milliseconds does not wake the network early, late or for ever", () =>
    Effect.gen(function* () {
      for (let micros = 1; micros < 1000; micros += 31) {
        yield* Effect.gen(function* () {
          yield* TestClock.adjust(`${micros} micros`)
          const connecting = yield* Effect.forkChild(connect())
          yield* TestClock.adjust("18 millis")
          assert.isUndefined(connecting.pollUnsafe(), `${micros} µs`)
          yield* TestClock.adjust("2 millis")
          assert.isDefined(connecting.pollUnsafe(), `${micros} µs`)
        }).pipe(Effect.scoped, Effect.provide(SimulatedNetwork.layer({ link })))
      }
    })
  )

  it.live("the live clock too", () =>
    Effect.gen(function* () {
      const from = yield* now
      const { client, server } = yield* connect()
      yield* client.write(text("x"))
      assert.deepStrictEqual(yield* readAtLeast(server, 1), text("x"))
      assert.isAtLeast((yield* now) - from, 6)
    }).pipe(Effect.scoped, Effect.provide(SimulatedNetwork.layer({ link: { latency: 2 } })))
  )

  const lastSetting = Effect.gen(function* () {
    const woken: Array<string> = []
    const alarm = alarmOf(yield* Effect.context<never>())
    const at = alarm.now()
    alarm.set(at + 5, () => woken.push("taken back by the next"))
    alarm.set(at + 9, () => woken.push("last"))
    yield* Effect.sleep(20)
    alarm.set(alarm.now() + 5, () => woken.push("taken back"))
    alarm.clear()
    alarm.clear()
    alarm.set(alarm.now(), () => alarm.set(alarm.now() + 5, () => woken.push("set by the other")))
    alarm.clear()
    yield* Effect.sleep(20)
    return woken
  })

  it("an alarm wakes for its last setting only", () => {
    assert.deepStrictEqual(resultOf(run(lastSetting)), ["last"])
  })

  it.effect("an alarm wakes for its last setting only, under TestClock", () =>
    Effect.gen(function* () {
      const woken = yield* Effect.forkChild(lastSetting)
      for (let turned = 0; turned < 50; turned++) yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* Fiber.join(woken), ["last"])
    })
  )

  it("I-S3 the end of the network leaves no sleeper and no fiber, in the census or outside", () => {
    const outcome = outcomeOf(
      { link: { latency: 1_000_000 } },
      Effect.gen(function* () {
        const listener = yield* listen()
        yield* Effect.forkScoped(dial(listener), { startImmediately: true })
        yield* Effect.yieldNow
      })
    )
    resultOf(outcome)
    assert.deepStrictEqual([outcome.ending, outcome.milliseconds, outcome.fibers.alive], ["done", 0, 0])
  })

  it.effect("I-S3 one sleeper at a time, for the earliest delivery, and none after the end", () =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      let asleep = 0
      let most = 0
      const watched: Clock.Clock = {
        ...clock,
        sleep: (duration) =>
          Effect.suspend(() => {
            most = Math.max(most, ++asleep)
            return Effect.ensuring(
              clock.sleep(duration),
              Effect.sync(() => asleep--)
            )
          })
      }
      yield* Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const pairs = [yield* connect(), yield* connect(), yield* connect(), yield* connect()]
        for (const [at, latency] of [50, 30, 40, 10].entries()) {
          yield* network.link(`c${at + 1}`, { latency })
          yield* pairs[at]?.client.write(text("x")) ?? Effect.void
        }
        assert.strictEqual(asleep, 1)
        yield* TestClock.adjust(39)
        for (const [at, arrived] of [false, true, false, true].entries()) {
          const waiting = yield* Effect.forkChild(pairs[at]?.server.readable ?? Effect.void)
          yield* TestClock.adjust(0)
          assert.strictEqual(waiting.pollUnsafe() !== undefined, arrived, `c${at + 1}`)
        }
        assert.strictEqual(asleep, 1)
      }).pipe(Effect.scoped, Effect.provide(SimulatedNetwork.layer()), Effect.provideService(Clock.Clock, watched))
      assert.deepStrictEqual([asleep, most], [0, 1])
      yield* Effect.gen(function* () {
        const scope = yield* Scope.make()
        const network = yield* Scope.provide(SimulatedNetwork.make({ link }), scope)
        const connecting = yield* Effect.forkChild(Effect.provideService(connect(), Transport, network.transport))
        yield* TestClock.adjust(20)
        const { client } = yield* Fiber.join(connecting)
        yield* Scope.close(scope, Exit.void)
        assert.strictEqual(yield* client.closed, "failed")
        assert.strictEqual(asleep, 0, "what is reset by the end of the network is not delivered any more")
      }).pipe(Effect.scoped, Effect.provideService(Clock.Clock, watched))
    })
  )
})
