import { assert, describe, it } from "@effect/vitest"
import type { Codec } from "../src/Codec.ts"
import { isInvalidCodecOptions } from "../src/InvalidCodecOptions.ts"
import * as LengthPrefixed from "../src/LengthPrefixed.ts"
import * as Netstring from "../src/Netstring.ts"
import * as Varint from "../src/Varint.ts"
import { hex } from "./support/Bytes.ts"
import type { Piece } from "./support/Laws.ts"
import * as Reference from "./support/PrefixedReference.ts"
import { decoded, shownAll } from "./support/Streams.ts"

const onTooLong = ["discard", "fatal"] as const
const onPartialEof = ["error", "drop", "emit"] as const
const maxAppliesTo = ["frame", "field"] as const
const endian = ["big", "little"] as const

/** Every combination of one value for each key. */
const crossed = <Values extends Readonly<Record<string, ReadonlyArray<unknown>>>>(
  values: Values
): ReadonlyArray<{ readonly [Key in keyof Values]: Values[Key][number] }> =>
  Object.entries(values).reduce<ReadonlyArray<Record<string, unknown>>>(
    (all, [key, each]) => all.flatMap((one) => each.map((value) => ({ ...one, [key]: value }))),
    [{}]
    // The keys and their values were those of `values`; `entries` forgets which is whose.
  ) as ReadonlyArray<{ readonly [Key in keyof Values]: Values[Key][number] }>

const streams = (alphabet: ReadonlyArray<number>, length: number): ReadonlyArray<Uint8Array> => {
  const ofLength = (size: number): ReadonlyArray<ReadonlyArray<number>> =>
    size === 0 ? [[]] : ofLength(size - 1).flatMap((shorter) => alphabet.map((byte) => [...shorter, byte]))
  return Array.from({ length }, (_, size) => ofLength(size + 1)).flatMap((all) =>
    all.map((bytes) => Uint8Array.from(bytes))
  )
}

/** Compares with the naive decoder: in one chunk, and byte by byte. */
const compare = <Settings>(
  settings: Settings,
  codec: Codec<Uint8Array>,
  streams: ReadonlyArray<Uint8Array>,
  pieces: (stream: Uint8Array, eof: boolean, settings: Settings) => ReadonlyArray<Piece>
): void => {
  for (const stream of streams) {
    const expected = pieces(stream, true, settings)
      .flatMap(({ gives }) => (gives === undefined ? [] : [gives]))
      .join()
    for (const chunks of [[stream], Array.from(stream, (byte) => Uint8Array.of(byte))]) {
      const found = shownAll(decoded(codec.decoder(), chunks)).join()
      if (found === expected) continue
      assert.fail(`${chunks.map(hex).join(" | ")} ${JSON.stringify(settings)}: ${found}, not ${expected}`)
    }
  }
}

describe("the naive decoder agrees for every short stream and all options crossed", () => {
  it("P1 P4 length-prefixed", { timeout: 30_000 }, () => {
    const given = streams([0, 1, 3], 4)
    const settings = crossed({
      lengthFieldOffset: [0, 1],
      lengthFieldLength: [1, 2],
      lengthAdjustment: [-1, 0, 1],
      initialBytesToStrip: [0, 1, 2, 3],
      endian,
      room: [0, 1],
      maxAppliesTo,
      onTooLong,
      onPartialEof
    })
    let compared = 0
    for (const { room, ...rest } of settings) {
      if (rest.lengthFieldLength === 1 && rest.endian === "little") continue
      const asked = { ...rest, maxFrameLength: rest.lengthFieldOffset + rest.lengthFieldLength + room }
      const codec = LengthPrefixed.tryMake(asked)
      if (isInvalidCodecOptions(codec)) continue
      compare(asked, codec, given, (stream, eof, settings) =>
        Reference.lengthPrefixedPieces(stream, eof, settings, () => settings.maxFrameLength)
      )
      compared++
    }
    assert.isAbove(compared, 1_000)
  })

  it("P1 P4 varint", () => {
    const settings = crossed({ maxFrameLength: [1, 2, 4], maxAppliesTo, onTooLong, onPartialEof })
    for (const each of settings) {
      compare(each, Varint.make(each), streams([0, 1, 2, 128, 129], 4), (stream, eof, settings) =>
        Reference.varintPieces(stream, eof, settings, () => settings.maxFrameLength)
      )
    }
  })

  it("P1 P4 netstring", () => {
    const alphabet = Array.from("0:1,2", (letter) => letter.charCodeAt(0))
    for (const each of crossed({ maxLength: [1, 2], onTooLong, onPartialEof })) {
      compare(each, Netstring.make(each), streams(alphabet, 4), (stream, eof, settings) =>
        Reference.netstringPieces(stream, eof, settings, () => settings.maxLength)
      )
    }
  })
})
