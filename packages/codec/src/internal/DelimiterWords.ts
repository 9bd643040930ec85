/**
 * The options of the delimiter codec in words.
 *
 * @since 0.1.0
 */
import { bytesInWords } from "./BytesInWords.ts"
import type { DelimiterSettings } from "./DelimiterSettings.ts"
import { afterTooLong, atMost, atPartialEof } from "./Words.ts"

/** What a set of options means, for people. */
export const explainDelimiters = (settings: DelimiterSettings): string => {
  const { automaton, maxLength, onPartialEof, stripTerminator, terminator } = settings
  const delimiters = automaton.delimiters.map(bytesInWords)
  const rule = delimiters.length === 1 ? "" : ", whichever ends first, and of those that end together the longest"
  const given = stripTerminator ? "frames come without it" : "frames keep it"
  const written = stripTerminator ? ` The encoder ends each with ${bytesInWords(terminator)}.` : ""
  return `A frame ends with ${delimiters.join(" or ")}${rule}; ${given}. ${atMost("A frame", maxLength, "without its delimiter")}${afterTooLong("frame", settings)} ${atPartialEof("frame", onPartialEof)}${written}`
}
