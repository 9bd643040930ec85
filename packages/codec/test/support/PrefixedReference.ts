/**
 * What the codecs with announced lengths mean, said naively: on the whole stream, frame by frame, without chunks and without state, in
 * `bigint`s.
 */
import { hex } from "./Bytes.ts"
import type { Piece } from "./Laws.ts"

export interface LengthPrefixed {
  readonly lengthFieldOffset: number
  readonly lengthFieldLength: number
  readonly lengthAdjustment: number
  readonly initialBytesToStrip: number
  readonly endian: "big" | "little"
  readonly maxFrameLength: number
  readonly maxAppliesTo: "frame" | "field"
  readonly onTooLong: "discard" | "fatal"
  readonly onPartialEof: "error" | "drop" | "emit"
}

export type Varint = Pick<LengthPrefixed, "maxFrameLength" | "maxAppliesTo" | "onTooLong" | "onPartialEof">

export interface Netstring {
  readonly maxLength: number
  readonly onTooLong: "discard" | "fatal"
  readonly onPartialEof: "error" | "drop" | "emit"
}

/** What the beginning of a frame says: that it cannot be one, with the bytes that say so, or how long it will be. */
type Said =
  | { readonly bad: string; readonly seen: number; readonly size?: bigint }
  | {
      readonly header: number
      readonly total: bigint
      readonly counted: bigint
      readonly strip: number
      readonly last: string
    }

interface Rules {
  readonly onTooLong: "discard" | "fatal"
  readonly onPartialEof: "error" | "drop" | "emit"
  readonly said: (rest: Uint8Array) => Said | undefined
  /** What is cut off from a frame whose header has not ended. */
  readonly strip: number
}

const error = (
  kind: string,
  start: number,
  fields: {
    readonly size?: number | undefined
    readonly limit?: number
    readonly fatal: boolean
    readonly head: Uint8Array
  }
): string =>
  `${kind} at ${start} size ${fields.size} limit ${fields.limit} fatal ${fields.fatal} head ${hex(fields.head.slice(0, 16))}`

const unfinished = (rest: Uint8Array, start: number, eof: boolean, strip: number, rules: Rules): Piece => {
  const piece = { start, end: start + rest.length, ended: false, fatal: false, held: rest.length, gives: undefined }
  if (!eof || rules.onPartialEof === "drop") return piece
  if (rules.onPartialEof === "emit") return { ...piece, gives: `bytes ${hex(rest.slice(strip))}` }
  return { ...piece, fatal: true, gives: error("truncated", start, { size: rest.length, fatal: true, head: rest }) }
}

const pieceAt = (rest: Uint8Array, start: number, eof: boolean, max: number, rules: Rules): Piece => {
  const said = rules.said(rest)
  if (said === undefined) return unfinished(rest, start, eof, rules.strip, rules)
  if ("bad" in said) {
    const size = said.size === undefined || said.size < 0n ? undefined : Number(said.size)
    const gives = error(said.bad, start, { size, fatal: true, head: rest.slice(0, said.seen) })
    return { start, end: start + rest.length, ended: true, fatal: true, held: 0, gives }
  }
  const ended = BigInt(rest.length) >= said.total
  const end = ended ? start + Number(said.total) : start + rest.length
  if (said.counted > max) {
    const fatal = rules.onTooLong === "fatal"
    const head = rest.slice(0, said.header)
    const gives = error("frame_too_long", start, { size: Number(said.counted), limit: max, fatal, head })
    return { start, end, ended, fatal, held: 0, gives }
  }
  if (!ended) return unfinished(rest, start, eof, said.strip, rules)
  const frame = rest.slice(0, Number(said.total))
  const last = said.last === "" ? "" : String.fromCharCode(frame.at(-1) ?? 0)
  if (last !== said.last) {
    const gives = error("bad_terminator", start, { size: Number(said.counted), fatal: true, head: frame })
    return { start, end, ended, fatal: true, held: 0, gives }
  }
  const gives = `bytes ${hex(frame.slice(said.strip, frame.length - last.length))}`
  return { start, end, ended, fatal: false, held: 0, gives, frameAt: start + said.strip }
}

const piecesBy = (
  rules: Rules,
  stream: Uint8Array,
  eof: boolean,
  maxAt: (start: number) => number
): ReadonlyArray<Piece> => {
  const pieces: Array<Piece> = []
  let start = 0
  while (start < stream.length) {
    const piece = pieceAt(stream.slice(start), start, eof, maxAt(start), rules)
    pieces.push(piece)
    if (piece.fatal) break
    start = piece.end
  }
  return pieces
}

/** The number that bytes are, most significant first. */
export const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${hex(bytes)}`)

const saidByField = (rest: Uint8Array, settings: LengthPrefixed): Said | undefined => {
  const { endian, lengthAdjustment, lengthFieldLength, lengthFieldOffset, initialBytesToStrip: strip } = settings
  const header = lengthFieldOffset + lengthFieldLength
  if (rest.length < header) return undefined
  const field = rest.slice(lengthFieldOffset, header)
  const value = numberOf(endian === "big" ? field : field.reverse())
  const total = BigInt(header) + value + BigInt(lengthAdjustment)
  if (total < header || total < strip) return { bad: "bad_length", seen: header, size: total }
  return { header, total, counted: settings.maxAppliesTo === "frame" ? total : value, strip, last: "" }
}

export const lengthPrefixedPieces = (
  stream: Uint8Array,
  eof: boolean,
  settings: LengthPrefixed,
  maxAt: (start: number) => number
): ReadonlyArray<Piece> =>
  piecesBy(
    { ...settings, said: (rest) => saidByField(rest, settings), strip: settings.initialBytesToStrip },
    stream,
    eof,
    maxAt
  )

const saidByVarint = (rest: Uint8Array, { maxAppliesTo }: Varint): Said | undefined => {
  const last = rest.findIndex((byte) => byte < 128)
  const isTooLong = rest.length >= 10 && (last === -1 || last > 9)
  if (isTooLong) return { bad: "bad_length", seen: 10 }
  if (last === -1) return undefined
  const value = rest.slice(0, last + 1).reduceRight((number, byte) => number * 128n + BigInt(byte % 128), 0n)
  if (value >= 2n ** 64n) return { bad: "bad_length", seen: 10 }
  const header = last + 1
  const total = BigInt(header) + value
  return { header, total, counted: maxAppliesTo === "frame" ? total : value, strip: header, last: "" }
}

export const varintPieces = (
  stream: Uint8Array,
  eof: boolean,
  settings: Varint,
  maxAt: (start: number) => number
): ReadonlyArray<Piece> =>
  piecesBy({ ...settings, said: (rest) => saidByVarint(rest, settings), strip: 1_000 }, stream, eof, maxAt)

const saidByDigits = (rest: Uint8Array): Said | undefined => {
  const text = String.fromCharCode(...rest.slice(0, 40))
  const [digits = ""] = /^(?:0|[1-9]\d*)?/.exec(text) ?? []
  const counted = BigInt(digits)
  if (counted >= 2n ** 53n) return { bad: "bad_length", seen: BigInt(digits.slice(0, 16)) < 2n ** 53n ? 17 : 16 }
  if (digits.length === text.length) return undefined
  const header = digits.length + 1
  if (digits === "" || text[digits.length] !== ":") return { bad: "bad_length", seen: header }
  return { header, total: BigInt(header) + counted + 1n, counted, strip: header, last: "," }
}

export const netstringPieces = (
  stream: Uint8Array,
  eof: boolean,
  settings: Netstring,
  maxAt: (start: number) => number
): ReadonlyArray<Piece> => piecesBy({ ...settings, said: saidByDigits, strip: 1_000 }, stream, eof, maxAt)
