/**
 * What the line codec means, said naively: on the whole stream, line by line, without chunks and without state.
 */
import type { LineSettings } from "../../src/internal/LineSettings.ts"
import { hex, textOf } from "./Bytes.ts"

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
const outcome = (line: Uint8Array, position: number, open: boolean, settings: LineSettings): ReadonlyArray<string> => {
  const ended = line.at(-1) === LF
  const content = line.slice(0, line.length - terminatorSize(line, settings))
  if (!ended && open) {
    const undecided = settings.carriageReturn === "strip" && line.at(-1) === CR ? 1 : 0
    const size = line.length - undecided
    return size > settings.maxLength && settings.failFast ? [tooLong(line, position, size, settings)] : []
  }
  if (content.length > settings.maxLength) return [tooLong(line, position, content.length, settings)]
  if (ended || settings.onPartialEof === "emit")
    return [frame(settings.stripTerminator ? content : line, position, settings)]
  const head = hex(line.slice(0, 16))
  const truncated = `truncated at ${position} size ${line.length} limit undefined fatal true head ${head}`
  return settings.onPartialEof === "error" ? [truncated] : []
}

/** Everything that decoding `stream` gives, with or without EOF behind it. */
export const reference = (stream: Uint8Array, eof: boolean, settings: LineSettings): ReadonlyArray<string> => {
  const found: Array<string> = []
  let position = 0
  for (const line of linesOf(stream)) {
    for (const item of outcome(line, position, !eof, settings)) {
      found.push(item)
      if (item.startsWith("frame_too_long") && settings.onTooLong === "fatal") return found
    }
    position += line.length
  }
  return found
}

/** How many bytes a decoder must still hold after `stream` without EOF. */
export const referencePending = (stream: Uint8Array, settings: LineSettings): number => {
  const fatal = reference(stream, false, settings).some((item) => item.includes("fatal true"))
  const last = linesOf(stream).at(-1)
  if (fatal || last === undefined || last.at(-1) === LF) return 0
  const undecided = settings.carriageReturn === "strip" && last.at(-1) === CR ? 1 : 0
  return last.length - undecided > settings.maxLength ? 0 : last.length
}
