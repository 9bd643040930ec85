/**
 * What options of several codecs mean, in words.
 *
 * @since 0.1.0
 */

/** A maximum. */
export const atMost = (subject: string, max: number, counted: string): string =>
  max === Number.POSITIVE_INFINITY
    ? `${subject} may be of any length.`
    : `${subject} has at most ${bytes(max)}, counted ${counted}.`

/** What follows a frame over it, behind a space; nothing where no frame can be. */
export const afterTooLong = (
  frame: string,
  settings: { readonly maxLength: number; readonly failFast?: boolean; readonly onTooLong: "discard" | "fatal" }
): string => {
  const { failFast, maxLength, onTooLong } = settings
  if (maxLength === Number.POSITIVE_INFINITY) return ""
  const when = failFast === undefined ? "" : failFast ? " as soon as it passes the limit" : " when it has ended"
  return onTooLong === "fatal"
    ? ` A longer one is an error${when}, and nothing is decoded after it.`
    : ` A longer one is an error${when}; its bytes are dropped, and the next ${frame} is decoded.`
}

/** What EOF inside a frame means. */
export const atPartialEof = (frame: string, onPartialEof: "error" | "drop" | "emit"): string => {
  switch (onPartialEof) {
    case "error":
      return `EOF inside a ${frame} is an error.`
    case "drop":
      return `What EOF leaves of a ${frame} is dropped.`
    case "emit":
      return `What EOF leaves of a ${frame} is a frame.`
  }
}

/** A number of bytes. */
export const bytes = (count: number | bigint): string => (count === 1 ? "1 byte" : `${count} bytes`)

/** A byte in hexadecimal. */
export const hexOf = (byte: number): string => `0x${byte.toString(16).padStart(2, "0")}`
