/**
 * Reading a length field.
 *
 * @since 0.1.0
 */
import type { LengthPrefixedSettings } from "./LengthPrefixedSettings.ts"
import type { Announced, LengthReader, Untrue } from "./LengthReader.ts"
import { readUnsigned, sum, type Whole } from "./Whole.ts"
import { bytes } from "./Words.ts"

/**
 * Reads lengths of the length-prefixed codec.
 *
 * @category models
 * @since 0.1.0
 */
export class LengthFieldReader implements LengthReader {
  readonly fixedHeader: { readonly size: number; readonly strip: number }
  readonly end = undefined
  readonly #settings: LengthPrefixedSettings

  constructor(settings: LengthPrefixedSettings) {
    this.#settings = settings
    this.fixedHeader = { size: settings.header, strip: settings.initialBytesToStrip }
  }

  read(header: Uint8Array, at: number): Announced | Untrue | undefined {
    const settings = this.#settings
    if (at + settings.header > header.length) return undefined
    const { endian, lengthFieldLength, lengthFieldOffset } = settings
    const value = readUnsigned(header, at + lengthFieldOffset, lengthFieldLength, endian)
    const total = sum(value, settings.around)
    const strip = settings.initialBytesToStrip
    if (total < settings.header || total < strip) return untrue(settings, value, total)
    return { header: settings.header, total, counted: settings.maxAppliesTo === "frame" ? total : value, strip }
  }
}

const untrue = (settings: LengthPrefixedSettings, value: Whole, total: Whole): Untrue => {
  const { header, initialBytesToStrip: strip } = settings
  const needs = total < header ? `its header alone has ${header}` : `of which ${strip} are to be stripped`
  const why = `has a length field of ${value}, which makes it ${bytes(total)} long, ${needs}`
  return { why, seen: header, size: total }
}
