/**
 * Pieces of bytes as one.
 *
 * @since 0.1.0
 */

/**
 * All pieces one after the other, in an array of their own.
 *
 * @category combining
 * @since 0.1.0
 */
export const joinedBytes = (pieces: ReadonlyArray<Uint8Array>): Uint8Array => {
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    joined.set(piece, at)
    at += piece.length
  }
  return joined
}
