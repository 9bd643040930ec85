/**
 * How the bytes of a connection become frames, and its name in the configuration.
 */
import type { Codec } from "@tidegate/codec/Codec"
import * as Delimiter from "@tidegate/codec/Delimiter"
import * as FixedLength from "@tidegate/codec/FixedLength"
import { InvalidCodecOptions } from "@tidegate/codec/InvalidCodecOptions"
import * as LengthPrefixed from "@tidegate/codec/LengthPrefixed"
import * as Line from "@tidegate/codec/Line"
import * as Netstring from "@tidegate/codec/Netstring"
import * as Varint from "@tidegate/codec/Varint"
import { integer, oneOf } from "./Setting.ts"

const named = ["line", "raw", "netstring"] as const
const lengths = [...LengthPrefixed.presets, "varint"] as const

/** `raw` is none: the bytes come back as they came. */
export type Framing =
  | (typeof named)[number]
  | { readonly _tag: "fixed"; readonly length: number }
  | { readonly _tag: "length"; readonly field: (typeof lengths)[number] }
  | { readonly _tag: "delimiter"; readonly delimiters: ReadonlyArray<Uint8Array> }

/** Why there is no codec: what a framing would have to be, and whether the largest frame stands in its way. */
export interface NoCodec {
  readonly expected: string
  readonly isTooLarge: boolean
}

export const isNoCodec = (made: Codec<Uint8Array> | NoCodec): made is NoCodec => "expected" in made

/** In words, what `parse` takes. */
export const allowed = `line, raw, netstring, fixed:N with N from 1, length:F with F one of ${lengths.join(", ")}, or delimiter:HEX[,HEX…] such as delimiter:0d0a,0a`

/** `undefined` for a text that is not `allowed`. */
export const parse = (text: string): Framing | undefined => {
  const colon = text.indexOf(":")
  if (colon === -1) return oneOf(named)(text)
  const value = text.slice(colon + 1)
  switch (text.slice(0, colon)) {
    case "fixed":
      return fixed(value)
    case "length":
      return lengthPrefixed(value)
    case "delimiter":
      return delimited(value)
    default:
      return undefined
  }
}

const fixed = (text: string): Framing | undefined => {
  const length = integer(1, Number.MAX_SAFE_INTEGER)(text)
  return length === undefined ? undefined : { _tag: "fixed", length }
}

const lengthPrefixed = (text: string): Framing | undefined => {
  const field = oneOf(lengths)(text)
  return field === undefined ? undefined : { _tag: "length", field }
}

const delimited = (text: string): Framing | undefined =>
  /^([0-9a-f]{2})+(,([0-9a-f]{2})+)*$/i.test(text)
    ? { _tag: "delimiter", delimiters: text.split(",").map((hex) => new Uint8Array(Buffer.from(hex, "hex"))) }
    : undefined

/**
 * The codec whose frames are what came, so that they go out as they are; a last frame that EOF cuts short is none, and gets no reply
 * (S104).
 *
 * **Shapes**
 *
 * - `maxFrame` counts the content: neither the end of a line, nor a delimiter, nor a length.
 */
export const codecOf = (framing: Exclude<Framing, "raw">, maxFrame: number): Codec<Uint8Array> | NoCodec => {
  if (framing === "line") return Line.make({ maxLength: maxFrame, stripTerminator: false, onPartialEof: "drop" })
  if (framing === "netstring") return Netstring.make({ maxLength: maxFrame, onPartialEof: "drop" })
  switch (framing._tag) {
    case "fixed":
      return framing.length > maxFrame
        ? { expected: `frames of at most ${bytes(maxFrame)}`, isTooLarge: true }
        : FixedLength.make({ length: framing.length, onPartialEof: "drop" })
    case "length":
      return lengthCodec(framing.field, maxFrame)
    case "delimiter":
      return delimiterCodec(framing.delimiters, maxFrame)
  }
}

const lengthCodec = (field: (typeof lengths)[number], maxFrame: number): Codec<Uint8Array> | NoCodec => {
  const limits = { maxFrameLength: maxFrame, maxAppliesTo: "field", onPartialEof: "drop" } as const
  if (field === "varint") return Varint.make(limits)
  const header = Number(/\d+/.exec(field)?.[0]) / 8
  const endian = field.endsWith("le") ? "little" : "big"
  return header > maxFrame
    ? { expected: `a length of at most ${bytes(maxFrame)}`, isTooLarge: true }
    : LengthPrefixed.make({ lengthFieldLength: header, endian, ...limits })
}

const delimiterCodec = (delimiters: ReadonlyArray<Uint8Array>, maxFrame: number): Codec<Uint8Array> | NoCodec => {
  const options = { delimiters, maxLength: maxFrame, stripTerminator: false, onPartialEof: "drop" } as const
  const made = Delimiter.tryMake(options)
  if (!(made instanceof InvalidCodecOptions)) return made
  const expected = made.invalid.map(({ allowed, key }) => `${key} to be ${allowed}`).join("; ")
  return { expected, isTooLarge: false }
}

const bytes = (count: number): string => (count === 1 ? "1 byte" : `${count} bytes`)
