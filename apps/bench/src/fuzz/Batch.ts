/**
 * One codec with some options, and what is known of it.
 */
import type { Codec, Decoder } from "@tidegate/codec/Codec"
import { isFrameError } from "@tidegate/codec/FrameError"
import { InvalidCodecOptions } from "@tidegate/codec/InvalidCodecOptions"
import { Hash } from "./Hash.ts"
import type { Random } from "./Random.ts"

/** A stream that the codec's own encoder has written, and the hash of what decoding it has to give. */
export interface Valid {
  readonly bytes: Uint8Array
  readonly hash: number
}

export interface Batch {
  /** For people. */
  readonly options: object
  readonly decoder: () => Decoder<unknown>
  /** How many bytes may be pending at most. */
  readonly bound: number
  /** Bytes that mean something to the codec. */
  readonly telling: ReadonlyArray<number>
  readonly valid: ReadonlyArray<Valid>
  /** Where the cuts show in the frames, only their bytes one after the other are compared. */
  readonly showsCuts: boolean
  /** Gives one frame; what is behind it is pending, as it is another decoder's. */
  readonly givesOne: boolean
}

/** A codec that random bytes are thrown at. */
export interface Target {
  readonly name: string
  /** Options, drawn anew for each batch. */
  readonly batch: (random: Random) => Batch
}

export interface Described<Options extends object, In, Out> {
  readonly name: string
  readonly options: (random: Random) => Options
  readonly codec: (options: Options) => Codec<In, Out> | InvalidCodecOptions
  readonly bound: (options: Options) => number
  readonly telling: (options: Options) => ReadonlyArray<number>
  /** A frame for the encoder, which may refuse it. */
  readonly frame: (random: Random, options: Options) => Out
  readonly showsCuts?: boolean
  readonly givesOne?: boolean
}

const attempts = 100
const streams = 8
const longest = 200

export const target = <Options extends object, In, Out>(of: Described<Options, In, Out>): Target => ({
  name: of.name,
  batch: (random) => {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const options = of.options(random)
      const codec = of.codec(options)
      if (!(codec instanceof InvalidCodecOptions)) return batchOf(of, options, codec, random)
    }
    throw new Error(`${of.name}: no allowed options in ${attempts} attempts`)
  }
})

const batchOf = <Options extends object, In, Out>(
  of: Described<Options, In, Out>,
  options: Options,
  codec: Codec<In, Out>,
  random: Random
): Batch => ({
  options,
  decoder: codec.decoder,
  bound: of.bound(options),
  telling: of.telling(options),
  valid: Array.from({ length: streams }, () => validOf(of, options, codec, random)).filter(
    ({ bytes }) => bytes.length > 0
  ),
  showsCuts: of.showsCuts ?? false,
  givesOne: of.givesOne ?? false
})

const validOf = <Options extends object, In, Out>(
  of: Described<Options, In, Out>,
  options: Options,
  codec: Codec<In, Out>,
  random: Random
): Valid => {
  const encoder = codec.encoder()
  const hash = new Hash(of.showsCuts ?? false)
  const pieces: Array<Uint8Array> = []
  let size = 0
  for (let count = of.givesOne ? 1 : 6; count > 0; count--) {
    const frame = of.frame(random, options)
    const bytes = encoder.encode(frame)
    if (isFrameError(bytes) || size + bytes.length > longest) continue
    pieces.push(bytes)
    size += bytes.length
    hash.add(frame)
  }
  return { bytes: Buffer.concat(pieces), hash: hash.value }
}

/** Random content, of bytes that mean something and others. */
export const content = (random: Random, telling: ReadonlyArray<number>, size: number): Uint8Array => {
  const bytes = new Uint8Array(size)
  for (let at = 0; at < size; at++) bytes[at] = random.oneIn(8) ? random.of(telling) : random.next()
  return bytes
}

export const maxima: ReadonlyArray<number | null> = [1, 2, 3, 5, 8, 16, 17, 30, 64, 150, null]
export const tooLong = ["discard", "fatal"] as const
export const partialEof = ["error", "drop", "emit"] as const
export const flags = [true, false] as const
