/**
 * What can go wrong with frames, as Effect errors.
 *
 * @since 0.1.0
 */
import type { FrameError } from "@tidegate/codec/FrameError"
import * as Data from "effect/Data"
import type { TransportError } from "./Errors.ts"

/**
 * A frame that could not be decoded, or a reply that could not be encoded.
 *
 * **Shapes**
 *
 * - `error`: what the codec says. Its `position` counts from the codec's first byte.
 * - `origin`: where in the connection's input that byte stands; more than 0 where something was read before, or the codec was
 *   switched to. `position`: of the bad frame, in the connection's input. From encoding both are 0.
 *
 * **Errors**
 *
 * - From decoding: the connection is over after it, if `error.fatal`, since the stream has lost its frame boundaries or its limit.
 * - From encoding: nothing of the reply was sent.
 *
 * @category errors
 * @since 0.1.0
 */
export class FrameFailure extends Data.TaggedError("FrameFailure")<{
  readonly operation: "decode" | "encode"
  readonly codec: string
  readonly error: FrameError
  readonly origin?: number
}> {
  override get message(): string {
    const from = this.start === 0 ? "" : ` (counted from byte ${this.start} of the connection)`
    return `${this.operation} ${this.codec}: ${this.error.message}${from}`
  }

  get position(): number {
    return this.start + this.error.position
  }

  private get start(): number {
    return this.origin ?? 0
  }
}

/**
 * A frame has asked for another codec where the frames behind it may have been taken already: the handler's options allow more than
 * one frame at once.
 *
 * @category errors
 * @source P12
 * @since 0.1.0
 */
export class SwitchRefused extends Data.TaggedError("SwitchRefused")<{
  readonly codec: string
  readonly to: string
  readonly concurrency: number
}> {
  override get message(): string {
    return `switch from ${this.codec} to ${this.to}: concurrency is ${this.concurrency}, allowed is 1, since frames behind the one that switches may be handled already`
  }
}

/**
 * A framed connection was used after it had been given up: a mistake of the program, met as a defect.
 *
 * @category errors
 * @since 0.1.0
 */
export class FramesGivenUp extends Data.TaggedError("FramesGivenUp")<{
  readonly operation: string
  readonly codec: string
  readonly by: string
}> {
  override get message(): string {
    return `${this.operation} on a framed connection (${this.codec}) that was given up by ${this.by}: use what that has given`
  }
}

/**
 * Frames of one connection were to be read by two: a mistake of the program, met as a defect.
 *
 * @category errors
 * @since 0.1.0
 */
export class FramesTaken extends Data.TaggedError("FramesTaken")<{
  readonly codec: string
  readonly by: string
}> {
  override get message(): string {
    return `frames (${this.codec}): the connection is read by another codec (${this.by}): detach that first, or switch it`
  }
}

/**
 * How serving frames can fail by itself, whatever the handlers do.
 *
 * @category errors
 * @since 0.1.0
 */
export type LoopError = FrameFailure | SwitchRefused | TransportError
