/**
 * What is wrong with the options of a codec.
 *
 * @since 0.1.0
 */
import { bytesInWords } from "./internal/BytesInWords.ts"

/**
 * One option that a codec cannot be made with.
 *
 * **Shapes**
 *
 * - `key`: the option's name; `options` where the options as a whole are meant.
 * - `value`: what was given.
 * - `allowed`: in words, what could have been given.
 *
 * @category models
 * @since 0.1.0
 */
export interface InvalidOption {
  readonly key: string
  readonly value: unknown
  readonly allowed: string
}

const inWords = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(value)
  if (typeof value === "bigint") return `${value}n`
  if (value === undefined) return "missing"
  if (value === null || typeof value === "number" || typeof value === "boolean") return String(value)
  if (value instanceof Uint8Array) return bytesInWords(value)
  if (Array.isArray(value)) return value.length === 0 ? "an empty array" : "an array"
  return `a value of type ${typeof value}`
}

/**
 * The options of a codec are wrong: names every wrong key, its value and what is allowed.
 *
 * **When to use**
 *
 * `make` throws it, which is right where the options are constants of the program: the mistake shows when the module is
 * loaded. `tryMake` returns it, which is right where they come from a configuration.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidCodecOptions extends Error {
  override readonly name = "InvalidCodecOptions"
  readonly _tag = "InvalidCodecOptions"
  readonly codec: string
  readonly invalid: ReadonlyArray<InvalidOption>

  constructor(codec: string, invalid: ReadonlyArray<InvalidOption>) {
    const complaints = invalid.map(({ key, value, allowed }) => `${key} is ${inWords(value)}, allowed: ${allowed}`)
    super(`${codec} codec: ${complaints.join("; ")}`)
    this.codec = codec
    this.invalid = invalid
  }
}

/**
 * Tells whether something that `tryMake` gave is an {@link InvalidCodecOptions}.
 *
 * @category guards
 * @since 0.1.0
 */
export const isInvalidCodecOptions = (u: unknown): u is InvalidCodecOptions => u instanceof InvalidCodecOptions
