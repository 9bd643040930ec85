/** Bytes and text for tests, and one comparable form for everything that a decoder or an encoder gives. */
import { type FrameError, isFrameError } from "../../src/FrameError.ts"

declare const TextEncoder: new () => { readonly encode: (text: string) => Uint8Array }
declare const TextDecoder: new (
  label: string,
  options: { readonly fatal: boolean; readonly ignoreBOM: boolean }
) => {
  readonly decode: (bytes: Uint8Array) => string
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** The platform's own strict decoder, which throws; `undefined` where it does. */
export const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    return strictDecoder.decode(bytes)
  } catch {
    return undefined
  }
}

export const hex = (bytes: Iterable<number>): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

export const concat = (pieces: ReadonlyArray<Uint8Array>): Uint8Array => {
  const joined = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    joined.set(piece, at)
    at += piece.length
  }
  return joined
}

export const sameBytes = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, index) => byte === other[index])

export type Item = Uint8Array | string | FrameError

/** What must be the same for every cut of a stream: all of a frame, all of an error. */
export const shown = (item: Item): string => {
  if (typeof item === "string") return `text ${JSON.stringify(item)}`
  if (!isFrameError(item)) return `bytes ${hex(item)}`
  const { fatal, head, kind, limit, position, size } = item
  return `${kind} at ${position} size ${size} limit ${limit} fatal ${fatal} head ${hex(head)}`
}
