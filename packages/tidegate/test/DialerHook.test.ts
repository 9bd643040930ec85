/**
 * What runs between socket and connection, where a connection comes from, and connections that lead back to themselves.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { format } from "tidegate/Address"
import * as Dialer from "tidegate/Dialer"
import { classOf } from "tidegate/ErrorClass"
import { Transport } from "tidegate/Transport"
import { inTown, now, outcome } from "./support/Town.ts"
import { withItself } from "./support/WithItself.ts"

const first = "10.0.0.1"
const six = "2001:db8::1"
const target = { host: "db.internal", port: 80 }
const names = { "db.internal": { gives: [six, first] } }
const places = { [six]: { how: "refuses", after: 0 }, [first]: { how: "answers", after: 20 } } as const

class Marked extends Data.TaggedError("Marked")<{ readonly code: string }> {}
class Mark extends Context.Service<Mark, number>()("test/Mark") {}

describe("beforeConnect", () => {
  it("S95 runs for each attempt with network and resolved address, once the socket exists and before anything is sent", () => {
    inTown({ places, names }, (town) =>
      Effect.gen(function* () {
        const told: Array<string> = []
        const dial = Dialer.connect(target, {
          beforeConnect: ({ address, network }) =>
            Effect.map(Mark, (mark) => void told.push(`${mark} ${network} ${format(address)} ${town.open}`))
        })
        assert.strictEqual(yield* outcome(Effect.provideService(dial, Mark, 7)), `${first} at 20`)
        assert.deepStrictEqual(told, [`7 tcp6 [${six}]:80 1`, `7 tcp4 ${first}:80 1`])
      })
    )
  })

  it("S95 its failure is the end of that attempt: the reason holds what it has failed with, and its class", () => {
    inTown({ places, names }, (town) =>
      Effect.gen(function* () {
        const beforeConnect = ({ network }: { readonly network: string }) =>
          network === "tcp6" ? Effect.fail(new Marked({ code: "EAGAIN" })) : Effect.void
        assert.strictEqual(yield* outcome(Dialer.connect(target, { beforeConnect })), `${first} at 20`)
        const alone = Dialer.connect({ host: six, port: 80 }, { beforeConnect })
        const error = yield* Effect.flip(alone)
        assert.strictEqual(error._tag, "DialError")
        if (error._tag !== "DialError") return
        const reason = error.attempts[0]?.reason
        assert.strictEqual(reason?._tag, "HookFailed")
        if (reason?._tag === "HookFailed") assert.instanceOf(reason.cause, Marked)
        assert.strictEqual(`${error.errorClass} ${error.code} ${classOf(error)}`, "temporary EAGAIN temporary")
        assert.strictEqual(town.open, 1)
      })
    )
  })

  it("S92 FF-79 the deadline and an interruption reach it, and the socket is closed", () => {
    inTown({ places, names }, (town) =>
      Effect.gen(function* () {
        let cutOff = 0
        const beforeConnect = () => Effect.onInterrupt(Effect.never, () => Effect.sync(() => void cutOff++))
        const options = { beforeConnect, connectTimeout: 300 }
        const error = yield* Effect.flip(Dialer.connect(target, options))
        assert.include(
          error.message,
          "10.0.0.1:80: still running beforeConnect when the time was up (ETIMEDOUT), after 50 ms"
        )
        assert.strictEqual(cutOff, 2)
        assert.strictEqual(town.open, 0)
        const dialler = yield* Effect.forkChild(Dialer.connect(target, options))
        yield* Effect.sleep(100)
        assert.strictEqual(town.open, 1)
        yield* Fiber.interrupt(dialler)
        assert.strictEqual(yield* now, 400)
        assert.strictEqual(town.open, 0)
        assert.strictEqual(cutOff, 3)
      })
    )
  })

  it("what it acquires lives as long as the connection, and no longer than a failed attempt", () => {
    inTown({ places, names }, () =>
      Effect.gen(function* () {
        const held: Array<string> = []
        const beforeConnect = ({ network }: { readonly network: string }) =>
          Effect.acquireRelease(
            Effect.sync(() => {
              assert.deepStrictEqual(held, [])
              held.push(network)
            }),
            () => Effect.sync(() => void held.splice(held.indexOf(network), 1))
          )
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* Dialer.connect(target, { beforeConnect })
            assert.deepStrictEqual(held, ["tcp4"])
          })
        )
        assert.deepStrictEqual(held, [])
        yield* Effect.scoped(
          Effect.gen(function* () {
            const connect = Dialer.connect({ host: first, port: 80 }, { beforeConnect })
            yield* Effect.provideService(connect, Transport, yield* withItself(2))
            assert.deepStrictEqual(held, ["tcp4"])
          })
        )
        assert.deepStrictEqual(held, [])
      })
    )
  })

  it("I-S20 interrupted while a loser takes its time to end, the winner is given up too", () => {
    const places = { [six]: { how: "silent", after: 0 }, [first]: { how: "answers", after: 20 } } as const
    const beforeConnect = () => Effect.addFinalizer(() => Effect.sleep(50))
    const alone = [six, first].map((host) => ({ host, port: 80 }))
    for (const [dial, won] of [
      [Dialer.connect(target, { beforeConnect }), 270],
      [Dialer.race(alone, { beforeConnect }), 20]
    ] as const) {
      inTown({ places, names }, (town) =>
        Effect.gen(function* () {
          const scope = yield* Scope.make()
          const dialler = yield* Effect.forkChild(Scope.provide(dial, scope))
          yield* Effect.sleep(won + 20)
          assert.strictEqual(town.connected.length, 1)
          yield* Fiber.interrupt(dialler)
          assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(dialler)))
          assert.strictEqual(yield* now, won + 100)
          assert.strictEqual(town.open, 0)
          yield* Scope.close(scope, Exit.void)
        })
      )
    }
  })

  it("its defect ends the whole dial, and nothing is left; its own interruption is a failure of the attempt", () => {
    inTown({ places, names }, (town) =>
      Effect.gen(function* () {
        const defect = yield* Effect.exit(Dialer.connect(target, { beforeConnect: () => Effect.die("broken") }))
        assert.isTrue(Exit.hasDies(defect))
        const alone = { host: first, port: 80 }
        const told = yield* outcome(Dialer.connect(alone, { beforeConnect: () => Effect.interrupt }))
        assert.strictEqual(told, "fatal ECANCELED [Cancelled ECANCELED] at 0")
        assert.strictEqual(town.open, 0)
      })
    )
  })
})

describe("localAddress", () => {
  it("is where the connection comes from; of a name only addresses of its family are tried", () => {
    inTown({ places, names: { ...names, "six.internal": { gives: [six] } } }, (town) =>
      Effect.gen(function* () {
        const connection = yield* Dialer.connect(target, { localAddress: "127.0.0.5" })
        assert.include(format(connection.local), "127.0.0.5:")
        assert.strictEqual(town.opened, 1)
        const none = Dialer.connect({ host: "six.internal", port: 80 }, { localAddress: "127.0.0.5" })
        assert.strictEqual(yield* outcome(none), "fatal EAFNOSUPPORT [Resolution EAFNOSUPPORT] at 0")
      })
    )
  })
})

describe("a connection with itself", () => {
  const dial = { host: first, port: 80 }

  it("FF-84 is closed and dialled again", () => {
    inTown({ places, names }, (town) =>
      Effect.gen(function* () {
        const transport = yield* withItself(2)
        const connect = Effect.provideService(Dialer.connect(dial), Transport, transport)
        assert.strictEqual(yield* outcome(connect), `${first} at 60`)
        assert.strictEqual(town.opened, 3)
        assert.strictEqual(town.open, 1)
      })
    )
  })

  it("FF-84 again and again it is the typed end of the attempt, and nothing is left", () => {
    for (const [selfConnectRetries, opened] of [
      [undefined, 3],
      [0, 1],
      [5, 6]
    ] as const) {
      inTown({ places, names }, (town) =>
        Effect.gen(function* () {
          const transport = yield* withItself(100)
          const connect = Effect.provideService(Dialer.connect(dial, { selfConnectRetries }), Transport, transport)
          const error = yield* Effect.flip(connect)
          assert.strictEqual(
            error._tag === "DialError" ? `${error.errorClass} ${error.code}` : "",
            "temporary ESELFCONNECT"
          )
          assert.include(
            error.message,
            opened === 1 ? "connected with itself: " : `connected with itself ${opened} times: `
          )
          assert.strictEqual(town.opened, opened)
          assert.strictEqual(town.open, 0)
        })
      )
    }
  })
})
