/**
 * The waiting half of a transport connection, derived once from the synchronous one: every transport waits in the same way.
 *
 * What each of these means for its caller stands at the methods of `Connection` that call them.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import type { CloseReason } from "./ConnectionEnds.ts"
import type { TransportError } from "./Errors.ts"
import type { Connection } from "./TransportConnection.ts"
import type { TransportInput } from "./TransportInput.ts"
import { type WakeSource, waitUntil } from "./WakeList.ts"

const input = (self: TransportInput): WakeSource => ({
  add: (wake) => self.onInputUnsafe(wake),
  remove: (wake) => self.offInputUnsafe(wake)
})

const output = (self: Connection): WakeSource => ({
  add: (wake) => self.onOutputUnsafe(wake),
  remove: (wake) => self.offOutputUnsafe(wake)
})

const close = (self: Connection): WakeSource => ({
  add: (wake) => self.onClosedUnsafe(wake),
  remove: (wake) => self.offClosedUnsafe(wake)
})

export const readable = (self: TransportInput): Effect.Effect<void> =>
  waitUntil(input(self), () => self.isReadableUnsafe())

export const read = (self: TransportInput): Pull.Pull<Uint8Array, TransportError> =>
  Effect.suspend(() => {
    const chunk = self.takeUnsafe()
    if (chunk !== undefined) return Effect.succeed(chunk)
    if (self.inputEnd === undefined) return Effect.flatMap(readable(self), () => read(self))
    if (self.inputEnd === "closed") return Effect.fail(self.closedErrorUnsafe("read"))
    return typeof self.inputEnd === "string" ? Cause.done() : Effect.fail(self.inputEnd)
  })

export const discard = (self: TransportInput, maxBytes: number): Effect.Effect<boolean> =>
  Effect.suspend(() => {
    self.discardUnsafe()
    const gone = (): boolean => self.peerEnded || self.closeReason !== undefined
    return Effect.map(
      waitUntil(input(self), () => gone() || self.bytesDiscarded > maxBytes),
      gone
    )
  })

export const room = (self: Connection): Effect.Effect<void> =>
  waitUntil(output(self), () => self.writeRefusalUnsafe() !== undefined || self.hasRoomUnsafe())

export const write = (self: Connection, bytes: Uint8Array): Effect.Effect<void, TransportError> =>
  Effect.suspend(() => {
    const refusal = self.writeRefusalUnsafe()
    if (refusal !== undefined) return Effect.fail(refusal)
    if (!self.hasRoomUnsafe()) return Effect.flatMap(room(self), () => write(self, bytes))
    self.writeUnsafe(bytes)
    return Effect.void
  })

export const flush = (self: Connection): Effect.Effect<void, TransportError> =>
  Effect.flatMap(
    waitUntil(output(self), () => self.closeReason !== undefined || self.queuedUnsafe() === 0),
    () => {
      if (self.queuedUnsafe() === 0) return Effect.void
      // Another fiber may have written between the wake-up and this step.
      return self.closeReason === undefined ? flush(self) : Effect.fail(self.failure ?? self.closedErrorUnsafe("write"))
    }
  )

export const closed = (self: Connection): Effect.Effect<CloseReason> =>
  Effect.map(
    waitUntil(close(self), () => self.descriptorClosed),
    () => self.closeReason ?? "failed"
  )
