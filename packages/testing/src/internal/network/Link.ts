/**
 * The link of a connection with every default filled in.
 *
 * @since 0.1.0
 */
import type { LinkOptions, Range } from "../../LinkOptions.ts"
import { wholeNumber } from "../WholeNumber.ts"
import type { Span } from "./Draw.ts"

/**
 * What lies between two ends; see `LinkOptions` for the units.
 *
 * @category models
 * @since 0.1.0
 */
export interface Link {
  readonly latency: Span
  readonly bytesPerMillisecond: number
  readonly segmentBytes: Span
  readonly readBytes: Span
  readonly sendBufferBytes: number
  readonly receiveBufferBytes: number
}

const defaultBytes = { min: 65_536, max: 65_536 }

/**
 * The link of a network for which nothing was chosen: no time passes.
 *
 * @category constructors
 * @since 0.1.0
 */
export const instantLink: Link = {
  latency: { min: 0, max: 0 },
  bytesPerMillisecond: Number.POSITIVE_INFINITY,
  segmentBytes: defaultBytes,
  readBytes: defaultBytes,
  sendBufferBytes: defaultBytes.max,
  receiveBufferBytes: defaultBytes.max
}

/**
 * The link with what the options choose; the rest stays as it is. `of` stands before the keys in an error.
 *
 * **Errors**
 *
 * - Throws `InvalidOptions` for a number that is not whole or too small, and for a range whose ends are the wrong way round: a
 *   mistake in a test, not a case to handle.
 *
 * @category constructors
 * @since 0.1.0
 */
export const withOptions = (link: Link, options: LinkOptions, of: string): Link => {
  const bytes = (key: "segmentBytes" | "readBytes"): Span =>
    options[key] === undefined ? link[key] : spanOf(`${of}${key}`, options[key], 1, "bytes")
  const size = (key: "sendBufferBytes" | "receiveBufferBytes"): number =>
    options[key] === undefined ? link[key] : wholeNumber(`${of}${key}`, options[key], { least: 1, unit: "bytes" })
  return {
    latency: options.latency === undefined ? link.latency : spanOf(`${of}latency`, options.latency, 0, "milliseconds"),
    bytesPerMillisecond: wholeNumber(
      `${of}bytesPerMillisecond`,
      options.bytesPerMillisecond ?? link.bytesPerMillisecond,
      { least: 1, unit: "bytes", orInfinity: true }
    ),
    segmentBytes: bytes("segmentBytes"),
    readBytes: bytes("readBytes"),
    sendBufferBytes: size("sendBufferBytes"),
    receiveBufferBytes: size("receiveBufferBytes")
  }
}

const spanOf = (key: string, range: Range, least: number, unit: string): Span => {
  if (typeof range === "number") {
    const only = wholeNumber(key, range, { least, unit })
    return { min: only, max: only }
  }
  const min = wholeNumber(`${key}[0]`, range[0], { least, unit })
  return { min, max: wholeNumber(`${key}[1]`, range[1], { least: min, unit }) }
}
