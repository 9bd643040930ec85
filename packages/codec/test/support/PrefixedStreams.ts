/** Random settings for codecs with announced lengths, and streams that say something to them. */
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { isInvalidCodecOptions } from "../../src/InvalidCodecOptions.ts"
import * as LengthPrefixed from "../../src/LengthPrefixed.ts"
import { concat } from "./Bytes.ts"
import type * as Reference from "./PrefixedReference.ts"

type OneOfEach<Values extends Readonly<Record<string, ReadonlyArray<unknown>>>> = {
  readonly [Key in keyof Values]: Values[Key][number]
}

/** One value for each key. All of it is one random number: a draw for each key takes longer than what is tested. */
const oneOfEach = <const Values extends Readonly<Record<string, ReadonlyArray<unknown>>>>(values: Values) => {
  const keys = Object.entries(values)
  const maximum = keys.reduce((product, [, each]) => product * each.length, 1) - 1
  return Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))).pipe(
    Arbitrary.map((number) => {
      let rest = number
      const chosen: Record<string, unknown> = {}
      for (const [key, each] of keys) {
        chosen[key] = each[rest % each.length]
        rest = Math.floor(rest / each.length)
      }
      // Each key has one of its values; `entries` forgets which are whose.
      return chosen as OneOfEach<Values>
    })
  )
}

const onTooLong = ["discard", "fatal"] as const
const onPartialEof = ["error", "drop", "emit"] as const
const maxAppliesTo = ["frame", "field"] as const

/** The bytes of an unsigned number, most significant first. */
export const bytesOf = (value: bigint, size: number): Uint8Array =>
  Uint8Array.from(
    BigInt.asUintN(8 * size, value)
      .toString(16)
      .padStart(2 * size, "0")
      .match(/../g) ?? [],
    (byte) => Number.parseInt(byte, 16)
  )

export const fieldOf = (value: bigint, settings: Pick<Reference.LengthPrefixed, "endian" | "lengthFieldLength">) => {
  const bytes = bytesOf(value, settings.lengthFieldLength)
  return settings.endian === "big" ? bytes : bytes.reverse()
}

/** `asked`, or where no frame could be right with them, options that differ only in what they cut off and adjust. */
const allowed = (asked: Reference.LengthPrefixed): Reference.LengthPrefixed => {
  const isRefused = isInvalidCodecOptions(LengthPrefixed.tryMake(asked))
  return isRefused ? { ...asked, lengthAdjustment: 0, initialBytesToStrip: 0 } : asked
}

const lengthPrefixedSettings: Arbitrary.Arbitrary<Reference.LengthPrefixed> = oneOfEach({
  lengthFieldOffset: [0, 0, 0, 1, 2, 5, 17],
  lengthFieldLength: [1, 2, 3, 4, 5, 6, 7, 8],
  adjustment: [0, 0, 0, 2, 5, -1, -2, -4, "whole frame", "itself"],
  strip: [0, 1, 2, 3, 7, "header", "header", "before"],
  endian: ["big", "little"],
  room: [0, 1, 2, 4, 8, 12, 20, Number.POSITIVE_INFINITY],
  maxAppliesTo,
  onTooLong,
  onPartialEof
}).pipe(
  Arbitrary.map(({ adjustment, room, strip, ...rest }) => {
    const { lengthFieldLength, lengthFieldOffset } = rest
    const header = lengthFieldOffset + lengthFieldLength
    return allowed({
      ...rest,
      lengthAdjustment:
        adjustment === "whole frame" ? -header : adjustment === "itself" ? -lengthFieldLength : adjustment,
      initialBytesToStrip: strip === "header" ? header : strip === "before" ? lengthFieldOffset : strip,
      maxFrameLength: header + room
    })
  })
)

const plan = {
  /** How long a frame says that it is. */
  length: [0, 0, 1, 2, 3, 4, 5, 8, 9, 12, 13, 20, 21, 40, 70, 200, 300, 2 ** 31, 2 ** 32 - 1, 2 ** 53, 2 ** 64],
  /** How much longer or shorter it is. */
  slip: [0, 0, 0, 0, 0, 0, 0, 1, -1, 5],
  filling: [0, 0, 1, 2, 7, 44, 48, 58, 128, 129, 255]
} as const

const maxLength = 5
const cutOff = [0, 0, 0, 1, 2, 3, 5] as const

const wire = (frames: ReadonlyArray<Uint8Array>, lost: number): Uint8Array => {
  const whole = concat(frames)
  return whole.slice(0, Math.max(0, Math.min(56, whole.length - lost)))
}

// 2 ** 64 does not fit and stands for the largest that does.
const exactly = (length: number): bigint => (length === 2 ** 64 ? 2n ** 64n - 1n : BigInt(length))

const body = (length: bigint, slip: number, filling: number): Uint8Array =>
  new Uint8Array(Math.max(0, Number(length > 40n ? 40n : length) + slip)).fill(filling)

export const lengthPrefixed = Arbitrary.all({
  settings: lengthPrefixedSettings,
  plans: Arbitrary.array(oneOfEach({ ...plan, cutOff }), { maxLength })
}).pipe(
  Arbitrary.map(({ plans, settings }) => {
    const frames = plans.flatMap(({ filling, length, slip }) => {
      const value = BigInt.asUintN(8 * settings.lengthFieldLength, exactly(length))
      const before = new Uint8Array(settings.lengthFieldOffset).fill(filling)
      return [before, fieldOf(value, settings), body(value + BigInt(settings.lengthAdjustment), slip, filling)]
    })
    return { settings, stream: wire(frames, plans[0]?.cutOff ?? 0) }
  })
)

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0))

/** The bytes of a varint, `padding` more of them than there have to be. */
export const varintOf = (value: bigint, padding = 0): Uint8Array => {
  const bits = value.toString(2)
  const groups = Math.ceil(bits.length / 7) + padding
  const padded = bits.padStart(7 * groups, "0")
  const bytes = (padded.match(/.{7}/g) ?? []).reverse().map((group) => Number.parseInt(group, 2))
  return Uint8Array.from(bytes, (byte, index) => (index === bytes.length - 1 ? byte : byte + 128))
}

export const varint = Arbitrary.all({
  settings: oneOfEach({
    maxFrameLength: [1, 2, 3, 5, 9, 13, 21, Number.POSITIVE_INFINITY],
    maxAppliesTo,
    onTooLong,
    onPartialEof
  }),
  plans: Arbitrary.array(oneOfEach({ ...plan, cutOff, padding: [0, 0, 0, 1, 2, 8, 9, 10] }), { maxLength })
}).pipe(
  Arbitrary.map(({ plans, settings }) => {
    const frames = plans.flatMap(({ filling, length, padding, slip }) => [
      varintOf(exactly(length), padding),
      body(exactly(length), slip, filling)
    ])
    return { settings, stream: wire(frames, plans[0]?.cutOff ?? 0) }
  })
)

const mistakes = [
  "none",
  "none",
  "none",
  "none",
  "none",
  "none",
  "none",
  "comma",
  "zero",
  "letter",
  "empty",
  "digits"
] as const

const writtenAs = (digits: string, mistake: (typeof mistakes)[number]): string => {
  if (mistake === "zero") return `0${digits}`
  if (mistake === "letter") return `${digits}x`
  if (mistake === "empty") return ""
  return mistake === "digits" ? `9${digits}9` : digits
}

export const netstring = Arbitrary.all({
  settings: oneOfEach({ maxLength: [1, 2, 3, 5, 9, 13, 21, Number.POSITIVE_INFINITY], onTooLong, onPartialEof }),
  plans: Arbitrary.array(oneOfEach({ ...plan, cutOff, mistake: mistakes }), { maxLength })
}).pipe(
  Arbitrary.map(({ plans, settings }) => {
    const frames = plans.flatMap(({ filling, length, mistake, slip }) => [
      ascii(`${writtenAs(`${exactly(length)}`, mistake)}:`),
      body(exactly(length), slip, filling),
      ascii(mistake === "comma" ? ";" : ",")
    ])
    return { settings, stream: wire(frames, plans[0]?.cutOff ?? 0) }
  })
)
