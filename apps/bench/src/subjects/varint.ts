import * as Varint from "@tidegate/codec/Varint"
import { type Cut, subject } from "../Subject.ts"

const varintOf = (value: number): Buffer => {
  const bytes: Array<number> = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return Buffer.from([...bytes, rest])
}

const cut: Cut = (bytes) => {
  let length = 0
  let factor = 1
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    length += (byte & 127) * factor
    factor *= 128
    if (byte > 127) continue
    const next = at + 1 + length
    return bytes.length < next ? undefined : { frame: bytes.subarray(at + 1, next), next }
  }
  return undefined
}

export const varint = subject({
  name: "varint",
  against: "Buffer.concat + a loop over 7 bits each",
  // Ten bytes are the longest varint.
  codec: (payload) => Varint.make({ maxFrameLength: payload + 10 }),
  frame: (payload) => payload,
  wire: (payload) => Buffer.concat([varintOf(payload.length), payload]),
  cut: () => cut
})
