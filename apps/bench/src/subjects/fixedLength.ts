import * as FixedLength from "@tidegate/codec/FixedLength"
import { subject } from "../Subject.ts"

export const fixedLength = subject({
  name: "fixed",
  against: "Buffer.concat + length",
  codec: (payload) => FixedLength.make({ length: payload }),
  frame: (payload) => payload,
  wire: (payload) => Buffer.from(payload),
  cut: (payload) => (bytes) =>
    bytes.length < payload ? undefined : { frame: bytes.subarray(0, payload), next: payload }
})
