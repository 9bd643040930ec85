/**
 * A few bytes as people read them.
 *
 * @since 0.1.0
 */

const shownAtMost = 16
const inText = /^[\t\n\r\x20-\x7e]*$/

/**
 * Bytes in words: quoted text where they are printable ASCII, tabs and line ends, else hexadecimal in angle brackets.
 *
 * **Shapes**
 *
 * - Of more than 16 bytes the first 16 and how many there are.
 *
 * @since 0.1.0
 */
export const bytesInWords = (bytes: Uint8Array): string => {
  const first = bytes.subarray(0, shownAtMost)
  const text = String.fromCharCode(...first)
  const shown = inText.test(text)
    ? JSON.stringify(text)
    : `<${Array.from(first, (byte) => byte.toString(16).padStart(2, "0")).join(" ")}>`
  return bytes.length > shownAtMost ? `${shown}… (${bytes.length} bytes)` : shown
}
