/**
 * What the delimiter codec means, said naively: on the whole stream, frame by frame, without chunks and without state.
 */
import type { DelimiterOptions } from "../../src/Delimiter.ts"
import { hex } from "./Bytes.ts"
import type { Piece } from "./Laws.ts"

/** Every option that decoding depends on. */
export interface DelimiterCase {
  readonly delimiters: ReadonlyArray<Uint8Array>
  readonly maxLength: number
  readonly stripTerminator: boolean
  readonly onTooLong: "discard" | "fatal"
  readonly failFast: boolean
  readonly onPartialEof: "error" | "drop" | "emit"
}

/** The same as options, with what the encoder writes. */
export const optionsOf = (given: DelimiterCase, terminator?: Uint8Array): DelimiterOptions =>
  given.stripTerminator ? { ...given, terminator } : given

const endsIn = (bytes: Uint8Array, size: number, part: Uint8Array, partSize: number): boolean => {
  if (partSize > size) return false
  for (let at = 0; at < partSize; at++) {
    if (bytes[size - partSize + at] !== part[at]) return false
  }
  return true
}

// How many bytes of the longest delimiter the first `size` bytes end in; 0: of none.
const delimiterSize = (bytes: Uint8Array, size: number, delimiters: ReadonlyArray<Uint8Array>): number => {
  let longest = 0
  for (const delimiter of delimiters) {
    if (delimiter.length > longest && endsIn(bytes, size, delimiter, delimiter.length)) longest = delimiter.length
  }
  return longest
}

// The longest beginning of a delimiter that the bytes end in: not content until the next byte decides.
const undecidedSize = (bytes: Uint8Array, delimiters: ReadonlyArray<Uint8Array>): number => {
  let longest = 0
  for (const delimiter of delimiters) {
    for (let size = longest + 1; size < delimiter.length; size++) {
      if (endsIn(bytes, bytes.length, delimiter, size)) longest = size
    }
  }
  return longest
}

/** Tells whether each of the delimiters can win: by trying what the set makes of a stream that is that delimiter. */
export const canAllWin = (delimiters: ReadonlyArray<Uint8Array>): boolean =>
  delimiters.every((delimiter, index) => {
    const [first] = framesOf(delimiter, delimiters)
    const isTwice = delimiters.some((other, at) => at < index && hex(other) === hex(delimiter))
    return !isTwice && first?.length === delimiter.length
  })

const framesOf = (stream: Uint8Array, delimiters: ReadonlyArray<Uint8Array>): ReadonlyArray<Uint8Array> => {
  const frames: Array<Uint8Array> = []
  let rest = stream
  while (rest.length > 0) {
    let size = 1
    while (size < rest.length && delimiterSize(rest, size, delimiters) === 0) size++
    frames.push(rest.slice(0, size))
    rest = rest.slice(size)
  }
  return frames
}

const tooLong = (frame: Uint8Array, start: number, size: number, given: DelimiterCase): string => {
  const limit = given.maxLength
  const seen = given.failFast ? limit + 1 : size
  const head = hex(frame.slice(0, Math.min(16, limit + 1)))
  return `frame_too_long at ${start} size ${seen} limit ${limit} fatal ${given.onTooLong === "fatal"} head ${head}`
}

/** What becomes of one frame; `open` where it has no delimiter and one may still come. */
const outcome = (frame: Uint8Array, start: number, open: boolean, given: DelimiterCase): Piece => {
  const delimiter = delimiterSize(frame, frame.length, given.delimiters)
  const ended = delimiter > 0
  // Where EOF makes a frame of what is there, half a delimiter is decided to be content.
  const isDecided = ended || (!open && given.onPartialEof === "emit")
  const content = frame.length - delimiter
  const size = content - (isDecided ? 0 : undecidedSize(frame, given.delimiters))
  const isTooLong = size > given.maxLength
  const piece = { start, end: start + frame.length, ended, fatal: false, held: ended || isTooLong ? 0 : frame.length }
  if (isTooLong) {
    const isTold = ended || !open || given.failFast
    const gives = isTold ? tooLong(frame, start, open ? size : content, given) : undefined
    return { ...piece, gives, fatal: isTold && given.onTooLong === "fatal" }
  }
  if (ended || (!open && given.onPartialEof === "emit")) {
    const bytes = given.stripTerminator ? frame.slice(0, frame.length - delimiter) : frame
    return { ...piece, gives: `bytes ${hex(bytes)}`, frameAt: start }
  }
  if (open || given.onPartialEof === "drop") return { ...piece, gives: undefined }
  const head = hex(frame.slice(0, 16))
  const gives = `truncated at ${start} size ${frame.length} limit undefined fatal true head ${head}`
  return { ...piece, gives, fatal: true }
}

/** Every frame of `stream`, up to the first fatal error, with or without EOF behind it. */
export const delimiterPieces = (
  stream: Uint8Array,
  eof: boolean,
  given: DelimiterCase,
  maxAt: (start: number) => number = () => given.maxLength
): ReadonlyArray<Piece> => {
  const pieces: Array<Piece> = []
  let start = 0
  for (const frame of framesOf(stream, given.delimiters)) {
    const piece = outcome(frame, start, !eof, { ...given, maxLength: maxAt(start) })
    pieces.push(piece)
    if (piece.fatal) break
    start += frame.length
  }
  return pieces
}

/** Everything that decoding `stream` gives. */
export const delimiterReference = (stream: Uint8Array, eof: boolean, given: DelimiterCase): ReadonlyArray<string> =>
  delimiterPieces(stream, eof, given).flatMap(({ gives }) => (gives === undefined ? [] : [gives]))
