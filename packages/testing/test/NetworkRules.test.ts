import { assert, describe, it } from "@effect/vitest"
import { CurrentRun } from "@tidegate/testing/CurrentRun"
import { connect, dial, listen, readAtLeast, readToError, text } from "@tidegate/testing/conformance/Script"
import { FiberCensus } from "@tidegate/testing/FiberCensus"
import type { NetworkEvent } from "@tidegate/testing/NetworkEvent"
import type { NetworkOptions } from "@tidegate/testing/NetworkOptions"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import { resultOf, run } from "@tidegate/testing/Simulation"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Transport } from "tidegate/Transport"
import { isOfEnd } from "../src/internal/network/Matching.ts"

type Program<A> = Effect.Effect<A, unknown, SimulatedNetwork | Transport | Scope.Scope>

const simulate = <A>(program: Program<A>, options: NetworkOptions = {}): A =>
  resultOf(run(Effect.provide(program, SimulatedNetwork.layer(options)), { maxSteps: 100_000 }))

describe("rules", () => {
  it("act in a turn of their own, never inside the step of the event", () => {
    const order: Array<string> = []
    simulate(
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        yield* network.when({ event: "listening" }, () => void order.push("action"))
        yield* Effect.andThen(
          listen(),
          Effect.sync(() => order.push("listening"))
        )
        yield* network.quiet
      })
    )
    assert.deepStrictEqual(order, ["listening", "action"])
  })

  it("refuse what is no end: it would match nothing, and nobody would hear of it", () => {
    const allowed = "expected c or s, for all, or with the number of a dial"
    for (const end of ["x1", "C1", "c0", "s-1", "c01", "client", ""]) {
      const when = Effect.flatMap(SimulatedNetwork, (network) => network.when({ end }, () => {}))
      assert.throws(() => simulate(when), `end: got ${JSON.stringify(end)}, ${allowed}`)
      const read = { operation: "read", end, code: "EIO" } as const
      const fail = Effect.flatMap(SimulatedNetwork, (network) => network.failOperation(read))
      assert.throws(() => simulate(fail), `end: got ${JSON.stringify(end)}, ${allowed}`)
    }
    const listening = { operation: "listen", end: "127.0.0.1:7", code: "EACCES" } as const
    simulate(Effect.flatMap(SimulatedNetwork, (network) => network.failOperation(listening)))
  })

  it("and faults refuse codes that are no errno names, and say where", () => {
    const endpoint = { host: "127.0.0.1", port: 7 }
    const allowed = "an errno name such as ECONNRESET"
    const refuses = (issue: string, act: (network: SimulatedNetwork["Service"]) => Effect.Effect<unknown, unknown>) =>
      assert.throws(() => simulate(Effect.flatMap(SimulatedNetwork, act)), issue)
    refuses(`fault: got "silence", expected "silent", "self" or ${allowed}`, ({ scriptDials }) =>
      scriptDials(endpoint, "silence")
    )
    refuses(`codes[1]: got "emfile", expected ${allowed}`, ({ scriptAccepts }) => scriptAccepts(["EMFILE", "emfile"]))
    refuses(`code: got "", expected ${allowed}`, ({ failOperation }) => failOperation({ code: "" }))
    const connected = Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { client } = yield* connect()
      yield* network.failOperation({ operation: "read", end: client, code: "reset", unprompted: true })
    })
    assert.throws(() => simulate(connected), `code: got "reset", expected ${allowed}`)
    const bound = Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { address } = yield* listen()
      yield* network.failListener(address, "lost")
    })
    assert.throws(() => simulate(bound), `code: got "lost", expected ${allowed}`)
  })

  it("are for events of a name, of an end, and for the n-th of them, from when they were set", () => {
    const seen: Array<string> = []
    const note = (rule: string) => (event: NetworkEvent) =>
      void seen.push(`${rule}: ${event.event} ${"end" in event ? event.end : ""}`)
    simulate(
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const listener = yield* listen()
        yield* network.when({ event: "connected" }, note("each"))
        yield* network.when({ event: "connected", nth: 2 }, note("second"))
        yield* network.when({ event: "accepted", end: "s3" }, note("s3"))
        yield* network.when({ end: "c", nth: 5 }, note("fifth of a client"))
        yield* network.when({ nth: 1 }, note("first of all"))
        for (let n = 0; n < 3; n++) {
          yield* dial(listener)
          yield* network.quiet
        }
      })
    )
    assert.deepStrictEqual(seen, [
      "first of all: dialling c1",
      "each: connected c1",
      "each: connected c2",
      "second: connected c2",
      "fifth of a client: dialling c3",
      "each: connected c3",
      "s3: accepted s3"
    ])
  })

  it("can cut what the event was about, with an effect", () => {
    simulate(
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        yield* network.when({ event: "read", end: "s", nth: 2 }, (event) =>
          "end" in event ? network.cut(event.end, "reset") : undefined
        )
        const { client, server } = yield* connect()
        for (const word of ["one", "two"]) {
          yield* client.write(text(word))
          yield* readAtLeast(server, 3)
        }
        assert.strictEqual((yield* readToError(client)).error.code, "ECONNRESET")
        assert.strictEqual((yield* readToError(server)).error.code, "ECONNRESET")
      })
    )
  })

  it("I-S3 run effects outside the census, and end them with the network", () => {
    const ends: Array<string> = []
    const census = simulate(
      Effect.gen(function* () {
        const { fibers } = yield* CurrentRun
        yield* Effect.scoped(
          Effect.gen(function* () {
            const network = yield* SimulatedNetwork.make()
            const alive = fibers.alive
            yield* network.when({ event: "listening" }, () =>
              Effect.onInterrupt(Effect.never, () => Effect.sync(() => ends.push("interrupted")))
            )
            yield* network.transport.listen({ host: "127.0.0.1", port: 1 })
            yield* network.quiet
            assert.strictEqual(fibers.alive, alive)
            assert.deepStrictEqual(ends, [])
          })
        )
        return fibers
      })
    )
    assert.instanceOf(census, FiberCensus)
    assert.deepStrictEqual(ends, ["interrupted"])
  })

  it("that fail end the network with their error", () => {
    const mistake = new Error("an assertion inside a rule")
    for (const action of [() => Effect.die(mistake), () => Effect.andThen(Effect.yieldNow, Effect.die(mistake))]) {
      const error = simulate(
        Effect.gen(function* () {
          const network = yield* SimulatedNetwork
          yield* network.when({ event: "connected" }, action)
          const { server } = yield* connect()
          return yield* Effect.flip(server.read)
        })
      )
      assert.deepStrictEqual("code" in error ? [error.code, error.cause] : [], ["ENETDOWN", mistake])
    }
    const thrown = simulate(
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        yield* network.when({ event: "accepted" }, () => {
          throw mistake
        })
        const { server } = yield* connect()
        return yield* Effect.flip(server.read)
      })
    )
    assert.deepStrictEqual("code" in thrown ? [thrown.code, thrown.cause] : [], ["ENETDOWN", mistake])
  })

  it("that are interrupted, or succeed, end nothing", () => {
    simulate(
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        yield* network.when({ event: "connected" }, () => Effect.interrupt)
        yield* network.when({ event: "connected" }, () => Effect.yieldNow)
        const { client, server } = yield* connect()
        yield* network.quiet
        yield* client.write(text("x"))
        assert.deepStrictEqual(yield* readAtLeast(server, 1), text("x"))
      })
    )
  })

  it("B7 a place that is none is named", () => {
    assert.throws(
      () => simulate(Effect.flatMap(SimulatedNetwork, (network) => network.when({ nth: 0 }, () => {}))),
      "nth: got 0, expected a whole number, 1 or more"
    )
  })
})

describe("labels", () => {
  it("mean one end, or with their letter alone all on that side", () => {
    const asked = (end: string) => ["c1", "c12", "s1", "cache.internal:80"].filter((label) => isOfEnd(end, label))
    assert.deepStrictEqual(asked("c1"), ["c1"])
    assert.deepStrictEqual(asked("c"), ["c1", "c12"])
    assert.deepStrictEqual(asked("s"), ["s1"])
    assert.deepStrictEqual(asked("cache.internal:80"), ["cache.internal:80"])
    assert.deepStrictEqual(asked(""), [])
  })
})

describe("events", () => {
  it("of dials tell where they come from, if that was chosen", () => {
    const dials: Array<NetworkEvent> = []
    const onEvent = (event: NetworkEvent) => event.event === "dialling" && dials.push(event)
    const program = Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      for (const { dial } of [network.transport, network.from("other")]) {
        yield* Effect.ignore(dial({ host: "127.0.0.1", port: 7 }))
      }
    })
    simulate(program, { hosts: { other: "10.0.0.2" }, onEvent })
    assert.deepStrictEqual(dials, [
      { event: "dialling", end: "c1", to: "127.0.0.1:7" },
      { event: "dialling", end: "c2", to: "127.0.0.1:7", from: "other" }
    ])
  })

  it("go to the current run and to onEvent, the same and in the same order", () => {
    const seen: Array<NetworkEvent> = []
    const program = Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { client } = yield* connect()
      yield* network.hold(client)
      yield* network.release(client)
      yield* network.cut(client, "silent")
    })
    const outcome = run(Effect.provide(program, SimulatedNetwork.layer({ onEvent: (event) => seen.push(event) })))
    resultOf(outcome)
    assert.deepStrictEqual(
      outcome.trace.entries.map(({ event }) => event),
      seen
    )
    assert.deepStrictEqual(seen.map(({ event }) => event).slice(0, 7), [
      "listening",
      "dialling",
      "connected",
      "accepted",
      "held",
      "released",
      "cut"
    ])
  })
})
