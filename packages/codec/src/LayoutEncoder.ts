/**
 * What all encoders have in common: frames laid out as bytes, in one piece or as a list for one `writev`.
 *
 * @since 0.1.0
 */
import type { Encoder } from "./Codec.ts"
import { FrameError } from "./FrameError.ts"
import { allocate } from "./internal/Slab.ts"

/**
 * Where the bytes of one frame are: in front of its payload, the payload, and behind it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Layout {
  readonly before: Uint8Array
  readonly payload: Uint8Array
  readonly after: Uint8Array
}

// From here on a copy costs more than a piece of its own in the list that the kernel is given.
const pieceFrom = 4096
const noBytes = new Uint8Array(0)

/**
 * Makes an encoder from the layout of a frame.
 *
 * **When to use**
 *
 * To write a codec of your own.
 *
 * **Shapes**
 *
 * - `layOut(frame)` gives the parts of the frame's bytes, or why the decoder of the other side would refuse it. They may be sent as
 *   they are, so nobody may write to them afterwards.
 * - `encode` copies the parts into one new array; where there is nothing around the payload it is the payload itself.
 * - `encodeAll` joins small parts, and takes a payload of 4 KiB or more as a piece of its own.
 *
 * @category constructors
 * @since 0.1.0
 */
export const layoutEncoder = <Frame>(layOut: (frame: Frame) => Layout | FrameError): Encoder<Frame> => ({
  encode: (frame) => {
    const layout = layOut(frame)
    if (layout instanceof FrameError) return layout
    const { after, before, payload } = layout
    if (before.length === 0 && after.length === 0) return payload
    const bytes = allocate(before.length + payload.length + after.length)
    put(before, bytes, 0)
    put(payload, bytes, before.length)
    put(after, bytes, before.length + payload.length)
    return bytes
  },
  encodeAll: (frames) => {
    const batch = new Batch()
    let index = 0
    for (const frame of frames) {
      const layout = layOut(frame)
      if (layout instanceof FrameError) return new FrameError({ ...layout, frame: index })
      batch.add(layout)
      index++
    }
    return batch.pieces()
  }
})

/**
 * A layout whose payload stands alone.
 *
 * @category constructors
 * @since 0.1.0
 */
export const bare = (payload: Uint8Array): Layout => ({ before: noBytes, payload, after: noBytes })

// Headers and terminators have a few bytes: a loop takes 1 ns for each, `set` 13 ns for any number of them (Node 24).
const loopBelow = 9

const put = (part: Uint8Array, bytes: Uint8Array, at: number): void => {
  const { length } = part
  if (length >= loopBelow) bytes.set(part, at)
  else for (let index = 0; index < length; index++) bytes[at + index] = part[index] ?? 0
}

const oneOf = (parts: ReadonlyArray<Uint8Array>, size: number): Uint8Array => {
  const bytes = allocate(size)
  let at = 0
  for (const part of parts) {
    put(part, bytes, at)
    at += part.length
  }
  return bytes
}

/** Collects parts; what is small is joined with its neighbours. */
class Batch {
  readonly #done: Array<Uint8Array> = []
  #small: Array<Uint8Array> = []
  #smallBytes = 0

  add({ after, before, payload }: Layout): void {
    this.#join(before)
    if (payload.length < pieceFrom) this.#join(payload)
    else {
      this.#seal()
      this.#done.push(payload)
    }
    this.#join(after)
  }

  pieces(): ReadonlyArray<Uint8Array> {
    this.#seal()
    return this.#done
  }

  #join(part: Uint8Array): void {
    if (part.length === 0) return
    this.#small.push(part)
    this.#smallBytes += part.length
  }

  #seal(): void {
    if (this.#small.length === 0) return
    // Also a single one: it may be a terminator that all frames share, and pieces belong to who gets them.
    this.#done.push(oneOf(this.#small, this.#smallBytes))
    this.#small = []
    this.#smallBytes = 0
  }
}
