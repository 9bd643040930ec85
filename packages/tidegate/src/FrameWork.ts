/**
 * What a frame loop has for its fiber to do, how far that has come, and what the loop fails with. Most connections never have any: their
 * replies are finished, and leave as they come.
 */
import type * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type { LoopError } from "./FrameErrors.ts"
import type { Stop } from "./FrameStop.ts"
import type { FrameBytes } from "./Writer.ts"

export class FrameWork<E, R> {
  unstarted: Effect.Effect<unknown, E, R> | undefined
  /** The frame that it was made for. */
  answering: unknown
  /** The loop's own fiber runs an effect. */
  isRunning = false
  /** A reply for which there was no room. */
  outgoing: FrameBytes | undefined
  /** What the loop ends with. */
  failure: Exit.Exit<never, E | LoopError> | undefined

  /** Effects run one by one, as one effect; made once. */
  serial: Effect.Effect<void, E | LoopError, R> | undefined
  /** As far as they have led. */
  stop: Stop = "parked"
  runInTurn = 0

  /** Replies that are owed, and have no place in the queue. */
  get owed(): number {
    return this.isRunning || this.outgoing !== undefined ? 1 : 0
  }
}
