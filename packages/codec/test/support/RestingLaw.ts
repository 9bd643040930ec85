/**
 * What a decoder is once it has been put to rest: as new. Beside each one that is put to rest wherever it can be goes one that is made
 * anew there.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import type { Decoded, Decoder } from "../../src/Codec.ts"
import { hex } from "./Bytes.ts"
import { chunksOf, cut, lawRuns } from "./Streams.ts"

/** What is tested: a codec, streams that say something to it, and one comparable form of what it gives. */
export interface Rester<Settings, Frame> {
  readonly name: string
  readonly given: Arbitrary.Arbitrary<{ readonly settings: Settings; readonly stream: Uint8Array }>
  readonly decoder: (settings: Settings) => Decoder<Frame>
  readonly shown: (item: Decoded<Frame>) => string
}

/** At which chunks, of every eight, it is tried. */
const pauses = Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 255 })))

/** Declares the tests. */
export const restingLaw = <Settings, Frame>({ decoder, given, name, shown }: Rester<Settings, Frame>): void => {
  const all = (items: ReadonlyArray<Decoded<Frame>>): string => items.map(shown).join("\n")

  describe(`${name}: decoders at rest`, () => {
    it.prop(
      "P1 P9 FF-32 put to rest between two frames it is as new, and in a frame, with bytes held or closed it is not put to rest",
      { given, cut, pauses },
      (random) => {
        const rests = decoder(random.given.settings)
        let isNew = decoder(random.given.settings)
        chunksOf(random.given.stream, random.cut).forEach((chunk, turn) => {
          assert.strictEqual(all(rests.push(chunk)), all(isNew.push(chunk)))
          assert.strictEqual(stateOf(rests), stateOf(isNew))
          if (((random.pauses >> (turn % 8)) & 1) === 0) return
          const canRest = isNew.pendingBytes === 0 && !isNew.inFrame && !isNew.closed
          assert.strictEqual(rests.rest?.(), canRest)
          if (canRest) isNew = decoder(random.given.settings)
          assert.strictEqual(stateOf(rests), stateOf(isNew))
        })
        assert.strictEqual(hex(rests.peek(5)), hex(isNew.peek(5)))
        assert.strictEqual(all(rests.end()), all(isNew.end()))
        assert.isFalse(rests.rest?.())
      },
      lawRuns
    )

    it.prop(
      "P13 with another maximum than it began with it is not put to rest",
      { given },
      ({ given: { settings } }) => {
        const rested = [7, 8].filter((maximum) => {
          const hasOwn = decoder(settings)
          hasOwn.setMaxLength(maximum)
          return hasOwn.rest?.() === true
        })
        assert.isAtMost(rested.length, 1)
      }
    )
  })
}

const stateOf = ({ closed, inFrame, lastPosition, pendingBytes, position }: Decoder<unknown>): string =>
  `${pendingBytes} pending, in a frame: ${inFrame}, at ${position}, the last at ${lastPosition}, closed: ${closed}`
