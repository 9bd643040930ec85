/**
 * Frames as data that are large enough to be lent, over buffers and reads of that size.
 */
import type { Codec } from "@tidegate/codec/Codec"
import { FrameError } from "@tidegate/codec/FrameError"
import * as LengthPrefixed from "@tidegate/codec/LengthPrefixed"
import * as Line from "@tidegate/codec/Line"
import type { NetworkOptions } from "@tidegate/testing/NetworkOptions"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Connection } from "tidegate/Transport"
import { between, Seed, turns } from "./Simulation.ts"

/** What the handler of a frame does: a value already, one that has to be run, one that takes turns or time, one without a reply. */
const Kind = Schema.Literals(["finished", "finished", "finished", "sync", "turns", "sleep", "silent"])

const LargeFrame = Schema.Struct({
  kind: Kind,
  size: Schema.Literals([0, 5, 8192, 9000, 20_000, 40_000])
})

export const LargePlan = Schema.Struct({
  seed: Seed,
  codec: Schema.Literals(["line", "u32be", "whole"]),
  concurrency: Schema.Literals([1, 1, 1, 3]),
  frames: Schema.Array(LargeFrame).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(10))),
  readBytes: Schema.Literals([9000, 30_000, 65_536, 65_536]),
  kernelBytes: Schema.Literals([20_000, 65_536, 300_000]),
  readAheadBytes: Schema.Literals([1, 65_536]),
  highWaterMarkBytes: Schema.Literals([1, 30_000, 1_000_000]),
  /** The peer reads only when nothing moves any more. */
  readsLate: Schema.Boolean,
  turnsBetween: between(0, 3)
})
export type LargePlan = typeof LargePlan.Type

const maxLength = null

const codecs: Readonly<Record<LargePlan["codec"], Codec<Uint8Array>>> = {
  line: Line.make({ maxLength }),
  u32be: LengthPrefixed.u32be({ maxFrameLength: maxLength }),
  // Its frames are what stands in the stream: a reply is not encoded again.
  whole: LengthPrefixed.make({ maxFrameLength: maxLength })
}

export const codecOf = ({ codec }: LargePlan): Codec<Uint8Array> => codecs[codec]

/** Letters that differ from place to place and from frame to frame. */
export const letters = (size: number, at: number): Uint8Array => {
  const bytes = new Uint8Array(size)
  for (let index = 0; index < size; index++) bytes[index] = 97 + ((index * 7 + (index >> 8) * 3 + at * 11) % 26)
  return bytes
}

const headerBytes = 4

/** As the codec's decoder gives them. */
export const framesOf = (plan: LargePlan): ReadonlyArray<Uint8Array> =>
  plan.frames.map(({ size }, at) => {
    const content = letters(size, at)
    if (plan.codec !== "whole") return content
    const frame = new Uint8Array(headerBytes + size)
    new DataView(frame.buffer).setUint32(0, size)
    frame.set(content, headerBytes)
    return frame
  })

/** The bytes of frames in a row. */
export const wireOf = (codec: Codec<Uint8Array>, frames: ReadonlyArray<Uint8Array>): Uint8Array => {
  const pieces = codec.encoder().encodeAll(frames)
  if (pieces instanceof FrameError) throw pieces
  return joined(pieces)
}

export const joined = (pieces: ReadonlyArray<Uint8Array>): Uint8Array => {
  const bytes = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

/** The reply, or none, and when. */
export const answer = (plan: LargePlan, at: number, frame: Uint8Array): Effect.Effect<Uint8Array | void> => {
  switch (plan.frames[at]?.kind) {
    case "sync":
      return Effect.sync(() => frame)
    case "turns":
      return Effect.as(turns(1 + (at % 3)), frame)
    case "sleep":
      return Effect.as(Effect.sleep(1 + (at % 3)), frame)
    case "silent":
      return Effect.void
    default:
      return Effect.succeed(frame)
  }
}

/** The replies to the first frames, all of them unless told. */
export const repliesOf = (plan: LargePlan, count = plan.frames.length): ReadonlyArray<Uint8Array> =>
  framesOf(plan)
    .slice(0, count)
    .filter((_, at) => plan.frames[at]?.kind !== "silent")

export const networkOf = ({ kernelBytes, readBytes }: LargePlan): NetworkOptions => ({
  link: { sendBufferBytes: kernelBytes, receiveBufferBytes: kernelBytes, segmentBytes: 65_536, readBytes }
})

export const serverOf = ({ highWaterMarkBytes, readAheadBytes }: LargePlan) => ({ highWaterMarkBytes, readAheadBytes })

/** Everything up to the end of the input, whatever that is. */
export const readBytes = (connection: Connection): Effect.Effect<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  return connection.read.pipe(
    Effect.tap((chunk) => Effect.sync(() => chunks.push(chunk))),
    Effect.forever({ disableYield: true }),
    Effect.catch(() => Effect.sync(() => joined(chunks)))
  )
}

/** Where two runs of bytes differ first; `undefined`: nowhere. */
export const differsAt = (one: Uint8Array, other: Uint8Array): string | undefined => {
  if (one.length !== other.length) return `${one.length} bytes instead of ${other.length}`
  const at = one.findIndex((byte, index) => byte !== other[index])
  return at === -1 ? undefined : `byte ${at} of ${one.length}`
}
