/** What docs/typed-frames.md shows. */

import * as Binary from "@tidegate/codec/effect/Binary"
import * as Ndjson from "@tidegate/codec/effect/Ndjson"
import * as Typed from "@tidegate/codec/effect/Typed"
import { FrameError, isFrameError } from "@tidegate/codec/FrameError"
import * as LengthPrefixed from "@tidegate/codec/LengthPrefixed"
import * as Line from "@tidegate/codec/Line"
import * as MappedCodec from "@tidegate/codec/MappedCodec"
import * as Schema from "effect/Schema"

const Request = Schema.Struct({
  name: Schema.String,
  age: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 150 })),
  token: Schema.optionalKey(Schema.String)
})
const Reply = Schema.Struct({ at: Schema.Date, ok: Schema.Boolean })

export const codec = Ndjson.make({ in: Request, out: Reply }, { maxLength: 64_000, onTooLong: "discard" })

export const answer = (chunk: Uint8Array, at: Date): ReadonlyArray<Uint8Array | FrameError> => {
  const encoder = codec.encoder()
  return codec
    .decoder()
    .push(chunk)
    .map((request) => encoder.encode({ at, ok: !isFrameError(request) }))
}

export const overLengths = Typed.make(MappedCodec.text(LengthPrefixed.u32be({ maxFrameLength: 64_000 })), Request)

export const temperatures = Typed.direct(Line.make({ encoding: "utf8" }), Schema.FiniteFromString)

export const compact = Binary.make(LengthPrefixed.u32be({ maxFrameLength: 64_000 }), Request)
export const asSchemaBinaryWrites = Binary.delimited(Request, { maxFrameLength: 64_000 })

export const points = MappedCodec.make(LengthPrefixed.u8(), {
  name: "points",
  explain: (other) => `${other} Each is x and y, one byte each.`,
  decode: ([x, y, ...more], position) =>
    x !== undefined && y !== undefined && more.length === 0
      ? { x, y }
      : new FrameError({ kind: "invalid_message", message: `no point at byte ${position}`, position, fatal: false }),
  encode: (point: { readonly x: number; readonly y: number }) => Uint8Array.of(point.x, point.y)
})
