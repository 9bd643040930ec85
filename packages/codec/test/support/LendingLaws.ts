/**
 * What a decoder gives of chunks that are lent to it: the same as of chunks that it is fed, whatever is written to their memory after
 * `settle`. Beside each decoder that borrows goes one that is only fed, through the same steps.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import type { Decoded, Decoder } from "../../src/Codec.ts"
import { FramingDecoder } from "../../src/FramingDecoder.ts"
import { hex } from "./Bytes.ts"
import { chunksOf, cut, lawRuns, oneOf } from "./Streams.ts"

/** What is tested: a codec, streams that say something to it, and one comparable form of what it gives. */
export interface Borrower<Settings, Frame> {
  readonly name: string
  readonly given: Arbitrary.Arbitrary<{ readonly settings: Settings; readonly stream: Uint8Array }>
  readonly decoder: (settings: Settings) => Decoder<Frame>
  readonly shown: (item: Decoded<Frame>) => string
}

/** What is done with one chunk. */
interface Step {
  readonly lends: boolean
  /** As a `Buffer`, whose `slice` copies nothing. */
  readonly asBuffer: boolean
  /** How many frames are taken before the loan ends. */
  readonly takes: number
  /** The next chunk is fed before it ends. */
  readonly feedsOn: boolean
  /** Everything is taken before the next chunk comes. */
  readonly readsOn: boolean
}

const everything = 1_000_000
const takes = [0, 1, 1, 2, 3, everything, everything, everything]

/** Eight bits say what is done; most chunks are lent. */
const steps = Arbitrary.array(Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))), {
  minLength: 1,
  maxLength: 10
}).pipe(
  Arbitrary.map((numbers) =>
    numbers.map(
      (number): Step => ({
        lends: number % 4 !== 3,
        takes: takes[(number >> 2) % 8] ?? 0,
        asBuffer: (number >> 5) % 2 === 1,
        feedsOn: number >> 6 > 1,
        readsOn: number >> 6 < 3
      })
    )
  )
)

/** What is read into the memory next: terminators, content, what is no text. */
const garbage = oneOf([10, 0, 97, 255])

const detachesAt = oneOf([0, 1, 3, 7, everything, everything, everything, everything])

/** Declares the test. */
export const lendingLaw = <Settings, Frame>(borrower: Borrower<Settings, Frame>): void => {
  describe(`${borrower.name}: lent chunks`, () => {
    it.prop(
      "P1 P9 P12 frames, errors and state as of chunks that were fed, and nothing changes when their memory does",
      { given: borrower.given, cut, steps, garbage, detachesAt },
      (random) => {
        const { settings, stream } = random.given
        const pair = new LendingPair(borrower, settings, random.garbage)
        const chunks = chunksOf(stream, random.cut)
        const feedOn = (turn: number): number => {
          const next = chunks[turn]
          if (next !== undefined) pair.feed(next)
          return turn + 1
        }
        for (let turn = 0; turn < chunks.length; ) {
          const step = random.steps[turn % random.steps.length]
          const chunk = chunks[turn]
          if (step === undefined || chunk === undefined) break
          const isLast = turn >= random.detachesAt
          turn++
          if (step.lends) pair.lend(chunk, step.asBuffer)
          else pair.feed(chunk)
          pair.take(step.takes)
          if (isLast) pair.detach()
          if (step.feedsOn) turn = feedOn(turn)
          pair.settle()
          if (step.readsOn) pair.take(everything)
        }
        pair.end()
        pair.nothingHasChanged()
      },
      lawRuns
    )
  })
}

class LendingPair<Settings, Frame> {
  readonly #borrows: Decoder<Frame>
  readonly #isFed: Decoder<Frame>
  readonly #shown: (item: Decoded<Frame>) => string
  readonly #memory = new Uint8Array(1024)
  readonly #garbage: number
  /** What was given, and what it was then. */
  readonly #given: Array<readonly [now: () => string, then: string]> = []

  constructor({ decoder, shown }: Borrower<Settings, Frame>, settings: Settings, garbage: number) {
    this.#borrows = decoder(settings)
    this.#isFed = decoder(settings)
    this.#shown = shown
    this.#garbage = garbage
  }

  feed(chunk: Uint8Array): void {
    this.#borrows.feed(chunk.slice())
    this.#isFed.feed(chunk.slice())
    this.#areAlike()
  }

  /** A chunk that is not taken is fed. */
  lend(chunk: Uint8Array, asBuffer: boolean): void {
    const offset = 1 + (chunk.length % 3)
    this.#memory.set(chunk, offset)
    const view = asBuffer
      ? bufferOf(this.#memory.buffer, offset, chunk.length)
      : this.#memory.subarray(offset, offset + chunk.length)
    if (!borrow(this.#borrows, view)) this.#borrows.feed(chunk.slice())
    this.#isFed.feed(chunk.slice())
    this.#areAlike()
  }

  take(count: number): void {
    for (let taken = 0; taken < count; taken++) {
      const item = this.#borrows.next()
      const expected = this.#isFed.next()
      if (item !== undefined) this.#note(() => this.#shown(item))
      same(item === undefined ? item : this.#shown(item), expected === undefined ? expected : this.#shown(expected))
      this.#areAlike()
      if (expected === undefined) return
    }
  }

  settle(): void {
    this.#borrows.settle?.()
    this.#memory.fill(this.#garbage)
    this.#areAlike()
  }

  detach(): void {
    const rest = this.#borrows.detach()
    same(hex(rest), hex(this.#isFed.detach()))
    this.#note(() => hex(rest))
    this.#areAlike()
  }

  end(): void {
    const last = this.#borrows.end()
    same(last.map(this.#shown).join("\n"), this.#isFed.end().map(this.#shown).join("\n"))
    this.#areAlike()
  }

  nothingHasChanged(): void {
    this.#memory.fill(this.#garbage)
    for (const [now, then] of this.#given) same(now(), then)
  }

  #areAlike(): void {
    same(stateOf(this.#borrows), stateOf(this.#isFed))
    const start = this.#borrows.peek(5)
    same(hex(start), hex(this.#isFed.peek(5)))
    this.#note(() => hex(start))
  }

  #note(now: () => string): void {
    this.#given.push([now, now()])
  }
}

const stateOf = ({ closed, inFrame, lastPosition, pendingBytes, position }: Decoder<unknown>): string =>
  `${pendingBytes} pending, in a frame: ${inFrame}, at ${position}, the last at ${lastPosition}, closed: ${closed}`

// Of short frames `lend` takes nothing.
const borrow = (decoder: Decoder<unknown>, chunk: Uint8Array): boolean =>
  decoder instanceof FramingDecoder ? decoder["borrow"](chunk) : decoder.lend?.(chunk) === true

const { Buffer } = globalThis as unknown as {
  readonly Buffer: { readonly from: (memory: ArrayBufferLike, offset: number, length: number) => Uint8Array }
}

const bufferOf = (memory: ArrayBufferLike, offset: number, length: number): Uint8Array =>
  Buffer.from(memory, offset, length)

// An assertion makes several objects to say what was asserted: as dear as the decoding of a small stream.
const same = (actual: unknown, expected: unknown): void => {
  if (actual !== expected) assert.strictEqual(actual, expected)
}
