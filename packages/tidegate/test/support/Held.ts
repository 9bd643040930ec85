/**
 * A handler that holds every frame until the test lets go.
 */
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Queue from "effect/Queue"
import type { Connection } from "tidegate/Connection"
import * as Handler from "tidegate/Handler"
import { text } from "./Behaviour.ts"

/**
 * Answers a line with itself, once `release` was run. `taken` gives the next line that a handler has begun with, `told` the next
 * connection with a held line that has learned of the drain.
 */
export const held = Effect.gen(function* () {
  const begun = yield* Queue.unbounded<string>()
  const draining = yield* Queue.unbounded<number>()
  const gate = yield* Latch.make()
  const onFrame = (line: string, connection: Connection): Effect.Effect<string> =>
    Effect.gen(function* () {
      yield* Queue.offer(begun, line)
      yield* Effect.forkChild(Effect.andThen(connection.draining, Queue.offer(draining, connection.id)))
      yield* gate.await
      return line
    })
  return {
    onFrame,
    handler: Handler.frames({ codec: text }, onFrame),
    taken: Queue.take(begun),
    told: Queue.take(draining),
    release: gate.open
  }
})
