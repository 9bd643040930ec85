import * as Delimiter from "@tidegate/codec/Delimiter"
import { subject } from "../Subject.ts"

const blankLine = Buffer.from("\r\n\r\n")

export const delimiter = subject({
  name: "delimiter",
  against: "Buffer.concat + indexOf",
  codec: (payload) => Delimiter.make({ delimiters: [blankLine], maxLength: payload }),
  frame: (payload) => payload,
  wire: (payload) => Buffer.concat([payload, blankLine]),
  cut: () => (bytes) => {
    const end = bytes.indexOf(blankLine)
    return end === -1 ? undefined : { frame: bytes.subarray(0, end), next: end + blankLine.length }
  }
})
