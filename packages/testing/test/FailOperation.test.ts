/**
 * Which operation fails: the n-th of all, or of some.
 */
import { assert, describe, it } from "@effect/vitest"
import { connect, pattern, readAll, text } from "@tidegate/testing/conformance/Script"
import type { NetworkOperation } from "@tidegate/testing/NetworkFaults"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import { resultOf } from "@tidegate/testing/Simulation"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Transport } from "tidegate/Transport"
import { failureOf, outcomeOf, simulate } from "./support/NetworkStage.ts"

const endpoint = { host: "127.0.0.1", port: 7000 }

describe("which one", () => {
  it("is counted from 1, over all that match, from when the fault was set", () => {
    simulate(
      {},
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { client, server } = yield* connect()
        assert.deepStrictEqual(
          (["listen", "dial", "accept", "read", "write", "end", "close"] as const).map(network.operations),
          [1, 1, 1, 0, 0, 0, 0]
        )
        yield* network.failOperation({ nth: 3, code: "EIO" })
        yield* client.write(text("a"))
        yield* server.readable
        yield* client.write(text("b"))
        assert.strictEqual(yield* client.closed, "failed")
        assert.strictEqual(network.operations(), 6)
      })
    )
  })

  it("each fault happens once, and two that meet happen one after the other", () => {
    simulate(
      {},
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { dial, listen } = yield* Transport
        yield* listen(endpoint)
        yield* network.failOperation({ operation: "dial", code: "EMFILE" })
        yield* network.failOperation({ operation: "dial", code: "ENFILE" })
        const results = yield* Effect.forEach([1, 2, 3], () => failureOf(dial(endpoint)))
        assert.deepStrictEqual(results, ["dial EMFILE", "dial ENFILE", "ok"])
      })
    )
  })

  it("B7 has to be a whole number, 1 or more", () => {
    const nth = (value: number) => () =>
      simulate(
        {},
        Effect.flatMap(SimulatedNetwork, (network) => network.failOperation({ nth: value, code: "EIO" }))
      )
    assert.throws(nth(0), "nth: got 0, expected a whole number, 1 or more")
    assert.throws(nth(1.5), "nth: got 1.5, expected a whole number, 1 or more")
  })
})

describe("an unprompted read", () => {
  const connected = (act: (network: SimulatedNetwork["Service"]) => Effect.Effect<void>) => () =>
    simulate(
      {},
      Effect.gen(function* () {
        yield* connect()
        yield* act(yield* SimulatedNetwork)
      })
    )

  it("S87 fails although nothing has arrived, once; any other waits for something to read, whoever it is for", () => {
    simulate(
      {},
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { client, server } = yield* connect()
        const reading = yield* Effect.forkScoped(server.readable, { startImmediately: true })
        yield* network.failOperation({ operation: "read", end: server, code: "EIO" })
        yield* network.quiet
        assert.isUndefined(server.closeReason)
        const reads = network.operations("read")
        yield* network.failOperation({ operation: "read", end: "s1", code: "EINTR", unprompted: true })
        yield* network.quiet
        assert.isUndefined(server.closeReason)
        yield* network.failOperation({ operation: "read", end: "s1", code: "ETIMEDOUT", unprompted: true })
        assert.strictEqual(yield* server.closed, "timeout")
        yield* Fiber.join(reading)
        assert.strictEqual(network.operations("read"), reads)
        yield* client.abort
      })
    )
  })

  it("B7 is of one open end, the next one", () => {
    const read = { operation: "read", end: "s1", code: "EIO", unprompted: true } as const
    const alone = 'unprompted: got true, expected false or undefined unless operation is "read" and there is no nth'
    const unopened = "expected the label of an open connection, where unprompted is true"
    assert.throws(
      connected(({ failOperation }) => failOperation({ ...read, operation: "write" })),
      alone
    )
    assert.throws(
      connected(({ failOperation }) => failOperation({ ...read, nth: 1 })),
      alone
    )
    for (const end of ["s2", "s"]) {
      assert.throws(
        connected(({ failOperation }) => failOperation({ ...read, end })),
        `end: got "${end}", ${unopened}`
      )
    }
    assert.throws(
      connected(({ failOperation }) => failOperation({ operation: "read", code: "EIO", unprompted: true })),
      `end: got undefined, ${unopened}`
    )
  })
})

describe("every operation of an exchange", () => {
  const exchange = (nth: number | undefined, code: string) =>
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      if (nth !== undefined) yield* network.failOperation({ nth, code })
      const session = Effect.gen(function* () {
        const { client, listener, server } = yield* connect()
        const serving = yield* Effect.forkScoped(
          Effect.gen(function* () {
            yield* server.write(yield* readAll(server))
            yield* server.end
            yield* server.flush
          }),
          { startImmediately: true }
        )
        yield* client.write(pattern(5000))
        yield* client.end
        const echoed = yield* readAll(client)
        yield* Fiber.join(serving)
        yield* listener.close
        return echoed.length
      })
      const echoed = yield* Effect.scoped(session).pipe(
        Effect.timeoutOrElse({ duration: 10_000, orElse: () => Effect.succeed("nothing came") }),
        Effect.catch((error) => Effect.succeed(`${error.operation} ${error.code}`))
      )
      yield* network.quiet
      assert.deepStrictEqual([network.connectionCount().open, network.listenerCount().open], [0, 0])
      return { echoed, operations: network.operations() }
    })

  const link = { latency: [0, 5], readBytes: 2000 } as const

  it("fails once: nothing hangs but what waits for a FIN that was not sent, and nothing is left open", () => {
    const whole = simulate({ link }, exchange(undefined, ""))
    assert.strictEqual(whole.echoed, 5000)
    const seen = new Set<unknown>()
    for (let nth = 1; nth <= whole.operations; nth++) {
      for (const code of ["EIO", "EPIPE", "EMFILE", "EAGAIN"]) {
        const outcome = outcomeOf({ link }, exchange(nth, code))
        const { echoed } = resultOf(outcome)
        seen.add(echoed)
        const failed = outcome.trace.entries.flatMap(({ event }) =>
          "event" in event && event.event === "operationFailed" ? [event.operation] : []
        )
        assert.strictEqual(failed.length, 1, `operation ${nth}`)
        const harmless: ReadonlyArray<NetworkOperation> = [
          "close",
          ...(code === "EAGAIN" ? (["read", "write"] as const) : [])
        ]
        const [operation] = failed
        if (operation !== undefined && harmless.includes(operation)) assert.strictEqual(echoed, 5000)
        else if (operation !== "end") assert.notStrictEqual(echoed, "nothing came", `${operation} ${code}`)
      }
    }
    assert.include([...seen], "nothing came")
    for (const operation of ["listen", "dial", "accept", "read", "write"]) {
      assert.isTrue(
        [...seen].some((echoed) => String(echoed).startsWith(operation)),
        operation
      )
    }
  })
})
