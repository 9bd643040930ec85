import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import type { Decoded } from "../src/Codec.ts"
import { isFrameError } from "../src/FrameError.ts"
import * as Proxy from "../src/Proxy.ts"
import { concat, hex } from "./support/Bytes.ts"
import { lendingLaw } from "./support/LendingLaws.ts"
import { told, toldHeader } from "./support/ProxyHeaders.ts"
import { judged } from "./support/ProxyJudge.ts"
import { header, mutated, mutations, options, payload } from "./support/ProxyStreams.ts"
import { chunksOf, cut, manyRuns } from "./support/Streams.ts"

const max = 536

/** A part of the 10,000 streams that both properties have together. */
const runs = (part: number) => ({
  ...manyRuns,
  arbitrary: { ...manyRuns.arbitrary, runs: manyRuns.arbitrary.runs * part }
})
const wholeAndSingle = [[1_000], [1]]

/** All that a decoder gives for a stream and EOF, and the bytes behind the header. */
const run = (options: Proxy.ProxyOptions, stream: Uint8Array, sizes: ReadonlyArray<number>): ReadonlyArray<string> => {
  const decoder = Proxy.make(options).decoder()
  const found: Array<Decoded<Proxy.ProxyHeader>> = []
  let pushed = 0
  for (const chunk of chunksOf(stream, sizes)) {
    found.push(...decoder.push(chunk))
    pushed += chunk.length
    // Asked first: an assertion for each byte would cost ten times what is tested.
    const isOpen = found.length === 0 && pushed > 0
    if (decoder.inFrame !== isOpen) assert.fail(`inFrame is ${decoder.inFrame} after ${pushed} bytes`)
    if (isOpen && decoder.pendingBytes !== Math.min(pushed, max))
      assert.fail(`holds ${decoder.pendingBytes} of ${pushed}`)
  }
  const [first] = found
  if (first === undefined) return decoder.end().map(told)
  assert.strictEqual(decoder.closed, isFrameError(first))
  if (isFrameError(first)) return [...found, ...decoder.end()].map(told)
  assert.strictEqual(decoder.pendingBytes, stream.length - decoder.position)
  return [...found.map(told), hex(decoder.detach())]
}

const encoded = (options: Proxy.ProxyOptions, header: Proxy.ProxyHeader): Uint8Array => {
  const bytes = Proxy.make(options).encoder().encode(header)
  return isFrameError(bytes) ? assert.fail(bytes.message) : bytes
}

lendingLaw<undefined, Proxy.ProxyHeader>({
  name: "proxy",
  given: Arbitrary.all({ header, mutations, options, payload }).pipe(
    Arbitrary.map((given) => ({
      settings: undefined,
      stream: given.mutations.reduce(mutated, concat([encoded(given.options, given.header), given.payload]))
    }))
  ),
  decoder: () => Proxy.make().decoder(),
  shown: told
})

describe("random headers", () => {
  it.prop(
    "B86 B88 B89 built, cut into any chunks and parsed: the same header, and the payload intact",
    { cut, header, options, payload },
    (given) => {
      const bytes = encoded(given.options, given.header)
      const expected = [toldHeader(given.header), hex(given.payload)]
      const stream = concat([bytes, given.payload])
      for (const sizes of [...wholeAndSingle, given.cut]) {
        assert.deepStrictEqual(run({}, stream, sizes), expected)
      }
      const found = judged(stream, max)
      assert.deepStrictEqual(found && [toldHeader(found.header), found.size], [expected[0], bytes.length])
      if (given.header.version === 2) assert.strictEqual(bytes.length % given.options.alignTo, 0)
      if (given.header.version === 2 && given.options.checksum === "write") {
        assert.deepStrictEqual(run({ checksum: "require", versions: "2" }, stream, [1_000]), expected)
      }
    },
    runs(0.4)
  )

  it.prop(
    "B87 B88 FF-77 changed at random: the naive reading agrees, any cut gives the same, nothing throws, little is held",
    { cut, header, mutations, options, payload },
    (given) => {
      const stream = given.mutations.reduce(mutated, concat([encoded(given.options, given.header), given.payload]))
      const found = judged(stream, max)
      const [whole = [], ...others] = [...wholeAndSingle, given.cut].map((sizes) => run({}, stream, sizes))
      for (const other of others) assert.deepStrictEqual(other, whole)
      if (found !== undefined) {
        assert.deepStrictEqual(whole, [toldHeader(found.header), hex(stream.slice(found.size))])
      } else if (stream.length > 0) {
        assert.strictEqual(whole.length, 1)
        assert.match(whole[0] ?? "", /^(bad_header|frame_too_long|truncated) .* fatal true/)
      }
    },
    runs(0.6)
  )
})
