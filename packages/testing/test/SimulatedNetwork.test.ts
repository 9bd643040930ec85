import { assert, describe, it } from "@effect/vitest"
import {
  connect,
  dial,
  gone,
  listen,
  readAll,
  readAtLeast,
  readToError,
  text
} from "@tidegate/testing/conformance/Script"
import { SimulatedConnection } from "@tidegate/testing/SimulatedConnection"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { MaxOpsBeforeYield } from "effect/Scheduler"
import * as Scope from "effect/Scope"
import { format } from "tidegate/Address"
import { InvalidOptions, type TransportError } from "tidegate/Errors"
import { Transport } from "tidegate/Transport"
import { DialAttempt } from "../src/internal/network/DialAttempt.ts"
import { EphemeralPorts } from "../src/internal/network/Hosts.ts"

const codeOf = <A, R>(effect: Effect.Effect<A, TransportError, R>): Effect.Effect<string, never, R> =>
  Effect.match(effect, { onFailure: (error) => `${error.operation} ${error.code}`, onSuccess: () => "ok" })

describe("addresses", () => {
  it.effect("S82 S83 names, ports and addresses that cannot be used", () =>
    Effect.gen(function* () {
      const { dial, listen } = yield* Transport
      assert.strictEqual(yield* codeOf(listen({ host: "nowhere.example", port: 1 })), "listen ENOTFOUND")
      assert.strictEqual(yield* codeOf(dial({ host: "nowhere.example", port: 1 })), "dial ENOTFOUND")
      for (const port of [-1, 65_536, 1.5, Number.NaN]) {
        assert.strictEqual(yield* codeOf(listen({ host: "127.0.0.1", port })), "listen EINVAL")
        assert.strictEqual(yield* codeOf(dial({ host: "127.0.0.1", port })), "dial EINVAL")
      }
      assert.strictEqual(yield* codeOf(listen({ host: "203.0.113.9", port: 1 })), "listen EADDRNOTAVAIL")
      assert.strictEqual(yield* codeOf(dial({ host: "203.0.113.9", port: 1 })), "dial ECONNREFUSED")
    }).pipe(Effect.scoped, Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("FF-55 FF-54 localhost is 127.0.0.1, `::` takes both families, peers are seen as what they are", () =>
    Effect.gen(function* () {
      const { dial, listen } = yield* Transport
      const listener = yield* listen({ host: "::", port: 80 })
      for (const [host, peer] of [
        ["localhost", "127.0.0.1"],
        ["::1", "[::1]"],
        ["::ffff:127.0.0.1", "127.0.0.1"],
        ["::", "[::1]"]
      ]) {
        const client = yield* dial({ host: host ?? "", port: 80 })
        const server = yield* listener.accept
        assert.strictEqual(format(server.local), `${peer}:80`)
        assert.isTrue(format(server.remote).startsWith(`${peer}:`), format(server.remote))
        assert.strictEqual(format(client.local), format(server.remote))
      }
      const only6 = yield* listen({ host: "::1", port: 81 })
      assert.strictEqual(yield* codeOf(dial({ host: "localhost", port: 81 })), "dial ECONNREFUSED")
      assert.strictEqual(only6.pendingUnsafe(), 0)
    }).pipe(Effect.scoped, Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("S31 FF-52 wildcards overlap, ports and other addresses do not", () =>
    Effect.gen(function* () {
      const { listen } = yield* Transport
      const pairs = [
        ["127.0.0.1", "127.0.0.1", false],
        ["127.0.0.1", "localhost", false],
        ["127.0.0.1", "127.0.0.2", true],
        ["0.0.0.0", "127.0.0.1", false],
        ["127.0.0.1", "0.0.0.0", false],
        ["0.0.0.0", "::1", true],
        ["::", "127.0.0.1", false],
        ["::1", "::", false],
        ["::", "0.0.0.0", false]
      ] as const
      for (const [first, second, fits] of pairs) {
        const result = yield* Effect.scoped(
          Effect.andThen(listen({ host: first, port: 9000 }), codeOf(listen({ host: second, port: 9000 })))
        )
        assert.strictEqual(result, fits ? "ok" : "listen EADDRINUSE", `${first} and ${second}`)
      }
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("S81 port 0 is the next free port, and a port given back is free again", () =>
    Effect.gen(function* () {
      const { listen } = yield* Transport
      const taken = yield* listen({ host: "127.0.0.1", port: 49_153 })
      const first = yield* listen({ host: "127.0.0.1", port: 0 })
      const second = yield* listen({ host: "127.0.0.1", port: 0 })
      assert.deepStrictEqual([format(first.address), format(second.address)], ["127.0.0.1:49152", "127.0.0.1:49154"])
      yield* taken.close
      yield* second.close
      yield* listen({ host: "127.0.0.1", port: 49_154 })
    }).pipe(Effect.scoped, Effect.provide(SimulatedNetwork.layer()))
  )

  it("S81 ephemeral ports go round, and run out", () => {
    const ports = new EphemeralPorts()
    const all = Array.from({ length: 16_384 }, () => ports.take(() => true))
    assert.deepStrictEqual([all[0], all.at(-1), new Set(all).size], [49_152, 65_535, 16_384])
    assert.isUndefined(ports.take(() => true))
    ports.giveBack(50_000)
    assert.isUndefined(ports.take((port) => port !== 50_000))
    assert.strictEqual(
      ports.take(() => true),
      50_000
    )
  })

  it.effect("hosts are names with addresses of their own, and dials can come from them", () =>
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const listener = yield* network.transport.listen({ host: "db.internal", port: 5432 })
      assert.strictEqual(format(listener.address), "10.0.0.5:5432")
      yield* network.from("10.0.0.7").dial({ host: "db.internal", port: 5432 })
      assert.strictEqual(format((yield* listener.accept).remote), "10.0.0.7:49152")
      assert.strictEqual(
        yield* codeOf(network.from("nobody").dial({ host: "db.internal", port: 5432 })),
        "dial ENOTFOUND"
      )
    }).pipe(Effect.scoped, Effect.provide(SimulatedNetwork.layer({ hosts: { "db.internal": "10.0.0.5" } })))
  )
})

describe("descriptors", () => {
  it.effect("FF-47 none are told of unless a test says how many there are", () =>
    Effect.gen(function* () {
      const { descriptors } = yield* Transport
      assert.isUndefined(yield* descriptors)
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("FF-47 both ends of each connection and every listener are open ones, until they are closed", () =>
    Effect.gen(function* () {
      const { descriptors } = yield* Transport
      assert.deepStrictEqual(yield* descriptors, { limit: 10, open: 0 })
      const { client, server } = yield* connect()
      assert.deepStrictEqual(yield* descriptors, { limit: 10, open: 3 })
      client.abortUnsafe()
      server.abortUnsafe()
      yield* Effect.all([client.closed, server.closed])
      assert.deepStrictEqual(yield* descriptors, { limit: 10, open: 1 })
    }).pipe(Effect.scoped, Effect.provide(SimulatedNetwork.layer({ descriptors: 10 })))
  )
})

describe("accepting", () => {
  it.effect("FF-11 a listener closed at once resets who stands in the kernel's queue", () =>
    Effect.gen(function* () {
      const listener = yield* listen()
      const clients: Array<SimulatedConnection> = []
      yield* Effect.forkScoped(
        Effect.gen(function* () {
          const client = yield* dial(listener)
          if (client instanceof SimulatedConnection) clients.push(client)
          // The dial succeeds a turn before the platform accepts.
          listener.stopUnsafe()
        }),
        { startImmediately: true }
      )
      yield* listener.acceptable
      assert.isUndefined(listener.takeUnsafe())
      assert.strictEqual(clients.length, 1)
      for (const client of clients) assert.strictEqual((yield* readToError(client)).error.code, "ECONNRESET")
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("FF-50 dials beyond the backlog wait until there is room; closing refuses them", () =>
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const listener = yield* listen({ backlog: 1 })
      const clients = yield* Effect.forEach([1, 2, 3, 4, 5], () => dial(listener), { concurrency: "unbounded" })
      yield* network.quiet
      assert.strictEqual(listener.pendingUnsafe(), clients.length)
      const closeAfter = Effect.tap(dial(listener), () =>
        Effect.andThen(
          Effect.yieldNow,
          Effect.sync(() => listener.stopUnsafe())
        )
      )
      const results = yield* Effect.forEach([closeAfter, dial(listener), dial(listener)], codeOf, {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(results, ["ok", "dial ECONNREFUSED", "dial ECONNREFUSED"])
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("FF-11 a sweep waits for the dials that are under way", () =>
    Effect.gen(function* () {
      const listener = yield* listen()
      for (let n = 0; n < 3; n++) yield* Effect.forkScoped(dial(listener), { startImmediately: true })
      yield* listener.sweep
      assert.strictEqual(listener.pendingUnsafe(), 3)
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect(
    "S37 S42 B42 scripted accept errors: temporary ones cost one connection each, a fatal one ends the listener",
    () =>
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const listener = yield* listen()
        yield* network.scriptAccepts(["EMFILE", undefined, "ECONNABORTED", "EBADF"])
        const clients = yield* Effect.forEach([1, 2, 3, 4], () => dial(listener))
        const results = yield* Effect.forEach([1, 2, 3, 4, 5], () => codeOf(listener.accept))
        assert.deepStrictEqual(results, ["accept EMFILE", "ok", "accept ECONNABORTED", "accept EBADF", "accept EBADF"])
        yield* network.quiet
        for (const [n, client] of clients.entries()) {
          if (n !== 1) assert.include(gone, (yield* readToError(client)).error.code)
        }
        assert.strictEqual(yield* codeOf(Effect.asVoid(dial(listener))), "dial ECONNREFUSED")
        assert.strictEqual(network.listenerCount().open, 0)
      }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("S40 S41 B16 a listener that fails by itself ends, and its connections live on", () =>
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { client, listener, server } = yield* connect()
      yield* network.failListener(listener.address, "ENOTSOCK")
      assert.strictEqual(yield* codeOf(listener.accept), "accept ENOTSOCK")
      yield* client.write(text("still here"))
      assert.deepStrictEqual(yield* readAtLeast(server, 10), text("still here"))
      const again = yield* network.transport.listen({ host: "127.0.0.1", port: 49_152 })
      assert.strictEqual(format(again.address), format(listener.address))
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("FF-31 the shed connections leave no descriptor", () =>
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const listener = yield* listen({ maxUntaken: 1 })
      yield* Effect.forEach([1, 2, 3, 4], () => Effect.scoped(dial(listener)))
      yield* network.quiet
      assert.strictEqual(listener.shed, 3)
      assert.deepStrictEqual(
        network.connections().map((connection) => connection.label),
        ["s1"]
      )
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )
})

describe("dialling", () => {
  it.effect("S93 FF-45 a silent endpoint never answers until it is healed; an abandoned dial leaves nothing", () =>
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const listener = yield* network.transport.listen({ host: "127.0.0.1", port: 70 })
      const endpoint = { host: "localhost", port: 70 }
      yield* network.scriptDials(endpoint, "silent")
      const dialling = () => Effect.forkScoped(network.transport.dial(endpoint), { startImmediately: true })
      const abandoned = yield* dialling()
      const patient = yield* dialling()
      yield* network.quiet
      assert.isUndefined(abandoned.pollUnsafe())
      assert.strictEqual(network.connectionCount().open, 2)
      yield* Fiber.interrupt(abandoned)
      assert.strictEqual(network.connectionCount().open, 1)
      yield* network.scriptDials(endpoint, undefined)
      yield* Fiber.join(patient)
      yield* network.quiet
      assert.strictEqual(listener.pendingUnsafe(), 1)
      assert.deepStrictEqual(
        network.connections().map((connection) => connection.label),
        ["c2", "s2"]
      )
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("S88 a dial fails with the code that was scripted", () =>
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      yield* network.transport.listen({ host: "127.0.0.1", port: 70 })
      const endpoint = { host: "127.0.0.1", port: 70 }
      yield* network.scriptDials(endpoint, "EHOSTUNREACH")
      assert.strictEqual(yield* codeOf(network.transport.dial(endpoint)), "dial EHOSTUNREACH")
      yield* network.scriptDials(endpoint, undefined)
      assert.strictEqual(yield* codeOf(network.transport.dial(endpoint)), "ok")
      assert.strictEqual(yield* codeOf(network.scriptDials({ host: "?", port: 1 }, "EIO")), "dial ENOTFOUND")
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("S97 I-S20 a dial that is abandoned after it was answered is reset, once", () =>
    Effect.gen(function* () {
      const { client, server } = yield* connect()
      assert.instanceOf(client, SimulatedConnection)
      const attempt = new DialAttempt("c9", () => assert.fail("it was answered"))
      attempt.settle(client)
      attempt.abandon()
      attempt.abandon()
      assert.strictEqual(yield* client.closed, "reset-sent")
      assert.include(gone, (yield* readToError(server)).error.code)
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("S97 I-S20 a dial interrupted at any instant, also between two operations, leaves no descriptor", () =>
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const listener = yield* listen()
      for (let turns = 0; turns < 40; turns++) {
        const dialling = yield* Effect.scoped(Effect.andThen(dial(listener), Effect.never)).pipe(
          Effect.provideService(MaxOpsBeforeYield, 2),
          Effect.forkScoped({ startImmediately: true })
        )
        for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow
        yield* Fiber.interrupt(dialling)
        yield* network.quiet
        const server = listener.takeUnsafe()
        if (server instanceof SimulatedConnection) yield* Effect.ignore(readAll(server))
        yield* network.quiet
        const left = network.connections().map((connection) => connection.label)
        assert.deepStrictEqual(left, [], `after ${turns} turns`)
      }
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )
})

describe("the life of the network", () => {
  it.effect("I-S2 what is open ends with the network, and nobody waits for it", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const network = yield* Scope.provide(SimulatedNetwork.make(), scope)
      const { client, listener, server } = yield* Effect.provideService(connect(), Transport, network.transport)
      const reading = yield* Effect.forkScoped(Effect.flip(server.read), { startImmediately: true })
      const accepting = yield* Effect.forkScoped(codeOf(listener.accept), { startImmediately: true })
      yield* network.scriptDials({ host: "127.0.0.1", port: 1 }, "silent")
      const dialling = yield* Effect.forkScoped(codeOf(network.transport.dial({ host: "127.0.0.1", port: 1 })), {
        startImmediately: true
      })
      yield* network.quiet
      yield* Scope.close(scope, Exit.void)
      const error = yield* Fiber.join(reading)
      assert.strictEqual("code" in error ? error.code : "Done", "ENETDOWN")
      assert.strictEqual(yield* Fiber.join(accepting), "accept ENETDOWN")
      assert.strictEqual(yield* Fiber.join(dialling), "dial ENETDOWN")
      assert.strictEqual(yield* client.closed, "failed")
      assert.strictEqual(yield* server.closed, "failed")
      yield* listener.close
      yield* network.quiet
      assert.deepStrictEqual([network.connectionCount().open, network.listenerCount().open], [0, 0])
    })
  )

  it.effect("a defect inside the network ends it with an error instead of a test that hangs", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.scoped(connect()))
      assert.deepStrictEqual([error.operation, error.code, error.cause], ["accept", "ENETDOWN", mistake])
      const late = yield* Effect.flip(Effect.scoped(connect()))
      assert.deepStrictEqual([late.operation, late.code, late.cause], ["listen", "ENETDOWN", mistake])
    }).pipe(
      Effect.provide(
        SimulatedNetwork.layer({
          onEvent: (event) => {
            if (event.event === "accepted") throw mistake
          }
        })
      )
    )
  )

  it.effect("B7 options that cannot be used are named", () =>
    Effect.gen(function* () {
      const dies = (options: Parameters<typeof SimulatedNetwork.make>[0]) =>
        Effect.map(Effect.exit(Effect.scoped(SimulatedNetwork.make(options))), (exit) =>
          Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
        )
      const size = yield* dies({ link: { readBytes: 0 } })
      assert.instanceOf(size, InvalidOptions)
      assert.match(String(size), /link.readBytes: got 0, expected a whole number of bytes, 1 or more/)
      assert.match(String(yield* dies({ link: { segmentBytes: 1.5 } })), /link.segmentBytes: got 1.5/)
      assert.match(String(yield* dies({ descriptors: 0 })), /descriptors: got 0, expected a whole number, 1 or more/)
      assert.match(
        String(yield* dies({ hosts: { db: "ten" } })),
        /hosts.db: got "ten", expected an IPv4 or IPv6 address/
      )
    })
  )
})

const mistake = new Error("an assertion inside onEvent")
