/**
 * Names on the way to a connection.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Dialer from "tidegate/Dialer"
import { inTown, now, outcome } from "./support/Town.ts"

const first = "10.0.0.1"
const six = "2001:db8::1"
const target = { host: "db.internal", port: 80 }
const places = { [first]: { how: "answers", after: 0 }, [six]: { how: "answers", after: 0 } } as const

describe("names", () => {
  it("S93 FF-83 a slow resolver is waited for, and its time counts in", () => {
    inTown({ places, names: { "db.internal": { gives: [first], after: 700 } } }, (town) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* outcome(Dialer.connect(target)), `${first} at 700`)
        const dial = Dialer.connect(target, { connectTimeout: 500 })
        const error = yield* Effect.flip(dial)
        assert.strictEqual(yield* now, 1200)
        assert.strictEqual(
          error.message,
          "dial db.internal:80: timed out after 500 ms (ETIMEDOUT): " +
            "db.internal:80: still looking up when the time was up (ETIMEDOUT), after 500 ms. " +
            "Look at the route there, or allow more time (connectTimeout)"
        )
        assert.deepStrictEqual(town.cutOff, ["db.internal"])
        assert.strictEqual(town.opened, 1)
      })
    )
  })

  it("S83 FF-83 a resolver that fails is a typed reason with the class of its failure", () => {
    for (const [fails, told] of [
      ["NotFound", "fatal ENOTFOUND [Resolution ENOTFOUND] at 3"],
      ["Temporary", "temporary EAI_AGAIN [Resolution EAI_AGAIN] at 3"],
      ["Timeout", "timeout ETIMEOUT [Resolution ETIMEOUT] at 3"],
      ["Refused", "fatal EREFUSED [Resolution EREFUSED] at 3"]
    ] as const) {
      inTown({ places, names: { "db.internal": { fails, after: 3 } } }, (town) =>
        Effect.gen(function* () {
          assert.strictEqual(yield* outcome(Dialer.connect(target)), told)
          assert.strictEqual(town.opened, 0)
        })
      )
    }
  })

  it("S83 a host that is no name and no address is told as what it is", () => {
    inTown({ places }, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(Dialer.connect({ host: "no name", port: 80 }))
        assert.include(error.message, "no name:80: not a usable name")
      })
    )
  })

  it("a resolver that knows one family only is enough; so is one name of several in a list", () => {
    inTown({ places, names: { "db.internal": { gives: [six] } } }, (town) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* outcome(Dialer.connect(target)), `${six} at 0`)
        const list = [{ host: "gone.internal", port: 80 }, target]
        assert.strictEqual(yield* outcome(Dialer.connect(list)), `${six} at 0`)
        assert.deepStrictEqual(town.asked, ["db.internal", "gone.internal", "db.internal"])
      })
    )
  })

  it("FF-83 an address needs no look-up", () => {
    inTown({ places }, (town) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* outcome(Dialer.connect({ host: six, port: 80 })), `${six} at 0`)
        assert.strictEqual(yield* outcome(Dialer.connect({ host: first, port: 80 })), `${first} at 0`)
        assert.deepStrictEqual(town.asked, [])
      })
    )
  })

  it("FF-83 dials that ask for a name at the same time share the look-up, whatever the port; later ones ask again", () => {
    inTown({ places, names: { "db.internal": { gives: [first], after: 10 } } }, (town) =>
      Effect.gen(function* () {
        const other = outcome(Dialer.connect({ host: "DB.internal", port: 81 }))
        const both = [outcome(Dialer.connect(target)), other, outcome(Dialer.connect(target))]
        assert.deepStrictEqual(yield* Effect.all(both, { concurrency: 3 }), [
          `${first} at 10`,
          "temporary ECONNREFUSED [TransportError ECONNREFUSED] at 10",
          `${first} at 10`
        ])
        assert.strictEqual(town.asked.length, 1)
        yield* outcome(Dialer.connect(target))
        assert.strictEqual(town.asked.length, 2)
      })
    )
  })

  it("FF-83 who gives up leaves a shared look-up to the others; the last one ends it, and the next one asks anew", () => {
    inTown({ places, names: { "db.internal": { gives: [first], after: 100 } } }, (town) =>
      Effect.gen(function* () {
        const one = yield* Effect.forkChild(Dialer.connect(target))
        const two = yield* Effect.forkChild(Dialer.connect(target))
        yield* Effect.sleep(50)
        yield* Fiber.interrupt(one)
        assert.deepStrictEqual(town.cutOff, [])
        yield* Fiber.interrupt(two)
        assert.strictEqual(yield* outcome(Dialer.connect(target)), `${first} at 100`)
        assert.deepStrictEqual(town.cutOff, ["db.internal"])
        assert.strictEqual(town.asked.length, 2)
      })
    )
  })

  it("FF-83 who asks after a look-up was given up gets one of its own, also while the old one still lasts", () => {
    inTown({ places, names: { "db.internal": { gives: [first], after: 100, deaf: true } } }, (town) =>
      Effect.gen(function* () {
        const one = yield* Effect.forkChild(Dialer.connect(target))
        yield* Effect.sleep(50)
        yield* Fiber.interrupt(one)
        assert.strictEqual(yield* outcome(Dialer.connect(target)), `${first} at 100`)
        assert.strictEqual(town.asked.length, 2)
      })
    )
  })

  it("FF-83 a resolver that cannot be interrupted holds nobody up", () => {
    inTown({ places, names: { "db.internal": { gives: [first], after: 1000, deaf: true } } }, (town) =>
      Effect.gen(function* () {
        const dial = Dialer.connect(target, { connectTimeout: 200 })
        assert.strictEqual(yield* outcome(dial), "timeout ETIMEDOUT [Timeout ETIMEDOUT] at 200")
        yield* Effect.sleep(1000)
        assert.strictEqual(town.opened, 0)
      })
    )
  })
})
