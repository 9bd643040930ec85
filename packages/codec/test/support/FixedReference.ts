/** What the fixed-length codec means, said naively: on the whole stream, without chunks and without state. */
import type { FixedLengthSettings } from "../../src/internal/FixedLengthSettings.ts"
import { hex } from "./Bytes.ts"
import type { Piece } from "./Laws.ts"

const outcome = (frame: Uint8Array, start: number, eof: boolean, given: FixedLengthSettings, max: number): Piece => {
  const { length, onPartialEof } = given
  const ended = frame.length === length
  const piece = { start, end: start + frame.length, ended, fatal: false, held: ended ? 0 : frame.length }
  if (length > max) {
    const head = hex(frame.slice(0, 1))
    const gives = `frame_too_long at ${start} size ${length} limit ${max} fatal true head ${head}`
    return { ...piece, gives, fatal: true, held: 0 }
  }
  if (ended || (eof && onPartialEof === "emit")) return { ...piece, gives: `bytes ${hex(frame)}`, frameAt: start }
  if (!eof || onPartialEof === "drop") return { ...piece, gives: undefined }
  const head = hex(frame.slice(0, 16))
  const gives = `truncated at ${start} size ${frame.length} limit undefined fatal true head ${head}`
  return { ...piece, gives, fatal: true }
}

/** Every frame of `stream`, up to the first fatal error, with or without EOF behind it. */
export const fixedPieces = (
  stream: Uint8Array,
  eof: boolean,
  given: FixedLengthSettings,
  maxAt: (start: number) => number = () => Number.POSITIVE_INFINITY
): ReadonlyArray<Piece> => {
  const pieces: Array<Piece> = []
  for (let start = 0; start < stream.length; start += given.length) {
    const piece = outcome(stream.slice(start, start + given.length), start, eof, given, maxAt(start))
    pieces.push(piece)
    if (piece.fatal) break
  }
  return pieces
}
