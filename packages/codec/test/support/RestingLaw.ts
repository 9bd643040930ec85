/**
 * What a decoder is between two frames: as good as any other of its codec that is between two. Beside one that stays goes one that is left
 * wherever it is at rest, for another that has decoded something else before.
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
      "P1 P9 FF-32 between two frames another one goes on in its place; in a frame, with bytes held, or closed it is not at rest",
      { given, cut, pauses },
      (random) => {
        const stays = decoder(random.given.settings)
        let moves = decoder(random.given.settings)
        let spare = decoder(random.given.settings)
        chunksOf(random.given.stream, random.cut).forEach((chunk, turn) => {
          const given = all(stays.push(chunk))
          assert.strictEqual(all(moves.push(chunk)), given)
          assert.strictEqual(stateOf(moves), stateOf(stays))
          if (given !== "") assert.strictEqual(moves.lastPosition, stays.lastPosition)
          const { closed, inFrame, pendingBytes, position } = stays
          const isAtRest = moves.atRest?.()
          assert.strictEqual(isAtRest, pendingBytes === 0 && !inFrame && !closed)
          if (!isAtRest || ((random.pauses >> (turn % 8)) & 1) === 0) return
          const left = moves
          moves = spare
          spare = left
          moves.begin?.(position)
          assert.strictEqual(stateOf(moves), stateOf(stays))
        })
        assert.strictEqual(hex(moves.peek(5)), hex(stays.peek(5)))
        const isAtRest = moves.atRest?.() === true
        const last = all(stays.end())
        assert.strictEqual(all(moves.end()), last)
        if (isAtRest) assert.strictEqual(last, "")
        assert.isFalse(moves.atRest?.())
      },
      lawRuns
    )

    it.prop("P13 with another maximum than it began with it is not at rest", { given }, ({ given: { settings } }) => {
      const rested = [7, 8].filter((maximum) => {
        const hasOwn = decoder(settings)
        hasOwn.setMaxLength(maximum)
        return hasOwn.atRest?.() === true
      })
      assert.isAtMost(rested.length, 1)
    })
  })
}

const stateOf = ({ closed, inFrame, pendingBytes, position }: Decoder<unknown>): string =>
  `${pendingBytes} pending, in a frame: ${inFrame}, at ${position}, closed: ${closed}`
