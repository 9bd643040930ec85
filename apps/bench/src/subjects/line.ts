import * as Line from "@tidegate/codec/Line"
import { subject } from "../Subject.ts"

const LF = Buffer.from("\n")

export const line = subject({
  name: "line",
  against: "Buffer.concat + indexOf",
  codec: (payload) => Line.make({ maxLength: payload }),
  frame: (payload) => payload,
  wire: (payload) => Buffer.concat([payload, LF]),
  cut: () => (bytes) => {
    const end = bytes.indexOf(10)
    return end === -1 ? undefined : { frame: bytes.subarray(0, end), next: end + 1 }
  }
})
