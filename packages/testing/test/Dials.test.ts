/**
 * Dials that choose their address, that have something to do first, and that meet themselves.
 */
import { assert, describe, it } from "@effect/vitest"
import { readAll, text } from "@tidegate/testing/conformance/Script"
import { format as formatEvent } from "@tidegate/testing/NetworkEvent"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import { resultOf } from "@tidegate/testing/Simulation"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { format } from "tidegate/Address"
import { transportError } from "tidegate/Errors"
import { type DialTarget, Transport } from "tidegate/Transport"
import { codeOf, failureOf, now, outcomeOf, simulate } from "./support/NetworkStage.ts"

const endpoint = { host: "127.0.0.1", port: 7000 }

describe("the local address", () => {
  it("is that of the connection, wherever the transport dials from, and in the trace", () => {
    const events: Array<string> = []
    simulate(
      { hosts: { here: "10.0.0.1" }, onEvent: (event) => events.push(formatEvent(event)) },
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { dial, listen } = yield* Transport
        const listener = yield* listen({ host: "0.0.0.0", port: 7000 })
        const seen: Array<string> = []
        for (const localAddress of ["127.0.0.2", "10.0.0.1", "0.0.0.0", undefined]) {
          const client = yield* dial({ ...endpoint, localAddress })
          assert.strictEqual(format((yield* listener.accept).remote), format(client.local))
          seen.push(format(client.local).split(":")[0] ?? "")
        }
        const own = yield* network.from("10.9.9.9").dial({ ...endpoint, localAddress: "10.9.9.9" })
        seen.push(format(own.local).split(":")[0] ?? "")
        assert.deepStrictEqual(seen, ["127.0.0.2", "10.0.0.1", "127.0.0.1", "127.0.0.1", "10.9.9.9"])
        assert.strictEqual(yield* codeOf(dial({ ...endpoint, localAddress: "10.9.9.9" })), "EADDRNOTAVAIL")
        assert.strictEqual(yield* codeOf(dial({ host: "::1", port: 1, localAddress: "::1%lo" })), "ECONNREFUSED")
      })
    )
    assert.include(events, "c1 dialling 127.0.0.1:7000 from 127.0.0.2")
    assert.include(events, "c4 dialling 127.0.0.1:7000")
  })
})

describe("what comes before the connecting", () => {
  it("S95 runs when the socket exists, and its time is that of the dial", () => {
    simulate(
      { link: { latency: 5 } },
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { dial, listen } = yield* Transport
        const listener = yield* listen(endpoint)
        const told: Array<DialTarget> = []
        yield* dial({
          host: "localhost",
          port: 7000,
          beforeConnect: (about) =>
            Effect.gen(function* () {
              told.push(about)
              assert.deepStrictEqual(network.connectionCount(), { opened: 1, closed: 0, open: 1 })
              yield* Effect.sleep(100)
              assert.strictEqual(listener.pendingUnsafe(), 0)
            })
        })
        assert.strictEqual(yield* now, 110)
        assert.deepStrictEqual(
          told.map(({ address, network }) => [network, format(address)]),
          [["tcp4", "127.0.0.1:7000"]]
        )
      })
    )
  })

  it("S92 I-S20 whatever ends it closes the socket, and it is in the trace", () => {
    const events: Array<string> = []
    simulate(
      { onEvent: (event) => events.push(formatEvent(event)) },
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { dial, listen } = yield* Transport
        const listener = yield* listen(endpoint)
        const before = (hook: Effect.Effect<void, ReturnType<typeof transportError>>) =>
          dial({ ...endpoint, beforeConnect: () => hook })
        assert.strictEqual(yield* failureOf(before(Effect.fail(transportError("dial", "EPERM")))), "dial EPERM")
        assert.isTrue(Exit.hasDies(yield* Effect.exit(before(Effect.die("a bug")))))
        const waiting = yield* Effect.forkScoped(before(Effect.never), { startImmediately: true })
        assert.strictEqual(network.connectionCount().open, 1)
        yield* Fiber.interrupt(waiting)
        yield* network.quiet
        assert.deepStrictEqual(network.connectionCount(), { opened: 3, closed: 3, open: 0 })
        assert.strictEqual(listener.pendingUnsafe(), 0)
      })
    )
    assert.include(events, "c1 dialFailed EPERM")
    assert.isEmpty(events.filter((event) => event.includes("connected")))
  })

  it("runs before a dial that fails, but not before one whose target is not known", () => {
    simulate(
      {},
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { dial } = yield* Transport
        let runs = 0
        const beforeConnect = () => Effect.sync(() => void runs++)
        assert.strictEqual(yield* codeOf(dial({ host: "nowhere", port: 1, beforeConnect })), "ENOTFOUND")
        assert.strictEqual(yield* codeOf(dial({ ...endpoint, localAddress: "::1", beforeConnect })), invalidFamily)
        assert.strictEqual(runs, 0)
        yield* network.failOperation({ operation: "dial", code: "EMFILE" })
        assert.strictEqual(yield* codeOf(dial({ ...endpoint, beforeConnect })), "EMFILE")
        assert.strictEqual(yield* codeOf(dial({ ...endpoint, beforeConnect })), "ECONNREFUSED")
        assert.strictEqual(runs, 2)
        assert.strictEqual(network.connectionCount().open, 0)
      })
    )
  })

  it("a network that is lost, or a wire that is cut, meanwhile fails the dial and leaves nothing", () => {
    simulate(
      {},
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { dial, listen } = yield* Transport
        yield* listen(endpoint)
        const beforeConnect = () => Effect.andThen(network.cut("c1", "reset"), network.quiet)
        assert.strictEqual(yield* codeOf(dial({ ...endpoint, beforeConnect })), "ECONNREFUSED")
        yield* network.quiet
        assert.strictEqual(network.connectionCount().open, 0)
      })
    )
    const lost = outcomeOf(
      {},
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const network = yield* Scope.provide(SimulatedNetwork.make(), scope)
        const { dial, listen } = network.transport
        yield* listen(endpoint)
        const beforeConnect = () => Scope.close(scope, Exit.void)
        assert.strictEqual(yield* codeOf(dial({ ...endpoint, beforeConnect })), "ENETDOWN")
        assert.strictEqual(network.connectionCount().open, 0)
      })
    )
    resultOf(lost)
  })

  it("I-S22 how long it takes changes nothing of what is drawn for others", () => {
    const latencies = (first: number): ReadonlyArray<number> =>
      simulate(
        { link: { latency: [1, 1000] } },
        Effect.gen(function* () {
          const { dial, listen } = yield* Transport
          yield* listen(endpoint)
          const dials = [first, 0, 0].map((delay) =>
            Effect.gen(function* () {
              yield* dial({ ...endpoint, beforeConnect: () => Effect.sleep(delay) })
              return (yield* now) - delay
            })
          )
          return yield* Effect.all(dials, { concurrency: "unbounded" })
        })
      )
    assert.strictEqual(new Set(latencies(0)).size, 3)
    assert.deepStrictEqual(latencies(5000), latencies(0))
  })
})

const invalidFamily = "ERR_INVALID_ADDRESS_FAMILY"

describe("a dial that connects to itself", () => {
  it("FF-84 has one address at both ends, reads what it writes, and is one descriptor", () => {
    simulate(
      { link: { latency: 5 } },
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { dial } = yield* Transport
        yield* network.scriptDials(endpoint, "self")
        const client = yield* dial(endpoint)
        assert.strictEqual(yield* now, 10)
        assert.deepStrictEqual([format(client.local), format(client.remote)], ["127.0.0.1:7000", "127.0.0.1:7000"])
        assert.deepStrictEqual(network.connectionCount(), { opened: 1, closed: 0, open: 1 })
        yield* client.write(text("hello"))
        yield* client.end
        assert.deepStrictEqual(yield* readAll(client), text("hello"))
        assert.strictEqual(yield* client.closed, "both-ended")
        assert.strictEqual(network.connectionCount().open, 0)
      })
    )
  })

  it("FF-84 FF-52 keeps its port taken, for listeners and for other dials, until it is closed", () => {
    simulate(
      {},
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { dial, listen } = yield* Transport
        yield* network.scriptDials(endpoint, "self")
        const scope = yield* Scope.make()
        yield* Scope.provide(dial(endpoint), scope)
        yield* network.scriptDials(endpoint, undefined)
        assert.strictEqual(yield* codeOf(listen(endpoint)), "EADDRINUSE")
        assert.strictEqual(yield* codeOf(listen({ host: "0.0.0.0", port: 7000 })), "EADDRINUSE")
        assert.strictEqual(yield* codeOf(listen({ host: "127.0.0.2", port: 7000 })), "ok")
        assert.strictEqual(yield* codeOf(dial(endpoint)), "ECONNREFUSED")
        yield* network.scriptDials(endpoint, "self")
        assert.strictEqual(yield* codeOf(dial(endpoint)), "ECONNREFUSED")
        yield* network.scriptDials(endpoint, undefined)
        yield* Scope.close(scope, Exit.void)
        yield* network.quiet
        assert.strictEqual(yield* codeOf(listen(endpoint)), "ok")
        assert.strictEqual(yield* codeOf(dial(endpoint)), "ok")
      })
    )
  })

  it("FF-84 I-S20 abandoned on its way, or cut, it leaves nothing", () => {
    simulate(
      { link: { latency: 5 } },
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { dial, listen } = yield* Transport
        yield* network.scriptDials(endpoint, "self")
        for (const milliseconds of [1, 7]) {
          assert.isDefined(yield* Effect.exit(Effect.timeout(dial(endpoint), milliseconds)))
          yield* network.quiet
          assert.strictEqual(network.connectionCount().open, 0)
        }
        const client = yield* dial(endpoint)
        assert.isTrue(yield* network.cut("c3", "reset"))
        assert.isTrue(Exit.isFailure(yield* Effect.exit(client.read)))
        yield* network.quiet
        assert.strictEqual(network.connectionCount().open, 0)
        assert.strictEqual(yield* codeOf(listen(endpoint)), "ok")
      })
    )
  })
})
