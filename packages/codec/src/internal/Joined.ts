/**
 * Pieces one behind the other.
 *
 * @since 0.1.0
 */
import { viewOf } from "./ByteView.ts"

/** Copies the first `size` bytes of pieces that have as many. */
export const joined = (pieces: ReadonlyArray<Uint8Array>, size: number): Uint8Array => {
  const bytes = new Uint8Array(size)
  let at = 0
  for (const piece of pieces) {
    if (at === size) break
    const part = piece.length <= size - at ? piece : viewOf(piece, 0, size - at)
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
