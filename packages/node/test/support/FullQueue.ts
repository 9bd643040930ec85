/**
 * A listener in a child process that accepts nobody, and whose queue in the kernel is full: whoever dials waits.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { start } from "./Child.ts"
import { connect } from "./RawClient.ts"

/** Its port; the child is ended with the scope. */
export const fullQueue: Effect.Effect<number, never, Scope.Scope> = Effect.gen(function* () {
  const child = yield* start("fullQueue.ts", "1")
  const port = Number(yield* child.line)
  // The kernel takes one more than the backlog: listen(2), and sk_acceptq_is_full in Linux's include/net/sock.h.
  for (let n = 0; n < 2; n++) {
    const { connected, errorCode } = yield* connect(port)
    if (!connected) return yield* Effect.die(new Error(`the queue is full too early: ${errorCode}`))
  }
  return port
})
