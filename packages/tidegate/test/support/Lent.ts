/**
 * Decoders that take every loan. Of short frames the codecs take none, as a copy of the chunk costs less; here each chunk that the
 * simulated network lends is read in place, so that all that is shown of frames is shown of lent ones too.
 */
import type { Codec, Decoder } from "@tidegate/codec/Codec"
import { FramingDecoder } from "@tidegate/codec/FramingDecoder"

/** The same codec, and the same frames. */
export const lending = <In, Out>(codec: Codec<In, Out>): Codec<In, Out> => ({
  ...codec,
  decoder: () => {
    const decoder = codec.decoder()
    return decoder instanceof FramingDecoder ? takingAll(decoder) : decoder
  }
})

const takingAll = <In>(decoder: FramingDecoder<In>): Decoder<In> =>
  Object.assign(decoder, { lend: (chunk: Uint8Array) => decoder["borrow"](chunk) })
