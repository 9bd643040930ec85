/**
 * Values, keys and foreign words in messages of one line, of which no part can be long.
 *
 * @since 0.1.0
 */

const longestValue = 32
const longestKey = 64
const longestSentence = 160

/** A value, cut where it is long; of a secret one, only what kind of value it is. */
export const valueInWords = (value: unknown, secret: boolean): string => {
  if (value === null || value === undefined) return String(value)
  if (secret) return kindInWords(value)
  switch (typeof value) {
    case "string":
      return stringInWords(value)
    case "number":
    case "boolean":
      return String(value)
    case "bigint":
      return cut(`${value}n`, longestValue)
    case "object":
      return objectInWords(value)
    default:
      return kindInWords(value)
  }
}

/** Says no more than of what kind a value is. */
const kindInWords = (value: unknown): string => {
  if (Array.isArray(value)) return "an array"
  return typeof value === "object" ? "an object" : `a ${typeof value}`
}

const stringInWords = (value: string): string =>
  value.length <= longestValue
    ? JSON.stringify(value)
    : `${JSON.stringify(cut(value, longestValue))} (${value.length} characters)`

const objectInWords = (value: object): string => {
  if (value instanceof Uint8Array) return value.length === 1 ? "1 byte" : `${value.length} bytes`
  if (Array.isArray(value)) return value.length === 0 ? "an empty array" : `an array of ${value.length}`
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid date" : value.toISOString()
  return "an object"
}

/** A path, such as `users[3].name`. */
export const pathInWords = (path: ReadonlyArray<PropertyKey>): string =>
  path.map((key, index) => keyInWords(shortKey(key), index === 0)).join("")

/** A path without a key that is long. */
export const shortPath = (path: ReadonlyArray<PropertyKey>): ReadonlyArray<PropertyKey> => path.map(shortKey)

const shortKey = (key: PropertyKey): PropertyKey => (typeof key === "string" ? cut(key, longestKey) : key)

const keyInWords = (key: PropertyKey, first: boolean): string => {
  if (typeof key === "string" && /^[A-Za-z_$][\w$]*…?$/.test(key)) return first ? key : `.${key}`
  return `[${typeof key === "string" ? JSON.stringify(key) : String(key)}]`
}

/** Words from elsewhere, in one line and cut where they are long. */
export const shorten = (words: string): string => cut(words.replace(/\s+/g, " "), longestSentence)

const cut = (words: string, longest: number): string =>
  words.length <= longest ? words : `${words.slice(0, longest)}…`
