/**
 * Reading the options of a codec, which may have come from a configuration and be anything.
 *
 * @since 0.1.0
 */
import type { InvalidOption } from "../InvalidCodecOptions.ts"

const largest = Number.MAX_SAFE_INTEGER

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
    if (value === null || value === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) return value
    this.reject(key, value, `a whole number of bytes from 1 to ${largest}, or null or Infinity for no limit`)
    return fallback
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
