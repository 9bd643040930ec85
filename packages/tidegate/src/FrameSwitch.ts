/**
 * A frame's result that says: from the next frame on, another codec.
 *
 * @since 0.1.0
 */
import type { FrameSource } from "./FrameSource.ts"
import type { AnyFraming } from "./Framing.ts"

/**
 * From the next frame on, another codec and another function.
 *
 * @see `Handler.switchTo`, which makes it
 * @category models
 * @source P12
 * @since 0.1.0
 */
export class Switch<out Reply, out E, out R> {
  readonly _tag = "Switch"
  /** The name of the codec to come. */
  readonly codec: string
  /** What is sent first, by the codec so far. */
  readonly reply: Reply | undefined
  /** @internal */
  readonly begin: (source: FrameSource<unknown>) => AnyFraming<E, R>

  constructor(codec: string, reply: Reply | undefined, begin: (source: FrameSource<unknown>) => AnyFraming<E, R>) {
    this.codec = codec
    this.reply = reply
    this.begin = begin
  }
}
