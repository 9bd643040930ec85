/**
 * A codec's error, as an Effect error.
 *
 * @since 0.1.0
 */
import type { FrameError } from "@tidegate/codec/FrameError"
import * as Data from "effect/Data"
import type { TransportError } from "./Errors.ts"

/**
 * A frame that could not be decoded, or a reply that could not be encoded.
 *
 * **Errors**
 *
 * - From decoding: the connection is over after it, since the stream has lost its frame boundaries or its limit.
 * - From encoding: nothing of the reply was sent.
 *
 * @category errors
 * @since 0.1.0
 */
export class FrameFailure extends Data.TaggedError("FrameFailure")<{
  readonly operation: "decode" | "encode"
  readonly codec: string
  readonly error: FrameError
}> {
  override get message(): string {
    return `${this.operation} ${this.codec}: ${this.error.message}`
  }
}

/**
 * How serving frames can fail by itself, whatever the handlers do.
 *
 * @category errors
 * @since 0.1.0
 */
export type LoopError = FrameFailure | TransportError
