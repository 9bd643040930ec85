/**
 * Decoders that no connection needs at the moment: between two frames one is as good as another.
 *
 * A connection has a decoder while bytes of it are looked at, and while a frame has begun: an idle one holds 180 bytes less.
 *
 * @since 0.1.0
 */
import type { Decoder } from "@tidegate/codec/Codec"

/** So many are kept: frames end in the turn in which they are looked at, mostly, and then one serves everybody. */
const mostKept = 64

/** A codec, as far as it is needed. */
interface Decoding<out In> {
  readonly decoder: () => Decoder<In>
}

export class RestingDecoders<out In> {
  private readonly codec: Decoding<In>
  private readonly resting: Array<Decoder<In>>

  constructor(codec: Decoding<In>) {
    this.codec = codec
    this.resting = [codec.decoder()]
  }

  /** One whose next byte stands at this position of its stream. */
  take(position: number): Decoder<In> {
    const decoder = this.resting.pop() ?? this.codec.decoder()
    if (position > 0 || decoder.position > 0) decoder.begin?.(position)
    return decoder
  }

  /** False: it is needed where it is. */
  put(decoder: Decoder<In>): boolean {
    if (decoder.atRest?.() !== true || decoder.begin === undefined) return false
    if (this.resting.length < mostKept) this.resting.push(decoder)
    return true
  }
}
