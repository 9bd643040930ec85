/**
 * The options of the line codec in words.
 *
 * @since 0.1.0
 */
import type { LineSettings } from "./LineSettings.ts"
import { afterTooLong, atMost, atPartialEof } from "./Words.ts"

/** What a set of options means, for people. */
export const explainLines = (settings: LineSettings): string => {
  const { carriageReturn, encoding, maxLength, stripTerminator, terminator } = settings
  const ends =
    carriageReturn === "strip"
      ? "An LF ends a line, with the CR before it if there is one"
      : "Only an LF ends a line; a CR is content"
  const given = stripTerminator ? "frames come without what ended them" : "frames keep the bytes that ended them"
  const text =
    encoding === "utf8" ? " Frames are text in UTF-8; a line that is not is an error, and the next one is decoded." : ""
  const written = stripTerminator ? ` The encoder ends each with ${terminator === "\n" ? "LF" : "CR LF"}.` : ""
  return `${ends}; ${given}. ${atMost("A line", maxLength, "without its end")}${afterTooLong("line", settings)}${text} ${atPartialEof("line", settings.onPartialEof)}${written}`
}
