import * as LengthPrefixed from "@tidegate/codec/LengthPrefixed"
import { subject } from "../Subject.ts"

export const lengthPrefixed = subject({
  name: "u32be",
  against: "Buffer.concat + readUInt32BE",
  codec: (payload) => LengthPrefixed.u32be({ maxFrameLength: payload + 4 }),
  frame: (payload) => payload,
  wire: (payload) => {
    const header = Buffer.alloc(4)
    header.writeUInt32BE(payload.length)
    return Buffer.concat([header, payload])
  },
  cut: () => (bytes) => {
    if (bytes.length < 4) return undefined
    const next = 4 + bytes.readUInt32BE(0)
    return bytes.length < next ? undefined : { frame: bytes.subarray(4, next), next }
  }
})
