/**
 * The options of the PROXY protocol codec, checked.
 *
 * @since 0.1.0
 */
import { InvalidCodecOptions } from "../InvalidCodecOptions.ts"
import { OptionReader } from "./OptionReader.ts"
import { fixedBytes, longestBinary } from "./ProxyBinary.ts"
import { longestLine } from "./ProxyLine.ts"
import { bytes } from "./Words.ts"

/**
 * `ProxyOptions` with every default filled in.
 *
 * @category options
 * @since 0.1.0
 */
export interface ProxySettings {
  readonly versions: "1" | "2" | "both"
  readonly maxHeaderBytes: number
  readonly checksum: "verify" | "write" | "require"
  readonly alignTo: number
}

// The text of the protocol sizes headers so that one always fits the smallest segment that IPv4 guarantees: 576 bytes less
// 40 of IP and TCP.
const oneSegment = 536
const largestAlignment = 512

/**
 * Checks options and fills in the defaults.
 *
 * @category options
 * @since 0.1.0
 */
export const readProxyOptions = (options: unknown): ProxySettings | InvalidCodecOptions => {
  const reader = new OptionReader(options)
  const settings: ProxySettings = {
    versions: reader.oneOf("versions", ["both", "1", "2"], "both"),
    maxHeaderBytes: Math.min(longestBinary, reader.maxBytes("maxHeaderBytes", oneSegment)),
    checksum: reader.oneOf("checksum", ["verify", "write", "require"], "verify"),
    alignTo: reader.whole("alignTo", 1, largestAlignment, 1)
  }
  const { alignTo, checksum, maxHeaderBytes, versions } = settings
  if (maxHeaderBytes < fixedBytes) {
    reader.reject(
      "maxHeaderBytes",
      maxHeaderBytes,
      `${fixedBytes} or more, the size of the smallest header of version 2`
    )
  }
  if (checksum === "require" && versions !== "2") {
    reader.reject("checksum", checksum, '"verify" or "write", or versions: "2", as headers of version 1 have none')
  }
  if (checksum === "write" && versions === "1") {
    reader.reject("checksum", checksum, '"verify", as headers of version 1 have none')
  }
  if (alignTo > 1 && versions === "1") reader.reject("alignTo", alignTo, "1, as headers of version 1 have no padding")
  reader.rejectUnknownKeys()
  return reader.invalid.length === 0 ? settings : new InvalidCodecOptions("proxy", reader.invalid)
}

/** What a set of options means, for people. */
export const explainProxy = ({ alignTo, checksum, maxHeaderBytes, versions }: ProxySettings): string => {
  const version = versions === "both" ? "versions 1 and 2" : `version ${versions}`
  const longest = versions === "1" ? Math.min(longestLine, maxHeaderBytes) : maxHeaderBytes
  const header = `One header of the PROXY protocol, ${version}, of at most ${bytes(longest)}`
  const ends = "Anything else at the start of the stream is an error, and nothing is decoded after it"
  const rest = "The bytes behind the header are left alone"
  const sums = versions === "1" ? [] : [checksums[checksum]]
  const padded = alignTo === 1 ? [] : [`The encoder pads headers of version 2 to a multiple of ${bytes(alignTo)}`]
  return `${[header, ends, rest, ...sums, ...padded].join(". ")}.`
}

const checksums = {
  verify: "A checksum is verified where there is one, and none is written",
  write: "A checksum is verified where there is one, and written in version 2",
  require: "A header without a checksum is an error, LOCAL ones apart, and one is written"
} as const
