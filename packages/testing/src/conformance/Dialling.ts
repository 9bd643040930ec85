/**
 * Conformance: where a dial comes from, and what happens before it connects.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { format, portOf } from "tidegate/Address"
import { transportError } from "tidegate/Errors"
import { type Connection, type DialTarget, type Listener, Transport } from "tidegate/Transport"
import {
  dial,
  expect,
  expectBytes,
  expectEqual,
  expectError,
  listen,
  readAll,
  readAtLeast,
  type Script,
  settle
} from "./Script.ts"

/** @source RFC 5737: for documentation, so no host's */
const nobodysAddress = "198.51.100.1"

/** Nobody has come, however long one waits. */
const expectNobody = (listener: Listener) =>
  Effect.gen(function* () {
    yield* settle
    yield* listener.sweep
    yield* expectEqual("the number of connections that have arrived", listener.pendingUnsafe(), 0)
  })

export const dialling: ReadonlyArray<Script> = [
  {
    name: "a dial comes from its local address, and fails where this host does not have it",
    covers: ["S82"],
    run: Effect.gen(function* () {
      const listener = yield* listen()
      const elsewhere = dial(listener, { localAddress: nobodysAddress })
      const error = yield* expectError("dialling from a foreign address", elsewhere, ["EADDRNOTAVAIL"])
      yield* expectEqual(
        "the address of the error",
        error.address,
        `${format(listener.address)} from ${nobodysAddress}`
      )
      yield* expectEqual("the class of the error", error.errorClass, "temporary")
      yield* expectNobody(listener)
      const client = yield* dial(listener, { localAddress: "127.0.0.1" })
      const server = yield* listener.accept
      yield* expectEqual("the peer", format(server.remote), format(client.local))
      yield* expectEqual("the local address", format(client.local).split(":")[0], "127.0.0.1")
    })
  },
  {
    name: "a local address that is none, or of another family, is refused before anything is done",
    covers: ["S82"],
    run: Effect.gen(function* () {
      const listener = yield* listen()
      let prepared = 0
      const beforeConnect = () => Effect.sync(() => void prepared++)
      for (const [localAddress, code] of [
        ["localhost", "ERR_INVALID_IP_ADDRESS"],
        ["", "ERR_INVALID_IP_ADDRESS"],
        ["127.0.0.1%lo", "ERR_INVALID_IP_ADDRESS"],
        ["::1", "ERR_INVALID_ADDRESS_FAMILY"]
      ] as const) {
        const error = yield* expectError("dialling", dial(listener, { localAddress, beforeConnect }), [code])
        yield* expectEqual("the class of the error", error.errorClass, "fatal")
        const named = error.message.includes(` from ${localAddress}: localAddress must be `)
        yield* expect(named, "the message to name the key and its value", `it is "${error.message}"`)
      }
      yield* expectEqual("the number of times that beforeConnect ran", prepared, 0)
      yield* expectNobody(listener)
    })
  },
  {
    name: "beforeConnect is told where the dial goes, and nothing is sent before it is done",
    covers: ["S95"],
    run: Effect.gen(function* () {
      const transport = yield* Transport
      const listener = yield* listen()
      const told: Array<DialTarget> = []
      const client = yield* transport.dial({
        host: "localhost",
        port: portOf(listener.address) ?? 0,
        beforeConnect: (about) =>
          Effect.gen(function* () {
            told.push(about)
            yield* listener.sweep
            yield* expectEqual("what has arrived", listener.pendingUnsafe(), 0)
          }).pipe(Effect.orDie)
      })
      yield* expectEqual("the number of times that it ran", told.length, 1)
      yield* expectEqual("the network", told[0]?.network, "tcp4")
      yield* expectEqual("the address", told[0] && format(told[0].address), format(listener.address))
      yield* expectEqual("the remote address", format(client.remote), format(listener.address))
      const server = yield* listener.accept
      yield* server.write(Uint8Array.of(1))
      yield* expectBytes("what was sent", yield* readAtLeast(client, 1), Uint8Array.of(1))
    })
  },
  {
    name: "the failure of beforeConnect is the failure of the dial, and nothing is sent",
    covers: ["S95", "I-S20"],
    run: Effect.gen(function* () {
      const listener = yield* listen()
      const refusal = transportError("dial", "EPERM", "the test")
      const refused = yield* expectError("dialling", dial(listener, { beforeConnect: () => Effect.fail(refusal) }), [
        "EPERM"
      ])
      yield* expect(refused === refusal, "the error of beforeConnect", `it is ${refused.message}`)
      const bug = new Error("the test")
      const throws = () => {
        throw bug
      }
      const exit = yield* Effect.exit(dial(listener, { beforeConnect: throws }))
      const died =
        Exit.isFailure(exit) && exit.cause.reasons.some((reason) => "defect" in reason && reason.defect === bug)
      yield* expect(died, "dialling to die with what beforeConnect has thrown", `it is ${String(exit)}`)
      yield* expectNobody(listener)
    })
  },
  {
    name: "an interrupted dial interrupts its beforeConnect, and nothing is sent",
    covers: ["S91", "S92", "I-S20"],
    run: Effect.gen(function* () {
      const listener = yield* listen()
      const begun = yield* Deferred.make<void>()
      let interrupted = false
      const dialling = yield* dial(listener, {
        beforeConnect: () =>
          Deferred.succeed(begun, undefined).pipe(
            Effect.andThen(Effect.never),
            Effect.onInterrupt(() => Effect.sync(() => (interrupted = true)))
          )
      }).pipe((dialled) => Effect.forkScoped(dialled, { startImmediately: true }))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(dialling)
      yield* expectEqual("whether beforeConnect was interrupted", interrupted, true)
      yield* expectNobody(listener)
    })
  },
  {
    name: "interrupting who has dialled leaves the connection to its scope",
    covers: ["S94"],
    run: Effect.gen(function* () {
      const listener = yield* listen()
      const scope = yield* Scope.fork(yield* Effect.scope)
      const dialled = yield* Deferred.make<Connection>()
      const dialling = yield* Scope.provide(dial(listener), scope).pipe(
        Effect.tap((client) => Deferred.succeed(dialled, client)),
        Effect.andThen(Effect.never),
        (waiting) => Effect.forkScoped(waiting, { startImmediately: true })
      )
      const client = yield* Deferred.await(dialled)
      yield* Fiber.interrupt(dialling)
      const server = yield* listener.accept
      yield* server.write(Uint8Array.of(1))
      yield* expectBytes("what was sent", yield* readAtLeast(client, 1), Uint8Array.of(1))
      yield* Scope.close(scope, Exit.void)
      yield* expectEqual("the reason", yield* client.closed, "reset-sent")
      // A connection that cannot be reset, such as a Unix one, is closed.
      yield* Effect.ignore(readAll(server))
    })
  }
]
