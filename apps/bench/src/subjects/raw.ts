import * as Raw from "@tidegate/codec/Raw"
import { subject } from "../Subject.ts"

/** Nothing is framed, so this is what the machinery around a codec costs. */
export const raw = subject({
  name: "raw",
  against: "Buffer.concat",
  largest: 0,
  codec: () => Raw.make(),
  frame: (payload) => payload,
  wire: (payload) => Buffer.from(payload),
  cut: () => (bytes) => (bytes.length === 0 ? undefined : { frame: bytes, next: bytes.length })
})
