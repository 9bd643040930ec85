import { assert, describe } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import * as Dialer from "tidegate/Dialer"
import { InvalidOptions } from "tidegate/Errors"
import * as LingeringClose from "tidegate/LingeringClose"
import { received } from "../support/Pair.ts"
import { assertNothingOpen, atRest, byHand, bytes, onNetwork, target } from "./Client.ts"

/** Two bytes travel at once, so that whatever is still under way at the end shows. */
const narrow = { link: { sendBufferBytes: 2, receiveBufferBytes: 2, segmentBytes: 1, latency: 5 } }

const hello = bytes("hello, this takes a while")

/** The peer of the only connection, once it is there. */
const peer = (accepted: ReadonlyArray<Parameters<typeof received>[0]>) => {
  const [wire] = accepted
  assert.isDefined(wire)
  return wire
}

describe("the end of a dialled connection", () => {
  onNetwork(
    "FF-07 FF-08 closing: everything written arrives, then FIN, and the peer's last bytes do no harm",
    Effect.gen(function* () {
      const { accepted } = yield* byHand
      const dialling = yield* Effect.forkChild(Dialer.connect(target))
      yield* TestClock.adjust(20)
      const connection = yield* Fiber.join(dialling)
      yield* connection.write(hello)
      const closing = yield* Effect.forkChild(LingeringClose.close(connection), { startImmediately: true })
      const reading = yield* Effect.forkChild(received(peer(accepted)))
      yield* peer(accepted).write(bytes("not read by anybody"))
      yield* TestClock.adjust(1000)
      assert.deepStrictEqual(yield* Fiber.join(reading), Array.from(hello))
      assert.strictEqual(peer(accepted).inputEnd, "eof")
      yield* peer(accepted).end
      yield* TestClock.adjust(100)
      assert.isTrue(yield* Fiber.join(closing))
      assert.strictEqual(yield* connection.closed, "both-ended")
      yield* assertNothingOpen
    }),
    narrow
  )

  onNetwork(
    "S94 the end of the scope aborts it",
    Effect.gen(function* () {
      const { accepted } = yield* byHand
      yield* Effect.scoped(Effect.flatMap(Dialer.connect(target), (connection) => connection.write(hello)))
      yield* assertNothingOpen
      yield* received(peer(accepted))
      assert.strictEqual(peer(accepted).closeReason, "reset-received")
    })
  )

  for (const [how, end] of [
    ["success", Effect.void],
    ["a failure", Effect.fail("no")],
    ["an interruption", Effect.interrupt]
  ] as const) {
    onNetwork(
      `FF-07 atScopeEnd: everything written arrives where ${how} ends the scope`,
      Effect.gen(function* () {
        const { accepted } = yield* byHand
        const program = Dialer.connect(target).pipe(
          Effect.tap((connection) => LingeringClose.atScopeEnd(connection)),
          Effect.flatMap((connection) => connection.write(hello)),
          Effect.andThen(end),
          Effect.scoped
        )
        const fiber = yield* Effect.forkChild(Effect.exit(program), { startImmediately: true })
        yield* TestClock.adjust(20)
        const reading = yield* Effect.forkChild(received(peer(accepted)))
        yield* TestClock.adjust(1000)
        assert.deepStrictEqual(yield* Fiber.join(reading), Array.from(hello))
        yield* peer(accepted).end
        yield* TestClock.adjust(100)
        assert.strictEqual((yield* Fiber.join(fiber))._tag, how === "success" ? "Success" : "Failure")
        assert.strictEqual(peer(accepted).closeReason, "both-ended")
        yield* assertNothingOpen
      }),
      narrow
    )
  }

  onNetwork(
    "FF-09 a peer that takes nothing is aborted after the closeTimeout, one that takes little after the drainTimeout",
    Effect.gen(function* () {
      const { accepted } = yield* byHand
      const dial = Effect.tap(Effect.forkChild(Dialer.connect(target)), () => TestClock.adjust(20))
      const stuck = yield* Fiber.join(yield* dial)
      yield* stuck.write(hello)
      const closing = yield* Effect.forkChild(LingeringClose.close(stuck, { closeTimeout: 100 }))
      yield* TestClock.adjust(199)
      assert.isUndefined(closing.pollUnsafe())
      yield* TestClock.adjust(1)
      assert.isFalse(yield* Fiber.join(closing))

      const slow = yield* Fiber.join(yield* dial)
      yield* slow.write(hello)
      const taking = Effect.andThen(peer(accepted.slice(1)).read, Effect.sleep(57))
      yield* Effect.forkChild(Effect.ignore(Effect.forever(taking)))
      const ending = yield* Effect.forkChild(LingeringClose.close(slow, { closeTimeout: 100, drainTimeout: 400 }))
      yield* TestClock.adjust(399)
      assert.isUndefined(ending.pollUnsafe())
      yield* TestClock.adjust(1)
      assert.isFalse(yield* Fiber.join(ending))
      yield* assertNothingOpen
    }),
    narrow
  )

  onNetwork(
    "the budget counts in a scope whose fiber was interrupted, too",
    Effect.gen(function* () {
      const { accepted } = yield* byHand
      const held = Dialer.connect(target).pipe(
        Effect.tap((connection) => LingeringClose.atScopeEnd(connection, { drainTimeout: 150 })),
        Effect.tap((connection) => connection.write(hello)),
        Effect.andThen(Effect.never),
        Effect.scoped
      )
      const fiber = yield* Effect.forkChild(held, { startImmediately: true })
      yield* TestClock.adjust(20)
      fiber.interruptUnsafe()
      yield* TestClock.adjust(149)
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust(1)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
      assert.lengthOf(accepted, 1)
      yield* assertNothingOpen
    }),
    narrow
  )

  onNetwork(
    "interrupting a close aborts the connection",
    Effect.gen(function* () {
      yield* byHand
      const connection = yield* Dialer.connect(target)
      const closing = yield* Effect.forkChild(LingeringClose.close(connection), { startImmediately: true })
      yield* atRest
      yield* Fiber.interrupt(closing)
      assert.strictEqual(yield* connection.closed, "reset-sent")
      assert.isFalse(yield* LingeringClose.close(connection))
      yield* assertNothingOpen
    })
  )

  onNetwork(
    "connection.close of a dialled connection ends it, and does not cut its answers off before",
    Effect.gen(function* () {
      const { accepted } = yield* byHand
      const connection = yield* Dialer.connect(target)
      const told = yield* Effect.forkChild(connection.draining, { startImmediately: true })
      yield* connection.write(hello)
      yield* connection.close("done")
      yield* Fiber.join(told)
      yield* atRest
      assert.deepStrictEqual(yield* received(peer(accepted)), Array.from(hello))
      yield* peer(accepted).end
      assert.strictEqual(yield* connection.closed, "both-ended")
      yield* assertNothingOpen
    })
  )

  onNetwork(
    "connection.close leaves nothing behind when the scope closes meanwhile",
    Effect.gen(function* () {
      yield* byHand
      yield* Effect.scoped(Effect.flatMap(Dialer.connect(target), (connection) => connection.close()))
      yield* assertNothingOpen
    })
  )

  for (const [key, options] of [
    ["closeTimeout", { closeTimeout: -1 }],
    ["drainTimeout", { drainTimeout: Number.NaN }],
    ["maxLingerBytes", { maxLingerBytes: 0.5 }]
  ] as const) {
    onNetwork(
      `B7 bad options are a defect that names ${key}, and change nothing`,
      Effect.gen(function* () {
        yield* byHand
        const connection = yield* Dialer.connect(target)
        const exit = yield* Effect.exit(LingeringClose.close(connection, options))
        assert.isTrue(Exit.isFailure(exit))
        const issue = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
        assert.instanceOf(issue, InvalidOptions)
        assert.include(String(issue), key)
        assert.isFalse(connection.isDraining)
      })
    )
  }
})
