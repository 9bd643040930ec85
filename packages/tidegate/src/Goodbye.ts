/**
 * The last frame of a connection that a drain ends.
 */
import type { Encoder } from "@tidegate/codec/Codec"
import { FrameError } from "@tidegate/codec/FrameError"
import * as Effect from "effect/Effect"
import type { Connection } from "./Connection.ts"
import { FrameFailure, type LoopError } from "./FrameErrors.ts"
import type { FramesOptions } from "./Handler.ts"

/** Asks the handler for it, once every admitted frame was answered; nothing, if it was not a drain that ended the input. */
export const sayGoodbye = <In, Out, E, R>(
  connection: Connection,
  { codec, onDrain }: FramesOptions<In, Out, E, R>,
  encoder: Encoder<Out>
): Effect.Effect<void, E | LoopError, R> => {
  if (onDrain === undefined || !connection.isDraining) return Effect.void
  return Effect.flatMap(onDrain(connection), (frame): Effect.Effect<void, LoopError> => {
    if (frame === undefined) return Effect.void
    const bytes = encoder.encode(frame)
    return bytes instanceof FrameError
      ? Effect.fail(new FrameFailure({ operation: "encode", codec: codec.name, error: bytes }))
      : connection.write(bytes)
  })
}
