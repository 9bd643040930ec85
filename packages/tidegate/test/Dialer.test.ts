/**
 * One target with several addresses, as RFC 8305 has it.
 */
import { assert, describe, it } from "@effect/vitest"
import { random } from "@tidegate/testing/Schedule"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as Dialer from "tidegate/Dialer"
import { inTown, now, outcome, type Place, townOf } from "./support/Town.ts"

const first = "10.0.0.1"
const second = "10.0.0.2"
const third = "10.0.0.3"
const six = "2001:db8::1"
const target = { host: "db.internal", port: 80 }

const answers = (after: number): Place => ({ how: "answers", after })
const refuses = (after: number): Place => ({ how: "refuses", after })
const silent: Place = { how: "silent", after: 0 }
const leadsTo = (...gives: ReadonlyArray<string>) => ({ "db.internal": { gives } })

describe("one target", () => {
  it("FF-80 the first address answers after 400 ms while the second one refuses after 10: the first one is used", () => {
    const places = { [first]: answers(400), [second]: refuses(10) }
    inTown({ places, names: leadsTo(first, second) }, (town) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* outcome(Dialer.connect(target)), `${first} at 400`)
        assert.deepStrictEqual(town.dials, [`0 ${first}`, `250 ${second}`])
        assert.strictEqual(town.open, 1)
      })
    )
  })

  it.effect("FF-80 the same under TestClock", () =>
    townOf({ places: { [first]: answers(400), [second]: refuses(10) }, names: leadsTo(first, second) }, (town) =>
      Effect.gen(function* () {
        const dialler = yield* Effect.forkChild(Dialer.connect(target))
        yield* TestClock.adjust("249 millis")
        assert.deepStrictEqual(town.dials, [`0 ${first}`])
        yield* TestClock.adjust("150 millis")
        assert.deepStrictEqual(town.dials, [`0 ${first}`, `250 ${second}`])
        assert.isUndefined(dialler.pollUnsafe())
        yield* TestClock.adjust("1 millis")
        const connection = yield* Fiber.join(dialler)
        assert.strictEqual(connection.peer.toString(), `${first}:80`)
      })
    )
  )

  it("FF-80 a black hole first: the second address is tried after 250 ms, and its answer ends the first attempt", () => {
    inTown({ places: { [first]: silent, [second]: answers(20) }, names: leadsTo(first, second) }, (town) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* outcome(Dialer.connect(target)), `${second} at 270`)
        assert.strictEqual(town.open, 1)
        assert.strictEqual(town.opened, 2)
      })
    )
  })

  it("FF-80 families take turns: IPv6 first if the resolver says so, then IPv4, then the rest", () => {
    const places = { [six]: silent, "2001:db8::2": silent, [first]: silent, [second]: answers(10) }
    inTown({ places, names: leadsTo(six, "2001:db8::2", first, second) }, (town) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* outcome(Dialer.connect(target)), `${second} at 760`)
        assert.deepStrictEqual(town.dials, [`0 ${six}`, `250 ${first}`, "500 2001:db8::2", `750 ${second}`])
      })
    )
  })

  it("FF-80 a failure brings the next attempt at once, and its delay counts anew", () => {
    const places = { [first]: refuses(100), [second]: silent, [third]: answers(10) }
    inTown({ places, names: leadsTo(first, second, third) }, (town) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* outcome(Dialer.connect(target)), `${third} at 360`)
        assert.deepStrictEqual(town.dials, [`0 ${first}`, `100 ${second}`, `350 ${third}`])
      })
    )
  })

  it("FF-80 attemptDelay is the caller's; Infinity waits for a failure", () => {
    const places = { [first]: refuses(3000), [second]: answers(10) }
    for (const [attemptDelay, at] of [
      ["10 millis", 20],
      ["1 second", 1010],
      ["Infinity", 3010]
    ] as const) {
      inTown({ places, names: leadsTo(first, second) }, () =>
        Effect.map(outcome(Dialer.connect(target, { attemptDelay })), (found) =>
          assert.strictEqual(found, `${second} at ${at}`)
        )
      )
    }
  })

  it("S98 FF-81 all refuse: it fails with the last of them, and the error has every attempt", () => {
    const places = { [first]: refuses(10), [second]: refuses(30) }
    inTown({ places, names: leadsTo(first, second) }, (town) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(Dialer.connect(target))
        assert.strictEqual(error._tag, "DialError")
        assert.strictEqual(
          error.message,
          "dial db.internal:80: 2 attempts failed within 40 ms: " +
            "10.0.0.1:80: connection refused: nothing listens there (ECONNREFUSED), after 10 ms; " +
            "10.0.0.2:80: connection refused: nothing listens there (ECONNREFUSED), after 30 ms. It may succeed later"
        )
        assert.strictEqual(town.open, 0)
        assert.strictEqual(town.opened, 2)
      })
    )
  })

  it("S93 FF-79 the connectTimeout is one for all attempts, and says what was still under way", () => {
    const places = { [first]: silent, [second]: refuses(10), [third]: silent }
    inTown({ places, names: leadsTo(first, second, third) }, (town) =>
      Effect.gen(function* () {
        const connect = Dialer.connect(target, { connectTimeout: "1 second" })
        const error = yield* Effect.flip(connect)
        assert.strictEqual(
          error.message,
          "dial db.internal:80: timed out after 1000 ms (ETIMEDOUT): " +
            "10.0.0.1:80: still connecting when the time was up (ETIMEDOUT), after 1000 ms; " +
            "10.0.0.2:80: connection refused: nothing listens there (ECONNREFUSED), after 10 ms; " +
            "10.0.0.3:80: still connecting when the time was up (ETIMEDOUT), after 740 ms. " +
            "Look at the route there, or allow more time (connectTimeout)"
        )
        assert.strictEqual(yield* now, 1000)
        assert.strictEqual(town.open, 0)
      })
    )
  })

  it("FF-79 the default is 10 seconds; Infinity is none; 0 tries nothing", () => {
    inTown({ places: { [first]: silent } }, (town) =>
      Effect.gen(function* () {
        const dial = { host: first, port: 80 }
        assert.strictEqual(yield* outcome(Dialer.connect(dial)), "timeout ETIMEDOUT [Timeout ETIMEDOUT] at 10000")
        const opened = town.opened
        assert.strictEqual(yield* outcome(Dialer.connect(dial, { connectTimeout: 0 })), "timeout ETIMEDOUT [] at 0")
        assert.strictEqual(town.opened, opened)
        const endless = yield* Effect.forkChild(Dialer.connect(dial, { connectTimeout: "Infinity" }))
        yield* Effect.sleep("20 hours")
        assert.isUndefined(endless.pollUnsafe())
        yield* Fiber.interrupt(endless)
        assert.strictEqual(town.open, 0)
      })
    )
  })

  it("what is left untried at the deadline, and for maxAttempts, is told", () => {
    const places = { [first]: silent, [second]: silent, [third]: silent }
    inTown({ places, names: leadsTo(first, second, third) }, (town) =>
      Effect.gen(function* () {
        const late = yield* Effect.flip(Dialer.connect(target, { connectTimeout: 300 }))
        assert.include(late.message, "; not tried: 10.0.0.3:80. ")
        const dial = Dialer.connect(target, { connectTimeout: 1000, maxAttempts: 1 })
        const few = yield* Effect.flip(dial)
        assert.include(few.message, "; not tried: 10.0.0.2:80, 10.0.0.3:80. ")
        assert.strictEqual(town.opened, 3)
      })
    )
  })

  it("FF-82 two attempts succeed in the same millisecond: one is kept, the other is closed before the call returns", () => {
    const places = { [first]: answers(270), [second]: answers(20) }
    const connected = Array.from({ length: 20 }, (_, seed) =>
      inTown({ places, names: leadsTo(first, second), schedule: random(seed) }, (town) =>
        Effect.gen(function* () {
          const connection = yield* Dialer.connect(target)
          assert.strictEqual(yield* now, 270)
          assert.strictEqual(town.opened, 2)
          assert.strictEqual(town.open, 1)
          yield* connection.write(new Uint8Array([1]))
          yield* connection.flush
          return town.connected.length
        })
      )
    )
    assert.include(connected, 2, "in some of the orders both have connected")
  })

  it("S94 what has dialled may be interrupted afterwards; the connection ends with its scope", () => {
    inTown({ places: { [first]: answers(10) } }, (town) =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const dialler = yield* Effect.forkChild(
          Effect.andThen(Scope.provide(Dialer.connect({ host: first, port: 80 }), scope), Effect.never)
        )
        yield* Effect.sleep(100)
        yield* Fiber.interrupt(dialler)
        assert.strictEqual(town.open, 1)
        const client = town.network.connections().find(({ label }) => label === "c1")
        assert.isUndefined(client?.closeReason)
        yield* Scope.close(scope, Exit.void)
        yield* town.network.quiet
        assert.strictEqual(town.open, 0)
        assert.strictEqual(client?.closeReason, "reset-sent")
      })
    )
  })

  it("S91 interrupted at any time it interrupts at once, is no DialError, and leaves no socket", () => {
    const places = { [first]: silent, [second]: answers(400) }
    for (const at of [0, 50, 100, 349, 400, 749, 750]) {
      inTown({ places, names: { "db.internal": { gives: [first, second], after: 100 } } }, (town) =>
        Effect.gen(function* () {
          const scope = yield* Scope.make()
          const dialler = yield* Effect.forkChild(Scope.provide(Dialer.connect(target), scope))
          yield* Effect.sleep(at)
          yield* Fiber.interrupt(dialler)
          const exit = yield* Fiber.await(dialler)
          assert.strictEqual(yield* now, at)
          yield* town.network.quiet
          assert.strictEqual(town.open, Exit.isSuccess(exit) ? 1 : 0, `interrupted at ${at}`)
          assert.isTrue(Exit.isSuccess(exit) || Exit.hasInterrupts(exit))
          yield* Scope.close(scope, Exit.void)
        })
      )
    }
  })

  it("a path is dialled as it stands, and what the transport says of it is the reason", () => {
    inTown({ places: {} }, (town) =>
      Effect.gen(function* () {
        const told = yield* outcome(Dialer.connect({ path: "/run/app.sock" }))
        assert.strictEqual(told, "fatal ENOTSUP [TransportError ENOTSUP] at 0")
        assert.deepStrictEqual(town.dials, ["0 /run/app.sock"])
      })
    )
  })

  it("ids count from 1 for each transport", () => {
    for (const _ of [1, 2]) {
      inTown({ places: { [first]: answers(0) } }, () =>
        Effect.gen(function* () {
          const ids = [
            yield* Dialer.connect({ host: first, port: 80 }),
            yield* Dialer.connect({ host: first, port: 80 })
          ]
          assert.deepStrictEqual(
            ids.map(({ id }) => id),
            [1, 2]
          )
        })
      )
    }
  })

  it("a list is one target: its addresses are tried in turn, names among them are looked up first, each address once", () => {
    const places = { [first]: refuses(0), [second]: silent, [third]: answers(0) }
    inTown({ places, names: { "db.internal": { gives: [second, first], after: 5 } } }, (town) =>
      Effect.gen(function* () {
        const list = [{ host: first, port: 80 }, target, { host: third, port: 80 }]
        assert.strictEqual(yield* outcome(Dialer.connect(list)), `${third} at 255`)
        assert.deepStrictEqual(town.dials, [`5 ${first}`, `5 ${second}`, `255 ${third}`])
      })
    )
  })
})
