/**
 * A writer that runs into back-pressure.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type { TransportError } from "tidegate/Errors"
import type { Connection, Transport } from "tidegate/Transport"
import { type ConformanceFailure, expect, expectEqual, FloodBytes, pattern, settle } from "./Script.ts"

/** The chunk that a flood writes over and over; its length has no common factor with any buffer. */
export const floodChunk: Uint8Array = pattern(16_381)

/** A running flood. */
export interface Flood {
  /** Bytes of the writes that have completed. */
  written: number
  /** The most bytes that were queued after a write. */
  maxQueued: number
  readonly fiber: Fiber.Fiber<void, TransportError>
}

/** Writes chunks until the flood is over; it waits whenever the connection has no room. */
export const flood = (connection: Connection): Effect.Effect<Flood, never, Scope.Scope> =>
  Effect.gen(function* () {
    const state = { written: 0, maxQueued: 0 }
    const bytes = yield* FloodBytes
    const writeOne = Effect.tap(connection.write(floodChunk), () =>
      Effect.sync(() => {
        state.written += floodChunk.length
        state.maxQueued = Math.max(state.maxQueued, connection.queuedUnsafe())
      })
    )
    const fiber = yield* Effect.whileLoop({
      while: () => state.written < bytes,
      body: () => writeOne,
      step: () => {}
    }).pipe(Effect.forkScoped({ startImmediately: true }))
    return Object.assign(state, { fiber })
  })

/** A flood that has come to a halt because its peer does not read. */
export const blockedFlood = (
  connection: Connection
): Effect.Effect<Flood, ConformanceFailure | TransportError, Scope.Scope | Transport> =>
  Effect.gen(function* () {
    const running = yield* flood(connection)
    yield* settle
    yield* expect(
      running.fiber.pollUnsafe() === undefined,
      "a writer to wait while its peer does not read",
      `it has written ${running.written} bytes and ended`
    )
    return running
  })

/** Fails unless the bytes are whole chunks of a flood from its beginning, or a part of it. */
export const expectFlood = (received: Uint8Array): Effect.Effect<void, ConformanceFailure> =>
  Effect.suspend(() => {
    for (let i = 0; i < received.length; i++) {
      if (received[i] !== floodChunk[i % floodChunk.length]) {
        return expectEqual(`byte ${i} of the flood`, received[i], floodChunk[i % floodChunk.length])
      }
    }
    return Effect.void
  })
