import * as Ndjson from "@tidegate/codec/effect/Ndjson"
import * as Schema from "effect/Schema"
import { subject } from "../Subject.ts"

const Message = Schema.Struct({ id: Schema.Number, text: Schema.String })
const LF = Buffer.from("\n")

const messageOf = (payload: Uint8Array) => ({ id: payload.length, text: Buffer.from(payload).toString("latin1") })

/** The naive way believes its peer: it looks at no schema. */
export const ndjson = subject({
  name: "ndjson",
  against: "Buffer.concat + indexOf + JSON.parse, no schema",
  largest: 16_777_216,
  codec: (payload) => Ndjson.make(Message, { maxLength: payload + 100 }),
  frame: messageOf,
  wire: (payload) => Buffer.concat([Buffer.from(JSON.stringify(messageOf(payload))), LF]),
  cut: () => (bytes) => {
    const end = bytes.indexOf(10)
    return end === -1 ? undefined : { frame: JSON.parse(bytes.toString("utf8", 0, end)), next: end + 1 }
  }
})
