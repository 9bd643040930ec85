/**
 * What has to hold for every input, whatever it is.
 */
import type { Decoder } from "@tidegate/codec/Codec"
import { isFrameError } from "@tidegate/codec/FrameError"
import type { Batch } from "./Batch.ts"
import { Hash } from "./Hash.ts"
import type { Input } from "./Input.ts"

/** Decodes one input in one chunk and in several, and says what is wrong. */
export class Check {
  private readonly batch: Batch
  private readonly whole: Hash
  private readonly parts: Hash
  private readonly later: Hash
  private readonly given: Array<unknown> = []

  constructor(batch: Batch) {
    this.batch = batch
    this.whole = new Hash(batch.showsCuts)
    this.parts = new Hash(batch.showsCuts)
    this.later = new Hash(batch.showsCuts)
  }

  /** `undefined`: nothing is wrong. */
  run(input: Input): string | undefined {
    try {
      const wrong =
        this.decode(input, [input.length], false, this.whole) ??
        this.decode(input, input.cuts, input.isFedFirst, this.parts)
      if (wrong !== undefined) return wrong
    } catch (error) {
      return `threw ${error instanceof Error ? error.stack : error}`
    }
    if (this.whole.value !== this.parts.value) return "P1 the result depends on the cuts"
    const { intact } = input
    if (intact !== undefined && intact.hash !== this.whole.value) return "P6 not what was encoded"
    return undefined
  }

  private decode(input: Input, ends: ReadonlyArray<number>, isFedFirst: boolean, hash: Hash): string | undefined {
    const decoder = this.batch.decoder()
    this.given.length = 0
    hash.restart()
    let from = 0
    for (const end of ends) {
      decoder.feed(input.bytes.subarray(from, end))
      from = end
      if (isFedFirst && end < input.length) continue
      const wrong =
        (isFedFirst ? this.accounted(decoder, end) : undefined) ??
        this.take(decoder, end, hash) ??
        this.accounted(decoder, end) ??
        this.held(decoder)
      if (wrong !== undefined) return wrong
    }
    return this.end(decoder, hash)
  }

  /** What is pending begins where the last frame has ended; of one that is skipped nothing is. */
  private accounted({ pendingBytes, position }: Decoder<unknown>, fed: number): string | undefined {
    return pendingBytes === 0 || position + pendingBytes === fed
      ? undefined
      : `P2 ${pendingBytes} bytes pending from ${position} on, of ${fed}`
  }

  private held(decoder: Decoder<unknown>): string | undefined {
    const { bound, givesOne } = this.batch
    const isAnothers = givesOne && this.given.length > 0
    const { pendingBytes } = decoder
    return pendingBytes > bound && !isAnothers ? `P3 ${pendingBytes} bytes pending, allowed are ${bound}` : undefined
  }

  /** Every frame and every error takes a byte at least: more of them than bytes would never end. */
  private take(decoder: Decoder<unknown>, fed: number, hash: Hash): string | undefined {
    for (let found = decoder.next(); found !== undefined; found = decoder.next()) {
      hash.add(found)
      this.given.push(found)
      if (this.given.length > fed) return `P4 more than ${fed} frames and errors from as many bytes`
      if (isFrameError(found)) {
        if (found.fatal) return this.closed(decoder, "a fatal error")
      } else {
        const wrong = this.accounted(decoder, fed)
        if (wrong !== undefined) return wrong
      }
    }
    return undefined
  }

  private end(decoder: Decoder<unknown>, hash: Hash): string | undefined {
    const { closed } = decoder
    for (const found of decoder.end()) {
      if (closed) return "P5 something comes after a fatal error"
      hash.add(found)
      this.given.push(found)
    }
    this.later.restart()
    for (const found of this.given) this.later.add(found)
    if (this.later.value !== hash.value) return "P9 a frame has changed after it was given"
    return this.closed(decoder, "EOF")
  }

  private closed(decoder: Decoder<unknown>, after: string): string | undefined {
    if (!decoder.closed) return `P5 not closed after ${after}`
    if (decoder.next() !== undefined || decoder.pendingBytes !== 0) return `P5 something comes after ${after}`
    return undefined
  }
}
