/**
 * Looking at a part of a chunk without copying it.
 *
 * @since 0.1.0
 */

/**
 * A view of `bytes[start, end)`: a plain `Uint8Array` over the same memory, also where `bytes` is a `Buffer`.
 *
 * **Shapes**
 *
 * - `0 <= start <= end <= bytes.length`.
 *
 * @category views
 * @since 0.1.0
 */
// The fastest of the four ways for a Buffer and for a Uint8Array: 27 ns, against 31 (`bytes.subarray`), 36
// (`Buffer.prototype.subarray.call`) and 33–95 (`Uint8Array.prototype.subarray.call`, slow over a Buffer because of its
// species); 64-byte lines, Node 24. And a frame is then of one class, whatever the chunks were.
export const viewOf = (bytes: Uint8Array, start: number, end: number): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start)
