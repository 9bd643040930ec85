/**
 * Random bytes and spoilt streams, thrown at every codec; and at broken ones, which must not get away with it.
 */

import { assert, describe, it } from "@effect/vitest"
import type { Decoder } from "@tidegate/codec/Codec"
import { isFrameError } from "@tidegate/codec/FrameError"
import type { Batch, Target } from "../src/fuzz/Batch.ts"
import { describeFailure, fuzz, hanging } from "../src/fuzz/Fuzz.ts"
import { line } from "../src/fuzz/targets/line.ts"
import { targets } from "../src/fuzz/targets.ts"

const seed = 20_260_131

describe("fuzz", () => {
  for (const target of targets) {
    it(`P1 P2 P3 P4 P5 P6 P9 ${target.name}: 10,000 inputs`, { timeout: 60_000 }, () => {
      const failure = fuzz(target, { seed, from: 0, to: 10_000 })
      assert.strictEqual(failure && describeFailure(failure, seed), undefined)
    })
  }
})

/** The line codec with a mistake in it. */
const broken = (spoil: (decoder: Decoder<unknown>, batch: Batch) => Partial<Decoder<unknown>>): Target => ({
  name: "broken",
  batch: (random) => {
    const batch = line.batch(random)
    const decoder = () => {
      const sound = batch.decoder()
      const spoilt = spoil(sound, batch)
      return new Proxy(sound, {
        get: (_, key) => {
          const value: unknown = key in spoilt ? Reflect.get(spoilt, key) : Reflect.get(sound, key)
          return typeof value === "function" ? value.bind(sound) : value
        }
      })
    }
    return { ...batch, decoder }
  }
})

const wrongWith = (target: Target) => fuzz(target, { seed, from: 0, to: 5000 })?.wrong

describe("what fuzz finds", () => {
  it("P1 a result that depends on the cuts", () => {
    const target = broken((decoder) => ({
      feed: (chunk) => decoder.feed(chunk.length > 3 && chunk[2] === 10 ? chunk.subarray(1) : chunk)
    }))
    assert.strictEqual(wrongWith(target), "P1 the result depends on the cuts")
  })

  it("P2 bytes that nobody accounts for", () => {
    const target = broken((decoder) => ({
      get position() {
        return decoder.position === 40 ? 39 : decoder.position
      }
    }))
    assert.match(wrongWith(target) ?? "", /^P2 \d+ bytes pending from 39 on, of \d+$/)
  })

  it("P3 too much held", () => {
    assert.match(
      wrongWith({ ...line, batch: (random) => ({ ...line.batch(random), bound: 3 }) }) ?? "",
      /^P3 \d+ bytes pending, allowed are 3$/
    )
  })

  it("P4 frames out of nothing, without an end", () => {
    const target = broken((decoder) => ({ next: () => decoder.next() ?? new Uint8Array(0) }))
    assert.match(wrongWith(target) ?? "", /^P4 more than \d+ frames/)
  })

  it("P5 something behind a fatal error", () => {
    const target = broken((decoder) => {
      let ended = false
      return {
        next: () => {
          const found = decoder.next()
          const again = ended && found === undefined ? new Uint8Array(1) : found
          ended ||= isFrameError(found) && found.fatal
          return again
        }
      }
    })
    assert.strictEqual(wrongWith(target), "P5 something comes after a fatal error")
  })

  it("P6 a stream that does not give back what was encoded", () => {
    const target: Target = {
      ...line,
      batch: (random) => {
        const batch = line.batch(random)
        return { ...batch, valid: batch.valid.map((valid) => ({ ...valid, hash: valid.hash + 1 })) }
      }
    }
    assert.strictEqual(wrongWith(target), "P6 not what was encoded")
  })

  it("P9 a frame that changes after it was given", () => {
    const target = broken((decoder) => {
      let last: unknown
      return {
        next: () => {
          if (last instanceof Uint8Array) last.fill(0)
          last = decoder.next()
          return last
        }
      }
    })
    assert.strictEqual(wrongWith(target), "P9 a frame has changed after it was given")
  })

  it("what throws, with the command that shows it again", () => {
    const target = broken((decoder) => ({
      next: () => {
        if (decoder.pendingBytes > 20) throw new RangeError("out of bounds")
        return decoder.next()
      }
    }))
    const failure = fuzz(target, { seed, from: 0, to: 5000 })
    assert.isDefined(failure)
    assert.match(failure.wrong, /^threw RangeError: out of bounds/)
    const { index } = failure
    assert.include(describeFailure(failure, seed), `--codec "broken" --seed ${seed} --replay ${index}`)
    const again = fuzz(target, { seed, from: index, to: index + 1 })
    assert.deepStrictEqual([again?.input, again?.cuts, again?.options], [failure.input, failure.cuts, failure.options])
    assert.isUndefined(fuzz(target, { seed, from: 0, to: index }))
    // What hangs cannot be run again, only shown.
    assert.deepStrictEqual(hanging(target, seed, index), { ...failure, wrong: "hangs" })
  })
})
