/**
 * A server whose connections are watched while the clock is turned.
 */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import type { EndReason } from "tidegate/Events"
import type { Handler } from "tidegate/Handler"
import type { ServerOptions } from "tidegate/ServerOptions"
import { connect } from "../Client.ts"
import { serve } from "./Behaviour.ts"
import { noDeadlines } from "./NoDeadlines.ts"
import { Recording } from "./Recording.ts"

/** More turns than anything on the simulated network takes without the clock. */
export const atRest = Effect.repeat(Effect.yieldNow, { times: 100 })

/**
 * No deadline but those that a test names, so that it is about them alone.
 *
 * - `dial`: a client that the server has taken. `ended`: why connections ended so far.
 * - `endsAfter(millis, reason)`: one more connection ends so much later, and not a millisecond before, for this reason.
 */
export const timed = Effect.fnUntraced(function* (handler: Handler<unknown>, options: Omit<ServerOptions, "handler">) {
  const recording = yield* Recording.make
  const { address, server } = yield* recording.of(serve(handler, { ...noDeadlines, ...options }))
  let dialled = 0
  const dial = Effect.gen(function* () {
    const client = yield* connect(address)
    yield* recording.until("ConnectionOpened", ++dialled)
    yield* atRest
    return client
  })
  const ended = (): ReadonlyArray<EndReason> => recording.tagged("ConnectionEnded").map(({ reason }) => reason)
  const endsAfter = Effect.fnUntraced(function* (millis: number, reason: EndReason) {
    yield* atRest
    const before = ended()
    if (millis > 0) yield* TestClock.adjust(millis - 1)
    assert.deepStrictEqual(ended(), before, `${millis - 1} ms later`)
    yield* TestClock.adjust(1)
    assert.deepStrictEqual(ended(), [...before, reason], `${millis} ms later`)
  })
  return { address, dial, ended, endsAfter, recording, server }
})

/** Reads all and ends when the server has, in the background: a polite client. */
export const polite = <A, E>(client: { readonly rest: Effect.Effect<A, E>; readonly end: Effect.Effect<void> }) =>
  Effect.forkChild(
    Effect.tap(client.rest, () => client.end),
    { startImmediately: true }
  )
