/** Codecs whose frames are what stood in the stream: who has one of them need not encode it to send it on. */
import { assert, describe, it } from "@effect/vitest"
import { isFrameError } from "../../src/FrameError.ts"
import { hex, type Item } from "./Bytes.ts"
import type { Subject } from "./Laws.ts"
import { chunksOf, cut, decoded, lawRuns } from "./Streams.ts"

/** Declares the test. */
export const verbatimLaw = <Settings>(
  subject: Subject<Settings>,
  isVerbatim: (settings: Settings) => boolean | undefined
): void => {
  describe(`${subject.name}: frames as they stood in the stream`, () => {
    it.prop(
      "P2 P6 where the codec says so, each frame is its part of the stream, and encoding it gives the same bytes",
      { given: subject.given, cut },
      (random) => {
        const { settings, stream } = random.given
        if (isVerbatim(settings) !== true) return
        const max = subject.maxOf(settings)
        const giving = subject.pieces(stream, true, settings, () => max).filter(({ gives }) => gives !== undefined)
        const encoder = subject.encoder(settings)
        for (const [index, item] of decoded(subject.decoder(settings), chunksOf(stream, random.cut)).entries()) {
          if (isFrameError(item)) continue
          const { end, start } = giving[index] ?? { start: 0, end: 0 }
          same(bytesOf(item), hex(stream.slice(start, end)))
          same(bytesOf(encoder.encode(item)), bytesOf(item))
        }
      },
      lawRuns
    )
  })
}

const bytesOf = (item: Item): string =>
  item instanceof Uint8Array ? hex(item) : isFrameError(item) ? item.message : `the text ${item}`

const same = (actual: string, expected: string): void => {
  if (actual !== expected) assert.strictEqual(actual, expected)
}
