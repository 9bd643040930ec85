/**
 * Reading what a frame says about its length before it comes.
 *
 * @since 0.1.0
 */
import type { Whole } from "./Whole.ts"

/**
 * What a frame announces.
 *
 * **Shapes**
 *
 * - `header`: how many bytes it has up to the end of its length. `total`: all of its bytes, those and the one that ends it included.
 * - `counted`: what the limit is compared with. `strip`: how many of its first bytes are cut off.
 *
 * @category models
 * @since 0.1.0
 */
export interface Announced {
  readonly header: number
  readonly total: Whole
  readonly counted: Whole
  readonly strip: number
}

/**
 * A length that cannot be true: why, how many bytes of the frame tell it, and the size of the frame that it would make, if any.
 *
 * @category models
 * @since 0.1.0
 */
export interface Untrue {
  readonly why: string
  readonly seen: number
  readonly size?: Whole
}

/**
 * Reads the lengths of one stream. It is a part of the decoder and no kind of one: a third class that inherits made every decoder three
 * times as slow (260 ns a frame instead of 75, Node 24).
 *
 * **Shapes**
 *
 * - `read(bytes, at, kept)` reads on in the frame that is in progress, `kept` bytes of which it has read already. `undefined`: the length
 *   is not complete, and all bytes were read.
 * - `fixedHeader`: how many bytes the header has, and how many of them are cut off, where that is the same for all frames. Then a whole
 *   header is read at once: `kept` is 0.
 * - `end`: the byte that every frame ends with, where there is one.
 *
 * @category models
 * @since 0.1.0
 */
export interface LengthReader {
  readonly read: (bytes: Uint8Array, at: number, kept: number) => Announced | Untrue | undefined
  readonly fixedHeader: { readonly size: number; readonly strip: number } | undefined
  readonly end: number | undefined
}
