/**
 * A decoder around another one, for frames that are made of its frames.
 *
 * @since 0.1.0
 */
import type { Decoded, Decoder } from "../Codec.ts"
import { FrameError } from "../FrameError.ts"

/**
 * The receiving half of a mapped codec.
 *
 * @category models
 * @since 0.1.0
 */
export class MappedDecoder<From, To> implements Decoder<To> {
  readonly #inner: Decoder<From>
  readonly #decode: (frame: From, position: number) => Decoded<To> | undefined
  readonly #mapError: (error: FrameError) => FrameError
  readonly #isStateless: boolean
  #lastPosition = 0

  constructor(
    inner: Decoder<From>,
    decode: (frame: From, position: number) => Decoded<To> | undefined,
    mapError: (error: FrameError) => FrameError,
    isStateless: boolean
  ) {
    this.#inner = inner
    this.#decode = decode
    this.#mapError = mapError
    this.#isStateless = isStateless
  }

  get pendingBytes(): number {
    return this.#inner.pendingBytes
  }

  get inFrame(): boolean {
    return this.#inner.inFrame
  }

  get position(): number {
    return this.#inner.position
  }

  get lastPosition(): number {
    return this.#lastPosition
  }

  get closed(): boolean {
    return this.#inner.closed
  }

  feed(chunk: Uint8Array): void {
    this.#inner.feed(chunk)
  }

  lend(chunk: Uint8Array): boolean {
    return this.#inner.lend?.(chunk) ?? false
  }

  settle(): void {
    this.#inner.settle?.()
  }

  next(): Decoded<To> | undefined {
    for (;;) {
      const found = this.#inner.next()
      if (found === undefined) return undefined
      const given = this.#given(found, this.#inner.lastPosition)
      if (given !== undefined) return given
    }
  }

  push(chunk: Uint8Array): ReadonlyArray<Decoded<To>> {
    this.feed(chunk)
    return this.#all()
  }

  end(): ReadonlyArray<Decoded<To>> {
    const found = this.#all()
    // All whole frames are out: what EOF adds is what it makes of the one in progress.
    const { position } = this.#inner
    for (const last of this.#inner.end()) {
      const given = this.#given(last, position)
      if (given !== undefined) found.push(given)
    }
    return found
  }

  peek(count: number): Uint8Array {
    return this.#inner.peek(count)
  }

  detach(): Uint8Array {
    return this.#inner.detach()
  }

  setMaxLength(bytes: number | null): void {
    this.#inner.setMaxLength(bytes)
  }

  atRest(): boolean {
    return this.#isStateless && this.#inner.atRest?.() === true
  }

  begin(position: number): void {
    this.#inner.begin?.(position)
    this.#lastPosition = position
  }

  #given(found: Decoded<From>, position: number): Decoded<To> | undefined {
    this.#lastPosition = position
    if (found instanceof FrameError) return this.#mapError(found)
    const given = this.#decode(found, position)
    // Nothing is given after it, and what is held is of no use to anyone.
    if (given instanceof FrameError && given.fatal) this.#inner.detach()
    return given
  }

  #all(): Array<Decoded<To>> {
    const found: Array<Decoded<To>> = []
    for (let one = this.next(); one !== undefined; one = this.next()) found.push(one)
    return found
  }
}
