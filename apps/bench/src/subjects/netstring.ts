import * as Netstring from "@tidegate/codec/Netstring"
import { subject } from "../Subject.ts"

const comma = Buffer.from(",")

export const netstring = subject({
  name: "netstring",
  against: "Buffer.concat + indexOf + Number",
  codec: (payload) => Netstring.make({ maxLength: payload }),
  frame: (payload) => payload,
  wire: (payload) => Buffer.concat([Buffer.from(`${payload.length}:`), payload, comma]),
  cut: () => (bytes) => {
    const colon = bytes.indexOf(58)
    if (colon === -1) return undefined
    const end = colon + 1 + Number(bytes.toString("latin1", 0, colon))
    return bytes.length <= end ? undefined : { frame: bytes.subarray(colon + 1, end), next: end + 1 }
  }
})
