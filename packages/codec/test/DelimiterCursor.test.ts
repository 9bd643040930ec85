import { assert, describe, it } from "@effect/vitest"
import * as Delimiter from "../src/Delimiter.ts"
import { isInvalidCodecOptions } from "../src/InvalidCodecOptions.ts"
import type { IndexOfByte } from "../src/internal/ByteSearch.ts"
import { DelimiterAutomaton } from "../src/internal/DelimiterAutomaton.ts"
import { marksOf } from "../src/internal/DelimiterCandidates.ts"
import { DelimiterCursor } from "../src/internal/DelimiterCursor.ts"
import { DelimiterDecoder } from "../src/internal/DelimiterDecoder.ts"
import { readDelimiterOptions } from "../src/internal/DelimiterSettings.ts"
import { concat, shown, utf8 } from "./support/Bytes.ts"
import { canAllWin, type DelimiterCase, optionsOf } from "./support/DelimiterReference.ts"
import { delimiterCase, delimiterStream } from "./support/DelimiterStreams.ts"
import { chunksOf, cut, decoded, someRuns } from "./support/Streams.ts"

const oneByteEach = [1]
const gap = "x".repeat(20)

/** Settings as the codec makes them. */
const settingsOf = (options: Delimiter.DelimiterOptions) => {
  const settings = readDelimiterOptions(options)
  if (isInvalidCodecOptions(settings)) throw settings
  return settings
}

/** Chunks whose bytes tell how often they were read, in place or by a search. */
class Watched {
  readonly reads: Array<number> = []
  inPlace = 0
  #chunk: Uint8Array = new Uint8Array(0)
  #start = 0

  readonly indexOf: IndexOfByte = (_, byte, from) => {
    const found = this.#chunk.indexOf(byte, from)
    const until = found === -1 ? this.#chunk.length : found + 1
    for (let at = from; at < until; at++) this.#count(at)
    return found
  }

  next(chunk: Uint8Array): Uint8Array {
    this.#start += this.#chunk.length
    this.#chunk = chunk
    return new Proxy(chunk, {
      get: (target, key) => {
        if (typeof key === "string" && /^\d+$/.test(key)) {
          this.#count(Number(key))
          this.inPlace++
        }
        return Reflect.get(target, key, target)
      }
    })
  }

  #count(at: number): void {
    this.reads[this.#start + at] = (this.reads[this.#start + at] ?? 0) + 1
  }
}

/** Every end in the chunks, counted from the start of the first, with the length of what has ended. */
const endsIn = (
  delimiters: ReadonlyArray<Uint8Array>,
  chunks: ReadonlyArray<Uint8Array>,
  watched: Watched
): ReadonlyArray<string> => {
  const cursor = new DelimiterCursor(new DelimiterAutomaton(delimiters), marksOf(delimiters), watched.indexOf)
  const ends: Array<string> = []
  let start = 0
  for (const chunk of chunks) {
    const read = watched.next(chunk)
    for (let at = 0; at < chunk.length; ) {
      const end = cursor.find(read, at)
      if (end !== -1) ends.push(`${start + end}: ${cursor.pending}`)
      at = end === -1 ? chunk.length : end
    }
    start += chunk.length
  }
  return ends
}

const naiveEnds = (delimiters: ReadonlyArray<Uint8Array>, stream: Uint8Array): ReadonlyArray<string> => {
  const text = String.fromCharCode(...stream)
  const ends: Array<string> = []
  let start = 0
  for (let end = 1; end <= text.length; end++) {
    const sizes = delimiters.filter((each) => text.slice(start, end).endsWith(String.fromCharCode(...each)))
    if (sizes.length === 0) continue
    ends.push(`${end}: ${Math.max(...sizes.map(({ length }) => length))}`)
    start = end
  }
  return ends
}

describe("DelimiterCursor", () => {
  it.prop(
    "P7 FF-32 each byte is searched once for each byte that is looked for, and stepped over once",
    { settings: delimiterCase, stream: delimiterStream, cut },
    ({ cut, settings, stream }) => {
      const { delimiters } = settings
      for (const sizes of [oneByteEach, cut]) {
        const watched = new Watched()
        assert.deepStrictEqual(endsIn(delimiters, chunksOf(stream, sizes), watched), naiveEnds(delimiters, stream))
        const searches = marksOf(delimiters).bytes.length
        assert.isAtMost(Math.max(0, ...watched.reads), searches + 1, shown(stream))
      }
    },
    someRuns
  )

  it("what is looked for is the byte that all have in common, the one that stands nearest to their beginning", () => {
    for (const [set, bytes, reach] of [
      [["\r\n"], "\r", 0],
      [["\n", "\r\n"], "\n", 1],
      [["ab", "cba"], "b", 1],
      [["|", ";;"], "|;", 0]
    ] as const) {
      const marks = marksOf(set.map(utf8))
      assert.deepStrictEqual([String.fromCharCode(...marks.bytes), marks.reach], [bytes, reach])
    }
  })

  it("P7 also far from every delimiter, with one, two and more bytes to look for", () => {
    const far = (text: string): string => `${"x".repeat(100)}${text}`
    for (const [set, marks] of [
      [["|"], 1],
      [["\r\n"], 1],
      [["\n", "\r\n"], 1],
      [["x|", "|"], 1],
      [["|", ";"], 2],
      [["|", ";", "!!", "\r\n"], 4],
      [["|", ";", "!!", "\r\n", "ab"], 5]
    ] as const) {
      const delimiters = set.map(utf8)
      assert.strictEqual(marksOf(delimiters).bytes.length, marks)
      const stream = utf8([...set, ...set, "\r", "!", "x", "a", "\r\n"].map(far).join("") + far(""))
      for (const sizes of [[1], [50], [150], [1000]] as const) {
        const watched = new Watched()
        assert.deepStrictEqual(endsIn(delimiters, chunksOf(stream, sizes), watched), naiveEnds(delimiters, stream))
        assert.isAtMost(Math.max(...watched.reads), marks > 4 ? 2 : marks + 1)
        // The rest was passed by a native search.
        if (marks <= 4 && sizes[0] === 1000) assert.isBelow(watched.inPlace, stream.length / 5)
      }
    }
  })

  it.prop(
    "P1 P7 the same where delimiters are far apart, and the bytes between them are passed natively",
    { settings: delimiterCase, stream: delimiterStream, cut },
    ({ cut, settings, stream }) => {
      const { delimiters } = settings
      const wide = concat([...stream].map((byte) => (byte === 99 ? utf8("d".repeat(15)) : Uint8Array.of(byte))))
      const searches = marksOf(delimiters).bytes.length
      for (const sizes of [[1000], [16], cut]) {
        const watched = new Watched()
        assert.deepStrictEqual(endsIn(delimiters, chunksOf(wide, sizes), watched), naiveEnds(delimiters, wide))
        assert.isAtMost(Math.max(0, ...watched.reads), searches + 1)
      }
    },
    someRuns
  )

  it("what was found further on in one chunk says nothing about the next", () => {
    const delimiters = ["|", ";"].map(utf8)
    for (const chunks of [
      [`${gap}|`, `${gap.slice(2)};|`],
      [`${gap}|${gap}`, `${gap}${gap};`],
      [gap, `${gap};`]
    ]) {
      const found = endsIn(delimiters, chunks.map(utf8), new Watched())
      assert.deepStrictEqual(found, naiveEnds(delimiters, utf8(chunks.join(""))))
    }
  })

  it.prop(
    "P7 the decoder reads on from where it was: nothing is searched again, frames too long included",
    { settings: delimiterCase, stream: delimiterStream, cut },
    ({ cut, settings, stream }) => {
      const given: DelimiterCase = { ...settings, onTooLong: "discard" }
      for (const sizes of [oneByteEach, cut]) {
        const { decoder, read } = countingDecoder(optionsOf(given))
        decoded(decoder, chunksOf(stream, sizes))
        assert.strictEqual(read(), stream.length)
      }
    },
    someRuns
  )

  it("P7 FF-32 4 MiB of half delimiters in chunks of 1 KiB, and 64 KiB in chunks of one byte, are read once", () => {
    for (const [size, total] of [
      [1024, 4 * 1024 * 1024],
      [1, 65_536]
    ] as const) {
      const { decoder, read } = countingDecoder({ delimiters: ["\r\n"], maxLength: total })
      const chunk = new Uint8Array(size).fill(13)
      for (let sent = 0; sent < total; sent += size) decoder.push(chunk)
      const [frame] = decoder.push(utf8("\r\n"))
      assert.strictEqual(frame instanceof Uint8Array ? frame.length : frame, total)
      assert.strictEqual(read(), total + 2)
    }
  })

  it("P7 a long delimiter that almost comes, over and over, takes one step a byte", () => {
    const delimiters = [concat([new Uint8Array(1000).fill(97), utf8("b")])]
    const stream = concat(Array.from({ length: 20 }, () => concat([new Uint8Array(999).fill(97), utf8("c")])))
    const watched = new Watched()
    assert.deepStrictEqual(endsIn(delimiters, chunksOf(stream, [700]), watched), [])
    assert.isAtMost(Math.max(...watched.reads), 2)
  })
})

/** A decoder that counts how many bytes its cursor is given. */
const countingDecoder = (options: Delimiter.DelimiterOptions) => {
  const settings = settingsOf(options)
  let read = 0
  class CountingCursor extends DelimiterCursor {
    override find(chunk: Uint8Array, from: number): number {
      const end = super.find(chunk, from)
      read += (end === -1 ? chunk.length : end) - from
      return end
    }
  }
  const cursor = new CountingCursor(settings.automaton, settings.marks)
  return { decoder: new DelimiterDecoder(settings, cursor), read: () => read }
}

describe("DelimiterAutomaton", () => {
  it("refuses exactly the sets of which one can never win: every pair and some triples of short delimiters", () => {
    const words = ["a", "b", "aa", "ab", "ba", "bb", "aab", "aba", "abb", "bab", "bba", "abab"].map(utf8)
    let refused = 0
    for (const one of words) {
      for (const two of words) {
        for (const three of words) {
          const set = [one, two, three]
          const conflicts = new DelimiterAutomaton(set).conflicts()
          assert.strictEqual(conflicts.length === 0, canAllWin(set), set.map(shown).join())
          refused += conflicts.length === 0 ? 0 : 1
        }
      }
    }
    assert.isAbove(refused, 0)
    assert.isBelow(refused, words.length ** 3)
  })

  it("P3 what a delimiter costs is bounded: 64 KiB of them make a table within seconds", () => {
    const delimiter = Uint8Array.from({ length: 65_535 }, (_, index) => (index % 255 === 0 ? 1 : 0))
    const decoder = Delimiter.make({ delimiters: [delimiter] }).decoder()
    assert.deepStrictEqual(
      decoder.push(concat([utf8("x"), delimiter])).map((frame) => (frame instanceof Uint8Array ? frame.length : frame)),
      [1]
    )
  })
})
