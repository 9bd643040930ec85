/**
 * The options of the line codec, checked.
 *
 * @since 0.1.0
 */
import { InvalidCodecOptions } from "../InvalidCodecOptions.ts"
import { OptionReader } from "./OptionReader.ts"

/**
 * `LineOptions` with every default filled in; no limit is `Infinity`.
 *
 * @category options
 * @since 0.1.0
 */
export interface LineSettings {
  readonly maxLength: number
  readonly stripTerminator: boolean
  readonly carriageReturn: "strip" | "keep"
  readonly terminator: "\n" | "\r\n"
  readonly encoding: "bytes" | "utf8"
  readonly onTooLong: "discard" | "fatal"
  readonly failFast: boolean
  readonly onPartialEof: "error" | "drop" | "emit"
}

const oneMebibyte = 1_048_576
// V8 throws when a string would be longer: a broken frame must stay a value.
const longestString = 2 ** 29 - 24

/** How many bytes of content there can be at most, whatever the limit. */
export const longestContent = (encoding: LineSettings["encoding"]): number =>
  encoding === "utf8" ? longestString : Number.POSITIVE_INFINITY

/**
 * Checks options and fills in the defaults.
 *
 * @category options
 * @since 0.1.0
 */
export const readLineOptions = (options: unknown): LineSettings | InvalidCodecOptions => {
  const reader = new OptionReader(options)
  const maxLength = reader.maxBytes("maxLength", oneMebibyte)
  const encoding = reader.oneOf("encoding", ["bytes", "utf8"], "bytes")
  const settings: LineSettings = {
    maxLength: Math.min(maxLength, longestContent(encoding)),
    stripTerminator: reader.flag("stripTerminator", true),
    carriageReturn: reader.oneOf("carriageReturn", ["strip", "keep"], "strip"),
    terminator: reader.oneOf("terminator", ["\n", "\r\n"], "\n"),
    encoding,
    onTooLong: reader.oneOf("onTooLong", ["discard", "fatal"], "fatal"),
    failFast: reader.flag("failFast", true),
    onPartialEof: reader.oneOf("onPartialEof", ["error", "drop", "emit"], "error")
  }
  // Else what is decoded would not be what was encoded: the CR would stay in the frame, or never be written.
  if (settings.terminator === "\r\n" && (!settings.stripTerminator || settings.carriageReturn === "keep")) {
    const allowed = `"\\n", or stripTerminator: true together with carriageReturn: "strip"`
    reader.reject("terminator", settings.terminator, allowed)
  }
  reader.rejectUnknownKeys()
  return reader.invalid.length === 0 ? settings : new InvalidCodecOptions("line", reader.invalid)
}
