/**
 * The options of the fixed-length codec, checked.
 *
 * @since 0.1.0
 */
import { InvalidCodecOptions } from "../InvalidCodecOptions.ts"
import { OptionReader } from "./OptionReader.ts"

/**
 * `FixedLengthOptions` with every default filled in.
 *
 * @category options
 * @since 0.1.0
 */
export interface FixedLengthSettings {
  readonly length: number
  readonly onPartialEof: "error" | "drop" | "emit"
}

/**
 * Checks options and fills in the defaults.
 *
 * @category options
 * @since 0.1.0
 */
export const readFixedLengthOptions = (options: unknown): FixedLengthSettings | InvalidCodecOptions => {
  const reader = new OptionReader(options)
  const settings: FixedLengthSettings = {
    length: reader.whole("length", 1, Number.MAX_SAFE_INTEGER),
    onPartialEof: reader.oneOf("onPartialEof", ["error", "drop", "emit"], "error")
  }
  reader.rejectUnknownKeys()
  return reader.invalid.length === 0 ? settings : new InvalidCodecOptions("fixed", reader.invalid)
}
