/**
 * What is measured of a codec, and the naive code for the same bytes that it is measured against.
 */
import type { Codec } from "@tidegate/codec/Codec"
import { type FrameError, isFrameError } from "@tidegate/codec/FrameError"

/** Anything that takes chunks and gives what they complete. */
export interface Pushes {
  readonly push: (chunk: Uint8Array) => { readonly length: number }
}

/** Ways to encode some frames; each tells how many bytes it made. */
export interface Encodes {
  readonly oneByOne: () => number
  readonly all: () => number
}

export interface Subject {
  readonly name: string
  /** The naive way, in a few words. */
  readonly against: string
  /** How many bytes of payload the frames of the measured stream have. */
  readonly payload: number
  /** The largest frame that growth is measured with; 0: frames of this codec do not grow. */
  readonly largest: number
  /** Makes decoders of one codec, for frames of so many bytes of payload. */
  readonly decoders: (payload: number) => () => Pushes
  readonly naiveDecoder: (payload: number) => Pushes
  /** A whole frame as the naive way writes it. */
  readonly wire: (payload: Uint8Array) => Buffer
  /** Frames with these payloads; `undefined`: nothing of this codec is encoded often. */
  readonly encoder: ((payloads: ReadonlyArray<Uint8Array>) => Encodes) | undefined
}

/** What there is to say of most codecs. */
export interface Described<In, Out> {
  readonly name: string
  readonly against: string
  readonly payload?: number
  readonly largest?: number
  readonly codec: (payload: number) => Codec<In, Out>
  readonly frame: (payload: Uint8Array) => Out
  readonly wire: (payload: Uint8Array) => Buffer
  readonly cut: (payload: number) => Cut
}

const mebibyte = 1_048_576

export const subject = <In, Out>(of: Described<In, Out>): Subject => ({
  name: of.name,
  against: of.against,
  payload: of.payload ?? 64,
  largest: of.largest ?? 64 * mebibyte,
  decoders: (payload) => of.codec(payload).decoder,
  naiveDecoder: (payload) => new NaiveDecoder(of.cut(payload)),
  wire: of.wire,
  encoder: (payloads) => encodes(of, payloads)
})

const encodes = <In, Out>({ codec, frame }: Described<In, Out>, payloads: ReadonlyArray<Uint8Array>): Encodes => {
  const encoder = codec(payloads[0]?.length ?? 0).encoder()
  const frames = payloads.map(frame)
  const sizeOf = (bytes: Uint8Array): number => bytes.length
  return {
    oneByOne: () => {
      let size = 0
      for (const one of frames) size += sizeOf(encoded(encoder.encode(one)))
      return size
    },
    all: () => {
      let size = 0
      for (const piece of encoded(encoder.encodeAll(frames))) size += sizeOf(piece)
      return size
    }
  }
}

const encoded = <A>(result: A | FrameError): A => {
  if (isFrameError(result)) throw new Error(result.message)
  return result
}

/** Where the first frame of what is there is, and what it holds; `undefined`: it is not all there. */
export type Cut = (bytes: Buffer) => { readonly frame: unknown; readonly next: number } | undefined

/** What one writes without a codec: everything that is there in one Buffer, looked at from its beginning at each chunk. */
export class NaiveDecoder implements Pushes {
  private rest: Buffer = Buffer.alloc(0)
  private readonly cut: Cut

  constructor(cut: Cut) {
    this.cut = cut
  }

  push(chunk: Uint8Array): ReadonlyArray<unknown> {
    this.rest = Buffer.concat([this.rest, chunk])
    const frames: Array<unknown> = []
    for (let found = this.cut(this.rest); found !== undefined; found = this.cut(this.rest)) {
      frames.push(found.frame)
      this.rest = this.rest.subarray(found.next)
    }
    return frames
  }
}
