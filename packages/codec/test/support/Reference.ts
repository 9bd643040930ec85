/**
 * What the line codec means, said naively: on the whole stream, line by line, without chunks and without state.
 */
import type { LineSettings } from "../../src/internal/LineSettings.ts"
import { hex, textOf } from "./Bytes.ts"
import type { Piece } from "./Laws.ts"

const LF = 10
const CR = 13

const linesOf = (stream: Uint8Array): ReadonlyArray<Uint8Array> => {
  const lines: Array<Uint8Array> = []
  let rest = stream
  while (rest.length > 0) {
    const lineFeed = rest.indexOf(LF)
    const size = lineFeed === -1 ? rest.length : lineFeed + 1
    lines.push(rest.slice(0, size))
    rest = rest.slice(size)
  }
  return lines
}

const terminatorSize = (line: Uint8Array, settings: LineSettings): number => {
  if (line.at(-1) !== LF) return 0
  return settings.carriageReturn === "strip" && line.at(-2) === CR ? 2 : 1
}

const frame = (bytes: Uint8Array, position: number, settings: LineSettings): string => {
  if (settings.encoding === "bytes") return `bytes ${hex(bytes)}`
  const text = textOf(bytes)
  const head = hex(bytes.slice(0, 16))
  return text === undefined
    ? `invalid_utf8 at ${position} size ${bytes.length} limit undefined fatal false head ${head}`
    : `text ${JSON.stringify(text)}`
}

const tooLong = (line: Uint8Array, position: number, size: number, settings: LineSettings): string => {
  const limit = settings.maxLength
  const seen = settings.failFast ? limit + 1 : size
  const head = hex(line.slice(0, Math.min(16, limit + 1)))
  return `frame_too_long at ${position} size ${seen} limit ${limit} fatal ${settings.onTooLong === "fatal"} head ${head}`
}

/** What becomes of one line; `open` where it has no LF and one may still come. */
const outcome = (line: Uint8Array, start: number, open: boolean, settings: LineSettings): Piece => {
  const ended = line.at(-1) === LF
  const content = line.slice(0, line.length - terminatorSize(line, settings))
  // A CR is no content until a byte says so; where EOF makes a frame of what is there, EOF says so.
  const isDecided = ended || (!open && settings.onPartialEof === "emit")
  const undecided = !isDecided && settings.carriageReturn === "strip" && line.at(-1) === CR ? 1 : 0
  const size = content.length - undecided
  const isTooLong = size > settings.maxLength
  const piece = { start, end: start + line.length, ended, fatal: false, held: ended || isTooLong ? 0 : line.length }
  if (isTooLong) {
    const isTold = ended || !open || settings.failFast
    const gives = isTold ? tooLong(line, start, open ? size : content.length, settings) : undefined
    return { ...piece, gives, fatal: isTold && settings.onTooLong === "fatal" }
  }
  if (!ended && open) return { ...piece, gives: undefined }
  if (ended || settings.onPartialEof === "emit") {
    return { ...piece, gives: frame(settings.stripTerminator ? content : line, start, settings), frameAt: start }
  }
  const head = hex(line.slice(0, 16))
  const truncated = `truncated at ${start} size ${line.length} limit undefined fatal true head ${head}`
  return settings.onPartialEof === "error"
    ? { ...piece, gives: truncated, fatal: true }
    : { ...piece, gives: undefined }
}

/** Every line of `stream`, up to the first fatal error, with or without EOF behind it. */
export const linePieces = (
  stream: Uint8Array,
  eof: boolean,
  settings: LineSettings,
  maxAt: (start: number) => number = () => settings.maxLength
): ReadonlyArray<Piece> => {
  const pieces: Array<Piece> = []
  let start = 0
  for (const line of linesOf(stream)) {
    const piece = outcome(line, start, !eof, { ...settings, maxLength: maxAt(start) })
    pieces.push(piece)
    if (piece.fatal) break
    start += line.length
  }
  return pieces
}

/** Everything that decoding `stream` gives. */
export const reference = (stream: Uint8Array, eof: boolean, settings: LineSettings): ReadonlyArray<string> =>
  linePieces(stream, eof, settings).flatMap(({ gives }) => (gives === undefined ? [] : [gives]))
