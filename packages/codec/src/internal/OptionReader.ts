/**
 * Reading the options of a codec, which may have come from a configuration and be anything.
 *
 * @since 0.1.0
 */
import type { InvalidOption } from "../InvalidCodecOptions.ts"

const largest = Number.MAX_SAFE_INTEGER

/** In words, what a maximum in bytes can be. */
export const allowedMaximum = `a whole number of bytes from 1 to ${largest}, or null or Infinity for no limit`

/** Tells whether something is a maximum in bytes; `null` and `Infinity` mean that there is none. */
export const isMaximum = (value: unknown): value is number | null =>
  value === null ||
  value === Number.POSITIVE_INFINITY ||
  (typeof value === "number" && Number.isSafeInteger(value) && value >= 1)

/**
 * Reads options key by key and collects everything that is wrong, so that one error can name it all.
 *
 * **Shapes**
 *
 * - An absent key and `undefined` give the default, and so does a wrong value, which is added to `invalid`.
 *
 * @category models
 * @since 0.1.0
 */
export class OptionReader {
  readonly invalid: Array<InvalidOption> = []
  readonly #options: ReadonlyMap<string, unknown>
  readonly #known = new Set<string>()

  constructor(options: unknown) {
    const isRecord = typeof options === "object" && options !== null && !Array.isArray(options)
    this.#options = new Map(isRecord ? Object.entries(options) : [])
    if (!isRecord) this.reject("options", options, "an object")
  }

  /** One of a few words or flags. */
  oneOf<const Allowed extends string | boolean>(
    key: string,
    allowed: ReadonlyArray<Allowed>,
    fallback: NoInfer<Allowed>
  ): Allowed {
    const value = this.#read(key)
    if (value === undefined) return fallback
    const found = allowed.find((candidate) => candidate === value)
    if (found === undefined) this.reject(key, value, allowed.map((word) => JSON.stringify(word)).join(" or "))
    return found ?? fallback
  }

  /** `true` or `false`. */
  flag(key: string, fallback: boolean): boolean {
    return this.oneOf<boolean>(key, [true, false], fallback)
  }

  /** A maximum in bytes; `null` and `Infinity` mean that there is none and give `Infinity`. */
  maxBytes(key: string, fallback: number): number {
    const value = this.#read(key)
    if (value === undefined) return fallback
    if (isMaximum(value)) return value ?? Number.POSITIVE_INFINITY
    this.reject(key, value, allowedMaximum)
    return fallback
  }

  /** A whole number between two bounds, both included; without a fallback it has to be given. */
  whole(key: string, lowest: number, highest: number, fallback?: number): number {
    const value = this.#read(key)
    if (value === undefined && fallback !== undefined) return fallback
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= lowest && value <= highest) return value
    this.reject(key, value, `a whole number from ${lowest} to ${highest}`)
    return fallback ?? lowest
  }

  /** Whatever was given, for the caller to judge. */
  anything(key: string): unknown {
    return this.#read(key)
  }

  /** Adds a complaint. */
  reject(key: string, value: unknown, allowed: string): void {
    this.invalid.push({ key, value, allowed })
  }

  /** Adds a complaint for every key that was never asked for: a misspelt limit must not mean the default. */
  rejectUnknownKeys(): void {
    const known = [...this.#known].join(", ")
    for (const [key, value] of this.#options) {
      if (!this.#known.has(key)) this.reject(key, value, `no such option; there are ${known}`)
    }
  }

  #read(key: string): unknown {
    this.#known.add(key)
    return this.#options.get(key)
  }
}
